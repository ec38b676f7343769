//! A real server in this process: an ephemeral loopback port, the embedded log in a temporary directory.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod events;
pub mod raw;

use serde_json::Value;
use server::config::Config;
use server::node::Node;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// The longest that one request may take.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// A running server. Dropping it ends it cleanly.
pub struct Server {
    pub base: String,
    pub node: Arc<Node>,
    agent: ureq::Agent,
    shutdown: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
    runtime: Runtime,
}

/// An answer: its status, its headers, and its body as it came and as text.
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub headers: ureq::http::HeaderMap,
    pub bytes: Vec<u8>,
    pub text: String,
}

impl Answer {
    /// A header, where there is one.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Asserts that it is a problem of this status and code, and answers its body.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.content_type.as_str()), (status, "application/problem+json"), "{}", self.text);
        let body = self.json();
        assert_eq!((&body["type"], &body["status"], &body["code"]), (&"about:blank".into(), &status.into(), &code.into()), "{body}");
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        body
    }
}

impl Server {
    /// Starts one with a data directory; the ledger is not opened.
    pub fn start(data: &Path) -> Self {
        Self::with(Config::embedded(data.to_path_buf()).expect("a configuration"))
    }

    /// Starts one with a configuration.
    pub fn with(config: Config) -> Self {
        let runtime = server::command::serve::runtime().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind(config.listen)).expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let node = Node::open(config).expect("a node");
        let (shutdown, ended) = oneshot::channel();
        let served = runtime.spawn(server::http::serve(listener, Arc::clone(&node), async move {
            ended.await.ok();
        }));
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(REQUEST_TIME_MAX)).build().new_agent();
        Self { base, node, agent, shutdown: Some(shutdown), served: Some(served), runtime }
    }

    pub fn get(&self, path: &str) -> Answer {
        read(self.agent.get(format!("{}{path}", self.base)).call())
    }

    /// The head of an answer alone.
    pub fn head(&self, path: &str) -> Answer {
        read(self.agent.head(format!("{}{path}", self.base)).call())
    }

    /// In the form of this media type.
    pub fn get_as(&self, path: &str, accept: &str) -> Answer {
        read(self.agent.get(format!("{}{path}", self.base)).header("Accept", accept).call())
    }

    pub fn get_json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        read(self.agent.post(format!("{}{path}", self.base)).content_type(content_type).send(body))
    }

    /// Posts one event, waits for it, and answers its result.
    pub fn event(&self, event: &Value) -> Value {
        let answer = self.post("/v1/events?wait=true&wait_ms=20000", "application/json", event.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{event}: {}", answer.text);
        answer.json()["results"][0].clone()
    }

    /// Posts one event that must be booked.
    pub fn posted(&self, event: &Value) -> Value {
        let result = self.event(event);
        assert_eq!(result["outcome"], "posted", "{event}: {result}");
        result
    }

    /// Ends it and waits until it has.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            shutdown.send(()).ok();
        }
        if let Some(served) = self.served.take() {
            // Streams that are still open do not hold up the end of a test.
            self.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), served).await }).ok();
        }
        self.node.stop();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn read(answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = answered.expect("an answer");
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.body_mut().with_config().limit(128 << 20).read_to_vec().expect("a body");
    Answer { status, content_type, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
}
