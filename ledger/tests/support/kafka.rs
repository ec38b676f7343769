//! A real Apache Kafka for tests: one broker on a free port, with a directory of its own, gone when it is dropped.
//!
//! A broker may be secured ([`Setup::secured`]): beside the open listener, which the tests administer it by, it has one with
//! TLS alone, and SASL with and without TLS; users, their rights and its certificate are its own. A second node may join it.
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

/// Of a secured broker's store of its own key.
const STORE_PASSWORD: &str = "changeit";

static SHARED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());

/// The user of a secured broker, by PLAIN and SCRAM; it may do nothing unless it is granted.
pub const USER: &str = "ledger";
/// Its password.
pub const PASSWORD: &str = "a secret of several words";

/// What a broker is more than usual.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Has users, rights and TLS.
    pub secured: bool,
    /// More open listeners: the port of each, and the port that it tells its clients, where something may stand between.
    pub doors: Vec<(u16, u16)>,
    /// More lines of its configuration; they come last and win.
    pub more: Vec<(String, String)>,
}

impl Setup {
    /// A broker with users, rights and TLS.
    pub fn secured() -> Self {
        Self { secured: true, ..Self::default() }
    }
}

/// Where a broker listens.
#[derive(Clone, Copy, Debug)]
struct Ports {
    open: u16,
    controller: u16,
    ssl: u16,
    sasl: u16,
    sasl_ssl: u16,
}

