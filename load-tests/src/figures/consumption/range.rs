//! Which purchases a question is about.

use super::Row;
use super::purchase::Purchase;
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Purchases between two local dates, both included, where each filter's key has its value.
#[derive(Clone, Debug)]
pub struct Range {
    /// Every purchase, those outside of the range included.
    pub all: Vec<Purchase>,
    /// The first date.
    pub from: Date,
    /// The last date.
    pub to: Date,
    /// Keys and their values, as they are written in a query.
    pub filters: Vec<(String, String)>,
}

impl Range {
    /// Whether a purchase passes the filters.
    pub fn passes(&self, purchase: &Purchase) -> bool {
        self.filters.iter().all(|(key, wanted)| match purchase.value(key) {
            Value::String(text) => text == *wanted,
            Value::Number(number) => number.to_string() == *wanted,
            _ => false,
        })
    }

    /// The purchases asked about.
    pub fn purchases(&self) -> impl Iterator<Item = &Purchase> {
        self.all.iter().filter(|purchase| (self.from..=self.to).contains(&purchase.date) && self.passes(purchase))
    }

    /// The purchases asked about, by the values of keys and, where rows are told apart by it, by currency.
    pub fn groups(&self, keys: &[&str], by_currency: bool) -> Vec<(Row, Vec<&Purchase>)> {
        let mut groups = BTreeMap::<String, (Row, Vec<&Purchase>)>::new();
        for purchase in self.purchases() {
            let values: Vec<Value> = keys.iter().map(|key| purchase.value(key)).collect();
            let currency: Option<Currency> = by_currency.then_some(purchase.currency);
            let name = format!("{} {:?}", json!(values), currency.map(|currency| currency.code().to_owned()));
            let (row, group) = groups.entry(name).or_insert_with(|| {
                let mut told: Map<String, Value> = keys.iter().map(|key| (*key).to_owned()).zip(values.iter().cloned()).collect();
                told.extend(currency.map(|currency| ("currency".to_owned(), json!(currency.code()))));
                (Row { keys: values, currency, customers: Default::default(), told }, Vec::new())
            });
            row.customers.extend(purchase.customer.clone());
            group.push(purchase);
        }
        groups.into_values().collect()
    }
}
