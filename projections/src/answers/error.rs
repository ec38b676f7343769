//! Why there is no answer.

use crate::views;

/// No answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The shard has not got there yet.
    #[error("the partition has not got there yet: {}, and it is at {position}", open.map_or_else(|| "no date is open".to_owned(), |open| format!("{open} is open")))]
    NotCaughtUp {
        /// The open date.
        open: Option<schemas::time::Date>,
        /// The offset up to which every event is in.
        position: i64,
    },
    /// The date is not closed; the date that is open, if one is.
    #[error("the date is not closed; {}", open.map_or_else(|| "no date is open yet".to_owned(), |open| format!("{open} is open")))]
    NotClosed {
        /// The open date.
        open: Option<schemas::time::Date>,
    },
    /// Not known.
    #[error("not known")]
    NotFound,
    /// A cursor that no answer of this list gave.
    #[error("not a cursor of this list")]
    BadCursor,
    /// A grouped answer would have too many rows.
    #[error("more than {0} rows; ask for fewer keys or filter")]
    TooManyRows(usize),
    /// The views do not answer.
    #[error(transparent)]
    Views(#[from] views::Error),
}
