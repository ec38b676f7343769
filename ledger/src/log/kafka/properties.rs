//! Which properties of the client library an operator may set: those of the connection, and of how fast it goes. What the
//! ledger's safety rests on is refused, with the reason.

/// Whose client a property is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Every client's.
    Both,
    /// A reader's.
    Reads,
    /// A writer's.
    Writes,
}

/// A property that may not be set, or has a value that the client does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", prefix(name))]
pub struct Refused {
    /// Its name; empty where the library does not say which one it means.
    pub name: String,
    /// Why.
    pub reason: String,
}

fn prefix(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("{name}: ") }
}

/// Of every client: who we are, how the connection is secured, and how it is kept.
const BOTH: &[&str] = &[
    "security.protocol",
    "client.id",
    "client.rack",
    "client.dns.lookup",
    "broker.address.family",
    "broker.address.ttl",
    "connections.max.idle.ms",
    "socket.timeout.ms",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.nagle.disable",
    "socket.max.fails",
    "socket.send.buffer.bytes",
    "socket.receive.buffer.bytes",
    "reconnect.backoff.ms",
    "reconnect.backoff.max.ms",
    "retry.backoff.ms",
    "retry.backoff.max.ms",
    "metadata.max.age.ms",
    "topic.metadata.refresh.interval.ms",
    "topic.metadata.refresh.fast.interval.ms",
    "topic.metadata.refresh.sparse",
    "metadata.recovery.strategy",
    "metadata.recovery.rebootstrap.trigger.ms",
    "enable.metrics.push",
    "log.connection.close",
];
/// The same, whatever follows.
const BOTH_BEGINNINGS: &[&str] = &["ssl.", "sasl.", "https.ca."];
/// How a reader fetches.
const READS: &[&str] = &[
    "fetch.wait.max.ms",
    "fetch.queue.backoff.ms",
    "fetch.min.bytes",
    "fetch.max.bytes",
    "fetch.error.backoff.ms",
    "fetch.message.max.bytes",
    "max.partition.fetch.bytes",
    "queued.min.messages",
    "queued.max.messages.kbytes",
    "receive.message.max.bytes",
];
/// How a writer sends.
const WRITES: &[&str] = &["compression.type", "compression.codec", "compression.level", "linger.ms", "queue.buffering.max.ms"];

const GROUP: &str = "no group is joined and none is resumed from: the ledger assigns partitions to itself, and reads on where its own journal ends";
const CURSOR: &str = "where to read on is the journal's own knowledge, committed together with the entries";
const ONCE: &str = "a record is sent in order and once, and a later one never past a lost one";
const SIZE: &str = "a batch is as large as the topic takes, which is asked of Kafka";
const CODE: &str = "it loads foreign code into the process";

