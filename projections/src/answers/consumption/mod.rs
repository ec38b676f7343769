//! Consumption: who buys what, when and how, told only where k customers stand behind it.
//!
//! | file | what it answers |
//! |---|---|
//! | `key` | what purchases are told apart by, and its values |
//! | `query` | what may be asked: dates, keys that go together, filters, who asks |
//! | `read` | the purchases of one shard that a query asks about |
//! | `crowd` | distinct customers: counted while few, estimated from a sample when many |
//! | `tickets` | amounts that can be removed again, and their quantiles |
//! | `gather` | purchases, grouped |
//! | `people` | customers one by one, with their dates and nets |
//! | `history` | whether a customer was there before |
//! | `suppression` | which rows are left out; pure |
//! | `rows` | footfall, tickets, customers, mix |
//! | `segments` | customers by recency, frequency and spending |
//! | `cohorts` | customers by their first visit, and how many came back |
//! | `affinity` | which shops and trades share customers |
//!
//! Everything is of whole answers, in two steps: what the shards have, added up; then whether customers were there before,
//! which each shard is asked about all of them. Customers are told apart by the numbers that the journal has for them,
//! which never leave this room.

mod affinity;
mod cohorts;
mod crowd;
mod gather;
mod history;
mod key;
mod people;
mod query;
mod read;
mod rows;
mod segments;
pub mod suppression;
mod tickets;

pub use affinity::{AffinityKey, AffinityRow, affinity};
pub use cohorts::{CohortRow, Period, cohorts};
pub use crowd::Count;
pub use key::{Key, Seen, Value};
pub use query::{Audience, CUSTOMERS_AT_ONCE, FEWEST_CUSTOMERS, KEYS_MAX, Query, ROWS_MAX, Refused, parse_keys};
pub use read::ready;
pub use rows::{CustomersRow, FootfallRow, MixRow, PERCENTILES, TicketsRow, customers, footfall, mix, tickets};
pub use segments::{SEGMENT_KEYS_DEFAULT, Segment, SegmentKey, SegmentRow, parse_segment_keys, segments};

/// How far a quantile may be from the ticket at its rank.
pub const QUANTILE_ERROR_PERCENT: &str = tickets::ERROR_PERCENT;

/// An answer: what is told, and how many rows are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<T> {
    /// In the order of their keys.
    pub rows: Vec<T>,
    /// How many are left out.
    pub suppressed: u64,
}
