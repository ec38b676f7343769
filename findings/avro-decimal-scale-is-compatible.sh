#!/bin/sh
# An amount as a decimal of Avro, whose scale goes from two to four decimals.
#
# One would guess: a new version of a schema that says `"scale": 4` where the old one says `"scale": 2` is refused as incompatible, since the specification
# has decimals match only if scale and precision do; or else a reader of the new version rescales what the old one wrote, 128.50 to 128.5000.
#
# What happens: for Avro's own library for Java the two are COMPATIBLE, and its validator for "can read" takes the new one. A consumer that reads with the new
# schema what was written with the old one gets 1.2850: the digits of the writer with the scale of the reader, a hundredth of the money, and no error. The
# Python library of the same project says "compatible", too, but gives 128.50 for the same bytes and schemas, as fastavro does. So two consumers of one topic
# differ by a factor of a hundred, and what was written before the change is wrong for the one, while what is written after it is right for both.
#
# Seen with avro 1.12.1 for Java (17), avro 1.12.2 for Python and fastavro 1.13.1.
# Why it matters here: the topics are registered as BACKWARD compatible, and who reads them does so with a schema of its own. An amount in them is a string in
# Avro and Protobuf, too ("128.50"), and so is one in an event that comes in.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>avro</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.avro</groupId><artifactId>avro</artifactId><version>1.12.1</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.17</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib </dev/null
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'avro==1.12.2' 'fastavro==1.13.1'

for scale in 2 4; do
    cat >"scale-$scale.avsc" <<SCHEMA
{"type": "record", "name": "Sale", "fields": [{"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": $scale}}]}
SCHEMA
done

cat >Look.java <<'JAVA'
import java.io.*;
import java.math.BigDecimal;
import java.nio.file.*;
import java.util.List;
import org.apache.avro.*;
import org.apache.avro.generic.*;
import org.apache.avro.io.*;

public class Look {
    public static void main(String[] arguments) throws Exception {
        Schema writer = new Schema.Parser().parse(new File("scale-2.avsc")), reader = new Schema.Parser().parse(new File("scale-4.avsc"));
        GenericData decimals = new GenericData();
        decimals.addLogicalTypeConversion(new Conversions.DecimalConversion());
        GenericRecord sale = new GenericData.Record(writer);
        sale.put("amount", new BigDecimal("128.50"));
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(written, null);
        new GenericDatumWriter<GenericRecord>(writer, decimals).write(sale, encoder);
        encoder.flush();
        Files.write(Path.of("sale"), written.toByteArray());
        System.out.println("check " + SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType());
        try {
            new SchemaValidatorBuilder().canReadStrategy().validateAll().validate(reader, List.of(writer));
            System.out.println("validator taken");
        } catch (SchemaValidationException error) {
            System.out.println("validator refused");
        }
        Decoder decoder = DecoderFactory.get().binaryDecoder(written.toByteArray(), null);
        System.out.println("read " + new GenericDatumReader<GenericRecord>(writer, reader, decimals).read(null, decoder).get("amount"));
    }
}
JAVA
timeout 120 java -cp 'lib/*' Look.java >java.txt

cat >look.py <<'PYTHON'
import io
import json
import pathlib
import sys

import avro.compatibility
import avro.io
import avro.schema
import fastavro

sale = pathlib.Path("sale").read_bytes()
writer, reader = (json.loads(pathlib.Path(f"scale-{scale}.avsc").read_text()) for scale in (2, 4))
java = dict(line.split() for line in pathlib.Path("java.txt").read_text().splitlines())
old, new = avro.schema.parse(json.dumps(writer)), avro.schema.parse(json.dumps(reader))
check = avro.compatibility.ReaderWriterCompatibilityChecker().get_compatibility(new, old).compatibility.name
python = avro.io.DatumReader(old, new).read(avro.io.BinaryDecoder(io.BytesIO(sale)))["amount"]
fast = fastavro.schemaless_reader(io.BytesIO(sale), writer, reader)["amount"]
print("128.50 is written with scale 2 and read with scale 4:")
print(f"avro for Java: {java['check']}, by its validator {java['validator']}; it reads {java['read']}")
print(f"avro for Python: {check}; it reads {python}. fastavro reads {fast}")
seen = (java, check, str(python), str(fast))
if seen != ({"check": "COMPATIBLE", "validator": "taken", "read": "1.2850"}, "compatible", "128.50", "128.50"):
    sys.exit("this has changed")
PYTHON
timeout 60 venv/bin/python look.py
