//! Every merchant's money: by book and currency, in every bucket, now and as each date closed.
//!
//! One row a merchant, bounded by dates with money: of holds it has sums and the first open ones, each hold is a row of its own.
//! `purse` says what a row is, `apply` how an entry changes it; past moments are answered by the same code: from the end of a date, or,
//! for who is busy, from the last of its changes that is a multiple of [`CHANGES_PER_VERSION`].

mod apply;
mod purse;

pub use apply::Context;
pub use purse::{Balances, HOLDS_TOLD_MAX, Hold, Holds, Kept, Purse};

use super::history::History;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Code, Note, Outcome, Recorded, Row};
use schemas::event::{Book, Subject};
use schemas::ids::{HoldId, MerchantId};
use schemas::money::Currency;

/// The projection.
pub const ID: Id = Id::new(3, "balances", 3);

/// Every merchant's money.
pub const BALANCES: History<MerchantId, Balances> = History { now: Table::new(ID, 0), closed: Table::new(ID, 1) };
/// Every hold, open or closed.
pub const HOLDS: Table<(MerchantId, HoldId), Option<Kept>> = Table::new(ID, 2);
/// Which hold has which place in its currency and book.
pub const PLACES: Table<(MerchantId, Currency, Book, u64), Option<HoldId>> = Table::new(ID, 4);
/// A merchant's row after every so many changes, by the entry of the last of them.
pub const VERSIONS: Table<(MerchantId, u64), Balances> = Table::new(ID, 3);
/// Changes of a merchant from one of its [`VERSIONS`] to the next: a row that costs a change more than the change itself
/// is written, and no past position is more than so many changes away.
pub const CHANGES_PER_VERSION: u32 = 32;

/// Whether an entry changes the balances of its merchant.
pub fn concerns(row: &Row) -> bool {
    row.outcome == Outcome::Posted && (!row.lines.is_empty() || matches!(row.note, Note::Contract { .. } | Note::Hold { .. }))
}

/// The fold.
pub struct BalancesFold;

impl Projection for BalancesFold {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let Some(Subject::Merchant(merchant)) = &entry.row.subject else { return Ok(()) };
        if !concerns(&entry.row) {
            return Ok(());
        }
        let version = if moves_holds(&entry.row) {
            // The row is taken out while it changes, because other tables are read meanwhile.
            let mut balances = BALANCES.update(rows, merchant, entry.row.date, std::mem::take)?;
            balances.apply(entry, &mut InFold { merchant, rows })?;
            let version = balances.version();
            rows.row(&BALANCES.now, merchant)?.value = balances;
            version
        } else {
            let change = |row: &mut Balances| row.apply(entry, &mut NoHolds).map(|()| row.version());
            BALANCES.update(rows, merchant, entry.row.date, change)??
        };
        match version {
            Some(version) => rows.append(&VERSIONS, (merchant, entry.number), &version),
            None => Ok(()),
        }
    }
}

/// Whether an entry is about holds: those that are closed lie in a table of their own.
fn moves_holds(row: &Row) -> bool {
    matches!(row.note, Note::Hold { .. }) || row.lines.iter().any(|line| line.debit.code == Code::Hold || line.credit.code == Code::Hold)
}

/// An entry that is not about holds needs nothing else.
struct NoHolds;

impl Context for NoHolds {
    fn hold(&mut self, _hold: &HoldId) -> Result<Option<Kept>, Error> {
        Ok(None)
    }

    fn put_hold(&mut self, hold: Kept, _is_new: bool) -> Result<(), Error> {
        Err(Error::Corrupt(format!("hold {} was changed by an entry that is not about holds", hold.hold.hold)))
    }

    fn open_at(&mut self, _currency: Currency, _book: &Book, _place: u64) -> Result<Option<Option<Hold>>, Error> {
        Ok(None)
    }
}

struct InFold<'a> {
    merchant: &'a MerchantId,
    rows: &'a mut Rows,
}

impl Context for InFold<'_> {
    fn hold(&mut self, hold: &HoldId) -> Result<Option<Kept>, Error> {
        Ok(self.rows.get(&HOLDS, (self.merchant, hold))?.cloned().flatten())
    }

    fn put_hold(&mut self, hold: Kept, is_new: bool) -> Result<(), Error> {
        let id = hold.hold.hold.clone();
        if is_new {
            let place = (self.merchant, hold.currency, &hold.book, hold.hold.place);
            self.rows.put(&PLACES, place, Some(id.clone()))?;
        }
        self.rows.put(&HOLDS, (self.merchant, &id), Some(hold))
    }

    fn open_at(&mut self, currency: Currency, book: &Book, place: u64) -> Result<Option<Option<Hold>>, Error> {
        let gone = || Error::Corrupt(format!("hold {place} of {} is gone", self.merchant));
        let id = self.rows.get(&PLACES, (self.merchant, currency, book, place))?.cloned().flatten().ok_or_else(gone)?;
        let kept = self.rows.get(&HOLDS, (self.merchant, &id))?.and_then(Option::as_ref).ok_or_else(gone)?;
        Ok(Some((kept.turns.len() % 2 == 1).then(|| kept.hold.clone())))
    }
}
