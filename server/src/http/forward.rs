//! A question about one merchant, or one entry, is answered by a node that has its partition: it is handed on to that one, once, with
//! its caller as it was judged here. What is asked of a webhook goes to the node that calls it.
//!
//! Whoever takes such a question believes who asks only of a node, by its certificate or the shared secret, and hands it on to nobody. A node that
//! is not reached is left out, and a question that changes nothing is asked of another. Bounds: [`FORWARD_THREADS`] questions at once,
//! [`FORWARD_STREAMS_MAX`] of them streams; one more is answered so here, and says nothing of the other node.

use super::Service;
use super::guard::Hopped;
use super::internal;
use super::problem::{Code, Problem};
use super::{body, webhooks};
use crate::access::{Caller, Role, Roles};
use crate::cluster::client::HOP;
use crate::cluster::{Fault, Forwarded, secret};
use crate::node::{NOT_HELD, Nodes, Others, Route};
use crate::shape::parse_entry;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use projections::answers::Cut;
use schemas::ids::{MerchantId, PartnerId};
use schemas::partition::partition_of;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_stream::wrappers::ReceiverStream;

/// Questions that are handed on at once; a stream is one as long as it lasts.
pub const FORWARD_THREADS: usize = 256;
/// How many of them may be streams.
pub const FORWARD_STREAMS_MAX: usize = FORWARD_THREADS / 2;
/// How the paths of streams end.
const STREAM: &str = "/stream";
/// The header that says who asks.
const CALLER: HeaderName = HeaderName::from_static("x-ledger-caller");
/// How often another node is asked where one is not reached.
const AGAIN_MAX: usize = 3;
/// How often it is looked whether the node that is asked is still there.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Bytes of an answer that are passed on at a time.
const PART_BYTES: usize = 64 << 10;
/// Parts that wait for the client.
const PARTS_MAX: usize = 4;
/// What concerns one connection alone, and what the other node makes anew.
const OF_A_CONNECTION: [HeaderName; 12] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::HOST,
    header::CONTENT_LENGTH,
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::EXPECT,
    header::ORIGIN,
    header::DATE,
];

/// Who asks, as another node is told.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Passed {
    who: String,
    roles: Vec<String>,
    merchants: Option<Vec<String>>,
    partner: Option<String>,
    mcc: Option<String>,
    /// In microseconds since 1970.
    ends: Option<i64>,
}

impl Passed {
    fn of(caller: &Caller) -> Self {
        let Cut { merchants, partner, mcc } = &caller.cut;
        Self {
            who: caller.who.to_string(),
            roles: Role::ALL.into_iter().filter(|role| caller.roles.has(*role)).map(|role| role.as_str().to_owned()).collect(),
            merchants: merchants.as_ref().map(|merchants| merchants.iter().map(ToString::to_string).collect()),
            partner: partner.as_ref().map(ToString::to_string),
            mcc: mcc.clone(),
            ends: caller.ends.map(Timestamp::as_microsecond),
        }
    }

    /// Nothing where any of it is not what it says: nobody is taken for more than they are.
    fn caller(self) -> Option<Caller> {
        let merchants = self.merchants.map(|merchants| merchants.iter().map(|id| MerchantId::new(id)).collect::<Option<_>>());
        let partner = self.partner.map(|partner| PartnerId::new(&partner));
        Some(Caller {
            who: self.who.into(),
            roles: self.roles.iter().map(|role| Role::find(role)).collect::<Option<Roles>>()?,
            cut: Cut { merchants: whole(merchants)?.map(Arc::new), partner: whole(partner)?, mcc: self.mcc },
            ends: whole(self.ends.map(|ends| Timestamp::from_microsecond(ends).ok()))?,
        })
    }
}

/// What was said, if it is right; nothing where it is not.
fn whole<T>(said: Option<Option<T>>) -> Option<Option<T>> {
    said.map_or(Some(None), |read| read.map(Some))
}

