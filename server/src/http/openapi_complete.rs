//! What every operation of the OpenAPI document has in common, written once instead of at each handler: who may call it and how
//! it says so, failures of ours, codes, an example of each problem. Schemas that nobody refers to are left out, and the rest is
//! written so that generators of clients read it.

use super::codes;
use super::guard::{Cost, Of};
use super::openapi_forms::complete_forms;
use super::openapi_published::publish;
use super::openapi_rows::name_rows;
use super::problem::Code;
use super::routes::access_of;
use crate::demo;
use ledger::entry::RefusalCode;
use serde_json::{Map, Value, json};

/// The media type of problems.
pub const PROBLEM: &str = "application/problem+json";

/// Completes the document.
pub fn complete(document: &mut Value) {
    publish(document);
    name_rows(document);
    name_schemes(document);
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, operations) in paths.into_iter().flatten() {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            complete_forms(path, method, &schemas, operation);
            name_roles(operation);
            operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten().for_each(|parameter| complete_parameter(path, parameter));
            if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
                complete_responses(path, responses);
            }
        }
    }
    if let Some(code) = document.pointer_mut("/components/schemas/Problem/properties/code").and_then(Value::as_object_mut) {
        code.insert("enum".to_owned(), codes().into());
    }
    tell_alternatives(document);
    lay_flat(document);
    while drop_unused(document) {}
    plain(document);
}

/// Writes what generators of clients stumble over as they all read it: a constant as an enumeration of one, and the
/// sentence about a property beside its type, not within one of its alternatives.
fn plain(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(constant) = fields.get("const").filter(|constant| constant.is_string()).cloned() {
                fields.remove("const");
                fields.insert("type".to_owned(), json!("string"));
                fields.insert("enum".to_owned(), json!([constant]));
            }
            // Not every language's expressions look ahead; what a schema cannot say, the server does.
            if fields.get("pattern").and_then(Value::as_str).is_some_and(|pattern| pattern.contains("(?")) {
                fields.remove("pattern");
            }
            // Nor does every generator know conditions; the JSON Schemas of events have them.
            if fields.get("allOf").and_then(Value::as_array).is_some_and(|all| all.iter().all(|one| one.get("if").is_some())) {
                fields.remove("allOf");
            }
            lift_description(fields);
            // An example is what a client sees, not a schema.
            fields.iter_mut().filter(|(key, _)| *key != "example" && *key != "examples").for_each(|(_, value)| plain(value));
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// An answer that is one of several documents may have what makes it another one, too: what is absent in the one is optional in
/// the other. So it is any of them, and not exactly one. Where a property tells them apart, it is one.
fn tell_alternatives(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (_, schema) in schemas.into_iter().flatten() {
        let Some(schema) = schema.as_object_mut() else { continue };
        let is_told_apart = schema.contains_key("discriminator");
        let is_of_documents = |one: &Value| !is_told_apart && one.as_array().is_some_and(|all| all.iter().all(|one| one.get("$ref").is_some()));
        if schema.get("oneOf").is_some_and(is_of_documents)
            && let Some(alternatives) = schema.remove("oneOf")
        {
            schema.insert("anyOf".to_owned(), alternatives);
        }
    }
}

/// What stands among the fields of a row only where it has them is optional fields of it: `allOf` of something or nothing is no
/// row without them.
fn lay_flat(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let known = schemas.clone();
    let named = |part: &Value| {
        let alternatives = part["oneOf"].as_array().filter(|all| all.iter().any(|one| one["type"] == "null"))?;
        alternatives.iter().find_map(|one| one["$ref"].as_str()?.rsplit('/').next()).map(str::to_owned)
    };
    for schema in schemas.values_mut() {
        let parts = schema["allOf"].as_array().filter(|parts| parts.iter().any(|part| named(part).is_some())).cloned();
        let (Some(parts), Some(fields)) = (parts, schema.as_object_mut()) else { continue };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts {
            let optional = named(&part);
            let of = optional.as_ref().map_or(&part, |name| &known[name]);
            properties.extend(of["properties"].as_object().cloned().unwrap_or_default());
            required.extend(part["required"].as_array().cloned().unwrap_or_default());
        }
        fields.remove("allOf");
        fields.extend([("type".to_owned(), json!("object")), ("required".to_owned(), required.into()), ("properties".to_owned(), properties.into())]);
    }
}

/// Who may call an operation, how it says who it is, and what it is answered where it may not.
fn name_roles(operation: &mut Value) {
    let access = operation.get("operationId").and_then(Value::as_str).and_then(access_of);
    let (Some(access), Some(operation)) = (access, operation.as_object_mut()) else { return };
    operation.insert("x-roles".to_owned(), access.roles.iter().map(|role| role.as_str()).collect());
    let is_open = access.roles.is_empty();
    operation.insert("security".to_owned(), if is_open { json!([]) } else { SCHEMES.iter().map(|(name, _, _)| json!({*name: []})).collect() });
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut).filter(|_| !is_open) else { return };
    let mut answered = vec![
        ("401", "A key or a token is needed"),
        ("403", "The caller has another role, or is cut to what this does not know"),
        ("429", "The caller asks too often"),
    ];
    if access.cost != Cost::Small {
        answered.push(("429", "The caller asks too often, or too many expensive questions at once"));
    }
    if access.of != Of::Ledger {
        answered.push(("404", "The caller has no such merchant"));
    }
    for (status, description) in answered.into_iter().rev() {
        let response = json!({"description": description, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}});
        let response = responses.entry(status).or_insert(response);
        let header = match status {
            "401" => Some(("WWW-Authenticate", json!({"type": "string", "const": "Bearer"}), "How to say who asks")),
            "429" => Some(("Retry-After", json!({"type": "integer", "minimum": 1}), "In how many seconds to ask again")),
            _ => None,
        };
        // Also where the operation itself says of what there may be too many.
        if let (Some((name, schema, description)), Some(response)) = (header, response.as_object_mut()) {
            response.insert("headers".to_owned(), json!({name: {"description": description, "schema": schema}}));
        }
    }
}

