//! What is wrong with an event: a code and a sentence that names the field, without card numbers.

use super::{card, mask};
use crate::error::QuarantineCode;
use crate::money::{AMOUNT_MINOR_MAX, AmountError, Currency, parse_scaled};
use crate::wire::shape::{Shape, decimals_of};

/// How many characters of a value a detail repeats.
const SHOWN_CHARACTERS_MAX: usize = 40;

/// A code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: QuarantineCode,
    pub detail: String,
}

impl Fault {
    /// Any code.
    pub fn new(code: QuarantineCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// A field is needed and absent.
    #[cold]
    pub fn missing(field: &str) -> Self {
        Self::new(QuarantineCode::MissingField, format!("{field}: is needed"))
    }

    /// A field says nothing that can be meant.
    #[cold]
    pub fn bad(field: &str, shown: &str, shape: &Shape) -> Self {
        Self::new(QuarantineCode::BadField, format!("{field}: {shown}: must be {}", shape.expected()))
    }

    /// A field contradicts another.
    #[cold]
    pub fn contradiction(field: &str, why: &str) -> Self {
        Self::new(QuarantineCode::BadField, format!("{field}: {why}"))
    }

    /// An amount that is none.
    #[cold]
    pub fn amount(field: &str, shown: &str, why: &str) -> Self {
        Self::new(QuarantineCode::BadAmount, format!("{field}: {shown}: {why}"))
    }
}

/// What a detail repeats of a value: its first characters, card numbers masked, control characters escaped.
pub fn shown(text: &str) -> String {
    let (masked, _) = mask::whole(text);
    let mut shown: String = masked.chars().take(SHOWN_CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    if masked.chars().nth(SHOWN_CHARACTERS_MAX).is_some() {
        shown.push('…');
    }
    if shown.is_empty() { "empty".into() } else { shown }
}

/// Reads an amount in minor units of its currency.
pub fn minor(field: &str, text: &str, currency: Currency, zero: bool) -> Result<u64, Fault> {
    let why = match parse_scaled(text, currency.exponent(), AMOUNT_MINOR_MAX) {
        Ok(0) if !zero => "must be above zero".into(),
        Ok(minor) => return Ok(minor),
        Err(AmountError::Decimals) => decimals_of(currency),
        Err(AmountError::Syntax) => "must be digits and a point".into(),
        Err(AmountError::TooLarge) => "above 10^15 minor units".to_owned(),
    };
    Err(Fault::amount(field, &shown(text), &why))
}

/// Whether a text may be kept of a record that is set aside.
pub fn may_be_kept(text: &str) -> bool {
    !card::struck_out(text).1
}
