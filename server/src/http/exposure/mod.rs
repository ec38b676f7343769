//! `GET /v1/exposure`: what is held, for whom, why and how long, and what it may have to pay for.

mod alerts;
pub mod boards;
mod parts;
mod stress;
mod tables;
mod told;

use super::Service;
use super::everywhere::reaches;
use super::file::{Facts, FileQuery, file};
use super::grouped::{FIRST, First, FirstQuery, filters, group_by, keys_of};
use super::parameters::{Instant, Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::{ReadQuery, blocking};
use crate::node::{self, Place, Stop};
use crate::shape::{Position, position_text};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use parts::{AlertRow, Concentration, RetentionRow, SchemeReceivable, StoppedTrading};
use projections::answers::exposure::{ALERT_KINDS, Exposure, ExposureKey, ExposureQuery, Severity};
use projections::answers::{AsOf, Cut};
use schemas::contract::Risk;
use serde::Serialize;
use serde_json::{Map, Value};
use stress::{STRESS, StressParameters, stress};
use tables::{FIGURES, LIABILITY};
use utoipa::{IntoParams, ToSchema};

/// By what, and what of it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct ExposureParameters {
    /// A list of `holder`, `merchant`, `mcc`, `partner`, `reason`, `age`, `currency`; the last is always a key. `liability` has
    /// those of the first four that are asked.
    #[param(pattern = "^(holder|merchant|mcc|partner|reason|age|currency)(,(holder|merchant|mcc|partner|reason|age|currency))*$", example = "merchant,age")]
    group_by: Option<String>,
    /// Only what this book holds: `bank` or `psp:…`.
    #[param(min_length = 1, example = "bank")]
    holder: Option<String>,
    /// Only this merchant.
    #[param(min_length = 1, example = "M100001")]
    merchant: Option<String>,
    /// Only this merchant category.
    #[param(pattern = "^[0-9]{4}$", example = "5812")]
    mcc: Option<String>,
    /// Only this partner.
    #[param(min_length = 1, example = "isv-9")]
    partner: Option<String>,
    /// Only this reason: `unsettled`, `reserve`, `risk`, `legal`, `kyc`, `payout_returned`, `dispute`.
    #[param(pattern = "^(unsettled|reserve|risk|legal|kyc|payout_returned|dispute)$", example = "reserve")]
    reason: Option<String>,
    /// Only this age in days: `0-1`, `2-3`, `4-7`, `8-14`, `15-30`, `31-90`, `91-180`, `>180`.
    #[param(pattern = "^(0-1|2-3|4-7|8-14|15-30|31-90|91-180|>180)$", example = "0-1")]
    age: Option<String>,
    /// Only this currency.
    #[param(pattern = "^[A-Z]{3}$", example = "CNY")]
    currency: Option<String>,
    /// Which table a CSV or Parquet file is: `rows` (the default), `liability`, `ladder`, `scheme_receivable`, `concentration`,
    /// `retention`, `alerts` or `stopped_trading`. JSON has all of them.
    #[param(pattern = "^(rows|liability|ladder|scheme_receivable|concentration|retention|alerts|stopped_trading)$")]
    table: Option<String>,
    /// A closed date as it closed, the open date, or positions such as `0:812,3:1482300`: what the answer was then.
    #[param(min_length = 1)]
    as_of: Option<String>,
    /// What the ladder is told by besides the date: a list of `holder`, `merchant`, `mcc`, `partner`.
    #[param(pattern = "^(holder|merchant|mcc|partner)(,(holder|merchant|mcc|partner))*$")]
    ladder_group_by: Option<String>,
    /// Only alerts of this kind.
    #[param(
        pattern = "^(second_clearing|safeguarding|out_of_balance|unpriced|chargeback_exceeds_captured|money_refused|control_missing|control_out_of_order)$"
    )]
    kind: Option<String>,
    /// Only alerts of this severity.
    #[param(pattern = "^(critical|warning|info)$")]
    severity: Option<String>,
}

