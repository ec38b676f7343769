//! `GET /v1/events`: the events that were not booked: what waits now, what was refused, quarantined, or came again. As a list, or counted
//! and summed.

use super::Service;
use super::became::{EventOutcome, First, WaitsFor};
use super::codes::QUARANTINED;
use super::everywhere;
use super::file::{Facts, FileQuery, Range, Span, file};
use super::grouped::{self, FIRST, group_by, key_column, keyed};
use super::list::Asked;
use super::page::{At, PageOfMany};
use super::parameters::{LIST, Parameters, READ};
use super::problem::{Problem, ProblemBody};
use super::read::{RangeQuery, ReadQuery};
use crate::node::{self, HOUSE_KEY, Node};
use crate::shape::{OutcomeName, amount, business_date, code_of, detail_of, entry_text, outcome_name, position_text, subject_text};
use crate::table::{Column, Row, Table};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ledger::entry::RefusalCode;
use projections::answers::{self, Page, UnbookedEvent, UnbookedKey, UnbookedQuery, UnbookedSums, Window, merge_unbooked};
use projections::folds::events::Unbooked;
use schemas::event::EventType;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// What is about counts and sums alone.
const OF_SUMS: [&str; 2] = ["sort", "currency"];

/// Which events.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct EventListQuery {
    /// Only events that ended so: `refused`, `parked` (what waits now), `quarantined`, `duplicate`; may stand several times. Without it all four.
    #[param(style = Form, explode, inline)]
    outcome: Option<Vec<UnbookedOutcome>>,
    /// Only events of this type.
    #[param(min_length = 1)]
    r#type: Option<String>,
    /// Only events of this merchant, or of `@house`.
    #[param(pattern = "^(@house|[A-Za-z0-9._-]{1,32})$")]
    merchant: Option<String>,
    /// Only events with this code of refusal or quarantine.
    #[param(pattern = "^[a-z_]{1,64}$")]
    code: Option<String>,
    /// Only events that tell of money that has moved outside: where they are not booked, the books and the world differ.
    #[param(default = false)]
    money: Option<bool>,
    /// Only events of this business date.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$")]
    day: Option<String>,
    /// Counts and sums instead of the list, by `outcome`, `code`, `type`, `day`, `currency`; the last is always a key.
    #[param(pattern = "^(outcome|code|type|day|currency)(,(outcome|code|type|day|currency))*$")]
    group_by: Option<String>,
    /// With `group_by`: only this currency.
    #[param(pattern = "^[A-Z]{3}$", example = "CNY")]
    currency: Option<String>,
    /// With `group_by`: the figure that rows follow, `count` or `amount`, the smallest first; with `-` before it the largest first. Then, and
    /// with `limit`, `total` and `rest` stand beside the rows.
    #[param(pattern = "^-?(count|amount)$", example = "-count")]
    sort: Option<String>,
    /// How many rows at most: of the list at most 1 000, and 100 without it; with `group_by` at most 10 000, and all without it. A CSV or Parquet
    /// file of the list without `limit` and `cursor` is the whole list.
    #[param(minimum = 1, maximum = 10000)]
    limit: Option<u32>,
    /// The `next` of the page before.
    #[param(pattern = "^[0-9a-f]{8,4096}$", max_length = 4096)]
    cursor: Option<String>,
}

/// How an event ended that was not booked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "documents a parameter")]
pub enum UnbookedOutcome {
    /// A business rule said no.
    Refused,
    /// It waits now.
    Parked,
    /// It could not be read, or another event has its id.
    Quarantined,
    /// The same content came before.
    Duplicate,
}

/// Events that were not booked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "documents the answer; a list is told as every list is")]
pub enum UnbookedEvents {
    /// Without `group_by`: a page of the list, newest business date first, then by partition, then newest first.
    List(PageOfMany<UnbookedRow>),
    /// With it: counts and sums.
    Sums(UnbookedCounts),
}

/// Counts and sums.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnbookedCounts {
    /// Up to where of each partition every event is in.
    position: Vec<String>,
    /// The oldest open business date of all partitions; `null` before the ledger is opened.
    #[schema(example = "2026-11-23")]
    business_date: Option<String>,
    /// The first date that was asked for; `null`: from the first on.
    from: Option<String>,
    /// The last date that was asked for; `null` where neither was.
    to: Option<String>,
    /// The rows, by their keys in the order asked: how many events, and the sum of their amounts; both `currency` and `amount` are `null`
    /// in the row of those that tell none.
    #[schema(value_type = Vec<Object>, example = json!([{"outcome": "refused", "code": "expired_in_park", "currency": "CNY", "count": 1, "amount": "890.00"}]))]
    rows: Vec<Value>,
    /// With `sort` or `limit`: what all rows come to, by currency, which is `null` in that of rows that tell none, as in the rows; `rows` is their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    total: Option<Vec<Map<String, Value>>>,
    /// The same of the rows that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    rest: Option<Vec<Map<String, Value>>>,
}

