//! The Protobuf schemas (proto3) of what travels, printed from the tables of `wire`. A field's number is its place, so that a new one comes
//! last. Texts, dates, instants and amounts are strings, as in JSON.

use crate::wire::contract_shape::CONTRACT;
use crate::wire::output::{TOPICS, event_members, file_name, united};
use crate::wire::shape::{Member, Shape};
use std::collections::BTreeSet;

/// Every schema, by the name of its file.
pub fn documents() -> Vec<(String, String)> {
    let mut documents = vec![("terminal-event.proto".to_owned(), file("TerminalEvent", "An event as a terminal's system sends it.", &event_members()))];
    documents.extend(TOPICS.iter().map(|(_, _, of)| (format!("{}.proto", file_name(of.name)), file(of.name, of.about, of.members))));
    documents
}

/// The message of the file first, so that its index in Confluent's framing is 0; then those that it holds.
fn file(name: &str, about: &str, members: &[Member]) -> String {
    let (mut known, mut waiting) = (BTreeSet::from([name.to_owned()]), Vec::new());
    let mut text = format!("syntax = \"proto3\";\n\npackage merchant_ledger.v1;\n\n{}", message(name, about, members, &mut waiting));
    while !waiting.is_empty() {
        for (name, about, members) in std::mem::take(&mut waiting) {
            if known.insert(name.clone()) {
                text.push('\n');
                text.push_str(&message(&name, &about, &members, &mut waiting));
            }
        }
    }
    text
}

type Waiting = Vec<(String, String, Vec<Member>)>;

fn message(name: &str, about: &str, members: &[Member], waiting: &mut Waiting) -> String {
    let fields = members.iter().zip(1..).map(|(member, number)| {
        let (label, kind) = field(&member.shape, waiting);
        let label = if label.is_empty() && !member.required && is_scalar(&member.shape) { "optional " } else { label };
        format!("  // {}\n  {label}{kind} {} = {number};\n", member.about, member.name)
    });
    let fields: String = fields.collect();
    format!("// {about}\nmessage {name} {{\n{fields}}}\n")
}

const fn is_scalar(shape: &Shape) -> bool {
    !matches!(shape, Shape::Object(_) | Shape::Tagged(_) | Shape::Contract | Shape::Names { .. } | Shape::List(_))
}

/// The label and the type of a field; messages that it names wait to be written.
fn field(shape: &Shape, waiting: &mut Waiting) -> (&'static str, String) {
    let mut named = |name: &str, about: &str, members: Vec<Member>| {
        waiting.push((name.to_owned(), about.to_owned(), members));
        ("", name.to_owned())
    };
    match shape {
        Shape::Whole { .. } | Shape::Integer => ("", "int64".to_owned()),
        Shape::Flag => ("", "bool".to_owned()),
        Shape::List(of) => ("repeated ", field(of, waiting).1),
        Shape::Names { .. } => ("", "map<string, string>".to_owned()),
        Shape::Object(of) => named(of.name, of.about, of.members.to_vec()),
        Shape::Tagged(union) => named(union.name, union.about, united(union)),
        Shape::Contract => named("Contract", "The contract of a merchant, whole.", CONTRACT.to_vec()),
        Shape::Text { .. }
        | Shape::Reference
        | Shape::Payout
        | Shape::Prose
        | Shape::Remark
        | Shape::OneOf(_)
        | Shape::Amount { .. }
        | Shape::Percent
        | Shape::Rate
        | Shape::Currency
        | Shape::TimeZone
        | Shape::Date
        | Shape::Instant
        | Shape::CategoryCode
        | Shape::Book
        | Shape::Source
        | Shape::ReportedFee => ("", "string".to_owned()),
    }
}
