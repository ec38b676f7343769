#!/bin/sh
# An idempotent producer of librdkafka sends later records past a batch that the broker refused.
#
# One would guess: "enable.idempotence" keeps order and leaves no gap, so once a batch is refused (here because the topic's max.message.bytes is smaller
# than the batch), what was produced to the partition after it is not written before it, or not at all.
# What happens: the sixty records of the refused batch fail, and the ten that follow them in the same partition are delivered, at offsets 0 to 9. Whoever
# then sends the sixty again has turned the order round. Only "enable.gapless.guarantee", which is off by default and which no acknowledgement or retry
# setting implies, stops the producer there: the ten are given up, and nothing is written.
#
# Seen with Apache Kafka 4.3.1 and librdkafka 2.12.1 (confluent-kafka 2.12.2 for Python), Java 17 or later.
# Why it matters here: a refund that is written before its sale waits for it, and a day's close that overtakes the sales of its day closes it without
# them. The ledger's own producer sets enable.gapless.guarantee, asks the topic for its limit first, and sends what was refused again in order.
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
import collections, sys, time
import confluent_kafka as kafka
from confluent_kafka.admin import AdminClient, NewTopic

brokers, admin = sys.argv[1], AdminClient({"bootstrap.servers": sys.argv[1]})


def produce(topic, gapless):
    admin.create_topics([NewTopic(topic, 1, 1, config={"max.message.bytes": "2000"})])[topic].result(30)
    time.sleep(2)
    producer = kafka.Producer({"bootstrap.servers": brokers, "enable.idempotence": True, "enable.gapless.guarantee": gapless,
                               "compression.type": "none", "linger.ms": 100, "batch.num.messages": 60, "log_level": 0})
    told = {}
    for number in range(70):
        value = b"x" * (100 if number < 60 else 10)
        producer.produce(topic, value, partition=0, on_delivery=lambda error, message, number=number: told.__setitem__(number, (error, message.offset())))
    deadline = time.time() + 30
    while len(told) < 70 and time.time() < deadline:
        try:
            producer.poll(0.1)
        except kafka.KafkaException:
            pass  # The fatal error that gapless is.
    first = collections.Counter(error.name() if error else "delivered" for number, (error, _) in told.items() if number < 60)
    later = collections.Counter(error.name() if error else "delivered" for number, (error, _) in told.items() if number >= 60)
    print(f"enable.gapless.guarantee={gapless}: the first 60: {dict(first)}; the 10 after them: {dict(later)}")
    return dict(first), dict(later)


usual = produce("usual", False)
gapless = produce("gapless", True)
surprising = usual == ({"MSG_SIZE_TOO_LARGE": 60}, {"delivered": 10}) and "delivered" not in gapless[1]
print("librdkafka", kafka.libversion()[0], "as described" if surprising else "NOT as described")
sys.exit(0 if surprising else 1)
PROBE
timeout 120 venv/bin/python probe.py "127.0.0.1:$port"
