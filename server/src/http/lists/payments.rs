//! `GET /v1/payments`: every payment of any merchant, as it stands.

use super::page;
use super::query::{AMOUNT_FILTERS, AmountFilters, OWNER_FILTER, OwnerFilter, PAYMENT_FILTERS, PaymentFilters, filter};
use crate::http::Service;
use crate::http::file::FileQuery;
use crate::http::page::PageOfMany;
use crate::http::parameters::{LIST, Parameters, READ};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::read::{ListQuery, RangeQuery, ReadQuery};
use crate::shape::amount;
use crate::table::{Column, Row};
use axum::extract::State;
use axum::response::Response;
use projections::answers::lists::{PAYMENT_STATES, PaymentRow, Payments};
use schemas::event::EntryMode;
use serde::Serialize;
use utoipa::ToSchema;

/// A payment as it stands; its events are told by `/v1/merchants/{merchant}/payments/{payment}`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentRow)]
pub struct PaymentForm {
    /// The merchant.
    #[schema(example = "M100001")]
    merchant: String,
    /// The payment.
    #[schema(example = "P-88231")]
    payment: String,
    /// `authorised`, `captured`, `voided` or `released`.
    #[schema(example = "captured")]
    state: &'static str,
    /// What its amounts are in: what its merchant is paid in, once it is captured.
    #[schema(example = "CNY")]
    currency: String,
    /// Whose books it is in.
    #[schema(example = "bank")]
    book: String,
    /// The amount of the sale or completion as it was booked; before that, what was pre-authorised.
    #[schema(example = "128.50")]
    amount: String,
    /// Pre-authorised and not yet completed or released.
    authorised: String,
    /// Captured with tips, less reversals.
    captured: String,
    /// Refunded, less refunds that failed.
    refunded: String,
    /// Charged back and not won.
    charged_back: String,
    /// What the merchant was charged for it, VAT included.
    fees: String,
    /// Captured less refunded, charged back and fees.
    net: String,
    /// The event that set the contract that prices it.
    #[schema(example = "c-1")]
    contract_version: Option<String>,
    /// `debit`, `credit`, `prepaid` or `wallet`.
    #[schema(example = "debit")]
    card: &'static str,
    /// The card scheme or wallet.
    #[schema(example = "unionpay")]
    scheme: String,
    /// How the card or code was read.
    entry_mode: Option<&'static str>,
    /// The terminal.
    terminal: Option<String>,
    /// How the scheme or PSP names the sale or completion, before that the pre-authorisation.
    reference: Option<String>,
    /// The business date of the sale or completion; `null` before.
    booked_on: Option<String>,
    /// When its money becomes available; `null` before it is sold or completed.
    available_on: Option<String>,
}

impl PaymentForm {
    fn of(found: PaymentRow) -> Self {
        let PaymentRow { merchant, id, payment, terms, contract_version } = found;
        let text = |minor: i128| amount(minor, terms.currency);
        let captured = Some(&terms).filter(|terms| terms.is_captured());
        Self {
            merchant: merchant.to_string(),
            payment: id.to_string(),
            state: terms.stage.as_str(),
            currency: terms.currency.code().to_owned(),
            book: terms.book.to_string(),
            amount: text(terms.amount),
            authorised: text(payment.authorised),
            captured: text(payment.captured),
            refunded: text(payment.refunded),
            charged_back: text(payment.charged_back),
            fees: text(payment.fees()),
            net: text(payment.net()),
            contract_version: contract_version.map(|version| version.to_string()),
            card: terms.instrument.card.as_str(),
            scheme: terms.instrument.scheme.to_string(),
            entry_mode: terms.instrument.entry_mode.map(EntryMode::as_str),
            terminal: terms.terminal.as_ref().map(ToString::to_string),
            reference: terms.reference.as_ref().map(ToString::to_string),
            booked_on: captured.map(|terms| terms.booked_on.to_string()),
            available_on: captured.and_then(|terms| terms.available_on).map(|date| date.to_string()),
        }
    }
}

impl Row for PaymentForm {
    const COLUMNS: &'static [Column] = &[
        Column::text("merchant"),
        Column::text("payment"),
        Column::text("state"),
        Column::text("currency"),
        Column::text("book"),
        Column::money("amount"),
        Column::money("authorised"),
        Column::money("captured"),
        Column::money("refunded"),
        Column::money("charged_back"),
        Column::money("fees"),
        Column::money("net"),
        Column::text("contract_version"),
        Column::text("card"),
        Column::text("scheme"),
        Column::text("entry_mode"),
        Column::text("terminal"),
        Column::text("reference"),
        Column::date("booked_on"),
        Column::date("available_on"),
    ];
}

/// Payments of all merchants
///
/// Every payment that came to be, as it stands, newest first: by the date of its sale or completion, before that by the date
/// on which it was pre-authorised; `from` and `to` are of that date.
#[utoipa::path(
    get, path = "/v1/payments", tag = "bank", params(OwnerFilter, PaymentFilters, AmountFilters, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page", body = PageOfMany<PaymentForm>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn all_payments(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only(&[READ, LIST, AMOUNT_FILTERS, OWNER_FILTER, PAYMENT_FILTERS])?;
    let filter = filter(&parameters, &PAYMENT_STATES)?;
    page(service, "payments", &parameters, filter, Payments::default(), |_, found| PaymentForm::of(found)).await
}
