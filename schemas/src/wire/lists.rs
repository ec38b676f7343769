//! Lists that an event must have, put where they are absent: for a language that does not tell an empty list from none, as Protobuf
//! (`docs/decisions/0015-records-in-other-encodings.md`). In JSON and in Avro a list that is absent is absent.

use super::event_type::EventType;
use super::portable::Portable;
use super::shape::Shape;
use serde_json::{Map, Value};

/// Puts an empty list where an event lacks one that its type, or an object in it, needs: it is then the event that JSON writes with
/// `[]`, and has the same content. What is of no published type stays as it is, and so does a list that may be absent.
pub fn put_needed_lists(event: &mut Value) {
    let Value::Object(fields) = event else { return };
    let Some(event_type) = fields.get("type").and_then(Value::as_str).and_then(EventType::from_name) else { return };
    let rule = event_type.rule();
    for field in rule.needs {
        put(fields, field.name(), &field.shape_on(event_type), true);
    }
    for field in rule.may {
        put(fields, field.name(), &field.shape_on(event_type), false);
    }
}

fn put(fields: &mut Map<String, Value>, name: &str, shape: &Shape, is_needed: bool) {
    match fields.get_mut(name) {
        Some(value) => put_within(shape, value),
        None if is_needed && matches!(shape, Shape::List(_)) => drop(fields.insert(name.to_owned(), Value::Array(Vec::new()))),
        None => {}
    }
}

/// The same in what an object or a list holds. How deep that is, the tables say.
fn put_within(shape: &Shape, value: &mut Value) {
    match Portable::of(shape) {
        Portable::List(of) => value.as_array_mut().into_iter().flatten().for_each(|item| put_within(of, item)),
        Portable::Record(_, _, members) => {
            if let Value::Object(fields) = value {
                members.iter().for_each(|member| put(fields, member.name, &member.shape, member.required));
            }
        }
        Portable::Text | Portable::Integer | Portable::Flag | Portable::Names => {}
    }
}
