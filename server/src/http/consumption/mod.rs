//! Who buys what, when and how, and never who they are: `/v1/consumption/…`. One file an endpoint.
//!
//! | file | what it knows |
//! |---|---|
//! | `ask` | what all of them take, and asking every partition at one moment |
//! | `table` | rows and columns, and their JSON form |
//!
//! Who asked what is in the access log: what one answer hides, the difference of two might tell.

mod affinity;
mod ask;
mod cohorts;
mod customers;
mod footfall;
mod mix;
mod segments;
mod table;
mod tickets;

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
