//! When something happened, told relative to another time that is near.

use super::bytes::{Bytes, Unreadable, put_signed, put_wide};
use schemas::time::{Date, OccurredAt};

/// Appends a date, relative to another.
pub fn put_days(out: &mut Vec<u8>, date: Date, base: Date) {
    put_signed(out, i128::from(date.days()) - i128::from(base.days()));
}

/// Reads a date that was written relative to another.
pub fn take_days(bytes: &mut Bytes<'_>, base: Date) -> Result<Date, Unreadable> {
    let days = bytes.signed_narrow::<i64>()?.checked_add(base.days().into()).and_then(|days| i32::try_from(days).ok());
    days.map(Date::from_days).ok_or_else(|| Unreadable::new("a date that is too far"))
}

/// When something happened, relative to another instant: the difference in the largest of seconds, milliseconds and
/// microseconds that fits, times eight; plus which of them (0, 1, 2); plus four where the offset from UTC is another. That
/// follows then: 0 for none, else minutes, zigzag, plus one.
pub struct Moment;

impl Moment {
    /// Appends one.
    pub fn put(out: &mut Vec<u8>, at: OccurredAt, base: OccurredAt) {
        let difference = i128::from(at.micros) - i128::from(base.micros);
        let (unit, number) = match difference {
            _ if difference % 1_000_000 == 0 => (0, difference / 1_000_000),
            _ if difference % 1_000 == 0 => (1, difference / 1_000),
            _ => (2, difference),
        };
        let other = at.offset_minutes != base.offset_minutes;
        put_signed_with(out, number, unit + if other { 4 } else { 0 });
        if other {
            put_wide(out, at.offset_minutes.map_or(0, |minutes| zigzag(minutes.into()) + 1));
        }
    }

    /// Reads one.
    pub fn take(bytes: &mut Bytes<'_>, base: OccurredAt) -> Result<OccurredAt, Unreadable> {
        let wide = bytes.wide()?;
        let (number, with) = (unzigzag(wide >> 3), wide & 7);
        let unit = match with & 3 {
            0 => 1_000_000,
            1 => 1_000,
            2 => 1,
            _ => return Err(Unreadable::new("no such unit of time")),
        };
        let micros = number.checked_mul(unit).and_then(|micros| i64::try_from(micros.checked_add(base.micros.into())?).ok());
        let micros = micros.ok_or_else(|| Unreadable::new("an instant that is too far"))?;
        let offset_minutes = if with & 4 == 0 {
            base.offset_minutes
        } else {
            let minutes = bytes.wide()?.checked_sub(1).map(unzigzag);
            minutes.map(|minutes| i16::try_from(minutes).map_err(|_| Unreadable::new("an offset from UTC that is too far"))).transpose()?
        };
        Ok(OccurredAt { micros, offset_minutes })
    }
}

fn put_signed_with(out: &mut Vec<u8>, number: i128, with: u128) {
    // Differences of instants have 65 bits at most.
    put_wide(out, zigzag(number) << 3 | with);
}

const fn zigzag(number: i128) -> u128 {
    ((number << 1) ^ (number >> 127)).cast_unsigned()
}

const fn unzigzag(number: u128) -> i128 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
