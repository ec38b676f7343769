//! Everything that speaks HTTP; the only room that names axum. Its types are its own: no type of the domain is told as
//! it is.
//!
//! A handler, its documentation, its request and its answer are one file; `routes` lists all of them, `guard` judges each
//! request before its handler sees it. Bounds: connections and their times ([`connections`]), a body
//! ([`body::BODY_BYTES_MAX`], [`body::BATCH_EVENTS_MAX`], [`webhooks::BODY_BYTES_MAX`]), the memory of all bodies ([`bodies`]), expensive questions ([`question`]), a page
//! ([`parameters::PAGE_ROWS_MAX`]), a wait ([`parameters::WAIT_MS_MAX`]), a query ([`parameters::QUERY_BYTES_MAX`]), streams
//! ([`merchant::STREAMS_MAX`]), what a problem repeats of its request (`problem::shown`).

mod accept;
mod access_log;
mod accounts;
mod audit;
mod became;
mod bodies;
mod body;
mod categories;
mod cluster;
mod codes;
mod connections;
mod consumption;
mod cursor;
mod dashboard;
mod encoding;
mod event_list;
mod event_status;
mod everywhere;
mod exposure;
mod fee_income;
mod file;
mod files;
mod finish;
mod forward;
mod grouped;
mod guard;
mod health;
mod internal;
mod list;
mod lists;
mod merchant;
mod merchants;
mod metrics;
mod names;
mod one_or_many;
pub mod openapi;
mod openapi_complete;
mod openapi_forms;
mod openapi_published;
mod openapi_rows;
mod page;
mod parameters;
mod post_events;
mod problem;
mod projections;
mod quarantine;
mod question;
mod read;
mod reconciliation;
mod routes;
mod timed;
mod tls;
mod unread;
mod web_page;
mod webhooks;
mod whoami;

use crate::access::{Gate, LOOK_EVERY, Told, vouching};
use crate::cluster::Client;
use crate::config::{CheckpointPlace, Config};
use crate::descriptors;
use crate::node::Node;
use crate::node::controls::{self, Controls};
use crate::node::proofs;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::get;
use bodies::Bodies;
use connections::{Connections, Times};
use metrics::Counted;
use question::Pools;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tls::Listening;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;

/// How long requests that are being answered may take once the server is to end.
const ENDING_WAIT_MAX: Duration = Duration::from_secs(10);

/// How often it is noted how far answers are.
const NOTE_EVERY: Duration = Duration::from_secs(1);

/// What every handler has.
#[derive(Clone)]
pub struct Service {
    node: Arc<Node>,
    /// Who asks, and how often.
    gate: Arc<Gate>,
    /// The certificate that is shown, and who vouches for nodes.
    tls: Option<Arc<Listening>>,
    counted: Arc<Counted>,
    /// The sums that exposure is told from.
    boards: Arc<exposure::boards::Boards>,
    /// Control events that partitions lack.
    controls: Arc<Controls>,
    /// Threads of what is expensive, and of what waits for the log.
    pools: Arc<Pools>,
    /// Connections that there are, and may be.
    connections: Arc<Connections>,
    /// Memory of the bodies of requests.
    bodies: Arc<Bodies>,
    /// Streams that may still be opened.
    streams: Arc<Semaphore>,
    /// Whether the server is to end: streams end then.
    ending: watch::Receiver<bool>,
}

/// Every route.
fn router(service: Service) -> Router {
    routes::router(&service)
        .route("/openapi.json", get(openapi::openapi_json))
        .merge(openapi::page())
        .merge(dashboard::routes())
        .merge(internal::routes())
        .route(codes::PAGE, get(codes::page))
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(encoding::layer())
        .layer(from_fn(encoding::name))
        .layer(from_fn_with_state(service.clone(), guard::identify))
        .layer(map_response(problem::of_foreign))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn(finish::finish))
        .layer(from_fn_with_state(Arc::clone(&service.counted), metrics::count))
        .layer(from_fn(unread::settle))
        .with_state(service)
}

