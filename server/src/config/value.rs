//! A value of the TOML file as the text that a flag or variable would have.

use super::{Error, Key, kafka, reconciliation, risk};
use toml::Value;

/// The text of a value. One of a kind that its key does not take is none: as a text, a list would be taken for what was meant.
pub(super) fn text_of(key: &Key, value: &Value) -> Result<String, Unfit> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(truth) => Ok(truth.to_string()),
        Value::Array(parts) if key.name == "jwt.algorithms" => Ok(words(parts, |part| part.as_str().map(str::to_owned))),
        Value::Array(parts) if key.is_numbers() => Ok(words(parts, |part| Some(part.to_string()))),
        Value::Array(parts) if key.name == "risk.delivery" => Ok(words(parts, risk::delivery_text)),
        Value::Table(table) if key.name == "kafka" => kafka::text(table),
        Value::Table(table) if key.name == "reconciliation.sources" => Ok(reconciliation::text(table)),
        // A percentage is a string: a TOML float would have lost its digits.
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => Err(Unfit::of_key(value)),
    }
}

/// The parts of a list with commas between. What is no word there becomes one that its key will refuse, and so is named in the error.
fn words(parts: &[Value], word: impl Fn(&Value) -> Option<String>) -> String {
    parts.iter().map(|part| word(part).unwrap_or_else(|| format!("{part:?}"))).collect::<Vec<_>>().join(",")
}

/// A value of a kind that is not taken. The value itself is not told: it may be a secret.
pub(super) struct Unfit {
    /// The property that it is of, where its key has some.
    property: Option<String>,
    kind: &'static str,
}

impl Unfit {
    /// The value of a key.
    const fn of_key(value: &Value) -> Self {
        Self { property: None, kind: kind(value) }
    }

    /// The value of a property.
    pub fn of_property(name: &str, value: &Value) -> Self {
        Self { property: Some(name.to_owned()), kind: kind(value) }
    }

    /// The error that says so of a key in a file.
    pub fn of(self, key: &Key, file: &str) -> Error {
        let (Self { property, kind }, place) = (self, format!("{} in {file}", key.name));
        match property {
            None => Error::Kind { place, kind, expected: key.expects.to_owned() },
            Some(property) => {
                let expected = "a text in quotes, and its name, too, where that has points: \"sasl.username\" = \"merchant-ledger\"".to_owned();
                Error::Kind { place: format!("{property} of {place}"), kind, expected }
            }
        }
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a point, not in quotes",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date or time, not in quotes",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Layers};

    #[test]
    fn a_value_of_another_kind_is_refused_and_not_told() {
        for (file, said) in [
            ("[kafka]\n\"sasl.password\" = [\"hush\"]", vec!["sasl.password of kafka in ledger.toml is a list", "a text in quotes"]),
            ("[kafka]\n\"sasl.password\" = 0.10", vec!["sasl.password of kafka", "a number with a point"]),
            ("[kafka]\nsasl.password = \"hush\"", vec!["sasl of kafka in ledger.toml is a table", "its name, too"]),
            ("kafka = [\"hush\"]", vec!["kafka in ledger.toml is a list", "a table of properties"]),
            ("[registry]\npassword = [\"hush\"]", vec!["registry.password in ledger.toml is a list", "the password of registry.user"]),
            ("[registry]\npassword = { value = \"hush\" }", vec!["registry.password in ledger.toml is a table"]),
            ("[registry]\npassword = 2026-11-20", vec!["registry.password in ledger.toml is a date"]),
            ("[registry]\npassword = 0.10", vec!["registry.password in ledger.toml is a number with a point"]),
            ("[cluster]\nsecret = [\"hush, of three nodes\"]", vec!["cluster.secret in ledger.toml is a list"]),
            ("data = [\"hush\"]", vec!["data in ledger.toml is a list", "a directory"]),
        ] {
            let error = Layers::new().file("ledger.toml", file).expect_err(file).to_string();
            assert!(said.iter().all(|part| error.contains(part)) && !error.contains("hush") && !error.contains("0.1"), "{file}: {error}");
        }
    }

    #[test]
    fn a_typing_error_is_told_by_its_place_and_without_its_line() {
        for (file, at) in [
            ("data = \"d\"\n[registry]\npassword = \"hush\n", "line "),
            ("[kafka]\n\"sasl.password\" = hush\n", "line 2, column "),
            ("[cluster]\nsecret = \"hush\" # x\nsecret = \"hush\"\n", "line 3, column "),
            ("[registry\npassword = \"hush\"\n", "line "),
        ] {
            let error = Layers::new().file("ledger.toml", file).expect_err(file).to_string();
            assert!(error.contains(at) && error.contains("ledger.toml") && !error.contains("hush"), "{file}: {error}");
        }
    }

    #[test]
    fn what_is_meant_as_it_looks_is_taken() {
        let mut layers = Layers::new();
        layers.file("ledger.toml", "log = \"warn\"\nfewest_customers = 12\n[jwt]\nalgorithms = [\"EdDSA\", \"ES256\", \"RS256\"]").expect("TOML");
        assert_eq!(Config::read(&layers).expect("a configuration").fewest_customers, 12);
    }
}
