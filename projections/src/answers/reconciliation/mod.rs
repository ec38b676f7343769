//! Reconciliation: how pairs of ours and theirs stand as of a date, breaks, and reports.
//!
//! | file | what it knows |
//! |---|---|
//! | `terms` | what is configured by source |
//! | `wait` | business days, and when the wait for an answer has ended |
//! | `state` | the state of a pair as of a date |
//! | `context` | what an answer reads once: smallest dates, calendars, closings, lines that a merchant has |
//! | `gather` | the pairs of every partition: all of them, or those that are open |
//! | `house` | what the house settled, matched by amount and party |
//! | `told` | pairs as they are told: filters, sums, lists |
//! | `reports` | reports, complete or not |
//!
//! Breaks as of now cost the pairs that are not settled; sums, and answers of the past, cost every pair that came up to their date.

mod context;
mod gather;
mod house;
mod reports;
mod state;
mod terms;
mod told;
mod wait;

pub use reports::{ReportRow, ReportState, reports};
pub use state::State;
pub use terms::{Account, ReconciliationTerms, SourceTerms};
pub use told::{Break, PairKey, PairQuery, PairSum, PairSums, breaks, pair_sums};
