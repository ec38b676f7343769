//! Views: what the folds make of the entries, on disk. Disposable; the one room that names RocksDB here.
//!
//! | file | what it knows |
//! |---|---|
//! | `key` | keys: byte strings that sort |
//! | `table` | projections and their tables, as constants that folds and readers share |
//! | `batch` | what a commit writes |
//! | `rows` | what a fold sees: typed rows, read once, written once a batch |
//! | `cache` | the decoded rows of one table, bounded |
//! | `slot` · `appended` | a row of it; rows that are written and not looked for again |
//! | `begun` | rows that began since the last commit, and are mostly not looked for again |
//! | `forgotten` | which rows of a date are not in memory any more |
//! | `generation` | rows of it that are forgotten together |
//! | `chunks` | a list that grows without moving what is in it |
//! | `snapshot` · `scan` | what a reader sees: every live table at one position; its rows in order |
//! | `elsewhere` | rows of a snapshot that another process keeps |
//! | `whole` | what readers see while a large record is committed in parts |
//! | `writer` | the one writer: folds entries into groups, commits, swaps copies |
//! | `grouped` | entries by merchant, within what may be taken out of its order |
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

mod appended;
mod batch;
mod begun;
mod cache;
mod catalogue;
mod chunks;
mod compare;
mod elsewhere;
mod error;
mod forgotten;
mod generation;
mod grouped;
mod key;
mod rows;
mod scan;
mod slot;
mod snapshot;
mod stop;
mod store;
mod table;
mod whole;
mod writer;

pub use cache::Value;
pub use catalogue::{Building, Catalogue, Checkpoint, Copy, Group, Purpose};
pub use compare::{Comparison, Differences};
pub use elsewhere::{Elsewhere, Page, Span};
pub use error::{Cure, Error};
pub use key::{Key, Names, take};
pub use rows::{Order, Rows};
pub use scan::Scan;
pub use snapshot::{Snapshot, Views, Within};
pub use stop::Stop;
pub use store::{Settings, Shared};
pub use table::{Id, Table};
pub use writer::{Factory, Writer};

use ledger::entry::Recorded;

/// A pure fold over entries: its rows are a function of the entries alone.
///
/// It keeps nothing in itself that is not in its rows, but for sums that [`Projection::settle`] puts there (a fold may be
/// made anew after any commit), reads no clock and no disk, and uses no floats. Entries come each once, and in order; but those
/// that post the money of different merchants may come in any order between two commits (see `grouped`).
pub trait Projection: Send {
    /// Which projection: number, name, version.
    fn id(&self) -> Id;

    /// Folds one entry into the rows.
    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error>;

    /// Puts into the rows what was added up since the last commit: rows that many entries change (of a house account, say)
    /// are looked up once a commit. It comes before each commit, wherever that falls, and the rows must not depend on where.
    fn settle(&mut self, _rows: &mut Rows) -> Result<(), Error> {
        Ok(())
    }
}
