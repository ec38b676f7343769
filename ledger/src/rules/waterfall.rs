//! The debit waterfall W(x): where money comes from when it must be taken (`ledger/ACCOUNTING.md`, "The waterfall").
//!
//! The payment's own pending → available → its own reserve → other reserve, oldest release first → 1050. "Own" is
//! bounded twice: by what the payment put into that date's bucket and has not taken back, and by what is in it.

use super::draft::{Draft, Move, Purview};
use super::state::{Merchant, Payment, Purse};
use crate::entry::{Account, Code, Detail, Leg, Source};
use crate::source::Error;
use schemas::time::Date;

/// How far down a debit may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All sources: fees, chargebacks, everything but a refund's money.
    Everything,
    /// A refund's money leaves other reserve alone: what own sources do not cover is owed.
    NotOtherReserve,
}

/// Where money that is taken goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is taken for.
    pub leg: Leg,
    /// The account that gets it.
    pub account: Account,
    /// How much, in minor units; perhaps nothing.
    pub amount: u128,
}

/// What a debit takes from one source.
struct Draw {
    source: Source,
    account: Account,
    amount: u128,
}

/// What a payment may take of its own bucket of 2010.
pub fn own_pending(payment: &Payment, purse: &Purse) -> u128 {
    payment.own_pending.min(purse.pending.get(&payment.available_on).copied().unwrap_or(0))
}

/// What a payment may take of its own bucket of 2030.
pub fn own_reserve(payment: &Payment, purse: &Purse) -> u128 {
    let there = payment.release_on.and_then(|date| purse.reserve.get(&date)).copied();
    payment.own_reserve.min(there.unwrap_or(0))
}

/// Takes money for an event about a payment and gives it to `targets`, in order.
pub fn take_own(draft: &mut Draft, merchant: &mut Merchant, payment: &mut Payment, at: &Purview, reach: Reach, targets: &[Target]) -> Result<(), Error> {
    let wanted: u128 = targets.iter().map(|target| target.amount).sum();
    if wanted == 0 {
        return Ok(());
    }
    let purse = draft.purse(merchant, at);
    let (pending, reserve) = (own_pending(payment, purse), own_reserve(payment, purse));
    let own = Own { pending: (payment.available_on, pending), reserve: (payment.release_on, reserve) };
    let (draws, from_own) = plan(purse, Some(&own), reach, wanted);
    payment.own_pending -= from_own.0;
    payment.own_reserve -= from_own.1;
    draft.reached_beyond |= from_own.0 < wanted;
    pair(draws, targets, |moved| draft.post(merchant, at, moved))
}

/// Takes money for an event about no payment, or without regard to the payment's own buckets.
pub fn take(draft: &mut Draft, merchant: &mut Merchant, at: &Purview, targets: &[Target]) -> Result<(), Error> {
    let wanted: u128 = targets.iter().map(|target| target.amount).sum();
    if wanted == 0 {
        return Ok(());
    }
    let (draws, _) = plan(draft.purse(merchant, at), None, Reach::Everything, wanted);
    pair(draws, targets, |moved| draft.post(merchant, at, moved))
}

struct Own {
    pending: (Date, u128),
    reserve: (Option<Date>, u128),
}

/// Which sources cover an amount, in the order of the waterfall, and how much of it came out of the payment's own
/// pending and own reserve.
fn plan(purse: &Purse, own: Option<&Own>, reach: Reach, wanted: u128) -> (Vec<Draw>, (u128, u128)) {
    let mut draws = Vec::with_capacity(2);
    let mut left = wanted;
    let mut draw = |source: Source, account: Account, there: u128| {
        let amount = there.min(left);
        if amount > 0 {
            left -= amount;
            draws.push(Draw { source, account, amount });
        }
        amount
    };
    let pending = own.map_or(0, |own| draw(Source::OwnPending, dated(Code::Pending, own.pending.0), own.pending.1));
    draw(Source::Available, Account::merchant(Code::Available), purse.available);
    let own_reserve = own.and_then(|own| Some((own.reserve.0?, own.reserve.1)));
    let reserve = own_reserve.map_or(0, |(date, there)| draw(Source::OwnReserve, dated(Code::Reserve, date), there));
    if reach == Reach::Everything {
        for (&date, &there) in purse.reserve.iter() {
            let taken = if own_reserve.is_some_and(|(own, _)| own == date) { reserve } else { 0 };
            draw(Source::OtherReserve, dated(Code::Reserve, date), there - taken);
        }
    }
    draw(Source::Owed, Account::merchant(Code::MerchantReceivable), u128::MAX);
    (draws, (pending, reserve))
}

/// Pairs sources with targets in order; both come to the same sum.
fn pair(draws: Vec<Draw>, targets: &[Target], mut post: impl FnMut(Move) -> Result<(), Error>) -> Result<(), Error> {
    let mut targets = targets.iter().filter(|target| target.amount > 0);
    let Some(mut target) = targets.next() else { return Ok(()) };
    let mut open = target.amount;
    for Draw { source, account, amount: mut there } in draws {
        while there > 0 {
            if open == 0 {
                let Some(next) = targets.next() else { return Ok(()) };
                (target, open) = (next, next.amount);
            }
            let amount = there.min(open);
            post(Move { leg: target.leg, source: Some(source), debit: account.clone(), credit: target.account.clone(), amount })?;
            there -= amount;
            open -= amount;
        }
    }
    Ok(())
}

/// A dated bucket of the merchant's.
pub const fn dated(code: Code, date: Date) -> Account {
    Account::merchant_detail(code, Detail::Date(date))
}
