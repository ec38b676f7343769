#!/bin/sh
# The "high watermark" that a read_committed client of librdkafka is told is not the end of the partition.
#
# One would guess: get_watermark_offsets answers where the partition ends, whoever asks, so that end minus position is the lag: 0 means that nothing which
# was acknowledged is missing.
# What happens: the library asks with the handle's own isolation.level, read_committed by default, and is told the last stable offset: where the first open
# transaction of anybody begins. A record that another producer wrote afterwards, acknowledged by all replicas, lies behind it: a handle with
# read_uncommitted sees the end at 4, the default one at 1, and the consumer, whose position is 1, has "no lag" as long as that transaction stays open.
# And once it is aborted, the end is 5 and the consumer's position too, though it was given two records: offsets count no records either.
#
# Seen with Apache Kafka 4.3.1 and librdkafka 2.12.1 (confluent-kafka 2.12.2 for Python), Java 17 or later.
# Why it matters here: a hanging transaction of a producer that died hid acknowledged sales for a minute while the service said that it was ready, lag 0.
# The ledger asks for the true end as one who reads everything, and says transaction_open, with the partition and since when.
set -eu
work=$(mktemp -d)
broker=''
trap '[ -z "$broker" ] || kill -9 "$broker" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib </dev/null
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'confluent-kafka==2.12.2'

ports=$(python3 -c 'import socket
held = [socket.socket() for _ in range(2)]
[one.bind(("127.0.0.1", 0)) for one in held]
print(*[one.getsockname()[1] for one in held])')
port=${ports% *} controller=${ports#* }
cat >log4j2.properties <<'LOG'
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
LOG
cat >server.properties <<CONFIGURATION
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$work/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
CONFIGURATION
java() { command java -Xmx384m -Dlog4j2.configurationFile=log4j2.properties -cp 'lib/*' "$@"; }
java kafka.tools.StorageTool format -t "$(java kafka.tools.StorageTool random-uuid 2>/dev/null)" -c server.properties --standalone >format.log 2>&1
command java -Xmx384m -Dlog4j2.configurationFile=log4j2.properties -cp 'lib/*' kafka.Kafka server.properties >broker.log 2>&1 &
broker=$!
waited=0
until grep -q 'Kafka Server started' broker.log; do
    [ "$waited" -lt 120 ] || { echo "the broker did not start"; exit 1; }
    sleep 1
    waited=$((waited + 1))
done

cat >probe.py <<'PROBE'
import sys, time
import confluent_kafka as kafka
from confluent_kafka.admin import AdminClient, NewTopic

brokers, topic = sys.argv[1], "events"
admin = AdminClient({"bootstrap.servers": brokers})
admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
time.sleep(2)
partition = kafka.TopicPartition(topic, 0)


def end(isolation):
    handle = kafka.Consumer({"bootstrap.servers": brokers, "group.id": "probe", **isolation})
    try:
        return handle.get_watermark_offsets(partition, timeout=30)[1]
    finally:
        handle.close()


def acknowledged(value):
    told = []
    plain.produce(topic, value, partition=0, on_delivery=lambda error, message: told.append((error, message.offset())))
    plain.flush(30)
    assert told and told[0][0] is None, told
    return told[0][1]


def consume(seconds):
    given, deadline = [], time.time() + seconds
    while time.time() < deadline:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            given.append(message.value().decode())
    return given


plain = kafka.Producer({"bootstrap.servers": brokers, "acks": "all"})
acknowledged(b"before")
hanging = kafka.Producer({"bootstrap.servers": brokers, "transactional.id": "hanging", "log_level": 0})
hanging.init_transactions(60)
hanging.begin_transaction()
for value in (b"open 1", b"open 2"):
    hanging.produce(topic, value, partition=0)
hanging.flush(30)
sale = acknowledged(b"an acknowledged sale")

consumer = kafka.Consumer({"bootstrap.servers": brokers, "group.id": "probe", "auto.offset.reset": "error"})
consumer.assign([kafka.TopicPartition(topic, 0, 0)])
given = consume(5)
position, told, true = consumer.position([partition])[0].offset, end({}), end({"isolation.level": "read_uncommitted"})
print(f"while the transaction is open: the sale lies at {sale}, given {given}, position {position}, told end {told} (lag {told - position}), true end {true}")
hanging.abort_transaction(60)
more = consume(5)
last = consumer.position([partition])[0].offset
print(f"once it is aborted: given {more}, position {last}, true end {end({'isolation.level': 'read_uncommitted'})}")
consumer.close()
surprising = (given, position, told, true, sale) == (["before"], 1, 1, 4, 3) and (more, last) == (["an acknowledged sale"], 5)
print("librdkafka", kafka.libversion()[0], "as described" if surprising else "NOT as described")
sys.exit(0 if surprising else 1)
PROBE
timeout 120 venv/bin/python probe.py "127.0.0.1:$port"
