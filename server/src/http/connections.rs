//! Connections: taken up to a bound, and each is ended that keeps the server waiting.
//!
//! | what a client may take its time for | bound | what then |
//! |---|---|---|
//! | being connected | [`Times::idle`] without a request | closed |
//! | agreeing on TLS; the header of a request, from its first byte | [`Times::header`] | closed |
//! | the body of a request | `limits.body_seconds`, see [`super::body`] | 408 `request_timeout` |
//! | taking an answer | [`Times::write`] without a byte taken | closed |
//!
//! One connection more than the bound is answered 503 `unavailable` without being read, and closed; where TLS is spoken it is closed
//! without an answer, for both would have to agree on TLS first. Where the process has no descriptor left for it, the server waits for
//! one and says so; those that it has go on.

use super::problem::{Code, Problem};
use super::timed::{Asked, Phase, Timed};
use super::tls::{Listening, Shown};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How long the server waits after the system had no descriptor for a connection.
const NO_DESCRIPTOR_PAUSE: Duration = Duration::from_millis(100);
/// How often it is said that connections are refused.
const TOLD_EVERY: Duration = Duration::from_secs(10);
/// What is read of a request before its end must have been found: header lines above it are refused.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// What a client may take its time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The header of a request, from its first byte to its last.
    pub header: Duration,
    /// From an answer to the next request, and from the connection to the first.
    pub idle: Duration,
    /// Between two bytes of an answer that are taken.
    pub write: Duration,
}

/// How many connections there are, and were refused.
#[derive(Debug)]
pub struct Connections {
    free: Arc<Semaphore>,
    at_most: usize,
    refused: AtomicU64,
}

impl Connections {
    /// With room for so many.
    pub fn new(at_most: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(at_most)), at_most, refused: AtomicU64::new(0) }
    }

    /// How many there are now.
    pub fn open(&self) -> usize {
        self.at_most.saturating_sub(self.free.available_permits())
    }

    /// How many there may be.
    pub const fn at_most(&self) -> usize {
        self.at_most
    }

    /// How many were refused since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// Answers on a listener until `ending` says so, then finishes what is being answered.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<Listening>>,
    router: Router,
    connections: Arc<Connections>,
    times: Times,
    mut ending: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(router);
    let graceful = GracefulShutdown::new();
    let mut complaint = Complaint::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ending.wait_for(|ending| *ending) => break,
        };
        match accepted {
            Ok((stream, _)) => match Arc::clone(&connections.free).try_acquire_owned() {
                Ok(permit) => {
                    tokio::spawn(connection(stream, tls.clone(), service.clone(), times, graceful.watcher(), permit));
                }
                Err(_) => {
                    connections.refused.fetch_add(1, Ordering::Relaxed);
                    complaint.say(&format!("there are {} connections, as many as there may be", connections.at_most));
                    if tls.is_none() {
                        refuse(&stream);
                    }
                }
            },
            Err(error) if of_the_client(&error) => {}
            Err(error) => {
                complaint.say(&format!("a connection cannot be taken: {error}; raise the limit of open files (ulimit -n, LimitNOFILE)"));
                tokio::time::sleep(NO_DESCRIPTOR_PAUSE).await;
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Answers on one connection until it ends. That a client went away or was too slow concerns nobody else.
async fn connection(
    stream: TcpStream,
    tls: Option<Arc<Listening>>,
    service: TowerToHyperService<Router>,
    times: Times,
    watcher: Watcher,
    permit: OwnedSemaphorePermit,
) {
    // Answers are written whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    match tls {
        None => answer(stream, None, service, times, watcher).await,
        Some(tls) => match tokio::time::timeout(times.header, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => {
                let shown = Shown::on(stream.get_ref().1, &tls);
                answer(stream, shown, service, times, watcher).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a connection did not agree on TLS"),
            Err(_) => tracing::debug!("a connection did not agree on TLS in time"),
        },
    }
    drop(permit);
}

/// Answers the requests of a stream, each of which is a node's where its other end has shown the certificate of one.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    shown: Option<Shown>,
    service: TowerToHyperService<Router>,
    times: Times,
    watcher: Watcher,
) {
    let phase = Phase::default();
    let io = TokioIo::new(Timed::new(stream, times.header, times.write, phase.clone()));
    let answering = service_fn(move |mut request: Request<Incoming>| {
        let asked = Asked::begin(&phase);
        if let Some(of_node) = shown.as_ref().and_then(Shown::of_node) {
            request.extensions_mut().insert(of_node);
        }
        let answer = service.call(request);
        async move { answer.await.map(|response| response.map(|body| Body::new(asked.until_sent(body)))) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(times.idle).max_buf_size(HEADER_BYTES_MAX);
    if let Err(error) = watcher.watch(builder.serve_connection(io, answering)).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Says that there is no room, as far as that can be said without waiting.
fn refuse(stream: &TcpStream) {
    let problem = Problem::new(Code::Unavailable, "there are as many connections as this server takes; try again").body_text();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nretry-after: 1\r\nconnection: close\r\n\r\n{problem}",
        problem.len()
    );
    let _ = stream.try_write(answer.as_bytes());
}

/// Whether a connection failed before it was taken, which is the client's affair.
fn of_the_client(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

/// What would be said thousands of times a second is said once in [`TOLD_EVERY`].
#[derive(Default)]
struct Complaint {
    said: Option<tokio::time::Instant>,
}

impl Complaint {
    fn say(&mut self, what: &str) {
        if self.said.is_none_or(|said| said.elapsed() >= TOLD_EVERY) {
            self.said = Some(tokio::time::Instant::now());
            tracing::warn!("{what}");
        }
    }
}
