//! What is told about a wrong configuration.

use super::Key;
use std::path::Path;

/// What is told of a file that a key names and that is not what it should be: the key, the file, why, and what would be right. An option
/// that is no key of the configuration, such as `--ca-file`, takes a PEM file.
pub fn wrong_file(name: &str, file: &Path, why: &dyn std::fmt::Display) -> String {
    let right = Key::find(name).map_or("a PEM file", |key| key.expects);
    format!("{name} = {file:?}: {why}; right would be {right}")
}

/// Where a text is no TOML of ours, and why. The line itself is not told: it may have a secret.
pub fn wrong_toml(text: &str, error: &toml::de::Error) -> String {
    let message = error.message();
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return message.to_owned() };
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {}, column {column}: {message}", before.matches('\n').count() + 1)
}

/// A configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A value that its key cannot have.
    #[error("{place} = {value:?} is wrong; right would be {expected}")]
    Wrong {
        /// The key, and where its value came from.
        place: String,
        /// The value.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// A value of a kind that its key cannot have. The value itself may be a secret.
    #[error("{place} is {kind}; right would be {expected}")]
    Kind {
        /// The key, and where it stands.
        place: String,
        /// Of which kind the value is.
        kind: &'static str,
        /// What would be right.
        expected: String,
    },
    /// A key that nobody knows.
    #[error("{place} is no key; right would be one of {expected}")]
    Unknown {
        /// The key, and where it stands.
        place: String,
        /// The keys that there are.
        expected: String,
    },
    /// A value that needs another, which is missing.
    #[error("{place} needs {needs}")]
    Missing {
        /// The key.
        place: String,
        /// What is missing.
        needs: String,
    },
    /// A property of Kafka's client that may not be set, or whose value it does not take.
    #[error("{place}: {reason}")]
    Property {
        /// The property, and where it stands. Its value may be a secret.
        place: String,
        /// Why.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("--config = {file:?} cannot be read: {reason}; right would be the path of a TOML file")]
    File {
        /// Which.
        file: String,
        /// Why.
        reason: String,
    },
}