/// Who asks, where another node hands a question on; an error where somebody else says so.
pub fn caller(service: &Service, parts: &Parts) -> Option<Result<Caller, Problem>> {
    parts.headers.get(HOP)?;
    let said = || {
        internal::among(service, parts)?;
        let bytes = URL_SAFE_NO_PAD.decode(parts.headers.get(CALLER)?).ok()?;
        serde_json::from_slice::<Passed>(&bytes).ok()?.caller()
    };
    Some(said().ok_or_else(|| Problem::new(Code::Unauthenticated, "a question that is handed on comes from a node of this group alone")))
}

/// Has another node answer, where it is the one to; else gives the request back.
pub async fn elsewhere(service: &Service, caller: &Caller, request: Request) -> Result<Request, Response> {
    let Some(nodes) = service.node.nodes().filter(|_| request.extensions().get::<Hopped>().is_none()) else { return Ok(request) };
    let (mut parts, body) = request.into_parts();
    let is_of_webhooks = parts.extensions.get::<MatchedPath>().is_some_and(|path| path.as_str().starts_with("/v1/webhooks"));
    if is_of_webhooks {
        return of_webhook(service, nodes, caller, parts, body).await;
    }
    let Some(partition) = partition(&mut parts, service.node.partitions()).await else { return Ok(Request::from_parts(parts, body)) };
    for again in (0..AGAIN_MAX).rev() {
        let Route::At(url) = nodes.route(partition) else { break };
        match hand_on(service, nodes, caller, &parts, url, Vec::new()).await {
            Ok(response) => return Err(response),
            Err(NotHanded::Here(problem)) => return Err(problem.into_response()),
            Err(NotHanded::Fault(fault)) => {
                let error = nodes.failed(partition, &fault);
                if again == 0 {
                    return Err(Problem::from(error).into_response());
                }
            }
        }
    }
    Ok(Request::from_parts(parts, body))
}

/// The partition that a question is about, where it is about one.
async fn partition(parts: &mut Parts, partitions: u32) -> Option<u32> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let named = |wanted: &str| params.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    if let Some(merchant) = named("merchant") {
        return (partitions > 0).then(|| partition_of(merchant.as_bytes(), partitions));
    }
    named("entry").and_then(|entry| parse_entry(&entry)).map(|(partition, _)| partition).filter(|partition| *partition < partitions)
}

/// Hooks are kept by the node that calls them, which others read; what changes one goes there.
async fn of_webhook(service: &Service, nodes: &Arc<Nodes>, caller: &Caller, mut parts: Parts, body: Body) -> Result<Request, Response> {
    let failed = |problem: Problem| problem.into_response();
    let node = service.node.clone();
    service.pools.hooks(move || node.webhooks().read_others().map_err(webhooks::problem)).await.map_err(failed)?;
    let params = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let id = params.iter().flatten().find(|(name, _)| *name == "id").map(|(_, value)| value.to_owned());
    let mut bytes = Bytes::new();
    let partition = match id {
        Some(id) => service.node.webhooks().find(&id).ok().map(|cell| cell.partition),
        None if parts.method == Method::POST => {
            (bytes, _) = body::read(service, body, webhooks::BODY_BYTES_MAX).await.map_err(failed)?;
            let merchant = webhooks::merchant_named(&bytes, caller);
            merchant.and_then(|merchant| service.node.home(merchant.as_str()).ok().map(crate::node::Place::partition))
        }
        None => return Ok(Request::from_parts(parts, body)),
    };
    let here = |parts, bytes: Bytes| Ok(Request::from_parts(parts, Body::from(bytes)));
    let Some(partition) = partition else { return here(parts, bytes) };
    if nodes.own().owns.contains(&partition) {
        return here(parts, bytes);
    }
    let nobody = || {
        let detail = format!("partition {partition}: no node that this one hears owns it: see /v1/cluster, cluster.advertise, cluster.secret; ask again");
        Problem::new(Code::Unavailable, detail).of_partition(partition).because(Some(NOT_HELD))
    };
    let url = nodes.owner_elsewhere(partition).ok_or_else(|| failed(nobody()))?;
    match hand_on(service, nodes, caller, &parts, url, bytes.to_vec()).await {
        Ok(response) => Err(response),
        Err(NotHanded::Here(problem)) => Err(failed(problem)),
        Err(NotHanded::Fault(fault)) => Err(failed(nodes.failed(partition, &fault).into())),
    }
}

