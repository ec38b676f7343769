//! The binary with an embedded log, two merchants, and webhooks that may send to this machine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use load_tests::hooks::receiver::Came;
use load_tests::service::{Client, Process, Settings};
use ring::hmac;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const WAIT_MAX: Duration = Duration::from_secs(60);
pub const MERCHANTS: [&str; 2] = ["M1", "M2"];

pub struct Service {
    directory: TempDir,
    data: PathBuf,
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
        let data = directory.path().join("data");
        let (process, client) = launch(directory.path(), &data, &options);
        Self { directory, data, options, process: Some(process), client }
    }

    /// Kills it, and starts it again.
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill().expect("it is gone");
        let (process, client) = launch(self.directory.path(), &self.data, &self.options);
        (self.process, self.client) = (Some(process), client);
    }

    /// Ends it, and starts it again.
    pub fn restart(&mut self) {
        self.process.take().expect("it runs").stop().expect("a clean end");
        let (process, client) = launch(self.directory.path(), &self.data, &self.options);
        (self.process, self.client) = (Some(process), client);
    }

    /// The same, with more options from then on.
    pub fn restart_with(&mut self, options: &[&str]) {
        self.options.extend(options.iter().map(|option| (*option).to_owned()));
        self.restart();
    }

    /// Ends it, and starts it with another data directory.
    pub fn move_to(&mut self, data: &Path) {
        self.data = data.to_owned();
        self.restart();
    }

    /// Where something of this test lies, beside the data directory.
    pub fn place(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What it wrote to standard error since it was started last.
    pub fn said(&self) -> String {
        self.process.as_ref().expect("it runs").said()
    }

    /// What is answered to whoever has this key.
    pub fn ask_with(&self, key: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let (url, bearer) = (format!("{}{path}", self.client.base()), format!("Bearer {key}"));
        let asked = match body {
            None => agent.get(url).header("Authorization", bearer).call(),
            Some(body) => agent.post(url).header("Authorization", bearer).content_type("application/json").send(body.to_string()),
        };
        let mut answer = asked.expect("an answer");
        let text = answer.body_mut().read_to_string().expect("a body");
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The value of a metric without labels.
    pub fn metric(&self, name: &str) -> Option<u64> {
        let metrics = self.client.get("/metrics").expect("metrics").as_str().unwrap_or_default().to_owned();
        metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
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

    /// The same with a key.
    pub fn delete_with(&self, key: &str, path: &str) -> u16 {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let asked = agent.delete(format!("{}{path}", self.client.base())).header("Authorization", format!("Bearer {key}"));
        asked.call().expect("an answer").status().as_u16()
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

/// Runs a command of the binary that must end with this code; what it said.
pub fn ends(code: i32, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).args(arguments).output().expect("the binary runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

/// A key of a file, as its user has it.
pub fn key(file: &Path, arguments: &[&str]) -> String {
    let mut all = vec!["keys", "add", "--keys", text(file)];
    all.extend(arguments);
    let said = ends(0, &all);
    said.split_whitespace().find(|word| word.starts_with("ml_")).expect("a key").to_owned()
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The signatures of what came.
pub fn signatures(came: &Came) -> Vec<&str> {
    came.headers["webhook-signature"].split(' ').collect()
}

/// Whether one of the signatures is by this secret.
pub fn is_signed(came: &Came, secret: &str) -> bool {
    let bytes = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
    let signed = format!("{}.{}.{}", came.id(), came.headers["webhook-timestamp"], came.body);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), signed.as_bytes());
    signatures(came).contains(&format!("v1,{}", STANDARD.encode(tag)).as_str())
}

fn launch(directory: &Path, data: &Path, options: &[String]) -> (Process, Client) {
    let mut settings = Settings::embedded(Path::new(env!("CARGO_BIN_EXE_merchant-ledger")), directory, 2);
    (settings.data, settings.options) = (data.to_owned(), options.to_vec());
    let process = Process::start(&settings).expect("the binary starts");
    let client = process.answering().expect("it answers");
    // What is answered before everything is open is that it is not; who has no key where one is needed, is told that.
    client.until("/v1/webhooks", "webhooks", WAIT_MAX, |answer| matches!(answer.status, 200 | 401)).expect("they are read");
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
