//! How traces are sent: by the HTTP client that the service has anyway, from the exporter's own thread, which it holds.

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The most that is read of an answer.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Sends, and says once when nothing arrives any more.
#[derive(Debug)]
pub(super) struct Client {
    agent: ureq::Agent,
    fails: AtomicBool,
}

impl Client {
    pub fn new(at_most: Duration) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(at_most)).build().new_agent();
        Self { agent, fails: AtomicBool::new(false) }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (parts, body) = request.into_parts();
        let (parts, mut answer) = self.agent.run(Request::from_parts(parts, &body[..]))?.into_parts();
        let bytes = answer.with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Response::from_parts(parts, Bytes::from(bytes)))
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request);
        let why = match &sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        // Once for as long as it lasts.
        if self.fails.swap(why.is_some(), Ordering::Relaxed) != why.is_some() {
            match why {
                Some(why) => tracing::warn!(why, "traces do not arrive at traces.endpoint; they are dropped meanwhile"),
                None => tracing::info!("traces arrive again"),
            }
        }
        Ok(sent?)
    }
}
