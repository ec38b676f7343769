//! How the client library is set up, and every bound on waiting and memory.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::producer::BaseProducer;

use super::super::Decode;
use super::context::{Connection, Context, Role};
use super::group::{HEARTBEAT_MS, SESSION_MS};
use super::properties::{self, Refused, Side};

/// One question to a broker.
pub(super) const ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);
/// A question that is asked again because the broker may just have started or the topic just have been made.
pub(super) const SETTLE_WAIT_MAX: Duration = Duration::from_secs(10);
/// Between two such questions.
pub(super) const SETTLE_PAUSE: Duration = Duration::from_millis(200);
/// A publication, until every record of it has an offset.
pub(super) const DELIVERY_WAIT_MAX: Duration = Duration::from_secs(20);
/// Records at the end of each partition whose keys are looked at when a shard starts.
pub(super) const SAMPLE_RECORDS_MAX: usize = 100;
/// How long they are waited for.
pub(super) const SAMPLE_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long the topic's limit on a batch is waited for before something is sent.
pub(super) const LIMIT_WAIT_MAX: Duration = Duration::from_secs(2);
/// Between two commits of the group's offsets.
pub(super) const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);
/// The group under which progress is noted. No member ever joins it.
pub(super) const GROUP: &str = "merchant-ledger";
/// How long a topic may be unknown before it counts as missing: shorter than a publication waits.
const PROPAGATION_MS: &str = "10000";
/// How long a commit of the group's offsets waits for its coordinator. The library holds the end of the client up for so
/// long where Kafka is gone; there is no session that this could end.
const COMMIT_WAIT_MS: &str = "2000";
/// Records that a reader fetches ahead. Beside its value each takes some hundred bytes that the library does not count, and one without a
/// value counts nothing (`findings/rdkafka-bound-counts-values-alone.sh`).
const AHEAD_RECORDS: &str = "20000";
/// Values that a reader fetches ahead, in thousands of bytes. With the answer that comes and what each record takes beside, a reader takes
/// about 12 MiB.
const AHEAD_KBYTES: &str = "4096";
/// After how many milliseconds a reader that had enough ahead looks whether it still has. The library's own 1000 would let a reader who is
/// faster than that stand still for the rest of each second (`findings/rdkafka-small-queue-stands-still.sh`).
const AHEAD_LOOK_MS: &str = "5";
/// One answer to a reader for its partition. A record above it is still fetched whole.
const PARTITION_FETCH_BYTES: &str = "2097152";
/// One answer to a reader.
const FETCH_BYTES: &str = "4194304";
/// How long a transaction may be open before Kafka ends it: what a killed node leaves behind hides later records so long,
/// unless it, or whoever takes its place, opens the same transactional id before.
const TRANSACTION_MS: &str = "60000";
/// A record of a transaction is given up after this, which is less than the transaction may take.
const TRANSACTION_RECORD_MS: &str = "25000";
/// The largest record that is sent; a broker's own limit (1 MiB by default) counts before it.
const SENT_RECORD_BYTES_MAX: &str = "4194304";
/// One batch that is sent, unless the topic takes less: below every broker's usual limit.
pub(super) const SENT_BATCH_BYTES_MAX: usize = 524_288;
/// A batch is as small as this at least, before the topic's limit is said to be too small.
pub(super) const SENT_BATCH_BYTES_MIN: usize = 64;
/// Memory for records that wait to be sent.
const SENDING_KBYTES: &str = "65536";
/// Records that wait to be sent.
const SENDING_RECORDS: &str = "200000";

/// What an operator adds to the connection: those properties of librdkafka that [`properties`] lets through.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Name and value; they come last and win.
    pub properties: Vec<(String, String)>,
    /// Reads values of other encodings; none where JSON alone is read.
    pub decoder: Option<Arc<dyn Decode>>,
    /// From which offset of each partition on it does; empty: from the first one on.
    pub framed_from: Vec<i64>,
    pub(super) brokers: String,
}

