//! The local date and hour of an instant. The time zone database is the binary's, so that every machine agrees.

use jiff::tz::TimeZone;
use schemas::time::{Date, OccurredAt};
use std::collections::BTreeMap;

/// Zones that are remembered; when there are more, all are looked up again.
const ZONES_MAX: usize = 1024;

/// Time zones by name, as they were looked up.
#[derive(Default)]
pub struct Zones {
    known: BTreeMap<String, Option<TimeZone>>,
}

impl Zones {
    /// The local date and hour. In a zone that the database does not have, those that the instant was written with.
    pub fn local(&mut self, zone: &str, at: OccurredAt) -> (Date, u8) {
        if !self.known.contains_key(zone) {
            if self.known.len() >= ZONES_MAX {
                self.known.clear();
            }
            self.known.insert(zone.to_owned(), TimeZone::get(zone).ok());
        }
        match self.known.get(zone) {
            Some(Some(zone)) => {
                let local = zone.to_datetime(at.timestamp());
                (Date::from_civil(local.date()), local.hour().unsigned_abs())
            }
            _ => {
                let hours = (at.micros + i64::from(at.offset_minutes.unwrap_or(0)) * 60_000_000).div_euclid(3_600_000_000);
                // Years 1900 to 9000 are within 32 bits of days; an hour of a day is 0 to 23.
                (Date::from_days(hours.div_euclid(24) as i32), hours.rem_euclid(24) as u8)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_on_the_wall_of_the_shop_counts() {
        let mut zones = Zones::default();
        for (zone, at, date, hour) in [
            ("Asia/Shanghai", "2026-11-23T16:30:00Z", "2026-11-24", 0),
            ("Asia/Shanghai", "2026-11-23T10:15:00+09:00", "2026-11-23", 9),
            ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29", 1),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29", 3),
            ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25", 2),
            ("Asia/Kathmandu", "2026-11-23T18:14:00Z", "2026-11-23", 23),
            ("Mars/Olympus", "2026-11-23T23:15:00.250-03:30", "2026-11-23", 23),
            ("Mars/Olympus", "1969-12-31T23:00:00Z", "1969-12-31", 23),
        ] {
            let instant = OccurredAt::parse(at).expect("an instant");
            assert_eq!(zones.local(zone, instant), (Date::parse(date).expect("a date"), hour), "{at} in {zone}");
        }
    }
}
