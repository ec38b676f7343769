//! Holds: placed, released, seized.

use super::{agree, amount, merchant_wallet};
use crate::model::desk::{Desk, Handled, Stop};
use crate::model::state::Hold;
use crate::model::wallet::Wallet;

/// `hold_placed`: available first, then pending, earliest date first; a sweeping hold waits for the rest.
pub fn placed(desk: &mut Desk<'_>) -> Handled {
    let id = desk.event.need("hold").to_owned();
    if desk.merchant.holds.iter().any(|hold| hold.id == id) {
        return Err(Stop::Refuse("already_exists"));
    }
    let (wallet, asked) = (merchant_wallet(desk)?, amount(desk));
    let purse = desk.purse(&wallet).clone();
    let there = purse.available.max(0) + purse.pending.values().sum::<i128>();
    let sweep = desk.event.flag("sweep");
    if asked > there && !sweep {
        return Err(Stop::Refuse("insufficient_funds"));
    }
    let to = desk.own_detailed(2040, &id);
    let mut left = asked;
    let from_available = left.min(purse.available.max(0));
    desk.post(&wallet, desk.own(2020), to.clone(), from_available);
    left -= from_available;
    for (date, has) in purse.pending {
        let taken = left.min(has);
        desk.post(&wallet, desk.own_detailed(2010, &date.to_string()), to.clone(), taken);
        left -= taken;
    }
    desk.merchant.holds.push(Hold {
        id,
        book: wallet.book,
        currency: wallet.currency,
        reason: desk.event.text("reason").unwrap_or("risk").to_owned(),
        placed: asked,
        amount: asked - left,
        missing: left,
        since: desk.today,
        expected_release: desk.event.date("expected_release"),
        closed: false,
    });
    Ok(())
}

/// `hold_released`: all there is, or a part; either ends the sweep.
pub fn released(desk: &mut Desk<'_>) -> Handled {
    let (index, released) = open(desk)?;
    let hold = &mut desk.merchant.holds[index];
    hold.missing = 0;
    let (wallet, id) = take(hold, released);
    desk.post(&wallet, desk.own_detailed(2040, &id), desk.own(2020), released);
    Ok(())
}

/// `hold_seized`: the money leaves; what is missing is still swept.
pub fn seized(desk: &mut Desk<'_>) -> Handled {
    let (index, seized) = open(desk)?;
    let (wallet, id) = take(&mut desk.merchant.holds[index], seized);
    desk.post(&wallet, desk.own_detailed(2040, &id), wallet.cash(), seized);
    desk.expect(wallet.currency, -seized);
    Ok(())
}

/// Takes an amount off a hold, and closes it when nothing is left or to come.
fn take(hold: &mut Hold, amount: i128) -> (Wallet, String) {
    hold.amount -= amount;
    hold.closed = hold.amount == 0 && hold.missing == 0;
    (Wallet { book: hold.book.clone(), currency: hold.currency }, hold.id.clone())
}

/// The open hold of an event, and how much of it is meant.
fn open(desk: &Desk<'_>) -> Result<(usize, i128), Stop> {
    let id = desk.event.need("hold");
    let index = desk.merchant.holds.iter().position(|hold| hold.id == id).ok_or_else(|| desk.merchant.closed.or_wait("hold", id))?;
    let hold = &desk.merchant.holds[index];
    agree(desk.event.currency(), hold.currency)?;
    if hold.closed {
        return Err(Stop::Refuse("not_open"));
    }
    let meant = desk.event.amount().unwrap_or(hold.amount);
    if meant > hold.amount { Err(Stop::Refuse("insufficient_funds")) } else { Ok((index, meant)) }
}
