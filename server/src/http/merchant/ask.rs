//! What every question about one merchant does: checks its parameters, waits, and asks the merchant's own partition.

use crate::http::Service;
use crate::http::cursor;
use crate::http::page::Page;
use crate::http::parameters::{LIST, Parameters, READ, merchant};
use crate::http::problem::Problem;
use crate::http::read::blocking;
use crate::node::{self, Place};
use crate::shape::position_text;
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
        place.answer(|shard| question(shard, &merchant)).map_err(|error| unknown(error, place, &merchant))
    })
    .await
}

/// Says what is not known: the merchant, or what was asked of it.
fn unknown(error: node::Error, place: &Place, merchant: &MerchantId) -> Problem {
    let node::Error::Answer { error: Error::NotFound, .. } = error else { return Problem::from(error) };
    match place.answer(|shard| Ok((shard.contract_in_force(merchant)?.is_some(), shard.checkpoint().open))) {
        Err(error) => Problem::from(error),
        Ok((false, _)) => Problem::no_merchant(merchant),
        Ok((true, open)) => {
            let open = open.map_or_else(String::new, |open| format!("; {open} is the open date"));
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

/// Answers a page of one of a merchant's lists.
pub async fn list<R: Send + 'static, T: ToSchema>(
    service: Service,
    id: &str,
    name: &str,
    parameters: &Parameters,
    question: impl FnOnce(&Shard<'_>, &MerchantId, &Window) -> Result<answers::Page<R>, Error> + Send + 'static,
    row: impl Fn(u32, R) -> T,
) -> Result<Page<T>, Problem> {
    parameters.only(&[READ, LIST])?;
    let merchant = merchant(id)?;
    let scope = format!("{name} {merchant}");
    let window = parameters.window(&scope)?;
    let answered = ask(service, merchant, parameters, move |shard, merchant| {
        known(shard, merchant)?;
        Ok((shard.partition, shard.checkpoint().position, question(shard, merchant, &window)?))
    });
    let (partition, position, page) = answered.await?;
    Ok(Page {
        position: position_text(partition, position),
        next: page.next.as_ref().map(|next| cursor::write(&scope, next)),
        rows: page.rows.into_iter().map(|found| row(partition, found)).collect(),
    })
}
