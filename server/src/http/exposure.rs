//! `GET /v1/exposure`: what is held, for whom, why and how long, and what it may have to pay for.

use super::Service;
use super::exposure_parts::{AlertRow, Concentration, DaysToPay, Largest, RetentionRow, SchemeReceivable, StoppedTrading};
use super::exposure_tables::{self, FIGURES, LIABILITY};
use super::file::{Facts, FileQuery, file};
use super::grouped::{FIRST, Figure, First, FirstQuery, Shape, Told, filters, group_by, key_column, keys_of};
use super::names;
use super::parameters::{Instant, Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::{ReadQuery, blocking};
use super::stress::{STRESS, StressParameters, stress};
use crate::node::controls::{Fault, Gap};
use crate::node::{self, Node, Place, Stop};
use crate::shape::{amount, position_text};
use crate::table::Column;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use projections::answers::exposure::{
    ALERT_KINDS, Amounts, Exposure, ExposureKey, ExposureQuery, Liability, MerchantAlert, Severity, Shares, Shortfall, Stopped,
};
use projections::answers::{AsOf, Cut, GroupValue, book_name};
use schemas::contract::Risk;
use schemas::event::Book;
use schemas::ids::SchemeId;
use schemas::money::{Currency, format_scaled};
use schemas::time::Date;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
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
    #[param(min_length = 1, example = "5812")]
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
    #[param(min_length = 1, example = "CNY")]
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
    /// What is to be looked at: the most severe first, of equal ones what has lasted longest.
    pub alerts: Vec<AlertRow>,
    /// Merchants that traded and stopped, the latest first, at most 1 000: with sales on five dates or more of the thirty up to
    /// the last sale, five weekdays (Monday to Friday) or more have passed since, and its chargebacks may still come.
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
    let table = exposure_tables::asked(&parameters, form)?;
    let query = ExposureQuery {
        group_by: group_by(&parameters, &ExposureKey::ALL, ExposureKey::as_str)?,
        filters: filters(&parameters, &ExposureKey::ALL, ExposureKey::as_str, ExposureKey::values)?,
        limited: cut.is_limited(),
        ladder_by: keys_of(&parameters, "ladder_group_by", &LADDER_KEYS, ExposureKey::as_str)?,
    };
    let then = (parameters.moment("as_of", service.node.partitions())?, stress(&parameters)?);
    let severity = |text: &str| Severity::NAMES.contains(&text).then(|| text.to_owned());
    let kind = match parameters.text("kind") {
        Some(kind) if !ALERT_KINDS.contains(&kind) => return Err(Problem::no_such("kind", "kind of alert", kind, ALERT_KINDS.into_iter())),
        kind => kind.map(str::to_owned),
    };
    let alerts = (kind, parameters.read("severity", "one of critical, warning, info", severity)?);
    parameters.caught_up(&service.node).await?;
    let caller = parameters.caller().cut.clone();
    blocking(move || {
        let (position, exposure) = ask(&service, &query, &then, &caller)?;
        let mut told = told(&service.node, position, &exposure, &query, &cut)?;
        // They are of no holder and no merchant, and of now: who asks about one, or about the past, does not see them.
        if query.filters.is_empty() && then.0 == Instant::Now && caller.is_everything() {
            told.answer.alerts.extend(service.controls.gaps().iter().map(control_alert));
        }
        let fits = |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|asked| asked == value);
        told.answer.alerts.retain(|alert| fits(&alerts.0, alert.kind) && fits(&alerts.1, alert.severity));
        told.answer.alerts.sort_by(|a, b| rank(a).cmp(&rank(b)));
        let Some(form) = form else { return Ok(Json(told.answer).into_response()) };
        let facts = Facts::at(&told.answer.position).and("ledger-business-date", told.answer.business_date.clone());
        let name = format!("exposure-{}", table.as_str());
        file(form, &name, &exposure_tables::of(table, told)?, &facts)
    })
    .await
}

/// What the ladder may be told by.
const LADDER_KEYS: [ExposureKey; 4] = [ExposureKey::Holder, ExposureKey::Merchant, ExposureKey::Mcc, ExposureKey::Partner];

