//! Who buys what, when and how: `GET /v1/consumption/…`, before anything is suppressed.
//!
//! [`purchase`] says what a purchase is, [`range`] which of them a question is about, [`tables`], [`customers`],
//! [`segments`], [`cohorts`] and [`affinity`] reckon the rows. [`suppression`] judges what a suppressed answer may
//! leave out: which rows are left out is a choice, that nothing follows from the others is not.

pub mod affinity;
pub mod cohorts;
pub mod customers;
pub mod purchase;
pub mod range;
pub mod segments;
pub mod suppression;
pub mod tables;

pub use purchase::Purchase;
pub use range::Range;

use schemas::money::Currency;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A row that would be told if there were no suppression.
#[derive(Clone, Debug)]
pub struct Row {
    /// The values of its keys, in the order asked.
    pub keys: Vec<Value>,
    /// Its currency; none where rows are not told apart by it.
    pub currency: Option<Currency>,
    /// Its customers.
    pub customers: BTreeSet<String>,
    /// Its figures, keys included, as they are told.
    pub told: Map<String, Value>,
}

/// A number of customers as it is told: counts of this size are exact.
pub fn estimate(customers: usize) -> Value {
    json!({"estimate": customers, "error_percent": "0.00"})
}
