//! A running server, asked over HTTP by the commands that need one.
//!
//! | file | what it knows |
//! |---|---|
//! | `credential` | the caller's key or token, and where it comes from |
//! | `place` | where the server is, and whether a key may be sent there |
//!
//! Bounds: a request takes at most [`REQUEST_TIME_MAX`]; one that came too often is repeated after the pause that the server
//! names, at most [`REPEATS_MAX`] times. Nobody is redirected, so a key goes where it was meant to.

mod credential;
mod place;

use super::Failure;
use crate::access::vouching;
use clap::Args;
use credential::Credential;
use place::Place;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use ureq::http::{Response, StatusCode, header};

/// The longest that one request may take.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(120);
/// How often a request is repeated that the server refused for coming too often.
const REPEATS_MAX: u32 = 5;
/// The longest pause before it is.
const REPEAT_PAUSE_MAX: Duration = Duration::from_secs(10);

/// Which server, and who asks.
#[derive(Clone, Args)]
pub struct Remote {
    /// The address of the running server: http:// on this machine, https:// elsewhere [environment: MERCHANT_LEDGER_URL]
    /// [default: http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The key, where the server asks for one. Other users of this machine can read it among its processes: better is the
    /// environment, MERCHANT_LEDGER_KEY, or --key-file
    #[arg(long, value_name = "KEY", conflicts_with = "key_file")]
    pub key: Option<String>,
    /// A file with the key, alone, that its owner alone may read [environment: MERCHANT_LEDGER_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// A PEM file of who vouches for an https:// address, where browsers do not know them [environment: MERCHANT_LEDGER_CA_FILE]
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// A server that can be asked.
pub struct Server {
    place: Place,
    credential: Option<Credential>,
    agent: ureq::Agent,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the key.
        f.debug_struct("Remote").field("url", &self.url).field("key_file", &self.key_file).field("ca_file", &self.ca_file).finish_non_exhaustive()
    }
}

impl Remote {
    /// Reads where the server is and who asks; nothing is asked yet.
    pub fn server(&self) -> Result<Server, Failure> {
        let place = Place::read(self.url.as_deref())?;
        let credential = Credential::read(self.key.as_deref(), self.key_file.as_deref())?;
        if let Some(credential) = &credential {
            place.may_be_sent(credential)?;
        }
        let ca_file = self.ca_file.clone().or_else(|| std::env::var_os("MERCHANT_LEDGER_CA_FILE").map(PathBuf::from));
        let tls = vouching::tls("--ca-file", ca_file.as_deref()).map_err(Failure::Usage)?;
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(REQUEST_TIME_MAX)).tls_config(tls);
        // A proxy of the environment is for other machines, and would read what is sent in the clear.
        let config = if place.is_here() { config.proxy(None) } else { config };
        Ok(Server { place, credential, agent: config.build().new_agent() })
    }
}

impl Server {
    /// Asks for a path. Answers whatever JSON comes, with its status.
    pub fn get(&self, path: &str) -> Result<(u16, Value), Failure> {
        self.repeated(|| {
            let request = self.agent.get(self.place.of_path(path));
            self.credential.iter().fold(request, |request, credential| request.header(header::AUTHORIZATION, credential.header())).call()
        })
    }

    /// Posts JSON to a path. Answers whatever JSON comes, with its status.
    pub fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), Failure> {
        self.repeated(|| {
            let request = self.agent.post(self.place.of_path(path)).content_type("application/json");
            let request = self.credential.iter().fold(request, |request, credential| request.header(header::AUTHORIZATION, credential.header()));
            request.send(body.to_string().as_bytes())
        })
    }

    /// Posts NDJSON to a path. Answers whatever JSON comes, with its status.
    pub fn post_lines(&self, path: &str, lines: &str) -> Result<(u16, Value), Failure> {
        self.repeated(|| {
            let request = self.agent.post(self.place.of_path(path)).content_type("application/x-ndjson");
            let request = self.credential.iter().fold(request, |request, credential| request.header(header::AUTHORIZATION, credential.header()));
            request.send(lines.as_bytes())
        })
    }

    /// A problem document as one line, with the way out where it is ours to know.
    pub fn problem(&self, status: u16, body: &Value) -> Failure {
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let way_out = match (status, &self.credential) {
            (401, None) => ". Give a key by MERCHANT_LEDGER_KEY or --key-file".to_owned(),
            (401, Some(credential)) => format!(". The key came from {}", credential.source()),
            (_, _) => String::new(),
        };
        Failure::Failed(format!("the server answered {status} {}: {}{way_out}", text("code"), text("detail")))
    }

    /// Asks, and again where that was too often.
    fn repeated(&self, ask: impl Fn() -> Result<Response<ureq::Body>, ureq::Error>) -> Result<(u16, Value), Failure> {
        let mut repeats = 0;
        loop {
            let response = ask().map_err(|error| self.unanswered(&error))?;
            if response.status() != StatusCode::TOO_MANY_REQUESTS || repeats == REPEATS_MAX {
                return self.read(response);
            }
            repeats += 1;
            std::thread::sleep(pause_of(&response));
        }
    }

    fn read(&self, mut response: Response<ureq::Body>) -> Result<(u16, Value), Failure> {
        let status = response.status().as_u16();
        let body = response.body_mut().read_json().map_err(|error| {
            let place = response.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
            let sent_on = place.map_or_else(String::new, |place| format!(" It sends on to {place:?}."));
            Failure::Failed(format!("{} answered {status} with what merchant-ledger would not: {error}.{sent_on}", self.place))
        })?;
        Ok((status, body))
    }

    fn unanswered(&self, error: &ureq::Error) -> Failure {
        let right = || format!("right would be the address that `serve` logged{}", self.place.hint(error));
        let way_out = vouching::way_out(error).map_or_else(right, str::to_owned);
        Failure::Failed(format!("{} does not answer: {error}; {way_out}", self.place))
    }
}

/// How long the server wants to be left alone.
fn pause_of(response: &Response<ureq::Body>) -> Duration {
    let seconds = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(1)).min(REPEAT_PAUSE_MAX)
}
