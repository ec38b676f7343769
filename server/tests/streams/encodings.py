"""Writes and reads Avro and Protobuf as other people's code does it: confluent-kafka's serializers, a registry, and types that protoc made.

write avro|protobuf REGISTRY BROKERS TOPIC   events from standard input, a line each: {"partition", "key", "event"}
read avro|protobuf REGISTRY BROKERS TOPIC    every record's value as JSON, a line each
"""
import glob
import importlib
import json
import os
import subprocess
import sys
import tempfile

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import json_format
from records import records

does, encoding, registry, brokers, topic = sys.argv[1:6]
schemas = os.environ["SCHEMAS"]
client = SchemaRegistryClient({"url": registry})
context = SerializationContext(topic, MessageField.VALUE)


def generated(name, message):
    """The type that protoc makes of one of the project's files."""
    made = tempfile.mkdtemp()
    proto = os.path.join(schemas, "proto")
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{proto}", f"--python_out={made}", f"{name}.proto"], check=True, cwd=proto)
    sys.path.insert(0, made)
    (module,) = [os.path.basename(path)[:-3] for path in glob.glob(f"{made}/*_pb2.py")]
    return getattr(importlib.import_module(module), message)


def write():
    if encoding == "avro":
        with open(os.path.join(schemas, "avro", "terminal-event.avsc")) as file:
            encode = AvroSerializer(client, file.read())
        value = lambda event: encode(event, context)
    else:
        event_type = generated("terminal-event", "TerminalEvent")
        encode = ProtobufSerializer(event_type, client, {"use.deprecated.format": False})
        value = lambda event: encode(json_format.ParseDict(event, event_type()), context)
    producer = Producer({"bootstrap.servers": brokers, "acks": "all", "enable.idempotence": True})
    for line in sys.stdin:
        record = json.loads(line)
        producer.produce(topic, value(record["event"]), record["key"], record["partition"])
        producer.poll(0)
    assert producer.flush(60) == 0, "not everything was delivered"


def read():
    if encoding == "avro":
        decode = AvroDeserializer(client)
        value = lambda data: decode(data, context)
    else:
        decode = ProtobufDeserializer(generated("ledger-entry", "LedgerEntry"), {"use.deprecated.format": False})
        value = lambda data: json_format.MessageToDict(decode(data, context), preserving_proto_field_name=True)
    for record in records(brokers, topic):
        kind = dict(record.headers())["content-type"].decode()
        assert kind == f"application/{encoding}", kind
        print(json.dumps(value(record.value())))


{"write": write, "read": read}[does]()
