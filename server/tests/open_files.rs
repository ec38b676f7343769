//! The limit of open files: what it is raised to, and that no number of connections takes a file from a shard.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "support/raw.rs"]
mod raw;

use raw::Raw;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_merchant-ledger");
/// How long a server may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

struct Served {
    child: Child,
    base: String,
    log: std::thread::JoinHandle<String>,
}

/// Serves with limits of open files: `soft` may be raised to `hard`.
fn serve(data: &Path, partitions: u32, soft: u32, hard: u32) -> Served {
    let script = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" \"$@\"");
    let mut child = Command::new("bash")
        .args(["-c", &script, BINARY, "serve", "--listen", "127.0.0.1:0", "--partitions", &partitions.to_string(), "--data"])
        .arg(data)
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
    let mut before = String::new();
    let base = loop {
        let line = lines.next().unwrap_or_else(|| panic!("it did not start: {before}")).expect("a line");
        before.push_str(&line);
        before.push('\n');
        if let Some(rest) = line.split("address=\"").nth(1).or(line.split("address=").nth(1)) {
            break format!("http://{}", rest.split(['"', ' ']).next().expect("an address"));
        }
    };
    let log = std::thread::spawn(move || before + &lines.map_while(Result::ok).collect::<Vec<_>>().join("\n"));
    Served { child, base, log }
}

impl Served {
    /// Waits on a connection until the service is ready.
    fn ready(&self, raw: &mut Raw) {
        let started = Instant::now();
        loop {
            let answer = raw.get("/readyz", &["host: 127.0.0.1"]);
            if answer.status == 200 {
                return;
            }
            assert!(started.elapsed() < READY_WITHIN, "{answer:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn end(mut self) -> String {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.log.join().expect("a log")
    }
}

fn posted(raw: &mut Raw, event: &str) -> raw::RawAnswer {
    let head = "POST /v1/events?wait=true&wait_ms=20000 HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";
    raw.send(format!("{head}content-length: {}\r\n\r\n{event}", event.len()).as_bytes());
    raw.answer()
}

const OPENED: &str = r#"{"id":"o","type":"ledger_opened","date":"2026-11-20","time_zone":"Asia/Shanghai"}"#;

#[test]
fn a_thousand_idle_connections_take_no_file_from_a_shard() {
    let data = tempfile::tempdir().unwrap();
    let served = serve(data.path(), 12, 1024, 1024);
    let mut asking = Raw::connect(&served.base);
    served.ready(&mut asking);
    let idle: Vec<TcpStream> = (0..1000).filter_map(|_| TcpStream::connect(served.base.trim_start_matches("http://")).ok()).collect();
    assert!(idle.len() > 900, "{}", idle.len());
    let answer = posted(&mut asking, OPENED);
    assert!(answer.status == 200 && answer.body.contains("\"posted\""), "{answer:?}");
    let metrics = asking.get("/metrics", &["host: 127.0.0.1"]).body;
    assert!(!metrics.contains("merchant_ledger_connections_refused_total 0"), "some were refused");
    served.ready(&mut asking);
    drop(idle);
    let log = served.end();
    assert!(log.contains("raise the limit") && !log.contains("halted") && !log.contains("corrupt"), "{log}");
}

#[test]
fn sixty_four_partitions_start_and_post_under_a_limit_of_1024() {
    let data = tempfile::tempdir().unwrap();
    let served = serve(data.path(), 64, 1024, 1024);
    let mut asking = Raw::connect(&served.base);
    served.ready(&mut asking);
    assert!(posted(&mut asking, OPENED).body.contains("\"posted\""));
    served.ready(&mut asking);
    assert!(served.end().contains("raise the limit"), "it says what is needed");
}

#[test]
fn a_low_soft_limit_is_raised() {
    let data = tempfile::tempdir().unwrap();
    let served = serve(data.path(), 1, 256, 8192);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", served.child.id())).expect("limits");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a line");
    assert_eq!(files.split_whitespace().skip(3).take(2).collect::<Vec<_>>(), ["8192", "8192"]);
    served.end();
}
