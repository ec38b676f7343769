//! Query parameters, read strictly: what is not known, stands twice or has no value is refused. And who asks: what is answered
//! depends on both. `format` and `pretty` are about the form of the answer, and taken wherever it has one: `format` by every read
//! below `/v1`, `pretty` by whatever is answered in JSON.

use super::accept::{self, Form};
use super::finish;
use super::problem::{Problem, shown};
use crate::access::Caller;
use crate::node::Node;
use crate::shape::{Position, parse_positions};
use crate::table::FileForm;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use projections::answers::{AsOf, Window};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use std::time::Duration;

/// Rows of a page where nothing is asked.
pub const PAGE_ROWS: usize = 100;
/// The most rows of a page.
pub const PAGE_ROWS_MAX: usize = 1000;
/// How long `at_least` waits where nothing is asked.
pub const WAIT_MS: u64 = 2000;
/// The longest that a request may wait.
pub const WAIT_MS_MAX: u64 = crate::config::WAIT_MS_MAX;
/// The longest query string.
pub const QUERY_BYTES_MAX: usize = 8 << 10;

/// How many digits a merchant category has, by ISO 18245.
const CATEGORY_DIGITS: usize = 4;

/// The parameter that may be empty: what stands in a field for search.
const SEARCH: &str = "q";

/// The parameter that may stand several times, each time with another value.
const REPEATABLE: &str = "outcome";
/// The parameter that names the form of the answer.
const FORMAT: &str = "format";
/// The parameter that has JSON indented.
const PRETTY: &str = "pretty";

/// The names that every read takes.
pub const READ: &[&str] = &["at_least", "wait_ms"];
/// The names that every list takes, besides [`READ`].
pub const LIST: &[&str] = &["limit", "cursor", "from", "to"];

/// The query of a request, decoded.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
    caller: Caller,
    /// The form that is asked for by name.
    format: Option<String>,
    /// The request's `Accept`.
    accept: String,
    /// Whether the answer comes in a form that the client takes.
    is_read: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(|query| query.len() > QUERY_BYTES_MAX) {
            return Err(Problem::parameter("query", format!("is longer than {QUERY_BYTES_MAX} bytes")));
        }
        let query: Query<Vec<(String, String)>> =
            Query::try_from_uri(&parts.uri).map_err(|error| Problem::parameter("query", format!("cannot be read: {error}")))?;
        let caller = parts.extensions.get::<Caller>().cloned().unwrap_or_default();
        let (accept, is_read) = (finish::accept(&parts.headers), finish::is_read(&parts.method, &parts.uri));
        let mut parameters = Self { pairs: query.0, caller, format: None, accept, is_read };
        for (at, (name, value)) in parameters.pairs.iter().enumerate() {
            if value.is_empty() && name != SEARCH {
                return Err(Problem::parameter(name, "stands there without a value"));
            }
            let repeated = |(other, before): &(String, String)| other == name && (name != REPEATABLE || before == value);
            if parameters.pairs.iter().take(at).any(repeated) {
                return Err(Problem::parameter(name, "stands twice"));
            }
        }
        parameters.flag(PRETTY)?;
        parameters.format = parameters.text(FORMAT).map(str::to_owned);
        Ok(parameters)
    }
}

impl Parameters {
    /// Who asks.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Refuses every parameter that none of the lists names.
    pub fn only(&self, lists: &[&[&str]]) -> Result<(), Problem> {
        self.among(lists, true)
    }

    /// The same where the answer is never JSON: nothing of it would be indented.
    pub fn only_of_text(&self, lists: &[&[&str]]) -> Result<(), Problem> {
        self.among(lists, false)
    }

    fn among(&self, lists: &[&[&str]], is_json: bool) -> Result<(), Problem> {
        let of_form = |name: &str| (name == FORMAT && self.is_read) || (name == PRETTY && is_json);
        match self.pairs.iter().find(|(name, _)| !of_form(name) && !lists.iter().any(|list| list.contains(&name.as_str()))) {
            None => Ok(()),
            Some((name, _)) => {
                let mut known: Vec<&str> = lists.iter().flat_map(|list| list.iter().copied()).collect();
                known.extend([FORMAT, PRETTY].into_iter().filter(|name| of_form(name)));
                known.sort_unstable();
                Err(Problem::no_such(name, "parameter", name, known))
            }
        }
    }

    /// The form that the client wants of those that there are.
    pub fn form(&self, offered: &[Form]) -> Result<Form, Problem> {
        accept::negotiate(self.format.as_deref(), &self.accept, offered)
    }

    /// The form of a table: a file, or JSON where it is none.
    pub fn file_form(&self) -> Result<Option<FileForm>, Problem> {
        let form = self.form(accept::TABLE)?;
        Ok(if form == accept::CSV {
            Some(FileForm::Csv)
        } else if form == accept::PARQUET {
            Some(FileForm::Parquet)
        } else {
            None
        })
    }

