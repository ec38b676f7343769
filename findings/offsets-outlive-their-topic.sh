#!/bin/sh
# A consumer that has read five records of a topic, which is then deleted, made again and filled anew while the consumer rests.
#
# One would guess: a topic has an id since Kafka 2.8, and fetches can name it since 3.1; so the place that a consumer has got to is one of that topic, and in
# another topic of the same name it is an error, the more so where nothing may be reset (auto.offset.reset is none).
#
# What happens, where the new topic has eight records:
# - the Java client 4.3.1, librdkafka 2.12.1, kafka-python 3.0.12 and aiokafka 0.14.0 go on at offset 5 of the new topic, without an error: its first five
#   records are never seen. An offset that lies behind the new topic's end is an error, so whether one hears of it depends on how fast it is filled.
# - franz-go 1.22.3 for Go goes on nowhere: it says UNKNOWN_TOPIC_ID, until the topic is taken out of the client and added again.
# - what a group has committed is deleted together with the topic, so that the group begins where auto.offset.reset says. Only offsets that somebody keeps
#   elsewhere, in memory or beside what was done with the records, outlive it.
#
# Why it matters here: a topic that the ledger writes is made again to have it filled from entry 0, and who reads it keeps offsets with what it did. A refill
# puts other transactions, and so other markers, between the entries: the same offset is another entry. So readers go by `sequence` of entries, and the
# ledger, which reads by offsets of its own, asks for the topic's id and halts, `topic_recreated`.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later, Go 1.26. Takes a minute and a half, most of it to install, to compile and to wait.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>offsets</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars </dev/null
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'confluent-kafka==2.12.2' 'kafka-python==3.0.12' 'aiokafka==0.14.0'
export GOMODCACHE="$work/modules" GOFLAGS='-mod=mod -modcacherw'
printf 'module finding\n\ngo 1.26.0\n\nrequire github.com/twmb/franz-go v1.22.3\n' >go.mod
# Each consumer tells what it is given, a line each, rests after five records until there is a file `again`, and goes on until there is a file `enough`.
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func there(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func main() {
	topic, partition, seen := os.Args[3], int32(0), 0
	client, err := kgo.NewClient(kgo.SeedBrokers(os.Args[2]), kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(0)}}))
	if err != nil {
		panic(err)
	}
	for last := ""; !there("enough"); {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		fetches := client.PollFetches(ctx)
		cancel()
		fetches.EachRecord(func(record *kgo.Record) { fmt.Println(record.Offset, string(record.Value)); seen++ })
		fetches.EachError(func(topic string, _ int32, err error) {
			if topic != "" && err.Error() != last {
				last = err.Error()
				fmt.Println(err)
			}
		})
		if seen == 5 {
			client.PauseFetchPartitions(map[string][]int32{topic: {partition}})
			for !there("again") {
				time.Sleep(100 * time.Millisecond)
			}
			client.ResumeFetchPartitions(map[string][]int32{topic: {partition}})
			seen++
		}
	}
}
GO
cat >Read.java <<'JAVA'
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Read {
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", arguments[1], "auto.offset.reset", "none");
        var partition = List.of(new TopicPartition(arguments[2], 0));
        int seen = 0;
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(partition);
            consumer.seek(partition.get(0), 0);
            while (!Files.exists(Path.of("enough"))) {
                try {
                    for (var record : consumer.poll(Duration.ofMillis(200))) {
                        System.out.println(record.offset() + " " + record.value());
                        seen++;
                    }
                } catch (RuntimeException error) {
                    System.out.println(error.getMessage());
                    Thread.sleep(1000);
                }
                if (seen == 5) {
                    consumer.pause(partition);
                    while (!Files.exists(Path.of("again"))) {
                        consumer.poll(Duration.ofMillis(200));
                    }
                    consumer.resume(partition);
                    seen++;
                }
            }
        }
    }
}
JAVA
cat >read.py <<'PYTHON'
import asyncio, pathlib, sys, time

import aiokafka
import confluent_kafka
import kafka

library, broker, topic = sys.argv[1:]
again, enough = pathlib.Path("again"), pathlib.Path("enough")
seen = 0


def tell(messages):
    global seen
    for offset, value in messages:
        print(offset, value.decode(), flush=True)
        seen += 1


def of_librdkafka():
    global seen
    # The group is there to keep offsets, too.
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": "group", "auto.offset.reset": "error", "enable.auto.commit": False,
                                         "log_level": 0})
    partition = confluent_kafka.TopicPartition(topic, 0, 0)
    consumer.assign([partition])
    while not enough.exists():
        message = consumer.poll(0.2)
        if message is not None:
            tell([(message.offset(), message.value())]) if message.error() is None else print(message.error().name(), flush=True)
        if seen == 5:
            consumer.commit(message=message, asynchronous=False)
            consumer.pause([partition])
            while not again.exists():
                consumer.poll(0.2)
            consumer.resume([partition])
            seen += 1
    consumer.close()


