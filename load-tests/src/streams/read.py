# A record of a topic a line, as JSON; `records` stands before this.
import json

text = lambda value: None if value is None else value.decode("utf-8", "replace")
for record in records(*sys.argv[1:3]):
    print(json.dumps({
        "partition": record.partition(), "offset": record.offset(), "key": text(record.key()), "value": text(record.value()),
        "headers": {name: text(value) for name, value in record.headers() or []}, "stamp": record.timestamp()[1],
    }))
