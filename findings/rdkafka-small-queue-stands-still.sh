#!/bin/sh
# A consumer of librdkafka that is to hold less in memory, by a smaller queue of what it has read ahead.
#
# One would guess: the bound of what is read ahead (queued.max.messages.kbytes, queued.min.messages) is a bound of memory. A small one means more and smaller
# fetches, and costs some speed: the library fetches again as soon as the program has taken records out, and a program that is fast gets them fast.
#
# What happens, with librdkafka 2.12.1 (confluent-kafka 2.12.2) and 60 000 sales of 200 bytes in one partition: what is over the bound is looked at once. The
# library then leaves the partition alone for fetch.queue.backoff.ms, a second unless somebody said otherwise, however empty the queue is by then.
# - as it comes (100 000 records, 64 MB) they are there in a few tenths of a second.
# - with a bound of 64 KiB, or of 1000 records, they take eight to fourteen seconds: a fetch or two of a MiB (max.partition.fetch.bytes), and a second
#   of nothing, although the program waits for more nearly all the time. So a program on another machine, or three times as fast, takes no less.
# - with the same bounds and fetch.queue.backoff.ms=5 they take less than a second.
# - a fetch is queued whole, as the documentation warns: 500 to 900 KiB where the bound is 64. Of the wait it speaks at fetch.queue.backoff.ms alone, which who
#   sets a bound does not look for.
#
# Why it matters here: a ledger reads ahead 4 MB of a partition, and looks again after 5 ms. Who reads the topics out on a small machine, or sets queued.… in
# `[kafka]` by what another program had, sets fetch.queue.backoff.ms beside it; and max.partition.fetch.bytes where memory is what is short.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later. Takes a minute.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>lag</artifactId><version>1</version><packaging>pom</packaging>
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
import json, pathlib, signal, socket, subprocess, sys, time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

JAVA, TOPIC, RECORDS = ["java", "-Xmx384m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*"], "terminal-events", 60_000


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_broker():
    """A single node that is broker and controller, in this directory."""
    own, controller = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    settings = {"node.id": 1, "process.roles": "broker,controller", "controller.listener.names": "C", "controller.quorum.bootstrap.servers": controller,
                "listeners": f"P://{own},C://{controller}", "advertised.listeners": f"P://{own}", "inter.broker.listener.name": "P",
                "listener.security.protocol.map": "P:PLAINTEXT,C:PLAINTEXT", "log.dirs": pathlib.Path("data").absolute(),
                "group.initial.rebalance.delay.ms": 0}
    one = ("offsets.topic.replication.factor", "offsets.topic.num.partitions", "transaction.state.log.replication.factor",
           "transaction.state.log.min.isr", "transaction.state.log.num.partitions", "share.coordinator.state.topic.replication.factor",
           "share.coordinator.state.topic.min.isr")
    settings |= dict.fromkeys(one, 1)
    pathlib.Path("broker").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    storage = [*JAVA, "kafka.tools.StorageTool"]
    cluster = subprocess.run([*storage, "random-uuid"], check=True, capture_output=True, text=True).stdout.split()[-1]
    subprocess.run([*storage, "format", "-t", cluster, "-c", "broker", "--standalone"], check=True, capture_output=True)
    return own, subprocess.Popen([*JAVA, "kafka.Kafka", "broker"], stdout=open("broker.log", "w"), stderr=subprocess.STDOUT)


def fill(broker):
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "linger.ms": 20})
    for number in range(RECORDS):
        sale = {"id": f"sale-{number:08}", "type": "sale", "merchant": f"M{number % 1000:06}", "amount": "128.50", "currency": "CNY", "reference": f"{number:023}"}
        producer.produce(TOPIC, json.dumps(sale).ljust(200), sale["merchant"], partition=0)
        producer.poll(0)
    assert producer.flush(60) == 0


def read(broker, settings):
    """How long all records take from the first on, and the most bytes that were seen to be read ahead."""
    most = 0

    def note(statistics):
        nonlocal most
        of = json.loads(statistics)["topics"].get(TOPIC, {}).get("partitions", {}).get("0", {})
        most = max(most, of.get("fetchq_size", 0))

    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": "reader", "enable.auto.commit": False, "auto.offset.reset": "earliest",
                                         "statistics.interval.ms": 20, "stats_cb": note, "log_level": 0} | settings)
    consumer.assign([confluent_kafka.TopicPartition(TOPIC, 0, 0)])
    count = len(consumer.consume(1, 60))
    begun = time.monotonic()
    while count < RECORDS:
        some = consumer.consume(min(500, RECORDS - count), 10)
        assert some, f"nothing more after {count} records"
        count += len(some)
    took = time.monotonic() - begun
    consumer.close()
    return took, most


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    fill(broker)
    kbytes, records, soon = {"queued.max.messages.kbytes": 64}, {"queued.min.messages": 1000}, {"fetch.queue.backoff.ms": 5}
    tries = {"as it comes": {}, "64 KiB": kbytes, "1000 records": records, "64 KiB, and looks again after 5 ms": kbytes | soon,
             "1000 records, and looks again after 5 ms": records | soon}
    seen = {name: read(broker, settings) for name, settings in tries.items()}
finally:
    running.kill()
    running.wait()
for name, (took, most) in seen.items():
    print(f"{name}: {RECORDS} records in {took:.2f} s" + (f"; {most / 1024:.0f} KiB were read ahead" if name.startswith("64") else ""))
# Of speed only what a busy machine leaves: seconds of standing still, and several times as fast without.
changed = [name for name in ("64 KiB", "1000 records")
           if seen[name][0] < 4 or any(seen[name][0] < 3 * seen[other][0] for other in ("as it comes", f"{name}, and looks again after 5 ms"))]
if seen["64 KiB"][1] < 4 * 64 * 1024:
    changed.append("what is read ahead")
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 240 venv/bin/python look.py
