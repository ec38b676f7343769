//! The run: a webhook for each merchant, sales at a rate, kills in between where they are asked for, and then what was taken.

use super::receiver::Receiver;
use super::{Error, WAIT_MAX};
use crate::service::{Client, Process, Settings};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Between two posts.
const POST_INTERVAL: Duration = Duration::from_millis(50);
/// Between two looks at what came.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// The receiver fails one request of so many.
const FAILS_ONE_OF: usize = 3;

/// How a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service's binary.
    pub binary: PathBuf,
    /// Messages.
    pub deliveries: usize,
    /// Merchants, each with a webhook.
    pub merchants: usize,
    /// Sales per second.
    pub rate: usize,
    /// Kills of the service, evenly in between.
    pub kills: usize,
}

/// What a run showed: everything was taken, and in order.
#[derive(Clone, Debug)]
pub struct Report {
    /// Requests that came.
    pub requests: usize,
    /// From the answer to the post, which says that it is booked, to when the message was taken; from the shortest on.
    pub sorted: Vec<Duration>,
    /// How long it took in all.
    pub took: Duration,
}

impl Report {
    /// What so many percent are not above.
    pub fn at(&self, percent: usize) -> Duration {
        let place = (self.sorted.len() * percent).div_ceil(100).saturating_sub(1);
        self.sorted.get(place).copied().unwrap_or_default()
    }
}

/// Runs it; `tell` is told how far it is.
///
/// # Errors
/// Something is missing or out of order, or it could not be run.
pub fn run(options: &Options, tell: &mut dyn FnMut(String)) -> Result<Report, Error> {
    let receiver = Receiver::start(Box::new(|number, _| if number % FAILS_ONE_OF == FAILS_ONE_OF - 1 { 500 } else { 204 }))?;
    let directory = tempfile::Builder::new().prefix("merchant-ledger-hooks-").tempdir()?;
    let merchants: Vec<String> = (0..options.merchants.max(1)).map(|number| format!("M{number:04}")).collect();
    let (mut process, mut client) = launch(&options.binary, directory.path())?;
    post(&client, &opening(&merchants))?;
    for merchant in &merchants {
        let hook = json!({"url": format!("{}/{merchant}", receiver.address), "merchant": merchant, "types": ["payment.sale"]}).to_string();
        let answer = client.post("/v1/webhooks", "application/json", hook.as_bytes())?;
        if answer.status != 201 {
            return Err(Error::Refused { what: hook, status: answer.status, body: answer.body.to_string() });
        }
    }
    let (begun, mut booked, mut killed) = (Instant::now(), HashMap::new(), 0);
    while booked.len() < options.deliveries {
        let due = usize::try_from(begun.elapsed().as_millis()).unwrap_or(usize::MAX).saturating_mul(options.rate) / 1000;
        let numbers = booked.len()..due.min(options.deliveries);
        let sales: Vec<Value> = numbers.clone().map(|number| sale(&merchants[number % merchants.len()], number)).collect();
        if !sales.is_empty() {
            post(&client, &sales)?;
            let now = Instant::now();
            booked.extend(numbers.map(|number| (format!("s{number}"), now)));
        }
        if killed < options.kills && booked.len() * (options.kills + 1) / options.deliveries > killed {
            killed += 1;
            process.kill()?;
            (process, client) = launch(&options.binary, directory.path())?;
            tell(format!("{} posted, {} taken; kill {killed}", booked.len(), receiver.taken_count()));
        }
        std::thread::sleep(POST_INTERVAL);
    }
    tell(format!("{} posted, {} taken", booked.len(), receiver.taken_count()));
    let deadline = Instant::now() + WAIT_MAX;
    while receiver.taken_count() < options.deliveries && Instant::now() < deadline {
        std::thread::sleep(LOOK_INTERVAL);
    }
    let took = begun.elapsed();
    process.stop()?;
    judged(&receiver, &merchants, &booked, took)
}

/// Whether everything was taken, each merchant's in order.
fn judged(receiver: &Receiver, merchants: &[String], booked: &HashMap<String, Instant>, took: Duration) -> Result<Report, Error> {
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sorted = Vec::new();
    for came in receiver.taken() {
        let event = came.json()["data"]["event"].as_str().unwrap_or_default().to_owned();
        let Some(booked) = booked.get(&event) else { return Err(Error::Wrong(format!("{event:?} was never posted: {}", came.body))) };
        sorted.push(came.at.saturating_duration_since(*booked));
        taken.entry(came.path.trim_start_matches('/').to_owned()).or_default().push(event);
    }
    for (place, merchant) in merchants.iter().enumerate() {
        let expected: Vec<String> = (place..booked.len()).step_by(merchants.len()).map(|number| format!("s{number}")).collect();
        let taken = taken.remove(merchant).unwrap_or_default();
        if taken != expected {
            let differs = expected.iter().zip(&taken).find(|(expected, taken)| expected != taken);
            return Err(Error::Wrong(format!("{merchant}: {} of {} were taken; {differs:?} is out of order", taken.len(), expected.len())));
        }
    }
    sorted.sort_unstable();
    Ok(Report { requests: receiver.came().len(), sorted, took })
}

fn launch(binary: &Path, directory: &Path) -> Result<(Process, Client), Error> {
    let file = directory.join("ledger.toml");
    std::fs::write(&file, "[webhooks]\nprivate_addresses = true\n")?;
    let mut settings = Settings::embedded(binary, directory, 2);
    settings.options = vec!["--config".to_owned(), file.display().to_string()];
    let process = Process::start(&settings)?;
    let client = process.answering()?;
    client.until("/v1/webhooks", "webhooks", WAIT_MAX, |answer| answer.status == 200)?;
    Ok((process, client))
}

fn post(client: &Client, events: &[Value]) -> Result<(), Error> {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let answer = client.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", lines.join("\n").as_bytes())?;
    let is_posted = answer.status == 200 && answer.body["results"].as_array().is_some_and(|results| results.iter().all(|result| result["outcome"] == "posted"));
    if !is_posted {
        return Err(Error::Refused { what: "events".to_owned(), status: answer.status, body: answer.body.to_string() });
    }
    Ok(())
}

fn opening(merchants: &[String]) -> Vec<Value> {
    let contract = json!({"name": "Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"},
        "rates": [{"percent": "0.60"}], "settlement": {"delay_days": 0, "days": "natural"}, "on_shortfall": "owe"});
    let contracts = merchants
        .iter()
        .map(|merchant| json!({"id": "c1", "type": "contract_set", "merchant": merchant, "occurred_at": "2026-11-20T09:00:00+08:00", "contract": contract}));
    std::iter::once(json!({"id": "open", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"})).chain(contracts).collect()
}

fn sale(merchant: &str, number: usize) -> Value {
    json!({"id": format!("s{number}"), "type": "sale", "merchant": merchant, "payment": format!("P{number}"), "terminal": "T1",
        "occurred_at": "2026-11-20T10:15:00+08:00", "currency": "CNY", "amount": "1.00", "card": "credit", "scheme": "unionpay"})
}
