//! `demo`: serves, and lets a simulated city trade, in a data directory of its own.

use super::serve::{ended, listen, runtime};
use super::{Failure, Options, data};
use crate::config::{Config, Source};
use crate::node::Node;
use crate::{demo, http};
use clap::Args;
use demo::screen::Painter;
use std::io::IsTerminal;
use std::sync::Arc;

/// Where the demonstration keeps its ledger, where nothing is said: never where `serve` keeps a real one.
const DATA: &str = "./demo-data";

/// What shall trade, and where it is served.
#[derive(Debug, Args)]
#[command(after_help = "Without --data its ledger is kept in ./demo-data: that of `serve` stays as it is.")]
#[command(mut_arg("data", |arg| arg.help("The data directory [default: ./demo-data]")))]
pub struct Arguments {
    /// Everything random follows from it
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many merchants trade
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=i64::from(demo::MERCHANTS_MAX)))]
    pub merchants: u32,
    /// Trade in a ledger that another opened: merchants are added to it, and its days are closed
    #[arg(long)]
    pub yes: bool,
    /// The first business date; a demonstration that was there before goes on where it is
    #[arg(long, value_name = "DATE", default_value = "2026-11-02")]
    pub from: jiff::civil::Date,
    /// How many seconds a day takes
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub day_seconds: u64,
    /// About how many events a second
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=20_000))]
    pub rate: u64,
    /// How many days of a new ledger are played at once, before days take their time
    #[arg(long, default_value_t = 21)]
    pub history_days: u32,
    /// End by itself after so many days, those played at once included
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub days: Option<u32>,
    /// The configuration.
    #[command(flatten)]
    pub options: Options,
}

impl Arguments {
    const fn settings(&self) -> demo::Settings {
        demo::Settings {
            seed: self.seed,
            merchants: self.merchants,
            from: self.from,
            day_seconds: self.day_seconds,
            rate: self.rate,
            history_days: self.history_days,
            days: self.days,
            anywhere: self.yes,
        }
    }
}

/// Serves until SIGINT or SIGTERM, or until the days are over.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let layers = arguments.options.layers()?;
    let mut config = Config::read(&layers)?;
    if layers.required("data")?.source == Source::Default {
        config.data = DATA.into();
    }
    crate::pages::choose(config.huge_pages);
    data::check(&config.data)?;
    data::check_partitions(&layers, &config)?;
    demo::configure(&mut config);
    let terminal = std::io::stdout().is_terminal();
    if terminal && arguments.options.log.is_none() && config.log == "info" {
        // The screen tells more than the log would, and lines in between would tear it.
        "error".clone_into(&mut config.log);
    }
    crate::logs::start(&config);
    if config.keys.is_some() || config.jwt.is_some() || config.tls.is_some() {
        return Err(Failure::Usage("demo plays on this machine alone, without keys, [jwt] and [tls]".to_owned()));
    }
    let runtime = runtime()?;
    let listener = listen(&runtime, &config)?;
    let address = listener.local_addr().map_err(Failure::failed)?.to_string();
    if demo::make_topic(&config).map_err(Failure::failed)? {
        tracing::info!(topic = config.topic, "the topic was made");
    }
    let node = Node::open(config).map_err(Failure::failed)?;
    let head = head(&address);
    // Whoever reads that it answers may end it.
    let ended = ended(&runtime);
    println!("{head}");
    let trading = demo::start(&node, arguments.settings()).map_err(Failure::failed)?;
    let board = Arc::clone(trading.board());
    let painter = |terminal| Painter::new(address.clone(), Arc::clone(&node), Arc::clone(&board), head.clone(), terminal);
    let (screen, mut last) = (painter(terminal).start().map_err(Failure::failed)?, painter(false));
    let its_board = Arc::clone(&board);
    let over = async move {
        tokio::select! { () = ended => {}, () = its_board.ended() => {} }
        // The server still answers: the last words are asked of it.
        let words = tokio::task::spawn_blocking(move || {
            trading.stop();
            screen.stop();
            println!("{}", last.summary());
        });
        if words.await.is_err() {
            tracing::error!("the demonstration did not end well");
        }
    };
    let served = runtime.block_on(http::serve(listener, Arc::clone(&node), over));
    node.stop();
    served.map_err(Failure::failed)?;
    board.told().failure.map_or(Ok(()), |failure| Err(Failure::Failed(failure)))
}

/// Where its dashboard is, and three calls whose answers fit on a screen.
fn head(address: &str) -> String {
    let call = |path: &str| format!("  curl -s 'http://{address}{path}'\n");
    format!(
        "Open http://{address} (this machine alone, no keys). Ctrl-C ends it. Or:\n{}{}{}The API is described at http://{address}/docs",
        call("/v1/merchants/M100001/payouts?limit=3&pretty=true"),
        call("/v1/fee-income?group_by=model&format=csv"),
        call("/v1/exposure?group_by=reason&format=csv"),
    )
}
