//! `demo`: serves, and lets a simulated city trade.

use super::serve::{ended, listen, runtime};
use super::{Failure, Options};
use crate::node::Node;
use crate::{demo, http};
use clap::Args;
use std::sync::Arc;

/// What shall trade, and where it is served.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Everything random follows from it
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many merchants trade
    #[arg(long, default_value_t = 200)]
    pub merchants: u32,
    /// The configuration.
    #[command(flatten)]
    pub options: Options,
}

/// Serves until SIGINT or SIGTERM.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.options.configuration()?;
    crate::logs::start(&config);
    let runtime = runtime()?;
    let listener = listen(&runtime, &config)?;
    let address = listener.local_addr().map_err(Failure::failed)?;
    let node = Node::open(config).map_err(Failure::failed)?;
    let trading = demo::start(&node, &demo::Settings { seed: arguments.seed, merchants: arguments.merchants }).map_err(Failure::failed)?;
    println!("merchant-ledger answers at http://{address} (without authentication, so only on this machine). Three calls to try:");
    println!("  curl -s 'http://{address}/v1/merchants?limit=3'");
    println!("  curl -s 'http://{address}/v1/accounts?group_by=book,code,currency'");
    println!("  curl -s 'http://{address}/readyz'");
    println!("The API is described at http://{address}/docs. Ctrl-C ends it.");
    let served = runtime.block_on(http::serve(listener, Arc::clone(&node), ended()));
    trading.stop();
    node.stop();
    served.map_err(Failure::failed)
}
