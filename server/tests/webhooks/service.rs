//! The binary with an embedded log, two merchants, and webhooks that may send to this machine.

use load_tests::service::{Client, Process, Settings};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const WAIT_MAX: Duration = Duration::from_secs(60);
pub const MERCHANTS: [&str; 2] = ["M1", "M2"];

pub struct Service {
    directory: TempDir,
    options: Vec<String>,
    process: Option<Process>,
    pub client: Client,
}

impl Service {
    /// Starts one, opens it, and has two merchants.
    pub fn start() -> Self {
        let service = Self::with(&["[webhooks]", "private_addresses = true"]);
        let mut events = vec![json!({"id": "open", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"})];
        events.extend(MERCHANTS.map(|merchant| {
            json!({"id": "c1", "type": "contract_set", "merchant": merchant, "occurred_at": "2026-11-20T09:00:00+08:00", "contract": {
                "name": "Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"},
                "rates": [{"percent": "0.60"}], "settlement": {"delay_days": 0, "days": "natural"}, "on_shortfall": "owe"}})
        }));
        service.post(&events);
        service
    }

    pub fn with(configuration: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("merchant-ledger-webhooks-").tempdir().expect("a directory");
        let file = directory.path().join("ledger.toml");
        std::fs::write(&file, configuration.join("\n")).expect("written");
        let options = vec!["--config".to_owned(), file.display().to_string()];
        let (process, client) = launch(directory.path(), &options);
        Self { directory, options, process: Some(process), client }
    }

    /// Kills it, and starts it again.
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill().expect("it is gone");
        let (process, client) = launch(self.directory.path(), &self.options);
        (self.process, self.client) = (Some(process), client);
    }

    /// Ends it, and starts it again.
    pub fn restart(&mut self) {
        self.process.take().expect("it runs").stop().expect("a clean end");
        let (process, client) = launch(self.directory.path(), &self.options);
        (self.process, self.client) = (Some(process), client);
    }

    /// How many threads it has that send, `webhooks-` and one digit; nothing where the system does not say.
    pub fn senders(&self) -> Option<usize> {
        let number = self.process.as_ref()?.number()?;
        let threads = std::fs::read_dir(format!("/proc/{number}/task")).ok()?.flatten();
        let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
        Some(names.filter(|name| name.trim().strip_prefix("webhooks-").is_some_and(|rest| rest.len() == 1)).count())
    }

    /// The status of the answer to `DELETE`.
    pub fn delete(&self, path: &str) -> u16 {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        agent.delete(format!("{}{path}", self.client.base())).call().expect("an answer").status().as_u16()
    }

    /// A file of the data directory.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).expect("written");
    }

    pub fn post(&self, events: &[Value]) -> Value {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        let answer = self.client.post("/v1/events?wait=true&wait_ms=20000", "application/x-ndjson", lines.join("\n").as_bytes()).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// Adds a webhook; answers it.
    pub fn hook(&self, hook: &Value) -> Value {
        let answer = self.client.post("/v1/webhooks", "application/json", hook.to_string().as_bytes()).expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }
}

fn launch(directory: &Path, options: &[String]) -> (Process, Client) {
    let mut settings = Settings::embedded(Path::new(env!("CARGO_BIN_EXE_merchant-ledger")), directory, 2);
    settings.options = options.to_vec();
    let process = Process::start(&settings).expect("the binary starts");
    let client = process.answering().expect("it answers");
    // What is answered before everything is open is that it is not.
    client.until("/v1/webhooks", "webhooks", WAIT_MAX, |answer| answer.status == 200).expect("they are read");
    (process, client)
}

pub fn sale(merchant: &str, number: usize, amount: &str) -> Value {
    json!({"id": format!("s{number}"), "type": "sale", "merchant": merchant, "payment": format!("P{number}"), "terminal": "T1",
        "occurred_at": "2026-11-20T10:15:00+08:00", "currency": "CNY", "amount": amount, "card": "credit", "scheme": "unionpay"})
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + WAIT_MAX;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(10));
    }
}
