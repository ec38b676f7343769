//! Configuration: a flag before the environment before the TOML file before the default.
//!
//! | file | what it knows |
//! |---|---|
//! | `cluster` | the `[cluster]` section: what several nodes share, and how they know each other |
//! | `cluster_tls` | of it, `[cluster.tls]`: the certificates that nodes know each other by |
//! | `key` | every key: its name, its default, and what would be right |
//! | `checkpoints` | of the `[cluster]` section: where checkpoints are kept |
//! | `kafka` | the `[kafka]` section: what may be set, and single properties in the environment |
//! | `layers` | where a value comes from, and the TOML file |
//! | `value` | a value of that file as text |
//! | `limits` | the `[limits]` section |
//! | `risk` | the `[risk]` section |
//! | `reconciliation` | the `[reconciliation]` section |
//! | `registry` | the `[registry]` section, and how topics are encoded |
//! | `streams` | the `[streams]` section: topics that are written |
//! | `traces` | the `[traces]` section: where traces are sent |
//! | `webhooks` | the `[webhooks]` section |
//! | `who` | who may ask, and over what: keys, `[jwt]`, `[tls]` |
//! | `error` | what is told when a value is wrong: the key, the value, and what would be right |
//!
//! Everything is read once, before anything is opened; a wrong value ends the program with exit code 2.

mod checkpoints;
mod cluster;
mod cluster_tls;
mod error;
mod kafka;
mod key;
mod layers;
mod limits;
mod reconciliation;
mod registry;
mod risk;
mod streams;
mod traces;
mod value;
mod webhooks;
mod who;

pub use checkpoints::{CheckpointPlace, Checkpoints};
pub use cluster::{Cluster, Protocol, Secret};
pub use cluster_tls::ClusterTls;
pub use error::{Error, wrong_file, wrong_toml};
pub use key::{ENVIRONMENT_PREFIX, KEYS, Key};
pub use layers::{Layers, Setting, Source};
pub use limits::Limits;
pub use registry::{Encoding, Registry};
pub use risk::Risk;
pub use streams::Streams;
pub use traces::Traces;
pub use webhooks::Webhooks;
pub use who::{ALGORITHMS, Jwt, Tls};

use projections::answers::reconciliation::ReconciliationTerms;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The most partitions that a ledger may have.
pub const PARTITIONS_MAX: u32 = 1024;
/// How many partitions a new embedded log is made with where nothing is said.
pub const PARTITIONS_DEFAULT: u32 = 12;
/// The longest that a request may ask to wait, in milliseconds.
pub const WAIT_MS_MAX: u64 = 60_000;
/// The most memory that one budget may be given, in MiB.
pub const BUDGET_MIB_MAX: u64 = 1 << 20;
/// The least memory that bodies of requests may be given, in MiB: the longest fits into it, beside the part that is for small ones.
pub const BODIES_MIB_MIN: u64 = 20;
/// The most customers that a row of consumption may be made to need.
pub const FEWEST_CUSTOMERS_MAX: u64 = 10_000;

