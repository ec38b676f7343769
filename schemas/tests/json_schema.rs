//! The published schemas are those of the code. `UPDATE_SCHEMAS=1 cargo test --release --workspace --test json_schema` writes them anew.

use schemas::wire::event_type::RULES;
use schemas::{asyncapi, avro, json_schema, proto};
use serde_json::Value;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn pretty(document: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(document).expect("a document is JSON"))
}

/// Compares a folder with what the code says, or writes it anew.
fn assert_checked_in(folder: &std::path::Path, documents: &[(String, String)]) {
    for (name, text) in documents {
        let path = folder.join(name);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::create_dir_all(folder).expect("a folder");
            std::fs::write(&path, text).expect("it can be written");
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(checked_in == *text, "{name} has drifted: run UPDATE_SCHEMAS=1 cargo test --release --workspace --test json_schema");
    }
    let mut names: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    let mut expected: Vec<_> = documents.iter().map(|(name, _)| name.clone()).collect();
    expected.sort();
    assert_eq!(names, expected, "{} holds the documents and nothing else", folder.display());
}

#[test]
fn checked_in_documents_are_those_of_the_code() {
    let json = |documents: Vec<(String, Value)>| documents.into_iter().map(|(name, document)| (name, pretty(&document))).collect::<Vec<_>>();
    assert_checked_in(&folder("json"), &json(json_schema::documents()));
    assert_checked_in(&folder("avro"), &json(avro::documents()));
    assert_checked_in(&folder("proto"), &proto::documents());
    let path = folder("asyncapi.yaml");
    let text = pretty(&asyncapi::document());
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &text).expect("it can be written");
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == text, "asyncapi.yaml has drifted");
}

#[test]
fn every_type_is_published_once_and_requires_what_decoding_requires() {
    let documents = json_schema::documents();
    let (_, events) = documents.iter().find(|(name, _)| name == "terminal-event.schema.json").expect("the events' document");
    let types = events["oneOf"].as_array().expect("a list");
    assert_eq!(types.len(), RULES.len());
    for (schema, rule) in types.iter().zip(RULES) {
        assert_eq!(schema["properties"]["type"]["const"], rule.name);
        let required: Vec<_> = schema["required"].as_array().expect("a list").iter().filter_map(|name| name.as_str()).collect();
        for field in rule.needs {
            assert!(required.contains(&field.name()), "{} requires {}", rule.name, field.name());
        }
        for field in rule.needs.iter().chain(rule.may) {
            assert!(schema["properties"].get(field.name()).is_some(), "{} describes {}", rule.name, field.name());
        }
    }
}
