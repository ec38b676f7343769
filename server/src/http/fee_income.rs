//! `GET /v1/fee-income`: what taking payments earned and cost, by any of its keys.

use super::Service;
use super::everywhere::{ask, oldest};
use super::grouped::{filters, group_by, keyed};
use super::parameters::{Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::{RangeQuery, ReadQuery};
use crate::node;
use crate::shape::amount;
use axum::Json;
use axum::extract::State;
use projections::answers::{self, IncomeKey, IncomeQuery, IncomeRows, effective_percents};
use projections::folds::fee_income::{Income, Volume};
use schemas::money::{Currency, format_scaled};
use schemas::time::Date;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

/// Where nothing is asked, so many dates before the last one.
const DAYS_BEFORE: i32 = 29;

/// By what, and what of it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct FeeIncomeQuery {
    /// A list of `day`, `merchant`, `contract_version`, `mcc`, `card`, `entry_mode`, `terminal`, `partner`, `scheme`, `model`,
    /// `book`, `currency`; the last two are always keys.
    #[param(
        pattern = "^(day|merchant|contract_version|mcc|card|entry_mode|terminal|partner|scheme|model|book|currency)(,(day|merchant|contract_version|mcc|card|entry_mode|terminal|partner|scheme|model|book|currency))*$",
        example = "day,partner"
    )]
    group_by: Option<String>,
    /// Only this business date.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    day: Option<String>,
    /// Only this merchant.
    #[param(min_length = 1, example = "M100001")]
    merchant: Option<String>,
    /// Only this contract: the id of the event that set it.
    #[param(min_length = 1, example = "c-1")]
    contract_version: Option<String>,
    /// Only this merchant category.
    #[param(min_length = 1, example = "5812")]
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
    #[param(min_length = 1, example = "CNY")]
    currency: Option<String>,
}

/// Fee income.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeeIncome {
    /// Up to where of each partition every event is in.
    position: Vec<String>,
    /// The rows, by their keys in the order asked. Each has its keys, volumes, amounts without VAT (`merchant_fees` with it),
    /// and percentages, `null` where there is nothing to divide by.
    #[schema(value_type = Vec<Object>, example = json!([{"day": "2026-11-23", "partner": "isv-9", "book": "bank", "currency": "CNY",
        "sales": {"count": 8, "volume": "13227.00"}, "refunds": {"count": 0, "volume": "0.00"}, "chargebacks": {"count": 0, "volume": "0.00"},
        "mdr": "74.89", "gateway": "0.00", "interchange": "39.63", "scheme_fees": "4.28", "partner_share": "17.74", "maintenance": "0.00",
        "net_margin": "13.24", "other_income": "0.00", "other_cost": "0.00", "contribution": "13.24", "merchant_fees": "79.36",
        "effective_percent": "0.60", "effective_percent_net": "0.60", "refund_leakage": "0.00", "negative_margin": {"count": 0, "amount": "0.00"}}]))]
    rows: Vec<Map<String, Value>>,
}

/// Fee income
///
/// By business date of the entry, so a closed day never changes. What a payment adds stands under what its sale pinned. Books
/// are never added: 4010 in a PSP's book is the PSP's income.
#[utoipa::path(
    get, path = "/v1/fee-income", tag = "bank", params(FeeIncomeQuery, RangeQuery, ReadQuery),
    responses(
        (status = 200, description = "Fee income", body = FeeIncome),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn fee_income(State(service): State<Service>, parameters: Parameters) -> Result<Json<FeeIncome>, Problem> {
    let names = IncomeKey::ALL.map(IncomeKey::as_str);
    parameters.only(&[READ, &["group_by", "from", "to"], &names])?;
    let group_by = group_by(&parameters, &IncomeKey::ALL, IncomeKey::as_str)?;
    let filters = filters(&parameters, &IncomeKey::ALL, IncomeKey::as_str, IncomeKey::values)?;
    let (from, to) = match parameters.date("day")? {
        // One day is a range by itself, where none is asked.
        Some(day) if parameters.text("from").or(parameters.text("to")).is_none() => (Some(day), Some(day)),
        _ => parameters.range()?,
    };
    parameters.caught_up(&service.node).await?;
    let open = open_date(&service)?;
    let to = to.unwrap_or(open);
    let from = from.unwrap_or(to.plus_days(-DAYS_BEFORE));
    let query = IncomeQuery { from, to, group_by, filters };
    let (position, shards) = ask(service, &parameters, move |shard| answers::fee_income(shard, &query)).await?;
    let mut rows = IncomeRows::default();
    shards.into_iter().for_each(|shard| rows.merge(shard));
    let rows = rows.finish().map_err(|error| node::Error::Answer { partition: 0, error })?;
    Ok(Json(FeeIncome { position, rows: told(&rows) }))
}

/// The oldest open date of all partitions, which all have; the first of all days before the ledger is opened, when nothing is told anyway.
fn open_date(service: &Service) -> Result<Date, Problem> {
    let dates = service.node.places().iter().map(|place| place.answer(|shard| Ok(shard.checkpoint().open))).collect::<Result<Vec<_>, _>>()?;
    Ok(oldest(dates).unwrap_or(Date::from_days(0)))
}

fn told(found: &IncomeRows) -> Vec<Map<String, Value>> {
    let row = |(values, (currency, income)): (&Vec<_>, &(Currency, Income))| {
        let mut row = keyed(found.keys.iter().map(|key| key.as_str()), values.iter());
        figures(&mut row, income, *currency);
        row
    };
    found.rows.iter().map(row).collect()
}

fn figures(row: &mut Map<String, Value>, income: &Income, currency: Currency) {
    let volume = |volume: Volume| json!({"count": volume.count, "volume": amount(volume.amount, currency)});
    let percent = |hundredths: Option<i128>| hundredths.map_or(Value::Null, |percent| Value::String(format_scaled(percent, 2)));
    row.insert("sales".to_owned(), volume(income.sales));
    row.insert("refunds".to_owned(), volume(income.refunds));
    row.insert("chargebacks".to_owned(), volume(income.chargebacks));
    for (name, minor) in [
        ("mdr", income.mdr),
        ("gateway", income.gateway),
        ("interchange", income.interchange),
        ("scheme_fees", income.scheme_fees),
        ("partner_share", income.partner_share),
        ("maintenance", income.maintenance),
        ("net_margin", income.net_margin()),
        ("other_income", income.other_income),
        ("other_cost", income.other_cost),
        ("contribution", income.contribution()),
        ("merchant_fees", income.merchant_fees),
    ] {
        row.insert(name.to_owned(), Value::String(amount(minor, currency)));
    }
    let (gross, net) = effective_percents(income);
    row.insert("effective_percent".to_owned(), percent(gross));
    row.insert("effective_percent_net".to_owned(), percent(net));
    row.insert("refund_leakage".to_owned(), Value::String(amount(income.refund_leakage, currency)));
    let negative = json!({"count": income.negative_margin.count, "amount": amount(income.negative_margin.amount, currency)});
    row.insert("negative_margin".to_owned(), negative);
}
