//! `GET /v1/fee-income`: what taking payments earned and cost, by any of its keys.

use super::Service;
use super::everywhere;
use super::file::{Facts, FileQuery, Span, file};
use super::grouped::{FIRST, Figure, First, FirstQuery, Shape, Told, filters, group_by, key_column};
use super::names;
use super::parameters::{Parameters, READ};
use super::problem::{Problem, ProblemBody, shown};
use super::read::{RangeQuery, ReadQuery};
use crate::node;
use crate::table::Column;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use projections::answers::{self, IncomeKey, IncomeQuery, IncomeRows, chargeback_percents, effective_percents};
use projections::folds::fee_income::{Income, Volume};
use schemas::time::Date;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// What rows tell, VAT excluded but for `merchant_fees`.
const FIGURES: &[Column] = &[
    Column::whole("sales_count").at("sales.count"),
    Column::money("sales_volume").at("sales.volume"),
    Column::whole("refunds_count").at("refunds.count"),
    Column::money("refunds_volume").at("refunds.volume"),
    Column::whole("chargebacks_count").at("chargebacks.count"),
    Column::money("chargebacks_volume").at("chargebacks.volume"),
    Column::money("mdr"),
    Column::money("gateway"),
    Column::money("interchange"),
    Column::money("scheme_fees"),
    Column::money("partner_share"),
    Column::money("maintenance"),
    Column::money("net_margin"),
    Column::money("other_income"),
    Column::money("other_cost"),
    Column::money("contribution"),
    Column::money("merchant_fees"),
    Column::percent("effective_percent"),
    Column::percent("effective_percent_net"),
    Column::money("refund_leakage"),
    Column::whole("negative_margin_count").at("negative_margin.count"),
    Column::money("negative_margin_amount").at("negative_margin.amount"),
    Column::percent("chargeback_percent"),
    Column::percent("chargeback_volume_percent"),
];

/// By what, and what of it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct FeeIncomeQuery {
    /// A list of `day`, `week` (named by its Monday), `month` (`2026-11`), `merchant`, `contract_version`, `mcc`, `card`, `entry_mode`, `terminal`, `partner`, `scheme`, `model`,
    /// `book`, `currency`; the last two are always keys.
    #[param(
        pattern = "^(day|week|month|merchant|contract_version|mcc|card|entry_mode|terminal|partner|scheme|model|book|currency)(,(day|week|month|merchant|contract_version|mcc|card|entry_mode|terminal|partner|scheme|model|book|currency))*$",
        example = "day,partner"
    )]
    group_by: Option<String>,
    /// Only this business date.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    day: Option<String>,
    /// Only the week of this Monday.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    week: Option<String>,
    /// Only this month.
    #[param(pattern = "^(19|[2-8][0-9])[0-9]{2}-(0[1-9]|1[0-2])$", example = "2026-11")]
    month: Option<String>,
    /// Only this merchant.
    #[param(min_length = 1, example = "M100001")]
    merchant: Option<String>,
    /// Only this contract: the id of the event that set it.
    #[param(min_length = 1, example = "c-1")]
    contract_version: Option<String>,
    /// Only this merchant category.
    #[param(pattern = "^[0-9]{4}$", example = "5812")]
    mcc: Option<String>,
    /// Only this kind of card.
    #[param(pattern = "^(debit|credit|prepaid|wallet)$", example = "debit")]
    card: Option<String>,
    /// Only this entry mode.
    #[param(pattern = "^(swipe|insert|tap|qr|mobile|face|keyed|credential_on_file)$", example = "insert")]
    entry_mode: Option<String>,
    /// Only this terminal.
    #[param(min_length = 1, example = "T0000017")]
    terminal: Option<String>,
    /// Only this partner.
    #[param(min_length = 1, example = "isv-9")]
    partner: Option<String>,
    /// Only this scheme.
    #[param(min_length = 1, example = "unionpay")]
    scheme: Option<String>,
    /// Only this model.
    #[param(pattern = "^(bank_pos|joint_build|referral|second_clearing|personal_pos|third_party_pos)$", example = "referral")]
    model: Option<String>,
    /// Only this book.
    #[param(min_length = 1, example = "bank")]
    book: Option<String>,
    /// Only this currency.
    #[param(pattern = "^[A-Z]{3}$", example = "CNY")]
    currency: Option<String>,
}

/// Fee income.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeeIncome {
    /// Up to where of each partition every event is in.
    position: Vec<String>,
    /// The first business date that the rows are of; `null` before the ledger is opened, unless it was asked.
    #[schema(example = "2026-11-01")]
    from: Option<String>,
    /// The last one, likewise.
    #[schema(example = "2026-11-23")]
    to: Option<String>,
    /// The open business date, of several partitions the oldest; `null` before the ledger is opened.
    #[schema(example = "2026-11-23")]
    business_date: Option<String>,
    /// The rows, by their keys in the order asked. Each has its keys, volumes, amounts without VAT (`merchant_fees` with it),
    /// and percentages, `null` where there is nothing to divide by.
    #[schema(value_type = Vec<Object>, example = json!([{"day": "2026-11-23", "partner": "isv-9", "book": "bank", "currency": "CNY",
        "sales": {"count": 8, "volume": "13227.00"}, "refunds": {"count": 0, "volume": "0.00"}, "chargebacks": {"count": 0, "volume": "0.00"},
        "mdr": "74.89", "gateway": "0.00", "interchange": "39.63", "scheme_fees": "4.28", "partner_share": "17.74", "maintenance": "0.00",
        "net_margin": "13.24", "other_income": "0.00", "other_cost": "0.00", "contribution": "13.24", "merchant_fees": "79.36",
        "effective_percent": "0.60", "effective_percent_net": "0.60", "refund_leakage": "0.00", "negative_margin": {"count": 0, "amount": "0.00"},
        "chargeback_percent": "0.00", "chargeback_volume_percent": "0.00"}]))]
    rows: Vec<Value>,
    /// With `sort` or `limit`: what all rows come to, by book and currency; `rows` is their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    total: Option<Vec<Map<String, Value>>>,
    /// The same of the rows that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    rest: Option<Vec<Map<String, Value>>>,
}

