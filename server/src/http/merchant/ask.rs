//! What every question about one merchant does: checks its parameters, waits, and asks the merchant's own partition.

use crate::http::Service;
use crate::http::everywhere::of;
use crate::http::list::Asked;
use crate::http::page::At;
use crate::http::parameters::{LIST, Parameters, READ, merchant};
use crate::http::problem::Problem;
use crate::http::read::blocking;
use crate::shape::position_text;
use crate::table::Row;
use axum::response::Response;
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
    parameters.caught_up(&service.node).await?;
    blocking(move || {
        let place = service.node.home(merchant.as_str())?;
        place.read(|shard| question(shard, &merchant).map_err(|error| unknown(shard, error, &merchant)))
    })
    .await
}

/// Says what is not known: the merchant, or what was asked of it.
pub fn unknown(shard: &Shard<'_>, error: Error, merchant: &MerchantId) -> Problem {
    let Error::NotFound = error else { return of(shard, error) };
    match shard.contract_in_force(merchant) {
        Err(error) => of(shard, error),
        Ok(None) => Problem::no_merchant(merchant),
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
    question: impl Fn(&Shard<'_>, &MerchantId, &Window) -> Result<answers::Page<R>, Error> + Send + 'static,
    row: impl Fn(R) -> T + Send + 'static,
) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST])?;
    let merchant = merchant(id)?;
    let asked = Asked::read(parameters, name, format!("{name} {merchant}"))?;
    parameters.caught_up(&service.node).await?;
    blocking(move || {
        let place = service.node.home(merchant.as_str())?;
        place.read(|shard| {
            known(shard, &merchant).map_err(|error| unknown(shard, error, &merchant))?;
            let checkpoint = shard.checkpoint();
            let at = At::One(position_text(shard.partition, checkpoint.position));
            asked.tell(at, checkpoint.open, |window| question(shard, &merchant, window).map_err(|error| of(shard, error)), |found| Some(row(found)))
        })
    })
    .await
}