/// Asks every partition, as many at a time as there are cores: on a new date each reads all its merchants.
fn ask(service: &Service, query: &ExposureQuery, (instant, stress): &(Instant, Option<Risk>), cut: &Cut) -> Result<(Vec<String>, Exposure), Problem> {
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
        position.push(position_text(place.partition(), at));
        whole.merge(query, part).map_err(|error| node::Error::Answer { partition: place.partition(), error })?;
    }
    Ok((position, whole))
}

/// The answer, and the columns of its tables whose keys are asked for.
pub struct Whole {
    /// As JSON.
    pub answer: ExposureAnswer,
    /// The columns of the rows.
    pub rows: Vec<Column>,
    /// The columns of liability.
    pub liability: Vec<Column>,
    /// The columns of the ladder.
    pub ladder: Vec<Column>,
}

fn told(node: &Node, position: Vec<String>, exposure: &Exposure, query: &ExposureQuery, cut: &First) -> Result<Whole, Problem> {
    let mut held = held(exposure, query, cut);
    let mut liability = liability(exposure, query, cut);
    names::beside(node, &mut held.table)?;
    names::beside(node, &mut liability.table)?;
    let merchants = exposure.alerts.iter().map(merchant_alert);
    let asked = |total| cut.is_asked().then_some(total);
    let answer = ExposureAnswer {
        position,
        business_date: exposure.business_date.map(|date| date.to_string()),
        rows: held.table.rows,
        liability: liability.table.rows,
        total: asked(beside(held.total, liability.total)),
        rest: asked(beside(held.rest, liability.rest)),
        ladder: ladder(exposure, query),
        scheme_receivable: schemes(exposure),
        concentration: concentrations(exposure),
        retention: retention(exposure),
        alerts: exposure.safeguarding.shortfalls().iter().map(shortfall).chain(merchants).collect(),
        stopped_trading: exposure.stopped.iter().map(stopped).collect(),
    };
    let mut ladder = vec![Column::date("release_on")];
    ladder.extend(keys(query.ladder_by.clone()));
    ladder.extend([Column::text("currency"), Column::money("amount")]);
    Ok(Whole { answer, rows: held.table.columns, liability: liability.table.columns, ladder })
}

/// The most severe first, of equal ones what has lasted longest.
fn rank(alert: &AlertRow) -> impl Ord + use<'_> {
    (Severity::of(alert.kind), &alert.since, alert.kind, &alert.psp, &alert.merchant)
}

fn stopped(stopped: &Stopped) -> StoppedTrading {
    StoppedTrading {
        merchant: stopped.merchant.to_string(),
        last_sale_on: stopped.last_sale.to_string(),
        sale_dates: stopped.sale_dates,
        silent_weekdays: stopped.silent_weekdays,
    }
}

fn held(exposure: &Exposure, query: &ExposureQuery, cut: &First) -> Told {
    let shape = Shape {
        keys: keys(query.keys()),
        figures: FIGURES,
        read: &|amounts: &Amounts| vec![Figure::Money(amounts.amount), Figure::Money(amounts.overdue), Figure::Count(query.count(amounts).into())],
        add: &|sum, amounts| sum.add(amounts, 1),
        count: "rows",
    };
    shape.tell(&exposure.rows, cut)
}

fn liability(exposure: &Exposure, query: &ExposureQuery, cut: &First) -> Told {
    let shape = Shape {
        keys: keys(query.liability_keys()),
        figures: LIABILITY,
        read: &|terms: &Liability| {
            let terms = [terms.chargeback, terms.refund, terms.non_delivery, terms.owed, terms.advances, terms.exposure(), terms.cover, terms.uncovered];
            terms.map(Figure::Money).to_vec()
        },
        add: &|sum, terms| sum.add(terms, 1),
        count: "liability",
    };
    shape.tell(&exposure.liability, cut)
}

fn keys(keys: Vec<ExposureKey>) -> Vec<Column> {
    keys.into_iter().map(|key| key_column(key.as_str(), false)).collect()
}

/// Two sums of each currency as one row: none of their figures has a name of the other's.
fn beside(rows: Vec<Map<String, Value>>, others: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    let mut all = BTreeMap::<String, Map<String, Value>>::new();
    for row in rows.into_iter().chain(others) {
        let currency = row.get("currency").and_then(Value::as_str).unwrap_or_default().to_owned();
        all.entry(currency).or_default().extend(row);
    }
    all.into_values().collect()
}

