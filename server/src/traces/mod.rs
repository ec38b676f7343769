//! Traces by OpenTelemetry: where a request's time goes, sent by OTLP over HTTP where `traces.endpoint` says so, and nothing else.
//!
//! | span | from | until |
//! |---|---|---|
//! | `METHOD /route` | the request's head was read | its answer is ready |
//! | `append` | events were read | the log has taken them |
//! | `fold` | somebody waits for a position | the journal includes it |
//! | `views` | likewise | answers include it |
//! | `answer` | what is told is read from a snapshot | it was read |
//!
//! So `POST /v1/events?wait=true` has all of them, one after the other: the fold itself runs in batches of many events on a thread of its
//! own, and a trace shows how long this event waited for its. A caller's `traceparent` is its request's parent, and its decision whether
//! the trace is kept stands.
//!
//! Spans are `tracing`'s, with a target and a level of their own: without an endpoint none is made, and no filter of the log shows them.
//! They name routes, statuses and counts, and nothing of what is in a request.
//!
//! Bounds: the queue of spans and what is sent at a time are OpenTelemetry's own (2 048, 512 every 5 s); what does not fit is dropped, and a
//! receiver that does not answer holds up nothing. [`EXPORT_TIME_MAX`] one sending.

mod requests;

use crate::config::Traces as Settings;
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::time::Duration;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

/// The target of every span of a trace.
pub const TARGET: &str = "traces";
/// The longest that one sending may take.
const EXPORT_TIME_MAX: Duration = Duration::from_secs(10);
/// The longest that the last spans may take at the end of the process.
const END_TIME_MAX: Duration = Duration::from_secs(5);

/// What sends traces. Nothing where they go nowhere.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Makes it; the receiver is asked nothing yet. `node` is what this one is called.
    ///
    /// # Errors
    /// The endpoint is no address.
    pub fn new(settings: &Settings, node: &str) -> Result<Option<Self>, String> {
        let Some(endpoint) = &settings.endpoint else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(requests::Client::new(EXPORT_TIME_MAX))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(EXPORT_TIME_MAX)
            .build()
            .map_err(|error| format!("traces.endpoint = {endpoint:?}: {error}"))?;
        let named = [KeyValue::new("service.instance.id", node.to_owned()), KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))];
        let resource = Resource::builder_empty().with_service_name("merchant-ledger").with_attributes(named).build();
        let kept = Sampler::TraceIdRatioBased(f64::from(settings.sampled_percent) / 100.0);
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_sampler(Sampler::ParentBased(Box::new(kept))).with_resource(resource).build();
        Ok(Some(Self(provider)))
    }

    /// Takes the spans of traces, and no event of the log.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(&self) -> impl Layer<S> + Send + Sync + use<S> {
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("merchant-ledger"));
        layer.with_location(false).with_threads(false).with_target(false).with_filter(Targets::new().with_target(TARGET, LevelFilter::TRACE))
    }

    /// Sends what is left.
    pub fn end(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(END_TIME_MAX) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// The span of a request, below that of its caller where it says one.
pub fn of_request(method: &str, route: &str, headers: &ureq::http::HeaderMap) -> Span {
    let span = tracing::trace_span!(
        target: TARGET,
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
    );
    if !span.is_disabled() {
        // One that cannot be read is no parent.
        drop(span.set_parent(TraceContextPropagator::new().extract(&HeaderExtractor(headers))));
    }
    span
}

/// Writes down how a request was answered.
pub fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}
