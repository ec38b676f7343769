//! What every read takes and does: parameters, and reading off the threads that answer.

pub use super::question::{at_once, blocking};

use utoipa::IntoParams;

/// Parameters of every read.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct ReadQuery {
    /// Positions that the answer must include, such as `0:812,3:1482300`.
    #[param(pattern = "^[0-9]+:(-1|[0-9]+)(,[0-9]+:(-1|[0-9]+))*$", example = "0:-1")]
    at_least: Option<String>,
    /// How long to wait for them at most, in milliseconds.
    #[param(default = 2000, minimum = 0, maximum = 60000)]
    wait_ms: Option<u64>,
}

/// Parameters of every list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct ListQuery {
    /// How many rows at most. A CSV or Parquet file without `limit` and `cursor` is the whole list.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next` of the page before.
    #[param(pattern = "^[0-9a-f]{8,4096}$", max_length = 4096)]
    cursor: Option<String>,
}

/// A range of business dates, both inclusive.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct RangeQuery {
    /// The first business date. Without it, sums begin 29 days before `to`; lists, and counts of events, begin with the first date there is.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-01")]
    from: Option<String>,
    /// The last business date. Without it, the one that is open.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    to: Option<String>,
}
