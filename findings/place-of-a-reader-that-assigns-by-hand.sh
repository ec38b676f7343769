#!/bin/sh
# A reader that assigns its partition by hand, has read and committed three entries, and goes on asking while its merchants rest for longer than a week.
#
# One would guess: what a group has committed is forgotten once nobody reads in its name, seven days later. As long as the reader is up, its place is safe; and
# it makes no difference whether the library or the program says which partitions are read.
#
# What happens: a reader that assigns by hand is no member of its group, so that to the broker the group is empty, however busy the reader is. What it has
# committed is forgotten offsets.retention.minutes (seven days, unless somebody said otherwise) after the commit. (Here it is one minute, and the rest is two.)
# - where the program commits record by record, the Java client 4.3.1, librdkafka 2.12.1, kafka-python 3.0.12 and aiokafka 0.14.0 have no place left while they
#   run. None of them hears of it. Started again, they begin where auto.offset.reset says: by default at the end, so that an entry that was written between is
#   never given; else at the beginning, so that what was booked is booked a second time.
# - where the library commits by itself, librdkafka has no place left, either; the others keep it, since they commit the same place again every five seconds.
# - who subscribes keeps it, whatever the library and however it commits.
#
# Why it matters here: what a merchant has lies in the same partition of several topics, and who reads them together is told to assign by hand, or to say the
# assignor "range". A partition of a few merchants is quiet over a Spring Festival. So whoever assigns by hand keeps `sequence` or offsets together with what it
# did, and says auto.offset.reset=none (or its like), so that a lost place is an error. The ledger goes by its journal, and has that setting.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later. Takes four to five minutes, most of them to wait.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>place</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars </dev/null
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'confluent-kafka==2.12.2' 'kafka-python==3.0.12' 'aiokafka==0.14.0'
# Each program reads in the groups that it is told, all at once: "<library>, <assigned or subscribed>, <alone or by record>". It prints group and offset of what
# it is given, and goes on until its input ends. Then it closes its consumers.
cat >Read.java <<'JAVA'
import java.time.Duration;
import java.util.*;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class Read {
    static final AtomicBoolean GOES_ON = new AtomicBoolean(true);

    static synchronized void told(String group, long offset) {
        System.out.println(group + ": " + offset);
    }

    static void read(String broker, String topic, String reset, String group) {
        boolean alone = group.endsWith("alone");
        Map<String, Object> settings = Map.of("group.id", group, "bootstrap.servers", broker, "auto.offset.reset", reset, "enable.auto.commit", alone);
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            if (group.contains("subscribed")) consumer.subscribe(List.of(topic));
            else consumer.assign(List.of(new TopicPartition(topic, 0)));
            while (GOES_ON.get()) {
                for (var record : consumer.poll(Duration.ofMillis(500))) {
                    told(group, record.offset());
                    if (!alone) consumer.commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(record.offset() + 1)));
                }
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (String group : Arrays.copyOfRange(arguments, 3, arguments.length)) {
            threads.add(new Thread(() -> read(arguments[0], arguments[1], arguments[2], group)));
        }
        threads.forEach(Thread::start);
        System.in.read();
        GOES_ON.set(false);
        for (Thread thread : threads) thread.join();
    }
}
JAVA
cat >read.py <<'PYTHON'
import asyncio, sys, threading

import aiokafka
import confluent_kafka
import kafka

broker, topic, reset, *groups = sys.argv[1:]
over = threading.Event()


telling = threading.Lock()


def told(group, offset):
    with telling:
        print(f"{group}: {offset}", flush=True)


def of_librdkafka(group, subscribed, alone):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": group, "auto.offset.reset": reset, "enable.auto.commit": alone, "log_level": 0})
    if subscribed:
        consumer.subscribe([topic])
    else:
        consumer.assign([confluent_kafka.TopicPartition(topic, 0)])
    while not over.is_set():
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            told(group, message.offset())
            if not alone:
                consumer.commit(message=message, asynchronous=False)
    consumer.close()


def of_kafka_python(group, subscribed, alone):
    consumer = kafka.KafkaConsumer(bootstrap_servers=broker, group_id=group, auto_offset_reset=reset, enable_auto_commit=alone)
    consumer.subscribe([topic]) if subscribed else consumer.assign([kafka.TopicPartition(topic, 0)])
    while not over.is_set():
        for message in sum(consumer.poll(timeout_ms=500).values(), []):
            told(group, message.offset)
            if not alone:
                consumer.commit({kafka.TopicPartition(topic, 0): kafka.structs.OffsetAndMetadata(message.offset + 1, "", -1)})
    consumer.close()


async def of_aiokafka(group, subscribed, alone):
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=broker, group_id=group, auto_offset_reset=reset, enable_auto_commit=alone)
    consumer.subscribe([topic]) if subscribed else consumer.assign([aiokafka.TopicPartition(topic, 0)])
    await consumer.start()
    while not over.is_set():
        for message in sum((await consumer.getmany(timeout_ms=500)).values(), []):
            told(group, message.offset)
            if not alone:
                await consumer.commit({aiokafka.TopicPartition(topic, 0): message.offset + 1})
    await consumer.stop()


threads = []
for group in groups:
    how = (group, "subscribed" in group, group.endswith("alone"))
    if group.startswith("aiokafka"):
        threads.append(threading.Thread(target=lambda how=how: asyncio.run(of_aiokafka(*how))))
    else:
        threads.append(threading.Thread(target=of_kafka_python if group.startswith("kafka-python") else of_librdkafka, args=how))
for thread in threads:
    thread.start()
sys.stdin.read()
over.set()
for thread in threads:
    thread.join()
