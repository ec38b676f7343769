#!/bin/sh
# The memory that a consumer of librdkafka takes for what it has read ahead, beside the bound that it was given for it.
#
# One would guess: queued.max.messages.kbytes is how much is read ahead, give or take a fetch: 16 MiB are some 16 MiB of memory. The documentation says
# "kilobytes of queued pre-fetched messages", and a key is part of a message.
#
# What happens, with librdkafka 2.12.1 (confluent-kafka 2.12.2), a program that has taken one record and rests, and queued.min.messages high enough for the
# bound to be what ends it:
# - what is counted are the bytes of values, by the thousand. What the library keeps of a record beside them, some 300 bytes, is not: of sales of 50 bytes
#   16 MiB are 330 000, and the process has grown by 134 MiB, eight times the bound. Of sales of 1000 bytes it is one and a half.
# - keys are not counted either. Records without a value, as a compacted topic has where something was taken out, count as nothing: with a bound of one MiB all
#   500 000 of them are read ahead, 161 MiB.
# - what does bound them is queued.min.messages, whose name says the opposite: at 20 000 it ends with the fetch that goes past it, at 69 000 and 23 MiB.
#
# Why it matters here: events of terminals are small records. Who reads topics in a container of little memory sets queued.min.messages by what a record costs
# (300 bytes and itself), and queued.max.messages.kbytes for the large ones. A ledger reads ahead 20 000 records or 4 MB of a partition, whichever comes first.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later, on Linux. Takes a minute.
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
# A process of its own for each, that takes one record, rests until nothing more is read ahead, and says how many bytes it has grown by.
cat >rest.py <<'PYTHON'
import json, sys, time

import confluent_kafka

broker, topic, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
ahead = {"fetchq_cnt": 0, "fetchq_size": 0}


def note(statistics):
    ahead.update(json.loads(statistics)["topics"].get(topic, {}).get("partitions", {}).get("0", {}))


def resident():
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": "reader", "enable.auto.commit": False, "auto.offset.reset": "earliest",
                                     "statistics.interval.ms": 200, "stats_cb": note, "log_level": 0} | settings)
consumer.assign([confluent_kafka.TopicPartition(topic, 0, 0)])
before = resident()
assert consumer.consume(1, 60), "no record"
same, last, end = 0, -1, time.monotonic() + 60
while same < 10:
    assert time.monotonic() < end, "it goes on reading ahead"
    time.sleep(0.5)
    list(consumer.consume(1, 0))  # Has statistics told; takes a record at most.
    same = same + 1 if ahead["fetchq_cnt"] > 0 and abs(ahead["fetchq_cnt"] - last) <= 2 else 0
    last = ahead["fetchq_cnt"]
print(json.dumps({"records": last, "counted": ahead["fetchq_size"], "grown": resident() - before}))
PYTHON
cat >look.py <<'PYTHON'
import json, pathlib, signal, socket, subprocess, sys, time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

JAVA, MIB = ["java", "-Xmx384m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*"], 1 << 20
# Of each topic: how many records, and how long a value is.
TOPICS = {"small-sales": (500_000, 50), "large-sales": (25_000, 1000), "taken-out": (500_000, None)}


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


def fill(topic, records, size):
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    for number in range(records):
        sale = None if size is None else f'{{"id":"sale-{number:08}","amount":"128.50"}}'.ljust(size)
        producer.produce(topic, sale, f"M{number:06}", partition=0)
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(60) == 0


def rest(topic, kbytes, records):
    settings = {"queued.max.messages.kbytes": kbytes, "queued.min.messages": records}
    told = subprocess.run(["venv/bin/python", "rest.py", broker, topic, json.dumps(settings)], check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout
    return json.loads(told)


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    for made in admin.create_topics([NewTopic(topic, 1, 1) for topic in TOPICS]).values():
        made.result(30)
    for topic, (records, size) in TOPICS.items():
        fill(topic, records, size)
    MANY = 10_000_000
    tries = {"sales of 50 bytes": ("small-sales", 16 * 1024, MANY), "sales of 1000 bytes": ("large-sales", 16 * 1024, MANY),
             "records without a value": ("taken-out", 1024, MANY), "records without a value, 20 000 at most": ("taken-out", 1024, 20_000)}
    seen = {name: rest(*how) for name, how in tries.items()}
finally:
    running.kill()
    running.wait()
for name, of in seen.items():
    print(f"{name}, bound {tries[name][1] // 1024} MiB: {of['records']} are read ahead, {of['counted'] / MIB:.1f} MiB are counted, the process has grown "
          f"by {of['grown'] / MIB:.0f} MiB")
small, large, none, few = seen.values()
right = {"sales of 50 bytes": 15 <= small["counted"] / MIB < 20 and abs(small["counted"] - 50 * small["records"]) < 1000 and small["grown"] > 3 * 16 * MIB,
         "sales of 1000 bytes": 15 <= large["counted"] / MIB < 20 and large["grown"] < 3 * 16 * MIB,
         "records without a value": none["counted"] == 0 and none["records"] > 499_000 and none["grown"] > 30 * MIB,
         "records without a value, 20 000 at most": few["records"] < 150_000 and few["grown"] * 2 < none["grown"]}
changed = [name for name, one in right.items() if not one]
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 venv/bin/python look.py
