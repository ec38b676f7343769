//! An entry as every form tells it: what it is about, and its lines with the names of both accounts.

use super::account::Name;
use crate::shape::{LineForm, Lines, entry_text, lines_of, position_text, subject_text};
use ledger::entry::{Posting, Recorded};
use projections::folds::objects::Group;
use schemas::event::EventType;
use schemas::money::Currency;
use schemas::time::Date;

/// An entry.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The business date.
    pub date: Date,
    /// The entry, as `3:99120`.
    pub entry: String,
    /// Where its record lies, as `3:1482211`.
    pub position: String,
    /// The event's id, or nothing.
    pub event: String,
    /// The event's type.
    pub event_type: &'static str,
    /// What a statement files it under.
    pub group: Group,
    /// Whom it is about, but a partition.
    pub subject: Option<String>,
    /// The payment.
    pub payment: Option<String>,
    /// When it happened.
    pub occurred_at: Option<String>,
    /// The lines, in the order posted.
    pub lines: Vec<Line>,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its place in the entry, from 1.
    pub number: usize,
    /// As the journal has it.
    pub posting: Posting,
    /// As the API tells it.
    pub told: LineForm,
    /// The account that is debited.
    pub debit: Name,
    /// The account that is credited.
    pub credit: Name,
}

/// An amount that is put to an account: one side of a line.
#[derive(Clone, Debug)]
pub struct Side {
    /// The account.
    pub name: Name,
    /// In minor units, negative for a credit.
    pub minor: i128,
    /// In what.
    pub currency: Currency,
    /// What the account's name leaves out: `("available_on", "2026-11-24")`.
    pub tag: Option<(&'static str, String)>,
}

impl Line {
    /// The amount, in minor units.
    pub const fn minor(&self) -> i128 {
        self.posting.amount.signed()
    }

    /// What the line adds to all that a merchant has less what it owes, in minor units; nothing where it only moves between
    /// the merchant's own accounts, or is a memo.
    pub const fn change(&self) -> i128 {
        let amount = self.minor();
        match (self.posting.debit.code.is_merchant_balance(), self.posting.credit.code.is_merchant_balance()) {
            (true, false) => -amount,
            (false, true) => amount,
            (true, true) | (false, false) => 0,
        }
    }
}

impl Transaction {
    /// The entry with those of its lines that `keep` keeps.
    pub fn of(partition: u32, recorded: &Recorded, keep: impl Fn(&Posting) -> bool) -> Self {
        let row = &recorded.row;
        let lines = row.lines.iter().zip(lines_of(row, Lines::Every)).enumerate().filter(|(_, (posting, _))| keep(posting));
        let lines = lines.map(|(at, (posting, told))| Line {
            number: at + 1,
            debit: Name::new(&posting.book, &posting.debit, told.debit.party.as_deref(), told.debit.detail.as_deref()),
            credit: Name::new(&posting.book, &posting.credit, told.credit.party.as_deref(), told.credit.detail.as_deref()),
            posting: posting.clone(),
            told,
        });
        Self {
            date: row.date,
            entry: entry_text(partition, recorded.number),
            position: position_text(partition, row.record),
            event: row.event.as_ref().map(ToString::to_string).unwrap_or_default(),
            event_type: row.event_type.map_or("entry", EventType::as_str),
            group: Group::of(row.event_type),
            subject: subject_text(row.subject.as_ref()).map(str::to_owned),
            payment: row.payment.as_ref().map(ToString::to_string),
            occurred_at: row.occurred_at.map(|at| at.to_string()),
            lines: lines.collect(),
        }
    }

    /// Both sides of every line, under the names of the journal.
    pub fn sides(&self) -> Vec<Side> {
        let side = |name: &Name, minor, currency| Side { name: name.clone(), minor, currency, tag: None };
        let sides = |line: &Line| {
            let (minor, currency) = (line.minor(), line.posting.currency);
            [side(&line.debit, minor, currency), side(&line.credit, -minor, currency)]
        };
        self.lines.iter().flat_map(sides).collect()
    }

    /// What is told of the entry besides its lines. No text has a quote, a comma or an end of line in it: ids take none.
    pub fn tags(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [("subject", self.subject.as_deref()), ("payment", self.payment.as_deref()), ("occurred_at", self.occurred_at.as_deref())];
        let event = (!self.event.is_empty()).then_some(self.event.as_str());
        let all = [("entry", Some(self.entry.as_str())), ("position", Some(self.position.as_str())), ("event", event)].into_iter().chain(optional);
        all.filter_map(|(name, text)| Some((name, text?)))
    }
}