/// Everything that can be configured, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the ledger is kept.
    pub data: PathBuf,
    /// Where the server listens; an address that is not loopback has keys or tokens, and TLS or a proxy that ends it.
    pub listen: SocketAddr,
    /// Kafka's bootstrap servers; absent, the log is embedded.
    pub brokers: Option<String>,
    /// The topic that is read; the embedded log has none.
    pub topic: String,
    /// Properties of the Kafka client that come on top of ours, such as `security.protocol`: those that may be set.
    pub kafka: Vec<(String, String)>,
    /// Variables of the environment that look like ours and are no key.
    pub unknown_variables: Vec<String>,
    /// How many partitions an embedded log is made with, or must have; absent: as many as are there, and
    /// [`PARTITIONS_DEFAULT`] for a new one.
    pub partitions: Option<u32>,
    /// Memory of all folds for state that is hot, in MiB.
    pub state_mib: u64,
    /// Memory of all journals for what they read, in MiB.
    pub journal_cache_mib: u64,
    /// Memory of all journals for what is not in files yet, in MiB.
    pub journal_write_buffer_mib: u64,
    /// Memory of all views for what they read, in MiB.
    pub views_cache_mib: u64,
    /// Memory of all views for what is not in files yet, in MiB.
    pub views_write_buffer_mib: u64,
    /// Memory of all views for rows that are hot, in MiB.
    pub views_rows_mib: u64,
    /// Memory of all shards for records and entries that are in hand, in MiB.
    pub records_mib: u64,
    /// Memory of the sums that exposure is told from, of all shards, in MiB.
    pub exposure_mib: u64,
    /// Memory of the bodies of all requests, in MiB.
    pub bodies_mib: u64,
    /// Whether memory is taken from the system by huge pages.
    pub huge_pages: bool,
    /// What is logged: a filter as `tracing` reads it.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
    /// The fewest customers that a row of consumption may tell of.
    pub fewest_customers: u32,
    /// The file of keys.
    pub keys: Option<PathBuf>,
    /// Tokens that are taken, too.
    pub jwt: Option<Jwt>,
    /// TLS.
    pub tls: Option<Tls>,
    /// Whether a proxy ends TLS.
    pub behind_proxy: bool,
    /// Whether `/metrics` needs a key.
    pub metrics_key: bool,
    /// What callers may take of the service.
    pub limits: Limits,
    /// Parameters of the liability estimate where a contract has none of its own.
    pub risk: Risk,
    /// The topics that are written.
    pub streams: Streams,
    /// The schema registry.
    pub registry: Option<Registry>,
    /// What this node shares with others; none where it is alone.
    pub cluster: Option<Cluster>,
    /// What webhooks may do.
    pub webhooks: Webhooks,
    /// Where traces are sent.
    pub traces: Traces,
    /// Where checkpoints are kept.
    pub checkpoints: Checkpoints,
    /// How long answers of others are waited for, and whose statements are whose.
    pub reconciliation: ReconciliationTerms,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads every key from its layers and checks it.
    pub fn read(layers: &Layers) -> Result<Self, Error> {
        let listen = listen(&layers.required("listen")?)?;
        let (keys, jwt, tls) = (who::path(layers, "keys")?, Jwt::read(layers)?, Tls::read(layers)?);
        let behind_proxy = who::flag(&layers.required("behind_proxy")?)?;
        who::check_address(listen, keys.is_none() && jwt.is_none(), tls.is_none() && !behind_proxy)?;
        Ok(Self {
            data: PathBuf::from(layers.required("data")?.non_empty()?),
            listen,
            keys,
            jwt,
            tls,
            behind_proxy,
            metrics_key: who::flag(&layers.required("metrics_key")?)?,
            brokers: layers.find("brokers")?.map(|setting| brokers(&setting)).transpose()?,
            topic: topic(&layers.required("topic")?)?,
            kafka: kafka::read(layers)?,
            unknown_variables: layers.strangers()?.to_vec(),
            partitions: layers.find("partitions")?.map(|setting| partitions(&setting)).transpose()?,
            state_mib: layers.required("state_mib")?.whole(1, BUDGET_MIB_MAX)?,
            journal_cache_mib: layers.required("journal_cache_mib")?.whole(1, BUDGET_MIB_MAX)?,
            journal_write_buffer_mib: layers.required("journal_write_buffer_mib")?.whole(1, BUDGET_MIB_MAX)?,
            views_cache_mib: layers.required("views_cache_mib")?.whole(1, BUDGET_MIB_MAX)?,
            views_write_buffer_mib: layers.required("views_write_buffer_mib")?.whole(1, BUDGET_MIB_MAX)?,
            views_rows_mib: layers.required("views_rows_mib")?.whole(1, BUDGET_MIB_MAX)?,
            records_mib: layers.required("records_mib")?.whole(1, BUDGET_MIB_MAX)?,
            exposure_mib: layers.required("exposure_mib")?.whole(1, BUDGET_MIB_MAX)?,
            bodies_mib: layers.required("bodies_mib")?.whole(BODIES_MIB_MIN, BUDGET_MIB_MAX)?,
            huge_pages: who::flag(&layers.required("huge_pages")?)?,
            log: filter(&layers.required("log")?)?,
            log_format: match layers.required("log_format")? {
                setting if setting.text == "text" => LogFormat::Text,
                setting if setting.text == "json" => LogFormat::Json,
                setting => return Err(setting.wrong()),
            },
            fewest_customers: u32::try_from(layers.required("fewest_customers")?.whole(1, FEWEST_CUSTOMERS_MAX)?).unwrap_or(u32::MAX),
            limits: Limits::read(layers)?,
            risk: Risk::read(layers)?,
            streams: Streams::read(layers)?,
            registry: Registry::read(layers)?,
            cluster: Cluster::read(layers)?,
            webhooks: Webhooks::read(layers)?,
            checkpoints: Checkpoints::read(layers)?,
            traces: Traces::read(layers)?,
            reconciliation: reconciliation::read(layers)?,
        })
    }

    /// The configuration of a server on an ephemeral loopback port with the embedded log in `data`, for tests.
    pub fn embedded(data: PathBuf) -> Result<Self, Error> {
        let mut layers = Layers::new();
        layers.flag("data", Some(data.display().to_string()));
        layers.flag("listen", Some("127.0.0.1:0".to_owned()));
        Self::read(&layers)
    }
}

