#!/bin/sh
# The lag of a group that has read all of a topic that is written in transactions, by library.
#
# One would guess: a consumer that was given every record there is, and whose library commits by itself, has a lag of 0. If anything, all libraries agree.
#
# What happens: a transaction ends with a marker, which has an offset as a record has, and of which no consumer is told. Behind two records that were committed
# and three that were aborted the partition's end is 7, and a consumer is given records 0 and 1.
# - librdkafka 2.12.1, the Java client 4.3.1, kafka-python 3.0.12 and aiokafka 0.14.0, which commit by themselves, commit the position that they have got to:
#   7, and a lag of 0.
# - kafkajs 2.2.4, sarama 1.61.1 and franz-go 1.22.3, by themselves as well, commit one more than the last record: 2, and a lag of 5, until another
#   record comes. After a commit the lag is 1 in each partition, and it never is 0.
# - so it is for Java and librdkafka where the program commits record by record.
#
# Why it matters here: the topics out are written in transactions, and a partition is at rest when its merchants are. An alert or an autoscaler that goes by
# the lag of such a reader sees a record in each partition that is never read, and more where the last transaction was aborted. Whether a reader has
# everything is told by `sequence` of its last record and /readyz (`streams`), not by offsets.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later, Go 1.26, Node 20. Takes two minutes, most of them to install and compile.
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
timeout 300 venv/bin/pip install -q 'confluent-kafka==2.12.2' 'kafka-python==3.0.12' 'aiokafka==0.14.0'
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . 'kafkajs@2.2.4' >/dev/null
export GOMODCACHE="$work/modules" GOFLAGS='-mod=mod -modcacherw'
cat >go.mod <<'GO'
module finding

go 1.26.0

require (
	github.com/IBM/sarama v1.61.1
	github.com/twmb/franz-go v1.22.3
)
GO
# Each reads for the seconds that it is told, in a group with its own name, and commits as its library does.
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"
)

type handler struct{}

func (handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		fmt.Println(message.Offset)
		session.MarkMessage(message, "")
	}
	return nil
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	group, broker, topic := os.Args[1], os.Args[2], os.Args[3]
	seconds, err := time.ParseDuration(os.Args[4] + "s")
	must(err)
	ctx, cancel := context.WithTimeout(context.Background(), seconds)
	defer cancel()
	if group == "sarama" {
		config := sarama.NewConfig()
		config.Version = sarama.MaxVersion
		config.Consumer.IsolationLevel = sarama.ReadCommitted
		config.Consumer.Offsets.Initial = sarama.OffsetOldest
		consumer, err := sarama.NewConsumerGroup([]string{broker}, group, config)
		must(err)
		for ctx.Err() == nil {
			must(consumer.Consume(ctx, []string{topic}, handler{}))
		}
		must(consumer.Close())
		return
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.AutoCommitInterval(time.Second))
	must(err)
	for ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(record *kgo.Record) { fmt.Println(record.Offset) })
	}
	client.CloseAllowingRebalance()
}
GO
cat >read.mjs <<'JAVASCRIPT'
import { Kafka, logLevel } from 'kafkajs';

const [groupId, broker, topic, seconds] = process.argv.slice(2);
const consumer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).consumer({ groupId });
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({ eachMessage: async ({ message }) => console.log(message.offset) });
await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
await consumer.disconnect();
JAVASCRIPT
cat >Read.java <<'JAVA'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class Read {
    public static void main(String[] arguments) {
        boolean alone = arguments[0].equals("Java");
        Map<String, Object> settings = Map.of("group.id", arguments[0], "bootstrap.servers", arguments[1], "auto.offset.reset", "earliest",
            "isolation.level", "read_committed", "enable.auto.commit", alone, "auto.commit.interval.ms", 1000);
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(arguments[2]));
            for (long end = System.currentTimeMillis() + 1000 * Long.parseLong(arguments[3]); System.currentTimeMillis() < end; ) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    System.out.println(record.offset());
                    if (!alone) {
                        var partition = new TopicPartition(record.topic(), record.partition());
                        consumer.commitSync(Map.of(partition, new OffsetAndMetadata(record.offset() + 1)));
                    }
                }
            }
        }
    }
}
JAVA
cat >read.py <<'PYTHON'
import asyncio, sys, time

