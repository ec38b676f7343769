//! Weeks and months of dates.

use schemas::time::Date;

/// The Monday of a date's week.
pub fn monday(date: Date) -> Date {
    date.plus_days(1 - i32::from(date.weekday()))
}

/// The first day of a date's month.
pub fn month_start(date: Date) -> Date {
    date.plus_days(1 - i32::from(date.to_civil().day()))
}

/// Months since the year 0.
pub fn month_number(date: Date) -> i32 {
    let civil = date.to_civil();
    i32::from(civil.year()) * 12 + i32::from(civil.month()) - 1
}

/// A date's month, such as `2026-11`.
pub fn month_text(date: Date) -> String {
    let civil = date.to_civil();
    format!("{:04}-{:02}", civil.year(), civil.month())
}

/// The first day of a month such as `2026-11`.
pub fn first_of_month(text: &str) -> Option<Date> {
    (text.len() == 7).then(|| Date::parse(&format!("{text}-01"))).flatten()
}

/// The first day of the month after a date's.
pub fn first_of_next_month(date: Date) -> Date {
    // No month has more than 31 days, and none less than 28: the 32nd day of one lies in the next.
    month_start(month_start(date).plus_days(31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_have_their_first_day() {
        let date = |text| Date::parse(text).expect("a date");
        assert_eq!(monday(date("2026-11-29")), date("2026-11-23"));
        assert_eq!(month_start(date("2026-11-30")), date("2026-11-01"));
        assert_eq!(month_number(date("2027-01-31")) - month_number(date("2026-11-01")), 2);
        assert_eq!((first_of_next_month(date("2026-12-31")), first_of_next_month(date("2028-02-01"))), (date("2027-01-01"), date("2028-03-01")));
        assert_eq!((month_text(date("2026-11-30")).as_str(), first_of_month("2026-11")), ("2026-11", Some(date("2026-11-01"))));
    }
}
