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
trap 'rm -rf "$work"' EXIT
cd "$work"
dependency() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"; }
{
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>finding</groupId><artifactId>producer</artifactId><version>1</version><dependencies>'
    dependency org.apache.kafka kafka_2.13 4.3.1
    dependency org.apache.logging.log4j log4j-slf4j-impl 2.25.4
    echo '</dependencies></project>'
} >pom.xml
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars </dev/null
python3 -m venv venv && timeout 300 venv/bin/pip install -q 'confluent-kafka==2.12.2'

cat >probe.py <<'PROBE'
import collections, pathlib, socket, subprocess, sys, time
import confluent_kafka as kafka
from confluent_kafka.admin import AdminClient, NewTopic

JAVA = ["java", "-Xmx384m", "-cp", "jars/*"]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_broker():
    """A single node that is broker and controller, in this directory."""
    own, controller = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    settings = {"node.id": 1, "process.roles": "broker,controller", "controller.listener.names": "C", "controller.quorum.bootstrap.servers": controller,
                "listeners": f"P://{own},C://{controller}", "advertised.listeners": f"P://{own}", "inter.broker.listener.name": "P",
                "listener.security.protocol.map": "P:PLAINTEXT,C:PLAINTEXT", "log.dirs": pathlib.Path("data").absolute()}
    one = ("offsets.topic.replication.factor", "transaction.state.log.replication.factor", "transaction.state.log.min.isr",
           "share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr")
    settings |= dict.fromkeys(one, 1)
    pathlib.Path("broker").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    storage = [*JAVA, "kafka.tools.StorageTool"]
    cluster = subprocess.run([*storage, "random-uuid"], check=True, capture_output=True, text=True).stdout.split()[-1]
    subprocess.run([*storage, "format", "-t", cluster, "-c", "broker", "--standalone"], check=True, capture_output=True)
    return own, subprocess.Popen([*JAVA, "kafka.Kafka", "broker"], stdout=open("broker.log", "w"), stderr=subprocess.STDOUT)


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


brokers, broker = start_broker()
try:
    admin = AdminClient({"bootstrap.servers": brokers, "log_level": 0})
    admin.list_topics(timeout=120)
    usual, gapless = produce("usual", False), produce("gapless", True)
finally:
    broker.kill()
    broker.wait()
surprising = usual == ({"MSG_SIZE_TOO_LARGE": 60}, {"delivered": 10}) and "delivered" not in gapless[1]
print("librdkafka", kafka.libversion()[0], "as described" if surprising else "NOT as described")
sys.exit(0 if surprising else 1)
PROBE
timeout 240 venv/bin/python probe.py
