//! Asks the service over HTTP.

use super::Error;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use ureq::tls::TlsConfig;

/// The longest that one request may take.
pub const REQUEST_WAIT_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
/// Pages of one list that are read.
const PAGES_MAX: usize = 10_000;

/// The service at an address.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
    within: Duration,
}

/// Its status, and its body: JSON, or its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP's.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Client {
    /// For `http://HOST:PORT`.
    pub fn new(base: &str) -> Self {
        Self::within(base, REQUEST_WAIT_MAX)
    }

    /// The same, for who waits no longer than this for one request.
    pub fn within(base: &str, most: Duration) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), agent: agent(most, TlsConfig::builder().build()), within: most }
    }

    /// The same for `https://HOST:PORT`, which trusts whom this TLS does.
    #[must_use]
    pub fn with_tls(&self, tls: TlsConfig) -> Self {
        Self { base: self.base.clone(), agent: agent(self.within, tls), within: self.within }
    }

    /// Its address, as `http://HOST:PORT`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The answer to `GET`, whatever its status.
    ///
    /// # Errors
    /// There is none.
    pub fn ask(&self, path: &str) -> Result<Answer, Error> {
        answer(path, self.agent.get(format!("{}{path}", self.base)).call())
    }

    /// The body of an answer that is 200.
    ///
    /// # Errors
    /// There is none, or it has another status.
    pub fn get(&self, path: &str) -> Result<Value, Error> {
        match self.ask(path)? {
            Answer { status: 200, body } => Ok(body),
            Answer { status, body } => Err(Error::Request { path: path.to_owned(), detail: format!("{status} {body}") }),
        }
    }

    /// The answer to `POST` of a body.
    ///
    /// # Errors
    /// There is none.
    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Answer, Error> {
        answer(path, self.agent.post(format!("{}{path}", self.base)).content_type(content_type).send(body))
    }

    /// Every row of a list, page by page.
    ///
    /// # Errors
    /// A page is not answered with 200.
    pub fn rows(&self, path: &str) -> Result<Vec<Value>, Error> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        let joined = if path.contains('?') { '&' } else { '?' };
        for _ in 0..PAGES_MAX {
            let mut page = self.get(&format!("{path}{joined}limit=1000{cursor}"))?;
            if let Some(Value::Array(more)) = page.get_mut("rows").map(Value::take) {
                rows.extend(more);
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        Ok(rows)
    }

    /// Asks until `enough` says so, at most `within`; an answer that does not come is asked again.
    ///
    /// # Errors
    /// Nothing was enough in time.
    pub fn until(&self, path: &str, what: &str, within: Duration, enough: impl Fn(&Answer) -> bool) -> Result<Answer, Error> {
        let deadline = Instant::now() + within;
        loop {
            let asked = self.ask(path);
            if let Ok(answer) = &asked
                && enough(answer)
            {
                return Ok(answer.clone());
            }
            if Instant::now() >= deadline {
                let seen = asked.map_or_else(|error| error.to_string(), |answer| format!("{} {}", answer.status, answer.body));
                return Err(Error::Late { what: what.to_owned(), within, seen });
            }
            std::thread::sleep(POLL);
        }
    }

    /// Waits until answers include these offsets, and the service is ready.
    ///
    /// # Errors
    /// They do not in time.
    pub fn caught_up(&self, last: &BTreeMap<u32, i64>, within: Duration) -> Result<(), Error> {
        let what = format!("offsets {last:?}");
        self.until("/readyz", &what, within, |answer| {
            let positions = positions(&answer.body);
            answer.status == 200 && last.iter().all(|(partition, offset)| positions.get(partition).is_some_and(|reached| reached >= offset))
        })?;
        Ok(())
    }
}

/// The position of each shard in an answer of `/readyz`.
pub fn positions(readiness: &Value) -> BTreeMap<u32, i64> {
    let parse = |shard: &Value| {
        let (partition, offset) = shard["position"].as_str()?.split_once(':')?;
        Some((partition.parse().ok()?, offset.parse().ok()?))
    };
    readiness["shards"].as_array().into_iter().flatten().filter_map(parse).collect()
}

fn agent(within: Duration, tls: TlsConfig) -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(within)).tls_config(tls).build().new_agent()
}

fn answer(path: &str, answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, Error> {
    let failed = |error: ureq::Error| Error::Request { path: path.to_owned(), detail: error.to_string() };
    let mut response = answered.map_err(failed)?;
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(1 << 30).read_to_string().map_err(failed)?;
    Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
}
