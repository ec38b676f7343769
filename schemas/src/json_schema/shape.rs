//! The schema of a value of each shape.

use super::CONTRACT_FILE;
use crate::ids::{AccountId, PayoutId, PspId, Reference, SchemeId};
use crate::money::AMOUNT_MINOR_MAX;
use crate::wire::shape::{Charset, PAYOUT_RESERVED, Shape};
use serde_json::{Value, json};

/// A date as an expression, of the years that there are: `CALENDAR_YEARS`, which a test holds it to.
const CALENDAR_DATE: &str = "(19[0-9]{2}|[2-8][0-9]{3}|9000)-[0-9]{2}-[0-9]{2}";
/// How many digits an amount of an event has at most before its point, zeros in front left out: those of the largest number of minor units,
/// in a currency that has no decimals.
const WHOLE_DIGITS_MAX: u32 = AMOUNT_MINOR_MAX.ilog10() + 1;

/// The shape of a field of an event, whose amounts are bounded; what the ledger writes adds them up.
pub fn shape_of_event(shape: &Shape) -> Value {
    if let Shape::Amount { zero: false } = shape {
        let rest = WHOLE_DIGITS_MAX - 1;
        return json!({ "type": "string", "pattern": format!("^(0*[1-9][0-9]{{0,{rest}}}(\\.[0-9]+)?|0+\\.0*[1-9][0-9]*)$") });
    }
    self::shape(shape)
}

/// The schema of a value of a shape. An object is referred to by its name.
pub fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text { charset, max } => text(*charset, *max),
        Shape::Reference => json!({
            "type": "string",
            "pattern": format!("^(?![0-9]{{{},{}}}$)[A-Za-z0-9._:@/-]{{1,{}}}$", Reference::CARD_DIGITS.start(), Reference::CARD_DIGITS.end(), Reference::MAX_LENGTH),
            "description": "how the scheme or PSP names it; 13 to 19 digits have a letter before them",
        }),
        Shape::Payout => json!({ "type": "string", "pattern": format!("^(?!{PAYOUT_RESERVED}$)[A-Za-z0-9._:@/-]{{1,{}}}$", PayoutId::MAX_LENGTH) }),
        Shape::Prose => json!({ "type": "string", "minLength": 1 }),
        Shape::Remark => json!({ "type": "string" }),
        Shape::OneOf(words) => json!({ "type": "string", "enum": words }),
        Shape::Amount { zero: true } => json!({ "type": "string", "pattern": format!("^0*[0-9]{{1,{WHOLE_DIGITS_MAX}}}(\\.[0-9]+)?$") }),
        Shape::Amount { zero: false } => json!({ "type": "string", "pattern": "^(0*[1-9][0-9]*(\\.[0-9]+)?|0+\\.0*[1-9][0-9]*)$" }),
        Shape::Percent => json!({ "type": "string", "pattern": "^0*([0-9]{1,2}(\\.[0-9]{1,6})?|100(\\.0{1,6})?)$" }),
        Shape::Rate => json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,12})?$" }),
        Shape::Currency => json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
        Shape::TimeZone => json!({ "type": "string", "minLength": 1 }),
        Shape::Date => json!({ "type": "string", "format": "date", "pattern": format!("^{CALENDAR_DATE}$") }),
        Shape::Instant => json!({
            "type": "string", "format": "date-time", "minLength": 20, "pattern": format!("^{CALENDAR_DATE}[Tt ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}"),
        }),
        Shape::CategoryCode => json!({ "type": "string", "pattern": "^[0-9]{4}$" }),
        Shape::Source => json!({
            "type": "string",
            "pattern": format!(
                "^(scheme:[^\\u0000-\\u001f\\u007f]{{1,{}}}|psp:[A-Za-z0-9._-]{{1,{}}}|bank:[A-Za-z0-9._:@/-]{{1,{}}})$",
                SchemeId::MAX_LENGTH, PspId::MAX_LENGTH, AccountId::MAX_LENGTH
            ),
        }),
        Shape::ReportedFee => json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" }),
        Shape::Names { max } => json!({
            "type": "object",
            "additionalProperties": { "anyOf": [text(Charset::Free, *max), { "type": "array", "items": text(Charset::Free, *max) }] },
        }),
        Shape::Book => json!({ "type": "string", "pattern": format!("^(bank|psp:[A-Za-z0-9._-]{{1,{}}})$", PspId::MAX_LENGTH) }),
        Shape::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::List(of) => json!({ "type": "array", "items": self::shape(of) }),
        Shape::Object(record) => refer(record.name),
        Shape::Tagged(union) => refer(union.name),
        Shape::Contract => json!({ "$ref": CONTRACT_FILE }),
    }
}

/// A reference to a definition of the same document.
pub fn refer(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// A text of a set of characters.
pub fn text(charset: Charset, max: usize) -> Value {
    match charset {
        Charset::Wide => json!({ "type": "string", "pattern": format!("^[A-Za-z0-9._:@/-]{{1,{max}}}$") }),
        Charset::Narrow => json!({ "type": "string", "pattern": format!("^[A-Za-z0-9._-]{{1,{max}}}$") }),
        Charset::Free => json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": "^[^\\u0000-\\u001f\\u007f]*$" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::field::CALENDAR_YEARS;

    #[test]
    fn bounds_are_those_of_decoding() {
        assert_eq!(CALENDAR_YEARS, (1900, 9000), "of CALENDAR_DATE");
        assert_eq!(WHOLE_DIGITS_MAX.to_string(), AMOUNT_MINOR_MAX.to_string().len().to_string());
        assert_eq!(shape(&Shape::Amount { zero: true })["pattern"], "^0*[0-9]{1,16}(\\.[0-9]+)?$");
        assert_eq!(shape_of_event(&Shape::Amount { zero: false })["pattern"], "^(0*[1-9][0-9]{0,15}(\\.[0-9]+)?|0+\\.0*[1-9][0-9]*)$");
        assert_eq!(shape(&Shape::Date)["pattern"], "^(19[0-9]{2}|[2-8][0-9]{3}|9000)-[0-9]{2}-[0-9]{2}$");
        assert_eq!(shape(&Shape::OneOf(&["a"])), json!({"type": "string", "enum": ["a"]}));
    }
}
