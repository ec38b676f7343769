//! What a merchant has, and why: `/v1/merchants/{m}/…`. One file an endpoint; `ask` is what they share.

mod ask;
mod balance_form;
mod balances;
mod balances_stream;
mod disputes;
mod entries;
mod fees;
mod holds;
mod payment;
mod payouts;
mod statement;
mod statement_body;
mod statement_form;

pub use balance_form::Balance;
pub use balances_stream::STREAMS_MAX;

use super::Service;
use axum::Router;
use axum::routing::get;

/// Handlers with their documentation, for the OpenAPI document.
pub mod paths {
    pub use super::balances::*;
    pub use super::balances_stream::*;
    pub use super::disputes::*;
    pub use super::entries::*;
    pub use super::fees::*;
    pub use super::holds::*;
    pub use super::payment::*;
    pub use super::payouts::*;
    pub use super::statement::*;
}

/// The routes.
pub fn routes() -> Router<Service> {
    Router::new()
        .route("/v1/merchants/{merchant}/balances", get(balances::balances))
        .route("/v1/merchants/{merchant}/balances/stream", get(balances_stream::balances_stream))
        .route("/v1/merchants/{merchant}/entries", get(entries::entries))
        .route("/v1/merchants/{merchant}/payments/{payment}", get(payment::payment))
        .route("/v1/merchants/{merchant}/holds", get(holds::holds))
        .route("/v1/merchants/{merchant}/payouts", get(payouts::payouts))
        .route("/v1/merchants/{merchant}/disputes", get(disputes::disputes))
        .route("/v1/merchants/{merchant}/fees", get(fees::fees))
        .route("/v1/merchants/{merchant}/statements/{date}", get(statement::statement))
}
