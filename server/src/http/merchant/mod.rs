//! What a merchant has, and why: `/v1/merchants/{m}/…`. One file an endpoint; `ask` is what they share.

mod ask;
mod balance_form;
mod balances;
mod balances_stream;
mod contracts;
mod disputes;
mod entries;
mod fees;
mod holds;
mod payment;
mod payout;
mod payout_items;
mod payouts;
mod statement;
mod statement_body;
mod statement_form;

pub use balance_form::Balance;
pub use balances_stream::STREAMS_MAX;
pub use contracts::CONTRACT_COLUMNS;
pub use disputes::Dispute;
pub use entries::Entry;
pub use holds::Hold;
pub use payout::composed;
pub use payouts::Payout;

/// Handlers with their documentation, for the OpenAPI document.
pub mod paths {
    pub use super::balances::*;
    pub use super::balances_stream::*;
    pub use super::contracts::*;
    pub use super::disputes::*;
    pub use super::entries::*;
    pub use super::fees::*;
    pub use super::holds::*;
    pub use super::payment::*;
    pub use super::payout::{__path_payout, __path_payout_next, payout, payout_next};
    pub use super::payout_items::{__path_payout_items, __path_payout_next_items, payout_items, payout_next_items};
    pub use super::payouts::*;
    pub use super::statement::*;
}