/// An event that was not booked.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnbookedRow {
    /// The event's id; `null` where none could be read.
    #[schema(example = "r9")]
    id: Option<String>,
    /// Its merchant, or `@house`; `null` for a control event, and where none could be read.
    #[schema(example = "M1")]
    merchant: Option<String>,
    /// Its type; `null` where none could be read.
    #[serde(rename = "type")]
    #[schema(example = "refund")]
    event_type: Option<&'static str>,
    /// The payment that it is about.
    #[schema(example = "OLD1")]
    payment: Option<String>,
    /// In what its amount is.
    #[schema(example = "CNY")]
    currency: Option<String>,
    /// The amount that it tells.
    #[schema(example = "890.00")]
    amount: Option<String>,
    /// How it ended.
    #[schema(value_type = EventOutcome)]
    outcome: OutcomeName,
    /// Why it was refused or quarantined.
    #[schema(example = "expired_in_park")]
    code: Option<&'static str>,
    /// The same, for people.
    detail: Option<String>,
    /// The business date on which it ended so, or came to wait.
    #[schema(example = "2026-11-23")]
    business_date: Option<String>,
    /// When it happened.
    occurred_at: Option<String>,
    /// Where its record lies.
    #[schema(example = "3:77")]
    position: String,
    /// The entry that tells what became of it.
    #[schema(example = "3:80")]
    entry: String,
    /// What it waits for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<WaitsFor>,
    /// Of a duplicate, and of a conflict: what has become of the first event of this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<First>,
}

impl Row for UnbookedRow {
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("merchant"),
        Column::text("type"),
        Column::text("payment"),
        Column::text("currency"),
        Column::money("amount"),
        Column::text("outcome"),
        Column::text("code"),
        Column::text("detail"),
        Column::date("business_date"),
        Column::instant("occurred_at"),
        Column::text("position"),
        Column::text("entry"),
    ];
}

