//! The published JSON Schemas (draft 2020-12) of what travels, printed from the tables that decoding reads.
//!
//! A schema is a little more generous than decoding: it cannot count the decimals of a currency, look a time zone up or
//! pass a card number through Luhn. The checked-in copies are in `schemas/json`; a test fails where they drift.

use crate::decode::HOUSE;
use crate::ids::{EventId, MerchantId, PspId};
use crate::wire::contract_shape::CONTRACT;
use crate::wire::event_type::{RULES, Rule, Scope};
use crate::wire::field::Field;
use crate::wire::shape::{Charset, Member, Shape};
use serde_json::{Map, Value, json};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
const EVENT_FILE: &str = "terminal-event.schema.json";
const CONTRACT_FILE: &str = "contract.schema.json";

/// Every document, by the name of its file.
pub fn documents() -> Vec<(String, Value)> {
    vec![(EVENT_FILE.into(), terminal_event()), (CONTRACT_FILE.into(), contract())]
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
    })
}

fn contract() -> Value {
    let mut document = Map::new();
    document.insert("$schema".into(), json!(DRAFT));
    document.insert("$id".into(), json!(CONTRACT_FILE));
    document.insert("title".into(), json!("contract"));
    document.insert("description".into(), json!("The contract of a merchant, whole in every contract_set."));
    document.extend(object(CONTRACT, None));
    Value::Object(document)
}

fn event_type(rule: &Rule) -> Value {
    let mut required = vec![Field::Id, Field::Type];
    if rule.scope != Scope::Control {
        required.extend([Field::Merchant, Field::OccurredAt]);
    }
    required.extend(rule.needs);
    let mut properties = Map::new();
    properties.insert(Field::Id.name().into(), text(Charset::Wide, EventId::MAX_LENGTH));
    properties.insert(Field::Type.name().into(), json!({ "const": rule.name }));
    properties.insert(Field::Merchant.name().into(), merchant(rule.scope));
    properties.insert(Field::OccurredAt.name().into(), optional(shape(&Field::OccurredAt.shape()), !required.contains(&Field::OccurredAt)));
    if matches!(rule.scope, Scope::Merchant | Scope::MerchantOrHouse) {
        properties.insert(Field::Book.name().into(), optional(shape(&Field::Book.shape()), true));
        properties.insert(Field::Terminal.name().into(), optional(shape(&Field::Terminal.shape()), true));
        properties.insert(Field::Currency.name().into(), optional(shape(&Field::Currency.shape()), true));
    }
    for (fields, is_optional) in [(rule.needs, false), (rule.may, true)] {
        for field in fields {
            properties.insert(field.name().into(), optional(shape(&field.shape_on(rule.event_type)), is_optional));
        }
    }
    let required: Vec<_> = required.iter().map(|field| field.name()).collect();
    let mut document = json!({ "title": rule.name, "type": "object", "required": required, "properties": properties });
    let dependencies = dependencies(rule);
    if let (false, Some(members)) = (dependencies.is_empty(), document.as_object_mut()) {
        members.insert("dependentRequired".into(), Value::Object(dependencies));
    }
    document
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
        Scope::MerchantOrHouse => json!({ "anyOf": [one, { "const": HOUSE }] }),
        Scope::House => json!({ "const": HOUSE }),
    }
}

/// What may be absent may also be `null`.
fn optional(schema: Value, is_optional: bool) -> Value {
    if is_optional { json!({ "anyOf": [schema, { "type": "null" }] }) } else { schema }
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text { charset, max } => text(*charset, *max),
        Shape::Prose => json!({ "type": "string", "minLength": 1 }),
        Shape::Remark => json!({ "type": "string" }),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::Amount { zero: true } => json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$", "description": "a decimal in the currency" }),
        Shape::Amount { zero: false } => {
            json!({ "type": "string", "pattern": "^(?=.*[1-9])[0-9]+(\\.[0-9]+)?$", "description": "a decimal above zero in the currency" })
        }
        Shape::Percent => json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,6})?$", "description": "percent, at most 100" }),
        Shape::Rate => json!({ "type": "string", "pattern": "^(?=.*[1-9])[0-9]+(\\.[0-9]{1,12})?$" }),
        Shape::Currency => json!({ "type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217" }),
        Shape::TimeZone => json!({ "type": "string", "minLength": 1, "description": "IANA time zone" }),
        Shape::Date => json!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Shape::Instant => json!({ "type": "string", "format": "date-time", "minLength": 20 }),
        Shape::CategoryCode => json!({ "type": "string", "pattern": "^[0-9]{4}$" }),
        Shape::Book => json!({ "type": "string", "pattern": format!("^(bank|psp:[A-Za-z0-9._-]{{1,{}}})$", PspId::MAX_LENGTH) }),
        Shape::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::List(of) => json!({ "type": "array", "items": self::shape(of) }),
        Shape::Object(members) => Value::Object(object(members, None)),
        Shape::Tagged(kinds) => json!({ "oneOf": kinds.iter().map(|(kind, members)| Value::Object(object(members, Some(kind)))).collect::<Vec<_>>() }),
        Shape::Contract => json!({ "$ref": CONTRACT_FILE }),
    }
}

fn object(members: &[Member], kind: Option<&str>) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some(kind) = kind {
        properties.insert("kind".into(), json!({ "const": kind }));
        required.push("kind");
    }
    for member in members {
        properties.insert(member.name.into(), optional(shape(&member.shape), !member.required));
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

fn text(charset: Charset, max: usize) -> Value {
    match charset {
        Charset::Wide => json!({ "type": "string", "pattern": format!("^[A-Za-z0-9._:@/-]{{1,{max}}}$") }),
        Charset::Narrow => json!({ "type": "string", "pattern": format!("^[A-Za-z0-9._-]{{1,{max}}}$") }),
        Charset::Free => json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": "^[^\\u0000-\\u001f\\u007f]*$" }),
    }
}
