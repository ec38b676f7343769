//! A schema's text, ready to use. Those whose values could be without end are not taken: `bounded`.

use super::bounded;
use super::client::Found;
use super::framing::message_index;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::Schema;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::FileDescriptorProto;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions, Value as Field};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use serde_json::Value;
use std::io::Read;

/// What a list of an Avro value may take in memory; a record has 64 KiB.
pub const AVRO_BYTES_MAX: usize = 16 << 20;
/// The name under which a Protobuf schema is compiled.
const FILE: &str = "schema.proto";

/// A schema that values are read and written by.
pub enum Compiled {
    /// Of Avro.
    Avro(Box<Schema>),
    /// Of Protobuf, with what it imports.
    Protobuf(DescriptorPool),
    /// Of JSON: the value behind the frame is what it is.
    Json,
}

/// Why a schema is not taken.
pub type Refusal = String;

impl Compiled {
    /// An Avro schema that stands by itself.
    ///
    /// # Errors
    /// It is none, or not taken.
    pub fn avro(text: &str, references: &[Found]) -> Result<Self, Refusal> {
        apache_avro::util::max_allocation_bytes(AVRO_BYTES_MAX);
        let told = |error: apache_avro::Error| error.to_string();
        if !references.is_empty() {
            return Err("an Avro schema that refers to other subjects is not read: register it whole".to_owned());
        }
        let schema = Schema::parse_str(text).map_err(told)?;
        bounded::avro(&schema)?;
        Ok(Self::Avro(Box::new(schema)))
    }

    /// A `.proto` file, and those that it imports.
    ///
    /// # Errors
    /// It is none, or imports what is not there.
    pub fn protobuf(text: &str, references: &[Found]) -> Result<Self, Refusal> {
        let mut files = vec![(FILE.to_owned(), text.to_owned())];
        files.extend(references.iter().map(|found| (found.name.clone(), found.text.clone())));
        let mut resolver = ChainFileResolver::new();
        resolver.add(Files(files));
        resolver.add(GoogleFileResolver::new());
        let mut compiler = Compiler::with_file_resolver(resolver);
        compiler.include_imports(true).open_file(FILE).map_err(|error| error.to_string())?;
        let pool = compiler.descriptor_pool();
        bounded::protobuf(&pool)?;
        Ok(Self::Protobuf(pool))
    }

    /// What stands behind a frame as JSON without `null`s; nothing where it does not fit, or something is left over.
    pub fn read(&self, framed: &[u8]) -> Option<Vec<u8>> {
        let value = match self {
            Self::Avro(schema) => {
                let mut bytes = Bytes(framed);
                let value = GenericDatumReader::builder(schema).build().ok()?.read_value(&mut bytes).ok()?;
                if !bytes.0.is_empty() {
                    return None;
                }
                Value::try_from(value).ok()?
            }
            Self::Protobuf(pool) => {
                let (index, rest) = message_index(framed)?;
                let decoded = DynamicMessage::decode(message(pool, &index)?, rest).ok()?;
                // What no field names would be lost.
                if has_unknown(&decoded) {
                    return None;
                }
                let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false).skip_default_fields(true);
                decoded.serialize_with_options(serde_json::value::Serializer, &options).ok()?
            }
            Self::Json => return framed.starts_with(b"{").then(|| framed.to_vec()),
        };
        let mut value = stripped(value);
        if matches!(self, Self::Protobuf(_)) {
            schemas::wire::lists::put_needed_lists(&mut value);
        }
        serde_json::to_vec(&value).ok()
    }

    /// JSON as a value without its frame; for Protobuf with the index of the first message.
    ///
    /// # Errors
    /// It does not fit.
    pub fn write(&self, json: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Avro(schema) => {
                let told = |error: apache_avro::Error| error.to_string();
                let value: Value = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
                let value = Avro::try_from(value).and_then(|value| value.resolve(schema)).map_err(told)?;
                GenericDatumWriter::builder(schema).build().map_err(told)?.write_value_to_vec(value).map_err(told)
            }
            Self::Protobuf(pool) => {
                let first = message(pool, &[0]).ok_or_else(|| "it has no message".to_owned())?;
                let mut json = serde_json::Deserializer::from_slice(&json);
                let message = DynamicMessage::deserialize(first, &mut json).map_err(|error| error.to_string())?;
                let mut value = vec![0];
                message.encode(&mut value).map_err(|error| error.to_string())?;
                Ok(value)
            }
            Self::Json => Ok(json),
        }
    }
}

