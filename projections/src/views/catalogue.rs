//! The catalogue: which copies of which projections there are, and how far each group of them is.
//!
//! All live projections of a shard are one *group* with one checkpoint, so that an answer that reads several of them is
//! from one position. What is folded beside them (a new projection, a new version, a rebuild) is another group.

use super::Error;
use super::batch::Batch;
use super::store::Store;
use super::table::{Id, prefix};
use schemas::time::Date;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// The layout of the database itself.
const FORMAT: u32 = 2;
const KEY: &[u8] = b"catalogue";

/// One copy of a projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// Whose.
    pub name: String,
    /// Of which version.
    pub version: u32,
    /// Under which its rows are.
    pub generation: u32,
}

/// How far a group has folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The next entry to fold.
    pub next_entry: u64,
    /// The offset of the last record that was folded whole; −1: nothing yet.
    pub position: i64,
    /// The offset of the last entry.
    pub offset: i64,
    /// The open business date; `None` before the ledger is opened.
    pub open: Option<Date>,
    /// The journal's head at `next_entry`: who has the same there has folded the same entries. `None` where that was not
    /// asked for.
    pub head: Option<[u8; 32]>,
}

impl Checkpoint {
    /// Whether what was folded ends with a record: if not, it holds a part of the next one, of very many entries.
    pub const fn is_whole(&self) -> bool {
        self.offset <= self.position
    }
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self { next_entry: 0, position: -1, offset: -1, open: None, head: None }
    }
}

/// Copies that are folded together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// How far.
    pub checkpoint: Checkpoint,
    /// Which.
    pub copies: Vec<Copy>,
}

impl Group {
    /// The copy of a projection, in the version that this program folds.
    pub fn copy(&self, id: Id) -> Option<&Copy> {
        self.copies.iter().find(|copy| copy.name == id.name && copy.version == id.version)
    }
}

/// Why a group is being folded beside the live one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// New projections or versions; they go live as soon as they are there.
    Upgrade,
    /// The named projection is folded afresh, compared with the live copy, and takes its place.
    Rebuild(String),
}

/// A group that is being folded beside the live one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Building {
    /// Why.
    pub purpose: Purpose,
    /// What.
    pub group: Group,
}

/// Everything that is in the database of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    format: u32,
    next_generation: u32,
    /// What answers are read from.
    pub live: Group,
    /// What is being folded beside it.
    pub building: Option<Building>,
}

impl Default for Catalogue {
    fn default() -> Self {
        // Generation 0 is the catalogue's own.
        Self { format: FORMAT, next_generation: 1, live: Group::default(), building: None }
    }
}

impl Catalogue {
    /// A new, empty copy of a projection.
    pub fn new_copy(&mut self, id: Id) -> Copy {
        let generation = self.next_generation;
        self.next_generation += 1;
        Copy { name: id.name.to_owned(), version: id.version, generation }
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        // The format stands first, whatever follows it.
        let (found, _) = postcard::take_from_bytes::<u32>(bytes)?;
        if found != FORMAT {
            return Err(Error::Format { found, known: FORMAT });
        }
        Ok(postcard::from_bytes(bytes)?)
    }

    /// Reads the catalogue; `None` where there is none yet.
    pub(super) fn read_from(store: &Store) -> Result<Option<Self>, Error> {
        store.db.get_pinned(row_key())?.map(|bytes| Self::decode(&bytes)).transpose()
    }

    /// Writes the catalogue with a batch.
    pub(super) fn put(&self, batch: &mut Batch<'_>) -> Result<(), Error> {
        batch.put(&row_key(), &postcard::to_stdvec(self)?)
    }
}

/// The catalogue as it was read last: between two commits its bytes are the same, and are decoded once for all who ask.
#[derive(Default)]
pub(super) struct Latest(Mutex<(Vec<u8>, Arc<Catalogue>)>);

impl Latest {
    /// Reads the catalogue by `get`; an empty one where there is none yet.
    pub fn read<B: AsRef<[u8]>>(&self, get: impl FnOnce(&[u8]) -> Result<Option<B>, Error>) -> Result<Arc<Catalogue>, Error> {
        let Some(bytes) = get(&row_key())? else { return Ok(Arc::default()) };
        // What is kept is whole even after a panic elsewhere: it is changed by one assignment.
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.0 != bytes.as_ref() {
            *latest = (bytes.as_ref().to_vec(), Arc::new(Catalogue::decode(bytes.as_ref())?));
        }
        Ok(Arc::clone(&latest.1))
    }
}

fn row_key() -> Vec<u8> {
    let mut key = prefix(0, 0).to_vec();
    key.extend_from_slice(KEY);
    key
}
