//! Random lives of a partition: a seed makes one list of records, on any machine.
//!
//! A life is written against the model's own state, so that its events mostly hit: refunds go to payments that have
//! something to refund, losses to disputes that were won. The rest is aimed badly on purpose. A few records are
//! unreadable, repeated, contradictory, or too early.

pub mod dice;
mod disorder;
mod disputes;
mod everyday;
mod life;
mod market;
mod money_moves;
mod payments;
pub mod record;
mod refused;
mod reports;
mod terms;

pub use life::Life;
pub use record::{Content, Record};
