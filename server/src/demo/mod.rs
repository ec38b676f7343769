//! The demonstration: a seeded city of merchants of every model, whose customers come back, whose days close on a fast
//! clock. The server knows only [`start`] and [`Running`].
//!
//! | file | what it knows |
//! |---|---|
//! | `dice` | chance, from a seed |
//! | `event` | records, moments, amounts |
//! | `calendar` | days on which banks work |
//! | `trade` | what is sold, at what hours |
//! | `city` | merchants and customers |
//! | `terms` | contracts |
//! | `agenda` | what is to happen, on which date |
//! | `purchases` | sales and their lives |
//! | `books` | what the ledger says in the morning |
//! | `money_moves` | payouts, holds, fees, debts |
//! | `house` | schemes, partners, taxes, payment companies, batches |
//! | `reporters` | what a scheme, a payment company and a bank say of the day before |
//! | `disorder` | what goes wrong, and smuggled card numbers |
//! | `board` | what is told while it runs |
//! | `gate` | the way into the log |
//! | `trader` | plays the days |
//! | `screen` | the terminal |
//!
//! Everything random follows from the seed: a fresh log gets the same records at the same settings.

mod agenda;
mod board;
mod books;
mod calendar;
mod city;
mod dice;
mod disorder;
mod event;
mod gate;
mod house;
mod money_moves;
mod purchases;
mod reporters;
pub mod screen;
mod terms;
mod trade;
mod trader;

pub use board::{Board, Phase, Told};
pub use city::MERCHANTS_MAX;
pub use disorder::SMUGGLED;
pub use reporters::configure;

use crate::config::{Config, PARTITIONS_DEFAULT};
use crate::node::{Error, Node};
use jiff::civil::Date;
use ledger::log::kafka::{Admin, Options};
use std::sync::Arc;
use std::thread::JoinHandle;

/// The payment that the API's document has in its examples: every demonstration begins with it.
pub const EXAMPLE_PAYMENT: &str = "P-88231";
/// A payout of the first merchant, of which a part of that payment is all.
pub const EXAMPLE_PAYOUT: &str = "O-88231";
/// The event of its sale.
pub const EXAMPLE_EVENT: &str = "01JDY2M7Q4";
/// Where a sale of the first merchant lies that came to another merchant's partition, of [`PARTITIONS_DEFAULT`]: sent again it is posted.
pub const EXAMPLE_SET_ASIDE: &str = "10:1";

/// What shall trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many merchants, at most [`MERCHANTS_MAX`].
    pub merchants: u32,
    /// The first business date of a ledger that is not open yet; another goes on where it is.
    pub from: Date,
    /// How long a day takes.
    pub day_seconds: u64,
    /// How many events a second, about.
    pub rate: u64,
    /// How many days of a new ledger are played at once.
    pub history_days: u32,
    /// After how many days it ends, history included; never where absent.
    pub days: Option<u32>,
    /// Whether it may trade in a ledger that it did not open itself.
    pub anywhere: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: 1, merchants: 120, from: Date::constant(2026, 11, 2), day_seconds: 10, rate: 300, history_days: 21, days: None, anywhere: false }
    }
}

/// How the topic of the demonstration is made: nothing of it is removed, and it is stamped by the broker (`docs/kafka.md`).
const TOPIC: [(&str, &str); 3] = [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("message.timestamp.type", "LogAppendTime")];

/// A demonstration that runs.
pub struct Running {
    board: Arc<Board>,
    thread: JoinHandle<()>,
}

/// Makes the topic of a Kafka that does not have it. Whether it was made.
///
/// # Errors
/// `kafka_unreachable`.
pub fn make_topic(config: &Config) -> Result<bool, ledger::log::Error> {
    let Some(brokers) = &config.brokers else { return Ok(false) };
    let mut options = Options::default();
    options.properties.clone_from(&config.kafka);
    Admin::connect(brokers, options)?.create_topic(&config.topic, config.partitions.unwrap_or(PARTITIONS_DEFAULT), &TOPIC)
}

/// Opens the ledger, where it is not open yet, and starts to trade on a thread of its own.
///
/// # Errors
/// Where there can be no thread.
pub fn start(node: &Arc<Node>, settings: Settings) -> Result<Running, Error> {
    let board = Arc::new(Board::default());
    let (node, its_board) = (Arc::clone(node), Arc::clone(&board));
    let thread = std::thread::Builder::new()
        .name("city".to_owned())
        .spawn(move || trader::Trader::new(node, its_board, settings).run())
        .map_err(|error| Error::Failed(format!("the city's thread cannot be started: {error}")))?;
    Ok(Running { board, thread })
}

impl Running {
    /// What it tells.
    pub const fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Ends it, and waits until it has ended.
    pub fn stop(self) {
        self.board.stop();
        if self.thread.join().is_err() {
            tracing::error!("the city's thread ended in a panic");
        }
    }
}