/// Fee income
///
/// By business date of the entry, so a closed day never changes. What a payment adds stands under what its sale pinned. Books
/// are never added: 4010 in a PSP's book is the PSP's income.
#[utoipa::path(
    get, path = "/v1/fee-income", tag = "bank", params(FeeIncomeQuery, RangeQuery, FirstQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "Fee income", body = FeeIncome),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn fee_income(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    let names = IncomeKey::ALL.map(IncomeKey::as_str);
    parameters.only(&[READ, FIRST, &["group_by", "from", "to"], &names])?;
    let (form, cut) = (parameters.file_form()?, First::read(&parameters, FIGURES)?);
    let group_by = group_by(&parameters, &IncomeKey::ALL, IncomeKey::as_str)?;
    parameters.currency()?;
    parameters.category()?;
    let filters = filters(&parameters, &IncomeKey::ALL, IncomeKey::as_str, IncomeKey::values)?;
    let (from, to) = range(&parameters, &filters)?;
    let node = service.node.clone();
    let asked = everywhere::together(service, &parameters, move |shards| {
        let span = Span::of((from, to), everywhere::open_date(shards))?;
        let (from, to) = span.dates();
        let query = IncomeQuery { from, to, group_by, filters, limited: cut.is_limited() };
        let mut rows = IncomeRows::default();
        for shard in shards {
            rows.merge(answers::fee_income(shard, &query).map_err(|error| everywhere::of(shard, error))?);
        }
        let rows = rows.finish(&query).map_err(|error| node::Error::Answer { partition: 0, error })?;
        let mut told = told(&rows, &query, &cut);
        names::beside(&node, &mut told.table)?;
        Ok((everywhere::positions(shards), span, told))
    });
    let (position, span, told) = asked.await?;
    if let Some(form) = form {
        return file(form, "fee-income", &told.table, &Facts::at(&position).of(&span));
    }
    let [from, to, business_date] = span.texts();
    Ok(Json(FeeIncome { position, from, to, business_date, rows: told.table.rows, total: told.total, rest: told.rest }).into_response())
}

/// The dates asked for. A day, week or month that is a filter is a range by itself, where none is asked.
fn range(parameters: &Parameters, filters: &[(IncomeKey, String)]) -> Result<(Option<Date>, Option<Date>), Problem> {
    let mut named = (None::<Date>, None::<Date>);
    for (key, value) in filters {
        let Some(dates) = key.dates(value) else { continue };
        let (first, last) = dates.map_err(|expected| Problem::parameter(key.as_str(), format!("{:?} is not {expected}", shown(value))))?;
        named = (named.0.max(Some(first)), Some(named.1.map_or(last, |other| other.min(last))));
    }
    match parameters.range()? {
        (None, None) if named.0 <= named.1 => Ok(named),
        asked => Ok(asked),
    }
}

fn told(found: &IncomeRows, query: &IncomeQuery, cut: &First) -> Told {
    let shape = Shape {
        keys: query.keys().iter().map(|key| key_column(key.as_str(), matches!(key, IncomeKey::Day | IncomeKey::Week))).collect(),
        figures: FIGURES,
        read: &figures,
        add: &|sums: &mut Income, other| sums.add(other),
        count: "rows",
    };
    shape.tell(&found.rows, cut)
}

/// In the order of [`FIGURES`].
fn figures(income: &Income) -> Vec<Figure> {
    let volume = |volume: Volume| [Figure::Count(volume.count.into()), Figure::Money(volume.amount)];
    let amounts = [
        income.mdr,
        income.gateway,
        income.interchange,
        income.scheme_fees,
        income.partner_share,
        income.maintenance,
        income.net_margin(),
        income.other_income,
        income.other_cost,
        income.contribution(),
        income.merchant_fees,
    ];
    let (gross, net) = effective_percents(income);
    let ratios = [Figure::Ratio(gross), Figure::Ratio(net), Figure::Money(income.refund_leakage)];
    let volumes = [income.sales, income.refunds, income.chargebacks].into_iter().flat_map(volume);
    // Those that arrived over the range, won later or not, per hundred of sales of the same range.
    let (by_count, by_volume) = chargeback_percents(income);
    let chargebacks = [Figure::Ratio(by_count), Figure::Ratio(by_volume)];
    volumes.chain(amounts.map(Figure::Money)).chain(ratios).chain(volume(income.negative_margin)).chain(chargebacks).collect()
}