/// Events that were not booked
///
/// What a business rule refused, expired events included; what waits now; what was quarantined; and what came again. Newest business
/// date first, then by partition, then newest first. With `group_by` their counts, and sums by currency. `money=true` asks for
/// those that tell of money that has moved outside, which somebody must look at.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", params(EventListQuery, RangeQuery, FileQuery, ReadQuery),
    responses(
        (status = 200, description = "A page of events, or counts and sums", body = UnbookedEvents),
        (status = 400, description = "A parameter is wrong, or there are more than 10 000 rows", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn event_list(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    const FILTERS: &[&str] = &["outcome", "type", "merchant", "code", "money", "day"];
    let query = read(&parameters)?;
    if parameters.text("group_by").is_none() {
        if let Some(name) = OF_SUMS.into_iter().find(|name| parameters.text(name).is_some()) {
            return Err(Problem::parameter(name, "needs group_by"));
        }
        parameters.only(&[READ, LIST, FILTERS, &["group_by"]])?;
        return list(service, &parameters, query).await;
    }
    parameters.only(&[READ, FILTERS, FIRST, &["group_by", "currency", "from", "to"]])?;
    let (cut, currency) = (grouped::First::read(&parameters, FIGURES)?, parameters.currency()?);
    let keys = group_by(&parameters, &UnbookedKey::ALL, UnbookedKey::as_str)?;
    let (form, Dates { told: dates, looked_at }) = (parameters.file_form()?, Dates::read(&parameters)?);
    everywhere::together(service, &parameters, move |shards| {
        let mut all = UnbookedSums::default();
        for shard in shards {
            all.merge(answers::unbooked_sums(shard, &query, &keys, looked_at).map_err(|error| everywhere::of(shard, error))?);
        }
        let all = all.finish().map_err(|error| node::Error::Answer { partition: 0, error })?;
        let told = cut.of_table(sums(&all, currency), FIGURES);
        let (position, business_date) = (everywhere::positions(shards), everywhere::open_date(shards));
        let span = Span::asked(dates, business_date);
        if let Some(form) = form {
            return file(form, "events", &told.table, &Facts::at(&position).of(&span));
        }
        let [from, to, business_date] = span.texts();
        let counts = UnbookedCounts { position, business_date, from, to, rows: told.table.rows, total: told.total, rest: told.rest };
        Ok(Json(UnbookedEvents::Sums(counts)).into_response())
    })
    .await
}

/// What is told of each group.
const FIGURES: &[Column] = &[Column::whole("count"), Column::money("amount")];

/// Counts and sums by their keys, of one currency where one is asked for.
fn sums(all: &UnbookedSums, only: Option<Currency>) -> Table {
    let keys = all.keys.iter().map(|key| key_column(key.as_str(), *key == UnbookedKey::Day));
    let columns = keys.chain(FIGURES.iter().copied()).collect();
    let wanted = all.rows.iter().filter(|(_, (currency, _))| only.is_none() || *currency == only);
    let rows = wanted.map(|(values, (currency, sum))| {
        let mut row = keyed(all.keys.iter().map(|key| key.as_str()), values.iter());
        row.insert("count".to_owned(), Value::from(sum.count));
        row.insert("amount".to_owned(), currency.map_or(Value::Null, |currency| Value::String(amount(sum.amount, currency))));
        Value::Object(row)
    });
    Table { columns, rows: rows.collect() }
}

fn read(parameters: &Parameters) -> Result<UnbookedQuery, Problem> {
    let outcome = |text: &str| Unbooked::ALL.into_iter().find(|unbooked| unbooked.as_str() == text);
    let event_type = |text: &str| schemas::wire::event_type::RULES.iter().find(|rule| rule.name == text).map(|rule| rule.event_type);
    let owner = |text: &str| (text == HOUSE_KEY || MerchantId::new(text).is_some()).then(|| text.to_owned());
    let codes = || QUARANTINED.iter().map(|code| code.as_str()).chain(RefusalCode::ALL.map(RefusalCode::as_str));
    let code = match parameters.text("code") {
        Some(code) if !codes().any(|known| known == code) => return Err(Problem::no_such("code", "code of refusal or quarantine", code, codes())),
        code => code.map(str::to_owned),
    };
    Ok(UnbookedQuery {
        outcomes: parameters.each("outcome", "one of refused, parked, quarantined, duplicate; it may stand several times", outcome)?,
        owner: parameters.read("merchant", "a merchant's id or @house", owner)?,
        event_type: parameters.read("type", "a type of event, such as refund", event_type)?,
        code,
        money: parameters.flag("money")?,
    })
}

/// The dates of events.
struct Dates {
    /// As they are asked for: one day is a range by itself.
    told: Range,
    /// What is read of them: of a range and a day, what they have in common.
    looked_at: Range,
}

impl Dates {
    fn read(parameters: &Parameters) -> Result<Self, Problem> {
        let ((from, to), day) = (parameters.range()?, parameters.date("day")?);
        let (first, last) = (from.or(day), to.or(day));
        // Of a day that is not within what is asked for nothing is told, of a range as it was asked.
        let told = if first.zip(last).is_none_or(|(first, last)| first <= last) { (first, last) } else { (from, to) };
        let is_within = |day: Date| from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to);
        // A range that ends before it begins has no date.
        let looked_at = |day: Date| (Some(day), Some(if is_within(day) { day } else { day.plus_days(-1) }));
        Ok(Self { told, looked_at: day.map_or(told, looked_at) })
    }
}

async fn list(service: Service, parameters: &Parameters, query: UnbookedQuery) -> Result<Response, Problem> {
    let Dates { told, looked_at } = Dates::read(parameters)?;
    let asked = Asked::read(parameters, "events", "events".to_owned())?.within(looked_at, told);
    let node = service.node.clone();
    everywhere::together(service, parameters, move |shards| {
        let page = |window: &Window| {
            let found = shards.iter().map(|shard| answers::unbooked(shard, &query, window).map_err(|error| everywhere::of(shard, error)));
            let page = merge_unbooked(window, found.collect::<Result<Vec<_>, _>>()?);
            Ok(Page { rows: page.rows.iter().map(|event| row(&node, event)).collect::<Result<_, Problem>>()?, next: page.next })
        };
        asked.tell(At::Many(everywhere::positions(shards)), everywhere::open_date(shards), page, Some)
    })
    .await
}

/// A row, with what the journal says of it.
fn row(node: &Node, event: &UnbookedEvent) -> Result<UnbookedRow, Problem> {
    let place = node.place(event.partition).ok_or(node::Error::NoLog)?;
    let recorded = place.entry(event.entry)?;
    let recorded = recorded.ok_or_else(|| node::Error::Failed(format!("entry {} is gone", entry_text(event.partition, event.entry))))?;
    let of = node.first_of(event.partition, &recorded)?;
    let waits_for = node.waits_for(event.partition, &recorded)?;
    let row = &recorded.row;
    let told = row.note.told();
    Ok(UnbookedRow {
        id: row.event.as_ref().map(ToString::to_string),
        merchant: subject_text(row.subject.as_ref()).map(str::to_owned),
        event_type: row.event_type.map(EventType::as_str),
        payment: row.payment.as_ref().or_else(|| row.note.reported_payment()).map(ToString::to_string),
        currency: told.map(|(currency, _)| currency.code().to_owned()),
        amount: told.map(|(currency, minor)| amount(i128::from(minor), currency)),
        outcome: outcome_name(&row.outcome),
        code: code_of(&row.outcome),
        detail: detail_of(&row.outcome).map(str::to_owned),
        business_date: business_date(row).map(|date| date.to_string()),
        occurred_at: row.occurred_at.as_ref().map(ToString::to_string),
        position: position_text(event.partition, event.offset),
        entry: entry_text(event.partition, event.entry),
        waits_for: waits_for.as_ref().map(WaitsFor::from),
        of: of.as_ref().map(First::from),
    })
}
