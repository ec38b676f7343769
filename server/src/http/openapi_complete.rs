//! What every operation of the OpenAPI document has in common, written once instead of at each handler: who may call it and how
//! it says so, failures of ours, codes, an example of each problem; and the JSON Schemas of what is posted. Schemas that nobody refers to are left out.

use super::guard::{Cost, Of};
use super::problem::Code;
use super::routes::access_of;
use ledger::entry::RefusalCode;
use schemas::error::QuarantineCode;
use serde_json::{Map, Value, json};

const PROBLEM: &str = "application/problem+json";

/// The codes of records that cannot be read, told with status 422.
const UNREADABLE: &[QuarantineCode] = &[
    QuarantineCode::Malformed,
    QuarantineCode::UnknownType,
    QuarantineCode::MissingField,
    QuarantineCode::BadField,
    QuarantineCode::BadAmount,
    QuarantineCode::BadContract,
    QuarantineCode::CardData,
    QuarantineCode::Conflict,
    QuarantineCode::WrongPartition,
    QuarantineCode::NotOpened,
    QuarantineCode::TooLarge,
    QuarantineCode::AlreadyOpened,
];

/// The documents of `schemas/json`, and their names among the schemas here.
const PUBLISHED: &[(&str, &str)] = &[("terminal-event.schema.json", "TerminalEvent"), ("contract.schema.json", "Contract")];

/// Completes the document.
pub fn complete(document: &mut Value) {
    publish(document);
    name_schemes(document);
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, operations) in paths.into_iter().flatten() {
        for operation in operations.as_object_mut().into_iter().flat_map(Map::values_mut) {
            name_roles(operation);
            if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
                complete_responses(path, responses);
            }
        }
    }
    if let Some(code) = document.pointer_mut("/components/schemas/Problem/properties/code").and_then(Value::as_object_mut) {
        code.insert("enum".to_owned(), codes().into());
    }
    while drop_unused(document) {}
}

/// Describes an event that is posted as the published schema does.
fn publish(document: &mut Value) {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for (file, mut published) in ::schemas::json_schema::documents() {
            let Some((_, name)) = PUBLISHED.iter().find(|(known, _)| *known == file) else { continue };
            if let Some(published) = published.as_object_mut() {
                published.retain(|key, _| key != "$schema" && key != "$id");
            }
            refer_here(&mut published);
            schemas.insert((*name).to_owned(), published);
        }
    }
    if let Some(body) = document.pointer_mut("/paths/~1v1~1events/post/requestBody/content/application~1json").and_then(Value::as_object_mut) {
        body.insert("schema".to_owned(), json!({"$ref": "#/components/schemas/TerminalEvent"}));
        let example = json!({"id": "01JDY2M7Q4", "type": "sale", "merchant": "M100001", "terminal": "T0000017", "payment": "P-88231",
            "occurred_at": "2026-11-23T10:15:00.250+08:00", "currency": "CNY", "amount": "128.50", "card": "debit", "scheme": "unionpay",
            "entry_mode": "insert", "customer": "c_9f2c"});
        body.insert("example".to_owned(), example);
    }
}

/// References between the published documents become references within this one. They nest a few levels deep.
fn refer_here(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                let referred = PUBLISHED.iter().find(|(file, _)| key == "$ref" && value.as_str() == Some(file));
                match referred {
                    Some((_, name)) => *value = format!("#/components/schemas/{name}").into(),
                    None => refer_here(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(refer_here),
        _ => {}
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
    if access.cost == Cost::Expensive {
        answered.push(("429", "The caller asks too often, or too many expensive questions at once"));
    }
    if access.of != Of::Ledger {
        answered.push(("404", "The caller has no such merchant"));
    }
    for (status, description) in answered.into_iter().rev() {
        let mut response = json!({"description": description, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}});
        let header = match status {
            "401" => Some(("WWW-Authenticate", json!({"type": "string", "const": "Bearer"}), "How to say who asks")),
            "429" => Some(("Retry-After", json!({"type": "integer", "minimum": 1}), "In how many seconds to ask again")),
            _ => None,
        };
        if let (Some((name, schema, description)), Some(response)) = (header, response.as_object_mut()) {
            response.insert("headers".to_owned(), json!({name: {"description": description, "schema": schema}}));
        }
        responses.entry(status).or_insert(response);
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

fn complete_responses(path: &str, responses: &mut Map<String, Value>) {
    if path.starts_with("/v1/") {
        for (status, description) in [("400", "A parameter is wrong"), ("500", "The server failed; its log says why")] {
            let body = json!({"description": description, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}});
            responses.entry(status).or_insert(body);
        }
    }
    for (status, response) in responses.iter_mut() {
        let detail = response.get("description").cloned().unwrap_or_default();
        let Some(content) = response.get_mut("content").and_then(|content| content.get_mut(PROBLEM)).and_then(Value::as_object_mut) else { continue };
        let known = Code::ALL.iter().find(|code| code.status().as_str() == status).map(|code| (code.title(), code.as_str()));
        let (title, code) = known.unwrap_or(("Malformed", "malformed"));
        let number = status.parse::<u16>().unwrap_or_default();
        content.entry("example").or_insert(json!({"type": "about:blank", "title": title, "status": number, "code": code, "detail": detail}));
    }
}

/// Every code that a problem may have.
fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    // A strict request fails with the code of the rule that refused its event.
    for code in UNREADABLE.iter().map(|code| code.as_str()).chain(RefusalCode::ALL.map(RefusalCode::as_str)) {
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
