//! Refunds, and refunds that fail.

use super::capture::{came_back, reserve_back};
use super::{amount, keep, known_payment, wait_while_open};
use crate::model::contract::RefundFee;
use crate::model::desk::{Desk, Handled, Stop};
use crate::model::ids::Fate;
use crate::model::pricing::Fees;
use crate::model::state::{Payment, Refund};
use crate::model::wallet::Wallet;

/// `refund`: reserve and fees come back, then the money goes out.
pub fn refund(desk: &mut Desk<'_>) -> Handled {
    let mut payment = known_payment(desk)?;
    wait_while_open(&payment)?;
    let amount = amount(desk);
    if amount > payment.room() {
        return Err(Stop::Refuse("exceeds_captured"));
    }
    let (wallet, contract, settled) = (Wallet::of(&payment), payment.contract.clone(), payment.convert_back(amount));
    let before = desk.purse(&wallet).clone();
    let to = payment.bucket(desk.name, desk.today);
    let due = due_back(&payment, amount);
    let mut back = Fees { reserve: reserve_back(desk, &mut payment, due.reserve), ..Fees::default() };
    if contract.refund_fee == RefundFee::Return {
        (back.mdr, back.mdr_vat, back.partner) = (due.mdr, due.mdr_vat, due.partner);
        desk.give_fee(&wallet, &to, desk.own(4010), back.mdr, back.mdr_vat);
        came_back(&mut payment, &to, back.mdr);
    }
    if contract.refund_costs {
        (back.interchange, back.scheme) = (due.interchange, due.scheme);
    }
    desk.partner(&payment, &costs_of(&back, -1));
    desk.costs(&payment, &costs_of(&back, -1));
    let sources = desk.draw(&wallet, Some(&mut payment), settled, false);
    if !contract.owe && sources.iter().any(|(account, _)| account.code == 1050) {
        *desk.purse(&wallet) = before;
        return Err(Stop::Refuse("insufficient_funds"));
    }
    desk.money_out(&payment, sources, amount);
    let mut fixed = (0, 0);
    if let RefundFee::KeepPlusFixed(fee) = contract.refund_fee {
        fixed = (fee, contract.vat_in(fee));
        let income = desk.own(4010);
        desk.take_fee(&wallet, Some(&mut payment), income, fixed.0, fixed.1);
    }
    desk.expect(wallet.currency, back.mdr - settled - fixed.0);
    add_back(&mut payment, &back, 1);
    payment.refunds.insert(desk.event.id.clone(), Refund { amount, settled, back, fixed, failed: false });
    keep(desk, payment);
    Ok(())
}

/// `refund_failed`: the money is available again, and what came back is taken again.
pub fn refund_failed(desk: &mut Desk<'_>) -> Handled {
    let mut payment = known_payment(desk)?;
    wait_while_open(&payment)?;
    let id = desk.event.need("refund").to_owned();
    let Some(refund) = payment.refunds.get_mut(&id) else {
        return Err(match desk.merchant.ids.fate(&id) {
            // It is refused at once where the id is of something that will never be this payment's refund.
            Some(Fate::Refused | Fate::Posted) => Stop::Refuse("not_open"),
            Some(Fate::Parked) | None => Stop::Wait("refund"),
        });
    };
    if refund.failed {
        return Err(Stop::Refuse("not_open"));
    }
    refund.failed = true;
    let (refund, wallet) = (refund.clone(), Wallet::of(&payment));
    let (available, income) = (desk.own(2020), desk.own(4010));
    desk.money_in(&payment, &available, refund.amount, refund.settled);
    desk.give_fee(&wallet, &available, income.clone(), refund.fixed.0, refund.fixed.1);
    desk.take_fee(&wallet, None, income, refund.back.mdr, refund.back.mdr_vat);
    desk.costs(&payment, &costs_of(&refund.back, 1));
    desk.partner(&payment, &costs_of(&refund.back, 1));
    // What came back of the reserve is not put by again, so its sum stays.
    add_back(&mut payment, &Fees { reserve: 0, ..refund.back }, -1);
    desk.expect(wallet.currency, refund.settled + refund.fixed.0 - refund.back.mdr);
    keep(desk, payment);
    Ok(())
}

/// `round(F × cum ÷ A) − Σ back` for everything that comes back with a refund, never below zero.
fn due_back(payment: &Payment, amount: i128) -> Fees {
    let cumulative = payment.refunded() + amount;
    let due = |fee: i128, back: i128| (payment.rounding().divide(fee * cumulative, payment.captured) - back).max(0);
    let (fees, back) = (payment.fees, payment.back);
    Fees {
        mdr: due(fees.mdr, back.mdr),
        mdr_vat: due(fees.mdr_vat, back.mdr_vat),
        interchange: due(fees.interchange, back.interchange),
        scheme: due(fees.scheme, back.scheme),
        partner: due(fees.partner, back.partner),
        reserve: due(fees.reserve, back.reserve),
        ..Fees::default()
    }
}

/// Costs and partner alone, forth (1) or back (−1).
fn costs_of(back: &Fees, sign: i128) -> Fees {
    Fees { interchange: sign * back.interchange, scheme: sign * back.scheme, partner: sign * back.partner, ..Fees::default() }
}

fn add_back(payment: &mut Payment, more: &Fees, sign: i128) {
    let back = &mut payment.back;
    back.mdr += sign * more.mdr;
    back.mdr_vat += sign * more.mdr_vat;
    back.interchange += sign * more.interchange;
    back.scheme += sign * more.scheme;
    back.partner += sign * more.partner;
    back.reserve += sign * more.reserve;
}
