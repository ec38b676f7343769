//! Business days of calendars as they were known on a date, and when the wait for an answer has ended.

use crate::folds::reconciliation::CalendarYear;
use schemas::ids::CalendarId;
use schemas::time::Date;
use std::collections::BTreeMap;

/// The weekday of a Friday, from Monday as 1.
const FRIDAY: u8 = 5;

/// Years of calendars.
#[derive(Clone, Debug, Default)]
pub struct Calendars(pub BTreeMap<(CalendarId, i16), CalendarYear>);

impl Calendars {
    /// Whether money is cleared on a date: as its calendar says, Mondays to Fridays where none covers it.
    pub fn is_business_day(&self, calendar: Option<&CalendarId>, date: Date) -> bool {
        let is_weekday = date.weekday() <= FRIDAY;
        match calendar.and_then(|calendar| self.0.get(&(calendar.clone(), date.year()))) {
            None => is_weekday,
            Some(year) if is_weekday => !year.closed.contains(&date),
            Some(year) => year.open.contains(&date),
        }
    }

    /// The last date of a wait of so many business days after a date.
    pub fn after(&self, calendar: Option<&CalendarId>, date: Date, days: u16) -> Date {
        let (mut at, mut left) = (date, days);
        // A year has business days: the bound is met by calendars alone that close all of it.
        for _ in 0..i32::from(days) * 7 + 366 {
            if left == 0 {
                break;
            }
            at = at.plus_days(1);
            if self.is_business_day(calendar, at) {
                left -= 1;
            }
        }
        at
    }

    /// Whether two dates are at most so many business days apart.
    pub fn within(&self, calendar: Option<&CalendarId>, one: Date, other: Date, days: u16) -> bool {
        let (first, last) = if one <= other { (one, other) } else { (other, one) };
        last <= self.after(calendar, first, days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_on_its_last_business_day() {
        let date = |text| Date::parse(text).expect("a date");
        let calendar = CalendarId::new("CN").expect("an id");
        let mut calendars = Calendars::default();
        // 2026-11-20 is a Friday.
        assert_eq!(calendars.after(None, date("2026-11-20"), 2), date("2026-11-24"));
        assert_eq!(calendars.after(Some(&calendar), date("2026-11-20"), 2), date("2026-11-24"));
        assert_eq!(calendars.after(None, date("2026-11-20"), 0), date("2026-11-20"));
        let year = CalendarYear { closed: vec![date("2026-11-23")], open: vec![date("2026-11-21")] };
        calendars.0.insert((calendar.clone(), 2026), year);
        assert_eq!(calendars.after(Some(&calendar), date("2026-11-20"), 2), date("2026-11-24"));
        assert_eq!(calendars.after(Some(&calendar), date("2026-11-20"), 1), date("2026-11-21"));
        assert!(calendars.within(None, date("2026-11-25"), date("2026-11-20"), 3));
        assert!(!calendars.within(None, date("2026-11-26"), date("2026-11-20"), 3));
    }
}
