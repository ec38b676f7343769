//! Every account: its debits and credits since inception, now and as each date closed.
//!
//! Accounts without a detail, a handful for each party, are one row together, so that an entry of a merchant changes one
//! row and not one for each of its lines. Accounts with a detail (a date, a payout) are rows of their own. Sums by book,
//! code and currency lie beside, so that a trial balance does not read an account of every payout there ever was.
//!
//! | table | key | row |
//! |---|---|---|
//! | [`PLAIN`] | party, book, currency | accounts without a detail, by code |
//! | [`DETAILED`] | party, book, code, currency, detail | one account |
//! | [`TOTALS`] | book, currency | sums of all accounts, by code |
//!
//! What an entry adds to accounts that are not one merchant's, and to totals, is added up in memory (`sums`) and written once a commit.
//!
//! What an event moves is at most 10^25, and a carried fee that was scaled 10^30 (`rules::price` of the ledger): it takes more than 10^7 of the
//! largest to come to 2^127 in one sum, and then adding them up stops.

mod key;
mod sums;

pub use key::{AccountKey, DetailKey, DetailName, PartyKey, PartyName, key_of};

use super::history::{Dated, History};
use crate::views::{Error, Id, Projection, Rows, Table};
use key::{AccountName, name_of};
use ledger::entry::{Account, Code, Posting, Recorded};
use ledger::places::Places;
use litemap::LiteMap;
use schemas::event::Book;
use schemas::money::Currency;
use serde::{Deserialize, Serialize};
use sums::Common;

/// The projection.
pub const ID: Id = Id::new(2, "accounts", 2);

/// Accounts without a detail.
pub const PLAIN: History<(PartyKey, Book, Currency), LiteMap<Code, Sums>> = History { now: Table::<_, Dated<_>>::new(ID, 0), closed: Table::new(ID, 1) };
/// Accounts with a detail.
pub const DETAILED: History<AccountKey, Sums> = History { now: Table::<_, Dated<_>>::new(ID, 2), closed: Table::new(ID, 3) };
/// Sums of both.
pub const TOTALS: History<(Book, Currency), LiteMap<Code, Sums>> = History { now: Table::<_, Dated<_>>::new(ID, 4), closed: Table::new(ID, 5) };

/// What was debited and credited, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// All debits.
    pub debits: u128,
    /// All credits.
    pub credits: u128,
}

impl Sums {
    /// Debits less credits.
    pub fn balance(self) -> i128 {
        // Both are far below 2^127, and so is the difference: in two's complement it is exact.
        self.debits.wrapping_sub(self.credits).cast_signed()
    }

    /// Adds other sums.
    pub fn add(&mut self, other: Self) {
        self.debits += other.debits;
        self.credits += other.credits;
    }
}

/// Both sides of a line and what they add.
pub fn sides(line: &Posting) -> [(&Account, Sums); 2] {
    let amount = line.amount.get();
    [(&line.debit, Sums { debits: amount, credits: 0 }), (&line.credit, Sums { debits: 0, credits: amount })]
}

/// The fold.
#[derive(Default)]
pub struct Accounts {
    common: Common,
}

impl Projection for Accounts {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        if entry.row.lines.is_empty() {
            return Ok(());
        }
        let date = entry.row.date;
        if !self.common.is_of(date) {
            self.common.settle(rows)?;
        }
        // The accounts that are the entry's alone, each once: few, as a rule, so a list.
        let mut own: Vec<(AccountName, Sums)> = Vec::with_capacity(4);
        let mut places = Places::default();
        for (at, line) in entry.row.lines.iter().enumerate() {
            for (side, (account, sums)) in sides(line).into_iter().enumerate() {
                let name = name_of(entry, line, account)?;
                self.common.add(at * 2 + side, date, &name, sums);
                if sums::is_common(&name) {
                    continue;
                }
                let known = places.find(&own, &name, |(known, _)| known);
                match known.and_then(|at| own.get_mut(at)) {
                    Some((_, sum)) => sum.add(sums),
                    None => own.push((name, sums)),
                }
            }
        }
        for (at, (first, sums)) in own.iter().enumerate() {
            if first.detail != DetailName::None {
                DETAILED.update(rows, *first, date, |account| account.add(*sums))?;
                continue;
            }
            // Of accounts that share a row, the first one changes it for all.
            let (before, from_here) = own.split_at(at);
            let shares =
                |name: &AccountName| name.detail == DetailName::None && (name.party, name.currency, name.book) == (first.party, first.currency, first.book);
            if !before.iter().any(|(name, _)| shares(name)) {
                let together = from_here.iter().filter(|(name, _)| shares(name));
                let key = (first.party, first.book, first.currency);
                PLAIN.update(rows, key, date, |codes| together.for_each(|(name, sums)| codes.entry(name.code).or_default().add(*sums)))?;
            }
        }
        Ok(())
    }

    fn settle(&mut self, rows: &mut Rows) -> Result<(), Error> {
        self.common.settle(rows)
    }
}