/// A running broker.
pub struct Broker {
    libraries: PathBuf,
    directory: TempDir,
    ports: Ports,
    node: u32,
    /// The port of the controller, which is that of the first node.
    quorum: u16,
    cluster: String,
    setup: Setup,
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
        Self::start_as(&Setup::default())
    }

    /// A broker of one's own that is more than usual. `None`: skip the test.
    pub fn start_as(setup: &Setup) -> Option<Self> {
        let libraries = libraries()?;
        for _ in 0..START_TRIES_MAX {
            match Self::format(&libraries, setup, None).try_up() {
                Ok(broker) => return Some(broker),
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("Kafka did not start within {} s:\n{log}", START_WAIT_MAX.as_secs()),
            }
        }
        panic!("Kafka found its ports taken {START_TRIES_MAX} times");
    }

    /// A second node, number 2, that joins this one.
    pub fn join(&self) -> Self {
        for _ in 0..START_TRIES_MAX {
            match Self::format(&self.libraries, &Setup::default(), Some(self)).try_up() {
                Ok(broker) => return broker,
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("the second node did not start within {} s:\n{log}", START_WAIT_MAX.as_secs()),
            }
        }
        panic!("the second node found its ports taken {START_TRIES_MAX} times");
    }

    /// `HOST:PORT` of the broker.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.open)
    }

    /// `HOST:PORT` of a secured broker's listener with TLS alone.
    pub fn ssl_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.ssl)
    }

    /// `HOST:PORT` of a secured broker's listener with SASL alone.
    pub fn sasl_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.sasl)
    }

    /// `HOST:PORT` of a secured broker's listener with SASL and TLS.
    pub fn sasl_ssl_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.sasl_ssl)
    }

    /// The certificate of a secured broker, as PEM: whoever trusts it trusts the broker.
    pub fn certificate(&self) -> PathBuf {
        self.directory.path().join("broker.pem")
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

    /// Changes lines of its configuration, which count from its next start on.
    pub fn configure(&mut self, more: Vec<(String, String)>) {
        self.setup.more.extend(more);
        self.write_properties();
    }

    /// A new directory with a formatted store, on ports that are free now; of a first node, or of one that joins it.
    fn format(libraries: &Path, setup: &Setup, first: Option<&Self>) -> Self {
        let directory = tempfile::Builder::new().prefix("merchant-ledger-kafka-").tempdir().expect("a directory for the broker");
        let ports = free_ports();
        let (node, quorum) = first.map_or((1, ports.controller), |first| (2, first.ports.controller));
        let cluster = first.map(|first| first.cluster.clone()).unwrap_or_default();
        let mut broker = Self { libraries: libraries.to_owned(), directory, ports, node, quorum, cluster, setup: setup.clone(), guard: None };
        fs::write(broker.directory.path().join("log4j2.properties"), LOGGING).expect("the broker's logging");
        broker.write_properties();
        if broker.cluster.is_empty() {
            let id = broker.java("kafka.tools.StorageTool", &["random-uuid"]).output().expect("java runs");
            String::from_utf8_lossy(&id.stdout).trim().clone_into(&mut broker.cluster);
        }
        let configuration = broker.path("server.properties");
        let mut arguments = vec!["format", "-t", &broker.cluster, "-c", &configuration];
        arguments.push(if first.is_some() { "--no-initial-controllers" } else { "--standalone" });
        let scram = ["SCRAM-SHA-256", "SCRAM-SHA-512"].map(|mechanism| format!("{mechanism}=[name={USER},password=\"{PASSWORD}\"]"));
        if setup.secured {
            scram.iter().for_each(|scram| arguments.extend(["--add-scram", scram]));
            broker.make_certificate();
        }
        let formatted = broker.java("kafka.tools.StorageTool", &arguments).output().expect("java runs");
        assert!(formatted.status.success(), "Kafka's store: {}", String::from_utf8_lossy(&formatted.stderr));
        broker
    }

    /// A key and a certificate that says of itself who it is, for this machine alone.
    fn make_certificate(&self) {
        let keytool = |arguments: &[&str]| {
            let store = self.path("broker.p12");
            let mut keytool = Command::new("keytool");
            keytool.args(arguments).args(["-alias", "broker", "-keystore", &store, "-storetype", "PKCS12", "-storepass", STORE_PASSWORD]);
            let done = keytool.output().expect("keytool, which comes with Java, runs");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        };
        let names = ["-dname", "CN=localhost", "-ext", "SAN=dns:localhost,ip:127.0.0.1"];
        keytool(&[&["-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "7"][..], &names].concat());
        let certificate = self.path("broker.pem");
        keytool(&["-exportcert", "-rfc", "-file", &certificate]);
    }

    fn write_properties(&self) {
        let text = properties(self.directory.path(), self.ports, self.node, self.quorum, &self.setup);
        fs::write(self.directory.path().join("server.properties"), text).expect("the broker's configuration");
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

/// All are held until all are known, so that they differ.
fn free_ports() -> Ports {
    let held = [(); 5].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let [open, controller, ssl, sasl, sasl_ssl] = held.each_ref().map(|listener| listener.local_addr().expect("its address").port());
    Ports { open, controller, ssl, sasl, sasl_ssl }
}

fn properties(directory: &Path, ports: Ports, node: u32, quorum: u16, setup: &Setup) -> String {
    let owned = |listeners: &[(&str, u16)]| listeners.iter().map(|(name, port)| ((*name).to_owned(), *port)).collect::<Vec<_>>();
    let mut listeners = owned(&[("PLAINTEXT", ports.open)]);
    if setup.secured {
        listeners.extend(owned(&[("SSL", ports.ssl), ("SASL_PLAINTEXT", ports.sasl), ("SASL_SSL", ports.sasl_ssl)]));
    }
    let listening = |listeners: &[(String, u16)]| listeners.iter().map(|(name, port)| format!("{name}://127.0.0.1:{port}")).collect::<Vec<_>>().join(",");
    let mut advertised = listeners.clone();
    let mut protocols = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL".to_owned();
    for (number, (port, told)) in setup.doors.iter().enumerate() {
        listeners.push((format!("DOOR{number}"), *port));
        advertised.push((format!("DOOR{number}"), *told));
        write!(protocols, ",DOOR{number}:PLAINTEXT").expect("a string takes it");
    }
    let roles = if node == 1 { "broker,controller" } else { "broker" };
    if node == 1 {
        listeners.push(("CONTROLLER".to_owned(), ports.controller));
    }
    let mut lines: Vec<(String, String)> = [
        ("process.roles", roles),
        ("node.id", &node.to_string()),
        ("listeners", &listening(&listeners)),
        ("advertised.listeners", &listening(&advertised)),
        ("controller.listener.names", "CONTROLLER"),
        ("controller.quorum.bootstrap.servers", &format!("127.0.0.1:{quorum}")),
        ("listener.security.protocol.map", &protocols),
        ("log.dirs", &directory.join("data").display().to_string()),
        ("auto.create.topics.enable", "false"),
        ("offsets.topic.replication.factor", "1"),
        ("offsets.topic.num.partitions", "1"),
        ("transaction.state.log.replication.factor", "1"),
        ("transaction.state.log.min.isr", "1"),
        ("transaction.state.log.num.partitions", "1"),
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        ("group.initial.rebalance.delay.ms", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    if setup.secured {
        lines.extend(security(directory));
    }
    lines.extend(setup.more.iter().cloned());
    lines.iter().fold(String::new(), |mut text, (name, value)| {
        writeln!(text, "{name}={value}").expect("a string takes it");
        text
    })
}

/// Who is not known has no right; whoever comes by the open listener has every right.
fn security(directory: &Path) -> Vec<(String, String)> {
    let store = directory.join("broker.p12").display().to_string();
    let mut lines: Vec<(String, String)> = [
        ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
        ("super.users", "User:ANONYMOUS"),
        ("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER"),
        ("ssl.keystore.location", &store),
        ("ssl.keystore.type", "PKCS12"),
        ("ssl.keystore.password", STORE_PASSWORD),
        ("ssl.key.password", STORE_PASSWORD),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for listener in ["sasl_plaintext", "sasl_ssl"] {
        lines.push(plain_user(listener, PASSWORD));
        for mechanism in ["scram-sha-256", "scram-sha-512"] {
            let module = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
            lines.push((format!("listener.name.{listener}.{mechanism}.sasl.jaas.config"), module.to_owned()));
        }
        let module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"broker\";";
        lines.push((format!("listener.name.{listener}.oauthbearer.sasl.jaas.config"), module.to_owned()));
    }
    lines
}

/// The line that says which password the user has by PLAIN at one listener.
pub fn plain_user(listener: &str, password: &str) -> (String, String) {
    let module = format!("org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}=\"{password}\";");
    (format!("listener.name.{listener}.plain.sasl.jaas.config"), module)
}
