//! The calendar of the payment system: 2026 as published, 2027 as it is expected until it is.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde_json::{Value, json};

/// Its name.
pub const CALENDAR: &str = "CN";

/// Weekdays without clearing, as month and day.
const CLOSED_2026: &[(i8, i8)] = &[
    (1, 1),
    (1, 2),
    (2, 16),
    (2, 17),
    (2, 18),
    (2, 19),
    (2, 20),
    (2, 23),
    (4, 6),
    (5, 1),
    (5, 4),
    (5, 5),
    (6, 19),
    (9, 25),
    (10, 1),
    (10, 2),
    (10, 5),
    (10, 6),
    (10, 7),
];
/// Weekend days with clearing.
const OPEN_2026: &[(i8, i8)] = &[(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)];
const CLOSED_2027: &[(i8, i8)] =
    &[(1, 1), (2, 5), (2, 8), (2, 9), (2, 10), (2, 11), (4, 5), (5, 3), (5, 4), (5, 5), (6, 9), (9, 15), (10, 1), (10, 4), (10, 5), (10, 6), (10, 7)];

/// The events that set the calendars.
pub fn events() -> Vec<Value> {
    let dates = |year: i16, days: &[(i8, i8)]| days.iter().map(|(month, day)| format!("{year:04}-{month:02}-{day:02}")).collect::<Vec<_>>();
    let event = |year: i16, closed: &[(i8, i8)], open: &[(i8, i8)]| {
        json!({"id": format!("demo-calendar-{CALENDAR}-{year}"), "type": "calendar_set", "calendar": CALENDAR, "year": year,
            "closed": dates(year, closed), "open": dates(year, open)})
    };
    vec![event(2026, CLOSED_2026, OPEN_2026), event(2027, CLOSED_2027, &[])]
}

/// Whether banks work on a date.
pub fn is_business_day(date: Date) -> bool {
    let day = (date.month(), date.day());
    let (closed, open): (&[_], &[_]) = match date.year() {
        2026 => (CLOSED_2026, OPEN_2026),
        2027 => (CLOSED_2027, &[]),
        _ => (&[], &[]),
    };
    if is_weekend(date) { open.contains(&day) } else { !closed.contains(&day) }
}

/// Whether a date is a Saturday or a Sunday.
pub fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// So many days later; the last date of all where there is none.
pub fn later(date: Date, days: u32) -> Date {
    date.checked_add(i64::from(days).days()).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_days_are_weekdays_and_open_ones_weekends() {
        for (year, closed, open) in [(2026, CLOSED_2026, OPEN_2026), (2027, CLOSED_2027, &[][..])] {
            assert!(closed.iter().all(|(month, day)| !is_weekend(Date::constant(year, *month, *day))), "{year}");
            assert!(open.iter().all(|(month, day)| is_weekend(Date::constant(year, *month, *day))), "{year}");
        }
        assert!(is_business_day(Date::constant(2026, 10, 10)) && !is_business_day(Date::constant(2026, 10, 7)));
        assert_eq!(later(Date::constant(2026, 11, 30), 1), Date::constant(2026, 12, 1));
    }
}
