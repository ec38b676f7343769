//! The published JSON Schemas are those of the code. `UPDATE_SCHEMAS=1 cargo test -p schemas` writes them anew.

use schemas::json_schema;
use schemas::wire::event_type::RULES;
use std::path::PathBuf;

#[test]
fn checked_in_documents_are_those_of_the_code() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("json");
    let documents = json_schema::documents();
    for (name, document) in &documents {
        let text = format!("{}\n", serde_json::to_string_pretty(document).expect("a document is JSON"));
        let path = folder.join(name);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).expect("schemas/json can be written");
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(checked_in == text, "{name} has drifted: run UPDATE_SCHEMAS=1 cargo test --release -p schemas --test json_schema");
    }
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).expect("schemas/json").map(|file| file.expect("a file").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    let mut expected: Vec<_> = documents.iter().map(|(name, _)| name.clone()).collect();
    expected.sort();
    assert_eq!(names, expected, "schemas/json holds the documents and nothing else");
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
