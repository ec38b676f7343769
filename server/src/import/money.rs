//! Decimals of others.

use super::Wrong;
use rust_decimal::Decimal;
use schemas::money::Currency;

/// The largest number that a report may have, of whatever currency: sums of as many as a file may have lines are exact.
const NUMBER_MAX: Decimal = Decimal::from_parts(0xa4c6_8000, 0x0003_8d7e, 0, false, 0);
/// The most decimals.
const DECIMALS_MAX: u32 = 10;

/// A decimal with a point, perhaps with a sign; none where the text is empty.
pub fn decimal(line: u64, name: &str, text: &str) -> Result<Option<Decimal>, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let plain = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_plain = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && plain.bytes().any(|byte| byte.is_ascii_digit());
    let number = is_plain.then(|| Decimal::from_str_exact(text).ok()).flatten();
    let number = number.filter(|number| number.abs() <= NUMBER_MAX && number.normalize().scale() <= DECIMALS_MAX);
    let told = || format!("{name}: {text:?} is no amount of at most {NUMBER_MAX} with at most {DECIMALS_MAX} decimals");
    number.map(Some).ok_or_else(|| Wrong::at(line, told()))
}

/// An amount of so many minor units.
pub fn of_minor(minor: i64, currency: Currency) -> Decimal {
    Decimal::new(minor, u32::from(currency.exponent()))
}

/// The amount as the wire has it: with the decimals of its currency.
pub fn text(line: u64, amount: Decimal, currency: Currency) -> Result<String, Wrong> {
    let mut scaled = amount.normalize();
    if scaled.scale() > u32::from(currency.exponent()) {
        return Err(Wrong::at(line, format!("{amount}: {currency} has {} decimals", currency.exponent())));
    }
    scaled.rescale(u32::from(currency.exponent()));
    Ok(scaled.to_string())
}

/// A currency by its letters.
pub fn currency(line: u64, code: &str) -> Result<Currency, Wrong> {
    Currency::from_code(code.trim()).ok_or_else(|| Wrong::at(line, format!("{:?} is no currency of ISO 4217", code.trim())))
}
