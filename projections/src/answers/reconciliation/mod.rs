//! Reconciliation: how pairs of ours and theirs stand as of a date, breaks, and reports.
//!
//! | file | what it knows |
//! |---|---|
//! | `terms` | what is configured by source |
//! | `wait` | business days, and when the wait for an answer has ended |
//! | `state` | the state of a pair as of a date |
//! | `context` | what an answer reads once: smallest dates, calendars, closings, lines that a merchant has |
//! | `component` | what belongs together as of a date |
//! | `gather` | the pairs of every partition: all of them, those that may be breaks, those that no sum has |
//! | `by_dates` | sums of pairs of one entry, by when they were booked and answered |
//! | `house` | what the house settled, matched by amount and party |
//! | `told` | pairs as they are told: filters, sums, lists |
//! | `reports` | reports, complete or not |
//!
//! Breaks cost the pairs that may be some as of the date, and of the past those besides that are not one entry and its answer. Sums by source,
//! kind, state, day and age cost their dates and the pairs that are not one entry and its answer; by merchant or report every pair.

mod by_dates;
mod component;
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
