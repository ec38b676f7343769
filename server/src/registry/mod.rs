//! Avro and Protobuf by a schema registry with Confluent's API: what is written is registered and framed, what is read is looked up
//! by its id and made JSON of, so that the fold sees one language (`docs/decisions/0015-records-in-other-encodings.md`).
//!
//! | file | what it knows |
//! |---|---|
//! | `client` | the registry's questions and answers |
//! | `framing` | the five bytes before a value, and Protobuf's message index |
//! | `compiled` | a schema's text, ready to read and write values |
//! | `bounded` | which schemas are taken |
//! | `encoder` | JSON as Avro or Protobuf, framed |
//! | `decoder` | what was framed as JSON |
//!
//! Schemas are kept by their id, which names one schema for ever; an unknown one is asked for. Bounds: [`client::ANSWER_WAIT_MAX`] a
//! question, [`decoder::SCHEMAS_MAX`] schemas, [`client::REFERENCES_MAX`] that one refers to, [`compiled::AVRO_BYTES_MAX`] a value,
//! [`bounded::DEPTH_MAX`] how deep it may be.

mod bounded;
mod client;
mod compiled;
mod decoder;
mod encoder;
mod framing;

pub use client::Registry;
pub use decoder::{Absent, Decoder};
pub use encoder::Encoder;

pub use crate::config::Encoding;

/// The media type of a value.
const fn media_type(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "application/json",
        Encoding::Avro => "application/avro",
        Encoding::Protobuf => "application/protobuf",
    }
}