impl Options {
    /// Whether the properties may be set, and whether the client that was built takes them. Nothing is connected.
    ///
    /// # Errors
    /// The first property that may not be set or has a wrong value, with the reason. No value of a property is told.
    pub fn check(&self) -> Result<(), Refused> {
        for (name, _) in &self.properties {
            properties::side(name)?;
        }
        let connection = Arc::new(Connection::default());
        let alone = |mut config: ClientConfig| {
            // Without the addresses of brokers it connects to none.
            config.remove("bootstrap.servers");
            config
        };
        let reader: Result<BaseConsumer<Context>, KafkaError> = alone(self.reader()).create_with_context(Context::new(&connection, ""));
        reader.map_err(refused)?;
        let publisher: Result<BaseProducer, KafkaError> = alone(self.publisher(SENT_BATCH_BYTES_MAX)).create();
        publisher.map_err(refused).map(drop)
    }

    pub(super) fn with_brokers(mut self, brokers: &str) -> Self {
        brokers.clone_into(&mut self.brokers);
        self
    }

    /// Asks for partitions and watermarks, as one who sees everything that was written. It logs for debugging what it learns
    /// of topics, because that is where their ids are told; and, where it notes progress, what became of that.
    pub(super) fn asker(&self, role: Role) -> ClientConfig {
        let debug = match role {
            Role::Input => "topic,cgrp",
            Role::Output => "topic",
        };
        let mut config = self.noting();
        config.set("isolation.level", "read_uncommitted").set("debug", debug).set_log_level(RDKafkaLogLevel::Debug);
        self.finish(config, Side::Reads)
    }

    /// Asks for watermarks as a reader sees them: up to the first open transaction.
    pub(super) fn committed_asker(&self) -> ClientConfig {
        let mut config = self.noting();
        config.set("isolation.level", "read_committed");
        self.finish(config, Side::Reads)
    }

    fn noting(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", GROUP)
            .set("enable.auto.commit", "false")
            .set("allow.auto.create.topics", "false")
            .set("session.timeout.ms", COMMIT_WAIT_MS)
            .set("heartbeat.interval.ms", "1000");
        config
    }

    /// Reads one partition. It has a group because the library wants one; it never joins it and never commits.
    pub(super) fn reader(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", GROUP)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("allow.auto.create.topics", "false")
            .set("check.crcs", "true")
            .set("fetch.wait.max.ms", "100")
            .set("queued.min.messages", AHEAD_RECORDS)
            .set("queued.max.messages.kbytes", AHEAD_KBYTES)
            .set("fetch.queue.backoff.ms", AHEAD_LOOK_MS)
            .set("max.partition.fetch.bytes", PARTITION_FETCH_BYTES)
            .set("fetch.max.bytes", FETCH_BYTES);
        self.finish(config, Side::Reads)
    }

    /// A static member of the group of nodes, which is handed partitions and reads nothing of them.
    pub(super) fn member(&self, group: &str, node: &str, client_id: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", group)
            .set("group.instance.id", node)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", SESSION_MS)
            .set("heartbeat.interval.ms", HEARTBEAT_MS)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "latest")
            .set("queued.min.messages", "1")
            .set("allow.auto.create.topics", "false");
        let mut config = self.finish(config, Side::Reads);
        // Where this node is stands in it.
        config.set("client.id", client_id);
        config
    }

    /// Sends records in batches of at most so many bytes: in order, each once, acknowledged by all replicas. A record never
    /// times out by itself and none is sent past a lost one: the publisher gives up on all of them together.
    pub(super) fn publisher(&self, batch_bytes: usize) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("enable.gapless.guarantee", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("compression.type", "lz4")
            .set("linger.ms", "2")
            .set("message.timeout.ms", "0")
            .set("message.max.bytes", SENT_RECORD_BYTES_MAX)
            .set("batch.size", batch_bytes.to_string())
            .set("queue.buffering.max.kbytes", SENDING_KBYTES)
            .set("queue.buffering.max.messages", SENDING_RECORDS);
        self.finish(config, Side::Writes)
    }

    /// Writes one partition of an output in transactions. Compressed by gzip, the one codec that every client of Kafka reads.
    pub(super) fn stream(&self, transactional_id: &str, batch_bytes: usize) -> ClientConfig {
        let mut config = self.client();
        config
            .set("transactional.id", transactional_id)
            .set("transaction.timeout.ms", TRANSACTION_MS)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("compression.type", "gzip")
            .set("compression.level", "1")
            .set("linger.ms", "2")
            .set("message.timeout.ms", TRANSACTION_RECORD_MS)
            .set("message.max.bytes", SENT_RECORD_BYTES_MAX)
            .set("batch.size", batch_bytes.to_string())
            .set("queue.buffering.max.kbytes", SENDING_KBYTES)
            .set("queue.buffering.max.messages", SENDING_RECORDS);
        self.finish(config, Side::Writes)
    }

    /// Makes and removes topics, and asks for their configuration.
    pub(super) fn admin(&self) -> ClientConfig {
        self.finish(self.client(), Side::Both)
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "merchant-ledger")
            .set("socket.timeout.ms", "10000")
            .set("socket.connection.setup.timeout.ms", "5000")
            .set("reconnect.backoff.ms", "100")
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.propagation.max.ms", PROPAGATION_MS)
            .set_log_level(RDKafkaLogLevel::Error);
        config
    }

    /// Adds what the operator says to a client of one side.
    fn finish(&self, mut config: ClientConfig, side: Side) -> ClientConfig {
        for (name, value) in &self.properties {
            if properties::side(name).is_ok_and(|of| of == side || of == Side::Both) {
                config.set(name, value);
            }
        }
        config
    }
}

