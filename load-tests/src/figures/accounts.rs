//! The trial balance by any keys, at any position: `GET /v1/accounts`.

use super::chronicle::Chronicle;
use crate::model::account::Account;
use crate::model::money::text;
use schemas::money::Currency;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Everything that accounts can be grouped and filtered by.
pub const KEYS: &[&str] = &["book", "code", "currency", "party", "detail", "merchant"];

/// The rows of an answer: entries up to a position, grouped by keys, where each filter's key has its value.
pub fn rows(chronicle: &Chronicle, keys: &[&str], filters: &[(&str, &str)], position: i64) -> Vec<Value> {
    let mut sums = BTreeMap::<Vec<Option<String>>, (Currency, i128, i128)>::new();
    for line in chronicle.posted().filter(|entry| entry.at <= position).flat_map(|entry| &entry.said.lines) {
        for (account, debit) in [(&line.debit, true), (&line.credit, false)] {
            let value = |key: &str| value_of(key, &line.book, line.currency, account);
            if filters.iter().any(|(key, wanted)| value(key).as_deref() != Some(wanted)) {
                continue;
            }
            let row = keys.iter().map(|key| value(key)).chain([value("currency")]).collect();
            let (_, debits, credits) = sums.entry(row).or_insert((line.currency, 0, 0));
            *if debit { debits } else { credits } += line.amount;
        }
    }
    let told = |(values, (currency, debits, credits)): (Vec<Option<String>>, (Currency, i128, i128))| {
        let mut row: Map<String, Value> = keys.iter().zip(values).map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        row.insert("currency".into(), json!(currency.code()));
        for (name, minor) in [("debits", debits), ("credits", credits), ("balance", debits - credits)] {
            row.insert(name.into(), json!(text(minor, currency)));
        }
        Value::Object(row)
    };
    sums.into_iter().map(told).collect()
}

fn value_of(key: &str, book: &str, currency: Currency, account: &Account) -> Option<String> {
    match key {
        "book" => Some(book.to_owned()),
        "code" => Some(account.code.to_string()),
        "currency" => Some(currency.code().to_owned()),
        "party" => account.party.clone(),
        "detail" => account.detail.clone(),
        _ => account.party.clone().filter(|_| is_of_merchant(account.code)),
    }
}

/// Whether the party of an account is a merchant: the chart of section 4.
const fn is_of_merchant(code: u16) -> bool {
    matches!(code, 1050 | 2010 | 2020 | 2030 | 2040 | 2045 | 2050 | 4010..=4090 | 5010 | 5020 | 5040 | 5045 | 9010..=9021)
}
