//! Rows of a snapshot that another process keeps: what it is asked, and what it answers. The rows themselves are bytes here; what
//! they mean is the asker's, who has the same tables.

use super::{Error, Order};
use serde::{Deserialize, Serialize};

/// Rows of a page at most.
pub const PAGE_ROWS_MAX: usize = 4096;
/// Bytes of a page, from which on it ends.
pub const PAGE_BYTES_MAX: usize = 1 << 20;

/// Rows whose keys lie within bounds, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From this key, inclusive.
    pub lower: Vec<u8>,
    /// Up to this key, exclusive.
    pub upper: Option<Vec<u8>>,
    /// From the last to the first.
    pub descending: bool,
    /// So many rows at most.
    pub rows: usize,
}

impl Span {
    /// In an order.
    pub(super) const fn new(lower: Vec<u8>, upper: Option<Vec<u8>>, order: Order) -> Self {
        Self { lower, upper, descending: matches!(order, Order::Descending), rows: 0 }
    }
}

/// The first rows of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Keys and values, in the order asked.
    pub rows: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether more may follow.
    pub more: bool,
}

/// A snapshot that another process keeps. What it answers is always of the same commit.
pub trait Elsewhere: Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// Whoever has it does not answer.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    /// The first rows of a span.
    ///
    /// # Errors
    /// Whoever has it does not answer.
    fn page(&self, span: &Span) -> Result<Page, Error>;
}
