//! `GET /v1/reconciliation/breaks`: what ours and theirs do not say alike.

use super::super::file::FileQuery;
use super::super::list::Asked;
use super::super::page::{At, PageOfMany};
use super::super::parameters::{LIST, Parameters, READ};
use super::super::problem::{Problem, ProblemBody};
use super::super::read::{ListQuery, RangeQuery, ReadQuery};
use super::super::{Service, everywhere};
use super::{PairsQuery, at, key_names, past, query};
use crate::node;
use crate::shape::{amount, entry_text, position_text};
use crate::table::{Column, Row};
use axum::extract::State;
use axum::response::Response;
use projections::answers::Window;
use projections::answers::reconciliation::{Break, PairQuery, breaks as list};
use schemas::time::Date;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Which breaks.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct BreaksQuery {
    /// `false`: those that were closed, instead of those that are open.
    #[param(default = true)]
    open: Option<bool>,
}

/// A break.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreakRow {
    /// Its id, by which it is closed.
    #[schema(example = "scheme:unionpay/sale/M1/R123")]
    r#break: String,
    /// Who reports.
    #[schema(example = "scheme:unionpay")]
    source: String,
    /// What it is about.
    #[schema(example = "sale")]
    kind: &'static str,
    /// Why it is one: `currency`, `duplicate`, `missing_there`, `missing_here`, `amount` or `fee`.
    #[schema(example = "amount")]
    state: &'static str,
    /// The merchant, or `@house`.
    #[schema(example = "M1")]
    merchant: String,
    /// The payment.
    #[schema(example = "P1")]
    payment: Option<String>,
    /// The payout.
    payout: Option<String>,
    /// How the source names it.
    #[schema(example = "R123")]
    reference: Option<String>,
    /// In what it stands.
    #[schema(example = "CNY")]
    currency: String,
    /// What our entries say.
    #[schema(example = "100.00")]
    ours: String,
    /// What the source says.
    #[schema(example = "99.00")]
    theirs: String,
    /// Ours less theirs.
    #[schema(example = "1.00")]
    difference: String,
    /// Our fees; a merchant is told none.
    #[schema(example = "0.48")]
    fees_ours: Option<String>,
    /// The source's fees, where every line has one.
    fees_theirs: Option<String>,
    /// Days since its own.
    #[schema(example = 2)]
    age: i32,
    /// Our first entry.
    #[schema(example = "3:8")]
    entry: Option<String>,
    /// Where the record of that entry lies.
    #[schema(example = "3:9")]
    position: Option<String>,
    /// The report of their first line.
    #[schema(example = "ZM20261123")]
    report: Option<String>,
    /// The number of that line.
    #[schema(example = 17)]
    line: Option<u64>,
    /// Where the record of that line lies.
    #[schema(example = "3:40")]
    reported: Option<String>,
    /// The day of our first booking, else the date of their first line.
    #[schema(example = "2026-11-23")]
    day: String,
    /// How it was closed; `null` while it is open.
    closed: Option<ClosedBreak>,
}

/// How a break was closed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosedBreak {
    /// The business date.
    #[schema(example = "2026-11-25")]
    date: String,
    /// Who made it.
    #[schema(example = "li")]
    maker: String,
    /// Who checked it.
    #[schema(example = "wang")]
    checker: String,
    /// Why.
    #[schema(example = "told twice")]
    reason: String,
    /// The event that mended it.
    event: Option<String>,
}

impl Row for BreakRow {
    const COLUMNS: &'static [Column] = &[
        Column::text("break"),
        Column::text("source"),
        Column::text("kind"),
        Column::text("state"),
        Column::text("merchant"),
        Column::text("payment"),
        Column::text("payout"),
        Column::text("reference"),
        Column::text("currency"),
        Column::money("ours"),
        Column::money("theirs"),
        Column::money("difference"),
        Column::money("fees_ours"),
        Column::money("fees_theirs"),
        Column::whole("age"),
        Column::text("entry"),
        Column::text("position"),
        Column::text("report"),
        Column::whole("line"),
        Column::text("reported"),
        Column::date("day"),
        Column::date("closed_date").at("closed.date"),
        Column::text("closed_maker").at("closed.maker"),
        Column::text("closed_checker").at("closed.checker"),
        Column::text("closed_reason").at("closed.reason"),
        Column::text("closed_event").at("closed.event"),
    ];
}

/// Breaks
///
/// Pairs that are neither matched, nor late, nor awaited: the newest day first, then by id. Open ones, unless `open=false`. `from` and `to`
/// are days of pairs, and have no default. A merchant sees its own, without fees.
#[utoipa::path(
    get, path = "/v1/reconciliation/breaks", tag = "bank", params(BreaksQuery, PairsQuery, RangeQuery, ListQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page of breaks", body = PageOfMany<BreakRow>),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn breaks(service: State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let State(service) = service;
    parameters.only(&[READ, LIST, &["as_of", "open"], &key_names()])?;
    let (asked, query) = (Asked::read(&parameters, "breaks", "breaks".to_owned())?, query(&parameters)?);
    let node = service.node.clone();
    everywhere::together(service, &parameters, move |shards| {
        let (position, date) = at(shards, query.as_of)?;
        let as_of = past(shards, query.as_of);
        let page = |window: &Window| {
            let query = PairQuery { from: window.from, to: window.to, open: Some(query.open.unwrap_or(true)), as_of, ..query.clone() };
            let open = date.unwrap_or(Date::from_days(0));
            let page = list(shards, &node.config().reconciliation, &query, window, open);
            page.map_err(|error| node::Error::Answer { partition: 0, error }.into())
        };
        asked.tell(At::Many(position), date, page, |found| Some(row(found)))
    })
    .await
}

fn row(found: Break) -> BreakRow {
    let money = |minor: i128| amount(minor, found.currency);
    let (report, line, reported) = match &found.line {
        None => (None, None, None),
        Some((report, line, (partition, offset))) => (Some(report.clone()), Some(*line), Some(position_text(*partition, *offset))),
    };
    BreakRow {
        ours: money(found.ours),
        theirs: money(found.theirs),
        difference: money(found.ours - found.theirs),
        fees_ours: found.fees_ours.map(money),
        fees_theirs: found.fees_theirs.map(money),
        currency: found.currency.code().to_owned(),
        kind: found.kind.as_str(),
        state: found.state.as_str(),
        merchant: found.owner,
        payment: found.payment,
        payout: found.payout,
        reference: found.reference,
        source: found.source,
        r#break: found.id,
        age: found.age,
        entry: found.entry.map(|(partition, entry, _)| entry_text(partition, entry)),
        position: found.entry.map(|(partition, _, offset)| position_text(partition, offset)),
        report,
        line,
        reported,
        day: found.day.to_string(),
        closed: found.closed.map(|(date, closing)| ClosedBreak {
            date: date.to_string(),
            maker: closing.maker,
            checker: closing.checker,
            reason: closing.reason,
            event: closing.event.map(|event| event.to_string()),
        }),
    }
}
