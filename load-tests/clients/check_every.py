"""What a client of Python reads of a demonstration: the answer of every operation that only reads, each as its own type, with nothing left over."""

import json
import os
import urllib.request

import ledger_client as ledger

url = os.environ["DEMO_URL"]
client = ledger.ApiClient(ledger.Configuration(host=url))
with urllib.request.urlopen(f"{url}/openapi.json", timeout=30) as answer:
    paths = json.load(answer)["paths"]


def left_over(told, read, at=""):
    """The members of an answer that its type does not have. A `null` is as good as absent."""
    if isinstance(told, dict):
        for name, value in told.items():
            if value is not None:
                yield from left_over(value, read[name], f"{at}.{name}") if name in read else [f"{at}.{name}"]
    elif isinstance(told, list):
        for value, other in zip(told, read, strict=True):
            yield from left_over(value, other, f"{at}[]")


read, lacking = 0, set()
for path, item in paths.items():
    operation = item.get("get")
    # A stream does not end, nothing is rebuilt until somebody asks for it, and hooks are of whoever adds one.
    if operation is None or path.endswith(("/stream", "/rebuild")) or path.startswith("/v1/webhooks/"):
        continue
    api = getattr(ledger, f"{operation['tags'][0].capitalize()}Api")(client)
    # By their places: a generator gives names like `date` another one.
    parameters = operation.get("parameters", [])
    examples = [one["example"] for one in parameters if one["in"] == "path"]
    names = {one["name"] for one in parameters}
    queries = [{}]
    # A first row alone has what all rows come to beside it.
    if "limit" in names:
        queries.append({"limit": 1})
    if path == "/v1/events":
        queries.append({"limit": 1, "group_by": "type"})
    for query in queries:
        found = getattr(api, operation["operationId"])(*examples, **query)
        assert found is not None, path
        if hasattr(found, "to_dict"):
            told = json.loads(getattr(api, f"{operation['operationId']}_without_preload_content")(*examples, **query).data)
            lacking.update(f"{path}{left}" for left in left_over(told, type(found).from_dict(told).to_dict()))
    read += 1
assert read > 35, read
assert not lacking, f"of no type: {sorted(lacking)}"
