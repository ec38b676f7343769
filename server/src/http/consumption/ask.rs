//! What every endpoint takes: dates, keys, filters; and asking all partitions at once.

use super::table::{Column, Consumption, Table};
use crate::access::Caller;
use crate::http::Service;
use crate::http::everywhere;
use crate::http::file::{Facts, Span, file};
use crate::http::grouped::{FIRST, First};
use crate::http::names;
use crate::http::parameters::{Parameters, READ};
use crate::http::problem::Problem;
use crate::node::{self, Node};
use axum::Json;
use axum::response::{IntoResponse, Response};
use projections::answers::consumption::{self, Audience, Key, Query, Refused, parse_keys};
use projections::answers::{Error, Shard};
use schemas::decode::mask;
use schemas::time::Date;
use utoipa::IntoParams;

/// What stands beside the two of a pair.
const PAIR: [(&str, crate::table::Column); 2] = [("a", crate::table::Column::text("a_name")), ("b", crate::table::Column::text("b_name"))];

/// Which purchases. Dates and hours are those of the shop's own time zone.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct PurchasesQuery {
    /// The first local date; without it, 29 days before `to`, also where `day`, `week` or `month` has a value: these choose within the range.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-01")]
    from: Option<String>,
    /// The last local date; without it, the open business date.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    to: Option<String>,
    /// Only this local date.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    day: Option<String>,
    /// Only the week of this Monday.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    week: Option<String>,
    /// Only this month, such as `2026-11`.
    #[param(pattern = "^(19|[2-8][0-9])[0-9]{2}-(0[1-9]|1[0-2])$", example = "2026-11")]
    month: Option<String>,
    /// Only this weekday, 1 (Monday) to 7.
    #[param(minimum = 1, maximum = 7)]
    weekday: Option<u8>,
    /// Only this local hour, 0 to 23.
    #[param(minimum = 0, maximum = 23)]
    hour: Option<u8>,
    /// Only this merchant.
    #[param(pattern = "^[A-Za-z0-9._-]{1,32}$", example = "M100001")]
    merchant: Option<String>,
    /// Only this merchant category code.
    #[param(pattern = "^[0-9]{4}$", example = "5812")]
    mcc: Option<String>,
    /// Only this region, as contracts name it.
    #[param(min_length = 1, max_length = 32, pattern = "^[^\\u0000-\\u001f\\u007f]*$", example = "CN-31")]
    region: Option<String>,
    /// Only `debit`, `credit`, `prepaid` or `wallet`.
    #[param(pattern = "^(debit|credit|prepaid|wallet)$", example = "debit")]
    card: Option<String>,
    /// Only this entry mode.
    #[param(pattern = "^(swipe|insert|tap|qr|mobile|face|keyed|credential_on_file)$", example = "insert")]
    entry_mode: Option<String>,
    /// Only this currency.
    #[param(pattern = "^[A-Z]{3}$", example = "CNY")]
    currency: Option<String>,
}

/// Keys that rows are told apart by.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct KeysQuery {
    /// At most two of `day`, `week`, `month`, `weekday`, `hour`, `merchant`, `mcc`, `region`, `card`, `entry_mode`; not two of
    /// `day`, `week`, `month`, `weekday`, nor `merchant` with `mcc` or `region`.
    #[param(
        pattern = "^(day|week|month|weekday|hour|merchant|mcc|region|card|entry_mode)(,(day|week|month|weekday|hour|merchant|mcc|region|card|entry_mode))?$",
        example = "weekday,hour"
    )]
    group_by: Option<String>,
}

/// What is asked, as far as the request alone says it.
pub struct Asked {
    from: Option<Date>,
    to: Option<Date>,
    /// Everything but the dates.
    query: Query,
}

/// A query that is refused, as a problem.
pub fn refused(refused: Refused) -> Problem {
    Problem::parameter(refused.parameter, refused.detail)
}

impl Asked {
    /// Reads dates and filters; `more` are the endpoint's own parameters.
    pub fn read(service: &Service, parameters: &Parameters, more: &[&str]) -> Result<Self, Problem> {
        let names = Key::ALL.map(Key::as_str);
        parameters.only(&[READ, FIRST, &["from", "to", "currency"], &names, more])?;
        let (from, to) = parameters.range()?;
        let mut query = Query::new(Date::from_days(0), Date::from_days(0));
        for key in Key::ALL {
            if let Some(value) = parameters.read(key.as_str(), key.expects(), |text| key.parse(text))? {
                query.filters.push((key, value));
            }
        }
        query.currency = parameters.currency()?;
        query.fewest_customers = service.node.config().fewest_customers;
        Ok(Self { from, to, query })
    }