import aiokafka
import confluent_kafka
import kafka

group, broker, topic, end = sys.argv[1], sys.argv[2], sys.argv[3], time.time() + int(sys.argv[4])
settings = {"bootstrap_servers": broker, "group_id": group, "isolation_level": "read_committed", "auto_offset_reset": "earliest", "auto_commit_interval_ms": 1000}


async def of_aiokafka():
    consumer = aiokafka.AIOKafkaConsumer(topic, **settings)
    await consumer.start()
    while time.time() < end:
        for messages in (await consumer.getmany(timeout_ms=200)).values():
            print(*[message.offset for message in messages], sep="\n")
    await consumer.stop()


def of_kafka_python():
    consumer = kafka.KafkaConsumer(topic, **settings)
    while time.time() < end:
        for messages in consumer.poll(timeout_ms=200).values():
            print(*[message.offset for message in messages], sep="\n")
    consumer.close()


def of_librdkafka():
    alone = group == "librdkafka"
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": group, "isolation.level": "read_committed", "auto.offset.reset": "earliest",
                                         "enable.auto.commit": alone, "auto.commit.interval.ms": 1000, "log_level": 0})
    consumer.subscribe([topic])
    while time.time() < end:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            print(message.offset())
            if not alone:
                consumer.commit(message=message, asynchronous=False)
    consumer.close()


if group == "aiokafka":
    asyncio.run(of_aiokafka())
else:
    of_kafka_python() if group == "kafka-python" else of_librdkafka()
PYTHON
cat >look.py <<'PYTHON'
import pathlib, signal, socket, subprocess, sys, time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

JAVA, TOPIC, SECONDS = ["java", "-Xmx384m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*"], "ledger-entries", "20"


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


def committed(group):
    asked = admin.list_consumer_group_offsets([confluent_kafka.ConsumerGroupTopicPartitions(group)])
    return [one.offset for one in asked[group].result(30).topic_partitions]


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
readers = {}
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    time.sleep(2)
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "transactional.id": "ledger-0", "log_level": 0})
    producer.init_transactions(60)
    for records, end in ((2, producer.commit_transaction), (3, producer.abort_transaction)):
        producer.begin_transaction()
        for record in range(records):
            producer.produce(TOPIC, str(record), "M100001", partition=0)
        assert producer.flush(30) == 0
        end(60)
    programs = {
        "librdkafka": ["venv/bin/python", "read.py"], "librdkafka, record by record": ["venv/bin/python", "read.py"],
        "Java": [*JAVA, "Read.java"], "Java, record by record": [*JAVA, "Read.java"],
        "kafka-python": ["venv/bin/python", "read.py"], "aiokafka": ["venv/bin/python", "read.py"],
        "kafkajs": ["node", "read.mjs"], "sarama": ["./finding"], "franz-go": ["./finding"],
    }
    # Some at a time, each with time enough on a busy machine.
    given, names = {}, list(programs)
    for some in (names[:5], names[5:]):
        readers = {name: subprocess.Popen([*programs[name], name, broker, TOPIC, SECONDS], stdout=subprocess.PIPE, stderr=open("readers.log", "a"), text=True)
                   for name in some}
        given |= {name: [int(line) for line in reader.communicate(timeout=60)[0].split()] for name, reader in readers.items()}
    partition = confluent_kafka.TopicPartition(TOPIC, 0)
    end = admin.list_offsets({partition: OffsetSpec.latest()}, isolation_level=confluent_kafka.IsolationLevel.READ_COMMITTED)[partition].result(30).offset
    lags = {name: [end - offset for offset in committed(name)] for name in names}
finally:
    for process in [*readers.values(), running]:
        process.kill()
        process.wait()
print(f"the end of what is committed: {end}")
for name in names:
    print(f"{name}: given records {given[name]}, lag {lags[name]}")
EXPECTED = dict.fromkeys(names, [5]) | dict.fromkeys(("librdkafka", "Java", "kafka-python", "aiokafka"), [0])
changed = [name for name in names if given[name] != [0, 1] or lags[name] != EXPECTED[name]]
sys.exit(f"this has changed: {changed}" if changed or end != 7 else 0)
PYTHON
timeout 300 go build -o finding .
timeout 240 venv/bin/python look.py
