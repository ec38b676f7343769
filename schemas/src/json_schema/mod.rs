//! The published JSON Schemas (draft 2020-12) of what travels, printed from the tables that decoding reads.
//!
//! A schema is a little more generous than decoding, and never less: it cannot count the decimals of a currency, look a time zone up or
//! pass a card number through Luhn. The checked-in copies are in `schemas/json`; a test fails where they drift.

mod shape;

use crate::event::{EventType, HOUSE};
use crate::ids::{EventId, MerchantId};
use crate::wire::contract_shape::CONTRACT;
use crate::wire::event_type::{RULES, Rule, Scope};
use crate::wire::field::Field;
use crate::wire::opening;
use crate::wire::output::{TOPICS, event_members, file_name};
use crate::wire::shape::{Charset, Kind, Member, Record, Shape, Union};
use serde_json::{Map, Value, json};
use shape::{refer, shape, shape_of_event, text};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
const EVENT_FILE: &str = "terminal-event.schema.json";
const CONTRACT_FILE: &str = "contract.schema.json";

/// Every document, by the name of its file.
pub fn documents() -> Vec<(String, Value)> {
    let mut documents = vec![(EVENT_FILE.into(), terminal_event()), (CONTRACT_FILE.into(), contract())];
    documents.extend(TOPICS.iter().map(|(_, _, of)| (format!("{}.schema.json", file_name(of.name)), record(of))));
    documents
}

/// The document of a record that the ledger writes.
fn record(of: &Record) -> Value {
    let mut document = Map::new();
    document.insert("$schema".into(), json!(DRAFT));
    document.insert("$id".into(), json!(format!("{}.schema.json", file_name(of.name))));
    document.insert("title".into(), json!(of.name));
    document.insert("description".into(), json!(of.about));
    document.extend(members(of.members, None));
    document.insert("$defs".into(), Value::Object(definitions(of.members.iter().map(|member| member.shape))));
    Value::Object(document)
}

/// The schema of a record alone: everything that it holds is written out where it stands.
pub fn of_record(of: &Record) -> Value {
    let found = definitions(of.members.iter().map(|member| member.shape));
    written_out(Value::Object(members(of.members, None)), &found)
}

/// The schema of an event alone, whatever its type; what a contract holds has a document of its own.
pub fn event_summary() -> Value {
    let all = event_members();
    let found = definitions(all.iter().map(|member| member.shape));
    written_out(Value::Object(members(&all, None)), &found)
}

/// Replaces references by what they name. Records nest a few levels deep and never in a circle.
fn written_out(schema: Value, found: &Map<String, Value>) -> Value {
    match schema {
        Value::Object(fields) => match fields.get("$ref").and_then(Value::as_str) {
            Some(CONTRACT_FILE) => json!({ "type": "object" }),
            Some(name) => found.get(name.trim_start_matches("#/$defs/")).map_or(Value::Null, |named| written_out(named.clone(), found)),
            None => Value::Object(fields.into_iter().map(|(name, value)| (name, written_out(value, found))).collect()),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(|item| written_out(item, found)).collect()),
        other => other,
    }
}

fn terminal_event() -> Value {
    json!({
        "$schema": DRAFT,
        "$id": EVENT_FILE,
        "title": "terminal event",
        "description": "One record of the topic terminal-events. A field that a type does not list is kept and ignored.",
        "type": "object",
        "required": [Field::Type.name()],
        "oneOf": RULES.iter().map(event_type).collect::<Vec<_>>(),
        "$defs": definitions(Field::ALL.iter().map(|field| field.shape())),
    })
}

fn contract() -> Value {
    let mut document = Map::new();
    document.insert("$schema".into(), json!(DRAFT));
    document.insert("$id".into(), json!(CONTRACT_FILE));
    document.insert("title".into(), json!("contract"));
    document.insert("description".into(), json!("The contract of a merchant, whole in every contract_set."));
    document.extend(members(CONTRACT, None));
    document.insert("$defs".into(), Value::Object(definitions(CONTRACT.iter().map(|member| member.shape))));
    Value::Object(document)
}

fn event_type(rule: &Rule) -> Value {
    let mut required = vec![Field::Id, Field::Type];
    if rule.scope != Scope::Control {
        required.extend([Field::Merchant, Field::OccurredAt]);
    }
    required.extend(rule.needs);
    let mut properties = Map::new();
    let mut describe = |field: Field, schema: Value| {
        properties.insert(field.name().into(), described(schema, field.about()));
    };
    describe(Field::Id, text(Charset::Wide, EventId::MAX_LENGTH));
    describe(Field::Type, json!({ "const": rule.name }));
    describe(Field::Merchant, merchant(rule.scope));
    describe(Field::OccurredAt, optional(shape(&Field::OccurredAt.shape()), !required.contains(&Field::OccurredAt)));
    if matches!(rule.scope, Scope::Merchant | Scope::MerchantOrHouse) {
        for field in [Field::Book, Field::Terminal, Field::Currency] {
            describe(field, optional(shape(&field.shape()), true));
        }
    }
    for (fields, is_optional) in [(rule.needs, false), (rule.may, true)] {
        for field in fields {
            describe(*field, optional(shape_of_event(&field.shape_on(rule.event_type)), is_optional));
        }
    }
    let required: Vec<_> = required.iter().map(|field| field.name()).collect();
    let mut document = json!({ "title": rule.name, "type": "object", "required": required, "properties": properties });
    if let (EventType::OpeningBalance, Some(members)) = (rule.event_type, document.as_object_mut()) {
        members.insert("allOf".into(), json!(conditions()));
    }
    let dependencies = dependencies(rule);
    if let (false, Some(members)) = (dependencies.is_empty(), document.as_object_mut()) {
        members.insert("dependentRequired".into(), Value::Object(dependencies));
    }
    document
}

