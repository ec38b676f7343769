//! The forms of answers in the OpenAPI document: which each operation has, how they are asked for, and what a file tells in headers.

use super::accept::{self, Form};
use super::openapi_complete::PROBLEM;
use super::openapi_published::refer;
use serde_json::{Map, Value, json};

/// The problem of who takes no form that there is.
const NOT_ACCEPTABLE: (&str, &str) = ("406", "It is not offered in a form that the request accepts");
/// Where the answers of an operation are that succeeded.
const CONTENT: &str = "/responses/200/content";

/// What a file tells in a header: the member of the JSON answer, the header, and a sentence about it.
const FACTS: &[(&str, &str, &str)] = &[
    ("position", "Ledger-Position", "Of a file: `position` of the JSON answer; where that is a list, with commas between."),
    ("business_date", "Ledger-Business-Date", "Of a file: `business_date` of the JSON answer; absent where that is `null`."),
    ("from", "Ledger-From", "Of a file: `from` of the JSON answer; absent where that has none."),
    ("to", "Ledger-To", "Of a file: `to` of the JSON answer; absent where that has none."),
    ("next", "Ledger-Next", "Of a page as a file: the `cursor` of the next page; absent at the end, and where the file is the whole list."),
    ("suppressed", "Ledger-Suppressed", "Of a file: `suppressed` of the JSON answer."),
];

/// Completes an operation. Reads below `/v1` come in a form that the request takes, and whatever is JSON can be indented.
pub fn complete_forms(path: &str, method: &str, schemas: &Value, operation: &mut Value) {
    if method == "get" && path.starts_with("/v1/") {
        complete_files(schemas, operation);
        name_format(operation);
        if let Some(responses) = operation["responses"].as_object_mut() {
            let (status, description) = NOT_ACCEPTABLE;
            let problem = json!({"description": description, "content": {PROBLEM: {"schema": refer("Problem")}}});
            responses.entry(status).or_insert(problem);
        }
    }
    if is_json(operation) {
        add_parameter(
            operation,
            json!({"name": "pretty", "in": "query", "description": "Whether JSON is indented.", "required": false,
            "schema": {"type": "boolean", "default": false}}),
        );
    }
}

/// Whether some answer that succeeded is JSON.
fn is_json(operation: &Value) -> bool {
    let mut responses = operation["responses"].as_object().into_iter().flatten();
    responses.any(|(status, response)| status.starts_with('2') && response["content"].get(accept::JSON.media).is_some())
}

fn add_parameter(operation: &mut Value, parameter: Value) {
    let parameters = operation.as_object_mut().map(|operation| operation.entry("parameters").or_insert_with(|| json!([])));
    if let Some(parameters) = parameters.and_then(Value::as_array_mut) {
        parameters.push(parameter);
    }
}

/// Tables, whose `format` may be Parquet, are CSV, too; and what JSON says beside the rows, a file says in headers.
fn complete_files(schemas: &Value, operation: &mut Value) {
    let names_parquet = |parameter: &Value| parameter["schema"]["pattern"].as_str().is_some_and(|pattern| pattern.contains(accept::PARQUET.name));
    let is_of_table = |parameter: &Value| parameter["name"] == "format" && names_parquet(parameter);
    let is_table = operation["parameters"].as_array().is_some_and(|parameters| parameters.iter().any(is_of_table));
    let Some(content) = operation.pointer_mut(CONTENT).and_then(Value::as_object_mut) else { return };
    if is_table {
        content.entry(accept::CSV.media).or_insert(json!({"schema": {"type": "string"}}));
        content.entry(accept::PARQUET.media).or_insert(json!({"schema": {"type": "string", "format": "binary"}}));
    }
    if !content.contains_key(accept::CSV.media) {
        return;
    }
    let answer = content.get(accept::JSON.media).map_or(Value::Null, |of_json| of_json["schema"].clone());
    let mut headers = Map::new();
    for (member, name, about) in FACTS {
        if has(schemas, &answer, member) {
            headers.insert((*name).to_owned(), header(about));
        }
    }
    if is_table {
        headers.insert("Content-Disposition".to_owned(), header("Of a file: `attachment`, and the name that a browser saves it as."));
    }
    operation["responses"]["200"]["headers"] = Value::Object(headers);
}

fn header(about: &str) -> Value {
    json!({"description": about, "schema": {"type": "string"}})
}

/// Whether an answer has a member, in one of the documents that it may be, or in its rows.
fn has(schemas: &Value, schema: &Value, member: &str) -> bool {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return has(schemas, &schemas[name], member);
    }
    let properties = &schema["properties"];
    let parts = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    properties.get(member).is_some() || parts.into_iter().any(|part| has(schemas, part, member)) || has_in_rows(schemas, &properties["rows"]["items"], member)
}

fn has_in_rows(schemas: &Value, row: &Value, member: &str) -> bool {
    // The heads of partitions have their positions in their rows alone. Dates of rows are another matter.
    member == "position" && !row.is_null() && has(schemas, row, member)
}

/// What has one form can be asked for by its name all the same.
fn name_format(operation: &mut Value) {
    let is_named = operation["parameters"].as_array().is_some_and(|parameters| parameters.iter().any(|parameter| parameter["name"] == "format"));
    let Some(content) = operation.pointer(CONTENT).and_then(Value::as_object) else { return };
    let only = [accept::JSON, accept::STREAM].into_iter().find(|form: &Form| content.contains_key(form.media));
    if let Some(form) = only.filter(|_| !is_named) {
        add_parameter(
            operation,
            json!({"name": "format", "in": "query", "required": false,
            "description": format!("The form of the answer: `{}`, which it has alone.", form.name),
            "schema": {"type": "string", "pattern": format!("^({})$", form.name)}}),
        );
    }
}
