//! Every key of the configuration.

/// What the name of an environment variable begins with: `MERCHANT_LEDGER_LISTEN` is the key `listen`.
pub const ENVIRONMENT_PREFIX: &str = "MERCHANT_LEDGER_";

/// A key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name in the file; a dot stands before a key of a section.
    pub name: &'static str,
    /// Its value where nothing says otherwise; none, where absent means something.
    pub default: Option<&'static str>,
    /// What would be right.
    pub expects: &'static str,
}

impl Key {
    /// The key of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("{ENVIRONMENT_PREFIX}{}", self.name.replace('.', "_").to_uppercase())
    }
}

const PERCENT: &str = "a decimal string from 0 to 100 with at most six decimals, such as \"0.10\"";
const MEMORY: &str = "a whole number of MiB, 1 to 1048576";

/// All of them.
pub const KEYS: &[Key] = &[
    Key { name: "data", default: Some("./data"), expects: "a directory" },
    Key {
        name: "listen",
        default: Some("127.0.0.1:8080"),
        expects: "a loopback address and a port, such as 127.0.0.1:8080 (other addresses need authentication, which this version does not have)",
    },
    Key { name: "brokers", default: None, expects: "host:port of a Kafka broker, several with commas between, such as localhost:9092" },
    Key { name: "topic", default: Some("terminal-events"), expects: "1 to 249 of [A-Za-z0-9._-], such as terminal-events" },
    Key {
        name: "kafka",
        default: Some(""),
        expects: "a table of properties of librdkafka with texts as values, such as { \"security.protocol\" = \"ssl\" } (security.protocol=ssl,… in the environment)",
    },
    Key { name: "partitions", default: None, expects: "a whole number, 1 to 1024" },
    Key { name: "state_mib", default: Some("256"), expects: MEMORY },
    Key { name: "journal_cache_mib", default: Some("256"), expects: MEMORY },
    Key { name: "journal_write_buffer_mib", default: Some("256"), expects: MEMORY },
    Key { name: "views_cache_mib", default: Some("256"), expects: MEMORY },
    Key { name: "views_write_buffer_mib", default: Some("256"), expects: MEMORY },
    Key { name: "views_rows_mib", default: Some("512"), expects: MEMORY },
    Key { name: "log", default: Some("info"), expects: "a filter such as info, or warn,server=debug" },
    Key { name: "log_format", default: Some("text"), expects: "text or json" },
    Key { name: "fewest_customers", default: Some("10"), expects: "a whole number of customers, 1 to 10000: rows of consumption with fewer are left out" },
    Key { name: "risk.chargeback_percent", default: Some("0.10"), expects: PERCENT },
    Key { name: "risk.chargeback_days", default: Some("120"), expects: "a whole number of days, 1 to 3650" },
    Key { name: "risk.refund_percent", default: Some("2.00"), expects: PERCENT },
    Key { name: "risk.refund_days", default: Some("30"), expects: "a whole number of days, 0 to 3650" },
    Key {
        name: "risk.delivery",
        default: Some(""),
        expects: "a list such as [{ percent = \"60\", days = 30 }], percent a decimal string from 0 to 100, days 0 to 3650 (60:30,40:7 in the environment)",
    },
];
