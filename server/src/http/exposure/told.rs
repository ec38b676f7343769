//! Exposure as it is told: rows, liability and the ladder by the keys that were asked for, and what has none.

use super::ExposureAnswer;
use super::alerts;
use super::parts::{Concentration, DaysToPay, Largest, RetentionRow, SchemeReceivable, StoppedTrading};
use super::tables::{FIGURES, LIABILITY};
use crate::http::categories;
use crate::http::grouped::{Figure, First, Shape, Told, key_column};
use crate::http::names::{self, MerchantNames};
use crate::http::problem::Problem;
use crate::node::Node;
use crate::shape::amount;
use crate::table::{Column, Table};
use projections::answers::exposure::{Amounts, By, Exposure, ExposureKey, ExposureQuery, Liability, Shares, Stopped};
use projections::answers::{GroupValue, book_name};
use schemas::event::Book;
use schemas::ids::{MerchantId, SchemeId};
use schemas::money::{Currency, format_scaled};
use schemas::time::Date;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What the number of rows is called in totals, and that of liability.
const ROWS: &str = "rows";
const LIABILITY_ROWS: &str = "liability";

/// The answer, and the columns of its tables whose keys are asked for.
pub struct Whole {
    /// As JSON.
    pub answer: ExposureAnswer,
    /// The columns of the rows.
    pub rows: Vec<Column>,
    /// The columns of liability.
    pub liability: Vec<Column>,
    /// The columns of the ladder.
    pub ladder: Vec<Column>,
}

/// Writes an answer.
pub fn told(node: &Node, position: Vec<String>, exposure: &Exposure, query: &ExposureQuery, cut: &First) -> Result<Whole, Problem> {
    let mut held = held(exposure, query, cut);
    let mut liability = liability(exposure, query, cut);
    names::beside(node, &mut held.table)?;
    names::beside(node, &mut liability.table)?;
    let mut ladder = ladder(exposure, query);
    names::beside(node, &mut ladder)?;
    let merchants = names::of_merchants(node, named(exposure))?;
    let alerts = exposure.alerts.iter().map(|alert| alerts::of_merchant(alert, &merchants));
    let answer = ExposureAnswer {
        position,
        business_date: exposure.business_date.map(|date| date.to_string()),
        rows: held.table.rows,
        liability: liability.table.rows,
        total: beside(held.total, liability.total),
        rest: beside(held.rest, liability.rest),
        ladder: ladder.rows,
        scheme_receivable: schemes(exposure),
        concentration: concentrations(exposure, &merchants),
        retention: retention(exposure),
        alerts: exposure.safeguarding.shortfalls().iter().map(alerts::of_shortfall).chain(alerts).collect(),
        stopped_trading: exposure.stopped.iter().map(|stopped| stopped_trading(stopped, &merchants)).collect(),
    };
    Ok(Whole { answer, rows: held.table.columns, liability: liability.table.columns, ladder: ladder.columns })
}

/// The merchants that are named besides in rows by keys.
fn named(exposure: &Exposure) -> BTreeSet<MerchantId> {
    let largest = exposure.concentration.iter().filter(|((by, _), _)| *by == By::Merchant);
    let largest = largest.flat_map(|(_, shares)| shares.largest()).filter_map(|(key, _)| MerchantId::new(key));
    let others = exposure.alerts.iter().map(|alert| &alert.merchant).chain(exposure.stopped.iter().map(|stopped| &stopped.merchant));
    largest.chain(others.cloned()).collect()
}

fn stopped_trading(stopped: &Stopped, names: &MerchantNames) -> StoppedTrading {
    StoppedTrading {
        merchant: stopped.merchant.to_string(),
        merchant_name: names.get(&stopped.merchant).cloned(),
        last_sale_on: stopped.last_sale.to_string(),
        sale_dates: stopped.sale_dates,
        silent_weekdays: stopped.silent_weekdays,
    }
}

fn held(exposure: &Exposure, query: &ExposureQuery, cut: &First) -> Told {
    let shape = Shape {
        keys: keys(query.keys()),
        figures: FIGURES,
        read: &|amounts: &Amounts| vec![Figure::Money(amounts.amount), Figure::Money(amounts.overdue), Figure::Count(query.count(amounts).into())],
        add: &|sum, amounts| sum.add(amounts, 1),
        count: ROWS,
    };
    shape.tell(&exposure.rows, cut)
}

