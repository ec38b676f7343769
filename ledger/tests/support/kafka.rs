//! A real Apache Kafka for tests: one broker on a free port, with a directory of its own, gone when it is dropped.
//!
//! Its jars come from the directory in `MERCHANT_LEDGER_KAFKA_LIBS`, else from `merchant-ledger/kafka/lib` under the
//! cache directory; `./dev test` puts them there. Without them a test is skipped, loudly; with `CI=true` it fails.
//! Other crates use this file by `#[path]`. The broker also ends when the test's process is killed: a shell holds the
//! other end of a pipe and kills the broker when that closes.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot start its broker ends")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// From the start of the process until it says that it is up.
const START_WAIT_MAX: Duration = Duration::from_secs(90);
/// Tries to find ports that nobody takes meanwhile.
const START_TRIES_MAX: u32 = 3;
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const UP: &str = "Kafka Server started";
/// Starts the broker in the background and kills it when its own input ends.
const GUARD: &str = r#""$@" </dev/null & broker=$!; read -r _; kill -9 "$broker"; wait "$broker" 2>/dev/null; exit 0"#;
const LOGGING: &str = "rootLogger.level=INFO\nrootLogger.appenderRef.out.ref=out\nappender.out.type=Console\nappender.out.name=out\n\
                       appender.out.layout.type=PatternLayout\nappender.out.layout.pattern=%d %p %m (%c)%n\n";

static SHARED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());

/// A running broker.
pub struct Broker {
    libraries: PathBuf,
    directory: TempDir,
    port: u16,
    guard: Option<Child>,
}

impl Broker {
    /// The broker that the tests of this process share; it ends with the last of them. `None`: skip the test.
    pub fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(broker) = shared.upgrade() {
            return Some(broker);
        }
        let broker = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&broker);
        Some(broker)
    }

    /// A broker of one's own. `None`: skip the test.
    pub fn start() -> Option<Self> {
        let libraries = libraries()?;
        for _ in 0..START_TRIES_MAX {
            match Self::format(&libraries).try_up() {
                Ok(broker) => return Some(broker),
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("Kafka did not start within {} s:\n{log}", START_WAIT_MAX.as_secs()),
            }
        }
        panic!("Kafka found its ports taken {START_TRIES_MAX} times");
    }

    /// `HOST:PORT` of the broker.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// SIGKILL. Its directory stays.
    pub fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().expect("the guard of the broker ends");
        }
    }

    /// Starts it again on the same port and directory, and waits until it is up.
    pub fn restart(&mut self) {
        self.kill();
        if let Err(log) = self.up() {
            panic!("Kafka did not start again within {} s:\n{log}", START_WAIT_MAX.as_secs());
        }
    }

    /// A new directory with a formatted store, on ports that are free now.
    fn format(libraries: &Path) -> Self {
        let directory = tempfile::Builder::new().prefix("merchant-ledger-kafka-").tempdir().expect("a directory for the broker");
        let (port, controller) = two_free_ports();
        let path = directory.path();
        fs::write(path.join("server.properties"), properties(path, port, controller)).expect("the broker's configuration");
        fs::write(path.join("log4j2.properties"), LOGGING).expect("the broker's logging");
        let broker = Self { libraries: libraries.to_owned(), directory, port, guard: None };
        let id = broker.java("kafka.tools.StorageTool", &["random-uuid"]).output().expect("java runs");
        let id = String::from_utf8_lossy(&id.stdout).trim().to_owned();
        let configuration = broker.path("server.properties");
        let formatted = broker.java("kafka.tools.StorageTool", &["format", "-t", &id, "-c", &configuration, "--standalone"]).output().expect("java runs");
        assert!(formatted.status.success(), "Kafka's store: {}", String::from_utf8_lossy(&formatted.stderr));
        broker
    }

    fn try_up(mut self) -> Result<Self, String> {
        self.up().map(|()| self)
    }

    /// Starts the process and waits for its word; the log where it does not come.
    fn up(&mut self) -> Result<(), String> {
        let log = self.directory.path().join("broker.log");
        let output = File::create(&log).expect("the broker's log");
        let java = self.java("kafka.Kafka", &[&self.path("server.properties")]);
        let mut guard = Command::new("sh");
        guard.arg("-c").arg(GUARD).arg("sh").arg(java.get_program()).args(java.get_args());
        guard.stdin(Stdio::piped()).stdout(output.try_clone().expect("the broker's log")).stderr(output);
        self.guard = Some(guard.spawn().expect("sh runs"));
        let deadline = Instant::now() + START_WAIT_MAX;
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains(UP) {
                return Ok(());
            }
            let ended = said.contains("Exiting Kafka") || said.contains("Shutdown broker because") || said.contains("Error: ");
            if ended || Instant::now() >= deadline {
                self.kill();
                return Err(said.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n"));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn java(&self, class: &str, arguments: &[&str]) -> Command {
        let mut java = Command::new("java");
        java.arg("-Xmx512m").arg(format!("-Dlog4j2.configurationFile={}", self.path("log4j2.properties")));
        java.arg("-cp").arg(self.libraries.join("*")).arg(class).args(arguments);
        java
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The directory of jars, or nothing where the test is to be skipped.
fn libraries() -> Option<PathBuf> {
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"))).map(|cache| cache.join("merchant-ledger/kafka/lib"))
    };
    let directory = std::env::var_os("MERCHANT_LEDGER_KAFKA_LIBS").map(PathBuf::from).or_else(cache);
    let broker = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kafka-server-"));
    let found = directory.clone().filter(|path| fs::read_dir(path).is_ok_and(|files| files.flatten().any(|file| broker(&file.path()))));
    if found.is_none() {
        let place = directory.map_or_else(|| "no directory".to_owned(), |path| path.display().to_string());
        let message = format!("there are no Kafka jars ({place}); `./dev test` fetches them, or set MERCHANT_LEDGER_KAFKA_LIBS");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
        // Not by `eprintln!`: of a test that passes, that is never shown.
        writeln!(std::io::stderr(), "\n*** SKIPPED, NOT TESTED: {message} ***\n").expect("standard error takes it");
    }
    found
}

/// Both are held until both are known, so that they differ.
fn two_free_ports() -> (u16, u16) {
    let (one, other) = (TcpListener::bind("127.0.0.1:0").expect("a free port"), TcpListener::bind("127.0.0.1:0").expect("a free port"));
    (one.local_addr().expect("its address").port(), other.local_addr().expect("its address").port())
}

fn properties(directory: &Path, port: u16, controller: u16) -> String {
    let mut properties = String::new();
    let data = directory.join("data");
    for (name, value) in [
        ("process.roles", "broker,controller"),
        ("node.id", "1"),
        ("listeners", &format!("PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}")),
        ("advertised.listeners", &format!("PLAINTEXT://127.0.0.1:{port}")),
        ("controller.listener.names", "CONTROLLER"),
        ("controller.quorum.bootstrap.servers", &format!("127.0.0.1:{controller}")),
        ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"),
        ("log.dirs", &data.display().to_string()),
        ("auto.create.topics.enable", "false"),
        ("offsets.topic.replication.factor", "1"),
        ("offsets.topic.num.partitions", "1"),
        ("transaction.state.log.replication.factor", "1"),
        ("transaction.state.log.min.isr", "1"),
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        ("group.initial.rebalance.delay.ms", "0"),
    ] {
        writeln!(properties, "{name}={value}").expect("a string takes it");
    }
    properties
}
