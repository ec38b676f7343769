//! The published JSON Schemas of events and contracts as schemas of the OpenAPI document.
//!
//! In the JSON Schema an event is one document of many alternatives; a generator of clients wants a named schema for each,
//! and a discriminator that says by which property they are told apart. So the event `sale` becomes the schema `SaleEvent`,
//! and each definition of a document (`$defs`) a schema of its name.

use schemas::json_schema;
use serde_json::{Map, Value, json};

const EVENT_FILE: &str = "terminal-event.schema.json";
const CONTRACT_FILE: &str = "contract.schema.json";
/// How a published document refers to a definition of its own.
const DEFINITION: &str = "#/$defs/";
const EVENT: &str = "TerminalEvent";
const CONTRACT: &str = "Contract";

/// Adds the schemas, and describes what is posted by them.
pub fn publish(document: &mut Value) {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for (file, published) in json_schema::documents() {
            match file.as_str() {
                EVENT_FILE => event(published, schemas),
                CONTRACT_FILE => contract(published, schemas),
                // Other documents are of what the API does not take.
                _ => {}
            }
        }
        schemas.values_mut().for_each(refer_here);
    }
    if let Some(body) = document.pointer_mut("/paths/~1v1~1events/post/requestBody/content/application~1json").and_then(Value::as_object_mut) {
        body.insert("schema".to_owned(), refer(EVENT));
        let example = json!({"id": "01JDY2M7Q9", "type": "sale", "merchant": "M100001", "terminal": "T0000017", "payment": "P-88239",
            "occurred_at": "2026-11-23T10:15:00.250+08:00", "currency": "CNY", "amount": "128.50", "card": "debit", "scheme": "unionpay",
            "entry_mode": "insert", "customer": "c_9f2c"});
        body.insert("example".to_owned(), example);
    }
}

/// A reference to a schema of the document.
pub fn refer(name: &str) -> Value {
    json!({"$ref": path(name)})
}

/// Where a schema of the document is.
pub fn path(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// `TerminalEvent`, and a schema for each type.
fn event(mut published: Value, schemas: &mut Map<String, Value>) {
    let (mut alternatives, mut mapping) = (Vec::new(), Map::new());
    for mut one in published["oneOf"].as_array().cloned().unwrap_or_default() {
        let event_type = one["title"].as_str().unwrap_or_default().to_owned();
        let name = format!("{}Event", pascal(&event_type));
        if let Some(properties) = one.get_mut("properties").and_then(Value::as_object_mut) {
            // A control event has no merchant; that it may be `null` is of no use to who sends it.
            properties.retain(|_, property| property["type"] != "null");
        }
        one["description"] = json!(format!("An event of the type `{event_type}`."));
        one.as_object_mut().into_iter().for_each(|fields| _ = fields.remove("title"));
        mapping.insert(event_type, json!(path(&name)));
        alternatives.push(refer(&name));
        schemas.insert(name, one);
    }
    let discriminator = json!({"propertyName": "type", "mapping": mapping});
    define(published["$defs"].take(), schemas);
    schemas.insert(EVENT.to_owned(), json!({"description": published["description"], "oneOf": alternatives, "discriminator": discriminator}));
}

fn contract(mut published: Value, schemas: &mut Map<String, Value>) {
    define(published["$defs"].take(), schemas);
    if let Some(fields) = published.as_object_mut() {
        fields.retain(|key, _| !matches!(key.as_str(), "$schema" | "$id" | "$defs" | "title"));
    }
    schemas.insert(CONTRACT.to_owned(), published);
}

/// Adds the definitions of a document. One of several kinds says by `kind` which it is.
fn define(definitions: Value, schemas: &mut Map<String, Value>) {
    let Value::Object(definitions) = definitions else { return };
    let mapping = |alternatives: &[Value]| -> Map<String, Value> {
        let names = alternatives.iter().filter_map(|one| one["$ref"].as_str()?.strip_prefix(DEFINITION));
        names.filter_map(|name| Some((definitions[name]["properties"]["kind"]["const"].as_str()?.to_owned(), json!(path(name))))).collect()
    };
    for (name, definition) in &definitions {
        let mut definition = definition.clone();
        if let Some(alternatives) = definition["oneOf"].as_array() {
            definition["discriminator"] = json!({"propertyName": "kind", "mapping": mapping(alternatives)});
        }
        schemas.insert(name.clone(), definition);
    }
}

/// References within the published documents become references within this one. They nest a few levels deep.
fn refer_here(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get_mut("$ref") {
                if reference == CONTRACT_FILE {
                    *reference = path(CONTRACT);
                } else if let Some(name) = reference.strip_prefix(DEFINITION) {
                    *reference = path(name);
                }
            }
            fields.values_mut().for_each(refer_here);
        }
        Value::Array(items) => items.iter_mut().for_each(refer_here),
        _ => {}
    }
}

/// `day_closed` as the name of a type: `DayClosed`.
fn pascal(words: &str) -> String {
    let capital = |word: &str| word.get(..1).map_or_else(String::new, |first| first.to_uppercase() + word.get(1..).unwrap_or_default());
    words.split('_').map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::super::openapi_rows::name_rows;
    use super::super::routes::Document;
    use super::*;
    use utoipa::OpenApi;

    fn schemas(document: &Value) -> &Map<String, Value> {
        document["components"]["schemas"].as_object().expect("schemas")
    }

    /// By what two types differ.
    fn properties(schema: &Value) -> Vec<&String> {
        schema["properties"].as_object().into_iter().flat_map(Map::keys).collect()
    }

    /// Of two types of one name a client would have one.
    #[test]
    fn no_two_types_have_one_name() {
        let own = serde_json::to_value(Document::openapi()).expect("JSON");
        let mut published = own.clone();
        publish(&mut published);
        for (name, schema) in schemas(&own) {
            assert_eq!(schemas(&published).get(name), Some(schema), "{name} is a name of the published JSON Schemas, too");
        }
        let mut with_rows = published.clone();
        name_rows(&mut with_rows);
        for (name, schema) in schemas(&published) {
            assert_eq!(properties(&with_rows["components"]["schemas"][name]), properties(schema), "{name} is a name of rows, too");
        }
        let pages = schemas(&published).iter().filter_map(|(page, schema)| Some((page.split_once('_')?.1, schema.pointer("/properties/rows/items")?)));
        for (row, inlined) in pages.filter(|(_, inlined)| inlined.get("properties").is_some()) {
            assert_eq!(properties(&with_rows["components"]["schemas"][row]), properties(inlined), "{row} is a name of rows of pages, too");
        }
    }
}
