//! Amounts as decimal strings.

use schemas::money::{Currency, format_minor};

/// Minor units of a currency as a decimal string with all its decimals: `-12.50`.
pub fn amount(minor: i128, currency: Currency) -> String {
    format_minor(minor, currency)
}
