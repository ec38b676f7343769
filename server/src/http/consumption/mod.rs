//! Who buys what, when and how, and never who they are: `/v1/consumption/…`. One file an endpoint.
//!
//! | file | what it knows |
//! |---|---|
//! | `ask` | what all of them take, and asking every partition at one moment |
//! | `table` | rows and columns, and their JSON form |
//! | `export` | the same rows as CSV and Parquet |
//!
//! Who asked what is logged: what one answer hides, the difference of two might tell.

mod affinity;
mod ask;
mod cohorts;
mod customers;
mod export;
mod footfall;
mod mix;
mod segments;
mod table;
mod tickets;

use super::Service;
use axum::Router;
use axum::routing::get;

/// Handlers with their documentation, for the OpenAPI document.
pub mod paths {
    pub use super::affinity::*;
    pub use super::cohorts::*;
    pub use super::customers::*;
    pub use super::footfall::*;
    pub use super::mix::*;
    pub use super::segments::*;
    pub use super::tickets::*;
}

/// The routes.
pub fn routes() -> Router<Service> {
    Router::new()
        .route("/v1/consumption/footfall", get(footfall::footfall))
        .route("/v1/consumption/tickets", get(tickets::tickets))
        .route("/v1/consumption/customers", get(customers::customers))
        .route("/v1/consumption/segments", get(segments::segments))
        .route("/v1/consumption/cohorts", get(cohorts::cohorts))
        .route("/v1/consumption/mix", get(mix::mix))
        .route("/v1/consumption/affinity", get(affinity::affinity))
}
