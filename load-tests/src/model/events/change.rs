//! What changes a captured payment before it is cleared: tips, voids, reversals; and subsidies at any time.

use super::capture::{came_back, put_by, reserve_back};
use super::mirror::mirror;
use super::{amount, keep, known_payment, wait_while_open};
use crate::model::account::Account;
use crate::model::desk::{Desk, Handled, Stop};
use crate::model::pricing;
use crate::model::state::{Payment, PaymentState};
use crate::model::wallet::Wallet;
use std::collections::BTreeMap;

/// `tip_adjusted`: the sale's lines on the increment, fees by difference.
pub fn tip_adjusted(desk: &mut Desk<'_>) -> Handled {
    let mut payment = captured(desk)?;
    not_cleared(desk, &payment)?;
    untouched(&payment)?;
    change(desk, &mut payment, amount(desk));
    keep(desk, payment);
    Ok(())
}

/// `void`: the mirror of all of it, on its booking date.
pub fn void(desk: &mut Desk<'_>) -> Handled {
    let payment = captured(desk)?;
    if payment.booked_on != desk.today {
        return Err(Stop::Refuse("already_cleared"));
    }
    untouched(&payment)?;
    mirror(desk, payment);
    Ok(())
}

/// `reversal`: the mirror of all of it, or a part with fees by difference.
pub fn reversal(desk: &mut Desk<'_>) -> Handled {
    let mut payment = captured(desk)?;
    not_cleared(desk, &payment)?;
    let part = desk.event.amount().unwrap_or(payment.captured);
    if part > payment.captured {
        return Err(Stop::Refuse("exceeds_captured"));
    }
    untouched(&payment)?;
    if part == payment.captured {
        mirror(desk, payment);
    } else {
        change(desk, &mut payment, -part);
        keep(desk, payment);
    }
    Ok(())
}

/// `instalment_subsidy`: what the merchant pays of a customer's instalments.
pub fn instalment_subsidy(desk: &mut Desk<'_>) -> Handled {
    let mut payment = captured(desk)?;
    let (start, wallet, settled) = (desk.lines.len(), Wallet::of(&payment), payment.convert(amount(desk)));
    let sources = desk.draw(&wallet, Some(&mut payment), settled, true);
    desk.money_out(&payment, sources, amount(desk));
    remember(desk, &mut payment, start, -settled);
    keep(desk, payment);
    Ok(())
}

fn captured(desk: &Desk<'_>) -> Result<Payment, Stop> {
    let payment = known_payment(desk)?;
    wait_while_open(&payment)?;
    if payment.state == PaymentState::Captured && payment.alone.is_none() { Ok(payment) } else { Err(Stop::Refuse("not_open")) }
}

fn not_cleared(desk: &Desk<'_>, payment: &Payment) -> Handled {
    if payment.is_cleared(desk.today) { Err(Stop::Refuse("already_cleared")) } else { Ok(()) }
}

/// Neither a refund that has not failed nor any dispute has come.
fn untouched(payment: &Payment) -> Handled {
    if payment.refunded() > 0 || !payment.disputes.is_empty() { Err(Stop::Refuse("not_open")) } else { Ok(()) }
}

/// Keeps lines for the mirror, and what they did in all.
fn remember(desk: &mut Desk<'_>, payment: &mut Payment, start: usize, nominal: i128) {
    payment.history.extend_from_slice(desk.lines.get(start..).unwrap_or_default());
    payment.nominal += nominal;
    desk.expect(payment.settled_currency(), nominal);
}

/// Captures more or less: every price and the reserve by difference.
fn change(desk: &mut Desk<'_>, payment: &mut Payment, more: i128) {
    let (start, wallet, contract) = (desk.lines.len(), Wallet::of(payment), payment.contract.clone());
    let (captured, settled) = (payment.captured + more, payment.convert(payment.captured + more));
    let fees = if payment.carried {
        pricing::scale(&contract, &payment.fees, settled, payment.settled)
    } else {
        pricing::price(&contract, &payment.instrument, settled, &BTreeMap::new())
    };
    let (by, more_settled) = (fees.less(&payment.fees), settled - payment.settled);
    let to = payment.bucket(desk.name, desk.today);
    if more > 0 {
        desk.money_in(payment, &to, more, more_settled);
        payment.own_pending += more_settled;
    }
    if by.reserve < 0 {
        reserve_back(desk, payment, -by.reserve);
    }
    let differences = [(desk.own(4010), by.mdr, by.mdr_vat), (desk.own(4015), by.gateway, by.gateway_vat)];
    let falls = |fee: i128, vat: i128| fee < 0 || (fee == 0 && vat < 0);
    for (income, fee, vat) in differences.iter().filter(|(_, fee, vat)| falls(*fee, *vat)) {
        desk.give_fee(&wallet, &to, income.clone(), -fee, -vat);
        came_back(payment, &to, -fee);
    }
    for (income, fee, vat) in differences.into_iter().filter(|(_, fee, vat)| !falls(*fee, *vat)) {
        desk.take_fee(&wallet, Some(payment), income, fee, vat);
    }
    desk.costs(payment, &by);
    desk.partner(payment, &by);
    desk.channel(payment, &by);
    if by.reserve > 0 {
        put_by(desk, payment, by.reserve);
    }
    if more < 0 {
        let sources = desk.draw(&wallet, Some(payment), -more_settled, true);
        desk.money_out(payment, sources, -more);
    }
    (payment.captured, payment.settled, payment.fees) = (captured, settled, fees);
    remember(desk, payment, start, more_settled - by.mdr - by.gateway);
}

/// Whether an account is the payment's own pending or reserve; used where money comes back to where it was taken.
pub fn is_own(payment: &Payment, account: &Account, code: u16) -> bool {
    let date = if code == 2010 { payment.available_on } else { payment.release_on };
    account.code == code && account.detail.as_deref() == Some(date.to_string().as_str())
}
