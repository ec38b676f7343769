//! `GET /v1/merchants/{merchant}/statements/{date}`: a closed date of a merchant.

use super::ask::ask;
use super::statement_body::{self, Lines};
use crate::export::statement::{self as forms, Form};
use crate::http::Service;
use crate::http::accept::negotiate;
use crate::http::parameters::{Parameters, READ, merchant};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::ReadQuery;
use crate::shape::{amount, book_text, position_text};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use projections::answers::{self, StatementAccount};
use projections::folds::balances::Purse;
use projections::folds::objects::Movements;
use schemas::event::Book;
use schemas::money::Currency;
use schemas::time::Date;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a statement can be told as: the first one where a client takes anything.
const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const HLEDGER: &str = "text/x-hledger";
const BEANCOUNT: &str = "text/x-beancount";
const CAMT: &str = "application/xml";
const FORMATS: &[&str] = &[JSON, CSV, HLEDGER, BEANCOUNT, CAMT];

/// A closed date of a merchant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Statement {
    /// The merchant.
    merchant: String,
    /// The date.
    #[schema(example = "2026-11-23")]
    date: String,
    /// The date's position: that of the last record before its `day_closed`.
    #[schema(example = "3:14")]
    position: String,
    /// One for each currency and book in which anything ever moved. Opening and movements are the closing, to the unit.
    accounts: Vec<Account>,
}

/// One currency and book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementAccount)]
pub struct Account {
    /// ISO 4217.
    currency: String,
    /// Whose books.
    book: String,
    /// As the date before closed.
    opening: Buckets,
    /// What moved the total.
    movements: MovementsForm,
    /// As the date closed.
    closing: Buckets,
}

/// Every bucket, and all of them less what is owed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Buckets {
    pending: String,
    available: String,
    reserved: String,
    held: String,
    disputed: String,
    in_transit: String,
    owed: String,
    total: String,
}

/// What moved the total; what moved between buckets did not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Movements)]
pub struct MovementsForm {
    sales: String,
    refunds: String,
    disputes: String,
    fees: String,
    payouts: String,
    seized: String,
    debt: String,
    adjustments: String,
}

impl Buckets {
    fn of(purse: &Purse, currency: Currency) -> Self {
        let text = |minor: i128| amount(minor, currency);
        Self {
            pending: text(purse.pending_total()),
            available: text(purse.available),
            reserved: text(purse.reserve_total()),
            held: text(purse.held_total()),
            disputed: text(purse.disputed_total()),
            in_transit: text(purse.in_transit_total()),
            owed: text(purse.owed),
            total: text(purse.total()),
        }
    }
}

impl MovementsForm {
    fn of(movements: &Movements, currency: Currency) -> Self {
        let text = |minor: i128| amount(minor, currency);
        Self {
            sales: text(movements.sales),
            refunds: text(movements.refunds),
            disputes: text(movements.disputes),
            fees: text(movements.fees),
            payouts: text(movements.payouts),
            seized: text(movements.seized),
            debt: text(movements.debt),
            adjustments: text(movements.adjustments),
        }
    }
}

impl Account {
    fn of(currency: Currency, book: &Book, account: &StatementAccount) -> Self {
        Self {
            currency: currency.code().to_owned(),
            book: book_text(book),
            opening: Buckets::of(&account.opening, currency),
            movements: MovementsForm::of(&account.movements, currency),
            closing: Buckets::of(&account.closing, currency),
        }
    }
}

/// A statement
///
/// A closed date of a merchant: what it had as the date before closed, what moved, and what it had as the date closed. By
/// `Accept` also with every line of the date that touches the merchant's own accounts: as CSV, as a journal of hledger or a
/// ledger of beancount (both assert the closing balances), and as ISO 20022 camt.053.001.08.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/statements/{date}", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), ("date" = String, Path, description = "A closed date", format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23"), ReadQuery),
    responses(
        (status = 200, description = "The statement", content(
            (Statement = "application/json"),
            (String = "text/csv"),
            (String = "text/x-hledger"),
            (String = "text/x-beancount"),
            (String = "application/xml"),
        )),
        (status = 400, description = "A parameter is wrong, or the date has too many entries to list", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant or date", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The date is not closed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn statement(
    State(service): State<Service>,
    Path((id, date)): Path<(String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[READ])?;
    let merchant = merchant(&id)?;
    let date = Date::parse(&date).ok_or_else(|| Problem::parameter("date", format!("{date:?} is not a date such as 2026-11-23")))?;
    let format = negotiate(&headers, FORMATS)?;
    let node = Arc::clone(&service.node);
    let owner = merchant.clone();
    let asked = ask(service, merchant, &parameters, move |shard, merchant| {
        let found = answers::statement(shard, merchant, date)?;
        let numbers = if format == JSON { Vec::new() } else { answers::statement_entries(shard, merchant, date)? };
        Ok((shard.partition, found, numbers))
    });
    let (partition, found, numbers) = asked.await?;
    if format == JSON {
        let accounts = found.accounts.iter().map(|((currency, book), account)| Account::of(*currency, book, account)).collect();
        return Ok(Json(Statement { merchant: id, date: date.to_string(), position: position_text(partition, found.position), accounts }).into_response());
    }
    let accounts = found.accounts.into_iter().map(|((currency, book), account)| {
        let StatementAccount { opening, closing, .. } = account;
        forms::Account { currency, book, opening, closing }
    });
    let statement = forms::Statement {
        merchant: owner,
        date,
        position: position_text(partition, found.position),
        created_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        accounts: accounts.collect(),
    };
    if format == CAMT && statement.accounts.is_empty() {
        return Err(Problem::not_found(format!("nothing of merchant {id} ever moved, so there is no account to tell of")));
    }
    let (content_type, form): (&'static str, Box<dyn Form>) = match format {
        HLEDGER => ("text/x-hledger; charset=utf-8", Box::new(forms::Hledger::new(statement))),
        BEANCOUNT => ("text/x-beancount; charset=utf-8", Box::new(forms::Beancount::new(statement))),
        CAMT => ("application/xml", Box::new(forms::Camt::new(statement))),
        _ => ("text/csv; charset=utf-8", Box::new(forms::Csv)),
    };
    Ok(statement_body::response(content_type, Lines { node, partition, numbers }, form))
}
