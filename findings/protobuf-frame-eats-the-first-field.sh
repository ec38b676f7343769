#!/bin/sh
# An event in Protobuf, behind the frame of a schema registry, written by a library for kafkajs and read by Confluent's.
#
# One would guess: a frame is five bytes, a zero and the schema's id, and then comes the value, as with Avro; two libraries for the same registry read what
# the other writes; and where one does not, it says so.
#
# What happens: in Protobuf the index of the message within its file comes before the value: a count and numbers, or a single zero for the first message.
# - @kafkajs/confluent-schema-registry 4.1.0 writes none, and when it reads drops zeros, so that it reads its own, and Confluent's of a file's first message.
# - the deserializer of confluent-kafka 2.16.1 for Python takes the value's first byte for the count. It is 0x0a, the tag of a first field that is a string, and
#   so the count is 5: it drops five bytes more, the string's length and four of its characters, looks at none of them, and reads what is left.
# An id of four characters is gone, with every other field right and no error. Of longer ones it depends on their characters: what is left of
# "20261123-000001" passes for fields of a later version, and is gone, too; "P100001" takes type and merchant along; "sale-1" takes everything, and
# the event is empty. Some raise an error.
#
# Why it matters here: `id` is the first field of an event, and what tells it from every other. The ledger reads the index as it is specified; one that names
# no message sets the record aside (`/v1/quarantine`). A producer with that library puts a zero byte between the five bytes and the value itself.
#
# Seen with protobuf 7.36.2, Node 20. Takes half a minute. The registry is a stand-in that knows one schema.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'confluent-kafka[protobuf,schemaregistry]==2.16.1' 'protobuf==7.36.2'
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . '@kafkajs/confluent-schema-registry@4.1.0' >/dev/null
cat >event.proto <<'PROTO'
syntax = "proto3";
package ledger;
message Event {
  string id = 1;
  string type = 2;
  string merchant = 3;
  string amount = 4;
}
PROTO
# Writes an event for each id, and tells what it reads of that itself; and of the same with the index of the first message.
cat >write.cjs <<'JAVASCRIPT'
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry');
const { readFileSync } = require('fs');

(async () => {
  const [host, ...ids] = process.argv.slice(2);
  const registry = new SchemaRegistry({ host });
  const schema = await registry.register({ type: SchemaType.PROTOBUF, schema: readFileSync('event.proto', 'utf8') }, { subject: 'terminal-events-value' });
  const told = {};
  for (const id of ids) {
    const written = await registry.encode(schema.id, { id, type: 'sale', merchant: 'M100001', amount: '128.50' });
    const indexed = Buffer.concat([written.subarray(0, 5), Buffer.from([0]), written.subarray(5)]);
    told[id] = { written: written.toString('hex'), indexed: indexed.toString('hex'), read: [await registry.decode(written), await registry.decode(indexed)] };
  }
  console.log(JSON.stringify(told));
})();
JAVASCRIPT
cat >look.py <<'PYTHON'
import http.server
import json
import pathlib
import subprocess
import sys
import threading

from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


class Registry(http.server.BaseHTTPRequestHandler):
    """Takes the one schema, and has it."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"id": 7, "subject": "terminal-events-value", "version": 1, "schemaType": "PROTOBUF",
                           "schema": pathlib.Path("event.proto").read_text(), "compatibilityLevel": "BACKWARD"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.headers["content-length"] = "0"
        self.do_POST()

    do_PUT = do_POST

    def log_message(self, *_):
        pass


FIELDS = ("id", "type", "merchant", "amount")
file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="ledger", syntax="proto3")
described = file.message_type.add(name="Event")
for number, name in enumerate(FIELDS, 1):
    described.field.add(name=name, number=number, type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
                        label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL)
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
event = message_factory.GetMessageClass(pool.FindMessageTypeByName("ledger.Event"))
deserializer = ProtobufDeserializer(event, {"use.deprecated.format": False})


def read(framed):
    try:
        return json_format.MessageToDict(deserializer(bytes.fromhex(framed), SerializationContext("terminal-events", MessageField.VALUE)))
    except SerializationError:
        return "error"


REST = {"type": "sale", "merchant": "M100001", "amount": "128.50"}
EXPECTED = {
    # What Confluent's deserializer reads, by the id that was written.
    "P100": REST,
    "4711": REST,
    "20261123-000001": REST,
    "P100001": {"amount": "128.50"},
    "sale-1": {},
    "e2": "error",
    "01J9Z3K4Q5": "error",
}
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
threading.Thread(target=server.serve_forever, daemon=True).start()
command = ["node", "write.cjs", f"http://127.0.0.1:{server.server_port}", *EXPECTED]
told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout)
changed = []
for id, expected in EXPECTED.items():
    whole, found, indexed = {"id": id, **REST}, read(told[id]["written"]), read(told[id]["indexed"])
    print(f"id {id!r}: the one that wrote it reads {'all' if told[id]['read'] == [whole, whole] else told[id]['read']}, Confluent's "
          f"{found or 'nothing'}; with a zero before the value {'all' if indexed == whole else indexed}")
    if (found, indexed, told[id]["read"]) != (expected, whole, [whole, whole]):
        changed.append(id)
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 venv/bin/python -W ignore look.py