    /// Reads `group_by`; `otherwise` where it is not given.
    pub fn keyed(mut self, parameters: &Parameters, otherwise: &[Key]) -> Result<Self, Problem> {
        self.query.group_by = match parameters.text("group_by") {
            Some(text) => parse_keys(text).map_err(refused)?,
            None => otherwise.to_vec(),
        };
        Ok(self)
    }

    /// The keys.
    pub fn keys(&self) -> Vec<Key> {
        self.query.group_by.clone()
    }
}

/// Waits for what the request asks for, asks every partition, each at one commit, and writes the answer in the form that
/// the client wants.
pub async fn answer(
    service: Service,
    parameters: &Parameters,
    what: &'static str,
    asked: Asked,
    columns: Vec<Column>,
    question: impl FnOnce(&[Shard<'_>], &Query) -> Result<Table, Error> + Send + 'static,
) -> Result<Response, Problem> {
    let (form, cut) = (parameters.file_form()?, First::read(parameters, &Table::figures(&columns))?);
    let (node, k) = (service.node.clone(), service.node.config().fewest_customers);
    let caller = parameters.caller().clone();
    let by_category = parameters.text("group_by") == Some("mcc");
    everywhere::together(service, parameters, move |shards| {
        let (span, found) = ask(shards, &caller, what, asked, question)?;
        let suppressed = found.suppressed;
        let mut told = cut.of_table(found.plain(), &Table::added(&columns));
        match what {
            "affinity" => pairs_named(&node, &caller, by_category, &mut told.table)?,
            _ => names::beside(&node, &mut told.table)?,
        }
        let position = everywhere::positions(shards);
        if let Some(form) = form {
            return file(form, what, &told.table, &Facts::at(&position).of(&span).and("ledger-suppressed", Some(suppressed)));
        }
        let [from, to, business_date] = span.texts();
        let (rows, total, rest) = (told.table.rows, told.total, told.rest);
        Ok(Json(Consumption { position, from, to, business_date, k, rows, total, rest, suppressed }).into_response())
    })
    .await
}

/// Names the two of each pair: merchants or categories; who asks about its own merchant has that one first, and categories.
fn pairs_named(node: &Node, caller: &Caller, by_category: bool, table: &mut crate::table::Table) -> Result<(), Problem> {
    let merchants = match (caller.cut.merchants.is_some(), by_category) {
        (true, _) => 1,
        (false, true) => 0,
        (false, false) => PAIR.len(),
    };
    let (merchants, categories) = PAIR.split_at(merchants);
    names::beside_merchants(node, table, merchants)?;
    names::beside_categories(table, categories);
    Ok(())
}

/// Who asks, where that is one merchant: it is told of itself, and of nobody else by name.
fn audience(caller: &Caller, query: &Query) -> Audience {
    let Some(merchants) = &caller.cut.merchants else { return Audience::Bank };
    // A merchant that is named was judged before.
    let only = if merchants.len() == 1 { merchants.first().cloned() } else { query.merchant() };
    only.map_or(Audience::Bank, Audience::Merchant)
}

fn ask(
    shards: &[Shard<'_>],
    caller: &Caller,
    what: &'static str,
    asked: Asked,
    question: impl FnOnce(&[Shard<'_>], &Query) -> Result<Table, Error>,
) -> Result<(Span, Table), Problem> {
    for shard in shards {
        consumption::ready(shard).map_err(|error| everywhere::of(shard, error))?;
    }
    let span = Span::of((asked.from, asked.to), everywhere::open_date(shards))?;
    let mut query = asked.query;
    (query.from, query.to) = span.dates();
    let told = |error| Problem::from(node::Error::Answer { partition: 0, error });
    (query.audience, query.cut) = (audience(caller, &query), caller.cut.by_merchants(shards).map_err(told)?);
    // A merchant's id may be any digits, so the values are masked as a record's are.
    let filters = mask(format!("{:?}", query.filters).as_bytes()).text;
    tracing::debug!(
        target: "server::consumption",
        what,
        audience = ?query.audience,
        from = %query.from,
        to = %query.to,
        group_by = ?query.group_by,
        filters,
        currency = ?query.currency,
        "consumption was asked about"
    );
    let table = question(shards, &query).map_err(told)?;
    Ok((span, table))
}
