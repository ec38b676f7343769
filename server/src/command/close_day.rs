//! `close-day`: closes the open business date of a running server, on every partition.
//!
//! What is closed stays closed, so it takes the date, or `--yes`; with neither it says what would happen, asks where a
//! person can answer, and closes nothing elsewhere. A date that is named is closed once, however often it is said; `closing` sends it.

mod closing;

use super::Failure;
use super::remote::{Remote, Server};
use clap::Args;
use closing::{Closed, close};
use schemas::time::Date;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::IsTerminal;

/// Which date, of which server.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The date to close; it must be the open one. One that was closed before stays as it is
    #[arg(long, value_name = "DATE")]
    pub date: Option<String>,
    /// Close the date that is open, whichever it is, without asking
    #[arg(long, conflicts_with = "date")]
    pub yes: bool,
    /// The running server.
    #[command(flatten)]
    pub remote: Remote,
}

/// Closes the date. Said twice for one date, the second time changes nothing.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let server = arguments.remote.server()?;
    let date = match &arguments.date {
        Some(text) => {
            let wrong = || Failure::Usage(format!("--date = {text:?} is wrong; right would be a date such as 2026-11-23"));
            let date = Date::parse(text).ok_or_else(wrong)?;
            check_open(&server, date)?;
            date
        }
        None => {
            let open = open_date(&server)?;
            if !arguments.yes && !agreed(open)? {
                return Err(Failure::Failed(format!("{open} stays open")));
            }
            open
        }
    };
    match close(&server, date)? {
        Closed::Now => super::say(format_args!("{date} is closed on every partition; {} is open", date.plus_days(1))),
        Closed::Before => super::say(format_args!("{date} was closed before")),
    }
}

/// Refuses a date that is not open yet, before it is sent. One that is closed may lack its close on a partition, and is sent again.
fn check_open(server: &Server, date: Date) -> Result<(), Failure> {
    // Who is asked through what hands on `/v1` alone is told by the ledger itself.
    let Ok((_, body)) = server.get("/readyz") else { return Ok(()) };
    // What does not follow its partition may be behind the date that is open there.
    let follows = |shard: &&Value| shard.get("state").and_then(Value::as_str) == Some("following");
    let shards = body.get("shards").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for shard in shards.iter().filter(follows) {
        let Some(text) = shard.get("business_date").and_then(Value::as_str) else { return Err(nothing_open()) };
        if let Some(open) = Date::parse(text).filter(|open| *open < date) {
            return Err(Failure::Failed(format!("{date} was not closed: wrong_date: {open} is open, and dates close one after the other; nothing was sent")));
        }
    }
    Ok(())
}

fn nothing_open() -> Failure {
    Failure::Failed("no business date is open: post a ledger_opened first".to_owned())
}

/// Says what would happen, and asks. Where nobody can answer, that is bad usage.
fn agreed(open: Date) -> Result<bool, Failure> {
    let next = open.plus_days(1);
    let told = format!(
        "{open} is open. Closing it moves what falls due on {next} from pending to available, lets go of what waited too long, and opens {next}; \
         it cannot be opened again"
    );
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(format!("{told}. Nothing was closed; right would be --date {open}, or --yes for whichever date is open")));
    }
    eprint!("{told}.\nClose {open}? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(Failure::failed)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The open date, which must be one on all partitions.
fn open_date(server: &Server) -> Result<Date, Failure> {
    let (_, body) = server.get("/readyz")?;
    let shards = body.get("shards").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let dates: BTreeSet<Option<&str>> = shards.iter().map(|shard| shard.get("business_date").and_then(Value::as_str)).collect();
    match dates.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(date)] => Date::parse(date).ok_or_else(|| Failure::Failed(format!("the server says {date:?} is open"))),
        [None] | [] => Err(nothing_open()),
        several => Err(Failure::Failed(format!("the partitions have different open dates, {several:?}; name one with --date"))),
    }
}
