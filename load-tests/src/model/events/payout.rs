//! Payouts: initiated, paid, failed, returned.

use super::{agree, amount, merchant_wallet};
use crate::model::desk::{Desk, Handled, Stop};
use crate::model::state::{Hold, Payout};
use crate::model::wallet::Wallet;

/// `payout_initiated`: at most what is payable.
pub fn initiated(desk: &mut Desk<'_>) -> Handled {
    let id = desk.event.need("payout").to_owned();
    if desk.merchant.payouts.contains_key(&id) {
        return Err(Stop::Refuse("already_exists"));
    }
    let (wallet, amount) = (merchant_wallet(desk)?, amount(desk));
    let purse = desk.purse(&wallet);
    if amount > (purse.available - purse.owed).max(0) {
        return Err(Stop::Refuse("insufficient_funds"));
    }
    desk.post(&wallet, desk.own(2020), desk.own_detailed(2050, &id), amount);
    desk.merchant.payouts.insert(id, Payout { book: wallet.book, currency: wallet.currency, amount, state: "initiated" });
    Ok(())
}

/// `payout_paid`: it is with the merchant.
pub fn paid(desk: &mut Desk<'_>) -> Handled {
    let (id, wallet, amount) = change(desk, "initiated", "paid")?;
    desk.post(&wallet, desk.own_detailed(2050, &id), wallet.cash(), amount);
    desk.expect(wallet.currency, -amount);
    Ok(())
}

/// `payout_failed`: it never left.
pub fn failed(desk: &mut Desk<'_>) -> Handled {
    let (id, wallet, amount) = change(desk, "initiated", "failed")?;
    desk.post(&wallet, desk.own_detailed(2050, &id), desk.own(2020), amount);
    Ok(())
}

/// `payout_returned`: it came back, into a hold with its id.
pub fn returned(desk: &mut Desk<'_>) -> Handled {
    let id = desk.event.need("payout").to_owned();
    if let (Some(payout), Some(hold)) = (desk.merchant.payouts.get(&id), desk.merchant.holds.iter().find(|hold| hold.id == id)) {
        // A hold is in one book and currency; one of the same id elsewhere is in the way.
        if payout.state == "paid" && (hold.book != payout.book || hold.currency != payout.currency) {
            return Err(Stop::Refuse("currency_mismatch"));
        }
    }
    let (id, wallet, amount) = change(desk, "paid", "returned")?;
    desk.post(&wallet, wallet.cash(), desk.own_detailed(2040, &id), amount);
    desk.expect(wallet.currency, amount);
    let today = desk.today;
    if let Some(hold) = desk.merchant.holds.iter_mut().find(|hold| hold.id == id) {
        hold.placed += amount;
        hold.amount += amount;
        hold.closed = false;
    } else {
        desk.merchant.holds.push(Hold {
            id,
            book: wallet.book,
            currency: wallet.currency,
            reason: "payout_returned".to_owned(),
            placed: amount,
            amount,
            missing: 0,
            since: today,
            expected_release: None,
            closed: false,
        });
    }
    Ok(())
}

/// Moves a payout from one state to the next; answers its id, wallet and amount.
fn change(desk: &mut Desk<'_>, from: &'static str, to: &'static str) -> Result<(String, Wallet, i128), Stop> {
    let id = desk.event.need("payout").to_owned();
    let currency = desk.event.currency();
    let missing = desk.merchant.closed.or_wait("payout", &id);
    let payout = desk.merchant.payouts.get_mut(&id).ok_or(missing)?;
    agree(currency, payout.currency)?;
    if payout.state != from {
        // What comes back has to have been paid first.
        let early = to == "returned" && payout.state == "initiated";
        return Err(if early { Stop::Wait("payout") } else { Stop::Refuse("not_open") });
    }
    payout.state = to;
    Ok((id, Wallet { book: payout.book.clone(), currency: payout.currency }, payout.amount))
}
