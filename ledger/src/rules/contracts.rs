//! Contracts by the entry of their `contract_set`: every version for ever, the hot ones in memory.

use crate::source::{Change, Error, Source, Table};
use hashbrown::HashMap;
use schemas::contract::Contract;
use std::sync::Arc;

/// How many versions are kept in memory.
const HOT_MAX: usize = 65_536;

/// All versions of all contracts.
#[derive(Default)]
pub struct Contracts {
    hot: HashMap<u64, Arc<Contract>, foldhash::fast::FixedState>,
    dirty: Vec<u64>,
}

impl Contracts {
    /// The version that was set by an entry.
    pub fn get(&mut self, source: &dyn Source, entry: u64) -> Result<Arc<Contract>, Error> {
        if let Some(contract) = self.hot.get(&entry) {
            return Ok(contract.clone());
        }
        let bytes = source.get(Table::Contracts, &entry.to_be_bytes())?.ok_or_else(|| Error(format!("contract of entry {entry} is missing")))?;
        let contract: Contract = postcard::from_bytes(&bytes).map_err(|e| Error(format!("contract of entry {entry}: {e}")))?;
        let contract = Arc::new(contract);
        self.hot.insert(entry, contract.clone());
        Ok(contract)
    }

    /// A new version.
    pub fn set(&mut self, entry: u64, contract: Contract) {
        self.hot.insert(entry, Arc::new(contract));
        self.dirty.push(entry);
    }

    /// What changed since the last call.
    pub fn drain(&mut self, changes: &mut Vec<Change>) -> Result<(), Error> {
        for entry in std::mem::take(&mut self.dirty) {
            let Some(contract) = self.hot.get(&entry) else { continue };
            let value = postcard::to_stdvec(contract.as_ref()).map_err(|e| Error(e.to_string()))?;
            changes.push(Change { table: Table::Contracts, key: entry.to_be_bytes().to_vec(), value: Some(value) });
        }
        if self.hot.len() > HOT_MAX {
            self.hot.clear();
        }
        Ok(())
    }
}