def of_kafka_python():
    global seen
    consumer = kafka.KafkaConsumer(bootstrap_servers=broker, auto_offset_reset="none", group_id=None)
    partition = kafka.TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, 0)
    while not enough.exists():
        try:
            for messages in consumer.poll(timeout_ms=200).values():
                tell((message.offset, message.value) for message in messages)
        except kafka.errors.KafkaError as error:
            print(type(error).__name__, flush=True)
            time.sleep(1)
        if seen == 5:
            consumer.pause(partition)
            while not again.exists():
                consumer.poll(timeout_ms=200)
            consumer.resume(partition)
            seen += 1


async def of_aiokafka():
    global seen
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="none", group_id=None)
    partition = aiokafka.TopicPartition(topic, 0)
    await consumer.start()
    consumer.assign([partition])
    consumer.seek(partition, 0)
    while not enough.exists():
        try:
            for messages in (await consumer.getmany(timeout_ms=200)).values():
                tell((message.offset, message.value) for message in messages)
        except aiokafka.errors.KafkaError as error:
            print(type(error).__name__, flush=True)
            await asyncio.sleep(1)
        if seen == 5:
            consumer.pause(partition)
            while not again.exists():
                await asyncio.sleep(0.2)
            consumer.resume(partition)
            seen += 1
    await consumer.stop()


if library == "aiokafka":
    asyncio.run(of_aiokafka())
else:
    of_kafka_python() if library == "kafka-python" else of_librdkafka()
PYTHON
cat >look.py <<'PYTHON'
import pathlib, signal, socket, subprocess, sys, time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

JAVA, TOPIC = ["java", "-Xmx384m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*"], "ledger-entries"


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
                "auto.create.topics.enable": "false"}
    one = ("offsets.topic.replication.factor", "offsets.topic.num.partitions", "transaction.state.log.replication.factor",
           "transaction.state.log.min.isr", "share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr")
    settings |= dict.fromkeys(one, 1)
    pathlib.Path("broker").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    storage = [*JAVA, "kafka.tools.StorageTool"]
    cluster = subprocess.run([*storage, "random-uuid"], check=True, capture_output=True, text=True).stdout.split()[-1]
    subprocess.run([*storage, "format", "-t", cluster, "-c", "broker", "--standalone"], check=True, capture_output=True)
    return own, subprocess.Popen([*JAVA, "kafka.Kafka", "broker"], stdout=open("broker.log", "w"), stderr=subprocess.STDOUT)


def make(name, records):
    """The topic, which may still be on its way out, with so many records."""
    for _ in range(60):
        try:
            admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
            break
        except confluent_kafka.KafkaException:
            time.sleep(0.5)
    time.sleep(2)
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "log_level": 0})
    for record in range(records):
        producer.produce(TOPIC, f"{name} {record}", partition=0)
    assert producer.flush(30) == 0


def committed():
    asked = admin.list_consumer_group_offsets([confluent_kafka.ConsumerGroupTopicPartitions("group")])
    return [one.offset for one in asked["group"].result(30).topic_partitions]


def wait(until, seconds):
    deadline = time.time() + seconds
    while not until() and time.time() < deadline:
        time.sleep(0.5)


def told():
    return {name: pathlib.Path(f"{name}.txt").read_text().splitlines() for name in programs}


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
readers = []
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    make("old", 5)
    python = ["venv/bin/python", "read.py"]
    programs = {"Java": [*JAVA, "Read.java"], "librdkafka": python, "kafka-python": python, "aiokafka": python, "franz-go": ["./finding"]}
    for name, program in programs.items():
        readers.append(subprocess.Popen([*program, name, broker, TOPIC], stdout=open(f"{name}.txt", "w"), stderr=open("readers.log", "a")))
    wait(lambda: all(len(lines) == 5 for lines in told().values()), 60)
    time.sleep(2)
    before = committed()
    admin.delete_topics([TOPIC])[TOPIC].result(30)
    make("new", 8)
    after = committed()
    pathlib.Path("again").touch()
    wait(lambda: all(len(lines) >= (6 if name == "franz-go" else 8) for name, lines in told().items()), 30)
    time.sleep(3)
    pathlib.Path("enough").touch()
    found = told()
finally:
    pathlib.Path("enough").touch()
    for process in readers:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    running.kill()
    running.wait()
old = [f"{record} old {record}" for record in range(5)]
changed = []
for name, lines in found.items():
    rest = lines[5:]
    print(f"{name}: {len(lines[:5])} old records, and then {'; '.join(rest)}")
    surprising = rest == ["5 new 5", "6 new 6", "7 new 7"] if name != "franz-go" else bool(rest) and all("UNKNOWN_TOPIC_ID" in line for line in rest)
    if lines[:5] != old or not surprising:
        changed.append(name)
print(f"committed by the group: {before} before the topic was deleted, {after} after it was made again")
if before != [5] or after not in ([], [confluent_kafka.OFFSET_INVALID]):
    changed.append("the group")
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 go build -o finding .
timeout 240 venv/bin/python look.py