/// The bytes of a value. The library takes the end of them for a `null` here and there; a value that asks for more than there is was
/// cut off, and is an error.
struct Bytes<'a>(&'a [u8]);

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_empty() && !buffer.is_empty() {
            return Err(std::io::Error::other("the value was cut off"));
        }
        self.0.read(buffer)
    }
}

/// The files that a schema is made of.
struct Files(Vec<(String, String)>);

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match self.0.iter().find(|(own, _)| own == name) {
            Some((_, text)) => descriptor(name, text).map_or_else(|| File::from_source(name, text), Ok),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// A schema that was registered as the bytes of its descriptor, in base64: Confluent's own serializers do so, and not every registry
/// makes text of it.
fn descriptor(name: &str, text: &str) -> Option<File> {
    let bytes = STANDARD.decode(text.trim()).ok()?;
    let mut file = FileDescriptorProto::decode(bytes.as_slice()).ok()?;
    file.name = Some(name.to_owned());
    Some(File::from_file_descriptor_proto(file))
}

/// The message of an index: the first of the file, and the first within it, and so on.
fn message(pool: &DescriptorPool, index: &[u64]) -> Option<MessageDescriptor> {
    let file = pool.get_file_by_name(FILE)?;
    let place = |index: &u64| usize::try_from(*index).ok();
    let (first, rest) = index.split_first()?;
    let mut message = file.messages().nth(place(first)?)?;
    for index in rest {
        let inner = message.child_messages().nth(place(index)?)?;
        message = inner;
    }
    Some(message)
}

/// Whether a message, or one in it, holds what no field names. How deep they lie is bounded by the reading.
fn has_unknown(message: &DynamicMessage) -> bool {
    fn in_value(value: &Field) -> bool {
        match value {
            Field::Message(message) => has_unknown(message),
            Field::List(items) => items.iter().any(in_value),
            Field::Map(items) => items.values().any(in_value),
            Field::Bool(_)
            | Field::I32(_)
            | Field::I64(_)
            | Field::U32(_)
            | Field::U64(_)
            | Field::F32(_)
            | Field::F64(_)
            | Field::String(_)
            | Field::Bytes(_)
            | Field::EnumNumber(_) => false,
        }
    }
    message.unknown_fields().next().is_some() || message.fields().any(|(_, value)| in_value(value))
}

/// Without members that are `null`: Avro has them where JSON has nothing.
fn stripped(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name, stripped(value))).collect(),
        Value::Array(items) => items.into_iter().map(stripped).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_or_is_left_over_is_nothing() {
        let avro =
            Compiled::avro(r#"{"type":"record","name":"T","fields":[{"name":"a","type":"string"},{"name":"b","type":["null","long"]}]}"#, &[]).expect("Avro");
        assert_eq!(avro.read(&[2, b'x', 2, 14]).as_deref(), Some(&br#"{"a":"x","b":7}"#[..]));
        assert_eq!(avro.read(&[2, b'x', 0]).as_deref(), Some(&br#"{"a":"x"}"#[..]));
        for bytes in [&[2, b'x'][..], &[2, b'x', 0, 0], &[2, 0xff, 0], &[2, b'x', 8], &[0xff; 10], &[]] {
            assert_eq!(avro.read(bytes), None, "{bytes:?}");
        }
        let text =
            "syntax = \"proto3\"; message Other { int64 n = 1; } message T { string a = 1; optional int64 b = 2; message In { string a = 1; } In c = 3; }";
        let proto = Compiled::protobuf(text, &[]).expect("Protobuf");
        assert_eq!(proto.read(&[2, 2, 10, 1, b'x', 16, 0]).as_deref(), Some(&br#"{"a":"x","b":0}"#[..]), "the second message");
        assert_eq!(proto.read(&[4, 2, 0, 10, 1, b'x']).as_deref(), Some(&br#"{"a":"x"}"#[..]), "the first within the second");
        for bytes in [&[2, 2, 10, 9][..], &[2, 2, 40, 1], &[2, 2, 26, 2, 40, 1], &[2, 9, 10, 1, b'x'], &[]] {
            assert_eq!(proto.read(bytes), None, "{bytes:?}");
        }
        // A client of JavaScript writes no index (`findings/protobuf-frame-eats-the-first-field.sh`): what stands there is then the first field, and is
        // not taken for one.
        for id in ["P100", "4711", "2222", "20261123-000001", "P100001", "sale-1", "a"] {
            let field: Vec<u8> = [10, id.len() as u8].into_iter().chain(id.bytes()).collect();
            assert_eq!(proto.read(&field), None, "{id}");
        }
        assert_eq!((Compiled::Json.read(b"{\"a\":1}").as_deref(), Compiled::Json.read(b"[]")), (Some(&b"{\"a\":1}"[..]), None));
    }
}
