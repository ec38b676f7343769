//! Money: currencies of ISO 4217, amounts in unsigned minor units, decimal strings on the wire.
//!
//! The exponent of the currency decides how many decimals there are (JPY 0, CNY 2, KWD 3). An amount with more
//! decimals than that is unreadable; nothing is ever rounded on the way in.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The largest amount that one event may carry: 10^15 minor units.
pub const AMOUNT_MINOR_MAX: u64 = 1_000_000_000_000_000;

/// A currency of ISO 4217 that has minor units.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

impl Currency {
    /// Looks a three-letter code up; `None` when ISO 4217 has no such currency or gives it no minor unit (gold, say).
    pub fn from_code(code: &str) -> Option<Self> {
        // The currencies that nearly every event is in, without the table.
        match code {
            "CNY" => return Some(Self { code: *b"CNY", exponent: 2 }),
            "JPY" => return Some(Self { code: *b"JPY", exponent: 0 }),
            _ => {}
        }
        let found = iso_currency::Currency::from_code(code)?;
        let exponent = u8::try_from(found.exponent()?).ok()?;
        let code = code.as_bytes().try_into().ok()?;
        Some(Self { code, exponent })
    }

    /// Why nobody can be paid in it any more, or never could; `None` where it is in use.
    pub fn out_of_use(&self) -> Option<OutOfUse> {
        let found = iso_currency::Currency::from_code(self.code())?;
        if found.is_special() {
            return Some(OutOfUse::Unit);
        }
        // ISO 4217 lists VES and VED side by side, and it is VES that Venezuela pays in.
        found.is_superseded().filter(|_| self.code() != "VES").map(|successor| OutOfUse::SupersededBy(successor.code()))
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("???")
    }

    /// The same as bytes.
    pub const fn letters(&self) -> &[u8; 3] {
        &self.code
    }

    /// Decimals of the minor unit.
    pub const fn exponent(&self) -> u8 {
        self.exponent
    }
}

/// Why a code of ISO 4217 is no currency that anybody can be paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfUse {
    /// Another one took its place: its three letters.
    SupersededBy(&'static str),
    /// It is a unit of account, and never was money.
    Unit,
}

impl fmt::Display for OutOfUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SupersededBy(successor) => write!(f, "is superseded by {successor}"),
            Self::Unit => f.write_str("is a unit of account, in which nobody is paid"),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.serialize_str(self.code()) } else { (self.code, self.exponent).serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let code = std::borrow::Cow::<str>::deserialize(deserializer)?;
            Self::from_code(&code).ok_or_else(|| serde::de::Error::custom("not a currency of ISO 4217"))
        } else {
            let (code, exponent) = Deserialize::deserialize(deserializer)?;
            Ok(Self { code, exponent })
        }
    }
}

/// An amount of one currency, in its minor units, as an event carries it. Zero only where the field allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// What it is counted in.
    pub currency: Currency,
    /// Minor units, at most [`AMOUNT_MINOR_MAX`].
    pub minor: u64,
}

/// Why a decimal string is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Something other than digits and one point between digits.
    #[error("not a decimal of digits and a point")]
    Syntax,
    /// More decimals than the minor unit has.
    #[error("more decimals than the currency has")]
    Decimals,
    /// Above [`AMOUNT_MINOR_MAX`].
    #[error("above 10^15 minor units")]
    TooLarge,
}

/// Reads a decimal string into an integer scaled by `10^decimals`: `"12.5"` with 2 decimals is 1250.
pub fn parse_scaled(text: &str, decimals: u8, max: u64) -> Result<u64, AmountError> {
    let bytes = text.as_bytes();
    let (mut value, mut point, mut seen) = (0u64, None, 0usize);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if let Some(after) = &mut point {
                    *after += 1u32;
                    if *after > u32::from(decimals) {
                        return Err(AmountError::Decimals);
                    }
                }
                seen += 1;
                value = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(byte - b'0'))).ok_or(AmountError::TooLarge)?;
            }
            b'.' if point.is_none() && at > 0 && at + 1 < bytes.len() => point = Some(0),
            _ => return Err(AmountError::Syntax),
        }
    }
    if seen == 0 {
        return Err(AmountError::Syntax);
    }
    let missing = u32::from(decimals) - point.unwrap_or(0);
    let value = 10u64.checked_pow(missing).and_then(|scale| value.checked_mul(scale)).ok_or(AmountError::TooLarge)?;
    if value > max { Err(AmountError::TooLarge) } else { Ok(value) }
}

