#!/bin/sh
# Two topics of twelve partitions, where a merchant lies in the same partition of both, read by one group.
#
# One would guess: each member of the group is given the same partitions of both topics, so that it has all of a merchant and can join the two in memory. That
# is what the assignor "range" is for, with which Kafka's own client begins; and what holds on a trial with three members holds with five.
#
# What happens, with nothing set but the group's name:
# - the Java client 4.3.1, librdkafka 2.12.1, kafka-python 3.0.12, sarama 1.61.1 and kafka-go 0.4.51 give the same partitions of both to a member.
# - the same Java client and librdkafka with group.protocol=consumer, the protocol that came with Kafka 4, do not: the broker assigns then, by its "uniform". Of
#   five members one was seen with five partitions of one topic and none of the other. Neither does franz-go 1.22.3, nor Java with the cooperative sticky assignor.
# - kafkajs 2.2.4 and aiokafka 0.14.0 deal partitions out in turn: three members have the same of both, as a trial shows, and five have not.
# - told "range", all have the same: group.remote.assignor=range of the new protocol, and the assignors of that name in franz-go and aiokafka.
#
# Why it matters here: what a merchant has lies in the same partition of every topic that the ledger writes, which invites to read entries and consumption
# together. A reader that changes its protocol, or has two members more, then finds half of a merchant, without an error. So say "range", or assign by hand.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later, Go 1.26, Node 20. Takes two to three minutes, half of them to install and compile.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>groups</artifactId><version>1</version><packaging>pom</packaging>
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
	github.com/segmentio/kafka-go v0.4.51
	github.com/twmb/franz-go v1.22.3
)
GO
# Each program joins its groups with as many members as it is told, and stays in them until it is ended.
cat >main.go <<'GO'
package main

import (
	"context"
	"os"
	"strconv"

	"github.com/IBM/sarama"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

var topics = []string{"ledger-entries", "consumption"}

type handler struct{}

func (handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for range claim.Messages() {
	}
	return nil
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func ofSarama(broker string) {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	consumer, err := sarama.NewConsumerGroup([]string{broker}, "sarama", config)
	must(err)
	for {
		// An error while the group is still coming together ends a session alone.
		_ = consumer.Consume(context.Background(), topics, handler{})
	}
}

func ofKafkaGo(broker string) {
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{ID: "kafka-go", Brokers: []string{broker}, Topics: topics})
	must(err)
	for {
		// A generation lasts as long as what was started in it.
		if generation, err := group.Next(context.Background()); err == nil {
			generation.Start(func(ctx context.Context) { <-ctx.Done() })
		}
	}
}

func ofFranz(broker, group string, more ...kgo.Opt) {
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(broker), kgo.ConsumeTopics(topics...), kgo.ConsumerGroup(group))...)
	must(err)
	for {
		client.PollFetches(context.Background())
	}
}

func main() {
	broker := os.Args[1]
	members, err := strconv.Atoi(os.Args[2])
	must(err)
	for range members {
		go ofSarama(broker)
		go ofKafkaGo(broker)
		go ofFranz(broker, "franz-go")
		go ofFranz(broker, "franz-go, range", kgo.Balancers(kgo.RangeBalancer()))
	}
	select {}
}
GO
cat >join.mjs <<'JAVASCRIPT'
import { Kafka, logLevel } from 'kafkajs';

const [broker, members] = process.argv.slice(2);
for (let member = 0; member < Number(members); member++) {
  const consumer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).consumer({ groupId: 'kafkajs' });
  await consumer.connect();
  await consumer.subscribe({ topics: ['ledger-entries', 'consumption'] });
  await consumer.run({ eachMessage: async () => {} });
}
JAVASCRIPT
cat >Join.java <<'JAVA'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class Join {
    static final Map<String, Map<String, String>> GROUPS = Map.of(
        "Java", Map.of(),
        "Java, group.protocol=consumer", Map.of("group.protocol", "consumer"),
        "Java, group.protocol=consumer, range", Map.of("group.protocol", "consumer", "group.remote.assignor", "range"),
        "Java, cooperative sticky", Map.of("partition.assignment.strategy", CooperativeStickyAssignor.class.getName()));

    public static void main(String[] arguments) {
        GROUPS.forEach((group, own) -> {
            for (int member = 0; member < Integer.parseInt(arguments[1]); member++) {
                new Thread(() -> {
                    Map<String, Object> settings = new HashMap<>(own);
                    settings.put("group.id", group);
                    settings.put("bootstrap.servers", arguments[0]);
                    var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                    consumer.subscribe(List.of("ledger-entries", "consumption"));
                    while (true) consumer.poll(Duration.ofMillis(200));
                }).start();
            }
        });
    }
}
JAVA
cat >join.py <<'PYTHON'
import asyncio, sys, threading

import aiokafka
import confluent_kafka
import kafka
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

broker, members = sys.argv[1], int(sys.argv[2])
TOPICS = ["ledger-entries", "consumption"]


def of_librdkafka(group, **more):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": group, "log_level": 0} | more)
    consumer.subscribe(TOPICS)
    while True:
        consumer.poll(0.2)


