//! `GET /v1/merchants/{merchant}/payments/{payment}`: the life of one payment.

use super::ask::{ask, known};
use crate::http::Service;
use crate::http::became::EventOutcome;
use crate::http::file::{Facts, FileQuery, file};
use crate::http::parameters::{Parameters, READ, merchant};
use crate::http::problem::{Problem, ProblemBody, shown};
use crate::http::read::ReadQuery;
use crate::shape::{LineForm, Lines, OutcomeName, SideForm, WhyForm, amount, code_of, entry_text, leg_schema, lines_of, outcome_name, position_text};
use crate::table::{Column, Row, Table};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use projections::answers::{self, Error, PaymentAnswer, PaymentEvent};
use schemas::event::EntryMode;
use schemas::ids::{MerchantId, PaymentId};
use serde::Serialize;
use utoipa::ToSchema;

/// How a payment stands, and what happened to it. Where every event of it is parked or was refused, there is no more than
/// its events.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payment {
    /// The merchant.
    merchant: String,
    /// The payment.
    #[schema(example = "P-88231")]
    payment: String,
    /// Up to where every event is in.
    #[schema(example = "3:1482211")]
    position: String,
    /// `authorised`, `captured`, `voided` or `released`.
    #[schema(example = "captured")]
    state: Option<&'static str>,
    /// What its amounts are in.
    #[schema(example = "CNY")]
    currency: Option<String>,
    /// Whose books it is in.
    #[schema(example = "bank")]
    book: Option<String>,
    /// Pre-authorised and not yet completed or released.
    authorised: Option<String>,
    /// Captured with tips, less reversals.
    captured: Option<String>,
    /// Refunded, less refunds that failed.
    refunded: Option<String>,
    /// Charged back and not won.
    charged_back: Option<String>,
    /// What the merchant was charged for it, VAT included.
    fees: Option<String>,
    /// Captured less refunded, charged back and fees.
    net: Option<String>,
    /// The event that set the contract that prices it.
    contract_version: Option<String>,
    /// `debit`, `credit`, `prepaid` or `wallet`.
    card: Option<&'static str>,
    /// The card scheme or wallet.
    scheme: Option<String>,
    /// How the card or code was read.
    entry_mode: Option<&'static str>,
    /// The terminal.
    terminal: Option<String>,
    /// How the scheme or PSP names the sale or completion, before that the pre-authorisation.
    reference: Option<String>,
    /// The business date of the sale or completion.
    booked_on: Option<String>,
    /// When its money becomes available.
    available_on: Option<String>,
    /// What happened to it, the oldest first; at most the newest 1000.
    events: Vec<PaymentEventForm>,
}

/// An event of a payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentEvent)]
pub struct PaymentEventForm {
    /// The event's id.
    event: String,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(example = "sale")]
    event_type: &'static str,
    /// Its own amount, in its own currency.
    amount: Option<String>,
    /// The business date it is booked on.
    business_date: String,
    /// When it happened.
    occurred_at: Option<String>,
    /// How the scheme or PSP names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// What became of it.
    #[schema(value_type = EventOutcome)]
    outcome: OutcomeName,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Where its record lies.
    position: String,
    /// The entry that tells it.
    entry: String,
    /// What it put where, in the order posted.
    lines: Vec<ExplainedLine>,
}

/// An event a row: a file of a payment is what happened to it.
impl Row for PaymentEventForm {
    const COLUMNS: &'static [Column] = &[
        Column::text("event"),
        Column::text("type"),
        Column::money("amount"),
        Column::date("business_date"),
        Column::instant("occurred_at"),
        Column::text("outcome"),
        Column::text("code"),
        Column::text("position"),
        Column::text("entry"),
    ];
}

/// Money moved from one account to another, and why it is so much.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedLine {
    /// `bank` or `psp:<id>`.
    #[schema(example = "bank")]
    book: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// The account that is debited.
    debit: SideForm,
    /// The account that is credited.
    credit: SideForm,
    /// A decimal string with all the currency's decimals.
    #[schema(example = "5.66")]
    amount: String,
    /// What it is for.
    #[schema(schema_with = leg_schema)]
    leg: String,
    /// Why it is so much.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<WhyForm>,
}

