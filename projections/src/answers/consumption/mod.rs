//! Consumption: who buys what, when and how, told only where k customers stand behind it.
//!
//! | file | what it answers |
//! |---|---|
//! | `key` | what purchases are told apart by, and its values |
//! | `query` | what may be asked: dates, keys that go together, filters, who asks |
//! | `gather` | the purchases of one shard, grouped; merges over shards |
//! | `people` | the customers of one shard, with their dates and nets; merges over shards |
//! | `history` | whether a customer was there before |
//! | `suppression` | which rows are left out; pure |
//! | `rows` | footfall, tickets, customers, mix |
//! | `segments` | customers by recency, frequency and spending |
//! | `cohorts` | customers by their first visit, and how many came back |
//! | `affinity` | which shops and trades share customers |
//! | `ratio` | exact ratios, rounded half up |
//!
//! Everything is of whole answers, in two steps: what each shard has, merged; then whether customers were there before,
//! which each shard is asked about the merged customers. Distinct customers are counted exactly, by the numbers that the
//! fold gives them, which never leave this room.

mod affinity;
mod cohorts;
mod gather;
mod history;
mod key;
mod people;
mod query;
mod ratio;
mod rows;
mod segments;
pub mod suppression;

pub use affinity::{AffinityKey, AffinityRow, affinity};
pub use cohorts::{CohortRow, Period, cohorts};
pub use gather::ready;
pub use key::{Key, Seen, Value};
pub use query::{Audience, FEWEST_CUSTOMERS, KEYS_MAX, Query, ROWS_MAX, Refused, parse_keys};
pub use rows::{CustomersRow, FootfallRow, MixRow, PERCENTILES, TicketsRow, customers, footfall, mix, tickets};
pub use segments::{SEGMENT_KEYS_DEFAULT, Segment, SegmentKey, SegmentRow, parse_segment_keys, segments};

/// The standard error of what is told of distinct customers: they are counted exactly.
pub const CUSTOMERS_ERROR_PERCENT: &str = "0.00";
/// How far a quantile may be from the ticket at its rank.
pub const QUANTILE_ERROR_PERCENT: &str = crate::folds::consumption::tickets::ERROR_PERCENT;

/// An answer: what is told, and how many rows are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<T> {
    /// In the order of their keys.
    pub rows: Vec<T>,
    /// How many are left out.
    pub suppressed: u64,
}
