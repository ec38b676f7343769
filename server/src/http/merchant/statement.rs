//! `GET /v1/merchants/{merchant}/statements/{date}`: a closed date of a merchant, or a range of them.

use super::ask::ask;
use super::statement_body::{self, Lines};
use super::statement_form::{Account, Statement};
use crate::export::statement::{self as forms, Chart, Form, Only, View};
use crate::http::Service;
use crate::http::accept::{self, Form as Offered};
use crate::http::file::{Facts, Span};
use crate::http::parameters::{Parameters, READ, merchant};
use crate::http::problem::{Problem, ProblemBody, shown};
use crate::http::read::ReadQuery;
use crate::shape::position_text;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use projections::answers::{self, STATEMENT_DATES_MAX, StatementAccount};
use projections::folds::balances::Purse;
use projections::folds::reference::ContractVersion;
use schemas::event::Book;
use schemas::money::Currency;
use schemas::time::Date;
use std::ops::RangeInclusive;
use std::sync::Arc;
use utoipa::IntoParams;

/// What a statement can be told as: the first one where a client takes anything.
const JSON: Offered = accept::JSON;
const CSV: Offered = accept::CSV;
const HLEDGER: Offered = Offered { name: "hledger", media: "text/x-hledger", also: &[] };
const BEANCOUNT: Offered = Offered { name: "beancount", media: "text/x-beancount", also: &[] };
const CAMT: Offered = Offered { name: "camt", media: "application/xml", also: &["text/xml"] };
const FORMATS: &[Offered] = &[JSON, CSV, HLEDGER, BEANCOUNT, CAMT];

/// The parameters that say whose books a ledger is, and which accounts are told.
const STATEMENT: &[&str] = &["view", "currency", "book"];

/// Parameters of a statement.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct StatementQuery {
    /// Whose books a ledger of hledger or beancount is: the merchant's own, in which what the bank owes it is an asset and
    /// what it pays an expense, or the bank's. The other forms are the same in both.
    #[param(pattern = "^(merchant|bank)$", default = "merchant")]
    view: Option<String>,
    /// Only what is in this currency: for readers of camt.053 that take one account a message.
    #[param(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// Only what is in this book: `bank`, or `psp:` and the PSP's id.
    #[param(pattern = "^(bank|psp:.+)$")]
    book: Option<String>,
    /// The form of the answer, where a header cannot be set: `json`, `csv`, `hledger`, `beancount` or `camt`. It goes before `Accept`.
    #[param(pattern = "^(json|csv|hledger|beancount|camt)$")]
    format: Option<String>,
}

