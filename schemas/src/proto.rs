//! The Protobuf schemas (proto3) of what travels, printed from the tables of `wire`. A field's number is its place, so that a new one comes
//! last. Texts, dates, instants and amounts are strings, as in JSON.

use crate::wire::output::{TOPICS, event_members, file_name};
use crate::wire::portable::Portable;
use crate::wire::shape::{Member, Shape};
use std::collections::BTreeSet;

/// A text or a list of texts.
const NAMES: &str = "google.protobuf.Value";

/// Every schema, by the name of its file.
pub fn documents() -> Vec<(String, String)> {
    let mut documents = vec![("terminal-event.proto".to_owned(), file("TerminalEvent", "An event as a terminal's system sends it.", &event_members()))];
    documents.extend(TOPICS.iter().map(|(_, _, of)| (format!("{}.proto", file_name(of.name)), file(of.name, of.about, of.members))));
    documents
}

/// The message of the file first, so that its index in Confluent's framing is 0; then those that it holds.
fn file(name: &str, about: &str, members: &[Member]) -> String {
    let (mut known, mut waiting) = (BTreeSet::from([name.to_owned()]), Vec::new());
    let mut text = message(name, about, members, &mut waiting);
    while !waiting.is_empty() {
        for (name, about, members) in std::mem::take(&mut waiting) {
            if known.insert(name.clone()) {
                text.push('\n');
                text.push_str(&message(&name, &about, &members, &mut waiting));
            }
        }
    }
    let import = if text.contains(NAMES) { "import \"google/protobuf/struct.proto\";\n\n" } else { "" };
    format!("syntax = \"proto3\";\n\npackage merchant_ledger.v1;\n\n{import}{text}")
}

type Waiting = Vec<(String, String, Vec<Member>)>;

fn message(name: &str, about: &str, members: &[Member], waiting: &mut Waiting) -> String {
    let fields = members.iter().zip(1..).map(|(member, number)| {
        let (label, kind) = field(&member.shape, member.required, waiting);
        format!("  // {}\n  {label}{kind} {} = {number};\n", member.about, member.name)
    });
    let fields: String = fields.collect();
    format!("// {about}\nmessage {name} {{\n{fields}}}\n")
}

/// The label and the type of a field; messages that it names wait to be written. A number or flag is always `optional`, so that a zero
/// is there and is not taken for nothing.
fn field(shape: &Shape, is_required: bool, waiting: &mut Waiting) -> (&'static str, String) {
    match Portable::of(shape) {
        Portable::Text => (if is_required { "" } else { "optional " }, "string".to_owned()),
        Portable::Integer => ("optional ", "int64".to_owned()),
        Portable::Flag => ("optional ", "bool".to_owned()),
        Portable::List(of) => ("repeated ", field(of, true, waiting).1),
        Portable::Names => ("", format!("map<string, {NAMES}>")),
        Portable::Record(name, about, members) => {
            waiting.push((name.to_owned(), about.to_owned(), members));
            ("", name.to_owned())
        }
    }
}