/// How a caller says who it is: name, form, and what it is.
const SCHEMES: &[(&str, &str, &str)] = &[
    ("key", "ml_<id>_<secret>", "An API key, made by `merchant-ledger keys add`. Without keys and tokens configured, none is needed on the machine itself."),
    ("token", "JWT", "A token of the configured issuer, with the claims `role` and `merchants`."),
];

/// Describes how callers say who they are.
fn name_schemes(document: &mut Value) {
    let scheme = |(name, form, description): &(&str, &str, &str)| {
        ((*name).to_owned(), json!({"type": "http", "scheme": "bearer", "bearerFormat": form, "description": description}))
    };
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("securitySchemes".to_owned(), Value::Object(SCHEMES.iter().map(scheme).collect()));
    }
}

/// `oneOf: [{$ref, description}, null]` tells its sentence itself.
fn lift_description(fields: &mut Map<String, Value>) {
    if fields.contains_key("description") {
        return;
    }
    let alternatives = fields.get_mut("oneOf").and_then(Value::as_array_mut).filter(|alternatives| alternatives.iter().any(|one| one["type"] == "null"));
    let described = alternatives.into_iter().flatten().filter_map(Value::as_object_mut).find(|one| one.contains_key("$ref"));
    if let Some(description) = described.and_then(|one| one.remove("description")) {
        fields.insert("description".to_owned(), description);
    }
}

/// What stands in a path where somebody tries a call out: below which path, the parameter, and what every demonstration has.
const PATH_EXAMPLES: &[(&str, &str, &str)] = &[
    ("/v1/", "merchant", "M100001"),
    ("/v1/", "payment", demo::EXAMPLE_PAYMENT),
    ("/v1/", "payout", demo::EXAMPLE_PAYOUT),
    ("/v1/events/", "id", demo::EXAMPLE_EVENT),
    ("/v1/", "date", "2026-11-20"),
    ("/v1/", "name", "balances"),
    ("/v1/", "entry", "0:0"),
    ("/v1/", "position", demo::EXAMPLE_SET_ASIDE),
];

/// An optional parameter has no example: pages that try calls out would fill each in, and find nothing. One in a path has
/// one that is there.
///
/// In a path a date is a text: generated clients make a moment of a `date`, which some write into a path with a time, and
/// one as code that does not compile (openapi-generator 7.14, `typescript-fetch`).
fn complete_parameter(path: &str, parameter: &mut Value) {
    let in_path = parameter["in"] == "path";
    let name = parameter["name"].as_str().unwrap_or_default();
    let example = PATH_EXAMPLES.iter().find(|(below, known, _)| in_path && *known == name && path.starts_with(below)).map(|(_, _, example)| *example);
    let Some(fields) = parameter.as_object_mut() else { return };
    if let Some(example) = example {
        fields.insert("example".to_owned(), json!(example));
    } else if !in_path && fields.get("required") != Some(&json!(true)) {
        fields.remove("example");
    }
    if let Some(schema) = fields.get_mut("schema").and_then(Value::as_object_mut).filter(|_| in_path) {
        schema.remove("format");
    }
}

fn complete_responses(path: &str, responses: &mut Map<String, Value>) {
    let common = [("400", "A parameter is wrong"), ("500", "The server failed; its log says why")];
    // What is told of the service refuses parameters, and cannot fail.
    let common = match path {
        "/healthz" | "/readyz" | "/metrics" => common.get(..1),
        path => common.get(..).filter(|_| path.starts_with("/v1/")),
    };
    for (status, description) in common.unwrap_or_default() {
        let body = json!({"description": description, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}});
        responses.entry(*status).or_insert(body);
    }
    for (status, response) in responses.iter_mut() {
        let detail = response.get("description").cloned().unwrap_or_default();
        let Some(content) = response.get_mut("content").and_then(|content| content.get_mut(PROBLEM)).and_then(Value::as_object_mut) else { continue };
        let known = Code::ALL.iter().find(|code| code.status().as_str() == status).map(|code| (code.title(), code.as_str()));
        let (title, code) = known.unwrap_or(("Malformed", "malformed"));
        let number = status.parse::<u16>().unwrap_or_default();
        content
            .entry("example")
            .or_insert(json!({"type": "about:blank", "title": title, "status": number, "code": code, "detail": detail, "help": codes::help(code)}));
    }
}

/// Every code that a problem may have.
fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    // A strict request fails with the code of the rule that refused its event.
    for code in codes::QUARANTINED.iter().map(|code| code.as_str()).chain(RefusalCode::ALL.map(RefusalCode::as_str)) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// Leaves out the schemas that nothing refers to; answers whether there were any: what they referred to may be next.
fn drop_unused(document: &mut Value) -> bool {
    let text = document.to_string();
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return false };
    let before = schemas.len();
    schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
    schemas.len() < before
}
