//! Holds: money that a merchant has and may not have yet.

use crate::entry::{Account, Code, Detail, Leg, RefusalCode};
use crate::rules::draft::{Draft, Move, Purview};
use crate::rules::state::{Hold, Merchant};
use crate::rules::verdict::{Verdict, refuse_above};
use crate::rules::waterfall::dated;
use schemas::event::HoldReason;
use schemas::ids::HoldId;

fn account(id: &HoldId) -> Account {
    Account::merchant_detail(Code::Hold, Detail::Hold(id.clone()))
}

fn purview(hold: &Hold) -> Purview {
    Purview { book: hold.book.clone(), currency: hold.currency }
}

/// `hold_placed`: takes available, then pending, earliest date first; a sweep waits for the rest. Answers the hold.
pub fn placed(draft: &mut Draft, merchant: &mut Merchant, at: &Purview, id: &HoldId, amount: u128, reason: HoldReason, sweep: bool) -> Verdict<Hold> {
    let purse = draft.purse(merchant, at);
    let mut left = amount;
    let mut draws = Vec::new();
    let sources = std::iter::once((Account::merchant(Code::Available), purse.available))
        .chain(purse.pending.iter().map(|(&date, &there)| (dated(Code::Pending, date), there)));
    for (source, there) in sources {
        if left == 0 {
            break;
        }
        let part = there.min(left);
        if part > 0 {
            left -= part;
            draws.push((source, part));
        }
    }
    if left > 0 && !sweep {
        let what = "is available or pending, which does not cover the hold, and it does not sweep";
        return refuse_above(RefusalCode::InsufficientFunds, amount - left, at.currency, what);
    }
    for (source, part) in draws {
        draft.post(merchant, at, Move::new(Leg::HoldPlaced, source, account(id), part))?;
    }
    Ok(Hold { book: at.book.clone(), currency: at.currency, reason, amount: amount - left, missing: left, next: None })
}

/// How much of a hold an event is about: all there is, or its `amount`.
fn part_of(hold: &Hold, amount: Option<u64>) -> Verdict<u128> {
    match amount.map(u128::from) {
        None => Ok(hold.amount),
        Some(amount) if amount <= hold.amount => Ok(amount),
        Some(_) => refuse_above(RefusalCode::InsufficientFunds, hold.amount, hold.currency, "is in the hold"),
    }
}

/// `hold_released`: back to available; any release ends the sweep. Answers how much.
pub fn released(draft: &mut Draft, merchant: &mut Merchant, id: &HoldId, hold: &mut Hold, amount: Option<u64>) -> Verdict<u128> {
    let amount = part_of(hold, amount)?;
    hold.amount -= amount;
    hold.missing = 0;
    let released = Move::new(Leg::HoldReleased, account(id), Account::merchant(Code::Available), amount);
    draft.post(merchant, &purview(hold), released)?;
    Ok(amount)
}

/// `hold_seized`: out of the house on an order; a sweep goes on and misses no more than before. Answers how much.
pub fn seized(draft: &mut Draft, merchant: &mut Merchant, id: &HoldId, hold: &mut Hold, amount: Option<u64>) -> Verdict<u128> {
    let amount = part_of(hold, amount)?;
    hold.amount -= amount;
    let cash = Account::plain(crate::entry::cash(&hold.book));
    draft.post(merchant, &purview(hold), Move::new(Leg::HoldSeized, account(id), cash, amount))?;
    Ok(amount)
}