/// What safety rests on, or a key of its own says.
const REFUSED: &[(&str, &str)] = &[
    ("bootstrap.servers", "the key `brokers` says it"),
    ("metadata.broker.list", "the key `brokers` says it"),
    ("isolation.level", "only what is committed is read: an aborted transaction would be booked for ever"),
    ("acks", "an answer with a position says that every replica in sync has the record; with fewer an acknowledged sale may be lost"),
    ("request.required.acks", "an answer with a position says that every replica in sync has the record; with fewer an acknowledged sale may be lost"),
    ("enable.idempotence", ONCE),
    ("enable.gapless.guarantee", ONCE),
    ("max.in.flight", ONCE),
    ("max.in.flight.requests.per.connection", ONCE),
    ("retries", ONCE),
    ("message.send.max.retries", ONCE),
    ("message.timeout.ms", ONCE),
    ("delivery.timeout.ms", ONCE),
    ("request.timeout.ms", ONCE),
    ("transactional.id", ONCE),
    ("transaction.timeout.ms", ONCE),
    ("queuing.strategy", ONCE),
    ("enable.auto.commit", CURSOR),
    ("auto.commit.enable", CURSOR),
    ("auto.commit.interval.ms", CURSOR),
    ("enable.auto.offset.store", CURSOR),
    ("offset.store.method", CURSOR),
    ("auto.offset.reset", "a cursor outside of the log halts its shard, with the way out: nothing is ever skipped or read again from the start"),
    ("session.timeout.ms", GROUP),
    ("heartbeat.interval.ms", GROUP),
    ("max.poll.interval.ms", GROUP),
    ("partition.assignment.strategy", GROUP),
    ("partitioner", "a merchant's partition is murmur2 of its id, as Kafka's own clients have it: another one would part it from its ledger"),
    ("partitioner_cb", "a merchant's partition is murmur2 of its id, as Kafka's own clients have it: another one would part it from its ledger"),
    ("check.crcs", "what is damaged on its way must not be booked"),
    ("allow.auto.create.topics", "a topic is made on purpose, with the partitions that the ledger is opened with"),
    ("message.max.bytes", SIZE),
    ("batch.size", SIZE),
    ("batch.num.messages", SIZE),
    ("enable.ssl.certificate.verification", "whoever stands between could read and change events: name the authority by ssl.ca.location instead"),
    ("enable.sasl.oauthbearer.unsecure.jwt", "a token that nobody signed: sasl.oauthbearer.method = \"oidc\" fetches a real one"),
    ("plugin.library.paths", CODE),
    ("ssl.engine.location", CODE),
    ("ssl.engine.id", CODE),
    ("ssl.providers", CODE),
];
/// The same, whatever follows.
const REFUSED_BEGINNINGS: &[(&str, &str)] = &[("group.", GROUP), ("ssl_engine", CODE), ("transaction", ONCE)];

/// Whose client a property is of.
///
/// # Errors
/// It may not be set.
pub(super) fn side(name: &str) -> Result<Side, Refused> {
    let refused = |reason: String| Err(Refused { name: name.to_owned(), reason });
    let exactly = REFUSED.iter().find(|(refused, _)| *refused == name);
    if let Some((_, reason)) = exactly.or_else(|| REFUSED_BEGINNINGS.iter().find(|(beginning, _)| name.starts_with(beginning))) {
        return refused(format!("it may not be set: {reason}"));
    }
    if BOTH.contains(&name) || BOTH_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) {
        return Ok(Side::Both);
    }
    if READS.contains(&name) {
        return Ok(Side::Reads);
    }
    if WRITES.contains(&name) {
        return Ok(Side::Writes);
    }
    refused(format!("it is not among what may be set: {}", allowed()))
}

/// What may be set, for who reads it.
fn allowed() -> String {
    let beginnings = BOTH_BEGINNINGS.iter().map(|beginning| format!("{beginning}…"));
    let names = [BOTH, READS, WRITES].into_iter().flatten().map(|name| (*name).to_owned());
    beginnings.chain(names).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_safety_rests_on_is_refused_with_the_reason() {
        for (name, said) in [
            ("isolation.level", "aborted"),
            ("acks", "acknowledged sale"),
            ("request.required.acks", "acknowledged sale"),
            ("enable.auto.commit", "journal"),
            ("auto.offset.reset", "skipped"),
            ("group.id", "no group"),
            ("group.protocol", "no group"),
            ("group.instance.id", "no group"),
            ("session.timeout.ms", "no group"),
            ("partitioner", "murmur2"),
            ("transactional.id", "once"),
            ("bootstrap.servers", "`brokers`"),
            ("plugin.library.paths", "foreign code"),
            ("enable.ssl.certificate.verification", "ssl.ca.location"),
            ("isolation_level", "not among"),
            ("Acks", "not among"),
        ] {
            let refused = side(name).expect_err(name).to_string();
            assert!(refused.starts_with(name) && refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn the_lists_do_not_contradict_each_other() {
        for name in [BOTH, READS, WRITES].into_iter().flatten() {
            side(name).expect(name);
            assert!(REFUSED.iter().all(|(refused, _)| refused != name), "{name}");
        }
        assert_eq!(side("ssl.ca.location"), Ok(Side::Both));
        assert_eq!(side("sasl.password"), Ok(Side::Both));
    }
}