/// Why a question has no answer of another node.
enum NotHanded {
    /// It was not handed on.
    Here(Problem),
    /// The other node did not answer.
    Fault(Fault),
}

impl From<Fault> for NotHanded {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

async fn hand_on(service: &Service, nodes: &Arc<Nodes>, caller: &Caller, parts: &Parts, url: String, body: Vec<u8>) -> Result<Response, NotHanded> {
    let asked = Instant::now();
    let silent = |error: &dyn std::fmt::Display| Fault::Silent { url: url.clone(), error: error.to_string(), asked };
    let mut headers = without_connection(&parts.headers);
    for own in [HOP, secret::HEADER, CALLER.as_str()] {
        headers.remove(own);
    }
    let passed = serde_json::to_vec(&Passed::of(caller)).map_err(|error| silent(&error))?;
    headers.insert(CALLER, HeaderValue::from_str(&URL_SAFE_NO_PAD.encode(passed)).map_err(|error| silent(&error))?);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    // What a HEAD would be answered is asked for whole, so that its length can be told.
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    let (client, to) = (Arc::clone(nodes.client()), url.clone());
    let (answered, answer) = tokio::sync::oneshot::channel();
    let is_stream = parts.uri.path().ends_with(STREAM);
    let taken = service.pools.hand_on(is_stream, move || {
        let (head, mut body) = match client.forward(&to, &method, &path, &headers, body) {
            Ok(Forwarded { status, headers, body }) => ((status, headers), body),
            Err(fault) => return drop(answered.send(Err(fault))),
        };
        let (parts, received) = tokio::sync::mpsc::channel(PARTS_MAX);
        // Whoever asked may have gone.
        if answered.send(Ok((head, received))).is_err() {
            return;
        }
        let mut buffer = vec![0; PART_BYTES];
        loop {
            let part = match body.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => Ok(Bytes::copy_from_slice(buffer.get(..read).unwrap_or_default())),
                Err(error) => Err(error),
            };
            let is_over = part.is_err();
            if parts.blocking_send(part).is_err() || is_over {
                return;
            }
        }
    });
    taken.await.map_err(NotHanded::Here)?;
    let mut answer = answer;
    let ((status, headers), received) = loop {
        tokio::select! {
            answered = &mut answer => break answered.map_err(|error| silent(&error))??,
            // One that stands still is noticed by its silence, and not by this question.
            () = tokio::time::sleep(LOOK_EVERY) => if !nodes.is_there(&url) {
                return Err(silent(&"it is left out").into());
            },
        }
    };
    let mut response = (status, Body::from_stream(ReceiverStream::new(received))).into_response();
    *response.headers_mut() = without_connection(&headers);
    response.headers_mut().insert(HOP, HeaderValue::from_str(&nodes.own().node).unwrap_or(HeaderValue::from_static("?")));
    Ok(response)
}

fn without_connection(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    OF_A_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_comes_over_whole_and_nobody_becomes_more() {
        let cut =
            Cut { merchants: Some(Arc::new([MerchantId::new("M1").expect("an id")].into())), partner: PartnerId::new("isv-9"), mcc: Some("5812".to_owned()) };
        let ends = Some(Timestamp::from_microsecond(1_800_000_000_123_456).expect("a moment"));
        let callers =
            [Caller { who: "k1".into(), roles: [Role::Merchant, Role::Ingest].into_iter().collect(), cut, ends }, Caller::anybody(), Caller::default()];
        for caller in callers {
            let bytes = serde_json::to_vec(&Passed::of(&caller)).expect("JSON");
            assert_eq!(serde_json::from_slice::<Passed>(&bytes).expect("read").caller(), Some(caller));
        }
        let none = || Passed { who: String::new(), roles: Vec::new(), merchants: None, partner: None, mcc: None, ends: None };
        assert_eq!(Passed { roles: vec!["root".to_owned()], ..none() }.caller(), None);
        assert_eq!(Passed { merchants: Some(vec!["M 1".to_owned()]), ..none() }.caller(), None);
        assert_eq!(Passed { partner: Some(String::new()), ..none() }.caller(), None);
    }
}
