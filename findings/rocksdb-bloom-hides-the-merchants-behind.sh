#!/bin/sh
# A range over merchants in RocksDB, with a bloom filter for prefixes switched on: the advice for stores in which one asks for all of one merchant.
#
# One would guess: a filter says where a key cannot be, so it makes reading faster, and what is read is the same. Whoever switches it on and runs the tests sees
# that it is.
#
# What happens, with RocksDB 10.10.1 and 500 merchants, 0000, 0002 … 0998, with a sale of 1.00 each:
# - an iterator that seeks a prefix which the filter does not know ends there: no record, and its status is "ok". So a sum from the merchant 0001 on, who has no
#   sale, is 0 instead of 499.00; from 0000 or 0002 on it is right. Of 500 such ranges 494 are wrong (the others are what the filter cannot exclude).
# - as long as the sales are in memory all ranges are right, since the filter is of the files: a test that writes and reads sees nothing. What was right in
#   the morning is wrong after a flush.
# - an iterator with setTotalOrderSeek(true) or setAutoPrefixMode(true) has all of them right. Neither is the default.
#
# Why it matters here: every figure of the ledger is read from ranges, many from a key that need not be there (`from`, a cursor, the first entry of a date). Its
# filters are of whole keys, and no store has a prefix extractor (the hint of that name for the write buffer is another thing). Who adds one to make a
# merchant's page faster needs total order in every iterator.
#
# Seen with rocksdbjni 10.10.1.1, Java 17. Takes ten seconds, and 60 MB while it runs.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>ranges</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.rocksdb</groupId><artifactId>rocksdbjni</artifactId><version>10.10.1.1</version><classifier>linux64</classifier></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib </dev/null
cat >Look.java <<'JAVA'
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.function.Supplier;
import org.rocksdb.*;

public class Look {
    static {
        RocksDB.loadLibrary();
    }

    static byte[] bytes(int merchant) {
        return "%04d".formatted(merchant).getBytes(StandardCharsets.UTF_8);
    }

    static byte[] sale(int merchant) {
        return "%04d/sale".formatted(merchant).getBytes(StandardCharsets.UTF_8);
    }

    /// What the merchants from one on have sold for.
    static int sum(RocksDB database, Supplier<ReadOptions> how, int from) throws RocksDBException {
        try (ReadOptions options = how.get(); RocksIterator sales = database.newIterator(options)) {
            int sum = 0;
            for (sales.seek(bytes(from)); sales.isValid(); sales.next()) sum += Integer.parseInt(new String(sales.value(), StandardCharsets.UTF_8));
            sales.status(); // Throws where something went wrong.
            return sum;
        }
    }

    /// How many of the ranges are wrong: from each merchant that has a sale, and from each that has none.
    static List<Integer> wrong(RocksDB database, Supplier<ReadOptions> how) throws RocksDBException {
        int[] wrong = new int[2];
        for (int from = 0; from < 1000; from++) {
            if (sum(database, how, from) != (1000 - from) / 2) wrong[from % 2]++;
        }
        return List.of(wrong[0], wrong[1]);
    }

    public static void main(String[] arguments) throws RocksDBException {
        Map<String, List<Integer>> seen = new LinkedHashMap<>();
        for (boolean filtered : new boolean[] {false, true}) {
            try (Options options = new Options().setCreateIfMissing(true)) {
                if (filtered) options.useFixedLengthPrefixExtractor(4).setTableFormatConfig(new BlockBasedTableConfig().setFilterPolicy(new BloomFilter(10)));
                try (RocksDB database = RocksDB.open(options, filtered ? "filtered" : "plain"); FlushOptions flush = new FlushOptions()) {
                    for (int merchant = 0; merchant < 1000; merchant += 2) database.put(sale(merchant), new byte[] {'1'});
                    String what = filtered ? "a filter for prefixes" : "no filter";
                    seen.put(what + ", in memory", wrong(database, ReadOptions::new));
                    database.flush(flush);
                    seen.put(what + ", in files", wrong(database, ReadOptions::new));
                    if (filtered) {
                        System.out.println("from 0000 on: " + sum(database, ReadOptions::new, 0) + ".00; from 0001 on, who has no sale: "
                            + sum(database, ReadOptions::new, 1) + ".00; from 0002 on: " + sum(database, ReadOptions::new, 2) + ".00");
                        seen.put(what + ", in files, total order", wrong(database, () -> new ReadOptions().setTotalOrderSeek(true)));
                        seen.put(what + ", in files, auto prefix mode", wrong(database, () -> new ReadOptions().setAutoPrefixMode(true)));
                    }
                }
            }
        }
        List<String> changed = new ArrayList<>();
        seen.forEach((what, wrong) -> {
            System.out.println(what + ": wrong of 500 ranges from a merchant with a sale: " + wrong.get(0) + ", from one without: " + wrong.get(1));
            boolean hides = what.equals("a filter for prefixes, in files");
            if (wrong.get(0) != 0 || (hides ? wrong.get(1) < 450 : wrong.get(1) != 0)) changed.add(what);
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
