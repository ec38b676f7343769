//! Arithmetic whose result must exist: where it does not, a rule is wrong, and the shard stands still.
//!
//! Nothing here saturates. What may be above or below by the words of a rule is asked by [`above`].

use crate::source::Error;

/// What must not happen has happened.
pub fn broken(what: &str) -> Error {
    Error(format!("a rule that must hold does not: {what}"))
}

/// `a − b`, where b is no more than a.
pub fn less(a: u128, b: u128, otherwise: &str) -> Result<u128, Error> {
    a.checked_sub(b).ok_or_else(|| broken(otherwise))
}

/// `a + b`, where it has 128 bits.
pub fn more(a: u128, b: u128) -> Result<u128, Error> {
    a.checked_add(b).ok_or_else(|| broken("a sum of 2^128 or more"))
}

/// What `a` is above `b`: nothing where it is not.
#[expect(clippy::implicit_saturating_sub, reason = "nothing in the rules saturates: where less is meant, it is asked")]
pub const fn above(a: u128, b: u128) -> u128 {
    if a > b { a - b } else { 0 }
}

/// An amount that changes by a difference and does not fall below zero.
pub fn changed(amount: u128, difference: i128, otherwise: &str) -> Result<u128, Error> {
    amount.checked_add_signed(difference).ok_or_else(|| broken(otherwise))
}

/// A signed copy of an amount. One of 2^127 or more is not written down; `price` says what it takes to come there.
pub fn signed(amount: u128) -> Result<i128, Error> {
    i128::try_from(amount).map_err(|_| broken("an amount of 2^127 or more"))
}

/// An amount of one event, which has 64 bits. What a payment has captured is the sum of several.
pub fn narrow(amount: u128) -> Result<u64, Error> {
    u64::try_from(amount).map_err(|_| broken("an amount of one event above 64 bits"))
}
