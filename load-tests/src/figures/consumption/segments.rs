//! Customers by recency, frequency and what they spent.

use super::{Purchase, Range, Row, estimate};
use crate::model::money::text;
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that segments can be grouped and filtered by.
pub const KEYS: &[&str] = &["recency", "frequency", "monetary"];

/// One customer in one currency.
struct Customer {
    name: String,
    currency: Currency,
    last: Date,
    days: BTreeSet<Date>,
    net: i128,
}

impl Customer {
    fn segment(&self, key: &str, to: Date) -> &'static str {
        let unit = (0..self.currency.exponent()).fold(1, |unit, _| unit * 10);
        match key {
            "recency" => match to.days() - self.last.days() {
                ..=7 => "0-7",
                8..=30 => "8-30",
                31..=90 => "31-90",
                _ => ">90",
            },
            "frequency" => match self.days.len() {
                ..=1 => "1",
                2..=3 => "2-3",
                4..=9 => "4-9",
                _ => ">9",
            },
            // Whole units: a hundred begins at 100.00.
            _ => match self.net.div_euclid(unit) {
                ..=99 => "0-99",
                100..=499 => "100-499",
                500..=1999 => "500-1999",
                _ => ">1999",
            },
        }
    }
}

/// The rows by keys, of customers of these segments only.
pub fn segments(range: &Range, keys: &[&str], only: &[(&str, &str)]) -> Vec<Row> {
    let mut rows = BTreeMap::<(Vec<&str>, Currency), Vec<Customer>>::new();
    for customer in customers(range) {
        if only.iter().all(|(key, wanted)| customer.segment(key, range.to) == *wanted) {
            let values = keys.iter().map(|key| customer.segment(key, range.to)).collect();
            rows.entry((values, customer.currency)).or_default().push(customer);
        }
    }
    let told = |((values, currency), customers): ((Vec<&str>, Currency), Vec<Customer>)| {
        let days: usize = customers.iter().map(|customer| customer.days.len()).sum();
        let sales: i128 = customers.iter().map(|customer| customer.net).sum();
        let mut told: Map<String, Value> = keys.iter().map(|key| (*key).to_owned()).zip(values.iter().map(|value| json!(value))).collect();
        told.insert("currency".into(), json!(currency.code()));
        told.insert("customers".into(), estimate(customers.len()));
        told.insert("visit_days".into(), json!(days));
        told.insert("sales".into(), json!(text(sales, currency)));
        let names = customers.into_iter().map(|customer| customer.name).collect();
        Row { keys: values.into_iter().map(|value| json!(value)).collect(), currency: Some(currency), customers: names, told }
    };
    rows.into_iter().map(told).collect()
}

fn customers(range: &Range) -> Vec<Customer> {
    let mut all = BTreeMap::<(String, Currency), Vec<&Purchase>>::new();
    for purchase in range.purchases() {
        if let Some(customer) = &purchase.customer {
            all.entry((customer.clone(), purchase.currency)).or_default().push(purchase);
        }
    }
    let customer = |((name, currency), purchases): ((String, Currency), Vec<&Purchase>)| Customer {
        name,
        currency,
        last: purchases.iter().map(|purchase| purchase.date).max().unwrap_or(range.from),
        days: purchases.iter().map(|purchase| purchase.date).collect(),
        net: purchases.iter().map(|purchase| purchase.net).sum(),
    };
    all.into_iter().map(customer).collect()
}
