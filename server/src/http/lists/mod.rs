//! Lists over all merchants: `/v1/entries`, `/v1/payments`, `/v1/holds`, `/v1/payouts`, `/v1/disputes`. One file a list; the
//! rows are those of a merchant's own lists. `query` reads filters, here a page is asked of every partition at once.

mod disputes;
mod entries;
mod holds;
mod payments;
mod payouts;
mod query;

pub use query::{
    AMOUNT_FILTERS, AmountFilters, DISPUTE_FILTERS, DisputeFilters, ENTRY_FILTERS, EntryFilters, HOLD_FILTERS, HoldFilters, PAYOUT_FILTERS, PayoutFilters,
    filter,
};

use super::list::Asked;
use super::page::At;
use super::parameters::Parameters;
use super::problem::Problem;
use super::{Service, everywhere};
use crate::node;
use crate::table::Row;
use axum::response::Response;
use projections::answers::Window;
use projections::answers::lists::{Failed, Filter, Found, ListQuery, Listed, list};
use utoipa::ToSchema;

/// Handlers with their documentation, for the OpenAPI document.
pub mod paths {
    pub use super::disputes::*;
    pub use super::entries::*;
    pub use super::holds::*;
    pub use super::payments::*;
    pub use super::payouts::*;
}

/// Asks every partition, each at one commit, for a list.
pub async fn page<L: Listed + Send + 'static, T: Row + ToSchema + Send + 'static>(
    service: Service,
    name: &'static str,
    parameters: &Parameters,
    filter: Filter,
    mut listed: L,
    row: impl Fn(u32, L::Row) -> T + Send + 'static,
) -> Result<Response, Problem> {
    let asked = Asked::read(parameters, name, name.to_owned())?;
    everywhere::together(service, parameters, move |shards| {
        let page = |window: &Window| {
            let Window { from, to, limit, cursor } = window.clone();
            let query = ListQuery { from, to, limit, cursor, filter: filter.clone() };
            let page = list(shards, &mut listed, &query);
            page.map_err(|Failed { partition, error }| node::Error::Answer { partition, error }.into())
        };
        let at = At::Many(everywhere::positions(shards));
        asked.tell(at, everywhere::open_date(shards), page, |Found { partition, row: found }| Some(row(partition, found)))
    })
    .await
}
