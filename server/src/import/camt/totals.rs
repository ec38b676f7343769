//! What a statement says that it comes to, beside what its entries do: its closing balance and its totals.
//!
//! Banks count entries that are not booked in the totals, or do not. Totals must be those of what is booked, with what is pending, or with
//! all that the statement has; each of them in the same way. Those of a statement of several pages may be of all pages.

use super::texts::Texts;
use crate::import::{Facts, Wrong, money};
use rust_decimal::Decimal;

/// The totals that a statement may have: where they stand, and what they are of.
const TOTALS: [(&str, &str); 6] = [
    ("TxsSummry/TtlNtries/NbOfNtries", "entries"),
    ("TxsSummry/TtlNtries/Sum", "sum of entries"),
    ("TxsSummry/TtlCdtNtries/NbOfNtries", "credit entries"),
    ("TxsSummry/TtlCdtNtries/Sum", "sum of credit entries"),
    ("TxsSummry/TtlDbtNtries/NbOfNtries", "debit entries"),
    ("TxsSummry/TtlDbtNtries/Sum", "sum of debit entries"),
];

/// How many entries there are, and what they add up to, by direction.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    credits: (u64, Decimal),
    debits: (u64, Decimal),
}

impl Tally {
    fn add(&mut self, credit: bool, amount: Decimal) {
        let side = if credit { &mut self.credits } else { &mut self.debits };
        *side = (side.0 + 1, side.1 + amount);
    }

    fn with(self, other: Self) -> Self {
        let both = |one: (u64, Decimal), other: (u64, Decimal)| (one.0 + other.0, one.1 + other.1);
        Self { credits: both(self.credits, other.credits), debits: both(self.debits, other.debits) }
    }

    fn count(self) -> u64 {
        self.credits.0 + self.debits.0
    }

    /// What it comes to where debits are below zero.
    fn net(self) -> Decimal {
        self.credits.1 - self.debits.1
    }

    /// In the order of [`TOTALS`].
    fn figures(self) -> [Decimal; 6] {
        let (credits, debits) = (self.credits, self.debits);
        [Decimal::from(self.count()), credits.1 + debits.1, Decimal::from(credits.0), credits.1, Decimal::from(debits.0), debits.1]
    }
}

/// What the balances and entries of a statement come to.
#[derive(Debug, Default)]
pub(super) struct Totals {
    opened: Option<Decimal>,
    closed: Option<Decimal>,
    booked: Tally,
    pending: Tally,
    others: Tally,
}

impl Totals {
    /// Notes a balance.
    pub(super) fn balance(&mut self, code: Option<&str>, signed: Decimal) {
        match code {
            // The closing balance of the day before is what this one opens with.
            Some("OPBD" | "PRCD") => self.opened = self.opened.or(Some(signed)),
            Some("CLBD") => self.closed = Some(signed),
            _ => {}
        }
    }

    /// Notes an entry.
    pub(super) fn entry(&mut self, status: Option<&str>, credit: bool, amount: Decimal) {
        let tally = match status {
            Some("BOOK") => &mut self.booked,
            Some("PDNG") => &mut self.pending,
            _ => &mut self.others,
        };
        tally.add(credit, amount);
    }

    /// What is booked, where debits are below zero.
    pub(super) fn booked(&self) -> Decimal {
        self.booked.net()
    }

    /// What a statement opened with and what is booked must be what it closes with.
    pub(super) fn closing(&self, facts: &mut Facts, line: u64) -> Result<(), Wrong> {
        let (Some(opened), Some(closed)) = (self.opened, self.closed) else {
            facts.trailer.push(("closing balance".to_owned(), "-".to_owned(), self.booked().to_string()));
            return Ok(());
        };
        let counted = opened + self.booked();
        if counted != closed {
            let entries = self.booked.count();
            return Err(Wrong::at(line, format!("closing balance: the statement says {closed}, {opened} and {entries} booked entries make {counted}")));
        }
        facts.trailer.push(("closing balance".to_owned(), closed.to_string(), counted.to_string()));
        Ok(())
    }

    /// The totals that it says must be those of its entries, unless it is one page of several.
    pub(super) fn summary(&self, own: &Texts, is_page: bool, facts: &mut Facts, line: u64) -> Result<(), Wrong> {
        let mut says = [None; TOTALS.len()];
        for (said, (path, name)) in says.iter_mut().zip(TOTALS) {
            *said = own.get(&[path]).map(|text| money::decimal(line, name, text)).transpose()?.flatten();
        }
        let booked = self.booked.figures();
        let with_pending = self.booked.with(self.pending);
        let ways = [booked, with_pending.figures(), with_pending.with(self.others).figures()];
        let agrees = ways.into_iter().find(|counted| says.iter().zip(counted).all(|(said, counted)| said.is_none_or(|said| said == *counted)));
        for ((said, counted), (_, name)) in says.into_iter().zip(agrees.unwrap_or(booked)).zip(TOTALS) {
            let Some(said) = said else { continue };
            if said != counted && !is_page {
                return Err(Wrong::at(line, format!("{name}: the statement says {said}, its booked entries make {counted}")));
            }
            facts.trailer.push((name.to_owned(), said.to_string(), counted.to_string()));
        }
        Ok(())
    }
}

/// Whether one of these paginations says that this is one page of several.
pub(super) fn is_page(texts: &Texts, paginations: &[&str]) -> bool {
    paginations.iter().any(|pagination| {
        let number = texts.get(&[&format!("{pagination}/PgNb")]).and_then(|number| number.parse::<u64>().ok());
        // A boolean of XML Schema.
        let is_last = !matches!(texts.get(&[&format!("{pagination}/LastPgInd")]), Some("false" | "0"));
        !is_last || number.is_some_and(|number| number > 1)
    })
}
