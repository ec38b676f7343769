#!/bin/sh
# Ten sales in a partition, and a program that fails at the third, lets its consumer be closed on the way out, and is started again.
#
# One would guess: a library that commits by itself commits what was worked off, which it sees by the program's asking for more. What fails is not worked off,
# so it comes again, and at worst something is booked twice. Closing a consumer leaves the group, and says nothing of what it was given last.
#
# What happens, with nothing set but the group's name and where to begin:
# - the Java client 4.3.1, and kafka-python 3.0.12, aiokafka 0.14.0 and librdkafka 2.12.1 where they are asked for many records at once, have handed out all
#   ten, and closing commits ten. The program had booked two. The third sale and the seven behind it are given to nobody any more, without an error.
# - librdkafka, kafka-python and aiokafka record by record, and ReadMessage of kafka-go 0.4.51, commit three: the sale that failed is lost, and no other.
# - kafkajs 2.2.4 and sarama 1.61.1 commit two, so that all is there after the second start; franz-go 1.22.3 commits none, and the first two are booked again.
# So it is the tidy `finally`, `with` or `defer` that loses sales, and how many of them depends on the library and on the call.
#
# Why it matters here: who reads the topics out books elsewhere, and a booking that fails (a merchant that is not known yet) is where a program ends. The ledger
# itself goes by its journal, and its samples have enable.auto.commit=false. A reader says so, too, and keeps `sequence` together with what it did.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later, Go 1.26, Node 20. Takes three minutes, half of them to install and compile.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>close</artifactId><version>1</version><packaging>pom</packaging>
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
# Each program is told its group, the broker, the topic, the record at which booking fails (or -1), and for how many seconds it reads otherwise. It prints what
# it has booked, and closes its consumer however it ends.
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/IBM/sarama"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	fails  int64
	failed = errors.New("not booked")
)

func book(offset int64) error {
	if offset == fails {
		return failed
	}
	fmt.Println(offset)
	return nil
}

type handler struct{ stop context.CancelFunc }

func (handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (handler handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		if err := book(message.Offset); err != nil {
			handler.stop()
			return err
		}
		session.MarkMessage(message, "")
	}
	return nil
}

func ofSarama(ctx context.Context, stop context.CancelFunc, group, broker, topic string) error {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	consumer, err := sarama.NewConsumerGroup([]string{broker}, group, config)
	if err != nil {
		return err
	}
	defer consumer.Close()
	for ctx.Err() == nil {
		if err := consumer.Consume(ctx, []string{topic}, handler{stop}); err != nil {
			return err
		}
	}
	return nil
}

func ofKafkaGo(ctx context.Context, group, broker, topic string) error {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, GroupID: group, Topic: topic, StartOffset: kafka.FirstOffset})
	defer reader.Close()
	for {
		message, err := reader.ReadMessage(ctx)
		if err != nil {
			return err
		}
		if err := book(message.Offset); err != nil {
			return err
		}
	}
}

func ofFranz(ctx context.Context, group, broker, topic string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer client.Close()
	for ctx.Err() == nil {
		for _, record := range client.PollFetches(ctx).Records() {
			if err := book(record.Offset); err != nil {
				return err
			}
		}
	}
	return nil
}

func main() {
	group, broker, topic := os.Args[1], os.Args[2], os.Args[3]
	fails, _ = strconv.ParseInt(os.Args[4], 10, 64)
	seconds, _ := time.ParseDuration(os.Args[5] + "s")
	ctx, stop := context.WithTimeout(context.Background(), seconds)
	defer stop()
	var err error
	switch group {
	case "sarama":
		err = ofSarama(ctx, stop, group, broker, topic)
	case "kafka-go":
		err = ofKafkaGo(ctx, group, broker, topic)
	default:
		err = ofFranz(ctx, group, broker, topic)
	}
	fmt.Fprintln(os.Stderr, group, err)
}
GO
cat >read.mjs <<'JAVASCRIPT'
import { Kafka, logLevel } from 'kafkajs';

