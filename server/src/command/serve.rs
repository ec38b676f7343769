//! `serve`: follows the log and answers over HTTP until it is told to end.

use super::{Failure, Options, data};
use crate::config::Config;
use crate::http;
use crate::node::Node;
use ledger::log::kafka;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Threads that read from the disk for requests.
const BLOCKING_THREADS_MAX: usize = 32;
/// Threads that answer requests: the shards and their followers want the other cores.
const ANSWERING_THREADS: usize = 2;

/// The longest that an end takes once nobody is answered any more.
const ENDS_WITHIN: Duration = Duration::from_secs(40);

/// Serves until SIGINT or SIGTERM.
pub fn run(options: &Options) -> Result<(), Failure> {
    let layers = options.layers()?;
    let config = Config::read(&layers)?;
    crate::pages::choose(config.huge_pages);
    data::check(&config.data)?;
    data::check_partitions(&layers, &config)?;
    crate::logs::start(&config);
    http::check(&config).map_err(|error| Failure::Usage(format!("bad configuration: {error}")))?;
    let runtime = runtime()?;
    // The address is taken before the data directory, so a second server fails before it touches anything.
    let listener = listen(&runtime, &config)?;
    let node = Node::open(config).map_err(Failure::failed)?;
    // Whoever reads that it answers may end it.
    let ended = ended(&runtime);
    announce(&node, &listener);
    let served = runtime.block_on(http::serve(listener, Arc::clone(&node), ended));
    tracing::info!("ending");
    end_within(ENDS_WITHIN, i32::from(served.is_err()));
    node.stop();
    crate::logs::end();
    served.map_err(Failure::failed)
}

/// Ends the process after this time, whatever is not done by then: another process, such as a broker, may be what it waits for, and what was
/// committed is safe at any moment. `code` is what it ends with.
fn end_within(time: Duration, code: i32) {
    let watch = move || {
        std::thread::sleep(time);
        tracing::warn!("something did not end within {} s, and is left: what was committed is safe", time.as_secs());
        crate::logs::end();
        std::process::exit(code);
    };
    if let Err(error) = std::thread::Builder::new().name("end".to_owned()).spawn(watch) {
        tracing::warn!(%error, "there is no thread that bounds the end");
    }
}

/// The threads of HTTP.
pub fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .worker_threads(ANSWERING_THREADS)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_name("http")
        .enable_all()
        .build()
        .map_err(Failure::failed)
}

/// Takes the address.
pub fn listen(runtime: &Runtime, config: &Config) -> Result<TcpListener, Failure> {
    let listen = config.listen;
    runtime.block_on(TcpListener::bind(listen)).map_err(|error| {
        Failure::Failed(format!(
            "--listen = \"{listen}\" cannot be used: {error}; right would be an address of this machine with a free port, such as 127.0.0.1:8081"
        ))
    })
}

fn announce(node: &Node, listener: &TcpListener) {
    let address = listener.local_addr().map_or_else(|_| node.config().listen.to_string(), |address| address.to_string());
    let log = node.config().brokers.as_deref().unwrap_or("embedded");
    let config = node.config();
    let who = match (&config.keys, &config.jwt) {
        (None, None) => "anybody on this machine, because no keys are configured",
        (Some(_), None) => "whoever has a key",
        (None, Some(_)) => "whoever has a token",
        (Some(_), Some(_)) => "whoever has a key or a token",
    };
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    tracing::info!(address, scheme, log, who, "answering");
    for variable in &config.unknown_variables {
        tracing::warn!(variable, "is in the environment under our prefix, and is no key");
    }
    if config.brokers.is_some() {
        tracing::info!(version = kafka::version(), features = kafka::features(), "Kafka's client");
    }
}

/// Done when the process is asked to end. Signals are caught from this call on, also before anybody waits for it.
pub fn ended(runtime: &Runtime) -> impl Future<Output = ()> + Send + 'static {
    let _runtime = runtime.enter();
    #[cfg(unix)]
    let caught = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::interrupt()).and_then(|interrupt| Ok((interrupt, signal(SignalKind::terminate())?)))
    };
    async move {
        #[cfg(unix)]
        match caught {
            Ok((mut interrupt, mut terminate)) => {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            }
            Err(error) => {
                // Without a handler the system's own applies: the process ends at once, which is safe at any moment.
                tracing::error!(%error, "signals cannot be awaited");
                std::future::pending::<()>().await;
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
