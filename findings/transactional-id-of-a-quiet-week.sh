#!/bin/sh
# A transactional producer that writes, rests for longer than a week, and writes again, with the process and the broker up all the time.
#
# One would guess: init_transactions takes the transactional id once, and it is the producer's until another one takes it or the producer is closed. If a
# transaction fails for all that, one aborts it and begins another: fatal are only errors that say so, like being fenced.
#
# What happens: the broker forgets an id that had no transaction for transactional.id.expiration.ms, seven days unless somebody said otherwise, and tells nobody.
# (Here it is eight seconds, and the rest is twenty.) The next transaction fails, INVALID_PRODUCER_ID_MAPPING, which is not what a fenced one hears. Then:
# - librdkafka 2.12.1: the abort is taken, and the transaction after it is committed.
# - the Java client 4.3.1, kafka-python 3.0.12, aiokafka 0.14.0, sarama 1.61.1 and franz-go 1.22.3: the abort fails as well, and so does every transaction
#   from then on, until the producer is thrown away.
# - kafkajs 2.2.4: the abort is taken, without an error, and every transaction after it fails as well.
# A new producer of the same id writes at once.
#
# Why it matters here: each partition of each topic that the ledger writes has a transactional id, and that of dead letters may well rest for weeks; so may a
# gateway that writes events in transactions, over a Spring Festival. After any error the ledger throws its producer away, opens the id anew and reads where the
# partition ends, so nothing is lost and nothing comes twice. Whoever aborts and tries again, as samples
# for the Java client do, writes no more.
#
# Seen with Apache Kafka 4.3.1, Java 17 or later, Go 1.26, Node 20. Takes two minutes, most of them to install and compile.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>quiet</artifactId><version>1</version><packaging>pom</packaging>
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
# Each program writes four transactions with one producer, rests after the first, and says of each whether it was committed, aborted, or neither.
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

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	who, broker, topic := os.Args[1], os.Args[2], os.Args[3]
	rest, err := time.ParseDuration(os.Args[4] + "s")
	must(err)
	ctx, cancel := context.WithTimeout(context.Background(), rest+time.Minute)
	defer cancel()
	var begin, write, commit, abort func() error
	if who == "sarama" {
		config := sarama.NewConfig()
		config.Version = sarama.MaxVersion
		config.Producer.Idempotent, config.Producer.RequiredAcks, config.Producer.Return.Successes = true, sarama.WaitForAll, true
		config.Net.MaxOpenRequests, config.Producer.Transaction.ID = 1, who
		producer, err := sarama.NewSyncProducer([]string{broker}, config)
		must(err)
		begin, commit, abort = producer.BeginTxn, producer.CommitTxn, producer.AbortTxn
		write = func() error {
			_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder("entry")})
			return err
		}
	} else {
		client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.TransactionalID(who), kgo.DefaultProduceTopic(topic))
		must(err)
		begin = client.BeginTransaction
		write = func() error { return client.ProduceSync(ctx, kgo.StringRecord("entry")).FirstErr() }
		commit = func() error { return client.EndTransaction(ctx, kgo.TryCommit) }
		abort = func() error { return client.EndTransaction(ctx, kgo.TryAbort) }
	}
	for number := range 4 {
		var err error
		for _, step := range []func() error{begin, write, commit} {
			if err = step(); err != nil {
				break
			}
		}
		switch {
		case err == nil:
			fmt.Println("committed")
		case abort() == nil:
			fmt.Println("aborted")
		default:
			fmt.Println("neither")
		}
		if number == 0 {
			time.Sleep(rest)
		}
	}
}
GO
cat >write.mjs <<'JAVASCRIPT'
import { Kafka, logLevel } from 'kafkajs';

const [transactionalId, broker, topic, rest] = process.argv.slice(2);
const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
await producer.connect();
for (let number = 0; number < 4; number++) {
  const transaction = await producer.transaction();
  try {
    await transaction.send({ topic, messages: [{ value: 'entry' }] });
    await transaction.commit();
    console.log('committed');
  } catch {
    await transaction.abort().then(() => console.log('aborted'), () => console.log('neither'));
  }
  if (number === 0) await new Promise((resolve) => setTimeout(resolve, 1000 * rest));
}
process.exit(0);
JAVASCRIPT
cat >Write.java <<'JAVA'
import java.util.Map;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

public class Write {
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = Map.of("transactional.id", arguments[0], "bootstrap.servers", arguments[1]);
        var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        for (int number = 0; number < 4; number++) {
            try {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(arguments[2], "entry"));
                producer.commitTransaction();
                System.out.println("committed");
            } catch (KafkaException error) {
                try {
                    producer.abortTransaction();
                    System.out.println("aborted");
                } catch (KafkaException again) {
                    System.out.println("neither");
                }
            }
            if (number == 0) Thread.sleep(1000 * Long.parseLong(arguments[3]));
        }
        System.exit(0);
    }
}
JAVA
cat >Days.java <<'JAVA'
import org.apache.kafka.coordinator.transaction.TransactionStateManagerConfig;

public class Days {
    public static void main(String[] arguments) {
        System.out.println(TransactionStateManagerConfig.TRANSACTIONAL_ID_EXPIRATION_MS_DEFAULT / 86_400_000);
    }
}
JAVA
cat >write.py <<'PYTHON'
import asyncio, os, sys, time

