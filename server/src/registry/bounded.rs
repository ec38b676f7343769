//! Which schemas are taken. Whoever may register schemas could ask for any memory or time by a record of a few bytes, so that each
//! byte of a record stands for a bounded part of its value: every field takes a byte at least, names are short, and values lie in
//! each other to a bounded depth. A record of 64 KiB then takes 200 MiB at the very most, and 1 MiB as a rule.

use super::compiled::Refusal;
use apache_avro::schema::Schema;
use prost_reflect::DescriptorPool;
use std::collections::HashMap;

/// The longest name of a field, and symbol of an enumeration, in bytes: a value of one byte is written out with it.
pub const NAME_BYTES_MAX: usize = 100;
/// How deep records, lists and maps of an Avro value may lie in each other. Protobuf's reader allows 100, each of which takes bytes.
pub const DEPTH_MAX: usize = 16;
/// A message that holds any other, itself among them, without end.
const ANY: &str = "google.protobuf.Any";

/// What values of an Avro schema are like.
#[derive(Clone, Copy)]
struct Measure {
    /// Whether they take no bytes.
    is_empty: bool,
    /// How deep they are.
    depth: usize,
}

/// The records of an Avro schema, by name; nothing while one is being looked at.
type Records = HashMap<String, Option<Measure>>;

/// Whether an Avro schema is taken.
///
/// # Errors
/// It is not, and why.
pub fn avro(schema: &Schema) -> Result<(), Refusal> {
    let depth = measured(schema, &mut Records::new())?.depth;
    if depth > DEPTH_MAX {
        return Err(format!("its values lie {depth} deep in each other; {DEPTH_MAX} is the most"));
    }
    Ok(())
}

/// Whether the messages of a Protobuf schema are taken, with those that it imports.
///
/// # Errors
/// They are not, and why.
pub fn protobuf(pool: &DescriptorPool) -> Result<(), Refusal> {
    if pool.get_message_by_name(ANY).is_some() {
        return Err(format!("{ANY} may be anything, and of any depth"));
    }
    pool.all_messages().try_for_each(|message| message.fields().try_for_each(|field| named(field.name())))?;
    pool.all_enums().try_for_each(|kind| kind.values().try_for_each(|value| named(value.name())))
}

fn named(name: &str) -> Result<(), Refusal> {
    if name.len() > NAME_BYTES_MAX {
        return Err(format!("the name {}… is longer than {NAME_BYTES_MAX} bytes", name.chars().take(20).collect::<String>()));
    }
    Ok(())
}