const [groupId, broker, topic, fails, seconds] = process.argv.slice(2);
const consumer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).consumer({ groupId });
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
let over;
const end = new Promise((resolve) => (over = resolve));
setTimeout(over, 1000 * seconds);
await consumer.run({
  eachMessage: async ({ message }) => {
    if (message.offset === fails) {
      over();
      throw new Error('not booked');
    }
    console.log(message.offset);
  },
});
await end;
await consumer.disconnect();
JAVASCRIPT
cat >Read.java <<'JAVA'
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class Read {
    public static void main(String[] arguments) {
        Map<String, Object> settings = Map.of("group.id", arguments[0], "bootstrap.servers", arguments[1], "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(arguments[2]));
            for (long end = System.currentTimeMillis() + 1000 * Long.parseLong(arguments[4]); System.currentTimeMillis() < end; ) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    if (record.offset() == Long.parseLong(arguments[3])) throw new IllegalStateException("not booked");
                    System.out.println(record.offset());
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

group, broker, topic, fails, end = *sys.argv[1:4], int(sys.argv[4]), time.time() + int(sys.argv[5])
settings = {"bootstrap_servers": broker, "group_id": group, "auto_offset_reset": "earliest"}
many = group.endswith("many at once")


def book(offset):
    if offset == fails:
        raise RuntimeError("not booked")
    print(offset, flush=True)


async def of_aiokafka():
    consumer = aiokafka.AIOKafkaConsumer(topic, **settings)
    await consumer.start()
    try:
        while time.time() < end:
            if many:
                for message in sum((await consumer.getmany(timeout_ms=200)).values(), []):
                    book(message.offset)
            else:
                try:
                    book((await asyncio.wait_for(consumer.getone(), 1)).offset)
                except asyncio.TimeoutError:
                    pass
    finally:
        await consumer.stop()


def of_kafka_python():
    consumer = kafka.KafkaConsumer(topic, consumer_timeout_ms=1000, **settings)
    try:
        while time.time() < end:
            for message in sum(consumer.poll(timeout_ms=200).values(), []) if many else consumer:
                book(message.offset)
    finally:
        consumer.close()


def of_librdkafka():
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker, "group.id": group, "auto.offset.reset": "earliest", "log_level": 0})
    consumer.subscribe([topic])
    try:
        while time.time() < end:
            for message in consumer.consume(10, 1) if many else [consumer.poll(0.2)]:
                if message is not None and message.error() is None:
                    book(message.offset())
    finally:
        consumer.close()


if group.startswith("aiokafka"):
    asyncio.run(of_aiokafka())
else:
    of_kafka_python() if group.startswith("kafka-python") else of_librdkafka()
PYTHON
cat >look.py <<'PYTHON'
import pathlib, random, signal, socket, subprocess, sys, time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

JAVA, TOPIC, SECONDS = ["java", "-Xmx384m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*"], "ledger-entries", "15"
SALES, FAILS = 10, 2


def free_port():
    while True:
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", random.randrange(24000, 25000)))
                return one.getsockname()[1]
            except OSError:
                pass


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


def run(fails):
    """What each of the programs has booked."""
    booked, names = {}, list(PROGRAMS)
    for some in (names[:4], names[4:7], names[7:]):  # Some at a time, each with time enough on a busy machine.
        readers.update({name: subprocess.Popen([*PROGRAMS[name], name, broker, TOPIC, str(fails), SECONDS], stdout=subprocess.PIPE,
                                               stderr=open("readers.log", "a"), text=True) for name in some})
        booked |= {name: [int(line) for line in readers[name].communicate(timeout=60)[0].split()] for name in some}
    return booked


PYTHON, GO = ["venv/bin/python", "read.py"], ["./finding"]
PROGRAMS = {
    "Java": [*JAVA, "Read.java"], "librdkafka, many at once": PYTHON, "kafka-python, many at once": PYTHON, "aiokafka, many at once": PYTHON,
    "librdkafka": PYTHON, "kafka-python": PYTHON, "aiokafka": PYTHON,
    "kafka-go": GO, "kafkajs": ["node", "read.mjs"], "sarama": GO, "franz-go": GO,
}
# The sales that are never booked.
ALL, ONE, NONE = list(range(FAILS, SALES)), [FAILS], []
EXPECTED = dict(zip(PROGRAMS, [ALL] * 4 + [ONE] * 4 + [NONE] * 3))
signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
readers = {}
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    time.sleep(2)
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "linger.ms": 500, "log_level": 0})
    for sale in range(SALES):
        producer.produce(TOPIC, f"sale {sale}", "M100001", partition=0)
    assert producer.flush(30) == 0
    first, second = run(FAILS), run(-1)
finally:
    for process in [*readers.values(), running]:
        process.kill()
        process.wait()
changed = []
for name in PROGRAMS:
    lost = [sale for sale in range(SALES) if sale not in first[name] + second[name]]
    print(f"{name}: booked {first[name]}, failed at {FAILS}; started again: {second[name]}; never booked: {lost or 'none'}")
    if first[name] != list(range(FAILS)) or lost != EXPECTED[name]:
        changed.append(name)
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 go build -o finding .
timeout 400 venv/bin/python look.py