/// Answers on a listener until `shutdown` is done, then finishes what it is at.
pub async fn serve(listener: TcpListener, node: Arc<Node>, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let (ending, mut ended) = watch::channel(false);
    let limits = node.config().limits.clone();
    let partitions = node.partitions().max(crate::config::PARTITIONS_DEFAULT);
    let shares = descriptors::shares(descriptors::limit(), partitions, limits.connections);
    let connections = Arc::new(Connections::new(shares.connections));
    let boards = Arc::new(exposure::boards::Boards::new(usize::try_from(node.config().exposure_mib << 20).unwrap_or(usize::MAX)));
    let bodies = Arc::new(Bodies::new(usize::try_from(node.config().bodies_mib << 20).unwrap_or(usize::MAX)));
    let kept = exposure::boards::keep(Arc::clone(&boards), Arc::clone(&node));
    let controls = Arc::new(Controls::default());
    let compared = controls::keep(Arc::clone(&controls), Arc::clone(&node));
    let gate = Arc::new(Gate::open(node.config()).map_err(std::io::Error::other)?);
    let tls = Listening::open(node.config()).map_err(std::io::Error::other)?;
    let rooted = proofs::keep(Arc::clone(&node));
    let looked = look(Arc::clone(&gate), tls.clone(), Arc::clone(&node));
    let (noted, its_node) = (note(Arc::clone(&node)), Arc::clone(&node));
    let service = Service {
        node,
        gate,
        tls: tls.clone(),
        counted: Arc::new(Counted::default()),
        boards,
        controls,
        pools: Arc::new(Pools::new(limits.expensive)?),
        connections: Arc::clone(&connections),
        bodies,
        streams: Arc::new(Semaphore::new(merchant::STREAMS_MAX)),
        ending: ending.subscribe(),
    };
    let times = Times { header: limits.header, idle: limits.idle, write: limits.write };
    service.node.webhooks().compose_with(merchant::composed);
    let served = connections::serve(listener, tls, router(service), connections, times, ending.subscribe());
    let end = async {
        shutdown.await;
        ending.send_replace(true);
        std::future::pending::<()>().await;
    };
    let late = async {
        // The sender lives as long as the server; should it be gone, there is nothing to wait for.
        let _ = ended.wait_for(|ending| *ending).await;
        tokio::time::sleep(ENDING_WAIT_MAX).await;
    };
    let served = tokio::select! {
        () = served => Ok(()),
        () = end => Ok(()),
        () = late => Ok(()),
        () = kept => Err(std::io::Error::other("what keeps exposure up to the date has ended")),
        () = compared => Err(std::io::Error::other("what compares control events has ended")),
        () = noted => Err(std::io::Error::other("what notes how far answers are has ended")),
        () = rooted => Err(std::io::Error::other("what lets the trees of the journals grow has ended")),
        () = looked => Err(std::io::Error::other("what looks at the files of keys and certificates has ended")),
    };
    post_events::on_all(&its_node, ENDING_WAIT_MAX).await;
    served
}

/// Whether keys, tokens' keys and certificates can be read as configured, and a directory of checkpoints can be one: what a server would fail
/// by, before it opens anything.
pub fn check(config: &Config) -> Result<(), String> {
    Gate::open(config)?;
    Listening::open(config)?;
    config.cluster.as_ref().map(Client::new).transpose()?;
    config.checkpoints.place.as_ref().map(CheckpointPlace::check).transpose()?;
    config.registry.as_ref().map(|registry| vouching::tls("registry.certificates", registry.certificates.as_deref())).transpose()?;
    Ok(())
}

/// Looks at the files of keys and certificates until the server ends.
async fn look(gate: Arc<Gate>, tls: Option<Arc<Listening>>, node: Arc<Node>) {
    let told = Arc::new(Told::default());
    for count in 1u32.. {
        tokio::time::sleep(LOOK_EVERY).await;
        let (gate, tls, node, told) = (Arc::clone(&gate), tls.clone(), Arc::clone(&node), Arc::clone(&told));
        let looking = tokio::task::spawn_blocking(move || {
            gate.look(count);
            if let Some(tls) = &tls {
                tls.look();
            }
            if let Some(nodes) = node.nodes() {
                nodes.look_at_certificates();
            }
            told.tell(&files::statuses(&gate, tls.as_deref(), &node), jiff::Timestamp::now());
        });
        if looking.await.is_err() {
            tracing::error!("looking at the files of keys and certificates ended in a panic");
            return;
        }
    }
}

/// Notes how far answers are until the server ends: since when they have been behind is known to whoever asks, also to one who asks
/// for the first time.
async fn note(node: Arc<Node>) {
    loop {
        tokio::time::sleep(NOTE_EVERY).await;
        let node = Arc::clone(&node);
        if tokio::task::spawn_blocking(move || node.statuses()).await.is_err() {
            tracing::error!("noting how far answers are ended in a panic");
            return;
        }
    }
}
