//! How an entry changes a merchant's purses: told by its lines, and by what it says of holds.

use super::{Balances, Hold, ID, Purse};
use crate::folds::charges::minor;
use crate::views::Error;
use ledger::entry::{Account, Code, Detail, Leg, Note, Party, Posting, Recorded};
use litemap::LiteMap;
use schemas::event::{Book, HoldReason};
use schemas::ids::HoldId;
use schemas::money::Currency;

/// What applying an entry needs besides the row: from tables in the fold, from a snapshot when entries are replayed.
pub trait Context {
    /// A hold that was closed, as it was placed.
    fn closed_hold(&mut self, hold: &HoldId) -> Result<Option<Hold>, Error>;
    /// A hold is closed.
    fn close_hold(&mut self, hold: Hold) -> Result<(), Error>;
}

impl Balances {
    /// Applies an entry of this merchant.
    pub fn apply(&mut self, entry: &Recorded, context: &mut dyn Context) -> Result<(), Error> {
        let row = &entry.row;
        self.changes = self.changes.wrapping_add(1);
        if let Note::Contract { .. } = row.note {
            self.contract = Some(entry.number);
        }
        if let Note::Hold { hold, placed, missing, book, currency, .. } = &row.note {
            let missing = i128::try_from(*missing).unwrap_or(i128::MAX);
            if let Some(terms) = placed {
                let placed = Hold {
                    hold: hold.clone(),
                    placed_by: entry.number,
                    reason: terms.reason,
                    amount: 0,
                    since: row.date,
                    expected_release: terms.expected_release,
                    missing,
                };
                self.purses.entry((*currency, book.clone())).or_default().holds.push(placed);
            } else if let Some(open) = self.holds_mut().find(|open| open.hold == *hold) {
                open.missing = missing;
            }
        }
        for line in &row.lines {
            let amount = minor(line);
            self.move_to(entry, line, &line.debit, -amount, context)?;
            self.move_to(entry, line, &line.credit, amount, context)?;
        }
        self.close_holds(context)
    }

    fn holds_mut(&mut self) -> impl Iterator<Item = &mut Hold> {
        self.purses.iter_mut().flat_map(|(_, purse)| purse.holds.iter_mut())
    }

    /// Adds to the bucket that an account is.
    fn move_to(&mut self, entry: &Recorded, line: &Posting, account: &Account, amount: i128, context: &mut dyn Context) -> Result<(), Error> {
        if account.party != Party::Merchant || !account.code.is_shown_to_merchant() {
            return Ok(());
        }
        let place = (line.currency, line.book.clone());
        if let (Code::Hold, Detail::Hold(hold)) = (account.code, &account.detail) {
            let found = self.hold_in(entry, hold, place, context)?;
            found.amount += amount;
            if line.leg == Leg::Sweep {
                found.missing = (found.missing - amount).max(0);
            }
            return Ok(());
        }
        let purse = self.purses.entry(place).or_default();
        match (account.code, &account.detail) {
            (Code::Pending, Detail::Date(date)) => add(&mut purse.pending, date, amount),
            (Code::Reserve, Detail::Date(date)) => add(&mut purse.reserve, date, amount),
            (Code::Available, _) => purse.available += amount,
            (Code::MerchantReceivable, _) => purse.owed -= amount,
            (Code::PayoutInTransit, Detail::Payout(payout)) => add(&mut purse.in_transit, payout, amount),
            (Code::DisputeProvisional, _) => match &entry.row.payment {
                Some(payment) => add(&mut purse.disputed, payment, amount),
                None => return Err(fault(entry, "a provisional line without a payment")),
            },
            (Code::Preauthorised, _) => purse.preauthorised -= amount,
            (Code::PreauthorisedContra | Code::DisputeNotified | Code::DisputeNotifiedContra, _) => {}
            _ => return Err(fault(entry, "a line of a balance without its detail")),
        }
        Ok(())
    }

    /// The hold with this id, in the purse that the line is in; the hold of a payout that came back may be new, or closed.
    fn hold_in(&mut self, entry: &Recorded, hold: &HoldId, place: (Currency, Book), context: &mut dyn Context) -> Result<&mut Hold, Error> {
        let there = |purse: &Purse| purse.holds.iter().position(|open| open.hold == *hold);
        let moved = match self.purses.iter_mut().find_map(|(key, purse)| there(purse).map(|at| (key, purse, at))) {
            Some((key, _, _)) if *key == place => None,
            Some((_, purse, at)) => Some(purse.holds.remove(at)),
            None => Some(match context.closed_hold(hold)? {
                Some(closed) => Hold { amount: 0, missing: 0, ..closed },
                None => Hold {
                    hold: hold.clone(),
                    placed_by: entry.number,
                    reason: HoldReason::PayoutReturned,
                    amount: 0,
                    since: entry.row.date,
                    expected_release: None,
                    missing: 0,
                },
            }),
        };
        let holds = &mut self.purses.entry(place).or_default().holds;
        if let Some(moved) = moved {
            let at = holds.partition_point(|open| open.placed_by < moved.placed_by);
            holds.insert(at, moved);
        }
        holds.iter_mut().find(|open| open.hold == *hold).ok_or_else(|| fault(entry, "a hold that is nowhere"))
    }

    fn close_holds(&mut self, context: &mut dyn Context) -> Result<(), Error> {
        for (_, purse) in self.purses.iter_mut() {
            if purse.holds.iter().any(|hold| hold.amount == 0 && hold.missing == 0) {
                let (closed, open) = std::mem::take(&mut purse.holds).into_iter().partition(|hold| hold.amount == 0 && hold.missing == 0);
                purse.holds = open;
                let closed: Vec<Hold> = closed;
                for hold in closed {
                    context.close_hold(hold)?;
                }
            }
        }
        Ok(())
    }
}

fn fault(entry: &Recorded, what: &str) -> Error {
    Error::Fold { projection: ID.name, entry: entry.number, detail: what.to_owned() }
}

/// Adds to a bucket and drops it when it is empty.
fn add<K: Ord + Clone>(buckets: &mut LiteMap<K, i128>, key: &K, amount: i128) {
    let bucket = buckets.entry(key.clone()).or_default();
    *bucket += amount;
    if *bucket == 0 {
        buckets.remove(key);
    }
}