/// The life of a payment
///
/// How it stands, what priced it, and every event about it, refused and parked ones, too: what each put where, and why each
/// line has its amount, recomputed from the contract that is pinned to the payment. As CSV or Parquet: the events.
#[utoipa::path(
    get, path = "/v1/merchants/{merchant}/payments/{payment}", tag = "merchants",
    params(("merchant" = String, Path, description = "The merchant", example = "M100001"), ("payment" = String, Path, description = "The payment", example = "P-88231"), FileQuery, ReadQuery),
    responses(
        (status = 200, description = "The payment", body = Payment),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such payment", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn payment(State(service): State<Service>, Path((id, payment)): Path<(String, String)>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ])?;
    let form = parameters.file_form()?;
    let merchant = merchant(&id)?;
    let payment = PaymentId::new(&payment).ok_or_else(|| Problem::not_found(format!("there is no payment {:?}", shown(&payment))))?;
    let (owner, asked) = (merchant.clone(), payment.clone());
    let answered = ask(service, merchant, &parameters, move |shard, merchant| {
        let found = match answers::payment(shard, merchant, &asked) {
            // Where the merchant is not known, either, that is what is told.
            Err(Error::NotFound) => known(shard, merchant).map(|()| None)?,
            found => Some(found?),
        };
        Ok((shard.partition, shard.checkpoint().position, found))
    });
    let (partition, position, found) = answered.await?;
    let found = found.ok_or_else(|| {
        Problem::not_found(format!("merchant {owner} has no payment {payment}: no event of it was folded up to {}", position_text(partition, position)))
    })?;
    let lines = parameters.caller().lines();
    let told = told(&owner, &payment, partition, position, &found, lines);
    let Some(form) = form else { return Ok(Json(told).into_response()) };
    let table = Table::of(&told.events).map_err(|error| Problem::internal(&error))?;
    file(form, "payment", &table, &Facts::at(&[told.position]))
}

fn told(merchant: &MerchantId, id: &PaymentId, partition: u32, position: i64, found: &PaymentAnswer, lines: Lines) -> Payment {
    let payment = &found.payment;
    let terms = payment.terms.as_ref();
    // A pre-authorisation books no money until it is completed.
    let captured = terms.filter(|terms| terms.is_captured());
    let text = |minor: i128| terms.map(|terms| amount(minor, terms.currency));
    Payment {
        merchant: merchant.to_string(),
        payment: id.to_string(),
        position: position_text(partition, position),
        state: terms.map(|terms| terms.stage.as_str()),
        currency: terms.map(|terms| terms.currency.code().to_owned()),
        book: terms.map(|terms| terms.book.to_string()),
        authorised: text(payment.authorised),
        captured: text(payment.captured),
        refunded: text(payment.refunded),
        charged_back: text(payment.charged_back),
        fees: text(payment.fees()),
        net: text(payment.net()),
        contract_version: found.contract.as_ref().map(|version| version.event.to_string()),
        card: terms.map(|terms| terms.instrument.card.as_str()),
        scheme: terms.map(|terms| terms.instrument.scheme.to_string()),
        entry_mode: terms.and_then(|terms| terms.instrument.entry_mode).map(EntryMode::as_str),
        terminal: terms.and_then(|terms| terms.terminal.as_ref()).map(ToString::to_string),
        reference: terms.and_then(|terms| terms.reference.as_ref()).map(ToString::to_string),
        booked_on: captured.map(|terms| terms.booked_on.to_string()),
        available_on: captured.and_then(|terms| terms.available_on).map(|date| date.to_string()),
        events: found.events.iter().map(|event| event_told(partition, event, found.contract.as_ref().map(|version| version.event.as_str()), lines)).collect(),
    }
}

fn event_told(partition: u32, event: &PaymentEvent, contract: Option<&str>, lines: Lines) -> PaymentEventForm {
    let row = &event.recorded.row;
    let whys = row
        .lines
        .iter()
        .enumerate()
        .filter(|(_, line)| lines.has(line))
        .map(|(at, line)| event.why.get(at).map(|why| WhyForm::new(why, line.currency, contract)));
    PaymentEventForm {
        event: event.event.to_string(),
        event_type: event.event_type.as_str(),
        amount: event.amount.map(|(currency, minor)| amount(minor, currency)),
        business_date: event.business_date.to_string(),
        occurred_at: event.occurred_at.map(|at| at.to_string()),
        reference: row.reference.as_ref().map(ToString::to_string),
        outcome: outcome_name(&event.outcome),
        code: code_of(&event.outcome),
        position: position_text(partition, event.position),
        entry: entry_text(partition, event.recorded.number),
        lines: lines_of(row, lines).into_iter().zip(whys).map(|(line, why)| explained(line, why)).collect(),
    }
}

fn explained(line: LineForm, why: Option<WhyForm>) -> ExplainedLine {
    let LineForm { book, currency, debit, credit, amount, leg } = line;
    ExplainedLine { book, currency, debit, credit, amount, leg, why }
}
