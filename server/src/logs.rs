//! What is logged: to standard error, with ids as fields; never card data or the values of records. Spans of traces go elsewhere, where
//! that is configured.

use crate::config::{Config, LogFormat};
use crate::traces::{self, Traces};
use std::io::IsTerminal;
use std::sync::OnceLock;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, registry};

/// What sends traces, of the process.
static TRACES: OnceLock<Traces> = OnceLock::new();

/// Starts logging, and traces where they are configured. A second call changes nothing, so tests may call it more than once.
pub fn start(config: &Config) {
    // The filter was checked with the configuration.
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // A log that shows everything shows no spans of traces, and makes none.
    let traces = Traces::new(&config.traces, &config.streams.node);
    let (traces, trouble) = match traces {
        Ok(traces) => (traces, None),
        Err(trouble) => (None, Some(trouble)),
    };
    let spans = traces.as_ref().map(|traces| traces.layer());
    // Where there is a subscriber already, it stays.
    if registry().with(lines.with_filter(filter.and(filter_fn(|of| of.target() != traces::TARGET)))).with(spans).try_init().is_ok()
        && let Some(traces) = traces
    {
        TRACES.get_or_init(|| traces);
    }
    if let Some(trouble) = trouble {
        tracing::error!(trouble, "no traces are sent");
    }
}

/// Sends the traces that are left. Nothing is traced afterwards.
pub fn end() {
    if let Some(traces) = TRACES.get() {
        traces.end();
    }
}