/// A statement
///
/// A closed date of a merchant, or a range of them such as `2026-11-01..2026-11-30`: what it had as the date before closed,
/// what moved, and what it had as the last date closed. By `Accept` also with every line of the dates that touches the
/// merchant's own accounts: as CSV, as a journal of hledger or a ledger of beancount (both assert the closing balances, and
/// those of consecutive dates may be included one after the other), and as ISO 20022 camt.053.001.08. What one statement
/// closes with, that of the next dates opens with.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/statements/{date}", tag = "merchants",
    params(
        ("merchant" = String, Path, description = "The merchant", example = "M100001"),
        ("date" = String, Path, description = "A closed date, or the first and the last of at most 400 with `..` between them", pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}([.][.](19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2})?$", example = "2026-11-23"),
        StatementQuery,
        ReadQuery,
    ),
    responses(
        (status = 200, description = "The statement", content(
            (Statement = "application/json"),
            (String = "text/csv"),
            (String = "text/x-hledger"),
            (String = "text/x-beancount"),
            (String = "application/xml"),
        )),
        (status = 400, description = "A parameter is wrong, or the dates have too many entries to list", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such merchant or date", body = ProblemBody, content_type = "application/problem+json"),
        (status = 406, description = "It cannot be told like that", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The last date is not closed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn statement(State(service): State<Service>, Path((id, date)): Path<(String, String)>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, STATEMENT])?;
    let view = parameters.read("view", "merchant or bank", View::parse)?.unwrap_or_default();
    let currency = parameters.read("currency", "an ISO 4217 code", Currency::from_code)?;
    let only = Only { currency, book: parameters.read("book", "bank, or psp: and an id", Book::from_name)? };
    let dates = dates(&date)?;
    let merchant = merchant(&id)?;
    let format = parameters.form(FORMATS)?;
    let node = Arc::clone(&service.node);
    let (owner, range) = (merchant.clone(), dates.clone());
    let kept = only.clone();
    let asked = ask(service, merchant, &parameters, move |shard, merchant| {
        let mut statement = answers::statement(shard, merchant, range.clone())?;
        statement.accounts.retain(|(currency, book), _| kept.takes(*currency, book));
        let numbers = if format == JSON { Vec::new() } else { answers::statement_entries(shard, merchant, &range)? };
        let contract = shard.contract_in_force(merchant)?;
        Ok(Found { partition: shard.partition, business_date: shard.checkpoint().open, contract, statement, numbers })
    });
    let found = asked.await?;
    let position = position_text(found.partition, found.statement.position);
    if format == JSON {
        let accounts = found.statement.accounts.iter().map(|((currency, book), account)| Account::of(*currency, book, account)).collect();
        let (from, to, business_date) = (dates.start().to_string(), dates.end().to_string(), found.business_date.map(|open| open.to_string()));
        return Ok(Json(Statement { merchant: id, date, from, to, business_date, position, accounts }).into_response());
    }
    let span = Span { from: Some(*dates.start()), to: Some(*dates.end()), business_date: found.business_date };
    let facts = Facts::at(std::slice::from_ref(&position)).of(&span);
    let lines = Lines { node, partition: found.partition, numbers: found.numbers, only: only.clone() };
    let accounts = found.statement.accounts.into_iter().map(|((currency, book), account)| {
        let StatementAccount { opening, closing, .. } = account;
        forms::Account { currency, book, opening, closing }
    });
    let created_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut statement = forms::Statement { merchant: owner.clone(), dates, position, created_at, accounts: accounts.collect() };
    let (content_type, form): (&'static str, Box<dyn Form>) = match format {
        HLEDGER => ("text/x-hledger; charset=utf-8", Box::new(forms::Hledger::new(statement, Chart::new(view, owner)))),
        BEANCOUNT => ("text/x-beancount; charset=utf-8", Box::new(forms::Beancount::new(statement, Chart::new(view, owner)))),
        CAMT => {
            // There is no message without an account: of who has nothing yet, that of its contract.
            if let (true, Some(version)) = (statement.accounts.is_empty(), &found.contract) {
                let contract = &version.contract;
                let (currency, book) = (only.currency.unwrap_or(contract.currency), only.book.unwrap_or_else(|| contract.book()));
                statement.accounts.push(forms::Account { currency, book, opening: None, closing: Purse::default() });
            }
            if statement.accounts.is_empty() {
                return Err(Problem::not_found(format!("merchant {id} has no contract that would name an account")));
            }
            ("application/xml", Box::new(forms::Camt::new(statement)))
        }
        _ => ("text/csv; charset=utf-8", Box::new(forms::Csv)),
    };
    Ok(statement_body::response(content_type, lines, form, &facts))
}

/// What was found.
struct Found {
    partition: u32,
    business_date: Option<Date>,
    contract: Option<Arc<ContractVersion>>,
    statement: answers::Statement,
    numbers: Vec<u64>,
}

/// Reads a date, or a first and a last one.
fn dates(text: &str) -> Result<RangeInclusive<Date>, Problem> {
    let date = |part: &str| {
        let expected = "is not a date such as 2026-11-23, or a range such as 2026-11-01..2026-11-30";
        Date::parse(part).ok_or_else(|| Problem::parameter("date", format!("{:?} {expected}", shown(part))))
    };
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last) = (date(first)?, date(last)?);
    if first > last {
        return Err(Problem::parameter("date", format!("{first} is after {last}")));
    }
    let days = last.days() - first.days() + 1;
    if days > STATEMENT_DATES_MAX {
        return Err(Problem::parameter("date", format!("{first} to {last} are {days} dates; {STATEMENT_DATES_MAX} at most are told at once")));
    }
    Ok(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_one_or_a_range() {
        let read = |text: &str| dates(text).map(|dates| (dates.start().to_string(), dates.end().to_string()));
        let range = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
        assert_eq!(read("2026-11-23").ok(), range("2026-11-23", "2026-11-23"));
        assert_eq!(read("2025-10-28..2026-12-01").ok(), range("2025-10-28", "2026-12-01"), "400 dates");
        for wrong in ["", "..", "2026-11-31", "2026-11-01..", "..2026-11-01", "2026-11-02..2026-11-01", "2025-10-27..2026-12-01", "2026-11-01...2026-11-02"] {
            assert_eq!(read(wrong).map_err(|problem| problem.code()), Err("bad_parameter"), "{wrong:?}");
        }
    }
}
