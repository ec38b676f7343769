//! Disputes: notified, charged back, represented, won and lost.

use super::{amount, keep, known_payment, wait_while_open};
use crate::model::account::Account;
use crate::model::closed::dispute_name;
use crate::model::desk::{Desk, Handled, Stop};
use crate::model::money;
use crate::model::state::{Dispute, DisputeState, Payment};
use crate::model::wallet::Wallet;

/// `dispute_opened`: memo only.
pub fn opened(desk: &mut Desk<'_>) -> Handled {
    let id = desk.event.dispute().to_owned();
    let exists = desk.merchant.payments.get(desk.event.need("payment")).is_some_and(|payment| payment.disputes.contains_key(&id));
    if exists {
        return Err(Stop::Refuse("already_exists"));
    }
    let mut payment = known_payment(desk)?;
    wait_while_open(&payment)?;
    let amount = amount(desk);
    memo(desk, &payment, amount);
    payment.disputes.insert(id, Dispute { state: DisputeState::Opened, amount, memo: amount, taken: 0, taken_settled: 0, excess: 0 });
    keep(desk, payment);
    Ok(())
}

/// `chargeback`: the scheme takes the money, whether it was notified or not.
pub fn chargeback(desk: &mut Desk<'_>) -> Handled {
    let mut payment = known_payment(desk)?;
    let fee = fee_of(desk, &payment)?;
    wait_while_open(&payment)?;
    let id = desk.event.dispute().to_owned();
    let mut dispute = match payment.disputes.remove(&id) {
        Some(dispute) if !matches!(dispute.state, DisputeState::Opened | DisputeState::Withdrawn) => return Err(Stop::Refuse("not_open")),
        Some(dispute) => dispute,
        None => Dispute { state: DisputeState::Opened, amount: 0, memo: 0, taken: 0, taken_settled: 0, excess: 0 },
    };
    dispute.amount = amount(desk);
    charge_first(desk, &mut payment, dispute, fee);
    keep(desk, payment);
    Ok(())
}

/// The dispute fee, in what the merchant is paid in.
pub fn fee_of(desk: &Desk<'_>, payment: &Payment) -> Result<i128, Stop> {
    match desk.event.text("dispute_fee") {
        Some(text) => money::minor(text, payment.settled_currency()).ok_or(Stop::Refuse("currency_mismatch")),
        None => Ok(0),
    }
}

/// The fee of a dispute, then the money; the dispute is the payment's from then on.
pub fn charge_first(desk: &mut Desk<'_>, payment: &mut Payment, mut dispute: Dispute, fee: i128) {
    let (wallet, vat, income) = (Wallet::of(payment), payment.contract.vat_in(fee), desk.own(4030));
    desk.take_fee(&wallet, Some(payment), income, fee, vat);
    desk.expect(wallet.currency, -fee);
    charge(desk, payment, &mut dispute);
    payment.disputes.insert(desk.event.dispute().to_owned(), dispute);
}

/// `chargeback_represented`: the money is back, but not the merchant's yet.
pub fn represented(desk: &mut Desk<'_>) -> Handled {
    let (mut payment, id, mut dispute) = known(desk)?;
    match dispute.state {
        DisputeState::Opened | DisputeState::Withdrawn => return Err(Stop::Wait("dispute")),
        DisputeState::Represented | DisputeState::Won | DisputeState::Lost => return Err(Stop::Refuse("not_open")),
        DisputeState::Charged => dispute.state = DisputeState::Represented,
    }
    let to = desk.own_detailed(2045, &payment.id);
    desk.money_in(&payment, &to, dispute.taken, dispute.taken_settled);
    suspense(desk, &payment, -dispute.excess);
    desk.expect(payment.settled_currency(), dispute.taken_settled);
    payment.disputes.insert(id, dispute);
    keep(desk, payment);
    Ok(())
}

