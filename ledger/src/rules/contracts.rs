//! Contracts by the entry of their `contract_set`: every version for ever, the hot ones in memory.
//!
//! Bounded by bytes, in two generations as in `state::live`: a contract is a few hundred bytes packed and some thousand decoded.

use super::state::stored::{read, write};
use crate::source::{Changes, Error, Source, Table};
use hashbrown::HashMap;
use schemas::contract::Contract;
use std::sync::Arc;

/// Bytes of a generation, where nothing is said.
const GENERATION_BYTES: usize = 32 << 20;
type Versions = HashMap<u64, Version, foldhash::fast::FixedState>;

struct Version {
    contract: Arc<Contract>,
    /// What it takes in memory, about.
    bytes: usize,
}

/// All versions of all contracts.
pub struct Contracts {
    young: Versions,
    old: Versions,
    young_bytes: usize,
    old_bytes: usize,
    /// The bound on a generation.
    bytes_max: usize,
    /// Versions that were set since the last commit.
    dirty: Vec<u64>,
}

impl Default for Contracts {
    fn default() -> Self {
        let (young, old) = (Versions::default(), Versions::default());
        Self { young, old, young_bytes: 0, old_bytes: 0, bytes_max: GENERATION_BYTES, dirty: Vec::new() }
    }
}

impl Contracts {
    /// The version that was set by an entry.
    pub fn get(&mut self, source: &dyn Source, entry: u64) -> Result<Arc<Contract>, Error> {
        if let Some(version) = self.young.get(&entry) {
            return Ok(Arc::clone(&version.contract));
        }
        let version = match self.old.remove(&entry) {
            Some(version) => {
                self.old_bytes -= version.bytes;
                version
            }
            None => {
                let packed = source.get(Table::Contracts, &entry.to_be_bytes())?.ok_or_else(|| Error(format!("contract of entry {entry} is missing")))?;
                let contract: Contract = read(Table::Contracts, &packed)?;
                Version { bytes: bytes(&contract), contract: Arc::new(contract) }
            }
        };
        let contract = Arc::clone(&version.contract);
        self.young_bytes += version.bytes;
        self.young.insert(entry, version);
        Ok(contract)
    }

    /// A new version.
    pub fn set(&mut self, entry: u64, contract: Contract) {
        let version = Version { bytes: bytes(&contract), contract: Arc::new(contract) };
        self.young_bytes += version.bytes;
        self.young.insert(entry, version);
        self.dirty.push(entry);
    }

    /// Bounds what stays in memory once it is committed, in bytes of a generation.
    pub const fn bound(&mut self, bytes: usize) {
        self.bytes_max = bytes;
    }

    /// Bytes in memory, about.
    pub const fn bytes(&self) -> usize {
        self.young_bytes + self.old_bytes
    }

    /// What changed since the last call.
    pub fn drain(&mut self, changes: &mut Changes) {
        for entry in std::mem::take(&mut self.dirty) {
            let Some(version) = self.young.get(&entry) else { continue };
            write(changes, Table::Contracts, &entry.to_be_bytes(), version.contract.as_ref());
        }
        if self.young_bytes > self.bytes_max {
            self.old = std::mem::take(&mut self.young);
            self.old_bytes = std::mem::take(&mut self.young_bytes);
        }
    }
}

/// What a version takes in memory, about: its place in a table that is not full, and the contract.
fn bytes(contract: &Contract) -> usize {
    size_of::<(u64, Version)>() * 3 / 2 + crate::footprint::of(contract)
}