fn measured(schema: &Schema, records: &mut Records) -> Result<Measure, Refusal> {
    const fn flat(is_empty: bool) -> Measure {
        Measure { is_empty, depth: 0 }
    }
    match schema {
        Schema::Null => Ok(flat(true)),
        Schema::Fixed(fixed) => Ok(flat(fixed.size == 0)),
        Schema::Enum(kind) => kind.symbols.iter().try_for_each(|symbol| named(symbol)).map(|()| flat(false)),
        Schema::Array(array) => {
            let items = measured(&array.items, records)?;
            if items.is_empty {
                return Err("a list of values that take no bytes may be of any length".to_owned());
            }
            Ok(Measure { is_empty: false, depth: items.depth + 1 })
        }
        Schema::Map(map) => Ok(Measure { is_empty: false, depth: measured(&map.types, records)?.depth + 1 }),
        Schema::Union(union) => {
            let depths = union.variants().iter().map(|variant| Ok(measured(variant, records)?.depth));
            Ok(Measure { is_empty: false, depth: depths.collect::<Result<Vec<_>, Refusal>>()?.into_iter().max().unwrap_or_default() })
        }
        Schema::Record(record) => {
            let name = record.name.fullname(None);
            records.insert(name.clone(), None);
            let mut depth = 0;
            for field in &record.fields {
                named(&field.name)?;
                let value = measured(&field.schema, records)?;
                if value.is_empty {
                    return Err(format!("the field {} of {name} takes no bytes, and could be there without end", field.name));
                }
                depth = depth.max(value.depth);
            }
            let measure = Measure { is_empty: record.fields.is_empty(), depth: depth + 1 };
            records.insert(name, Some(measure));
            Ok(measure)
        }
        Schema::Ref { name } => match records.get(&name.fullname(None)) {
            Some(Some(measure)) => Ok(*measure),
            Some(None) => Err(format!("{} holds itself, so that a value may be of any depth", name.fullname(None))),
            // An enumeration or a fixed number of bytes.
            None => Ok(flat(false)),
        },
        // All others take a byte at least, and hold nothing.
        _ => Ok(flat(false)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::compiled::Compiled;
    use super::*;

    fn record(name: &str, fields: &[&str]) -> String {
        let fields: Vec<String> = fields.iter().enumerate().map(|(number, kind)| format!(r#"{{"name":"f{number}","type":{kind}}}"#)).collect();
        format!(r#"{{"type":"record","name":"{name}","fields":[{}]}}"#, fields.join(","))
    }

    #[test]
    fn avro_schemas_of_values_without_end_are_not_taken() {
        let deep = |depth: usize| (0..depth).fold(r#""int""#.to_owned(), |inner, level| record(&format!("L{level}"), &[&inner]));
        let chained: Vec<String> =
            (0..40).map(|level| record(&format!("L{level}"), &[&if level == 0 { r#""int""#.to_owned() } else { format!("\"L{}\"", level - 1) }])).collect();
        let chained = record("T", &chained.iter().map(String::as_str).collect::<Vec<_>>());
        let long =
            format!(r#"{{"type":"array","items":{{"type":"record","name":"T","fields":[{{"name":"{}","type":"int"}}]}}}}"#, "n".repeat(NAME_BYTES_MAX + 1));
        let symbol = format!(r#"{{"type":"enum","name":"E","symbols":["{}"]}}"#, "S".repeat(NAME_BYTES_MAX + 1));
        for (schema, said) in [
            (record("N", &[r#"["null","N"]"#]), "holds itself"),
            (record("a.b.N", &[r#"["null","N"]"#]), "holds itself"),
            (record("a.N", &[&record("M", &[r#"["null","a.N"]"#])]), "holds itself"),
            (r#"{"type":"array","items":"null"}"#.to_owned(), "no bytes"),
            (record("a.E", &[&record("F", &[]), r#"{"type":"array","items":"F"}"#]), "no bytes"),
            (record("D", &[r#""null""#, r#""int""#]), "no bytes"),
            (record("X", &[r#"{"type":"fixed","name":"Z","size":0}"#]), "no bytes"),
            (deep(DEPTH_MAX + 1), "deep"),
            (chained, "deep"),
            (long, "longer"),
            (symbol, "longer"),
        ] {
            let refused = Compiled::avro(&schema, &[]).err().unwrap_or_else(|| panic!("{schema} is taken"));
            assert!(refused.contains(said), "{refused} does not say {said}");
        }
        for schema in
            [record("T", &[&record("P", &[r#""int""#]), r#""P""#]), record("U", &[r#"["null","int"]"#, r#"{"type":"map","values":"null"}"#]), deep(DEPTH_MAX)]
        {
            assert!(Compiled::avro(&schema, &[]).is_ok(), "{schema}");
        }
        assert!(Compiled::avro("{", &[]).is_err());
    }

    #[test]
    fn protobuf_schemas_of_anything_and_of_long_names_are_not_taken() {
        let any = "syntax = \"proto3\"; import \"google/protobuf/any.proto\"; message T { google.protobuf.Any a = 1; }";
        let long = format!("syntax = \"proto3\"; message T {{ string {} = 1; }}", "n".repeat(NAME_BYTES_MAX + 1));
        for (schema, said) in [(any, "anything"), (&long, "longer")] {
            let refused = Compiled::protobuf(schema, &[]).err().unwrap_or_else(|| panic!("{schema} is taken"));
            assert!(refused.contains(said), "{refused}");
        }
        let itself = Compiled::protobuf("syntax = \"proto3\"; message T { T t = 1; }", &[]).expect("taken");
        let nested =
            |depth: usize| (0..depth).fold(Vec::new(), |inner: Vec<u8>, _| [&[10, u8::try_from(inner.len()).expect("short")], inner.as_slice()].concat());
        let framed = |depth: usize| [&[0], nested(depth).as_slice()].concat();
        assert!(itself.read(&framed(10)).is_some(), "it ends");
        let bottomless = (0..8000).fold(Vec::new(), |inner: Vec<u8>, _| {
            let mut length = Vec::new();
            let mut left = inner.len();
            while left > 0x7f {
                length.push(u8::try_from(left & 0x7f).expect("seven bits") | 0x80);
                left >>= 7;
            }
            length.push(u8::try_from(left).expect("seven bits"));
            [&[10], length.as_slice(), inner.as_slice()].concat()
        });
        assert!(itself.read(&[&[0], bottomless.as_slice()].concat()).is_none(), "the reader's depth is bounded");
    }
}