/// Fund-hold exposure as of now, or of the moment that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExposureAnswer {
    /// Up to where of each partition every event is in.
    position: Vec<String>,
    /// The open date, of several partitions the oldest, or the business date of the moment that was asked for; `null` before the ledger is
    /// opened.
    business_date: Option<String>,
    /// What is held, by the keys in the order asked.
    #[schema(value_type = Vec<Object>, example = json!([{"merchant": "M1", "age": "0-1", "currency": "CNY", "amount": "229.00", "overdue": "0.00", "count": 3}]))]
    pub rows: Vec<Value>,
    /// What merchants may have to pay for, against what is held for them; `uncovered` is taken merchant by merchant.
    #[schema(value_type = Vec<Object>, example = json!([{"merchant": "M2", "currency": "CNY", "chargeback": "9.75", "refund": "200.00", "non_delivery": "6000.00",
        "owed": "0.00", "advances": "0.00", "exposure": "6209.75", "cover": "5975.00", "uncovered": "234.75"}]))]
    pub liability: Vec<Value>,
    /// With `sort` or `limit`: what all rows and all of liability come to, by currency; `rows` and `liability` are their numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    total: Option<Vec<Map<String, Value>>>,
    /// The same of those that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    rest: Option<Vec<Map<String, Value>>>,
    /// Reserve, by the date on which it is released and by the keys of `ladder_group_by`.
    #[schema(value_type = Vec<Object>, example = json!([{"release_on": "2027-05-19", "currency": "CNY", "amount": "90.00"}]))]
    pub ladder: Vec<Value>,
    /// What schemes owe.
    pub scheme_receivable: Vec<SchemeReceivable>,
    /// Who has most of what is held.
    pub concentration: Vec<Concentration>,
    /// What PSPs hold, and how long the money was there that they paid lately.
    pub retention: Vec<RetentionRow>,
    /// What is to be looked at: the most severe first, of equal ones what has lasted longest. Of the filters, `merchant`, `mcc`, `partner`
    /// hold for alerts of merchants, by the contract in force, `currency` for those of money, `holder` and `currency` for `safeguarding`;
    /// control events have none of them, and are told only where nothing is filtered.
    pub alerts: Vec<AlertRow>,
    /// Merchants that traded and stopped, the latest first, at most 1 000: with sales on five dates or more of the thirty up to
    /// the last sale, five weekdays (Monday to Friday) or more have passed since, and its chargebacks may still come. Of the filters,
    /// `merchant`, `mcc` and `partner` hold for it, by the contract in force.
    pub stopped_trading: Vec<StoppedTrading>,
}

