//! Accounts of the chart, and lines between two of them.

use super::money;
use schemas::money::Currency;
use serde_json::{Value, json};

/// An account within a book and a currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its number in the chart.
    pub code: u16,
    /// Whose it is.
    pub party: Option<String>,
    /// A date, hold, payment or payout.
    pub detail: Option<String>,
}

impl Account {
    /// An account that nobody owns.
    pub const fn plain(code: u16) -> Self {
        Self { code, party: None, detail: None }
    }

    /// An account of a party.
    pub fn of(code: u16, party: &str) -> Self {
        Self { code, party: Some(party.to_owned()), detail: None }
    }

    /// An account of a party for one date, hold, payment or payout.
    pub fn detailed(code: u16, party: &str, detail: &str) -> Self {
        Self { code, party: Some(party.to_owned()), detail: Some(detail.to_owned()) }
    }

    /// Whether it is one of a merchant's own buckets, or what it owes.
    pub const fn is_bucket(&self) -> bool {
        matches!(self.code, 1050 | 2010 | 2020 | 2030 | 2040 | 2045 | 2050)
    }

    fn json(&self) -> Value {
        let mut value = json!({"code": self.code.to_string()});
        for (key, member) in [("party", &self.party), ("detail", &self.detail)] {
            if let Some(member) = member {
                value[key] = json!(member);
            }
        }
        value
    }
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.code)?;
        [&self.party, &self.detail].into_iter().flatten().try_for_each(|part| write!(f, "/{part}"))
    }
}

/// One posting: an amount from a credit to a debit account, in one book and currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// `bank` or `psp:<id>`.
    pub book: String,
    /// The currency of the amount.
    pub currency: Currency,
    /// What is debited.
    pub debit: Account,
    /// What is credited.
    pub credit: Account,
    /// Minor units, above zero.
    pub amount: i128,
}

impl Line {
    /// As the service writes lines.
    pub fn json(&self) -> Value {
        json!({"book": self.book, "currency": self.currency.code(), "debit": self.debit.json(), "credit": self.credit.json(),
            "amount": money::text(self.amount, self.currency)})
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}  Dr {} / Cr {}  {}", self.book, self.currency, self.debit, self.credit, money::text(self.amount, self.currency))
    }
}
