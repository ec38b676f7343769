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

    /// Whether its value is a list of numbers.
    pub fn is_numbers(&self) -> bool {
        matches!(self.name, "registry.set_aside" | "registry.from")
    }

    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("{ENVIRONMENT_PREFIX}{}", self.name.replace('.', "_").to_uppercase())
    }
}

const PERCENT: &str = "a decimal string from 0 to 100 with at most six decimals, such as \"0.10\"";
const TRUTH: &str = "true or false";
const SECONDS: &str = "a whole number of seconds, 1 to 3600";
const MEMORY: &str = "a whole number of MiB, 1 to 1048576";
const MEMORY_OF_BODIES: &str = "a whole number of MiB, 20 to 1048576: the longest body counts 16, and an eighth is for small ones";

/// All of them.
pub const KEYS: &[Key] = &[
    Key { name: "data", default: Some("./data"), expects: "a directory" },
    Key {
        name: "listen",
        default: Some("127.0.0.1:8080"),
        expects: "an address and a port, such as 127.0.0.1:8080 (one that is not loopback needs keys or [jwt], and [tls] or behind_proxy)",
    },
    Key { name: "brokers", default: None, expects: "host:port of a Kafka broker, several with commas between, such as localhost:9092" },
    Key { name: "topic", default: Some("terminal-events"), expects: "1 to 249 of [A-Za-z0-9._-], such as terminal-events" },
    Key {
        name: "kafka",
        default: Some(""),
        expects: "a table of properties of librdkafka, such as { \"security.protocol\" = \"ssl\" } (in the environment security.protocol=ssl,… or one alone: MERCHANT_LEDGER_KAFKA_SASL_PASSWORD)",
    },
    Key { name: "partitions", default: None, expects: "a whole number, 1 to 1024" },
    Key { name: "state_mib", default: Some("256"), expects: MEMORY },
    Key { name: "journal_cache_mib", default: Some("64"), expects: MEMORY },
    Key { name: "journal_write_buffer_mib", default: Some("64"), expects: MEMORY },
    Key { name: "views_cache_mib", default: Some("128"), expects: MEMORY },
    Key { name: "views_write_buffer_mib", default: Some("128"), expects: MEMORY },
    Key { name: "views_rows_mib", default: Some("512"), expects: MEMORY },
    Key { name: "records_mib", default: Some("384"), expects: MEMORY },
    Key { name: "exposure_mib", default: Some("512"), expects: MEMORY },
    Key { name: "bodies_mib", default: Some("256"), expects: MEMORY_OF_BODIES },
    Key { name: "huge_pages", default: Some("false"), expects: TRUTH },
    Key { name: "log", default: Some("info"), expects: "a filter such as info, or warn,server=debug" },
    Key { name: "log_format", default: Some("text"), expects: "text or json" },
    Key { name: "fewest_customers", default: Some("10"), expects: "a whole number of customers, 1 to 10000: rows of consumption with fewer are left out" },
    Key { name: "keys", default: None, expects: "the file of keys, made by `merchant-ledger keys add`" },
    Key { name: "behind_proxy", default: Some("false"), expects: TRUTH },
    Key { name: "metrics_key", default: Some("false"), expects: TRUTH },
    Key { name: "jwt.issuer", default: None, expects: "who signs tokens: their claim iss" },
    Key { name: "jwt.audience", default: None, expects: "whom tokens are for: their claim aud" },
    Key { name: "jwt.jwks", default: None, expects: "a file, or an https:// address, with a JSON Web Key Set" },
    Key { name: "jwt.certificates", default: None, expects: "a PEM file of who may vouch for the address of jwt.jwks" },
    Key {
        name: "jwt.algorithms",
        default: Some("EdDSA,ES256,RS256"),
        expects: "a list of EdDSA, ES256, ES384, RS256, RS384, RS512, PS256, PS384, PS512 (with commas between in the environment)",
    },
    Key { name: "jwt.role_claim", default: Some("role"), expects: "the name of a claim, or names with dots between" },
    Key { name: "jwt.merchants_claim", default: Some("merchants"), expects: "the name of a claim, or names with dots between" },
    Key { name: "jwt.where_claim", default: Some("where"), expects: "the name of a claim, or names with dots between" },
    Key { name: "tls.certificate", default: None, expects: "a PEM file with the certificate and those that vouch for it" },
    Key { name: "tls.key", default: None, expects: "a PEM file with the private key of tls.certificate" },
    Key { name: "limits.requests_per_second", default: Some("1000"), expects: "a whole number of requests a second of one key, 1 to 1000000" },
    Key { name: "limits.burst", default: Some("1000"), expects: "a whole number of requests of one key at once, 1 to 1000000" },
    Key { name: "limits.expensive", default: Some("8"), expects: "a whole number of expensive questions of one caller at once, 1 to 64" },
    Key { name: "limits.streams", default: Some("64"), expects: "a whole number of streams of one caller at once, 1 to 1000" },
    Key { name: "limits.connections", default: Some("4096"), expects: "a whole number of connections, 1 to 1048576" },
    Key { name: "limits.header_seconds", default: Some("10"), expects: SECONDS },
    Key { name: "limits.body_seconds", default: Some("30"), expects: SECONDS },
    Key { name: "limits.idle_seconds", default: Some("60"), expects: SECONDS },
    Key { name: "limits.write_seconds", default: Some("30"), expects: SECONDS },
    Key { name: "reconciliation.expect_days", default: Some("2"), expects: "a whole number of business days, 0 to 365" },
    Key { name: "reconciliation.fee_tolerance", default: Some("1"), expects: "a whole number of minor units an entry, 0 to 1000000" },
    Key {
        name: "reconciliation.sources",
        default: Some(""),
        expects: "tables such as [reconciliation.sources.\"scheme:unionpay\"] with expect_days, fee_tolerance and calendar, and of a bank account = { book = \"bank\", currency = \"CNY\" }",
    },
    Key { name: "streams.entries", default: None, expects: "1 to 249 of [A-Za-z0-9._-]: the topic that every entry is written to, such as ledger-entries" },
    Key { name: "streams.consumption", default: None, expects: "1 to 249 of [A-Za-z0-9._-]: the topic that purchases are written to, such as consumption" },
    Key {
        name: "streams.dead_letters",
        default: None,
        expects: "1 to 249 of [A-Za-z0-9._-]: the topic that what was set aside is written to, such as terminal-events.dlq",
    },
    Key { name: "streams.heads", default: None, expects: "1 to 249 of [A-Za-z0-9._-]: the compacted topic that heads are written to, such as ledger-heads" },
    Key { name: "streams.encoding", default: Some("json"), expects: "json, avro or protobuf: how values of entries, consumption and heads are encoded" },
    Key { name: "registry.url", default: None, expects: "the http:// or https:// address of a schema registry with Confluent's API" },
    Key { name: "registry.user", default: None, expects: "who asks the registry" },
    Key { name: "registry.password", default: None, expects: "the password of registry.user" },
    Key { name: "registry.certificates", default: None, expects: "a PEM file of who may vouch for the address of registry.url" },
    Key {
        name: "registry.set_aside",
        default: Some(""),
        expects: "a list of ids, such as [4711], that no schema has: records that they frame are set aside, on every node and for ever",
    },
    Key {
        name: "registry.from",
        default: Some(""),
        expects: "a list with the first offset of each partition that may be framed, such as [151, 20], of a ledger that had no registry before; the same on every node and for ever",
    },
    Key { name: "cluster.node", default: None, expects: "what this node is called, such as a; absent, the machine's name" },
    Key { name: "cluster.advertise", default: None, expects: "where other nodes reach this one, such as http://10.0.0.7:8080" },
    Key { name: "cluster.group", default: None, expects: "1 to 249 of [A-Za-z0-9._-]: Kafka's group of the nodes; absent, the topic's name and -nodes" },
    Key { name: "cluster.protocol", default: Some("classic"), expects: "classic: how Kafka's group shares partitions out; it takes no other one yet" },
    Key { name: "cluster.standby", default: Some("1"), expects: "a whole number of other nodes that fold each partition, too, 0 to 8" },
    Key { name: "cluster.max_lag", default: Some("1000"), expects: "a whole number of records that a node may be behind and answer, 1 to 1000000" },
    Key { name: "cluster.secret", default: None, expects: "16 to 256 characters that all nodes share and nobody else knows" },
    Key {
        name: "cluster.certificates",
        default: None,
        expects: "a PEM file of who may vouch for the https:// addresses of nodes; absent, cluster.tls.authorities, and without those whom browsers trust",
    },
    Key {
        name: "cluster.checkpoints",
        default: None,
        expects: "a directory that every node sees, or s3://BUCKET or s3://BUCKET/PREFIX (credentials and region as AWS_… in the environment)",
    },
    Key { name: "cluster.checkpoint_seconds", default: Some("300"), expects: "a whole number of seconds between two checkpoints of a partition, 1 to 86400" },
    Key { name: "cluster.checkpoints_kept", default: Some("3"), expects: "a whole number of checkpoints of a partition that stay, 1 to 100" },
    Key {
        name: "cluster.tls.certificate",
        default: None,
        expects: "a PEM file with the certificate that this node shows to others, and those that vouch for it",
    },
    Key { name: "cluster.tls.key", default: None, expects: "a PEM file with the private key of cluster.tls.certificate" },
    Key { name: "cluster.tls.authorities", default: None, expects: "a PEM file of who vouches for nodes: whoever shows a certificate of theirs is one" },
    Key { name: "traces.endpoint", default: None, expects: "a receiver of OTLP over HTTP, such as http://127.0.0.1:4318" },
    Key { name: "traces.sampled_percent", default: Some("100"), expects: "a whole number of a hundred traces that are kept, 0 to 100" },
    Key { name: "webhooks.private_addresses", default: Some("false"), expects: TRUTH },
    Key {
        name: "webhooks.topic",
        default: Some("ledger-hooks"),
        expects: "1 to 249 of [A-Za-z0-9._-]: the compacted topic that webhooks are kept in, such as ledger-hooks",
    },
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
