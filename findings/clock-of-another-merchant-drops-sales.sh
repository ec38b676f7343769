#!/bin/sh
# Sales summed up by merchant and day with Kafka Streams, in a partition in which one terminal's clock is three days ahead, once.
#
# One would guess: a window of a day takes what belongs to the day, and what comes later than the window's grace is late by its own merchant's time, or by the
# machine's clock. A single record that is ahead is at worst counted on a wrong day. And what is not counted makes an error, or goes somewhere.
#
# What happens, with Kafka Streams 4.3.1: time is the largest timestamp that a task has seen, whoever's it is, and never goes back. After one sale of M2 that is
# dated three days ahead, every sale of the merchants beside it is late until three days have passed: M1's five sales of 100.00 of the day
# come to 100.00, without a grace and with one of a day alike. No error, nothing in a topic: a line of the log for a program that has a logger, and a
# number among metrics, `dropped-records-total`.
# - with a grace of three days all five are there; so they are by a key of merchant and day, without windows, whatever the clocks say.
#
# Why it matters here: the topics out invite to such sums by `ce_time`, when the event happened, and the topic in by the timestamps that producers give. Terminals'
# clocks are wrong, and those without a line send a day's sales the next morning. Sums of a day are by `date` of consumption or by the entries' business date, as
# part of a key.
#
# Seen with Java 17 and the test driver of Kafka Streams, without a broker. Takes ten seconds.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>days</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-streams-test-utils</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib </dev/null
cat >Look.java <<'JAVA'
import java.nio.file.Path;
import java.time.*;
import java.util.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

public class Look {
    static final Duration DAY = Duration.ofDays(1);
    static final Instant NINE = Instant.parse("2026-11-20T09:00:00Z");

    record Seen(Map<String, Long> sums, long dropped) {}

    /// Sums of merchants on the 20th, by windows of a day with a grace, or by a key of merchant and day where there is none.
    static Seen sums(Optional<Duration> grace, boolean ahead) {
        var builder = new StreamsBuilder();
        var sales = builder.stream("sales", Consumed.with(Serdes.String(), Serdes.Long()));
        if (grace.isPresent()) {
            sales.groupByKey().windowedBy(TimeWindows.ofSizeAndGrace(DAY, grace.get())).reduce(Long::sum).toStream()
                .map((merchant, sum) -> KeyValue.pair(merchant.key() + " " + LocalDate.ofInstant(merchant.window().startTime(), ZoneOffset.UTC), sum))
                .to("days", Produced.with(Serdes.String(), Serdes.Long()));
        } else {
            sales.process(() -> new org.apache.kafka.streams.processor.api.ContextualProcessor<String, Long, String, Long>() {
                @Override
                public void process(org.apache.kafka.streams.processor.api.Record<String, Long> sale) {
                    context().forward(sale.withKey(sale.key() + " " + LocalDate.ofInstant(Instant.ofEpochMilli(sale.timestamp()), ZoneOffset.UTC)));
                }
            }).groupByKey(Grouped.with(Serdes.String(), Serdes.Long())).reduce(Long::sum).toStream().to("days", Produced.with(Serdes.String(), Serdes.Long()));
        }
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "days");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:9");
        settings.put(StreamsConfig.STATE_DIR_CONFIG, Path.of("state").toAbsolutePath().toString());
        try (var driver = new TopologyTestDriver(builder.build(), settings)) {
            var in = driver.createInputTopic("sales", new StringSerializer(), new LongSerializer());
            in.pipeInput("M1", 100L, NINE);
            in.pipeInput("M2", 1L, NINE.plus(ahead ? Duration.ofDays(3) : Duration.ZERO));
            for (int hour = 1; hour <= 4; hour++) in.pipeInput("M1", 100L, NINE.plus(Duration.ofHours(hour)));
            var days = new TreeMap<>(driver.createOutputTopic("days", new StringDeserializer(), new LongDeserializer()).readKeyValuesToMap());
            long dropped = Math.round(driver.metrics().entrySet().stream().filter(one -> one.getKey().name().equals("dropped-records-total"))
                .mapToDouble(one -> (double) one.getValue().metricValue()).sum());
            return new Seen(days, dropped);
        }
    }

    public static void main(String[] arguments) {
        List<String> changed = new ArrayList<>();
        record Case(String what, Optional<Duration> grace, boolean ahead, long sum, long dropped) {}
        for (Case one : List.of(
            new Case("windows without grace, all clocks right", Optional.of(Duration.ZERO), false, 500, 0),
            new Case("windows without grace, M2 three days ahead", Optional.of(Duration.ZERO), true, 100, 4),
            new Case("windows with a grace of a day, M2 three days ahead", Optional.of(DAY), true, 100, 4),
            new Case("windows with a grace of three days, M2 three days ahead", Optional.of(DAY.multipliedBy(3)), true, 500, 0),
            new Case("keys of merchant and day, M2 three days ahead", Optional.empty(), true, 500, 0))) {
            Seen seen = sums(one.grace, one.ahead);
            long sum = seen.sums.get("M1 2026-11-20");
            System.out.println(one.what + ": five sales of 100 by M1 on the 20th: " + sum + ", dropped " + seen.dropped + "; " + seen.sums);
            if (sum != one.sum || seen.dropped != one.dropped) changed.add(one.what);
        }
        if (!changed.isEmpty()) {
            System.err.println("this has changed: " + changed);
            System.exit(1);
        }
    }
}
JAVA
timeout 120 java -Djava.io.tmpdir="$work" -cp 'lib/*' Look.java