fn listen(setting: &Setting) -> Result<SocketAddr, Error> {
    setting.text.parse().map_err(|_| setting.wrong())
}

fn partitions(setting: &Setting) -> Result<u32, Error> {
    Ok(u32::try_from(setting.whole(1, u64::from(PARTITIONS_MAX))?).unwrap_or(PARTITIONS_MAX))
}

/// `host:port`, or several with commas between.
fn brokers(setting: &Setting) -> Result<String, Error> {
    setting.without_user("who the service is at Kafka is said by sasl.username and sasl.password of [kafka]")?;
    let is_broker = |text: &str| match text.rsplit_once(':') {
        Some((host, port)) => !host.is_empty() && !host.contains(char::is_whitespace) && port.parse::<u16>().is_ok_and(|port| port > 0),
        None => false,
    };
    if setting.text.split(',').all(is_broker) { Ok(setting.text.clone()) } else { Err(setting.wrong()) }
}

/// Kafka's own rule for names of topics.
fn topic(setting: &Setting) -> Result<String, Error> {
    let text = &setting.text;
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if (1..=249).contains(&text.len()) && plain && text != "." && text != ".." { Ok(text.clone()) } else { Err(setting.wrong()) }
}

fn filter(setting: &Setting) -> Result<String, Error> {
    match tracing_subscriber::EnvFilter::try_new(&setting.text) {
        Ok(_) if !setting.text.is_empty() => Ok(setting.text.clone()),
        _ => Err(setting.wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(flags: &[(&str, &str)], environment: &[(&str, &str)], file: &str) -> Result<Config, Error> {
        let mut layers = Layers::new();
        for (key, value) in flags {
            layers.flag(key, Some((*value).to_owned()));
        }
        layers.environment(environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        layers.file("ledger.toml", file)?;
        Config::read(&layers)
    }

    #[test]
    fn a_flag_stands_before_the_environment_before_the_file_before_the_default() {
        let file = "topic = \"of-file\"\npartitions = 3\nlisten = \"127.0.0.1:1\"";
        let environment = [("MERCHANT_LEDGER_TOPIC", "of-environment"), ("MERCHANT_LEDGER_LISTEN", "127.0.0.1:2")];
        let config = layers(&[("topic", "of-flag")], &environment, file).expect("a configuration");
        assert_eq!((config.topic.as_str(), config.listen.port(), config.partitions), ("of-flag", 2, Some(3)));
        assert_eq!((config.data, config.brokers), (PathBuf::from("./data"), None));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_value_and_what_would_be_right() {
        for (flags, environment, file, said) in [
            (vec![("listen", "0.0.0.0:8080")], vec![], "", vec!["0.0.0.0:8080", "loopback", "--keys", "[jwt]", "--tls-certificate", "behind_proxy"]),
            (vec![("listen", "0.0.0.0:8080"), ("keys", "k.toml")], vec![], "", vec!["0.0.0.0:8080", "--tls-certificate", "behind_proxy"]),
            (vec![("listen", "[::]:8080")], vec![], "behind_proxy = true", vec!["[::]:8080", "--keys", "[jwt]"]),
            (vec![], vec![], "[tls]\ncertificate = \"c.pem\"", vec!["tls.certificate", "tls.key"]),
            (vec![], vec![], "[jwt]\nissuer = \"i\"\naudience = \"a\"", vec!["jwt.jwks"]),
            (vec![], vec![], "[jwt]\nissuer = \"i\"\naudience = \"a\"\njwks = \"http://keys.example\"", vec!["jwt.jwks", "https"]),
            (vec![], vec![], "[jwt]\nissuer = \"i\"\naudience = \"a\"\njwks = \"k\"\nalgorithms = [\"HS256\"]", vec!["jwt.algorithms", "HS256", "EdDSA"]),
            (vec![], vec![], "[jwt]\nissuer = \"i\"\naudience = \"a\"\njwks = \"k\"\nalgorithms = [\"none\"]", vec!["jwt.algorithms", "none"]),
            // What is said is read, whether or not its section is in force; and a section that is not says what it lacks.
            (vec![], vec![], "[jwt]\nalgorithms = [\"HS256\"]", vec!["jwt.algorithms", "HS256", "EdDSA"]),
            (vec![], vec![("MERCHANT_LEDGER_JWT_ALGORITHMS", "HS256")], "", vec!["MERCHANT_LEDGER_JWT_ALGORITHMS", "HS256", "EdDSA"]),
            (vec![], vec![], "[jwt]\nalgorithms = [\"ES256\"]", vec!["jwt.algorithms", "jwt.issuer", "jwt.jwks"]),
            (vec![], vec![], "[jwt]\nrole_claim = \"roles\"", vec!["jwt.role_claim", "jwt.issuer"]),
            (vec![], vec![], "[cluster]\nprotocol = \"consumer\"", vec!["cluster.protocol", "consumer", "classic"]),
            (vec![], vec![], "metrics_key = \"maybe\"", vec!["metrics_key", "maybe", "true or false"]),
            (vec![], vec![], "[limits]\nexpensive = 0", vec!["limits.expensive", "\"0\""]),
            (vec![], vec![], "[limits]\nstreams = 1001", vec!["limits.streams", "1001", "1 to 1000"]),
            (vec![], vec![("MERCHANT_LEDGER_LISTEN", "here")], "", vec!["MERCHANT_LEDGER_LISTEN", "here", "127.0.0.1:8080"]),
            (vec![], vec![], "partitions = 0", vec!["partitions", "\"0\"", "ledger.toml", "1 to 1024"]),
            (vec![], vec![], "bodies_mib = 19", vec!["bodies_mib", "\"19\"", "20 to 1048576"]),
            (vec![], vec![], "partition = 12", vec!["partition", "ledger.toml", "partitions"]),
            (vec![], vec![], "[risk]\nchargeback = 1", vec!["risk.chargeback", "chargeback_percent"]),
            (vec![], vec![], "[risk]\nchargeback_percent = 0.1", vec!["risk.chargeback_percent", "0.1", "decimal string"]),
            (vec![], vec![], "[risk]\nchargeback_percent = \"101\"", vec!["risk.chargeback_percent", "101", "0 to 100"]),
            (vec![], vec![], "[risk]\nchargeback_days = 0", vec!["risk.chargeback_days", "\"0\""]),
            (vec![("brokers", "localhost")], vec![], "", vec!["--brokers", "localhost", "host:port"]),
            (vec![("topic", "a b")], vec![], "", vec!["--topic", "a b"]),
            (vec![], vec![], "log_format = \"xml\"", vec!["log_format", "xml", "json"]),
            (vec![], vec![], "partitions = ", vec!["ledger.toml"]),
            (vec![("brokers", "me:hush@localhost:9092")], vec![], "", vec!["--brokers", "sasl.password"]),
            (vec![], vec![], "[jwt]\nissuer = \"i\"\naudience = \"a\"\njwks = \"https://me:hush@keys.example\"", vec!["jwt.jwks", "without a user"]),
            (vec![], vec![], "[jwt]\nissuer = \"i\"\naudience = \"a\"\njwks = \"http://me:hush@keys.example\"", vec!["jwt.jwks", "without a user"]),
            (vec![], vec![("MERCHANT_LEDGER_CLUSTER_ADVERTISE", "http://me:hush@h:8080")], "", vec!["MERCHANT_LEDGER_CLUSTER_ADVERTISE", "cluster.secret"]),
        ] {
            let error = layers(&flags, &environment, file).expect_err(said[0]).to_string();
            assert!(!error.contains("hush"), "{error:?} repeats a password");
            for part in said {
                assert!(error.contains(part), "{error:?} does not say {part:?}");
            }
        }
    }

    #[test]
    fn a_mistyped_variable_is_an_error_and_a_strange_one_is_told() {
        for (variable, meant) in [("LISTN", "LISTEN"), ("BROKER", "BROKERS"), ("LOGFORMAT", "LOG_FORMAT"), ("RISK_REFUND_DAY", "RISK_REFUND_DAYS")] {
            let error = layers(&[], &[(&format!("MERCHANT_LEDGER_{variable}"), "x")], "").expect_err(variable).to_string();
            assert!(error.contains(&format!("MERCHANT_LEDGER_{variable}")) && error.contains(&format!("MERCHANT_LEDGER_{meant}")), "{error}");
        }
        let others = ["MERCHANT_LEDGER_CONFIG", "MERCHANT_LEDGER_SERVICE_HOST", "MERCHANT_LEDGER_PORT_8080_TCP", "OTHER_LISTN"];
        let config = layers(&[], &others.map(|name| (name, "x")), "").expect("what others set on purpose");
        assert_eq!(config.unknown_variables, Vec::<String>::new());
        let config = layers(&[], &[("MERCHANT_LEDGER_ENDPOINT_OF_MINE", "x")], "").expect("no key, and like none");
        assert_eq!(config.unknown_variables, ["MERCHANT_LEDGER_ENDPOINT_OF_MINE"]);
    }

    #[test]
    fn risk_has_the_published_defaults_and_takes_its_own() {
        let defaults = layers(&[], &[], "").expect("defaults").risk;
        assert_eq!((defaults.chargeback_percent.0, defaults.chargeback_days), (100_000, 120));
        assert_eq!((defaults.refund_percent.0, defaults.refund_days, defaults.delivery.len()), (2_000_000, 30, 0));
        let file = "[risk]\nrefund_percent = \"1.5\"\ndelivery = [{ percent = \"60\", days = 30 }]";
        let risk = layers(&[], &[("MERCHANT_LEDGER_RISK_REFUND_DAYS", "7")], file).expect("a configuration").risk;
        assert_eq!((risk.refund_percent.0, risk.refund_days), (1_500_000, 7));
        assert_eq!(risk.delivery.iter().map(|part| (part.percent.0, part.days)).collect::<Vec<_>>(), [(60_000_000, 30)]);
    }
}
