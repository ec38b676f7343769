#!/bin/sh
# Sales that a terminal without a line sends eight days later, written to Kafka with the time of the sale as the record's timestamp.
#
# One would guess: a record is kept for seven days from when it was written (log.retention.hours is 168), whatever it says of itself; what all replicas have
# acknowledged can be read until then. And what the broker does not like of one record is that record's error.
#
# What happens, with Apache Kafka 4.3.1 as it comes (but for the pauses between its checks, which are two seconds here and five minutes otherwise):
# - ten sales of eight days ago are acknowledged, and gone at the next check, although the file is the one that is being written: the partition begins at 10, and
#   who reads it from the beginning is given nothing, without an error. One sale of now in the same file keeps them all, as long as it is kept itself.
# - ten sales in a batch, one of them by a clock that is two hours ahead: all ten are refused, INVALID_TIMESTAMP, the nine good ones included. Alone, the nine are
#   taken.
# - with message.timestamp.type=LogAppendTime all are taken, and all are there.
#
# Why it matters here: the books are a function of this topic, and what was deleted before it was read was never sold. So it is made with LogAppendTime and
# retention.ms=-1, and a sale's own time is in the event (`occurred_at`), never in the record.
#
# Seen with librdkafka 2.12.1, Java 17 or later. Takes a minute and a half.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>stamped</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars </dev/null
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'confluent-kafka==2.12.2'
cat >look.py <<'PYTHON'
import pathlib, random, signal, socket, subprocess, sys, time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

JAVA = ["java", "-Xmx384m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*"]
HOUR = 3_600_000


def free_port():
    while True:
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", random.randrange(24000, 25000)))
                return one.getsockname()[1]
            except OSError:
                pass


def start_broker():
    """A single node that is broker and controller, in this directory, and looks every two seconds for what is to be deleted."""
    own, controller = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    settings = {"node.id": 1, "process.roles": "broker,controller", "controller.listener.names": "C", "controller.quorum.bootstrap.servers": controller,
                "listeners": f"P://{own},C://{controller}", "advertised.listeners": f"P://{own}", "inter.broker.listener.name": "P",
                "listener.security.protocol.map": "P:PLAINTEXT,C:PLAINTEXT", "log.dirs": pathlib.Path("data").absolute(),
                "log.retention.check.interval.ms": 2000, "log.initial.task.delay.ms": 2000}
    one = ("offsets.topic.replication.factor", "offsets.topic.num.partitions", "transaction.state.log.replication.factor",
           "transaction.state.log.min.isr", "transaction.state.log.num.partitions", "share.coordinator.state.topic.replication.factor",
           "share.coordinator.state.topic.min.isr")
    settings |= dict.fromkeys(one, 1)
    pathlib.Path("broker").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    storage = [*JAVA, "kafka.tools.StorageTool"]
    cluster = subprocess.run([*storage, "random-uuid"], check=True, capture_output=True, text=True).stdout.split()[-1]
    subprocess.run([*storage, "format", "-t", cluster, "-c", "broker", "--standalone"], check=True, capture_output=True)
    return own, subprocess.Popen([*JAVA, "kafka.Kafka", "broker"], stdout=open("broker.log", "w"), stderr=subprocess.STDOUT)


def write(topic, *ages):
    """Writes a sale for each age in hours, in one batch; what became of each."""
    told = []
    now = int(time.time() * 1000)
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "acks": "all", "linger.ms": 500, "log_level": 0})
    for age in ages:
        producer.produce(topic, b"sale of 1.00 " * 60, b"M100001", partition=0, timestamp=now - age * HOUR,
                         on_delivery=lambda error, _: told.append(error.name() if error else "acknowledged"))
    assert producer.flush(60) == 0
    return told


def left(topic):
    """Where the partition begins and ends, and how many sales somebody is given who reads it from the beginning."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": f"of {topic}", "auto.offset.reset": "earliest", "log_level": 0})
    partition = confluent_kafka.TopicPartition(topic, 0, confluent_kafka.OFFSET_BEGINNING)
    begin, end = consumer.get_watermark_offsets(partition, timeout=30)
    consumer.assign([partition])
    given, deadline = 0, time.time() + 6
    while time.time() < deadline:
        message = consumer.poll(0.5)
        if message is not None:
            assert message.error() is None, message.error()
            given += 1
    consumer.close()
    return begin, end, given


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    APPENDED = {"message.timestamp.type": "LogAppendTime"}
    topics = {"old": {}, "old-and-now": {}, "one-ahead": {}, "appended": APPENDED}
    for made in admin.create_topics([NewTopic(topic, 1, 1, config=config) for topic, config in topics.items()]).values():
        made.result(30)
    time.sleep(2)
    OLD = [8 * 24] * 10
    acknowledged = {
        "old": write("old", *OLD), "old-and-now": write("old-and-now", *OLD, 0), "one-ahead": write("one-ahead", *[0] * 9, -2),
        "appended": write("appended", *OLD, -2),
    }
    alone = write("one-ahead", *[0] * 9)
    time.sleep(12)
    seen = {topic: left(topic) for topic in acknowledged}
finally:
    running.kill()
    running.wait()
EXPECTED = {
    # What became of the sales, where the partition begins and ends, and how many are given.
    "old": (["acknowledged"] * 10, (10, 10, 0)),
    "old-and-now": (["acknowledged"] * 11, (0, 11, 11)),
    "one-ahead": (["INVALID_TIMESTAMP"] * 10, (0, 9, 9)),
    "appended": (["acknowledged"] * 11, (0, 11, 11)),
}
changed = []
for topic, expected in EXPECTED.items():
    words = ", ".join(f"{acknowledged[topic].count(what)} {what}" for what in dict.fromkeys(acknowledged[topic]))
    begin, end, given = seen[topic]
    print(f"{topic}: of {len(acknowledged[topic])} sales: {words}; the partition is {begin} to {end}, and who reads all of it is given {given}")
    if (acknowledged[topic], seen[topic]) != expected:
        changed.append(topic)
print(f"the nine good ones alone: {alone.count('acknowledged')} acknowledged")
sys.exit(f"this has changed: {changed}" if changed or alone != ["acknowledged"] * 9 else 0)
PYTHON
timeout 240 venv/bin/python look.py
