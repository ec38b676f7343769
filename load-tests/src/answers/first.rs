//! The first rows by a figure, what all rows come to, and what those come to that are not shown: judged on the model's own
//! rows, from the words of the contract.

use super::asker::{Asker, query};
use super::compare::{Compared, same};
use crate::figures::exposure::{self, liability};
use crate::figures::{accounts, fee_income};
use crate::service::Error;
use serde_json::Value;
use std::collections::BTreeMap;

/// Decimals that every currency's amounts have at most.
const DECIMALS: usize = 4;

/// Questions of each answer at a moment.
const QUESTIONS: usize = 4;
/// The most rows that are asked for: fewer than there are, mostly.
const LIMIT_MAX: u64 = 8;
/// Figures of fee income that rows are asked by.
const INCOME: &[&str] = &["sales.volume", "refunds.count", "mdr", "net_margin", "contribution", "refund_leakage", "effective_percent"];
/// Figures of fee income that may be added.
const INCOME_ADDS: &[&str] = &["sales.volume", "refunds.volume", "mdr", "interchange", "net_margin", "contribution", "merchant_fees"];
/// Figures of liability.
const LIABILITY: &[&str] = &["chargeback", "refund", "non_delivery", "owed", "advances", "exposure", "cover", "uncovered"];

/// Asks for the first rows of fee income, exposure and the trial balance.
///
/// # Errors
/// The service does not answer.
pub fn ask(asker: &mut Asker<'_>) -> Result<(), Error> {
    let chronicle = asker.chronicle;
    let today = chronicle.today();
    for _ in 0..QUESTIONS {
        let key = asker.dice.pick(fee_income::KEYS);
        let mine = fee_income::rows(chronicle, &[key], &[], today.plus_days(-29), today);
        question(asker, "fee-income", key, "rows", INCOME, INCOME_ADDS, &mine)?;
        let key = asker.dice.pick(exposure::KEYS);
        let mine = exposure::rows(chronicle, &[key], &[]);
        question(asker, "exposure", key, "rows", &["amount", "overdue", "count"], &["amount", "overdue", "count"], &mine)?;
        let key = asker.dice.pick(liability::KEYS);
        let mine = liability::rows(chronicle, &[key], &[]);
        question(asker, "exposure", key, "liability", LIABILITY, LIABILITY, &mine)?;
        let key = asker.dice.pick(accounts::KEYS);
        let mine = accounts::rows(chronicle, &[key], &[], chronicle.position());
        question(asker, "accounts", key, "rows", &["debits", "credits", "balance"], &["debits", "credits", "balance"], &mine)?;
    }
    Ok(())
}

fn question(asker: &mut Asker<'_>, answer: &str, key: &str, list: &str, figures: &[&str], adds: &[&str], mine: &[Value]) -> Result<(), Error> {
    let limit = usize::try_from(asker.dice.between(1, LIMIT_MAX)).unwrap_or(1);
    let first = First { list, figure: asker.dice.pick(figures), falls: asker.dice.chance(60), limit, adds };
    let path = format!("/v1/{answer}{}", query(&[key], &[], &first.parameters()));
    asker.ask("first rows, total and rest", &path, |theirs| first.judge(mine, theirs))
}

/// A question for the first rows.
#[derive(Clone, Copy, Debug)]
pub struct First<'a> {
    /// The list in the answer.
    pub list: &'a str,
    /// The figure that the rows follow: a field, or one within another with a point between them.
    pub figure: &'a str,
    /// Whether the largest is first.
    pub falls: bool,
    /// How many rows at most.
    pub limit: usize,
    /// Figures that may be added.
    pub adds: &'a [&'a str],
}

impl First<'_> {
    /// The parameters that ask it.
    pub fn parameters(&self) -> [(&'static str, String); 2] {
        let sign = if self.falls { "-" } else { "" };
        [("sort", format!("{sign}{}", self.figure.replace('.', "_"))), ("limit", self.limit.to_string())]
    }

    /// Judges an answer by all rows that there are.
    pub fn judge(&self, mine: &[Value], theirs: &Value) -> Compared {
        let shown = theirs[self.list].as_array().ok_or_else(|| format!("{} is no list", self.list))?;
        let mut order: Vec<Option<i128>> = mine.iter().map(|row| number(row, self.figure)).collect();
        // A row without the figure is last, whichever way the others go.
        order.sort_by_key(|figure| (figure.is_none(), figure.map(|figure| if self.falls { -figure } else { figure })));
        order.truncate(self.limit);
        let told: Vec<Option<i128>> = shown.iter().map(|row| number(row, self.figure)).collect();
        if order != told {
            return Err(format!("{} by {}: model {order:?}, service {told:?}", self.list, self.figure));
        }
        let mut left: Vec<&Value> = mine.iter().collect();
        let mut figures = 0;
        for row in shown {
            let found = left.iter().position(|own| same("", own, row).is_ok()).ok_or_else(|| format!("{}: no row of the model is {row}", self.list))?;
            figures += same("", left.swap_remove(found), row)?;
        }
        let all: Vec<&Value> = mine.iter().collect();
        Ok(figures + self.sums("total", &all, theirs)? + self.sums("rest", &left, theirs)?)
    }

    /// Sums of each currency, and of each book where rows tell it.
    fn sums(&self, name: &str, rows: &[&Value], theirs: &Value) -> Compared {
        let told = theirs[name].as_array().ok_or_else(|| format!("{name} is no list"))?;
        let mut mine = BTreeMap::<(String, String), (usize, Vec<i128>)>::new();
        for row in rows {
            let sums = mine.entry(wallet(row)).or_insert_with(|| (0, vec![0; self.adds.len()]));
            sums.0 += 1;
            for (sum, figure) in sums.1.iter_mut().zip(self.adds) {
                *sum += number(row, figure).unwrap_or(0);
            }
        }
        let nothing = (0, vec![0; self.adds.len()]);
        for sum in told.iter().filter(|sum| sum.get(self.list).is_some()) {
            let (count, sums) = mine.remove(&wallet(sum)).unwrap_or(nothing.clone());
            let figures: Vec<i128> = self.adds.iter().map(|figure| number(sum, figure).unwrap_or(0)).collect();
            if sum[self.list] != count || figures != sums {
                return Err(format!("{name} of {:?}: model {count} rows, {:?} {sums:?}; service {sum}", wallet(sum), self.adds));
            }
        }
        if mine.is_empty() { Ok((told.len() * self.adds.len()) as u64) } else { Err(format!("{name} lacks {:?}", mine.keys())) }
    }
}

fn wallet(row: &Value) -> (String, String) {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    (text("currency"), text("book"))
}

/// A decimal string or a count, as an integer of [`DECIMALS`] decimals.
fn number(row: &Value, figure: &str) -> Option<i128> {
    match figure.split('.').fold(row, |value, name| &value[name]) {
        Value::String(text) => {
            let (whole, part) = text.split_once('.').unwrap_or((text, ""));
            format!("{whole}{part:0<DECIMALS$}").parse().ok()
        }
        Value::Number(number) => number.as_i64().map(|number| i128::from(number) * 10i128.pow(DECIMALS as u32)),
        _ => None,
    }
}
