#!/bin/sh
# Sales booked in RocksDB, each as one batch of two column families: what was sold in one, and in the other the offset up to which the topic is booked. The log of
# writes is switched off, for what a kill takes can be read from Kafka again.
#
# One would guess: a batch is atomic, so after a kill both families are as they were after one and the same sale, perhaps an earlier one; booking goes on behind
# the offset, and nothing is missing or there twice. Without the log one only loses more.
#
# What happens, with RocksDB 10.10.1 and 2000 sales of 1.00: each family has a buffer of its own, which goes to its file when it is full. What holds a batch
# together is the log alone.
# - after a kill there are 1957 sales, say, and the offset says 1317: going on there books 640 sales a second time. (Where the offset's family happens to be the
#   one that was flushed last, the sales between are never booked.) Opening says nothing of it.
# - with setAtomicFlush(true), which is off by default, both tell the same after a kill; but not where a program has flushed one of them by name, which flushes
#   that one alone: 2000 sales and offset 1959. Both have to be named in one call.
# - with the log both tell the same, always.
#
# Why it matters here: entries, state and the cursor in the log are families of one database, and a shard goes on behind its cursor. They are written with the log;
# it is off for copies alone, which are worth nothing until all of it was flushed.
#
# Seen with rocksdbjni 10.10.1.1, Java 17. Takes twenty seconds, and 60 MB while it runs.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>halves</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.rocksdb</groupId><artifactId>rocksdbjni</artifactId><version>10.10.1.1</version><classifier>linux64</classifier></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib </dev/null
cat >Look.java <<'JAVA'
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.rocksdb.*;

public class Look {
    static {
        RocksDB.loadLibrary();
    }

    static final int SALES = 2000;

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    record Seen(int sales, int offset) {}

    /// Opens a database with its families, does something with it, and closes it.
    interface Use<T> {
        T use(RocksDB database, ColumnFamilyHandle sales, ColumnFamilyHandle offsets) throws Exception;
    }

    static <T> T with(Path place, boolean atomic, Use<T> use) throws Exception {
        try (DBOptions options = new DBOptions().setCreateIfMissing(true).setCreateMissingColumnFamilies(true).setAtomicFlush(atomic);
             ColumnFamilyOptions small = new ColumnFamilyOptions().setWriteBufferSize(64 << 10)) {
            List<ColumnFamilyHandle> families = new ArrayList<>();
            List<ColumnFamilyDescriptor> names = List.of(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY),
                new ColumnFamilyDescriptor(bytes("sales"), small), new ColumnFamilyDescriptor(bytes("offsets"), small));
            try (RocksDB database = RocksDB.open(options, place.toString(), names, families)) {
                try {
                    return use.use(database, families.get(1), families.get(2));
                } finally {
                    families.forEach(ColumnFamilyHandle::close);
                }
            }
        }
    }

    static Seen afterKill(String name, boolean log, boolean atomic, String flushed) throws Exception {
        Path place = Path.of(name), killed = Path.of(name + "-killed");
        with(place, atomic, (database, sales, offsets) -> {
            try (WriteOptions how = new WriteOptions().setDisableWAL(!log); FlushOptions flush = new FlushOptions()) {
                for (int sale = 1; sale <= SALES; sale++) {
                    try (WriteBatch batch = new WriteBatch()) {
                        batch.put(sales, bytes("%06d".formatted(sale)), bytes("sale of 1.00 ".repeat(10)));
                        batch.put(offsets, bytes("terminal-events 0"), bytes(String.valueOf(sale)));
                        database.write(how, batch);
                    }
                }
                if (flushed.equals("sales")) database.flush(flush, sales);
                if (flushed.equals("both")) database.flush(flush, List.of(sales, offsets));
            }
            Thread.sleep(2000); // What is being written to files in the background comes to an end.
            copy(place, killed); // The files as a kill leaves them.
            return null;
        });
        return with(killed, atomic, (database, sales, offsets) -> {
            int count = 0;
            try (RocksIterator all = database.newIterator(sales)) {
                for (all.seekToFirst(); all.isValid(); all.next()) count++;
                all.status();
            }
            byte[] offset = database.get(offsets, bytes("terminal-events 0"));
            return new Seen(count, offset == null ? 0 : Integer.parseInt(new String(offset, StandardCharsets.UTF_8)));
        });
    }

    static void copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        try (var files = Files.list(from)) {
            for (Path file : (Iterable<Path>) files::iterator) Files.copy(file, to.resolve(file.getFileName()));
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<String> changed = new ArrayList<>();
        Map<String, Seen> all = new LinkedHashMap<>();
        all.put("with the log", afterKill("log", true, false, ""));
        all.put("without the log", afterKill("no-log", false, false, ""));
        all.put("without the log, sales flushed", afterKill("flushed", false, false, "sales"));
        all.put("without the log, atomic flush", afterKill("atomic", false, true, ""));
        all.put("without the log, atomic flush, sales flushed", afterKill("atomic-flushed", false, true, "sales"));
        all.put("without the log, atomic flush, both flushed in one call", afterKill("atomic-both", false, true, "both"));
        all.forEach((how, seen) -> {
            int never = Math.max(0, seen.offset - seen.sales), twice = Math.max(0, seen.sales - seen.offset);
            System.out.println(how + ": " + seen.sales + " sales, offset " + seen.offset + "; going on there, " + never + " are never booked, " + twice + " twice");
            boolean right = switch (how) {
                case "without the log" -> seen.sales != seen.offset;
                case "without the log, sales flushed", "without the log, atomic flush, sales flushed" -> seen.sales == SALES && twice > 0;
                case "without the log, atomic flush" -> seen.sales == seen.offset && seen.sales > 0;
                default -> seen.sales == SALES && seen.offset == SALES;
            };
            if (!right) changed.add(how);
        });
        System.out.println("RocksDB " + RocksDB.rocksdbVersion());
        if (!changed.isEmpty()) {
            System.err.println("this has changed: " + changed);
            System.exit(1);
        }
    }
}
JAVA
timeout 120 java -Djava.io.tmpdir="$work" -cp 'lib/*' Look.java
