//! Texts of the document by where they stand, and the parts that they belong to.

use crate::import::{Wrong, money};
use rust_decimal::Decimal;
use schemas::money::Currency;
use std::collections::BTreeMap;

/// Texts of a part of the document, by the path within it; the first of each.
#[derive(Default)]
pub(super) struct Texts(BTreeMap<String, String>);

impl Texts {
    /// The first of these that is there and says something.
    pub(super) fn get(&self, paths: &[&str]) -> Option<&str> {
        paths.iter().find_map(|path| self.0.get(*path)).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// An amount and its currency.
    pub(super) fn amount(&self, line: u64, path: &str) -> Result<Option<(Decimal, Currency)>, Wrong> {
        let (Some(text), Some(code)) = (self.get(&[path]), self.get(&[&format!("{path}@Ccy")])) else { return Ok(None) };
        let amount = money::decimal(line, path, text)?.ok_or_else(|| Wrong::at(line, format!("{path}: no amount")))?;
        Ok(Some((amount, money::currency(line, code)?)))
    }
}

/// The parts of the document that are read now.
#[derive(Default)]
pub(super) struct Parts {
    /// Of the message.
    pub(super) header: Texts,
    /// Of the statement or notification itself.
    pub(super) statement: Texts,
    pub(super) balance: Texts,
    pub(super) entry: Texts,
    /// Of the entry.
    pub(super) transactions: Vec<Texts>,
}

impl Parts {
    /// Notes a text where it belongs: of the innermost of transaction, entry, balance and statement.
    pub(super) fn put(&mut self, path: &[String], suffix: &str, text: &str) {
        let within = |name: &str| path.iter().rposition(|step| step == name).map(|at| path.get(at + 1..).unwrap_or_default().join("/"));
        let (to, key) = if let Some(key) = within("TxDtls") {
            (self.transactions.last_mut(), key)
        } else if let Some(key) = within("Ntry") {
            (Some(&mut self.entry), key)
        } else if let Some(key) = within("Bal") {
            (Some(&mut self.balance), key)
        } else if let Some(key) = within("Stmt").or_else(|| within("Ntfctn")) {
            (Some(&mut self.statement), key)
        } else if let Some(key) = within("GrpHdr") {
            (Some(&mut self.header), key)
        } else {
            return;
        };
        if let Some(Texts(texts)) = to {
            texts.entry(format!("{key}{suffix}")).or_insert_with(|| text.to_owned());
        }
    }
}
