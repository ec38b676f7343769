//! The fields of one event as they were scanned, and how a field of each shape is read.

use super::fault::Fault;
use super::scan::Value;
use super::{content, fault};
use crate::money::{Currency, Money};
use crate::time::{Date, OccurredAt};
use crate::wire::field::Field;
use crate::wire::shape::Shape;
use std::borrow::Cow;

/// One place for each field that any type has. What lies there is borrowed from the record, so that filling the places and
/// leaving them costs next to nothing.
#[derive(Debug)]
pub struct Slots<'a>([Value<'a>; Field::ALL.len()]);

impl<'a> Slots<'a> {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self([Value::Absent; Field::ALL.len()])
    }

    /// Fills a place; `false` when the field was there before, and then neither of the two is kept.
    #[inline]
    #[must_use]
    pub fn set(&mut self, field: Field, value: Value<'a>) -> bool {
        let slot = &mut self.0[field as usize];
        let is_first = matches!(slot, Value::Absent);
        *slot = if is_first { value } else { Value::Null };
        is_first
    }

    /// The field, where it is there and not `null`.
    #[inline]
    pub fn get(&self, field: Field) -> Option<Value<'a>> {
        let value = self.0[field as usize];
        if matches!(value, Value::Absent | Value::Null) { None } else { Some(value) }
    }

    /// A field that has to be a string.
    #[inline]
    pub fn text(&self, field: Field) -> Result<Option<Cow<'a, str>>, Fault> {
        let Some(value) = self.get(field) else { return Ok(None) };
        value.text().map(Some).ok_or_else(|| Fault::bad(field.name(), "not a string", &field.shape()))
    }

    /// A string that `read` makes something of.
    #[inline]
    pub fn read<T>(&self, field: Field, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Fault> {
        match self.0[field as usize] {
            Value::Absent | Value::Null => Ok(None),
            Value::Text(text) => read(text).map(Some).ok_or_else(|| wrong(field, text, &field.shape())),
            Value::Flag(_) | Value::Number(_) | Value::Escaped(_) | Value::Nested(_) => self.read_as(field, field.shape(), read),
        }
    }

    /// The same, where the shape is another one on this type.
    pub fn read_as<T>(&self, field: Field, shape: Shape, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Fault> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        read(&text).map(Some).ok_or_else(|| wrong(field, &text, &shape))
    }

    /// A text that must say something.
    pub fn prose(&self, field: Field) -> Result<Option<String>, Fault> {
        self.read(field, |text| (!text.is_empty()).then(|| text.to_owned()))
    }

    /// A text that is as absent where it is empty.
    pub fn remark(&self, field: Field) -> Result<Option<String>, Fault> {
        Ok(self.text(field)?.filter(|text| !text.is_empty()).map(Cow::into_owned))
    }

    /// A date.
    pub fn date(&self, field: Field) -> Result<Option<Date>, Fault> {
        self.read(field, Date::parse)
    }

    /// An instant.
    pub fn instant(&self, field: Field) -> Result<Option<OccurredAt>, Fault> {
        self.read(field, OccurredAt::parse)
    }

    /// A currency.
    #[inline]
    pub fn currency(&self, field: Field) -> Result<Option<Currency>, Fault> {
        self.read(field, Currency::from_code)
    }

    /// `true` or `false`.
    pub fn flag(&self, field: Field) -> Result<Option<bool>, Fault> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(flag)),
            Some(_) => Err(Fault::bad(field.name(), "neither", &field.shape())),
        }
    }

    /// A whole JSON number within the bounds of the field's shape.
    pub fn whole(&self, field: Field) -> Result<Option<u64>, Fault> {
        let within = |number: &u64| matches!(field.shape(), Shape::Whole { min, max } if (min..=max).contains(number));
        match self.get(field) {
            None => Ok(None),
            Some(Value::Number(text)) => match content::whole(text).filter(within) {
                Some(number) => Ok(Some(number)),
                None => Err(Fault::bad(field.name(), &fault::shown(text), &field.shape())),
            },
            Some(_) => Err(Fault::bad(field.name(), "not a number", &field.shape())),
        }
    }

    /// An amount, with the currency that it is in.
    pub fn money(&self, field: Field, currency: Option<Currency>) -> Result<Option<Money>, Fault> {
        self.money_as(field, field.shape(), currency)
    }

    /// The same, where the shape is another one on this type.
    #[inline]
    pub fn money_as(&self, field: Field, shape: Shape, currency: Option<Currency>) -> Result<Option<Money>, Fault> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let text = value.text().ok_or_else(|| Fault::amount(field.name(), "not a string", &shape.expected()))?;
        let currency = currency.ok_or_else(|| Fault::missing(Field::Currency.name()))?;
        let zero = matches!(shape, Shape::Amount { zero: true });
        fault::minor(field.name(), &text, currency, zero).map(|minor| Some(Money { currency, minor }))
    }
}

#[cold]
fn wrong(field: Field, text: &str, shape: &Shape) -> Fault {
    // A token may be what it must not be, somebody's name: it is not repeated.
    let shown = if field == Field::Customer { "not a token".into() } else { fault::shown(text) };
    Fault::bad(field.name(), &shown, shape)
}

/// What a type needs and has been checked to be there.
#[inline]
pub fn need<T>(value: Option<T>, field: Field) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::missing(field.name()))
}
