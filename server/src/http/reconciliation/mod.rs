//! Reconciliation: `/v1/reconciliation`, its breaks, and its reports. One file an endpoint; here is what they share.

mod breaks;
mod reports;
mod sums;

/// Handlers with their documentation, for the OpenAPI document.
pub mod paths {
    pub use super::breaks::*;
    pub use super::reports::*;
    pub use super::sums::*;
}

use super::everywhere;
use super::grouped::filters;
use super::parameters::{Instant, Parameters};
use super::problem::{Problem, shown};
use crate::access::Role;
use crate::shape::position_text;
use projections::answers::reconciliation::{PairKey, PairQuery, State};
use projections::answers::{AsOf, Shard, moment};
use schemas::report::ReportKind;
use schemas::time::Date;
use utoipa::IntoParams;

/// As of when, and which pairs.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct PairsQuery {
    /// As this business date closed, or as it is on the open one. The wait is that of today's configuration.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    as_of: Option<String>,
    /// Only this source.
    #[param(min_length = 1, example = "scheme:unionpay")]
    source: Option<String>,
    /// Only this kind.
    #[param(pattern = "^(sale|refund|chargeback|representment|fee|payout|settlement|other)$", example = "sale")]
    kind: Option<String>,
    /// Only this state.
    #[param(pattern = "^(currency|duplicate|missing_there|missing_here|awaited|amount|fee|late|matched)$", example = "amount")]
    state: Option<String>,
    /// Only pairs of this day: that of our first booking, else the date of the first line.
    #[param(format = Date, pattern = "^(19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$", example = "2026-11-23")]
    day: Option<String>,
    /// Only pairs so many days old.
    #[param(pattern = "^-?[0-9]{1,6}$", example = "2")]
    age: Option<String>,
    /// Only this merchant, or `@house`.
    #[param(pattern = "^(@house|[A-Za-z0-9._-]{1,32})$", example = "M1")]
    merchant: Option<String>,
    /// Only pairs whose first line is of this report.
    #[param(min_length = 1, example = "ZM20261123")]
    report: Option<String>,
    /// Only this currency.
    #[param(pattern = "^[A-Z]{3}$", example = "CNY")]
    currency: Option<String>,
}

const KINDS: [&str; 8] = ["sale", "refund", "chargeback", "representment", "fee", "payout", "settlement", "other"];
const STATES: [&str; 9] = ["currency", "duplicate", "missing_there", "missing_here", "awaited", "amount", "fee", "late", "matched"];

/// The values of keys that have few.
const fn values(key: PairKey) -> Option<&'static [&'static str]> {
    match key {
        PairKey::Kind => Some(&KINDS),
        PairKey::State => Some(&STATES),
        PairKey::Source | PairKey::Day | PairKey::Age | PairKey::Merchant | PairKey::Report | PairKey::Currency => None,
    }
}

/// The names of all keys, each of which is a filter.
fn key_names() -> [&'static str; 8] {
    PairKey::ALL.map(PairKey::as_str)
}

/// Reads which pairs are asked for; the range is left to the caller.
fn query(parameters: &Parameters) -> Result<PairQuery, Problem> {
    debug_assert!(KINDS.len() == ReportKind::ALL.len() && STATES.len() == State::ALL.len());
    parameters.currency()?;
    let mut filters = filters(parameters, &PairKey::ALL, PairKey::as_str, values)?;
    if let Some(day) = parameters.date("day")? {
        filters.iter_mut().filter(|(key, _)| *key == PairKey::Day).for_each(|(_, value)| *value = day.to_string());
    }
    for (key, value) in &mut filters {
        if *key == PairKey::Age {
            let age: i32 = value.parse().map_err(|_| Problem::parameter("age", format!("{:?} is not a number of days", shown(value))))?;
            *value = age.to_string();
        }
    }
    let open = if parameters.text("open").is_some() { Some(parameters.flag("open")?) } else { None };
    let is_merchants = !parameters.caller().roles.has(Role::Bank);
    Ok(PairQuery { filters, open, is_merchants, as_of: as_of(parameters)?, ..PairQuery::default() })
}

/// The date that is asked for. Positions are of no date.
fn as_of(parameters: &Parameters) -> Result<Option<Date>, Problem> {
    parameters.date("as_of")
}

/// As of when an answer is: the positions of that date, and the date itself.
fn at(shards: &[Shard<'_>], as_of: Option<Date>) -> Result<(Vec<String>, Option<Date>), Problem> {
    let Some(date) = as_of else { return Ok((everywhere::positions(shards), everywhere::open_date(shards))) };
    let instant = Instant::Date(date);
    let position = |shard: &Shard<'_>| {
        let asked = instant.on(shard.partition).unwrap_or(AsOf::Now);
        moment(shard, asked).map(|moment| position_text(shard.partition, moment.position)).map_err(|error| everywhere::of(shard, error))
    };
    Ok((shards.iter().map(position).collect::<Result<_, _>>()?, Some(date)))
}

/// The date that is asked for, unless it is the open one everywhere: then the answer is of now.
fn past(shards: &[Shard<'_>], as_of: Option<Date>) -> Option<Date> {
    as_of.filter(|date| shards.iter().any(|shard| shard.checkpoint().open.is_none_or(|open| open > *date)))
}