import aiokafka
import confluent_kafka
import kafka

who, broker, topic, rest = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def write(begin, send, commit, abort):
    for number in range(4):
        try:
            begin()
            send()
            commit()
            print("committed", flush=True)
        except Exception:
            try:
                abort()
                print("aborted", flush=True)
            except Exception:
                print("neither", flush=True)
        if number == 0:
            time.sleep(rest)


def of_librdkafka():
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "transactional.id": who, "log_level": 0})
    producer.init_transactions(30)
    write(producer.begin_transaction, lambda: producer.produce(topic, "entry"), lambda: producer.commit_transaction(30), lambda: producer.abort_transaction(30))


def of_kafka_python():
    producer = kafka.KafkaProducer(bootstrap_servers=broker, transactional_id=who)
    producer.init_transactions()
    write(producer.begin_transaction, lambda: producer.send(topic, b"entry").get(30), producer.commit_transaction, producer.abort_transaction)


def of_aiokafka():
    loop = asyncio.new_event_loop()

    async def opened():
        producer = aiokafka.AIOKafkaProducer(bootstrap_servers=broker, transactional_id=who)
        await producer.start()
        return producer

    producer, wait = loop.run_until_complete(opened()), loop.run_until_complete
    write(lambda: wait(producer.begin_transaction()), lambda: wait(producer.send_and_wait(topic, b"entry")),
          lambda: wait(producer.commit_transaction()), lambda: wait(producer.abort_transaction()))


{"librdkafka": of_librdkafka, "kafka-python": of_kafka_python, "aiokafka": of_aiokafka}[who]()
os._exit(0)
PYTHON
cat >look.py <<'PYTHON'
import pathlib, signal, socket, subprocess, sys, time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

JAVA, TOPIC, REST = ["java", "-Xmx384m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*"], "ledger-entries", "20"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_broker():
    """A single node that is broker and controller, in this directory. It looks for what has expired every second, not every hour."""
    own, controller = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    settings = {"node.id": 1, "process.roles": "broker,controller", "controller.listener.names": "C", "controller.quorum.bootstrap.servers": controller,
                "listeners": f"P://{own},C://{controller}", "advertised.listeners": f"P://{own}", "inter.broker.listener.name": "P",
                "listener.security.protocol.map": "P:PLAINTEXT,C:PLAINTEXT", "log.dirs": pathlib.Path("data").absolute(),
                "transactional.id.expiration.ms": 8000, "transaction.remove.expired.transaction.cleanup.interval.ms": 1000}
    one = ("offsets.topic.replication.factor", "offsets.topic.num.partitions", "transaction.state.log.replication.factor",
           "transaction.state.log.min.isr", "transaction.state.log.num.partitions", "share.coordinator.state.topic.replication.factor",
           "share.coordinator.state.topic.min.isr")
    settings |= dict.fromkeys(one, 1)
    pathlib.Path("broker").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    storage = [*JAVA, "kafka.tools.StorageTool"]
    cluster = subprocess.run([*storage, "random-uuid"], check=True, capture_output=True, text=True).stdout.split()[-1]
    subprocess.run([*storage, "format", "-t", cluster, "-c", "broker", "--standalone"], check=True, capture_output=True)
    return own, subprocess.Popen([*JAVA, "kafka.Kafka", "broker"], stdout=open("broker.log", "w"), stderr=subprocess.STDOUT)


def anew(transactional_id):
    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "transactional.id": transactional_id, "log_level": 0})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(TOPIC, "entry")
    producer.commit_transaction(30)


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
broker, running = start_broker()
writers = {}
try:
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 0})
    admin.list_topics(timeout=120)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    time.sleep(2)
    programs = {"librdkafka": ["venv/bin/python", "write.py"], "Java": [*JAVA, "Write.java"], "kafka-python": ["venv/bin/python", "write.py"],
                "aiokafka": ["venv/bin/python", "write.py"], "sarama": ["./finding"], "franz-go": ["./finding"], "kafkajs": ["node", "write.mjs"]}
    writers = {name: subprocess.Popen([*program, name, broker, TOPIC, REST], stdout=subprocess.PIPE, stderr=open("writers.log", "a"), text=True)
               for name, program in programs.items()}
    became = {name: writer.communicate(timeout=120)[0].split() for name, writer in writers.items()}
    for name in became:
        anew(name)
    days = int(subprocess.run([*JAVA, "Days.java"], check=True, capture_output=True, text=True, timeout=60).stdout)
finally:
    for process in [*writers.values(), running]:
        process.kill()
        process.wait()
print(f"an id expires after {days} days where nothing is said; here after 8 s, and producers rest for {REST} s after their first transaction")
for name, ends in became.items():
    print(f"{name}: {', '.join(ends)}; a new producer of the id: committed")
changed = []
for name, ends in became.items():
    # What is told of the third and fourth attempt to abort differs, and says nothing more.
    written = [end == "committed" for end in ends]
    first = {"librdkafka": "aborted", "kafkajs": "aborted"}.get(name, "neither")
    if written != [True, False, *[name == "librdkafka"] * 2] or ends[1] != first:
        changed.append(name)
sys.exit(f"this has changed: {changed}" if changed or days != 7 else 0)
PYTHON
timeout 300 go build -o finding .
timeout 300 venv/bin/python look.py
