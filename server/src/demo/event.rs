//! Records as the demonstration makes them: events as JSON, their keys, amounts, local times.

use crate::node::HOUSE_KEY;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Seconds of a day.
pub const DAY_SECONDS: u32 = 86_400;
/// The bank's time zone, and how far it is from UTC all year round.
pub const TIME_ZONE: &str = "Asia/Shanghai";
const OFFSET: &str = "+08:00";

/// Where a record goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the partition of this key.
    Key(String),
    /// To every partition.
    Every,
    /// To the partition after the one that this key belongs to: a producer that was set up wrongly.
    Astray(String),
}

/// A record and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where to.
    pub target: Target,
    /// The event, or what is sent in its place.
    pub value: Vec<u8>,
}

impl Record {
    /// The record of an event: keyed by its merchant, and for every partition where it has none.
    pub fn of(event: &Value) -> Self {
        let erased_everywhere = event["type"] == "customer_erased" && event["merchant"] == HOUSE_KEY;
        let target = match event["merchant"].as_str() {
            Some(merchant) if !erased_everywhere => Target::Key(merchant.to_owned()),
            _ => Target::Every,
        };
        Self { target, value: event.to_string().into_bytes() }
    }

    /// Bytes that are sent under a merchant's key, whatever they are.
    pub fn raw(merchant: &str, value: &str) -> Self {
        Self { target: Target::Key(merchant.to_owned()), value: value.as_bytes().to_vec() }
    }
}

/// A record at a moment of its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Seconds since midnight.
    pub second: u32,
    /// What is sent then.
    pub record: Record,
}

/// Gives every event an id of its own.
#[derive(Clone, Debug)]
pub struct Ids {
    prefix: String,
    count: u64,
}

impl Ids {
    /// Ids that start with `prefix`.
    pub const fn new(prefix: String) -> Self {
        Self { prefix, count: 0 }
    }

    /// The next one.
    pub fn next(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.prefix, self.count)
    }
}

/// A moment of a date as RFC 3339.
pub fn moment(date: Date, second: u32) -> String {
    let second = second.min(DAY_SECONDS - 1);
    format!("{date}T{:02}:{:02}:{:02}{OFFSET}", second / 3600, second / 60 % 60, second % 60)
}

/// An event with the fields that every event has.
pub fn event(id: &str, event_type: &str, merchant: &str, date: Date, second: u32) -> Value {
    json!({"id": id, "type": event_type, "merchant": merchant, "occurred_at": moment(date, second)})
}

/// An amount of minor units as on the wire.
pub fn amount(minor: u64, decimals: u8) -> String {
    schemas::money::format_scaled(i128::from(minor), decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_go_where_their_events_belong() {
        let date = Date::constant(2026, 11, 2);
        let of = |event_type: &str, merchant: &str| Record::of(&event("e", event_type, merchant, date, 3_661)).target;
        assert_eq!(of("sale", "M1"), Target::Key("M1".to_owned()));
        assert_eq!(of("tax_paid", "@house"), Target::Key("@house".to_owned()));
        assert_eq!(of("customer_erased", "@house"), Target::Every);
        assert_eq!(Record::of(&json!({"id": "e", "type": "day_closed"})).target, Target::Every);
        assert_eq!(moment(date, 3_661), "2026-11-02T01:01:01+08:00");
        assert_eq!((amount(1_234, 2), amount(1_234, 0), amount(5, 3)), ("12.34".to_owned(), "1234".to_owned(), "0.005".to_owned()));
    }
}
