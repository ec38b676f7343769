//! Which days clear, and when money becomes available.

use super::contract::Contract;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The payment-system calendars that the partition has been told.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    years: BTreeMap<(String, i16), Year>,
}

#[derive(Clone, Debug, Default)]
struct Year {
    closed: BTreeSet<Date>,
    open: BTreeSet<Date>,
}

impl Calendars {
    /// Replaces one year of a calendar.
    pub fn set(&mut self, calendar: &str, year: i16, closed: Vec<Date>, open: Vec<Date>) {
        let year_set = Year { closed: closed.into_iter().collect(), open: open.into_iter().collect() };
        self.years.insert((calendar.to_owned(), year), year_set);
    }

    /// Whether a year of a calendar was told.
    pub fn covers(&self, calendar: &str, year: i16) -> bool {
        self.years.contains_key(&(calendar.to_owned(), year))
    }

    /// Whether the payment system clears on that date. A date that no calendar covers counts Monday to Friday.
    pub fn clears(&self, calendar: &str, date: Date) -> bool {
        let weekday = date.weekday() <= 5;
        match self.years.get(&(calendar.to_owned(), date.year())) {
            None => weekday,
            Some(year) if weekday => !year.closed.contains(&date),
            Some(year) => year.open.contains(&date),
        }
    }

    /// The date on which what is booked becomes available under a contract.
    pub fn available_on(&self, contract: &Contract, booked_on: Date) -> Date {
        if contract.natural_days {
            return booked_on.plus_days(contract.delay_days);
        }
        let mut date = booked_on;
        for _ in 0..contract.delay_days {
            date = date.plus_days(1);
            while !self.clears(&contract.calendar, date) {
                date = date.plus_days(1);
            }
        }
        date
    }
}
