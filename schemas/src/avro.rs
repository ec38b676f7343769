//! The Avro schemas of what travels, printed from the tables of `wire`. Texts, dates, instants and amounts are strings, as in JSON.

use crate::wire::output::{TOPICS, event_members, file_name};
use crate::wire::portable::Portable;
use crate::wire::shape::{Member, Shape};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The namespace of every record.
const NAMESPACE: &str = "merchant_ledger.v1";

/// Every schema, by the name of its file.
pub fn documents() -> Vec<(String, Value)> {
    let mut documents = vec![("terminal-event.avsc".to_owned(), record("TerminalEvent", "An event as a terminal's system sends it.", &event_members()))];
    documents.extend(TOPICS.iter().map(|(_, _, of)| (format!("{}.avsc", file_name(of.name)), record(of.name, of.about, of.members))));
    documents
}

fn record(name: &str, about: &str, members: &[Member]) -> Value {
    let mut schema = named(name, about, members, &mut BTreeSet::new());
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("namespace".to_owned(), json!(NAMESPACE));
    }
    schema
}

/// A record, which is written out once and named afterwards.
fn named(name: &str, about: &str, members: &[Member], known: &mut BTreeSet<String>) -> Value {
    if !known.insert(name.to_owned()) {
        return json!(name);
    }
    let fields: Vec<Value> = members.iter().map(|member| field(member, known)).collect();
    json!({ "type": "record", "name": name, "doc": about, "fields": fields })
}

fn field(member: &Member, known: &mut BTreeSet<String>) -> Value {
    let of = shape(&member.shape, known);
    if member.required {
        json!({ "name": member.name, "doc": member.about, "type": of })
    } else {
        json!({ "name": member.name, "doc": member.about, "type": ["null", of], "default": null })
    }
}

fn shape(shape: &Shape, known: &mut BTreeSet<String>) -> Value {
    match Portable::of(shape) {
        Portable::Text => json!("string"),
        Portable::Integer => json!("long"),
        Portable::Flag => json!("boolean"),
        Portable::List(of) => json!({ "type": "array", "items": self::shape(of, known) }),
        Portable::Names => json!({ "type": "map", "values": ["string", { "type": "array", "items": "string" }] }),
        Portable::Record(name, about, members) => named(name, about, &members, known),
    }
}
