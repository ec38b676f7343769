//! `GET /v1/entries`: what was booked for every merchant and the house.

use super::page;
use super::query::{AMOUNT_FILTERS, AmountFilters, ENTRY_FILTERS, EntryFilters, OWNER_FILTER, OwnerFilter, filter};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::merchant::Entry;
use crate::http::page::PageOfMany;
use crate::http::parameters::{LIST, Parameters, READ};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use axum::extract::State;
use axum::response::Response;
use projections::answers::lists::Entries;

/// Journal entries of all merchants
///
/// What was booked for merchants and for the bank itself (`@house`), newest first, with every line: the same rows as a merchant's own list.
#[utoipa::path(
    get, path = "/v1/entries", tag = "bank", params(OwnerFilter, EntryFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = PageOfMany<Entry>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn all_entries(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST, AMOUNT_FILTERS, OWNER_FILTER, ENTRY_FILTERS])?;
    let filter = filter(&parameters, &[])?;
    let lines = parameters.caller().lines();
    page(service, "entries", &parameters, filter, Entries, move |partition, recorded| Entry::of(partition, &recorded, lines)).await
}
