//! The terminal: one screen that is drawn again each second, or a line now and then where standard output is no terminal.
//!
//! Totals are asked over HTTP, as everybody else asks. Bounds: [`PAGES_MAX`] pages of merchants, [`ANSWER_WAIT_MAX`].

use super::board::{Board, Phase};
use crate::node::{Node, ShardStatus};
use schemas::money::{Currency, format_minor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two screens.
const REDRAW: Duration = Duration::from_secs(1);
/// Between two lines.
const LINE: Duration = Duration::from_secs(5);
/// Between two questions for totals.
const TOTALS: Duration = Duration::from_secs(3);
/// The longest that one answer may take.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);
/// The most pages of merchants that are added up.
const PAGES_MAX: usize = 20;
/// Clears the line's rest; goes to the first line; clears what is below.
const CLEAR_REST: &str = "\x1b[K\n";
const HOME: &str = "\x1b[H";
const CLEAR_BELOW: &str = "\x1b[J";
const CLEAR_ALL: &str = "\x1b[2J";

/// What fits into a terminal of 80 columns and 24 lines; what is longer is cut, so that nothing ever wraps.
pub const COLUMNS: usize = 80;
/// The lines of such a terminal.
pub const LINES: usize = 24;

/// What stands in a row of a model and a currency, in minor units.
#[derive(Clone, Debug, Default)]
struct Total {
    sales_count: i64,
    sales: i128,
    margin: i128,
    payable: i128,
}

/// What the bank looks at in one currency, in minor units.
#[derive(Clone, Debug, Default)]
struct Risk {
    held: i128,
    exposure: i128,
    uncovered: i128,
}

/// What was asked last.
#[derive(Clone, Debug, Default)]
struct Totals {
    /// By model and currency.
    models: BTreeMap<(String, String), Total>,
    /// By currency.
    risks: BTreeMap<String, Risk>,
}

/// A terminal that is drawn.
pub struct Screen {
    board: Arc<Board>,
    thread: JoinHandle<()>,
}

/// What draws.
pub struct Painter {
    address: String,
    node: Arc<Node>,
    board: Arc<Board>,
    head: String,
    terminal: bool,
    agent: ureq::Agent,
    totals: Totals,
    asked: Option<Instant>,
    seen: (Instant, u64),
}

impl Painter {
    /// Draws a node's demonstration, with `head` above it, on a terminal or in lines.
    pub fn new(address: String, node: Arc<Node>, board: Arc<Board>, head: String, terminal: bool) -> Self {
        let agent = ureq::Agent::config_builder().timeout_global(Some(ANSWER_WAIT_MAX)).build().new_agent();
        Self { address, node, board, head, terminal, agent, totals: Totals::default(), asked: None, seen: (Instant::now(), 0) }
    }

    /// Draws on a thread of its own, until the board says to stop.
    ///
    /// # Errors
    /// Where there can be no thread.
    pub fn start(mut self) -> std::io::Result<Screen> {
        let board = Arc::clone(&self.board);
        let draw = move || {
            let pause = if self.terminal { REDRAW } else { LINE };
            if self.terminal {
                print(CLEAR_ALL);
            }
            while !self.board.pause(pause) && self.board.told().phase != Phase::Ended {
                let text = if self.terminal { self.screen() } else { self.line() };
                print(&text);
            }
        };
        let thread = std::thread::Builder::new().name("screen".to_owned()).spawn(draw)?;
        Ok(Screen { board, thread })
    }

    /// The last words: everything once more.
    pub fn summary(&mut self) -> String {
        self.asked = None;
        let mut lines = vec![String::new()];
        lines.extend(self.progress());
        lines.extend(self.rows());
        lines.push(String::new());
        lines.join("\n")
    }

    fn screen(&mut self) -> String {
        let mut lines = self.progress();
        lines.push(self.shards());
        lines.extend(self.rows());
        lines.extend(self.head.lines().map(str::to_owned));
        drawn(&lines)
    }

    fn line(&mut self) -> String {
        let mut text = self.progress().join(" · ");
        let rows = self.ask_sometimes().models.iter().filter(|((_, currency), _)| currency == "CNY");
        for ((model, _), total) in rows {
            // Writing to a string does not fail.
            let _ = write!(text, " · {model} {}", money(total.sales, "CNY"));
        }
        text.push('\n');
        text
    }

    /// The day and the speed; what became of records; what went wrong.
    fn progress(&mut self) -> Vec<String> {
        let (told, statuses) = (self.board.told(), self.node.statuses());
        let sum = |of: fn(&ShardStatus) -> u64| statuses.iter().map(of).sum::<u64>();
        let records = sum(|status| status.counters.records);
        let millis = self.seen.0.elapsed().as_millis().max(1);
        let rate = u128::from(records.saturating_sub(self.seen.1)) * 1000 / millis;
        self.seen = (Instant::now(), records);
        let mut lines = vec![
            format!(
                "{} {} · {} days closed · {rate} events/s · lag {}",
                told.date.as_deref().unwrap_or("no date"),
                told.phase.as_str(),
                told.days,
                sum(|status| status.lag),
            ),
            format!(
                "{records} records: {} posted, {} duplicate, {} parked, {} refused, {} quarantined",
                sum(|status| status.counters.posted),
                sum(|status| status.counters.duplicate),
                sum(|status| status.counters.parked),
                sum(|status| status.counters.refused),
                sum(|status| status.counters.quarantined),
            ),
        ];
        if told.turned_away > 0 {
            lines.push(format!("{} with card numbers turned away", told.turned_away));
        }
        if let Some(failure) = told.failure {
            lines.push(format!("FAILED: {failure}"));
        }
        lines
    }

    fn shards(&self) -> String {
        let statuses = self.node.statuses();
        if statuses.is_empty() {
            return self.node.trouble().map_or_else(|| "shards: none yet".to_owned(), |error| error.to_string());
        }
        let mut states = BTreeMap::<&str, usize>::new();
        for status in &statuses {
            *states.entry(status.code.unwrap_or_else(|| status.state.as_str())).or_default() += 1;
        }
        let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        format!("shards: {}", states.join(", "))
    }

    fn rows(&mut self) -> Vec<String> {
        let totals = self.ask_sometimes();
        let mut rows = vec![format!("{:<16}{:>4}{:>10}{:>18}{:>15}{:>16}", "last 30 dates", "", "sales", "amount", "net margin", "payable now")];
        for ((model, currency), total) in &totals.models {
            let (sales, margin, payable) = (money(total.sales, currency), money(total.margin, currency), money(total.payable, currency));
            rows.push(format!("{model:<16}{currency:>4}{:>10}{sales:>18}{margin:>15}{payable:>16}", total.sales_count));
        }
        rows.push(format!("{:<16}{:>4}{:>28}{:>15}{:>16}", "now", "", "held", "exposure", "uncovered"));
        for (currency, risk) in &totals.risks {
            let (held, exposure, uncovered) = (money(risk.held, currency), money(risk.exposure, currency), money(risk.uncovered, currency));
            rows.push(format!("{:<16}{currency:>4}{held:>28}{exposure:>15}{uncovered:>16}", "all merchants"));
        }
        rows
    }

    /// Totals; those from before where they are fresh, or none come now.
    fn ask_sometimes(&mut self) -> &Totals {
        if self.asked.is_none_or(|asked| asked.elapsed() >= TOTALS) {
            self.asked = Some(Instant::now());
            match self.ask() {
                Ok(totals) => self.totals = totals,
                Err(error) => tracing::debug!(error, "no totals"),
            }
        }
        &self.totals
    }

    fn ask(&self) -> Result<Totals, String> {
        let mut totals = Totals::default();
        let income = self.get("/v1/fee-income?group_by=model")?;
        for row in income["rows"].as_array().into_iter().flatten() {
            let total = totals.models.entry((text(&row["model"]), text(&row["currency"]))).or_default();
            total.sales_count += row["sales"]["count"].as_i64().unwrap_or(0);
            total.sales += minor(&row["sales"]["volume"]);
            // What a book of a payment company earned is its own.
            if row["book"] == "bank" {
                total.margin += minor(&row["net_margin"]);
            }
        }
        let exposure = self.get("/v1/exposure")?;
        for row in exposure["rows"].as_array().into_iter().flatten() {
            totals.risks.entry(text(&row["currency"])).or_default().held += minor(&row["amount"]);
        }
        for row in exposure["liability"].as_array().into_iter().flatten() {
            let risk = totals.risks.entry(text(&row["currency"])).or_default();
            risk.exposure += minor(&row["exposure"]);
            risk.uncovered += minor(&row["uncovered"]);
        }
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let page = self.get(&format!("/v1/merchants?limit=1000{cursor}"))?;
            for merchant in page["rows"].as_array().into_iter().flatten() {
                for balance in merchant["balances"].as_array().into_iter().flatten() {
                    let total = totals.models.entry((text(&merchant["model"]), text(&balance["currency"]))).or_default();
                    total.payable += minor(&balance["payable"]);
                }
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        Ok(totals)
    }

    fn get(&self, path: &str) -> Result<Value, String> {
        let mut response = self.agent.get(format!("http://{}{path}", self.address)).call().map_err(|error| error.to_string())?;
        let body = response.body_mut().with_config().limit(64 << 20).read_to_string().map_err(|error| error.to_string())?;
        serde_json::from_str(&body).map_err(|error| error.to_string())
    }
}

impl Screen {
    /// Ends it, and waits until it has ended.
    pub fn stop(self) {
        self.board.stop();
        if self.thread.join().is_err() {
            tracing::error!("the screen's thread ended in a panic");
        }
    }
}

/// A screen of lines: cut to what fits, each in the place of the one before. The last one ends without a break, or the
/// terminal would scroll.
fn drawn(lines: &[String]) -> String {
    let shown: Vec<String> = lines.iter().take(LINES).map(|line| line.chars().take(COLUMNS).collect()).collect();
    format!("{HOME}{}{CLEAR_BELOW}", shown.join(CLEAR_REST))
}

/// Standard output may be closed, and then nobody reads.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}

/// A decimal string of the wire in minor units; 0 where it is none. The number of decimals is the currency's already.
fn minor(amount: &Value) -> i128 {
    let digits: String = amount.as_str().unwrap_or_default().chars().filter(|character| *character != '.').collect();
    digits.parse().unwrap_or(0)
}

fn money(minor: i128, currency: &str) -> String {
    Currency::from_code(currency).map_or_else(|| minor.to_string(), |currency| format_minor(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_never_wraps_and_never_scrolls() {
        let lines: Vec<String> = (0..40).map(|number| format!("{number} {}", "ü".repeat(100))).collect();
        let screen = drawn(&lines);
        let shown: Vec<&str> = screen.trim_start_matches(HOME).trim_end_matches(CLEAR_BELOW).split(CLEAR_REST).collect();
        assert!(shown.len() == LINES && shown.iter().all(|line| line.chars().count() <= COLUMNS), "{shown:?}");
    }
}
