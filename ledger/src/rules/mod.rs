//! Pure rules: `fold(state, record) → state, entries`. No clock, no I/O, no randomness, no floats.
//!
//! In reading order: [`fold`] takes a record and decides what becomes of it; `control`, `on_merchant` and the other `on_…`
//! check an event in the order of `ledger/ACCOUNTING.md` ("Refusals") and call the rule in [`events`]; a rule drafts
//! lines with `draft` and `waterfall`; `price` computes, `quotient` divides, `income` splits off the VAT; `park` keeps what waits,
//! `awaited` says for what, `closed` what was refused; `caches` says what of all that is in memory, and what a commit writes.
#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]
#![deny(clippy::wildcard_enum_match_arm)]

pub mod events;
pub mod price;
pub mod state;

mod awaited;
mod caches;
mod closed;
mod contracts;
mod control;
mod customers;
mod draft;
mod due;
mod exact;
mod fold;
mod income;
mod on_dispute;
mod on_hold;
mod on_merchant;
mod on_payment;
mod on_payout;
mod park;
mod parking;
mod purchase;
mod quotient;
mod rows;
mod sweep;
mod verdict;
mod waterfall;

pub use fold::Fold;
pub use purchase::PurchaseNames;

#[cfg(test)]
mod fold_tests;
#[cfg(test)]
mod large_tests;
