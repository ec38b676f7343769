//! Reconciliation: how pairs of ours and theirs stand as of a date, breaks, and reports.
//!
//! | file | what it knows |
//! |---|---|
//! | `terms` | what is configured by source |
//! | `wait` | business days, and when the wait for an answer has ended |
//! | `state` | the state of a pair as of a date |
//! | `context` | what an answer reads once: smallest dates, calendars, closings, lines that a merchant has |
//! | `component` | what belongs together as of a date |
//! | `nobody` | payments that stand at nothing, whose entries nobody expects |
//! | `gather` | the pairs of every partition: all of them, those that no sum has, those that somebody closed |
//! | `ordered` | pairs that may be breaks, in the order in which breaks are told |
//! | `shelves` | names on shelves in that order |
//! | `page` | a page of breaks |
//! | `by_dates` | sums of single pairs, by when they were booked, and when and how answered |
//! | `house` | what the house settled, matched by amount and party |
//! | `asked` · `told` | which pairs are asked for · one as it is told |
//! | `sum` · `sums` | what pairs add up to · their sums by keys |
//! | `reports` | reports, complete or not |
//!
//! A page of breaks costs the rows of the page, and of what no index has in its order: the house's settlements, payouts that stand otherwise than by one
//! entry without an answer, and of a past date pairs of many items that got another since. Sums by source, kind, state, day and age cost their
//! dates and the pairs that are not single; by merchant or report every pair.

mod asked;
mod by_dates;
mod component;
mod context;
mod gather;
mod house;
mod nobody;
mod ordered;
mod page;
mod reports;
mod shelves;
mod state;
mod sum;
mod sums;
mod terms;
mod told;
mod wait;

pub use asked::{PairKey, PairQuery};
pub use page::breaks;
pub use reports::{ReportRow, ReportState, reports};
pub use state::State;
pub use sum::{Fees, PairSum};
pub use sums::{PairSums, pair_sums};
pub use terms::{Account, ReconciliationTerms, SourceTerms};
pub use told::Break;
