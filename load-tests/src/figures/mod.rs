//! What the service tells, a second time: exact and slow versions of every figure of its answers, written from the
//! specification alone.
//!
//! [`chronicle`] keeps every entry that the model made, with its event; each figure is reckoned anew from all of them
//! whenever it is asked for, so nothing here can be out of date. [`entry`], [`terms`], [`payment_facts`] and [`effect`]
//! say what an entry is and what it did; [`ratio`] rounds. Then one file an answer. All of it is of one partition.

pub mod accounts;
pub mod balances;
pub mod chronicle;
pub mod consumption;
pub mod effect;
pub mod entry;
pub mod exposure;
pub mod fee_income;
pub mod fees;
pub mod lists;
pub mod objects;
pub mod payment;
pub mod payment_facts;
pub mod payouts;
pub mod ratio;
pub mod reconciliation;
pub mod statement;
pub mod terms;
pub mod unbooked;

pub use chronicle::Chronicle;
pub use entry::Entry;