/// Writes minor units as a decimal string with exactly `decimals` decimals: 1250 with 2 is `12.50`.
pub fn format_scaled(minor: i128, decimals: u8) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let magnitude = minor.unsigned_abs();
    if decimals == 0 {
        return format!("{sign}{magnitude}");
    }
    // 10^decimals fits: ISO 4217 has at most four decimals, percentages six.
    let scale = 10u128.pow(u32::from(decimals));
    format!("{sign}{}.{:0width$}", magnitude / scale, magnitude % scale, width = usize::from(decimals))
}

/// Writes minor units of a currency as the wire does.
pub fn format_minor(minor: i128, currency: Currency) -> String {
    format_scaled(minor, currency.exponent())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, decimals, expected) in [
            ("128.50", 2, Ok(12850)),
            ("128.5", 2, Ok(12850)),
            ("128", 2, Ok(12800)),
            ("0.001", 3, Ok(1)),
            ("7", 0, Ok(7)),
            ("007.10", 2, Ok(710)),
            ("1.234", 2, Err(AmountError::Decimals)),
            ("1.0", 0, Err(AmountError::Decimals)),
            ("", 2, Err(AmountError::Syntax)),
            (".", 2, Err(AmountError::Syntax)),
            (".5", 2, Err(AmountError::Syntax)),
            ("5.", 2, Err(AmountError::Syntax)),
            ("-1", 2, Err(AmountError::Syntax)),
            ("+1", 2, Err(AmountError::Syntax)),
            ("1e3", 2, Err(AmountError::Syntax)),
            ("1,000", 2, Err(AmountError::Syntax)),
            ("1.2.3", 2, Err(AmountError::Syntax)),
            ("10000000000000.00", 2, Ok(AMOUNT_MINOR_MAX)),
            ("10000000000000.01", 2, Err(AmountError::TooLarge)),
            ("99999999999999999999", 2, Err(AmountError::TooLarge)),
        ] {
            assert_eq!(parse_scaled(text, decimals, AMOUNT_MINOR_MAX), expected, "{text:?} with {decimals} decimals");
        }
    }

    #[test]
    fn exponents_are_those_of_iso_4217() {
        for (code, exponent) in [("JPY", 0), ("CNY", 2), ("USD", 2), ("KWD", 3), ("CLF", 4), ("KRW", 0)] {
            assert_eq!(Currency::from_code(code).map(|c| c.exponent()), Some(exponent), "{code}");
        }
        for code in ["XAU", "cny", "CN", "CNYY", "ZZZ", ""] {
            assert_eq!(Currency::from_code(code), None, "{code}");
        }
    }

    #[test]
    fn what_is_out_of_use_names_its_successor() {
        let out_of_use = |code| Currency::from_code(code).map(|currency| currency.out_of_use());
        for (code, successor) in [("HRK", "EUR"), ("BGN", "EUR"), ("CUC", "CUP"), ("SLL", "SLE"), ("ZWL", "ZWG")] {
            assert_eq!(out_of_use(code), Some(Some(OutOfUse::SupersededBy(successor))), "{code}");
        }
        assert_eq!(out_of_use("XAD"), Some(Some(OutOfUse::Unit)));
        for code in ["CNY", "JPY", "EUR", "CUP", "SLE", "ZWG", "VES", "VED", "CLF", "XOF", "XCD", "XCG"] {
            assert_eq!(out_of_use(code), Some(None), "{code}");
        }
    }

    #[test]
    fn money_is_written_with_all_its_decimals() {
        assert_eq!(format_scaled(5, 2), "0.05");
        assert_eq!(format_scaled(-1250, 2), "-12.50");
        assert_eq!(format_scaled(7, 0), "7");
        assert_eq!(format_scaled(12, 3), "0.012");
    }
}
