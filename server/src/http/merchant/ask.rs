//! What every question about one merchant does: checks its parameters, waits, and asks the merchant's own partition.

use crate::access::Roles;
use crate::http::Service;
use crate::http::everywhere::{include, of};
use crate::http::list::Asked;
use crate::http::lists::{AMOUNT_FILTERS, filter};
use crate::http::page::At;
use crate::http::parameters::{LIST, Parameters, READ, merchant};
use crate::http::problem::Problem;
use crate::http::read::{at_once, blocking};
use crate::shape::{Position, position_text};
use crate::table::Row;
use axum::response::Response;
use projections::answers::lists::{self, Filter, ListQuery, Listed};
use projections::answers::{self, Error, Shard, Window};
use schemas::ids::MerchantId;
use utoipa::ToSchema;

/// Waits for what the request asks for, then asks the partition of a merchant.
pub async fn ask<T: Send + 'static>(
    service: Service,
    merchant: MerchantId,
    parameters: &Parameters,
    question: impl FnOnce(&Shard<'_>, &MerchantId) -> Result<T, Error> + Send + 'static,
) -> Result<T, Problem> {
    let asked = parameters.caught_up(&service.node).await?;
    let roles = parameters.caller().roles;
    blocking(move || put(&service, &merchant, &asked, roles, question)).await
}

/// The same for what reads a few rows: it is answered at once.
pub async fn ask_few<T>(
    service: Service,
    merchant: MerchantId,
    parameters: &Parameters,
    question: impl FnOnce(&Shard<'_>, &MerchantId) -> Result<T, Error>,
) -> Result<T, Problem> {
    let asked = parameters.caught_up(&service.node).await?;
    at_once(|| put(&service, &merchant, &asked, parameters.caller().roles, question))
}

fn put<T>(
    service: &Service,
    merchant: &MerchantId,
    asked: &[Position],
    roles: Roles,
    question: impl FnOnce(&Shard<'_>, &MerchantId) -> Result<T, Error>,
) -> Result<T, Problem> {
    let place = service.node.home(merchant.as_str())?;
    place.read(|shard| {
        include(std::slice::from_ref(shard), asked)?;
        question(shard, merchant).map_err(|error| unknown(shard, error, merchant, roles))
    })
}

/// Says what is not known: the merchant, or what was asked of it, to a caller of these roles.
pub fn unknown(shard: &Shard<'_>, error: Error, merchant: &MerchantId, roles: Roles) -> Problem {
    let Error::NotFound = error else { return of(shard, error) };
    match shard.contract_in_force(merchant) {
        Err(error) => of(shard, error),
        Ok(None) => Problem::no_merchant(merchant, roles),
        Ok(Some(_)) => {
            let open = shard.checkpoint().open.map_or_else(String::new, |open| format!("; {open} is the open date"));
            Problem::not_found(format!("merchant {merchant} is known, and has nothing of this at that date or position{open}"))
        }
    }
}

/// Fails where a merchant has no contract yet, so that a mistyped id is not answered with an empty list.
pub fn known(shard: &Shard<'_>, merchant: &MerchantId) -> Result<(), Error> {
    match shard.contract_in_force(merchant)? {
        Some(_) => Ok(()),
        None => Err(Error::NotFound),
    }
}

/// Answers one of a merchant's lists; `name` is what a file of it is called.
pub async fn list<R, T: Row + ToSchema>(
    service: Service,
    id: &str,
    name: &'static str,
    parameters: &Parameters,
    question: impl FnMut(&Shard<'_>, &MerchantId, &Window) -> Result<answers::Page<R>, Error> + Send + 'static,
    row: impl Fn(u32, R) -> T + Send + 'static,
) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST])?;
    told(service, id, name, parameters, question, row).await
}

/// The same with the filters and states that the list knows.
pub async fn filtered<L: Listed + Send + 'static, T: Row + ToSchema>(
    service: Service,
    id: &str,
    name: &'static str,
    parameters: &Parameters,
    (filters, states): (&[&str], &[&str]),
    mut listed: L,
    row: impl Fn(u32, L::Row) -> T + Send + 'static,
) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST, AMOUNT_FILTERS, filters])?;
    let filter = filter(parameters, states)?;
    let question = move |shard: &Shard<'_>, merchant: &MerchantId, window: &Window| page(shard, &mut listed, &of_owner(merchant.as_str(), window, &filter));
    told(service, id, name, parameters, question, row).await
}

async fn told<R, T: Row + ToSchema>(
    service: Service,
    id: &str,
    name: &'static str,
    parameters: &Parameters,
    mut question: impl FnMut(&Shard<'_>, &MerchantId, &Window) -> Result<answers::Page<R>, Error> + Send + 'static,
    row: impl Fn(u32, R) -> T + Send + 'static,
) -> Result<Response, Problem> {
    let merchant = merchant(id)?;
    let asked = Asked::read(parameters, name, format!("{name} {merchant}"))?;
    let at_least = parameters.caught_up(&service.node).await?;
    let roles = parameters.caller().roles;
    blocking(move || {
        let place = service.node.home(merchant.as_str())?;
        place.read(|shard| {
            include(std::slice::from_ref(shard), &at_least)?;
            known(shard, &merchant).map_err(|error| unknown(shard, error, &merchant, roles))?;
            let (partition, checkpoint) = (shard.partition, shard.checkpoint());
            let at = At::One(position_text(partition, checkpoint.position));
            let page = |window: &Window| question(shard, &merchant, window).map_err(|error| of(shard, error));
            asked.tell(at, checkpoint.open, page, |found| Some(row(partition, found)))
        })
    })
    .await
}

/// A page of a list of one partition.
pub fn page<L: Listed>(shard: &Shard<'_>, listed: &mut L, query: &ListQuery) -> Result<answers::Page<L::Row>, Error> {
    let page = lists::list(std::slice::from_ref(shard), listed, query).map_err(|failed| failed.error)?;
    Ok(page.map(|found| found.row))
}

/// A list of one owner: a merchant, or the house.
pub fn of_owner(owner: &str, window: &Window, filter: &Filter) -> ListQuery {
    let Window { from, to, limit, cursor } = window.clone();
    ListQuery { from, to, limit, cursor, filter: Filter { owner: Some(owner.to_owned()), ..filter.clone() } }
}
