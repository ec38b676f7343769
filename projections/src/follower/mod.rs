//! What follows the journal: the views, and sinks that take its entries elsewhere. Each has a thread and its own progress; none
//! holds up another, or the fold.
//!
//! | file | what it knows |
//! |---|---|
//! | `entries` | where entries are read from: the journal, or a list in tests |
//! | `handle` | what the rest of the program sees: progress, waiting, rebuilds, stopping |
//! | `holding` | how views leave the machine to a fold that is in the middle of a large record |
//! | `portion` | how much is folded before a commit |
//! | `opening` | opens and closes the views, removes what must be folded anew |
//! | `run` | the thread: live batches first, then a slice of what is folded beside them |
//! | `beside` | a rebuild, or another version: folded beside the live views, compared, and put in their place |
//! | `missing` | which projections have no answers for a while, and saying so |
//! | `sink` · `tail` | entries in order for an output outside: topics, webhooks · its thread |
//! | `turns` | how sinks leave the machine to a fold that has much to do |
//! | `verify` | folds everything afresh into a scratch directory and compares |
//!
//! Bounds: at most [`QUEUE_BATCHES_MAX`] batches wait in memory (what does not fit is read from the journal later), as many
//! entries as `portion` says are folded before a commit, and every wait has a limit. The shard is never held up.
//! While more waits to be folded, batches are committed together: what is behind anyway is the cheaper for it, and what has
//! caught up is committed at once. In the middle of a record that has more entries than are in the journal yet, or than one commit takes,
//! nobody waits for a commit: readers see what lies before the record until all of it is there, so it is committed where memory asks for it.

mod beside;
mod entries;
mod handle;
mod holding;
mod missing;
mod opening;
mod portion;
mod run;
#[cfg(test)]
mod run_tests;
mod sink;
mod tail;
mod turns;
mod verify;

pub use entries::Entries;
pub use handle::{Built, Config, Follower, Held, Notify, Progress, RebuildProgress};
pub use holding::HOLD_MAX;
pub use sink::{Busy, Following, Limit, Sink, SinkProgress, Yield};
pub use tail::{Tail, Waker};
pub use turns::Turns;
pub use verify::verify;

/// Batches of the shard that may wait to be folded.
pub const QUEUE_BATCHES_MAX: usize = 64;
/// Entries that are folded before a commit, unless very many wait; the last batch may go beyond.
pub const BATCH_ENTRIES_MAX: usize = 32_768;
/// Rows that are changed before a commit, likewise.
pub const BATCH_ROWS_MAX: usize = 262_144;
/// Entries that are read from the journal at a time.
pub const PAGE_ENTRIES_MAX: usize = 8_192;
/// Entries that are folded before it is looked whether a commit is due, where memory allows: of more together, more are of one merchant.
pub const TOGETHER_ENTRIES_MAX: usize = 16_384;
