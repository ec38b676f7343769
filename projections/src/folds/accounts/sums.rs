//! What entries of one date add to accounts that they have in common, and to totals, until the next commit.
//!
//! An entry has a dozen sides, and the entries of a shop have the same ones over and over: the place of each is guessed from the
//! entry before, and looked up only where the guess is wrong. Bounded by accounts of schemes, PSPs, partners and the house.

use super::key::{AccountName, DetailName, PartyName};
use super::{PLAIN, PartyKey, Sums, TOTALS};
use crate::views::{Error, Rows};
use ledger::entry::Code;
use schemas::event::Book;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// Book, currency, code, and whose; `None`: an account of one entry's merchant or with a detail, of which only totals are kept here.
type Key = (Book, Currency, Code, Option<PartyKey>);

/// Sums of one date.
#[derive(Default)]
pub(super) struct Common {
    date: Option<Date>,
    sums: Vec<(Key, Sums)>,
    places: BTreeMap<Key, usize>,
    /// Where each side of the entry before stands, in its order.
    guesses: Vec<usize>,
}

/// Whether an account is not one entry's alone: it has no detail, and is not its merchant's.
pub(super) fn is_common(name: &AccountName) -> bool {
    name.detail == DetailName::None && !matches!(name.party, PartyName::Merchant(_))
}

fn whose<'a>(name: &AccountName<'a>) -> Option<PartyName<'a>> {
    is_common(name).then_some(name.party)
}

impl Common {
    /// Whether sums of this date can be added.
    pub fn is_of(&self, date: Date) -> bool {
        self.date.is_none_or(|known| known == date)
    }

    /// Adds a side, the `at`th of its entry.
    pub fn add(&mut self, at: usize, date: Date, name: &AccountName, sums: Sums) {
        self.date = Some(date);
        let party = whose(name);
        let guess = self.guesses.get(at).copied();
        if let Some((key, sum)) = guess.and_then(|guess| self.sums.get_mut(guess))
            && (key.2, key.1, &key.0) == (name.code, name.currency, name.book)
            && key.3.as_ref().map(PartyKey::name) == party
        {
            sum.add(sums);
            return;
        }
        let key = (name.book.clone(), name.currency, name.code, party.map(PartyName::to_key));
        let place = *self.places.entry(key.clone()).or_insert(self.sums.len());
        match self.sums.get_mut(place) {
            Some((_, sum)) => sum.add(sums),
            None => self.sums.push((key, sums)),
        }
        match self.guesses.get_mut(at) {
            Some(guess) => *guess = place,
            None => self.guesses.push(place),
        }
    }

    /// Writes the sums.
    pub fn settle(&mut self, rows: &mut Rows) -> Result<(), Error> {
        let Some(date) = self.date.take() else { return Ok(()) };
        self.places.clear();
        self.guesses.clear();
        for ((book, currency, code, party), sums) in self.sums.drain(..) {
            TOTALS.update(rows, (&book, currency), date, |codes| codes.entry(code).or_default().add(sums))?;
            if let Some(party) = &party {
                PLAIN.update(rows, (party.name(), &book, currency), date, |codes| codes.entry(code).or_default().add(sums))?;
            }
        }
        Ok(())
    }
}