fn liability(exposure: &Exposure, query: &ExposureQuery, cut: &First) -> Told {
    let shape = Shape {
        keys: keys(query.liability_keys()),
        figures: LIABILITY,
        read: &|terms: &Liability| {
            let terms = [terms.chargeback, terms.refund, terms.non_delivery, terms.owed, terms.advances, terms.exposure(), terms.cover, terms.uncovered];
            terms.map(Figure::Money).to_vec()
        },
        add: &|sum, terms| sum.add(terms, 1),
        count: LIABILITY_ROWS,
    };
    shape.tell(&exposure.liability, cut)
}

fn keys(keys: Vec<ExposureKey>) -> Vec<Column> {
    keys.into_iter().map(|key| key_column(key.as_str(), false)).collect()
}

/// Two sums of each currency as one row: none of their figures has a name of the other's. Both were asked for, or neither. Where one of them
/// has no row of a currency, the number of its rows is 0.
fn beside(rows: Option<Vec<Map<String, Value>>>, others: Option<Vec<Map<String, Value>>>) -> Option<Vec<Map<String, Value>>> {
    let mut all = BTreeMap::<String, Map<String, Value>>::new();
    for row in rows?.into_iter().chain(others?) {
        let currency = row.get("currency").and_then(Value::as_str).unwrap_or_default().to_owned();
        all.entry(currency).or_default().extend(row);
    }
    for row in all.values_mut() {
        for count in [ROWS, LIABILITY_ROWS] {
            row.entry(count).or_insert(Value::from(0));
        }
    }
    Some(all.into_values().collect())
}

fn ladder(exposure: &Exposure, query: &ExposureQuery) -> Table {
    let mut columns = vec![Column::date("release_on")];
    columns.extend(keys(query.ladder_by.clone()));
    columns.extend([Column::text("currency"), Column::money("amount")]);
    let rungs = exposure.ladder.iter().filter(|(_, minor)| **minor != 0);
    let row = |((date, values, currency), minor): (&(Date, Vec<GroupValue>, Currency), &i128)| {
        let mut row = Map::new();
        row.insert("release_on".to_owned(), Value::String(date.to_string()));
        let text = |value: &GroupValue| value.as_str().map_or(Value::Null, |text| Value::String(text.to_owned()));
        row.extend(query.ladder_by.iter().zip(values).map(|(key, value)| (key.as_str().to_owned(), text(value))));
        row.insert("currency".to_owned(), Value::String(currency.code().to_owned()));
        row.insert("amount".to_owned(), Value::String(amount(*minor, *currency)));
        Value::Object(row)
    };
    Table { columns, rows: rungs.map(row).collect() }
}

fn schemes(exposure: &Exposure) -> Vec<SchemeReceivable> {
    let row = |((scheme, book, currency), minor): (&(SchemeId, Book, Currency), &i128)| SchemeReceivable {
        scheme: scheme.to_string(),
        holder: book_name(book),
        currency: currency.code().to_owned(),
        amount: amount(*minor, *currency),
    };
    exposure.scheme_receivable.iter().filter(|(_, minor)| **minor != 0).map(row).collect()
}

fn concentrations(exposure: &Exposure, names: &MerchantNames) -> Vec<Concentration> {
    let held = exposure.concentration.iter().filter(|(_, shares)| shares.total() != 0);
    held.map(|((by, currency), shares)| concentration(*by, *currency, shares, names)).collect()
}

fn concentration(by: By, currency: Currency, shares: &Shares, names: &MerchantNames) -> Concentration {
    let total = shares.total();
    let name = |key: &str| match by {
        By::Mcc => categories::name(key).map(str::to_owned),
        By::Merchant => MerchantId::new(key).and_then(|merchant| names.get(&merchant).cloned()),
        By::Partner | By::Psp => None,
    };
    let largest = |(key, minor): (&str, i128)| Largest {
        key: key.to_owned(),
        key_name: name(key),
        amount: amount(minor, currency),
        share_percent: projections::answers::ratio(minor, total, 10_000).map(|share| format_scaled(share, 2)),
    };
    let top = shares.largest().into_iter().map(largest).collect();
    Concentration { by: by.as_str(), currency: currency.code().to_owned(), top, hhi: shares.hhi().map(|hhi| format_scaled(hhi, 4)) }
}

fn retention(exposure: &Exposure) -> Vec<RetentionRow> {
    let held = exposure.retention.iter().filter(|(_, held)| held.amount != 0 || !held.paid.is_empty());
    held.map(|((psp, currency), held)| {
        let days = |percent| held.days_to_pay(percent).map(|days| format!("{days}.0"));
        let days_to_pay = DaysToPay { p50: days(50), p95: days(95) };
        RetentionRow { psp: psp.to_string(), currency: currency.code().to_owned(), amount: amount(held.amount, *currency), days_to_pay }
    })
    .collect()
}
