//! A running server, asked over HTTP by the commands that need one.

use super::Failure;
use clap::Args;
use serde_json::Value;
use std::time::Duration;

/// The longest that one request may take.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(120);

/// Which server.
#[derive(Clone, Debug, Args)]
pub struct Remote {
    /// The address of the running server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
}

impl Remote {
    /// Asks for a path. Answers whatever JSON comes, with its status.
    pub fn get(&self, path: &str) -> Result<(u16, Value), Failure> {
        read(self, agent().get(self.address(path)).call())
    }

    /// Posts JSON to a path. Answers whatever JSON comes, with its status.
    pub fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), Failure> {
        read(self, agent().post(self.address(path)).content_type("application/json").send(body.to_string().as_bytes()))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }
}

/// A problem document as one line.
pub fn problem(status: u16, body: &Value) -> Failure {
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Failure::Failed(format!("the server answered {status} {}: {}", text("code"), text("detail")))
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(REQUEST_TIME_MAX)).build().new_agent()
}

fn read(remote: &Remote, answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<(u16, Value), Failure> {
    let told =
        |error: ureq::Error| Failure::Failed(format!("--url = {:?} does not answer: {error}; right would be the address that `serve` logged", remote.url));
    let mut response = answered.map_err(told)?;
    let body = response.body_mut().read_json().map_err(told)?;
    Ok((response.status().as_u16(), body))
}