/// What a bucket of an opening needs, and whose it is.
fn conditions() -> Vec<Value> {
    let of = |field: Field, value: Value| json!({ "required": [field.name()], "properties": { field.name(): value } });
    let house = json!({ "const": HOUSE });
    let whose = json!({ "if": of(Field::Merchant, house), "then": of(Field::Bucket, json!({ "enum": opening::of_house() })),
        "else": of(Field::Bucket, json!({ "enum": opening::of_merchant() })) });
    let needs = |bucket: &&str| {
        let needed = opening::needs(bucket)?;
        Some(json!({ "if": of(Field::Bucket, json!({ "const": bucket })), "then": of(needed, json!({ "not": { "type": "null" } })) }))
    };
    std::iter::once(whose).chain(opening::BUCKETS.iter().filter_map(needs)).collect()
}

/// Fields that say nothing alone.
fn dependencies(rule: &Rule) -> Map<String, Value> {
    // The other way round a schema cannot say: a settled currency that equals the sale's needs no rate.
    [(Field::Amount, Field::Currency), (Field::Rate, Field::SettledCurrency)]
        .into_iter()
        .filter(|(field, _)| rule.may.contains(field))
        .map(|(field, other)| (field.name().to_owned(), json!([other.name()])))
        .collect()
}

fn merchant(scope: Scope) -> Value {
    let one = text(Charset::Narrow, MerchantId::MAX_LENGTH);
    match scope {
        Scope::Control => json!({ "type": "null" }),
        Scope::Merchant => one,
        // One expression, not a choice of two texts: generators make a type of its own of that.
        Scope::MerchantOrHouse => json!({ "type": "string", "pattern": format!("^({HOUSE}|[A-Za-z0-9._-]{{1,{}}})$", MerchantId::MAX_LENGTH) }),
        Scope::House => json!({ "const": HOUSE }),
    }
}

/// A schema with a sentence that says what its value is.
fn described(mut schema: Value, about: &str) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".into(), json!(about));
    }
    schema
}

/// What may be absent may also be `null`.
fn optional(schema: Value, is_optional: bool) -> Value {
    if is_optional { json!({ "anyOf": [schema, { "type": "null" }] }) } else { schema }
}

/// Every object that these shapes hold, by its name. They nest a few levels deep.
fn definitions(shapes: impl Iterator<Item = Shape>) -> Map<String, Value> {
    let mut found = Map::new();
    shapes.for_each(|shape| define(&shape, &mut found));
    found
}

fn define(shape: &Shape, found: &mut Map<String, Value>) {
    match shape {
        Shape::List(of) => define(of, found),
        Shape::Object(record) => define_record(record, None, found),
        Shape::Tagged(Union { name, about, kinds }) => {
            let alternatives: Vec<Value> = kinds.iter().map(|kind| refer(kind.record.name)).collect();
            found.insert((*name).into(), json!({ "description": about, "oneOf": alternatives }));
            kinds.iter().for_each(|kind| define_record(&kind.record, Some(kind), found));
        }
        Shape::Text { .. }
        | Shape::Reference
        | Shape::Payout
        | Shape::Prose
        | Shape::Remark
        | Shape::OneOf(_)
        | Shape::Amount { .. }
        | Shape::Percent
        | Shape::Rate
        | Shape::Currency
        | Shape::TimeZone
        | Shape::Date
        | Shape::Instant
        | Shape::CategoryCode
        | Shape::Book
        | Shape::Source
        | Shape::ReportedFee
        | Shape::Names { .. }
        | Shape::Whole { .. }
        | Shape::Integer
        | Shape::Flag
        | Shape::Contract => {}
    }
}

fn define_record(record: &Record, kind: Option<&Kind>, found: &mut Map<String, Value>) {
    if found.contains_key(record.name) {
        return;
    }
    let mut document = Map::new();
    document.insert("description".into(), json!(record.about));
    document.extend(members(record.members, kind));
    found.insert(record.name.into(), Value::Object(document));
    record.members.iter().for_each(|member| define(&member.shape, found));
}

fn members(members: &[Member], kind: Option<&Kind>) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some(kind) = kind {
        properties.insert("kind".into(), json!({ "const": kind.kind, "description": "Which kind it is." }));
        required.push("kind");
    }
    for member in members {
        properties.insert(member.name.into(), described(optional(shape(&member.shape), !member.required), member.about));
        if member.required {
            required.push(member.name);
        }
    }
    let mut document = Map::new();
    document.insert("type".into(), json!("object"));
    if !required.is_empty() {
        document.insert("required".into(), json!(required));
    }
    document.insert("properties".into(), Value::Object(properties));
    document
}