/// What the client library was built with, in its own words: `gzip,snappy,ssl,sasl,…`.
pub fn features() -> String {
    ClientConfig::new().create_native_config().and_then(|config| config.get("builtin.features")).unwrap_or_default()
}

/// Which release the client library is of.
pub fn version() -> String {
    rdkafka::util::get_rdkafka_version().1
}

/// Why the library makes no client. The last word of its error is the value, which may be a secret.
fn refused(error: KafkaError) -> Refused {
    match error {
        KafkaError::ClientConfig(_, description, name, _) => Refused { name, reason: description },
        error => Refused { name: String::new(), reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(properties: &[(&str, &str)]) -> Result<(), Refused> {
        let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Options { properties, ..Options::default() }.check()
    }

    #[test]
    fn this_build_reads_every_codec_and_speaks_tls_and_sasl() {
        let features = features();
        let built: Vec<&str> = features.split(',').map(str::trim).collect();
        for wanted in ["gzip", "snappy", "lz4", "zstd", "ssl", "sasl", "sasl_plain", "sasl_scram", "sasl_oauthbearer", "oidc"] {
            assert!(built.contains(&wanted), "{wanted} is not in {features}");
        }
        assert!(!version().is_empty());
    }

    #[test]
    fn a_secured_cluster_may_be_named_and_what_this_build_cannot_do_is_refused() {
        check(&[]).expect("nothing is fine");
        check(&[("security.protocol", "sasl_ssl"), ("sasl.mechanism", "SCRAM-SHA-512"), ("sasl.username", "u"), ("sasl.password", "p")]).expect("SCRAM");
        check(&[("compression.type", "zstd"), ("linger.ms", "5"), ("fetch.wait.max.ms", "50")]).expect("each is of its side");
        let oidc = "https://idp.example/token";
        let oidc = [
            ("security.protocol", "sasl_ssl"),
            ("sasl.mechanism", "OAUTHBEARER"),
            ("sasl.oauthbearer.method", "oidc"),
            ("sasl.oauthbearer.client.id", "ledger"),
            ("sasl.oauthbearer.client.secret", "s"),
            ("sasl.oauthbearer.token.endpoint.url", oidc),
        ];
        check(&oidc).expect("OAUTHBEARER");
        for (properties, said) in [
            (vec![("security.protocol", "sasl_ssl"), ("sasl.mechanism", "GSSAPI"), ("sasl.password", "hidden")], "GSSAPI"),
            (vec![("security.protocol", "tls")], "security.protocol"),
            (vec![("security.protocol", "ssl"), ("ssl.ca.location", "/nowhere/ca.pem")], "ssl.ca.location"),
            (vec![("ssl.certificat.location", "x")], "ssl.certificat.location"),
        ] {
            let refused = check(&properties).expect_err(said).to_string();
            assert!(refused.contains(said) && !refused.contains("hidden"), "{refused}");
        }
    }
}