fn ladder(exposure: &Exposure, query: &ExposureQuery) -> Vec<Value> {
    let rungs = exposure.ladder.iter().filter(|(_, minor)| **minor != 0);
    let row = |((date, values, currency), minor): (&(Date, Vec<GroupValue>, Currency), &i128)| {
        let mut row = Map::new();
        row.insert("release_on".to_owned(), Value::String(date.to_string()));
        let text = |value: &GroupValue| value.as_str().map_or(Value::Null, |text| Value::String(text.to_owned()));
        row.extend(query.ladder_by.iter().zip(values).map(|(key, value)| (key.as_str().to_owned(), text(value))));
        row.insert("currency".to_owned(), Value::String(currency.code().to_owned()));
        row.insert("amount".to_owned(), Value::String(amount(*minor, *currency)));
        Value::Object(row)
    };
    rungs.map(row).collect()
}

fn schemes(exposure: &Exposure) -> Vec<SchemeReceivable> {
    let row = |((scheme, book, currency), minor): (&(SchemeId, Book, Currency), &i128)| SchemeReceivable {
        scheme: scheme.to_string(),
        holder: book_name(book),
        currency: currency.code().to_owned(),
        amount: amount(*minor, *currency),
    };
    exposure.scheme_receivable.iter().filter(|(_, minor)| **minor != 0).map(row).collect()
}

fn concentrations(exposure: &Exposure) -> Vec<Concentration> {
    let held = exposure.concentration.iter().filter(|(_, shares)| shares.total() != 0);
    held.map(|((by, currency), shares)| concentration(by.as_str(), *currency, shares)).collect()
}

fn concentration(by: &'static str, currency: Currency, shares: &Shares) -> Concentration {
    let total = shares.total();
    let largest = |(key, minor): (&str, i128)| Largest {
        key: key.to_owned(),
        amount: amount(minor, currency),
        share_percent: projections::answers::ratio(minor, total, 10_000).map(|share| format_scaled(share, 2)),
    };
    let top = shares.largest().into_iter().map(largest).collect();
    Concentration { by, currency: currency.code().to_owned(), top, hhi: shares.hhi().map(|hhi| format_scaled(hhi, 4)) }
}

fn retention(exposure: &Exposure) -> Vec<RetentionRow> {
    let held = exposure.retention.iter().filter(|(_, held)| held.amount != 0 || !held.paid.is_empty());
    held.map(|((psp, currency), held)| {
        let days = |percent| held.days_to_pay(percent).map(|days| format!("{days}.0"));
        let days_to_pay = DaysToPay { p50: days(50), p95: days(95) };
        RetentionRow { psp: psp.to_string(), currency: currency.code().to_owned(), amount: amount(held.amount, *currency), days_to_pay }
    })
    .collect()
}

fn shortfall(shortfall: &Shortfall) -> AlertRow {
    AlertRow {
        kind: "safeguarding",
        severity: Severity::of("safeguarding").as_str(),
        psp: Some(shortfall.psp.to_string()),
        merchant: None,
        partition: None,
        event: None,
        event_type: None,
        since: shortfall.since.to_string(),
        last: None,
        count: None,
        currency: Some(shortfall.currency.code().to_owned()),
        amount: Some(amount(shortfall.amount, shortfall.currency)),
    }
}

fn control_alert(gap: &Gap) -> AlertRow {
    let kind = match gap.fault {
        Fault::Missing => "control_missing",
        Fault::OutOfOrder => "control_out_of_order",
    };
    AlertRow {
        kind,
        severity: Severity::of(kind).as_str(),
        psp: None,
        merchant: None,
        partition: Some(gap.partition),
        event: Some(gap.event.to_string()),
        event_type: Some(gap.event_type.as_str()),
        since: gap.since.to_string(),
        last: None,
        count: None,
        currency: None,
        amount: None,
    }
}

fn merchant_alert(alert: &MerchantAlert) -> AlertRow {
    AlertRow {
        kind: alert.kind,
        severity: Severity::of(alert.kind).as_str(),
        psp: None,
        merchant: Some(alert.merchant.to_string()),
        partition: None,
        event: None,
        event_type: None,
        since: alert.since.to_string(),
        last: alert.happened.map(|(last, _)| last.to_string()),
        count: alert.happened.map(|(_, count)| count),
        currency: alert.amount.map(|(currency, _)| currency.code().to_owned()),
        amount: alert.amount.map(|(currency, minor)| amount(minor, currency)),
    }
}
