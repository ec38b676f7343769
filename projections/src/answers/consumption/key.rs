//! What purchases are told apart by, and its values.

use crate::answers::calendar::{first_of_month, monday, month_number, month_text};
use crate::folds::consumption::Shop;
use crate::views::Key as _;
use schemas::event::{Card, EntryMode};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use schemas::wire::contract_shape::is_region;

/// What purchases can be told apart by. Dates and hours are local.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum Key {
    Day,
    Week,
    Month,
    Weekday,
    Hour,
    Merchant,
    Mcc,
    Region,
    Card,
    EntryMode,
}

/// A value of a key, as it is told: numbers, then texts, then nothing, in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// An hour or a weekday, or the rank of a segment.
    Number(u32),
    /// Anything else.
    Text(String),
    /// The key has no value here.
    Null,
}

/// What a visit is told apart by.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The local date.
    pub date: Date,
    /// The local hour.
    pub hour: u8,
    /// Where, as the contract says that the payment pinned.
    pub shop: &'a Shop,
    /// How it was paid.
    pub card: Card,
    /// How card or code was read.
    pub entry_mode: Option<EntryMode>,
    /// What its merchant is paid in.
    pub currency: Currency,
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 10] =
        [Self::Day, Self::Week, Self::Month, Self::Weekday, Self::Hour, Self::Merchant, Self::Mcc, Self::Region, Self::Card, Self::EntryMode];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::Merchant => "merchant",
            Self::Mcc => "mcc",
            Self::Region => "region",
            Self::Card => "card",
            Self::EntryMode => "entry_mode",
        }
    }

    /// The key of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// Whether it tells dates apart.
    pub const fn is_calendar(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month | Self::Weekday)
    }

    /// Whether a row of it describes one period, in which a customer may be new.
    pub const fn is_period(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month)
    }

    /// Its value on a date; `None` where dates do not decide it.
    pub fn on(self, date: Date) -> Option<Value> {
        match self {
            Self::Day => Some(Value::Text(date.to_string())),
            Self::Week => Some(Value::Text(monday(date).to_string())),
            Self::Month => Some(Value::Text(month_text(date))),
            Self::Weekday => Some(Value::Number(date.weekday().into())),
            Self::Hour | Self::Merchant | Self::Mcc | Self::Region | Self::Card | Self::EntryMode => None,
        }
    }

    /// Its value of a visit.
    pub fn of(self, seen: &Seen) -> Value {
        match self {
            Self::Day | Self::Week | Self::Month | Self::Weekday => self.on(seen.date).unwrap_or(Value::Null),
            Self::Hour => Value::Number(seen.hour.into()),
            Self::Merchant => Value::Text(seen.shop.merchant.to_string()),
            Self::Mcc => Value::Text(seen.shop.mcc.clone()),
            Self::Region => Value::Text(seen.shop.region.clone()),
            Self::Card => Value::Text(seen.card.as_str().to_owned()),
            Self::EntryMode => seen.entry_mode.map_or(Value::Null, |mode| Value::Text(mode.as_str().to_owned())),
        }
    }

    /// Whether a visit has this value, as [`Key::of`] would tell, without making a text of it where that can be avoided.
    pub fn is(self, seen: &Seen, value: &Value) -> bool {
        match (self, value) {
            (Self::Merchant, Value::Text(text)) => seen.shop.merchant.as_str() == text,
            (Self::Mcc, Value::Text(text)) => seen.shop.mcc == *text,
            (Self::Region, Value::Text(text)) => seen.shop.region == *text,
            (Self::Card, Value::Text(text)) => seen.card.as_str() == text,
            (Self::EntryMode, Value::Text(text)) => seen.entry_mode.map(EntryMode::as_str) == Some(text),
            _ => self.of(seen) == *value,
        }
    }

    /// Appends bytes that tell visits apart as its values do: grouping by them spares a text for each visit.
    pub fn mark(self, seen: &Seen, out: &mut Vec<u8>) {
        match self {
            Self::Day => seen.date.encode(out),
            Self::Week => monday(seen.date).encode(out),
            Self::Month => month_number(seen.date).encode(out),
            Self::Weekday => seen.date.weekday().encode(out),
            Self::Hour => seen.hour.encode(out),
            Self::Merchant => seen.shop.merchant.encode(out),
            Self::Mcc => seen.shop.mcc.encode(out),
            Self::Region => seen.shop.region.encode(out),
            Self::Card => seen.card.encode(out),
            Self::EntryMode => seen.entry_mode.encode(out),
        }
    }

    /// Reads a filter's value; `None` where the key has no such value.
    pub fn parse(self, text: &str) -> Option<Value> {
        let whole = |from: u32, to: u32| {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten().filter(|number| (from..=to).contains(number))
        };
        let is_right = match self {
            Self::Weekday => return whole(1, 7).map(Value::Number),
            Self::Hour => return whole(0, 23).map(Value::Number),
            Self::Day => Date::parse(text).is_some(),
            Self::Week => Date::parse(text).is_some_and(|date| monday(date) == date),
            Self::Month => first_of_month(text).is_some(),
            Self::Merchant => MerchantId::new(text).is_some(),
            Self::Mcc => text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Region => is_region(text),
            Self::Card => Card::from_name(text).is_some(),
            Self::EntryMode => EntryMode::from_name(text).is_some(),
        };
        is_right.then(|| Value::Text(text.to_owned()))
    }

    /// What [`Key::parse`] reads, for people.
    pub const fn expects(self) -> &'static str {
        match self {
            Self::Day => "a date such as 2026-11-23",
            Self::Week => "a Monday such as 2026-11-23",
            Self::Month => "a month such as 2026-11",
            Self::Weekday => "a weekday, 1 (Monday) to 7",
            Self::Hour => "an hour, 0 to 23",
            Self::Merchant => "a merchant's id",
            Self::Mcc => "four digits",
            Self::Region => "a region of a contract such as CN-31, of 1 to 32 characters",
            Self::Card => "debit, credit, prepaid or wallet",
            Self::EntryMode => "swipe, insert, tap, qr, mobile, face, keyed or credential_on_file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::wire::contract_shape::REGION_LENGTH_MAX;

    #[test]
    fn filters_are_read_strictly() {
        for (key, right, wrong) in [
            (Key::Day, "2026-11-23", "2026-11-31"),
            (Key::Week, "2026-11-23", "2026-11-24"),
            (Key::Month, "2026-11", "2026-13"),
            (Key::Weekday, "7", "0"),
            (Key::Hour, "0", "24"),
            (Key::Merchant, "M1", "M 1"),
            (Key::Mcc, "5812", "581"),
            (Key::Region, "华东/上海 A", "CN\n31"),
            (Key::Card, "debit", "gold"),
            (Key::EntryMode, "qr", "null"),
        ] {
            assert!(key.parse(right).is_some() && key.parse(wrong).is_none(), "{key:?}");
        }
        assert_eq!((Key::Hour.parse("7"), Key::Hour.parse("+7")), (Some(Value::Number(7)), None));
        // As long as a contract's may be, and no longer.
        assert!(Key::Region.parse(&"上".repeat(REGION_LENGTH_MAX)).is_some() && Key::Region.parse(&"上".repeat(REGION_LENGTH_MAX + 1)).is_none());
        assert!(Key::Region.expects().contains(&REGION_LENGTH_MAX.to_string()));
        assert!(Value::Number(9) < Value::Number(12) && Value::Text("a".into()) < Value::Null);
    }
}
