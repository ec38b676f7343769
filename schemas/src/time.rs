//! Two kinds of time: the instant at the terminal, and the business date that an entry is booked on.

use jiff::civil;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A business date or another civil date: days since 1970-01-01. Between the years 1900 and 9000.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Date(i32);

const EPOCH: civil::Date = civil::date(1970, 1, 1);
const HOURS_PER_DAY: i64 = 24;

impl Date {
    /// From days since 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// Reads `YYYY-MM-DD` and nothing else; `None` for anything that is no date of the years 1900 to 9000.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let number = |range: std::ops::Range<usize>| bytes[range].iter().try_fold(0i16, |n, b| b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0')));
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        if !(1900..=9000).contains(&year) {
            return None;
        }
        let date = civil::Date::new(year, month as i8, day as i8).ok()?;
        Some(Self::from_civil(date))
    }

    /// From a civil date.
    pub fn from_civil(date: civil::Date) -> Self {
        // Whole days of 24 hours: civil dates know no time zone. They are within ±10 000 years, so 32 bits hold them.
        Self((date.duration_since(EPOCH).as_hours() / HOURS_PER_DAY) as i32)
    }

    /// As a civil date.
    pub fn to_civil(self) -> civil::Date {
        EPOCH.saturating_add(jiff::SignedDuration::from_hours(i64::from(self.0) * HOURS_PER_DAY))
    }

    /// This date and `days` natural days more (fewer, where negative).
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// 1 is Monday, 7 is Sunday.
    pub const fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday. rem_euclid(7) is 0..=6, so this is 1..=7.
        ((self.0 as i64 + 3).rem_euclid(7) + 1) as u8
    }

    /// The year, such as 2026.
    pub fn year(self) -> i16 {
        self.to_civil().year()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.to_civil();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// When something happened at the terminal: an instant, and the offset from UTC that it was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OccurredAt {
    /// Microseconds since the Unix epoch; finer digits are dropped.
    pub micros: i64,
    /// Minutes east of UTC; `None` where it was written `Z`.
    pub offset_minutes: Option<i16>,
}

impl OccurredAt {
    /// Reads RFC 3339 with an offset: `2026-11-23T10:15:00.250+08:00`. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() < 20 || !matches!(bytes[10], b'T' | b't' | b' ') || bytes[13] != b':' || bytes[16] != b':' {
            return None;
        }
        let date = Date::parse(text.get(..10)?)?;
        let number = |at: usize| -> Option<i64> {
            let (tens, ones) = (bytes[at], bytes[at + 1]);
            (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        };
        let (hour, minute, second) = (number(11)?, number(14)?, number(17)?);
        // A leap second is the last microsecond of its minute.
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (mut micros, mut at) = (0i64, 19);
        if bytes[at] == b'.' {
            at += 1;
            let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            for place in 0..6 {
                micros = micros * 10 + if place < digits { i64::from(bytes[at + place] - b'0') } else { 0 };
            }
            at += digits;
        }
        if second == 60 {
            micros = 999_999;
        }
        let offset_minutes = match bytes.get(at)? {
            b'Z' | b'z' if bytes.len() == at + 1 => None,
            sign @ (b'+' | b'-') if bytes.len() == at + 6 && bytes[at + 3] == b':' => {
                let (hours, minutes) = (number(at + 1)?, number(at + 4)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let offset = (hours * 60 + minutes) as i16;
                Some(if *sign == b'-' { -offset } else { offset })
            }
            _ => return None,
        };
        // At most the year 9000: some 2 * 10^17 microseconds, far inside 64 bits.
        let seconds = i64::from(date.days()) * 86_400 + hour * 3600 + minute * 60 + second.min(59) - i64::from(offset_minutes.unwrap_or(0)) * 60;
        Some(Self { micros: seconds * 1_000_000 + micros, offset_minutes })
    }

    /// The instant.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for OccurredAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = i64::from(self.offset_minutes.unwrap_or(0));
        let local = self.micros + offset * 60_000_000;
        let (days, of_day) = (local.div_euclid(86_400_000_000), local.rem_euclid(86_400_000_000));
        let (seconds, micros) = (of_day / 1_000_000, of_day % 1_000_000);
        write!(f, "{}T{:02}:{:02}:{:02}", Date(days as i32), seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros != 0 && micros % 1000 == 0 {
            write!(f, ".{:03}", micros / 1000)?;
        } else if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        match self.offset_minutes {
            None => f.write_str("Z"),
            Some(m) => write!(f, "{}{:02}:{:02}", if m < 0 { '-' } else { '+' }, m.abs() / 60, m.abs() % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_they_were_read() {
        for text in [
            "2026-11-23T10:15:00.250+08:00",
            "2026-11-23T12:05:00+08:00",
            "1969-12-31T23:59:59.000001Z",
            "2026-02-28T00:00:00-03:30",
            "2026-11-23T10:15:00+00:00",
        ] {
            assert_eq!(OccurredAt::parse(text).map(|t| t.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_not_rfc_3339_with_an_offset_is_not_read() {
        for text in [
            "2026-11-23",
            "2026-11-23T10:15:00",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T10:15:00.Z",
            "",
            "日本日本日本日本",
        ] {
            assert_eq!(OccurredAt::parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_count_days() {
        let date = Date::parse("2018-02-11").expect("a date");
        assert_eq!((date.weekday(), date.to_string().as_str(), date.plus_days(1).to_string().as_str()), (7, "2018-02-11", "2018-02-12"));
        assert_eq!(Date::parse("1970-01-01").map(Date::days), Some(0));
        assert_eq!(Date::parse("2018-2-11"), None);
        let (mut civil, mut days) = (civil::date(1899, 12, 31), Date::parse("1900-01-01").expect("a date").days());
        while civil < civil::date(2101, 1, 1) {
            civil = civil.tomorrow().expect("within years that there are");
            assert_eq!((Date::from_civil(civil).days(), Date::from_days(days).to_civil()), (days, civil));
            days += 1;
        }
    }
}
