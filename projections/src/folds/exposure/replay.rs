//! What exposure was as a date closed, and after some of the entries of the next one.
//!
//! A merchant of a past date is one search away; entries of the date that was open then are applied to it in memory, by the
//! same rules as in the fold. Bounded by the entries of one date.

use super::{CLOSED, HOLDS, HoldSince, Kept, MERCHANTS, Merchant, apply_to};
use crate::folds::reference::CONTRACTS;
use crate::views::{Error, Snapshot};
use ledger::entry::Recorded;
use schemas::event::Book;
use schemas::ids::{HoldId, MerchantId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// A merchant as a date closed, without its sales; `now`: as it is. `None` where it came later.
pub fn at_close(snapshot: &Snapshot, id: &MerchantId, now: &Merchant, date: Date) -> Result<Option<Merchant>, Error> {
    if now.changed_on.is_none_or(|changed| changed <= date) {
        let mut past = now.clone();
        drop(past.take_sold());
        return Ok(Some(past));
    }
    Ok(snapshot.last_until(&CLOSED, id, &(id.clone(), date))?.map(|(_, past)| past))
}

/// Entries of one date upon what the date before closed with.
pub struct Replay<'a, 'b> {
    snapshot: &'a Snapshot<'b>,
    /// The date that closed before; merchants are as they were then.
    closed: Date,
    /// The merchants that the entries changed. Their sales are those of the entries alone.
    pub merchants: BTreeMap<MerchantId, Merchant>,
    /// What they changed of what schemes owe.
    pub schemes: BTreeMap<(SchemeId, Book, Currency), i128>,
    /// What they changed of what safeguards PSPs' merchants.
    pub safeguarded: BTreeMap<(PspId, Currency), i128>,
    placed: BTreeMap<(MerchantId, HoldId), HoldSince>,
}

impl<'a, 'b> Replay<'a, 'b> {
    /// Upon the close of a date.
    pub fn upon(snapshot: &'a Snapshot<'b>, closed: Date) -> Self {
        let (merchants, schemes, safeguarded, placed) = Default::default();
        Self { snapshot, closed, merchants, schemes, safeguarded, placed }
    }

    /// Applies the next entry.
    pub fn apply(&mut self, entry: &Recorded) -> Result<(), Error> {
        apply_to(entry, self).map(|_| ())
    }
}

impl Kept for Replay<'_, '_> {
    fn merchant(&mut self, id: &MerchantId, _date: Date) -> Result<&mut Merchant, Error> {
        if !self.merchants.contains_key(id) {
            let now = self.snapshot.get(&MERCHANTS, id)?.unwrap_or_default();
            let past = at_close(self.snapshot, id, &now, self.closed)?.unwrap_or_default();
            self.merchants.insert(id.clone(), past);
        }
        Ok(self.merchants.entry(id.clone()).or_default())
    }

    /// The terms of a hold never change, so those that are known now were those then; one of a later date had no money.
    fn hold(&mut self, merchant: &MerchantId, hold: &HoldId) -> Result<Option<HoldSince>, Error> {
        let key = (merchant.clone(), hold.clone());
        match self.placed.get(&key) {
            Some(since) => Ok(Some(*since)),
            None => Ok(self.snapshot.get(&HOLDS, &key)?.flatten()),
        }
    }

    fn put_hold(&mut self, merchant: &MerchantId, hold: &HoldId, since: HoldSince) -> Result<(), Error> {
        self.placed.insert((merchant.clone(), hold.clone()), since);
        Ok(())
    }

    fn book_of(&mut self, contract: u64) -> Result<Book, Error> {
        let version = self.snapshot.get(&CONTRACTS, &contract)?.and_then(|version| version.0);
        let gone = || Error::Fold { projection: super::ID.name, entry: contract, detail: "no contract was set by this entry".to_owned() };
        version.map(|version| version.contract.book()).ok_or_else(gone)
    }

    fn scheme(&mut self, _date: Date, (scheme, book, currency): (&SchemeId, &Book, Currency), change: i128) -> Result<(), Error> {
        *self.schemes.entry((scheme.clone(), book.clone(), currency)).or_default() += change;
        Ok(())
    }

    fn safeguard(&mut self, _date: Date, (psp, currency): (&PspId, Currency), change: i128) -> Result<(), Error> {
        *self.safeguarded.entry((psp.clone(), currency)).or_default() += change;
        Ok(())
    }
}
