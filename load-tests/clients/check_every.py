"""What a client of Python reads of a demonstration: the answer of every operation that only reads, each as its own type."""

import json
import os
import urllib.request

import ledger_client as ledger

url = os.environ["DEMO_URL"]
client = ledger.ApiClient(ledger.Configuration(host=url))
with urllib.request.urlopen(f"{url}/openapi.json", timeout=30) as answer:
    paths = json.load(answer)["paths"]
read = 0
for path, item in paths.items():
    operation = item.get("get")
    # A stream does not end, nothing is rebuilt until somebody asks for it, and hooks are of whoever adds one.
    if operation is None or path.endswith(("/stream", "/rebuild")) or path.startswith("/v1/webhooks/"):
        continue
    api = getattr(ledger, f"{operation['tags'][0].capitalize()}Api")(client)
    # By their places: a generator gives names like `date` another one.
    examples = [one["example"] for one in operation.get("parameters", []) if one["in"] == "path"]
    found = getattr(api, operation["operationId"])(*examples)
    assert found is not None, path
    read += 1
assert read > 35, read
