//! `GET /v1/reconciliation`: pairs of ours and theirs, added up.

use super::super::file::{Facts, FileQuery, Span, file};
use super::super::grouped::{FIRST, Figure, First, FirstQuery, Shape, group_by};
use super::super::parameters::{Parameters, READ};
use super::super::problem::{Problem, ProblemBody};
use super::super::read::{RangeQuery, ReadQuery};
use super::super::{Service, everywhere};
use super::{PairsQuery, at, key_names, past, query};
use crate::node;
use crate::table::{Column, Kind};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use projections::answers::reconciliation::{PairKey, PairQuery, PairSum, pair_sums};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// What rows tell.
const FIGURES: &[Column] = &[
    Column::whole("count"),
    Column::money("ours"),
    Column::money("theirs"),
    Column::money("difference"),
    Column::money("fees_ours"),
    Column::money("fees_theirs"),
];

/// By what.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct ReconciliationQuery {
    /// A list of `source`, `kind`, `state`, `day`, `age`, `merchant`, `report`, `currency`; the last is always a key. Without it, source, kind and state.
    #[param(
        pattern = "^(source|kind|state|day|age|merchant|report|currency)(,(source|kind|state|day|age|merchant|report|currency))*$",
        example = "source,kind,state"
    )]
    group_by: Option<String>,
    /// `true`: without breaks that were closed; `false`: those alone.
    open: Option<bool>,
}

/// Pairs added up.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReconciliationSums {
    /// Up to where of each partition every event is in.
    position: Vec<String>,
    /// The first day of pairs; `null` before the ledger is opened, unless it was asked.
    #[schema(example = "2026-11-01")]
    from: Option<String>,
    /// The last one, likewise.
    #[schema(example = "2026-11-23")]
    to: Option<String>,
    /// The date that the answer is of; `null` before the ledger is opened.
    #[schema(example = "2026-11-23")]
    business_date: Option<String>,
    /// The rows, by their keys in the order asked: how many pairs, what ours and theirs add up to, and the difference, above zero where
    /// the source owes us more than it says. Fees of a scheme are interchange and scheme fee, of a PSP its own with VAT; `null` where there are none.
    #[schema(value_type = Vec<Object>, example = json!([{"source": "scheme:unionpay", "kind": "sale", "state": "matched", "currency": "CNY", "count": 8,
        "ours": "13227.00", "theirs": "13227.00", "difference": "0.00", "fees_ours": "43.91", "fees_theirs": "43.91"}]))]
    rows: Vec<Value>,
    /// With `sort` or `limit`: what all rows come to, by currency; `rows` is their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    total: Option<Vec<Map<String, Value>>>,
    /// The same of the rows that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    rest: Option<Vec<Map<String, Value>>>,
}

/// Reconciliation
///
/// What our entries say of money, beside what schemes, payment companies and banks say of it, by how the two stand.
#[utoipa::path(
    get, path = "/v1/reconciliation", tag = "bank", params(ReconciliationQuery, PairsQuery, RangeQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Sums of pairs", body = ReconciliationSums),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn reconciliation(service: State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let State(service) = service;
    parameters.only(&[READ, FIRST, &["group_by", "from", "to", "as_of", "open"], &key_names()])?;
    let (form, cut) = (parameters.file_form()?, First::read(&parameters, FIGURES)?);
    let mut keys = group_by(&parameters, &PairKey::ALL, PairKey::as_str)?;
    if parameters.text("group_by").is_none() {
        keys = vec![PairKey::Source, PairKey::Kind, PairKey::State];
    }
    let (query, range, day) = (query(&parameters)?, parameters.range()?, parameters.date("day")?);
    let node = service.node.clone();
    let asked = everywhere::together(service, &parameters, move |shards| {
        let (position, date) = at(shards, query.as_of)?;
        let span = Span::of((range.0.or(day), range.1.or(day)), date)?;
        let (from, to) = span.dates();
        let query = PairQuery { from: Some(from), to: Some(to), as_of: past(shards, query.as_of), ..query };
        let terms = &node.config().reconciliation;
        let sums = pair_sums(shards, terms, &query, &keys, date.unwrap_or(to)).map_err(|error| node::Error::Answer { partition: 0, error })?;
        let shape = Shape {
            keys: sums.keys.iter().map(|key| column(*key)).collect(),
            figures: FIGURES,
            read: &figures,
            add: &|sum: &mut PairSum, other| sum.add(*other),
            count: "rows",
        };
        Ok((position, span, shape.tell(&sums.rows, &cut)))
    });
    let (position, span, told) = asked.await?;
    if let Some(form) = form {
        return file(form, "reconciliation", &told.table, &Facts::at(&position).of(&span));
    }
    let [from, to, business_date] = span.texts();
    Ok(Json(ReconciliationSums { position, from, to, business_date, rows: told.table.rows, total: told.total, rest: told.rest }).into_response())
}

fn column(key: PairKey) -> Column {
    let kind = match key {
        PairKey::Day => Kind::Date,
        PairKey::Age => Kind::Whole,
        PairKey::Source | PairKey::Kind | PairKey::State | PairKey::Merchant | PairKey::Report | PairKey::Currency => Kind::Text,
    };
    Column::new(key.as_str(), kind)
}

/// In the order of [`FIGURES`].
fn figures(sum: &PairSum) -> Vec<Figure> {
    vec![
        Figure::Count(sum.count.into()),
        Figure::Money(sum.ours),
        Figure::Money(sum.theirs),
        Figure::Money(sum.ours - sum.theirs),
        Figure::Maybe(sum.fees_ours.told()),
        Figure::Maybe(sum.fees_theirs.told()),
    ]
}
