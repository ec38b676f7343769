//! A day close over many merchants: how long it takes, and how long others wait meanwhile.

use super::{Error, contract, event, opening, post_all, sale, seen};
use crate::service::{Client, Process, Settings};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two probes of one kind.
const PAUSE: Duration = Duration::from_millis(5);

/// What a close took.
pub(super) struct Closing {
    /// Until the close was folded on every partition.
    pub folded: Duration,
    /// Until answers included all of it.
    pub seen: Duration,
    /// The longest that a post waited to be taken, to be told what became of it; the longest that balances took.
    pub taken: Duration,
    pub posted: Duration,
    pub balances: Duration,
    /// Resident memory at the end, and what the parts say that they take.
    pub memory: String,
    /// The most that was resident at any time, in mebibytes; none where the system does not say.
    pub most_resident: Option<u64>,
}

/// Feeds a contract and sales of each merchant, closes the day, and asks meanwhile.
pub(super) fn run(binary: &Path, directory: &Path, (merchants, sales): (usize, usize), partitions: u32, say: &mut dyn FnMut(&str)) -> Result<Closing, Error> {
    let service = Process::start(&Settings::embedded(binary, directory, partitions))?;
    let client = service.answering()?;
    post_all(&client, &[opening()])?;
    for from in (0..merchants).step_by(10_000) {
        let names = (from..merchants.min(from + 10_000)).map(|n| format!("M{n:07}"));
        let events: Vec<Value> = names.flat_map(|name| [contract(&name, 1), sale(&name, "P1", "100.00")]).collect();
        post_all(&client, &events)?;
    }
    seen(&client)?;
    say(&format!("{merchants} merchants with a sale each; {}", memory(&client)?));
    for round in 2..=sales {
        for from in (0..merchants).step_by(10_000) {
            let names = (from..merchants.min(from + 10_000)).map(|n| format!("M{n:07}"));
            let events: Vec<String> = names.map(|name| sale(&name, &format!("P{round}"), "100.00").to_string()).collect();
            let answer = client.post("/v1/events", "application/x-ndjson", events.join("\n").as_bytes())?;
            if !matches!(answer.status, 200 | 202) {
                return Err(Error::Answer(format!("events were not taken: {}", answer.status)));
            }
        }
        say(&format!("sales {round} of each were taken; {}, at most {:?} MiB", memory(&client)?, service.most_resident()));
    }
    seen(&client)?;
    let ending = AtomicBool::new(false);
    let closing = std::thread::scope(|scope| {
        let probe = |ask: &'static (dyn Fn(&Client, usize) -> Result<(), Error> + Sync)| {
            let (client, ending) = (Client::new(client.base()), &ending);
            scope.spawn(move || {
                let (mut longest, mut n) = (Duration::ZERO, 0);
                while !ending.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    ask(&client, n)?;
                    longest = longest.max(begun.elapsed());
                    n += 1;
                    std::thread::sleep(PAUSE);
                }
                Ok::<Duration, Error>(longest)
            })
        };
        let taken = probe(&|client, n| post(client, "/v1/events", "taken", n));
        let posted = probe(&|client, n| post(client, "/v1/events?wait=true&wait_ms=60000", "posted", n));
        let balances = probe(&|client, n| Ok(client.get(&format!("/v1/merchants/M{:07}/balances", n % 100)).map(drop)?));
        std::thread::sleep(Duration::from_secs(1));
        let close = json!({"id": "close", "type": "day_closed", "date": super::DATE}).to_string();
        let begun = Instant::now();
        let answer = client.post("/v1/events?wait=true&wait_ms=60000", "application/json", close.as_bytes())?;
        let folded = begun.elapsed();
        if answer.body["results"][0]["outcome"] != "posted" {
            ending.store(true, Ordering::Relaxed);
            return Err(Error::Answer(format!("the close: {} {}", answer.status, answer.body)));
        }
        seen(&client)?;
        let seen = begun.elapsed();
        std::thread::sleep(Duration::from_secs(1));
        ending.store(true, Ordering::Relaxed);
        let of = |thread: std::thread::ScopedJoinHandle<'_, Result<Duration, Error>>| {
            thread.join().unwrap_or_else(|_| Err(Error::Answer("a probe ended in a panic".into())))
        };
        Ok(Closing {
            folded,
            seen,
            taken: of(taken)?,
            posted: of(posted)?,
            balances: of(balances)?,
            memory: memory(&client)?,
            most_resident: service.most_resident(),
        })
    })?;
    service.stop()?;
    Ok(closing)
}

/// An event of one of the merchants.
fn post(client: &Client, path: &str, kind: &str, n: usize) -> Result<(), Error> {
    let more = json!({"payment": format!("{kind}-{n}"), "amount": "1.00", "currency": "CNY", "card": "debit", "scheme": "visa"});
    let event = event(&format!("M{:07}", n * 7 % 100), &format!("{kind}-{n}"), "sale", &more);
    match client.post(path, "application/json", event.to_string().as_bytes())? {
        answer if answer.status == 200 => Ok(()),
        answer => Err(Error::Answer(format!("a post: {} {}", answer.status, answer.body))),
    }
}

/// Resident memory, and the sum of the parts that are told.
fn memory(client: &Client) -> Result<String, Error> {
    let text = client.get("/metrics")?.as_str().unwrap_or_default().to_owned();
    let value = |line: &str| line.rsplit(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) >> 20;
    let parts: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("merchant_ledger_memory_bytes{part=\""))
        .filter_map(|line| Some(format!("{} {}", line.split_once('"')?.0, value(line))))
        .collect();
    let resident = text.lines().find(|line| line.starts_with("merchant_ledger_memory_resident_bytes ")).map_or(0, value);
    Ok(format!("{resident} MiB resident ({})", parts.join(", ")))
}
