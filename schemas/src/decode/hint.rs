//! The way out for whoever sent a record that cannot be read: what such a record looks like, which names there are, and
//! which of them may have been meant.
//!
//! A hint is for the sender alone. It is no part of what the ledger keeps of a record that is set aside: its words may
//! change, and the journal's must not.

use super::RECORD_BYTES_MAX;
use super::fault::shown;
use crate::error::{QuarantineCode, Unreadable};
use crate::event::{EventType, Rate};
use crate::nearest::nearest;
use crate::wire::event_type::{RULES, Rule, Scope};
use crate::wire::field::{CALENDAR_YEARS, Field};
use crate::wire::shape::Shape;
use serde_json::{Map, Value};

/// What to send instead, where the code and the detail of `error` do not say it all.
pub fn hint(value: &[u8], error: &Unreadable) -> Option<String> {
    match error.code {
        QuarantineCode::Malformed => malformed(value),
        QuarantineCode::UnknownType => Some(unknown_type(&fields(value)?)),
        QuarantineCode::MissingField => missing_field(&fields(value)?),
        QuarantineCode::TooLarge => Some("send what is not the ledger's elsewhere, and its id as `reference`".to_owned()),
        QuarantineCode::CardData => Some("send a token in its place; nothing of it was kept".to_owned()),
        QuarantineCode::BadField => bounds(&error.detail),
        QuarantineCode::BadAmount
        | QuarantineCode::BadContract
        | QuarantineCode::Conflict
        | QuarantineCode::WrongPartition
        | QuarantineCode::NotOpened
        | QuarantineCode::AlreadyOpened => None,
    }
}

/// How large a value may be that is written as it must be, and is not taken all the same: the detail tells how it is written.
fn bounds(detail: &str) -> Option<String> {
    let must_be = |shape: Shape| detail.ends_with(&format!("must be {}", shape.expected()));
    if must_be(Shape::Instant) || must_be(Shape::Date) {
        let (from, to) = CALENDAR_YEARS;
        return Some(format!("of the years {from} to {to}"));
    }
    must_be(Shape::Rate).then(|| format!("at most {}", Rate::DIGITS_MAX / 10u64.pow(u32::from(Rate::DECIMALS))))
}

fn fields(value: &[u8]) -> Option<Map<String, Value>> {
    if value.len() > RECORD_BYTES_MAX {
        return None;
    }
    serde_json::from_slice(value).ok()
}

fn malformed(value: &[u8]) -> Option<String> {
    const EXAMPLE: &str =
        r#"{"id":"e1","type":"refund","merchant":"M1","payment":"P1","occurred_at":"2026-11-23T10:15:00+08:00","amount":"1.00","currency":"CNY"}"#;
    match value.trim_ascii_start().first() {
        // What an object lacks is told by the place where the reading ended.
        Some(b'{') => None,
        Some(b'[') => Some("a list is not read: send one event a line, as application/x-ndjson".to_owned()),
        _ => Some(format!("an event is a JSON object such as {EXAMPLE}")),
    }
}

fn unknown_type(fields: &Map<String, Value>) -> String {
    let names = || RULES.iter().map(|rule| rule.name);
    let meant = fields.get(Field::Type.name()).and_then(Value::as_str).and_then(|word| nearest(word, names()));
    meant.map_or_else(|| format!("there are {}", names().collect::<Vec<_>>().join(", ")), |name| format!("did you mean {name}?"))
}

/// What the type needs, and a field of the record that may be the absent one, mistyped.
fn missing_field(fields: &Map<String, Value>) -> Option<String> {
    let Some(name) = fields.get(Field::Type.name()).and_then(Value::as_str) else {
        return Some(mistyped(fields, [Field::Type.name()].as_slice()).unwrap_or_else(|| "it says what happened, such as sale".to_owned()));
    };
    let rule = EventType::from_name(name)?.rule();
    let needs = needs(rule);
    let absent: Vec<&str> = needs.iter().copied().filter(|name| fields.get(*name).is_none_or(Value::is_null)).collect();
    let all = format!("{name} needs {}", needs.join(", "));
    Some(mistyped(fields, &absent).map_or_else(|| all.clone(), |meant| format!("{all}; {meant}")))
}

