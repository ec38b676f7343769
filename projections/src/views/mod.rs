//! Views: what the folds make of the entries, on disk. Disposable; the one room that names RocksDB here.
//!
//! | file | what it knows |
//! |---|---|
//! | `key` | keys: byte strings that sort |
//! | `table` | projections and their tables, as constants that folds and readers share |
//! | `rows` | what a fold sees: typed rows, read once, written once a batch |
//! | `cache` | the decoded rows of one table, bounded |
//! | `snapshot` | what a reader sees: every live table at one position |
//! | `writer` | the one writer: folds entries into groups, commits, swaps copies |
//! | `catalogue` | which copies there are and how far |
//! | `compare` | two copies, row by row |
//! | `store` | RocksDB: key space, memory bounds |
//! | `stop` | whether somebody still waits for what is read |
//!
//! ```text
//! const NOW: Table<MerchantId, Balances> = Table::new(ID, 0);     shared by fold and reader
//! rows.row(&NOW, merchant)?.available += amount;                  in a fold
//! views.snapshot()?.get(&NOW, &merchant)?                         in an answer
//! ```

mod cache;
mod catalogue;
mod compare;
mod error;
mod key;
mod rows;
mod snapshot;
mod stop;
mod store;
mod table;
mod writer;

pub use cache::Value;
pub use catalogue::{Building, Catalogue, Checkpoint, Copy, Group, Purpose};
pub use compare::{Comparison, Differences};
pub use error::{Cure, Error};
pub use key::{Key, Names, take};
pub use rows::{Order, Rows};
pub use snapshot::{Scan, Snapshot, Views, Within};
pub use stop::Stop;
pub use store::{Settings, Shared};
pub use table::{Id, Table};
pub use writer::{Factory, Writer};

use ledger::entry::Recorded;

/// A pure fold over entries: its rows are a function of the entries alone.
///
/// It keeps nothing in itself that is not in its rows (a fold may be made anew between any two entries), reads no clock
/// and no disk, and uses no floats. Entries come in order, each once.
pub trait Projection: Send {
    /// Which projection: number, name, version.
    fn id(&self) -> Id;

    /// Folds one entry into the rows.
    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error>;
}
