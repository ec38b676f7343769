//! Buckets of `opening_balance`: whose each is, and what it needs besides.

use super::field::Field;

/// The words of `bucket`: first a merchant's, then the house's.
pub const BUCKETS: &[&str] = &["available", "pending", "reserve", "owed", "cash", "receivable", "partner", "vat", "due_from_psp"];
/// How many of them are a merchant's.
const OF_MERCHANT: usize = 4;

/// The buckets of a merchant.
pub fn of_merchant() -> &'static [&'static str] {
    BUCKETS.get(..OF_MERCHANT).unwrap_or_default()
}

/// The buckets of the house.
pub fn of_house() -> &'static [&'static str] {
    BUCKETS.get(OF_MERCHANT..).unwrap_or_default()
}

/// What a bucket needs besides an amount.
pub fn needs(bucket: &str) -> Option<Field> {
    match bucket {
        "pending" | "reserve" => Some(Field::Date),
        "receivable" => Some(Field::Scheme),
        "partner" => Some(Field::Partner),
        "due_from_psp" => Some(Field::Psp),
        _ => None,
    }
}
