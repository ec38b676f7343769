//! An event as plain JSON: each field is read where it is needed. What is wrong with it was found before.

use super::money::{Conversion, Decimal, minor};
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::Value;

/// The bank itself, where an event needs a merchant.
pub const HOUSE: &str = "@house";

/// One readable event.
#[derive(Clone, Debug)]
pub struct Event {
    /// The record that it came in.
    pub offset: i64,
    /// Its id.
    pub id: String,
    /// Its type on the wire.
    pub kind: String,
    /// Its merchant, `@house`, or `None` for a control event.
    pub subject: Option<String>,
    /// All of it.
    pub value: Value,
}

impl Event {
    /// From a record that has been found readable.
    pub fn new(offset: i64, value: Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Self { offset, id: text("id").unwrap_or_default(), kind: text("type").unwrap_or_default(), subject: text("merchant"), value }
    }

    /// A field that is there; `null` is as absent.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A text that must be there; the decoder has seen it.
    pub fn need(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// Whether a flag is there and true.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A date.
    pub fn date(&self, name: &str) -> Option<Date> {
        self.text(name).and_then(Date::parse)
    }

    /// A list of dates.
    pub fn dates(&self, name: &str) -> Vec<Date> {
        let list = self.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|date| date.as_str().and_then(Date::parse)).collect()
    }

    /// The currency that the event names.
    pub fn currency(&self) -> Option<Currency> {
        self.text("currency").and_then(Currency::from_code)
    }

    /// The amount, in minor units of the event's currency.
    pub fn amount(&self) -> Option<i128> {
        minor(self.text("amount")?, self.currency()?)
    }

    /// The second currency of a sale; one equal to the first is as absent.
    pub fn conversion(&self) -> Option<Conversion> {
        let (from, to) = (self.currency()?, Currency::from_code(self.text("settled_currency")?)?);
        (from != to).then_some(Conversion { rate: Decimal::read(self.text("rate")?)?, from, to })
    }

    /// The dispute that it is about: by default it has the payment's id.
    pub fn dispute(&self) -> &str {
        self.text("dispute").unwrap_or_else(|| self.need("payment"))
    }
}

/// Whether two JSON values are equal: key order does not matter, numbers are compared by value.
pub fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(key, value)| other.get(key).is_some_and(|found| same(value, found)))
        }
        (Value::Array(one), Value::Array(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other)),
        (Value::Number(one), Value::Number(other)) => one == other || number(&one.to_string()) == number(&other.to_string()),
        _ => one == other,
    }
}

fn number(text: &str) -> Option<rust_decimal::Decimal> {
    rust_decimal::Decimal::from_scientific(text).or_else(|_| text.parse()).map(|number| number.normalize()).ok()
}
