//! Everything that speaks HTTP; the only room that names axum. Its types are its own: no type of the domain is told as
//! it is.
//!
//! A handler, its documentation, its request and its answer are one file. Bounds: a body
//! ([`body::BODY_BYTES_MAX`], [`body::BATCH_EVENTS_MAX`]), a page ([`parameters::PAGE_ROWS_MAX`]), a wait
//! ([`parameters::WAIT_MS_MAX`]), a query ([`parameters::QUERY_BYTES_MAX`]), streams ([`merchant::STREAMS_MAX`]).

mod accept;
mod accounts;
mod audit;
mod became;
mod boards;
mod body;
mod caller;
mod consumption;
mod cursor;
mod event_list;
mod event_status;
mod everywhere;
mod exposure;
mod fee_income;
mod grouped;
mod health;
mod merchant;
mod merchants;
mod metrics;
mod one_or_many;
pub mod openapi;
mod openapi_complete;
mod page;
mod parameters;
mod post_events;
mod problem;
mod projections;
mod quarantine;
mod read;

use crate::node::Node;
use crate::node::controls::{self, Controls};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use metrics::Counted;
use std::future::{Future, IntoFuture};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;

/// How long requests that are being answered may take once the server is to end.
const ENDING_WAIT_MAX: Duration = Duration::from_secs(10);

/// What every handler has.
#[derive(Clone)]
pub struct Service {
    node: Arc<Node>,
    counted: Arc<Counted>,
    /// The sums that exposure is told from.
    boards: Arc<boards::Boards>,
    /// Control events that partitions lack.
    controls: Arc<Controls>,
    /// Streams that may still be opened.
    streams: Arc<Semaphore>,
    /// Whether the server is to end: streams end then.
    ending: watch::Receiver<bool>,
}

/// Every route.
fn router(service: Service) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(openapi::openapi_json))
        .route("/v1/events", post(post_events::post_events).get(event_list::event_list))
        .route("/v1/events/{id}", get(event_status::event_status))
        .route("/v1/quarantine", get(quarantine::quarantine))
        .route("/v1/quarantine/{position}/replay", post(quarantine::replay))
        .route("/v1/merchants", get(merchants::merchants))
        .merge(merchant::routes())
        .merge(consumption::routes())
        .route("/v1/accounts", get(accounts::accounts))
        .route("/v1/fee-income", get(fee_income::fee_income))
        .route("/v1/exposure", get(exposure::exposure))
        .route("/v1/audit/heads", get(audit::heads))
        .route("/v1/projections", get(projections::projections))
        .route("/v1/projections/{name}/rebuild", post(projections::rebuild).get(projections::rebuild_status))
        .merge(openapi::page())
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(from_fn(caller::identify))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(Arc::clone(&service.counted), metrics::count))
        .with_state(service)
}

/// Answers on a listener until `shutdown` is done, then finishes what it is at.
pub async fn serve(listener: TcpListener, node: Arc<Node>, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let (ending, mut ended) = watch::channel(false);
    let boards = Arc::new(boards::Boards::default());
    let streams = Arc::new(Semaphore::new(merchant::STREAMS_MAX));
    let kept = boards::keep(Arc::clone(&boards), Arc::clone(&node));
    let controls = Arc::new(Controls::default());
    let compared = controls::keep(Arc::clone(&controls), Arc::clone(&node));
    let router = router(Service { node, counted: Arc::new(Counted::default()), boards, controls, streams, ending: ending.subscribe() });
    let graceful = async move {
        shutdown.await;
        ending.send_replace(true);
    };
    let late = async {
        // The sender lives as long as the server; should it be gone, there is nothing to wait for.
        let _ = ended.wait_for(|ending| *ending).await;
        tokio::time::sleep(ENDING_WAIT_MAX).await;
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(graceful).into_future() => served,
        () = late => Ok(()),
        () = kept => Err(std::io::Error::other("what keeps exposure up to the date has ended")),
        () = compared => Err(std::io::Error::other("what compares control events has ended")),
    }
}
