//! One record of a life.

use serde_json::{Value, json};

/// What stands in the log at an offset.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its offset.
    pub offset: i64,
    /// An event, or text that is no JSON.
    pub content: Content,
}

/// The value of a record.
#[derive(Clone, Debug)]
pub enum Content {
    /// JSON.
    Event(Value),
    /// Anything else.
    Raw(String),
}

impl Record {
    /// The bytes of its value.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Content::Event(value) => value.to_string().into_bytes(),
            Content::Raw(text) => text.clone().into_bytes(),
        }
    }

    /// As the service's `fold` reads it: one line.
    pub fn line(&self) -> String {
        match &self.content {
            Content::Event(value) => json!({"offset": self.offset, "value": value}).to_string(),
            Content::Raw(text) => json!({"offset": self.offset, "raw": text}).to_string(),
        }
    }
}