    /// The text of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Each value of a parameter that may stand several times, read by `read`; `expected` says what would be right.
    pub fn each<T>(&self, name: &str, expected: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Problem> {
        let values = self.pairs.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        values.map(|text| read(text).ok_or_else(|| Problem::not_expected(name, text, expected))).collect()
    }

    /// A parameter, read by `read`; `expected` says what would be right.
    pub fn read<T>(&self, name: &str, expected: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        self.text(name).map(|text| read(text).ok_or_else(|| Problem::not_expected(name, text, expected))).transpose()
    }

    /// A date.
    pub fn date(&self, name: &str) -> Result<Option<Date>, Problem> {
        self.read(name, "a date such as 2026-11-23", Date::parse)
    }

    /// A currency.
    pub fn currency(&self) -> Result<Option<Currency>, Problem> {
        self.read("currency", "a currency of ISO 4217 such as CNY", Currency::from_code)
    }

    /// Whether a merchant category that is asked for can be one.
    pub fn category(&self) -> Result<(), Problem> {
        let is_category = |text: &str| text.len() == CATEGORY_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        self.read("mcc", "four digits", |text| is_category(text).then_some(())).map(drop)
    }

    /// `true` or `false`; absent is `false`.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        let read = |text: &str| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        Ok(self.read(name, "true or false", read)?.unwrap_or(false))
    }

    /// A whole number between two others.
    pub fn whole(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, Problem> {
        let read = |text: &str| text.parse().ok().filter(|number| (min..=max).contains(number) && !text.starts_with('+'));
        self.read(name, &format!("a whole number from {min} to {max}"), read)
    }

    /// How many rows a page shall have.
    pub fn limit(&self) -> Result<usize, Problem> {
        let limit = self.whole("limit", 1, PAGE_ROWS_MAX as u64)?;
        Ok(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE_ROWS))
    }

    /// How long the request may wait.
    pub fn wait(&self) -> Result<Duration, Problem> {
        Ok(Duration::from_millis(self.whole("wait_ms", 0, WAIT_MS_MAX)?.unwrap_or(WAIT_MS)))
    }

    /// The positions that the answer must include.
    pub fn at_least(&self, partitions: u32) -> Result<Vec<Position>, Problem> {
        match self.text("at_least") {
            None => Ok(Vec::new()),
            Some(text) => parse_positions(text, partitions).map_err(|error| Problem::parameter("at_least", error)),
        }
    }

    /// Waits until the views are at least where the request asks, which is answered: whoever answers then may be another one than who
    /// was waited for, so what it reads is to be compared with that.
    pub async fn caught_up(&self, node: &Node) -> Result<Vec<Position>, Problem> {
        let positions = self.at_least(node.partitions())?;
        let wait = self.wait()?;
        node.reach(&positions, wait).await.map_err(Problem::from)?;
        Ok(positions)
    }

    /// The part of a list that is asked; `scope` names the list.
    pub fn window(&self, scope: &str) -> Result<Window, Problem> {
        let (from, to) = self.range()?;
        Ok(Window { from, to, limit: self.limit()?, cursor: super::cursor::read(self, scope)? })
    }

    /// A moment: a date, or positions.
    pub fn moment(&self, name: &str, partitions: u32) -> Result<Instant, Problem> {
        let Some(text) = self.text(name) else { return Ok(Instant::Now) };
        if let Some(date) = Date::parse(text) {
            return Ok(Instant::Date(date));
        }
        let told = |error| Problem::parameter(name, format!("{:?} is neither a date such as 2026-11-23 nor positions: {error}", shown(text)));
        parse_positions(text, partitions).map(Instant::Positions).map_err(told)
    }

    /// `from` and `to`, of which neither may be after the other.
    pub fn range(&self) -> Result<(Option<Date>, Option<Date>), Problem> {
        let (from, to) = (self.date("from")?, self.date("to")?);
        match (from, to) {
            (Some(first), Some(last)) if first > last => Err(Problem::parameter("from", format!("{first} is after {last}"))),
            _ => Ok((from, to)),
        }
    }
}

/// A moment that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instant {
    /// As it is.
    Now,
    /// A closed date as it closed, or the open date.
    Date(Date),
    /// After the records at these positions.
    Positions(Vec<Position>),
}

impl Instant {
    /// The moment on one partition; `None` where positions of others only were named.
    pub fn on(&self, partition: u32) -> Option<AsOf> {
        match self {
            Self::Now => Some(AsOf::Now),
            Self::Date(date) => Some(AsOf::Date(*date)),
            Self::Positions(positions) => positions.iter().find(|position| position.partition == partition).map(|position| AsOf::Position(position.offset)),
        }
    }
}

/// A merchant in a path. An id that no merchant can have is one that is not there.
pub fn merchant(text: &str) -> Result<MerchantId, Problem> {
    MerchantId::new(text).ok_or_else(|| Problem::not_found(format!("there is no merchant {:?}", shown(text))))
}
