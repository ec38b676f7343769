//! The AsyncAPI 3 document of every topic, made of the same tables as the schemas. It is JSON, which every reader of YAML reads.

use crate::json_schema;
use crate::wire::output::TOPICS;
use serde_json::{Map, Value, json};

/// The document.
pub fn document() -> Value {
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    let mut add = |channel: &str, address: &str, about: &str, action: &str, message: &str, body: Value| {
        let refer = |to: String| json!({ "$ref": to });
        channels.insert(
            channel.into(),
            json!({ "address": address, "description": about, "messages": { message: refer(format!("#/components/messages/{message}")) }, "bindings": { "kafka": { "topic": address } } }),
        );
        operations.insert(
            format!("{action}_{channel}"),
            json!({ "action": action, "channel": refer(format!("#/channels/{channel}")), "messages": [refer(format!("#/channels/{channel}/messages/{message}"))] }),
        );
        messages.insert(message.into(), body);
    };
    let event = json!({
        "title": "A terminal event", "contentType": "application/json", "bindings": { "kafka": { "key": { "type": "string", "description": "The merchant, or `@house`." } } },
        "payload": { "schemaFormat": "application/schema+json;version=draft-2020-12", "schema": json_schema::event_summary() },
    });
    add(
        "terminalEvents",
        "terminal-events",
        "What terminals and others say happened: the log that the ledger is a function of.",
        "receive",
        "TerminalEvent",
        event,
    );
    for (topic, kind, of) in TOPICS {
        let body = json!({
            "title": of.name, "summary": of.about, "contentType": "application/json", "headers": { "$ref": "#/components/schemas/CloudEventHeaders" },
            "bindings": { "kafka": { "key": { "type": ["string", "null"] } } },
            "payload": { "schemaFormat": "application/schema+json;version=draft-2020-12", "schema": json_schema::of_record(of) },
            "examples": [{ "headers": { "ce_specversion": "1.0", "ce_id": "3:99120", "ce_source": "/ledger/terminal-events", "ce_type": kind } }],
        });
        add(&camel(topic), topic, of.about, "send", of.name, body);
    }
    let letter = json!({
        "title": "DeadLetter", "summary": "A record that was set aside, as it came, with its own headers before these; card numbers are masked. One that came without a value has none.", "contentType": "application/octet-stream",
        "headers": { "$ref": "#/components/schemas/DeadLetterHeaders" }, "payload": { "type": "string", "format": "binary" },
    });
    add("terminalEventsDlq", "terminal-events.dlq", "What was set aside.", "send", "DeadLetter", letter);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "merchant-ledger", "version": "1.0.0", "license": { "name": "Apache-2.0" },
            "description": "The topics of a merchant's ledger. Read those that it sends with `isolation.level=read_committed`: each record is there once, in order, without a gap. Names are the usual ones; `[streams]` says others. Values are JSON; `[streams] encoding` makes them Avro or Protobuf behind Confluent's frame, of the same members, by schemas that the registry has.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": { "CloudEventHeaders": headers(&[], &[]), "DeadLetterHeaders": headers(&DEAD_LETTER, &OF_DEAD_LETTERS) } },
    })
}

const CLOUD_EVENT: [(&str, &str); 4] = [
    ("ce_specversion", "Always `1.0`."),
    ("ce_id", "The entry: partition and number."),
    ("ce_source", "`/ledger/` and the topic of events."),
    ("ce_type", "What kind of record it is."),
];
const OPTIONAL: [(&str, &str); 3] =
    [("ce_time", "When the event happened."), ("ce_ledger", "The log that the ledger folds."), ("content-type", "How the value is written.")];
const DEAD_LETTER: [(&str, &str); 12] = [
    ("dlq.topic", "The topic that it was read from."),
    ("dlq.partition", "The partition that it was read from."),
    ("dlq.offset", "Where it lies there."),
    ("dlq.code", "What is wrong with it: a stable code."),
    ("dlq.reason", "The same, for people."),
    ("__connect.errors.topic", "As `dlq.topic`, by Kafka Connect's name; so are the others."),
    ("__connect.errors.partition", "As `dlq.partition`."),
    ("__connect.errors.offset", "As `dlq.offset`."),
    ("__connect.errors.connector.name", "Always `merchant-ledger`."),
    ("__connect.errors.stage", "Always `VALUE_CONVERTER`."),
    ("__connect.errors.exception.class.name", "As `dlq.code`."),
    ("__connect.errors.exception.message", "As `dlq.reason`."),
];
const OF_DEAD_LETTERS: [(&str, &str); 2] = [
    ("dlq.truncated", "`true` where the value is not whole: its first characters, card numbers masked."),
    ("dlq.headers_left_out", "How many headers of the record are not here, because the topic takes nothing so large."),
];

fn headers(more: &[(&str, &str)], optional: &[(&str, &str)]) -> Value {
    let text = |(name, about): &(&str, &str)| ((*name).to_owned(), json!({ "type": "string", "description": about }));
    let properties: Map<String, Value> = CLOUD_EVENT.iter().chain(&OPTIONAL).chain(more).chain(optional).map(text).collect();
    let required: Vec<&str> = CLOUD_EVENT.iter().chain(more).map(|(name, _)| *name).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

/// `ledger-entries` as `ledgerEntries`.
fn camel(topic: &str) -> String {
    let mut upper = false;
    let letters = topic.chars().filter_map(|letter| {
        if !letter.is_ascii_alphanumeric() {
            upper = true;
            return None;
        }
        Some(if std::mem::take(&mut upper) { letter.to_ascii_uppercase() } else { letter })
    });
    letters.collect()
}
