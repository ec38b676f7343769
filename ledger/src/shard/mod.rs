//! A shard: one partition of the log, one directory, one thread that writes.
//!
//! It opens the journal, asks the log whether it is still the one that was folded ([`crate::log::preflight`]), and then
//! goes round: fetch a bounded batch, fold it, commit entries, state and cursor together, tell who listens. It opens,
//! stands still and fails alone.
//!
//! | state | meaning | way on |
//! |---|---|---|
//! | catching up | more lies ahead than one batch | by itself |
//! | following | at most one batch lies ahead | – |
//! | halted, a code that passes ([`crate::log::Code::passes`]) | the log or the disk does not answer | tried again, with pauses up to [`PAUSE_MAX`] |
//! | catching up, `transaction_open` | what is ahead must not be read yet | by itself, when the transaction ends |
//! | catching up, `reader_stalled` | what is ahead does not come | by itself, or an operator |
//! | halted, `fold_failed` | this version cannot fold the record ahead; all before it is committed | a later version |
//! | halted, any other code | going on would skip, repeat or lose something | an operator, and a restart |
//!
//! The cursor is where the reader's position has passed: over records that were folded, and over offsets that are none (ends
//! of transactions, what was aborted). It is committed like any other progress, so a restart begins there.
//!
//! Whatever the state, readers answer from what was committed.
//!
//! A record of very many entries, a day's close, is folded in parts, in turn with those of other shards ([`Large`]).
//!
//! While records come densely and nobody waits for any of them, they are taken some milliseconds at a time ([`Bounds::rest`]): a commit of
//! three costs much what one of fifty does, here and in all that follows.
//!
//! Bounds: a batch ([`Bounds`]), a fetch ([`FETCH_WAIT`]), a pause ([`PAUSE_MAX`]), the batches that wait for a follower
//! ([`FEED_BATCHES_MAX`]); a follower that is slower finds a gap in the numbers and reads the journal instead.

mod batch;
mod feed;
mod folding;
mod handle;
mod large;
mod pace;
mod part;
mod replay;
mod status;
mod worker;

pub use batch::Bounds;
pub use feed::FEED_BATCHES_MAX;
pub use folding::Folding;
pub use handle::{Config, Handle, Listener, Notice, OnCommit, STATE_BYTES_DEFAULT, directory, known_partitions, spawn, spawn_with};
pub use large::{Expected, Large, TURN_WAIT_MAX};
pub use replay::replay;
pub use status::{Counters, State, Status};
pub use worker::{FETCH_WAIT, LARGE_ENTRIES, PAUSE_MAX, READER_STALLED_MAX, TRANSACTION_OPEN_MAX};