/// `dispute_won`: the money is the merchant's again.
pub fn won(desk: &mut Desk<'_>) -> Handled {
    let (mut payment, id, mut dispute) = known(desk)?;
    let (wallet, available) = (Wallet::of(&payment), desk.own(2020));
    dispute.state = match dispute.state {
        DisputeState::Withdrawn | DisputeState::Won | DisputeState::Lost => return Err(Stop::Refuse("not_open")),
        DisputeState::Opened => {
            clear_memo(desk, &payment, &mut dispute);
            DisputeState::Withdrawn
        }
        DisputeState::Charged => {
            desk.money_in(&payment, &available, dispute.taken, dispute.taken_settled);
            suspense(desk, &payment, -dispute.excess);
            desk.expect(wallet.currency, dispute.taken_settled);
            DisputeState::Won
        }
        DisputeState::Represented => {
            let provisional = desk.own_detailed(2045, &payment.id);
            desk.post(&wallet, provisional, available, dispute.taken_settled);
            DisputeState::Won
        }
    };
    payment.disputes.insert(id, dispute);
    keep(desk, payment);
    Ok(())
}

/// `dispute_lost`: also after a win, and then all of it is charged again.
pub fn lost(desk: &mut Desk<'_>) -> Handled {
    let (mut payment, id, mut dispute) = known(desk)?;
    match dispute.state {
        DisputeState::Opened | DisputeState::Withdrawn => return Err(Stop::Wait("dispute")),
        DisputeState::Lost => return Err(Stop::Refuse("not_open")),
        DisputeState::Charged => {}
        DisputeState::Represented => {
            let provisional = desk.own_detailed(2045, &payment.id);
            desk.money_out(&payment, vec![(provisional, dispute.taken_settled)], dispute.taken);
            suspense(desk, &payment, dispute.excess);
            desk.expect(payment.settled_currency(), -dispute.taken_settled);
        }
        DisputeState::Won => {
            payment.disputes.remove(&id);
            charge(desk, &mut payment, &mut dispute);
        }
    }
    dispute.state = DisputeState::Lost;
    payment.disputes.insert(id, dispute);
    keep(desk, payment);
    Ok(())
}

/// The dispute of an event; without one it waits.
fn known(desk: &Desk<'_>) -> Result<(Payment, String, Dispute), Stop> {
    let payment = known_payment(desk)?;
    wait_while_open(&payment)?;
    let id = desk.event.dispute().to_owned();
    let missing = || desk.merchant.closed.or_wait("dispute", &dispute_name(desk.event));
    let dispute = payment.disputes.get(&id).cloned().ok_or_else(missing)?;
    Ok((payment, id, dispute))
}

/// Takes the dispute's amount: what the payment has room for from the merchant, the rest from suspense. The dispute
/// is not among the payment's while this counts the room.
fn charge(desk: &mut Desk<'_>, payment: &mut Payment, dispute: &mut Dispute) {
    let wallet = Wallet::of(payment);
    dispute.taken = dispute.amount.min(payment.room_of_disputes());
    dispute.excess = dispute.amount - dispute.taken;
    dispute.taken_settled = payment.convert_back(dispute.taken);
    dispute.state = DisputeState::Charged;
    if dispute.taken > 0 {
        let sources = desk.draw(&wallet, Some(payment), dispute.taken_settled, true);
        desk.money_out(payment, sources, dispute.taken);
    }
    clear_memo(desk, payment, dispute);
    suspense(desk, payment, dispute.excess);
    desk.expect(wallet.currency, -dispute.taken_settled);
}

/// What is beyond the captured amount, out to the scheme; back where negative. Always in the sale's currency.
fn suspense(desk: &mut Desk<'_>, payment: &Payment, amount: i128) {
    let wallet = Wallet { book: payment.book.clone(), currency: payment.currency };
    desk.post(&wallet, Account::plain(2120), Account::of(1010, &payment.instrument.scheme), amount);
}

fn memo(desk: &mut Desk<'_>, payment: &Payment, amount: i128) {
    let wallet = Wallet { book: payment.book.clone(), currency: payment.currency };
    let (debit, credit) = (desk.own_detailed(9020, &payment.id), desk.own_detailed(9021, &payment.id));
    desk.post(&wallet, debit, credit, amount);
}

fn clear_memo(desk: &mut Desk<'_>, payment: &Payment, dispute: &mut Dispute) {
    memo(desk, payment, -dispute.memo);
    dispute.memo = 0;
}
