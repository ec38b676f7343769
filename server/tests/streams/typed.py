"""A consumer that knows the topics from the AsyncAPI document alone: addresses, headers and payloads; its types are generated.

typed.py ASYNCAPI BROKERS PREFIX   reads every topic that the document says is sent, named PREFIX and the last word of its usual name,
and prints what it found as one object of JSON. A member that no type has is an error: the document is to say everything.
"""
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import Decimal

import yaml
from records import records

document, brokers, prefix = sys.argv[1:4]
with open(document) as file:
    document = yaml.safe_load(file)


def followed(value):
    """What a reference of the document refers to."""
    while "$ref" in value:
        found = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def generated(name, schema):
    """The type that datamodel-code-generator makes of a schema."""
    made = tempfile.mkdtemp()
    source = os.path.join(made, f"{name}.json")
    with open(source, "w") as file:
        json.dump({"title": name, **schema}, file)
    subprocess.run([
        sys.executable, "-m", "datamodel_code_generator", "--input", source, "--input-file-type", "jsonschema", "--output", os.path.join(made, f"{name}_types.py"),
        "--output-model-type", "pydantic_v2.BaseModel", "--extra-fields", "forbid", "--class-name", name, "--disable-timestamp",
    ], check=True)
    sys.path.insert(0, made)
    return getattr(importlib.import_module(f"{name}_types"), name)


found = {"messages": Counter(), "kinds": Counter(), "balances": {}, "net": Counter(), "codes": Counter(), "heads": {}}


def entry(record, value):
    found["kinds"][value.outcome.value] += 1
    for row in value.balances_after:
        found["balances"][f"{value.merchant}/{row.book}/{row.currency}"] = {"pending": row.pending, "payable": row.payable}


def purchase(record, value):
    if value.net is not None:
        found["net"][value.merchant] += int(Decimal(value.net) * 100)


def head(record, value):
    found["heads"][record.key().decode()] = value.entries


does = {"LedgerEntry": entry, "Consumption": purchase, "LedgerHead": head}
for name, operation in document["operations"].items():
    if operation["action"] != "send":
        continue
    channel = followed(operation["channel"])
    for message in map(followed, operation["messages"]):
        message = followed(message)
        headers_type = generated(message["title"] + "Headers", followed(message["headers"]))
        is_json = message["contentType"] == "application/json"
        value_type = generated(message["title"], message["payload"]["schema"]) if is_json else None
        for record in records(brokers, f"{prefix}-{channel['address'].split('-')[-1].split('.')[-1]}"):
            headers = headers_type.model_validate({name: value.decode() for name, value in record.headers()})
            found["messages"][message["title"]] += 1
            if value_type is None:
                found["codes"][headers.dlq_code] += 1
            elif record.value() is not None:
                does[message["title"]](record, value_type.model_validate_json(record.value()))
print(json.dumps(found, default=str))
