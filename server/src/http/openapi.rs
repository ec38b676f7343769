//! The OpenAPI document, made from the handlers, and the page that shows it.

use super::Service;
use super::openapi_complete::complete;
use super::parameters::Parameters;
use super::problem::Problem;
use super::routes::Document;
use axum::Json;
use axum::Router;
use axum::extract::State;
use serde_json::Value;
use std::sync::LazyLock;
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The document as it is served.
fn document() -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(Document::openapi())?;
    complete(&mut document);
    Ok(document)
}

/// The paths of the document, as templates: `/v1/merchants/{merchant}/balances`.
pub fn paths() -> &'static [String] {
    static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| Document::openapi().paths.paths.keys().cloned().collect());
    &PATHS
}

/// The document as it is published: the file `server/openapi.json`.
///
/// # Errors
/// Only where it cannot be written as JSON.
pub fn document_text() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&document()?)
}

/// The document of a server that asks for no key: one may be sent, and none is needed.
fn without_keys(mut document: Value) -> Value {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for operation in paths.into_iter().flatten().filter_map(|(_, item)| item.as_object_mut()).flatten().map(|(_, operation)| operation) {
        if let Some(security) = operation.get_mut("security").and_then(Value::as_array_mut).filter(|security| !security.is_empty()) {
            security.insert(0, serde_json::json!({}));
        }
    }
    document
}

/// `GET /openapi.json`
pub async fn openapi_json(State(service): State<Service>, parameters: Parameters) -> Result<Json<Value>, Problem> {
    parameters.only(&[])?;
    let served = document().map(|document| if service.gate.is_open() { without_keys(document) } else { document });
    served.map(Json).map_err(|error| Problem::internal(&error))
}