def of_kafka_python():
    consumer = kafka.KafkaConsumer(*TOPICS, bootstrap_servers=broker, group_id="kafka-python")
    while True:
        consumer.poll(timeout_ms=200)


async def of_aiokafka():
    groups = {"aiokafka": {}, "aiokafka, range": {"partition_assignment_strategy": (RangePartitionAssignor,)}}
    consumers = [aiokafka.AIOKafkaConsumer(*TOPICS, bootstrap_servers=broker, group_id=group, **more) for group, more in groups.items() for _ in range(members)]
    await asyncio.gather(*[consumer.start() for consumer in consumers])
    await asyncio.Event().wait()


for _ in range(members):
    threading.Thread(target=of_librdkafka, args=("librdkafka",)).start()
    threading.Thread(target=of_librdkafka, args=("librdkafka, group.protocol=consumer",), kwargs={"group.protocol": "consumer"}).start()
    threading.Thread(target=of_kafka_python).start()
asyncio.run(of_aiokafka())
PYTHON
cat >look.py <<'PYTHON'
import pathlib, shutil, signal, socket, subprocess, sys, time

from confluent_kafka.admin import AdminClient, NewTopic

JAVA = ["java", "-Xmx512m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*"]
TOPICS, PARTITIONS = ["ledger-entries", "consumption"], 12
# Whether members have the same partitions of both topics, three of them and five. Where all 24 are dealt out evenly, a member of five has five, an odd
# number, which cannot be the same of both; of three it is left to chance.
ALWAYS, OF_THREE, APART = (True, True), (True, False), (None, False)
EXPECTED = {
    "Java": ALWAYS, "librdkafka": ALWAYS, "kafka-python": ALWAYS, "sarama": ALWAYS, "kafka-go": ALWAYS,
    "Java, group.protocol=consumer": APART, "librdkafka, group.protocol=consumer": APART, "franz-go": APART, "Java, cooperative sticky": APART,
    "kafkajs": OF_THREE, "aiokafka": OF_THREE,
    "Java, group.protocol=consumer, range": ALWAYS, "aiokafka, range": ALWAYS, "franz-go, range": ALWAYS,
}


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
    one = ("offsets.topic.replication.factor", "offsets.topic.num.partitions", "transaction.state.log.replication.factor",
           "transaction.state.log.min.isr", "transaction.state.log.num.partitions", "share.coordinator.state.topic.replication.factor",
           "share.coordinator.state.topic.min.isr")
    settings |= dict.fromkeys(one, 1)
    pathlib.Path("broker").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    storage = [*JAVA, "kafka.tools.StorageTool"]
    cluster = subprocess.run([*storage, "random-uuid"], check=True, capture_output=True, text=True).stdout.split()[-1]
    subprocess.run([*storage, "format", "-t", cluster, "-c", "broker", "--standalone"], check=True, capture_output=True)
    return own, subprocess.Popen([*JAVA, "kafka.Kafka", "broker"], stdout=open("broker.log", "w"), stderr=subprocess.STDOUT)


def assigned():
    """Of each group the members, and of each of those the partitions of both topics, as the broker has it."""
    told = {}
    for group, asked in admin.describe_consumer_groups(list(EXPECTED)).items():
        members = [member.assignment.topic_partitions for member in asked.result(30).members]
        told[group] = sorted(tuple(sorted(one.partition for one in member if one.topic == topic) for topic in TOPICS) for member in members)
    return told


def is_whole(group, members):
    return len(group) == members and all(sorted(sum(partitions, [])) == list(range(PARTITIONS)) for partitions in zip(*group))


def settled(members):
    """What every group has come to: the same at five looks, one after the other."""
    same, before, deadline = 0, None, time.time() + 120
    while same < 5:
        assert time.time() < deadline, f"no rest: {before}"
        time.sleep(2)
        now = assigned()
        same = same + 1 if now == before and all(is_whole(group, members) for group in now.values()) else 0
        before = now
    return before


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
shared = {}
for members in (3, 5):
    shutil.rmtree("data", ignore_errors=True)
    broker, *running = start_broker()
    try:
        admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
        admin.list_topics(timeout=120)
        for made in admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in TOPICS]).values():
            made.result(30)
        time.sleep(2)
        for program in ([*JAVA, "Join.java"], ["venv/bin/python", "join.py"], ["node", "join.mjs"], ["./finding"]):
            running.append(subprocess.Popen([*program, broker, str(members)], stdout=open("readers.log", "a"), stderr=subprocess.STDOUT))
        shared[members] = settled(members)
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()
seen = {group: tuple(all(entries == consumption for entries, consumption in shared[members][group]) for members in (3, 5)) for group in EXPECTED}
for group in EXPECTED:
    entries, consumption = shared[5][group][0]
    words = ["the same of both" if same else "others" for same in seen[group]]
    print(f"{group}: three members have {words[0]}, five {words[1]}; one of five has {entries} of entries and {consumption} of consumption")
changed = [group for group in EXPECTED if any(told not in (None, same) for told, same in zip(EXPECTED[group], seen[group]))]
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 go build -o finding .
timeout 400 venv/bin/python look.py
