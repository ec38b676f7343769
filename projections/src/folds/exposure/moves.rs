//! What one entry moves of its merchant's accounts, and how that changes a purse.

use super::{Held, Layers, Purse, chunk_of, fault};
use crate::folds::charges::minor;
use crate::folds::objects::PayoutState;
use crate::views::Error;
use ledger::entry::{Account, Code, Detail, Leg, Party, Recorded};
use ledger::few;
use litemap::LiteMap;
use schemas::event::Book;
use schemas::ids::HoldId;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// What one entry moves of a merchant in one currency and book, on balance.
#[derive(Default)]
pub(super) struct Moves<'a> {
    queue: i128,
    in_transit: i128,
    reserve: LiteMap<Date, i128>,
    /// By hold: what moves, and the hold before. A credit may feed thousands of them, in no order.
    pub holds: BTreeMap<&'a HoldId, (i128, Option<Held>)>,
    pub dispute: i128,
    /// The payment's money that came back, before and after.
    pub disputed: Option<(Layers, Layers)>,
    owed: i128,
    notified: i128,
    advances: LiteMap<Date, i128>,
}

/// The same of each currency and book.
pub(super) type AllMoves<'a> = LiteMap<(Currency, &'a Book), Moves<'a>>;

/// What an entry moves of its merchant's accounts, on balance.
pub(super) fn moved(entry: &Recorded) -> Result<AllMoves<'_>, Error> {
    let mut moves = AllMoves::default();
    for line in &entry.row.lines {
        if line.debit.party != Party::Merchant && line.credit.party != Party::Merchant {
            continue;
        }
        let of = moves.entry((line.currency, &line.book)).or_default();
        move_side(entry, of, &line.debit, -minor(line))?;
        move_side(entry, of, &line.credit, minor(line))?;
        if line.leg == Leg::EarlyRelease
            && let Detail::Date(date) = &line.debit.detail
        {
            *of.advances.entry(*date).or_default() += minor(line);
        }
    }
    Ok(moves)
}

fn move_side<'a>(entry: &Recorded, moves: &mut Moves<'a>, account: &'a Account, credit: i128) -> Result<(), Error> {
    if account.party != Party::Merchant {
        return Ok(());
    }
    match (account.code, &account.detail) {
        (Code::Pending | Code::Available, _) => moves.queue += credit,
        (Code::PayoutInTransit, _) => {
            moves.queue += credit;
            moves.in_transit += credit;
        }
        (Code::Reserve, Detail::Date(date)) => *moves.reserve.entry(*date).or_default() += credit,
        (Code::Hold, Detail::Hold(hold)) => moves.holds.entry(hold).or_default().0 += credit,
        (Code::DisputeProvisional, _) => moves.dispute += credit,
        (Code::MerchantReceivable, _) => moves.owed -= credit,
        (Code::DisputeNotified, _) => moves.notified -= credit,
        (Code::Reserve | Code::Hold, _) => return Err(fault(entry, "a reserve without a date, or a hold without a name")),
        _ => {}
    }
    Ok(())
}

/// Puts what came on balance, takes what went.
pub(super) fn settle(entry: &Recorded, layers: &mut Layers, amount: i128) -> Result<Vec<(Date, i128)>, Error> {
    if amount > 0 {
        layers.put(entry.row.date, amount);
    }
    let taken = layers.take((-amount).max(0));
    taken.ok_or_else(|| fault(entry, "more is taken from a merchant's balance than there is"))
}

pub(super) fn apply(entry: &Recorded, book: &Book, purse: &mut Purse, moves: &Moves) -> Result<(), Error> {
    let row = &entry.row;
    let taken = settle(entry, &mut purse.queue, moves.queue)?;
    if row.event_type.and_then(PayoutState::by) == Some(PayoutState::Paid) && matches!(book, Book::Psp(_)) {
        let paid = few::entry(&mut purse.paid, row.date);
        for (date, amount) in taken {
            *paid.entry(u32::try_from(row.date.days() - date.days()).unwrap_or(0)).or_default() += amount;
        }
    }
    purse.in_transit += moves.in_transit;
    purse.owed += moves.owed;
    purse.notified += moves.notified;
    for (date, amount) in &moves.advances {
        *purse.advances.entry(*date).or_default() += amount;
    }
    for (release_on, amount) in &moves.reserve {
        let tranche = few::entry(&mut purse.reserve, *release_on);
        settle(entry, tranche, *amount)?;
        if tranche.is_empty() {
            purse.reserve.remove(release_on);
        }
    }
    for (amount, held) in moves.holds.values() {
        let held = held.ok_or_else(|| fault(entry, "a hold without its terms"))?;
        purse.hold_moved(held.terms, held.amount, held.amount + amount);
    }
    if let Some((before, after)) = &moves.disputed {
        purse.dispute_moved(before, after);
    }
    purse.forget_before(row.date);
    Ok(())
}

/// Adds to the sales less refunds of the date. Answers the row of [`NET_SALES`] that is full thereby: the dates before it.
pub(super) fn sell(date: Date, purse: &mut Purse, net: i128) -> Option<(i32, Vec<(u8, i128)>)> {
    let (chunk, _) = chunk_of(date);
    let last = purse.sold.keys().next_back().copied().filter(|last| chunk_of(*last).0 != chunk);
    let full = last.map(|last| {
        purse.sold_before = Some(last);
        let dates = std::mem::take(&mut purse.sold).into_iter().map(|(date, net)| (chunk_of(date).1, net));
        (chunk_of(last).0, dates.collect())
    });
    *purse.sold.entry(date).or_default() += net;
    full
}