/// The page at `/docs`; everything it loads comes from this program.
pub fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    SwaggerUi::new("/docs").config(Config::from("/openapi.json").validator_url("none")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

    /// `UPDATE_OPENAPI=1` writes the file anew.
    #[test]
    fn the_published_document_is_the_one_that_is_served() {
        let text = document_text().expect("JSON") + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(FILE, &text).expect("written");
        }
        let published = std::fs::read_to_string(FILE).expect("server/openapi.json");
        assert!(published == text, "server/openapi.json is not what is served; UPDATE_OPENAPI=1 cargo test --release -p server openapi writes it anew");
        assert!(text.contains("\"openapi\": \"3.1.0\""), "the version of OpenAPI");
    }

    /// Every property has a sentence and a type of its own name or kind, so that generated clients are typed and documented;
    /// and nothing is there that generators stop at.
    #[test]
    fn every_property_of_the_openapi_document_is_described() {
        let document = document().expect("JSON");
        let mut lacking = Vec::new();
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            look(name, schema, &mut lacking);
        }
        assert!(lacking.is_empty(), "{} places:\n{}", lacking.len(), lacking.join("\n"));
        let event = &document["components"]["schemas"]["TerminalEvent"];
        let types = event["discriminator"]["mapping"].as_object().expect("a mapping");
        assert_eq!((types.len(), &event["discriminator"]["propertyName"]), (schemas::wire::event_type::RULES.len(), &"type".into()));
        assert_eq!(types["sale"], "#/components/schemas/SaleEvent");
        let sale = &document["components"]["schemas"]["SaleEvent"];
        // What an event has not may be `null`, as in the JSON Schema.
        let fees = &sale["properties"]["fees"]["anyOf"];
        assert_eq!((&fees[0]["items"]["$ref"], &fees[1]["type"]), (&"#/components/schemas/CarriedFee".into(), &"null".into()));
        assert_eq!(sale["properties"]["type"]["enum"], serde_json::json!(["sale"]));
    }

    /// A client has a type of a list's rows under its own name, and one for all lists that have it.
    #[test]
    fn rows_of_pages_have_names() {
        let document = document().expect("JSON");
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let pages: Vec<_> = schemas.iter().filter(|(name, _)| name.starts_with("Page") && name.contains('_')).collect();
        assert!(pages.len() > 10, "{}", pages.len());
        for (page, schema) in pages {
            let row = page.split_once('_').expect("of rows").1;
            assert_eq!(schema["properties"]["rows"]["items"], serde_json::json!({"$ref": format!("#/components/schemas/{row}")}), "{page}");
            assert!(schemas[row]["properties"].is_object(), "{row}: {}", schemas[row]);
        }
        // A row that has some fields only now and then is one object all the same.
        for row in ["PayoutItem", "PayoutSummary"] {
            let (properties, required) = (&schemas[row]["properties"], schemas[row]["required"].as_array().expect("what is needed"));
            assert!(properties["gross"]["type"].is_string() && required.contains(&"net".into()) && !required.contains(&"gross".into()), "{}", schemas[row]);
        }
    }

    /// Generators make a type of several only of `oneOf` with a discriminator; of `anyOf` some make one with all their properties.
    #[test]
    fn what_a_property_tells_apart_is_one_of_several() {
        let document = document().expect("JSON");
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let told_apart: Vec<&str> = schemas.iter().filter(|(_, schema)| schema["discriminator"].is_object()).map(|(name, _)| name.as_str()).collect();
        assert!(["TerminalEvent", "FundsFlow", "Partner", "RefundFee"].iter().all(|name| told_apart.contains(name)), "{told_apart:?}");
        for name in told_apart {
            let (schema, mapping) = (&schemas[name], schemas[name]["discriminator"]["mapping"].as_object().expect("a mapping"));
            assert!(schema["anyOf"].is_null(), "{name}");
            assert_eq!(schema["oneOf"].as_array().map(Vec::len), Some(mapping.len()), "{name}");
        }
    }

    /// A client of Go has the values of all enumerations in one package.
    #[test]
    fn no_value_is_in_two_enumerations_that_have_a_name() {
        let document = document().expect("JSON");
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let mut of = std::collections::BTreeMap::new();
        for (name, schema) in schemas {
            for value in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert_eq!(of.insert(value.to_owned(), name.clone()), None, "{name}: {value}");
            }
        }
        assert!(of.contains_key("posted"), "{of:?}");
    }

    /// A client of Go makes a `Webhook` by a function `NewWebhook`, and one of TypeScript has what the operation `webhook` takes as a
    /// `WebhookRequest`: no other type may be called so.
    #[test]
    fn no_type_has_a_name_that_generators_give() {
        let document = document().expect("JSON");
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let operations = document["paths"].as_object().expect("paths").values().flat_map(|item| item.as_object().into_iter().flatten());
        let requests: Vec<String> =
            operations.map(|(_, operation)| operation["operationId"].as_str().expect("an id").replace('_', "").to_lowercase() + "request").collect();
        let is_given = |name: &str| name.strip_prefix("New").is_some_and(|of| schemas.contains_key(of)) || requests.contains(&name.to_lowercase());
        let given: Vec<&String> = schemas.keys().filter(|name| is_given(name)).collect();
        assert!(given.is_empty(), "{given:?}");
    }

    fn look(at: &str, schema: &Value, lacking: &mut Vec<String>) {
        match schema {
            Value::Object(fields) => {
                let is_object = fields.get("type") == Some(&Value::from("object"));
                if is_object && !fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                    lacking.push(format!("{at}: an object without properties"));
                }
                if fields.contains_key("enum") && !fields.contains_key("type") {
                    lacking.push(format!("{at}: an enumeration of no type"));
                }
                if fields.get("type") == Some(&Value::from("null")) && !at.contains("/oneOf/") && !at.contains("/anyOf/") {
                    lacking.push(format!("{at}: only null"));
                }
                for (name, property) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    if property["description"].as_str().is_none_or(str::is_empty) {
                        lacking.push(format!("{at}.{name}: no description"));
                    }
                }
                let within = fields.iter().filter(|(key, _)| *key != "example" && *key != "examples" && *key != "discriminator");
                within.for_each(|(key, value)| look(&format!("{at}/{key}"), value, lacking));
            }
            Value::Array(items) => items.iter().enumerate().for_each(|(place, item)| look(&format!("{at}/{place}"), item, lacking)),
            _ => {}
        }
    }

    /// What every operation takes and answers without naming it: forms, and what there may be too much of.
    #[test]
    fn every_operation_says_in_which_forms_it_answers() {
        let document = document().expect("JSON");
        let operations =
            document["paths"].as_object().expect("paths").iter().flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |one| (path, one)));
        for (path, (method, operation)) in operations {
            let takes = |name: &str| operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == name);
            let responses = operation["responses"].as_object().expect("responses");
            let is_json = responses.iter().any(|(status, response)| status.starts_with('2') && response["content"].get("application/json").is_some());
            let is_read = method == "get" && path.starts_with("/v1/");
            let told = (takes("pretty"), takes("format"), responses.contains_key("406"));
            assert_eq!(told, (is_json, is_read, is_read), "{method} {path}: pretty, format and 406");
            assert!(responses.get("429").is_none_or(|many| many["headers"]["Retry-After"].is_object()), "{method} {path}: Retry-After");
        }
        // What a strict request is answered has the results in it, under whichever status.
        let responses = &document["paths"]["/v1/events"]["post"]["responses"];
        for status in ["409", "422", "503"] {
            let reference = responses[status]["content"]["application/problem+json"]["schema"]["$ref"].as_str().expect("a reference");
            let schema = &document["components"]["schemas"][reference.rsplit('/').next().expect("a name")];
            let mut parts = schema["allOf"].as_array().expect("parts").iter();
            assert!(parts.any(|part| part["properties"]["results"].is_object()), "{status}: {schema}");
        }
        let example = &responses["409"]["content"]["application/problem+json"]["example"];
        assert!(example["help"].is_string() && example["results"][0]["help"].is_string(), "{example}");
    }

    #[test]
    fn every_operation_is_complete() {
        let document = document().expect("JSON");
        let (mut ids, mut count) = (Vec::new(), 0);
        for (path, operations) in document["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let at = format!("{method} {path}");
                count += 1;
                ids.push(operation["operationId"].as_str().expect("an id").to_owned());
                for field in ["summary", "description"] {
                    assert!(operation[field].as_str().is_some_and(|text| !text.is_empty()), "{at}: {field}");
                }
                assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{at}: one tag");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let said = parameter["description"].as_str().is_some_and(|text| !text.is_empty());
                    assert!(said && parameter["schema"].is_object(), "{at}: {}", parameter["name"]);
                }
                let responses = operation["responses"].as_object().expect("responses");
                assert!(responses.keys().any(|status| status.starts_with('2')), "{at}: it may succeed");
                assert!(!path.starts_with("/v1/") || (responses.contains_key("400") && responses.contains_key("500")), "{at}: it may fail");
                for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
                    let example = &response["content"]["application/problem+json"]["example"];
                    let readiness = path == "/readyz";
                    assert!(readiness || example["status"].as_u64() == status.parse().ok(), "{at}: an example of {status}");
                }
            }
        }
        let operations = count;
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), operations, "ids of operations are unique");
        let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().expect("codes").clone();
        assert!(codes.contains(&"not_caught_up".into()) && codes.contains(&"card_data".into()), "{codes:?}");
        let (text, schemas) = (document.to_string(), &document["components"]["schemas"]);
        for name in text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(schemas[name].is_object(), "{name} is referred to");
        }
        assert!(!text.contains("\"$ref\":\"contract"), "every reference is within the document");
    }
}
