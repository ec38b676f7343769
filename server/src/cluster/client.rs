//! Asks another node: for its report, for what it has, and to answer a client's question in this node's place.

use super::agent::{self, Asking};
use super::secret::{self, Word};
use super::wire::{Ask, PROTOCOL, Reply, Report};
use crate::access::{FileStatus, Watched, vouching};
use crate::config;
use std::io::Read;
use std::time::{Duration, Instant};
use ureq::RequestBuilder;
use ureq::http::{HeaderMap, Method, Request, StatusCode};
use ureq::typestate::WithBody;

/// How long a report is waited for: who does not answer within it is left out.
pub const REPORT_WAIT_MAX: Duration = Duration::from_secs(1);
/// How long one question may take.
pub const ASK_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a forwarded question may be without the beginning of an answer: longer than a client may have a server wait.
pub const FORWARD_WAIT_MAX: Duration = Duration::from_secs(75);
/// Bytes of one answer.
const REPLY_BYTES_MAX: u64 = 64 << 20;
/// Where nodes ask for reports.
pub const REPORT_PATH: &str = "/internal/v1/report";
/// Where they ask what a node has.
pub const ASK_PATH: &str = "/internal/v1/ask";
/// The header of a question that was forwarded: the node that did. It is not forwarded again.
pub const HOP: &str = "x-ledger-hop";

/// Why another node does not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// It is not reached, or not in time.
    #[error("the node at {url} does not answer: {error}")]
    Silent {
        /// Where it was.
        url: String,
        /// What was met.
        error: String,
        /// When it was asked.
        asked: Instant,
    },
    /// It says why.
    #[error("the node at {url} has no answer: {detail}")]
    Refused {
        /// Where it is.
        url: String,
        /// Its code, as in `/readyz`.
        code: Option<String>,
        /// Why.
        detail: String,
    },
}

/// What another node answered to a client's question.
pub struct Forwarded {
    /// The status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as it comes.
    pub body: Box<dyn Read + Send>,
}

/// Asks other nodes: with the word of the secret where there is one, and showing a certificate where one is configured.
pub struct Client {
    asking: Watched<Asking>,
    word: Option<Word>,
    node: String,
}

impl Client {
    /// As a node of a group.
    ///
    /// # Errors
    /// The certificates cannot be read.
    pub fn new(config: &config::Cluster) -> Result<Self, String> {
        Ok(Self { asking: agent::open(config)?, word: config.secret.as_ref().map(Word::of), node: config.node.clone() })
    }

    /// Reads certificates again where they have changed.
    pub fn look(&self) {
        self.asking.look();
    }

    /// What is in force of the certificates; nothing where none is named.
    pub fn files(&self) -> Option<FileStatus> {
        agent::status(&self.asking)
    }

    /// Whether somebody who asks said the word of the secret; nobody does where there is none.
    pub fn knows(&self, said: &str) -> bool {
        self.word.as_ref().is_some_and(|word| word.is(said))
    }

    fn post(&self, url: &str) -> RequestBuilder<WithBody> {
        let request = self.asking.now().agent.post(url);
        match &self.word {
            Some(word) => request.header(secret::HEADER, word.text()),
            None => request,
        }
    }

    /// Tells a node of this one, and hears of it.
    ///
    /// # Errors
    /// It does not answer.
    pub fn report(&self, url: &str, own: &Report) -> Result<Report, Fault> {
        let asked = Instant::now();
        let silent = |error: &dyn std::fmt::Display| Fault::Silent { url: url.to_owned(), error: vouching::told(error), asked };
        let request = self.post(&format!("{url}{REPORT_PATH}"));
        let mut answer = request.config().timeout_global(Some(REPORT_WAIT_MAX)).build().send_json(own).map_err(|error| silent(&error))?;
        match answer.status() {
            StatusCode::OK => answer.body_mut().read_json().map_err(|error| silent(&error)),
            status => Err(Fault::Refused { url: url.to_owned(), code: None, detail: format!("it was answered {status}") }),
        }
    }

    /// Asks a node, and waits at most so long.
    ///
    /// # Errors
    /// It does not answer, or has no answer.
    pub fn ask(&self, url: &str, ask: &Ask, within: Duration) -> Result<Reply, Fault> {
        let asked = Instant::now();
        let silent = |error: &dyn std::fmt::Display| Fault::Silent { url: url.to_owned(), error: vouching::told(error), asked };
        let body = postcard::to_stdvec(ask).map_err(|error| silent(&error))?;
        let request = self.post(&format!("{url}{ASK_PATH}?protocol={PROTOCOL}"));
        let mut answer = request.config().timeout_global(Some(within)).build().send(&body).map_err(|error| silent(&error))?;
        let status = answer.status();
        if status != StatusCode::OK {
            return Err(Fault::Refused { url: url.to_owned(), code: None, detail: format!("it was answered {status}") });
        }
        let bytes = answer.body_mut().with_config().limit(REPLY_BYTES_MAX).read_to_vec().map_err(|error| silent(&error))?;
        match postcard::from_bytes(&bytes).map_err(|error| silent(&error))? {
            Reply::Refused { code, detail } => Err(Fault::Refused { url: url.to_owned(), code, detail }),
            reply => Ok(reply),
        }
    }

    /// Has a node answer a client's question.
    ///
    /// # Errors
    /// It does not answer.
    pub fn forward(&self, url: &str, method: &Method, path: &str, headers: &HeaderMap, body: Vec<u8>) -> Result<Forwarded, Fault> {
        let asked = Instant::now();
        let silent = |error: &dyn std::fmt::Display| Fault::Silent { url: url.to_owned(), error: vouching::told(error), asked };
        let mut request = Request::builder().method(method.clone()).uri(format!("{url}{path}"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(word) = &self.word {
            request = request.header(secret::HEADER, word.text());
        }
        let request = request.header(HOP, &self.node).body(body).map_err(|error| silent(&error))?;
        let agent = self.asking.now().agent.clone();
        let request = agent.configure_request(request).timeout_connect(Some(REPORT_WAIT_MAX)).timeout_recv_response(Some(FORWARD_WAIT_MAX)).build();
        let (parts, body) = agent.run(request).map_err(|error| silent(&error))?.into_parts();
        Ok(Forwarded { status: parts.status, headers: parts.headers, body: Box::new(body.into_reader()) })
    }
}
