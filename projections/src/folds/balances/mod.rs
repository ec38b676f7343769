//! Every merchant's money: by book and currency, in every bucket, now and as each date closed.
//!
//! One row a merchant, bounded by what is open: dates with money, holds, disputes, payouts on their way. `purse` says
//! what a row is, `apply` how an entry changes it; past moments are answered by the same code: from the end of a date, or,
//! for who is busy, from the last of its changes that is a multiple of [`CHANGES_PER_VERSION`].

mod apply;
mod purse;

pub use apply::Context;
pub use purse::{Balances, Hold, Purse};

use super::history::History;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Code, Note, Outcome, Recorded, Row};
use schemas::event::Subject;
use schemas::ids::{HoldId, MerchantId};

/// The projection.
pub const ID: Id = Id::new(3, "balances", 2);

/// Every merchant's money.
pub const BALANCES: History<MerchantId, Balances> = History { now: Table::new(ID, 0), closed: Table::new(ID, 1) };
/// Holds that were closed, as they were placed: money may still be added to the hold of a payout that came back.
pub const CLOSED_HOLDS: Table<(MerchantId, HoldId), Option<Hold>> = Table::new(ID, 2);
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
    fn closed_hold(&mut self, _hold: &HoldId) -> Result<Option<Hold>, Error> {
        Ok(None)
    }

    fn close_hold(&mut self, hold: Hold) -> Result<(), Error> {
        Err(Error::Corrupt(format!("hold {} was closed by an entry that is not about holds", hold.hold)))
    }
}

struct InFold<'a> {
    merchant: &'a MerchantId,
    rows: &'a mut Rows,
}

impl Context for InFold<'_> {
    fn closed_hold(&mut self, hold: &HoldId) -> Result<Option<Hold>, Error> {
        Ok(self.rows.get(&CLOSED_HOLDS, (self.merchant, hold))?.cloned().flatten())
    }

    fn close_hold(&mut self, hold: Hold) -> Result<(), Error> {
        let key = (self.merchant, hold.hold.clone());
        self.rows.put(&CLOSED_HOLDS, key, Some(hold))
    }
}