PYTHON
cat >look.py <<'PYTHON'
import pathlib, random, signal, socket, subprocess, sys, time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

JAVA, TOPIC = ["java", "-Xmx384m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*:."], "ledger-entries"
LIBRARIES = ("Java", "librdkafka", "kafka-python", "aiokafka")
GROUPS = [f"{library}, {place}, {how}" for library in LIBRARIES for place, how in
          (("assigned", "by record"), ("assigned", "alone"), ("subscribed", "by record"), ("subscribed", "alone"))]
KEEP = {group for group in GROUPS if "subscribed" in group} | {f"{library}, assigned, alone" for library in LIBRARIES if library != "librdkafka"}


def free_port():
    while True:
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", random.randrange(24000, 25000)))
                return one.getsockname()[1]
            except OSError:
                pass


def start_broker():
    """A single node that is broker and controller, in this directory, and forgets what was committed after a minute."""
    own, controller = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    settings = {"node.id": 1, "process.roles": "broker,controller", "controller.listener.names": "C", "controller.quorum.bootstrap.servers": controller,
                "listeners": f"P://{own},C://{controller}", "advertised.listeners": f"P://{own}", "inter.broker.listener.name": "P",
                "listener.security.protocol.map": "P:PLAINTEXT,C:PLAINTEXT", "log.dirs": pathlib.Path("data").absolute(),
                "group.initial.rebalance.delay.ms": 0, "offsets.retention.minutes": 1, "offsets.retention.check.interval.ms": 2000}
    one = ("offsets.topic.replication.factor", "offsets.topic.num.partitions", "transaction.state.log.replication.factor",
           "transaction.state.log.min.isr", "transaction.state.log.num.partitions", "share.coordinator.state.topic.replication.factor",
           "share.coordinator.state.topic.min.isr")
    settings |= dict.fromkeys(one, 1)
    pathlib.Path("broker").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    storage = [*JAVA, "kafka.tools.StorageTool"]
    cluster = subprocess.run([*storage, "random-uuid"], check=True, capture_output=True, text=True).stdout.split()[-1]
    subprocess.run([*storage, "format", "-t", cluster, "-c", "broker", "--standalone"], check=True, capture_output=True)
    return own, subprocess.Popen([*JAVA, "kafka.Kafka", "broker"], stdout=open("broker.log", "w"), stderr=subprocess.STDOUT)


def start(groups, reset):
    for program, some in (([*JAVA, "Read"], [group for group in groups if group.startswith("Java")]),
                          (["venv/bin/python", "read.py"], [group for group in groups if not group.startswith("Java")])):
        told, errors = open(f"given-{len(readers)}", "w"), open("readers.log", "a")
        readers.append(subprocess.Popen([*program, broker, TOPIC, reset, *some], stdin=subprocess.PIPE, stdout=told, stderr=errors))


def stop():
    while readers:
        readers[-1].stdin.close()
        readers.pop().wait(60)


def given(group):
    # A last line may still be in writing.
    lines = [line for file in pathlib.Path().glob("given-*") for line in file.read_text().split("\n")[:-1]]
    return [int(line.split(": ")[1]) for line in lines if line.startswith(f"{group}: ")]


def places(groups):
    """Where each group is for the broker; None where it has no place."""
    told = {}
    for group in groups:
        asked = admin.list_consumer_group_offsets([confluent_kafka.ConsumerGroupTopicPartitions(group)])
        told[group] = next((one.offset for one in asked[group].result(30).topic_partitions if one.offset >= 0), None)
    return told


def until(groups, what, seconds):
    deadline = time.time() + seconds
    while not all(what(group) for group in groups):
        assert time.time() < deadline, {group: given(group) for group in groups}
        time.sleep(1)


def write(*entries):
    for entry in entries:
        producer.produce(TOPIC, f"entry {entry}", "M100001", partition=0)
    assert producer.flush(30) == 0


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
readers = []
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    time.sleep(2)
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "log_level": 0})
    write(0, 1, 2)
    start(GROUPS, "earliest")
    until(GROUPS, lambda group: given(group) == [0, 1, 2], 90)
    time.sleep(12)  # Those that commit by themselves do so every five seconds.
    before = places(GROUPS)
    time.sleep(120)
    alive = all(reader.poll() is None for reader in readers)
    after = places(GROUPS)
    # They are stopped, an entry is written, and those that commit record by record are started again, as they are without any setting. From then on there is an
    # entry every five seconds, until each has been given one, which tells that it reads.
    stop()
    write(3)
    again = [f"{library}, assigned, by record" for library in LIBRARIES] + [f"{library}, subscribed, by record" for library in LIBRARIES]
    start(again, "latest")
    deadline, entry = time.time() + 120, 4
    while not all(given(group) for group in again):
        assert time.time() < deadline, {group: given(group) for group in again}
        time.sleep(5)
        write(entry)
        entry += 1
    latest = {group: given(group)[0] for group in again}
    stop()
finally:
    for process in [*readers, running]:
        process.kill()
        process.wait()
changed = [] if alive else ["a reader ended"]
for group in GROUPS:
    print(f"{group}: its place is {before[group]}, and after the rest {'forgotten' if after[group] is None else after[group]}"
          + (f"; started again, {'it goes on with' if latest[group] == 3 else 'it is not given'} entry 3" if group in again else ""))
    if before[group] != 3 or after[group] != (3 if group in KEEP else None) or (group in again and (latest[group] == 3) != (group in KEEP)):
        changed.append(group)
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 javac -cp 'jars/*' -d . Read.java
timeout 480 venv/bin/python look.py
