#!/bin/sh
# A transaction that was aborted, read by libraries for Kafka that are told to read what is committed.
#
# One would guess: every client that has read_committed hands out what was committed, what was written without a transaction, and nothing else. kafka-go says
# just that of its ReadCommitted.
#
# What happens, where a producer dies within its transaction, and its successor ends that one (which aborts it) and writes the same entries again:
# - kafka-go 0.4.51 for Go asks the broker for committed records, and is sent the aborted ones with a list of what was aborted, as every client is. It passes
#   over the list: its Reader hands out the entries of the dead producer, and then those of the successor. It hands out the markers that end transactions,
#   too: records with a key of four bytes and a value of six, which nobody wrote.
# - its Client.Fetch leaves the markers out, and has the aborted records as well.
# - franz-go 1.22.3 for Go, kafkajs 2.2.4, kafka-python 3.0.12, aiokafka 0.14.0 and librdkafka 2.12.1 hand out what was committed.
#
# Why it matters here: what the ledger writes to topics is there once for who reads what is committed, whatever was killed. With kafka-go it is there twice
# after each kill within a transaction, with markers between: who reads with it has to leave out keys of four bytes without headers, and what is not
# the next `sequence`; or rather takes another client.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later, Go 1.26, Node 20. Takes a minute or two, most of it to install and compile them.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>committed</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars </dev/null
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'confluent-kafka==2.12.2' 'kafka-python==3.0.12' 'aiokafka==0.14.0'
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . 'kafkajs@2.2.4' >/dev/null
export GOMODCACHE="$work/modules" GOFLAGS='-mod=mod -modcacherw'
cat >go.mod <<'GO'
module finding

go 1.26.0

require (
	github.com/segmentio/kafka-go v0.4.51
	github.com/twmb/franz-go v1.22.3
)
GO
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

var seen = 0

// A line for each record, up to the last one that was written.
func tell(offset int64, key, value []byte) bool {
	seen++
	if string(value) == "last" || seen > 20 {
		return false
	}
	if len(key) == 4 {
		fmt.Println(offset, "marker")
	} else {
		fmt.Println(offset, string(value))
	}
	return true
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	broker, topic := os.Args[2], os.Args[3]
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	switch os.Args[1] {
	case "reader":
		reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, Topic: topic, IsolationLevel: kafka.ReadCommitted, MaxWait: time.Second})
		for {
			message, err := reader.ReadMessage(ctx)
			must(err)
			if !tell(message.Offset, message.Key, message.Value) {
				return
			}
		}
	case "fetch":
		client := &kafka.Client{Addr: kafka.TCP(broker)}
		request := &kafka.FetchRequest{Topic: topic, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second, IsolationLevel: kafka.ReadCommitted}
		fetched, err := client.Fetch(ctx, request)
		must(err)
		for {
			record, err := fetched.Records.ReadRecord()
			must(err)
			key, err := kafka.ReadAll(record.Key)
			must(err)
			value, err := kafka.ReadAll(record.Value)
			must(err)
			if !tell(record.Offset, key, value) {
				return
			}
		}
	case "franz":
		client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
		must(err)
		for more := true; more; {
			fetches := client.PollFetches(ctx)
			must(fetches.Err())
			fetches.EachRecord(func(record *kgo.Record) { more = more && tell(record.Offset, record.Key, record.Value) })
		}
	}
}
GO
cat >read.mjs <<'JAVASCRIPT'
import { Kafka, logLevel } from 'kafkajs';

const [broker, topic] = process.argv.slice(2);
const consumer = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR }).consumer({ groupId: 'kafkajs', readUncommitted: false });
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const value = message.value.toString();
    if (value === 'last') process.exit(0);
    console.log(message.offset, message.key?.length === 4 ? 'marker' : value);
  },
});
JAVASCRIPT
cat >look.py <<'PYTHON'
import asyncio, pathlib, signal, socket, subprocess, sys, time

import aiokafka
import confluent_kafka
import kafka
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


def write():
    """The same two entries by a producer that dies within its transaction, and by its successor."""
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    time.sleep(2)
    producers = []
    for who in ("dead", "successor"):
        producer = confluent_kafka.Producer({"bootstrap.servers": broker, "transactional.id": "ledger-0", "log_level": 0})
        producers.append(producer)
        producer.init_transactions(60)
        producer.begin_transaction()
        for entry in (0, 1):
            producer.produce(TOPIC, f"entry {entry} of the {who}", "M100001", partition=0)
        assert producer.flush(30) == 0
    producers[1].commit_transaction(60)
    plain = confluent_kafka.Producer({"bootstrap.servers": broker})
    plain.produce(TOPIC, "last", partition=0)
    assert plain.flush(30) == 0


def up_to_last(messages):
    """Of offsets, keys and values."""
    told = []
    for offset, key, value in messages:
        if value == b"last":
            return told
        told.append(f"{offset} {'marker' if len(key) == 4 else value.decode()}")
    return [*told, "and not the last one"]


def of_librdkafka():
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": "librdkafka", "isolation.level": "read_committed"})
    consumer.assign([confluent_kafka.TopicPartition(TOPIC, 0, 0)])
    deadline = time.time() + 30
    while time.time() < deadline:
        message = consumer.poll(1)
        if message is not None and message.error() is None:
            yield message.offset(), message.key(), message.value()


def of_kafka_python():
    consumer = kafka.KafkaConsumer(TOPIC, bootstrap_servers=broker, isolation_level="read_committed", auto_offset_reset="earliest",
                                   group_id=None, consumer_timeout_ms=30_000)
    for message in consumer:
        yield message.offset, message.key, message.value


async def of_aiokafka():
    consumer = aiokafka.AIOKafkaConsumer(TOPIC, bootstrap_servers=broker, isolation_level="read_committed", auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    found = []
    try:
        while not found or found[-1][2] != b"last":
            message = await asyncio.wait_for(consumer.getone(), 30)
            found.append((message.offset, message.key, message.value))
    finally:
        await consumer.stop()
    return found


def of_program(*command):
    return subprocess.run([*command, broker, TOPIC], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout.splitlines()


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    write()
    told = {
        "kafka-go, Reader": of_program("./finding", "reader"),
        "kafka-go, Client.Fetch": of_program("./finding", "fetch"),
        "franz-go": of_program("./finding", "franz"),
        "kafkajs": of_program("node", "read.mjs"),
        "kafka-python": up_to_last(of_kafka_python()),
        "aiokafka": up_to_last(asyncio.run(of_aiokafka())),
        "librdkafka": up_to_last(of_librdkafka()),
    }
finally:
    running.kill()
    running.wait()
dead = ["0 entry 0 of the dead", "1 entry 1 of the dead"]
committed = ["3 entry 0 of the successor", "4 entry 1 of the successor"]
EXPECTED = {name: committed for name in told} | {
    "kafka-go, Reader": [*dead, "2 marker", *committed, "5 marker"],
    "kafka-go, Client.Fetch": [*dead, *committed],
}
for name, records in told.items():
    print(f"{name}: {'; '.join(records)}")
changed = [name for name in told if told[name] != EXPECTED[name]]
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 go build -o finding .
timeout 240 venv/bin/python look.py