fn needs(rule: &Rule) -> Vec<&'static str> {
    let always: &[Field] = if rule.scope == Scope::Control { &[Field::Id] } else { &[Field::Id, Field::Merchant, Field::OccurredAt] };
    always.iter().chain(rule.needs).map(|field| field.name()).collect()
}

/// The first key that no table knows and that is near an absent one.
fn mistyped(fields: &Map<String, Value>, absent: &[&str]) -> Option<String> {
    let unknown = fields.keys().filter(|key| Field::from_name(key).is_none());
    unknown.into_iter().find_map(|key| nearest(key, absent.iter().copied()).map(|meant| format!("is {} meant as {meant}?", shown(key))))
}

#[cfg(test)]
mod tests {
    use super::super::decode;
    use super::*;

    #[test]
    fn whoever_sent_it_learns_what_to_send() {
        let refund = r#"{"id":"e","type":"refund","merchant":"M1","occurred_at":"2026-11-23T10:15:00+08:00","payment":"P","currency":"CNY""#;
        for (record, said) in [
            ("hello".to_owned(), "JSON object such as"),
            ("[{}]".to_owned(), "one event a line"),
            (r#"{"id":"e","type":"salle"}"#.to_owned(), "did you mean sale?"),
            (r#"{"id":"e","type":"cash"}"#.to_owned(), "preauth_placed, preauth_increased"),
            (r#"{"id":"e","typ":"sale"}"#.to_owned(), "is typ meant as type?"),
            (r#"{"id":"e"}"#.to_owned(), "such as sale"),
            (format!("{refund}}}"), "refund needs id, merchant, occurred_at, payment, amount, currency"),
            (format!(r#"{refund},"ammount":"1.00"}}"#), "is ammount meant as amount?"),
            (r#"{"id":"e","type":"day_closed"}"#.to_owned(), "day_closed needs id, date"),
            // Written as it must be, and beyond what is taken.
            (refund.replace("2026-11-23T", "9999-12-31T") + r#","amount":"1.00"}"#, "of the years 1900 to 9000"),
            (refund.replace("2026-11-23T", "1890-11-23T") + r#","amount":"1.00"}"#, "of the years 1900 to 9000"),
            (r#"{"id":"e","type":"day_closed","date":"9999-12-31"}"#.to_owned(), "of the years 1900 to 9000"),
            (r#"{"id":"e","type":"calendar_set","calendar":"CN","year":2026,"closed":["1890-01-01"],"open":[]}"#.to_owned(), "of the years 1900 to 9000"),
            (
                refund.replace("refund", "sale") + r#","card":"credit","scheme":"visa","amount":"1.00","settled_currency":"EUR","rate":"99999999999999"}"#,
                "at most 1000000",
            ),
        ] {
            let error = decode(record.as_bytes()).expect_err(&record);
            let told = hint(record.as_bytes(), &error).unwrap_or_else(|| panic!("{record}: no hint"));
            assert!(told.contains(said), "{record}: {told}");
        }
    }

    #[test]
    fn what_is_wrong_for_another_reason_is_told_no_bounds() {
        let calendar = r#"{"id":"e","type":"calendar_set","calendar":"CN","year":2026,"closed":["2027-01-01"],"open":[]}"#;
        let error = decode(calendar.as_bytes()).expect_err("another year");
        assert_eq!((error.code, hint(calendar.as_bytes(), &error)), (QuarantineCode::BadField, None), "{}", error.detail);
    }

    #[test]
    fn a_hint_repeats_no_card_number() {
        let record = r#"{"id":"e","type":"day_closed","4111111111111111":1}"#;
        let error = Unreadable { code: QuarantineCode::MissingField, detail: String::new(), id: None, merchant: None };
        assert!(!hint(record.as_bytes(), &error).unwrap_or_default().contains("41111"));
    }
}
