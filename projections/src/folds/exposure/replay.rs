//! What exposure was as a date closed, and after some of the entries of the next one.
//!
//! A merchant of a past date is one search away; entries of the date that was open then are applied to it in memory, by the
//! same rules as in the fold. Bounded by the entries of one date.

use super::{CLOSED, DISPUTED_AT, HELD, HOLDS, Held, Kept, Layers, MERCHANTS, Merchant, apply_to};
use crate::folds::reference::CONTRACTS;
use crate::views::{Error, Snapshot};
use ledger::entry::Recorded;
use schemas::event::Book;
use schemas::ids::{HoldId, MerchantId, PaymentId, PspId, SchemeId};
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
}

impl<'a, 'b> Replay<'a, 'b> {
    /// Upon the close of a date.
    pub fn upon(snapshot: &'a Snapshot<'b>, closed: Date) -> Self {
        let (merchants, schemes, safeguarded) = Default::default();
        Self { snapshot, closed, merchants, schemes, safeguarded }
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

    /// The terms of a hold never change, so those that are known now were those then; its amount is known after each entry.
    fn hold(&mut self, merchant: &MerchantId, hold: &HoldId, entry: u64) -> Result<Option<Held>, Error> {
        let key = (merchant.clone(), hold.clone());
        let Some(held) = self.snapshot.get(&HOLDS, &key)?.flatten() else { return Ok(None) };
        let before = match entry.checked_sub(1) {
            Some(last) => self.snapshot.last_until(&HELD, &key, &(key.0.clone(), key.1.clone(), last))?,
            None => None,
        };
        Ok(Some(Held { amount: before.map_or(0, |(_, amount)| amount), ..held }))
    }

    fn put_hold(&mut self, _merchant: &MerchantId, _hold: &HoldId, _entry: u64, _held: Held) -> Result<(), Error> {
        Ok(())
    }

    fn disputed(&mut self, merchant: &MerchantId, payment: &PaymentId, entry: u64) -> Result<Layers, Error> {
        let Some(last) = entry.checked_sub(1) else { return Ok(Layers::default()) };
        let key = (merchant.clone(), payment.clone());
        let before = self.snapshot.last_until(&DISPUTED_AT, &key, &(key.0.clone(), key.1.clone(), last))?;
        Ok(before.map(|(_, layers)| layers).unwrap_or_default())
    }

    fn put_disputed(&mut self, _merchant: &MerchantId, _payment: &PaymentId, _entry: u64, _layers: &Layers) -> Result<(), Error> {
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
