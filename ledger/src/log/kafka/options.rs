//! How the client library is set up, and every bound on waiting and memory.

use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};

/// One question to a broker.
pub(super) const ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);
/// A question that is asked again because the broker may just have started or the topic just have been made.
pub(super) const SETTLE_WAIT_MAX: Duration = Duration::from_secs(10);
/// Between two such questions.
pub(super) const SETTLE_PAUSE: Duration = Duration::from_millis(200);
/// A publication, until every record of it has an offset.
pub(super) const DELIVERY_WAIT_MAX: Duration = Duration::from_secs(20);
/// Between two commits of the group's offsets.
pub(super) const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);
/// The group under which progress is noted. No member ever joins it.
const GROUP: &str = "merchant-ledger";
/// How long a topic may be unknown before it counts as missing: shorter than a publication waits.
const PROPAGATION_MS: &str = "10000";
/// How long a commit of the group's offsets waits for its coordinator. The library holds the end of the client up for so
/// long where Kafka is gone; there is no session that this could end.
const COMMIT_WAIT_MS: &str = "2000";
/// Records that a reader fetches ahead.
const AHEAD_RECORDS: &str = "100000";
/// Memory that one reader fetches ahead into: 12 partitions stay below 256 MB.
const AHEAD_KBYTES: &str = "16384";
/// One answer to a reader for its partition. A record above it is still fetched whole.
const PARTITION_FETCH_BYTES: &str = "4194304";
/// One answer to a reader.
const FETCH_BYTES: &str = "8388608";
/// The largest record that is sent; a broker's own limit (1 MiB by default) counts before it.
const SENT_RECORD_BYTES_MAX: &str = "4194304";
/// One batch that is sent: below every broker's limit.
const SENT_BATCH_BYTES_MAX: &str = "524288";
/// Memory for records that wait to be sent.
const SENDING_KBYTES: &str = "65536";
/// Records that wait to be sent.
const SENDING_RECORDS: &str = "200000";

/// What an operator may add to the connection: any property of librdkafka (`security.protocol`, `sasl.username`, …).
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Name and value; they come last and win.
    pub properties: Vec<(String, String)>,
    pub(super) brokers: String,
}

impl Options {
    pub(super) fn with_brokers(mut self, brokers: &str) -> Self {
        brokers.clone_into(&mut self.brokers);
        self
    }

    /// Whether the brokers are spoken to without encryption and authentication.
    pub(super) fn plain_text(&self) -> bool {
        let protocol = self.properties.iter().rev().find(|(name, _)| name == "security.protocol");
        protocol.is_none_or(|(_, value)| value.eq_ignore_ascii_case("plaintext"))
    }

    /// Asks for partitions and watermarks.
    pub(super) fn asker(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", GROUP)
            .set("enable.auto.commit", "false")
            .set("allow.auto.create.topics", "false")
            .set("session.timeout.ms", COMMIT_WAIT_MS)
            .set("heartbeat.interval.ms", "1000");
        self.finish(config)
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
            .set("max.partition.fetch.bytes", PARTITION_FETCH_BYTES)
            .set("fetch.max.bytes", FETCH_BYTES);
        self.finish(config)
    }

    /// Sends records: in order, each once, acknowledged by all replicas. A record never times out by itself, since its
    /// successors would then leave a gap: the publisher gives up on all of them together.
    pub(super) fn publisher(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("compression.type", "lz4")
            .set("linger.ms", "2")
            .set("message.timeout.ms", "0")
            .set("message.max.bytes", SENT_RECORD_BYTES_MAX)
            .set("batch.size", SENT_BATCH_BYTES_MAX)
            .set("queue.buffering.max.kbytes", SENDING_KBYTES)
            .set("queue.buffering.max.messages", SENDING_RECORDS);
        self.finish(config)
    }

    /// Makes and removes topics.
    pub(super) fn admin(&self) -> ClientConfig {
        self.finish(self.client())
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

    fn finish(&self, mut config: ClientConfig) -> ClientConfig {
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config
    }
}
