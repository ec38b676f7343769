#!/bin/sh
# The amount of a sale, field 4 of an ISO 8583 message, beside its currency, field 49, by two libraries for Java.
#
# One would guess: field 4 is twelve digits of the currency's minor units, and field 49 says which currency it is. So a library that has a type AMOUNT, takes a
# BigDecimal for it and gives one back, goes by that; or if it knows no currencies, it refuses what it cannot write.
#
# What happens:
# - AMOUNT of j8583 1.17.0 has two decimals, whatever field 49 says. 1000 yen are written as 000000100000, a hundred times the money to everybody else; what
#   others write as 000000001000 it reads as 10.00 yen, and a Kuwaiti 000000001234, 1.234 dinars, as 12.34.
# - What has more decimals loses them, without an error: 1.234 dinars are written as 000000000123 (to everybody else 0.123), 128.509 yuan as 128.50, and 0.009
#   dinars as nothing. What it writes it reads again as it was for every amount of two decimals, so that a test of yen with itself is right.
# - ISOAmount of jPOS 2.1.10 goes by the currency: 1000 yen are 000000001000, 1.234 dinars 000000001234, and what has more decimals is an error.
#
# Why it matters here: what comes from terminals as ISO 8583 is made an event by a gateway, whose amounts are decimal strings with the currency's own decimals. The
# ledger refuses 10.00 JPY and 12.345 CNY, but 12.34 KWD is an amount as good as 1.234, and only the scheme's report tells them apart. A gateway reads field 4 as
# digits, and places the point by ISO 4217.
#
# Seen with Java 17. Takes ten seconds.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>field4</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>net.sf.j8583</groupId><artifactId>j8583</artifactId><version>1.17.0</version></dependency>
    <dependency><groupId>org.jpos</groupId><artifactId>jpos</artifactId><version>2.1.10</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib </dev/null
cat >Look.java <<'JAVA'
import com.solab.iso8583.*;
import com.solab.iso8583.parse.FieldParseInfo;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.jpos.iso.*;

public class Look {
    static final MessageFactory<IsoMessage> MESSAGES = new MessageFactory<>();

    /// Field 4 as j8583 writes it. A message is its type, which fields it has, and the fields: 4 and 49.
    static String written(String amount, int currency) {
        IsoMessage sale = MESSAGES.newMessage(0x200);
        sale.setValue(4, new BigDecimal(amount), IsoType.AMOUNT, 12);
        sale.setValue(49, currency, IsoType.NUMERIC, 3);
        return sale.debugString().substring(20, 32);
    }

    static String read(String digits, int currency) throws Exception {
        String sale = "0200" + "1000000000008000" + digits + "%03d".formatted(currency);
        return MESSAGES.parseMessage(sale.getBytes(StandardCharsets.US_ASCII), 0).getObjectValue(4).toString();
    }

    static String ofJpos(String amount, int currency) {
        try {
            return new ISOAmount(4, currency, new BigDecimal(amount)).getAmountAsLegacyString();
        } catch (ISOException error) {
            return error.getMessage();
        }
    }

    public static void main(String[] arguments) throws Exception {
        MESSAGES.setParseMap(0x200, Map.of(4, FieldParseInfo.getInstance(IsoType.AMOUNT, 12, "US-ASCII"),
            49, FieldParseInfo.getInstance(IsoType.NUMERIC, 3, "US-ASCII")));
        // An amount and its currency, what j8583 writes and reads of that, and what jPOS writes.
        record Case(String amount, String currency, int number, String written, String again, String right) {}
        List<String> changed = new ArrayList<>();
        for (Case one : List.of(
            new Case("128.50", "CNY", 156, "000000012850", "128.50", "000000012850"),
            new Case("1000", "JPY", 392, "000000100000", "1000.00", "000000001000"),
            new Case("1.234", "KWD", 414, "000000000123", "1.23", "000000001234"),
            new Case("0.009", "KWD", 414, "000000000000", "0.00", "000000000009"),
            new Case("128.509", "CNY", 156, "000000012850", "128.50", "rounding problem, amount=128.509 scale=2"))) {
            String written = written(one.amount, one.number), again = read(written, one.number), right = ofJpos(one.amount, one.number);
            System.out.println(one.amount + " " + one.currency + ": j8583 writes " + written + " and reads that as " + again + "; jPOS: " + right);
            if (!List.of(written, again, right).equals(List.of(one.written, one.again, one.right))) changed.add(one.amount + " " + one.currency);
        }
        String yen = read("000000001000", 392), dinars = read("000000001234", 414);
        System.out.println("what others write: 1000 JPY is read by j8583 as " + yen + ", 1.234 KWD as " + dinars);
        if (!List.of(yen, dinars).equals(List.of("10.00", "12.34"))) changed.add("what others write");
        if (!changed.isEmpty()) {
            System.err.println("this has changed: " + changed);
            System.exit(1);
        }
    }
}
JAVA
timeout 120 java -Djava.io.tmpdir="$work" -cp 'lib/*' Look.java