/// Fund-hold exposure
///
/// Whose money is held, by whom, why and how long; what it may have to pay for; how concentrated it is; and what is to be
/// looked at. As of now, or as it was told at a closed date or a position; the estimate of liability by the parameters in force,
/// or by those of a stress test. `sort` names a figure of `rows` or of `liability`; the other follows its keys, and `limit`
/// holds for both. A CSV or Parquet file is one table of it: `table`.
#[utoipa::path(
    get, path = "/v1/exposure", tag = "bank", params(ExposureParameters, StressParameters, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Exposure", body = ExposureAnswer),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn exposure(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let names = ExposureKey::ALL.map(ExposureKey::as_str);
    parameters.only(&[READ, FIRST, &["group_by", "table", "as_of", "ladder_group_by", "kind", "severity"], STRESS, &names])?;
    let (form, cut) = (parameters.file_form()?, First::read(&parameters, &[FIGURES, LIABILITY].concat())?);
    let table = tables::asked(&parameters, form)?;
    parameters.currency()?;
    parameters.category()?;
    let query = ExposureQuery {
        group_by: group_by(&parameters, &ExposureKey::ALL, ExposureKey::as_str)?,
        filters: filters(&parameters, &ExposureKey::ALL, ExposureKey::as_str, ExposureKey::values)?,
        limited: cut.is_limited(),
        ladder_by: keys_of(&parameters, "ladder_group_by", &LADDER_KEYS, ExposureKey::as_str)?,
    };
    let then = (parameters.moment("as_of", service.node.partitions())?, stress(&parameters)?);
    let severity = |text: &str| Severity::NAMES.contains(&text).then(|| text.to_owned());
    let kind = match parameters.text("kind") {
        Some(kind) if !ALERT_KINDS.contains(&kind) => return Err(Problem::no_such("kind", "kind of alert", kind, ALERT_KINDS)),
        kind => kind.map(str::to_owned),
    };
    let wanted = (kind, parameters.read("severity", "one of critical, warning, info", severity)?);
    let at_least = parameters.caught_up(&service.node).await?;
    let caller = parameters.caller().cut.clone();
    blocking(move || {
        let (position, exposure) = ask(&service, &query, &then, &caller, &at_least)?;
        let mut told = told::told(&service.node, position, &exposure, &query, &cut)?;
        // They are of no holder and no merchant, and of now: who asks about one, or about the past, does not see them.
        if query.filters.is_empty() && then.0 == Instant::Now && caller.is_everything() {
            told.answer.alerts.extend(service.controls.gaps().iter().map(alerts::of_control));
        }
        let fits = |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|asked| asked == value);
        told.answer.alerts.retain(|alert| fits(&wanted.0, alert.kind) && fits(&wanted.1, alert.severity));
        told.answer.alerts.sort_by(|a, b| alerts::rank(a).cmp(&alerts::rank(b)));
        let Some(form) = form else { return Ok(Json(told.answer).into_response()) };
        let facts = Facts::at(&told.answer.position).and("ledger-business-date", told.answer.business_date.clone());
        let name = format!("exposure-{}", table.as_str());
        file(form, &name, &tables::of(table, told)?, &facts)
    })
    .await
}

/// What the ladder may be told by.
const LADDER_KEYS: [ExposureKey; 4] = [ExposureKey::Holder, ExposureKey::Merchant, ExposureKey::Mcc, ExposureKey::Partner];

/// Asks every partition, as many at a time as there are cores: on a new date each reads all its merchants.
fn ask(
    service: &Service,
    query: &ExposureQuery,
    (instant, stress): &(Instant, Option<Risk>),
    cut: &Cut,
    at_least: &[Position],
) -> Result<(Vec<String>, Exposure), Problem> {
    let places = service.node.places();
    if places.is_empty() {
        return Err(node::Error::NoLog.into());
    }
    let (workers, stop) = (std::thread::available_parallelism().map_or(1, usize::from), Stop::current());
    let ask = |place: &Place| {
        let as_of = instant.on(place.partition()).unwrap_or(AsOf::Now);
        service.boards.ask_then(&service.node, place, query, cut, (as_of, stress.as_ref()))
    };
    let (ask, stop) = (&ask, &stop);
    let answered: Vec<_> = std::thread::scope(|scope| {
        let chunks = places.chunks(places.len().div_ceil(workers));
        let asked: Vec<_> = chunks.map(|chunk| scope.spawn(move || stop.during(|| chunk.iter().map(ask).collect::<Vec<_>>()))).collect();
        asked
            .into_iter()
            .map(|asked| asked.join().map_err(|_| Problem::internal(&"a thread that asked a partition ended in a panic")))
            .collect::<Result<_, _>>()
    })?;
    let (mut position, mut whole) = (Vec::new(), Exposure::default());
    for (answered, place) in answered.into_iter().flatten().zip(places) {
        let (at, part) = answered?;
        // Of a past moment it is that moment's, which may lie before what was demanded.
        if *instant == Instant::Now {
            reaches(place.partition(), at, at_least)?;
        }
        position.push(position_text(place.partition(), at));
        whole.merge(query, part).map_err(|error| node::Error::Answer { partition: place.partition(), error })?;
    }
    Ok((position, whole))
}
