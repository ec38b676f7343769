//! Reads a record: from bytes to an event that can be meant, or to why it cannot.
//!
//! One pass over the text checks the JSON, hashes its content, looks for card numbers and puts each known field into a
//! slot; the event is then made of the slots. What is wrong is told in this order: size, JSON, card numbers, type,
//! absent fields, fields. A field that no table names is part of the content and otherwise ignored; `null` is as
//! absent. Bounds: [`RECORD_BYTES_MAX`], and [`DEPTH_MAX`] levels of nesting.
#![deny(clippy::wildcard_enum_match_arm)]

mod body;
mod capture;
mod card;
mod check;
mod content;
mod contract;
mod control;
mod event;
mod fault;
mod hint;
mod mask;
mod mask_customer;
mod mistyped;
mod opening;
mod report;
mod scan;
mod slots;
mod tree;
mod words;

pub use hint::hint;
pub use mask::{MASKED_CHARACTERS_MAX, Masked, mask, mask_whole};
pub use mistyped::mistyped_contract;
pub use scan::DEPTH_MAX;

use crate::error::{QuarantineCode, Unreadable};
use crate::event::TerminalEvent;
use crate::ids::{EventId, MerchantId};
use crate::wire::field::Field;
use fault::Fault;
use scan::{Malformed, Scanner};
use slots::Slots;
use std::borrow::Cow;

/// The largest record: 64 KiB.
pub const RECORD_BYTES_MAX: usize = 65_536;

/// An event that was read, and a hash of its content that does not depend on the order of keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The event.
    pub event: TerminalEvent,
    /// Equal for equal JSON values.
    pub content: u128,
}

/// Whether a text has what would quarantine its record as card data.
pub fn has_card_number(text: &str) -> bool {
    card::found(text)
}

/// Reads the value of a record.
pub fn decode(value: &[u8]) -> Result<Decoded, Unreadable> {
    let mut slots = Slots::new();
    decode_into(value, &mut slots).map_err(|fault| Unreadable {
        code: fault.code,
        detail: fault.detail,
        id: kept(&slots, Field::Id).and_then(|text| EventId::new(&text)),
        merchant: kept(&slots, Field::Merchant).and_then(|text| MerchantId::new(&text)),
    })
}

/// What may be told of a record that cannot be read: nothing that may be a card number.
fn kept<'a>(slots: &Slots<'a>, field: Field) -> Option<Cow<'a, str>> {
    slots.text(field).ok().flatten().filter(|text| fault::may_be_kept(text))
}

fn decode_into<'a>(value: &'a [u8], slots: &mut Slots<'a>) -> Result<Decoded, Fault> {
    if value.len() > RECORD_BYTES_MAX {
        return Err(Fault::new(QuarantineCode::TooLarge, format!("{} bytes: a record has at most {RECORD_BYTES_MAX}", value.len())));
    }
    let malformed = |Malformed { at, why }| Fault::new(QuarantineCode::Malformed, format!("byte {at}: {why}"));
    if value.first() == Some(&0) {
        return Err(malformed(Malformed { at: 0, why: "Confluent framing whose bytes no schema reads" }));
    }
    let text = std::str::from_utf8(value).map_err(|error| malformed(Malformed { at: error.valid_up_to(), why: "not UTF-8" }))?;
    let scanned = scan_event(text, slots).map_err(malformed)?;
    if let Some(place) = scanned.card {
        return Err(Fault::new(QuarantineCode::CardData, format!("{place}: holds a card number")));
    }
    Ok(Decoded { event: event::event(slots)?, content: scanned.content })
}

struct Scanned {
    content: u128,
    /// The field with the first card number.
    card: Option<String>,
}

/// Scans a whole record into its slots.
fn scan_event<'a>(text: &'a str, slots: &mut Slots<'a>) -> Result<Scanned, Malformed> {
    let mut scanner = Scanner::new(text);
    let mut sum = content::Sum::default();
    let mut card = None;
    scanner.expect(b'{', "not a JSON object")?;
    scanner.enter()?;
    while scanner.more(b'}', sum.count() == 0)? {
        let key = scanner.key()?;
        let field = Field::from_name(&key);
        let seed = field.map_or_else(|| content::key_seed(&key), content::field_seed);
        let (value, content) = scanner.value(seed)?;
        sum.add(content);
        if scanner.card && card.is_none() {
            card = Some(fault::shown(&key));
        }
        match field {
            Some(field) => {
                if !slots.set(field, value) {
                    return scanner.fail("a key is there twice");
                }
            }
            None => scanner.remember_key(seed),
        }
    }
    scanner.forget_keys(0)?;
    scanner.end()?;
    Ok(Scanned { content: sum.finish(0, content::Kind::Object), card })
}

#[cfg(test)]
mod tests {
    use super::scan::Value;
    use super::*;

    #[test]
    fn a_second_value_of_a_field_leaves_none() {
        let mut slots = Slots::new();
        assert!(slots.set(Field::Id, Value::Null));
        assert!(!slots.set(Field::Id, Value::Text("e1")));
        assert_eq!(slots.get(Field::Id), None);
    }
}
