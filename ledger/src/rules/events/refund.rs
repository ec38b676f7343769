//! Refunds and their failure.

use super::OnPayment;
use crate::entry::{Account, Code, Leg, RefusalCode, Wait};
use crate::rules::exact::{above, broken, less, signed};
use crate::rules::income::{Fee, split};
use crate::rules::price::{self, proportion};
use crate::rules::state::{Fees, Refund, Stage};
use crate::rules::verdict::{Stop, Verdict, refuse, refuse_above};
use crate::rules::waterfall::{Reach, own_pending, own_reserve, take, take_own};
use crate::source::Error;
use schemas::contract::{OnShortfall, RefundFee};
use schemas::ids::EventId;

/// `refund`: reserve back, fee back by policy, costs back, the money out, at last a fixed fee.
pub fn refund(on: &mut OnPayment, amount: u64) -> Verdict {
    let wanted = u128::from(amount);
    let room = on.payment.room()?;
    if wanted > room {
        return refuse_above(RefusalCode::ExceedsCaptured, room, on.payment.currency, "of the payment can still go back");
    }
    let settled = on.settled_back(wanted)?;
    let back = comes_back(on, wanted);
    check_funds(on, settled, &back)?;

    let reserve_due = proportion(on.payment.reserve, on.payment.refunded + wanted, on.payment.captured, on.contract.rounding);
    let reserve_back = on.reserve_back(above(reserve_due, on.payment.reserve_back))?;
    on.payment.reserve_back += reserve_back;
    let home = on.home();
    on.fee(Fee::MDR, -signed(back.mdr)?, -signed(back.mdr_vat)?, &home)?;
    on.costs(0, 0, -signed(back.partner)?)?;
    on.costs(-signed(back.interchange)?, -signed(back.scheme)?, 0)?;
    send_back(on, amount, settled, back)
}

/// `standalone_refund`: a refund of a payment that was never ours. No fee comes back; a fixed one is taken.
pub fn standalone(on: &mut OnPayment, amount: u64) -> Verdict {
    let wanted = u128::from(amount);
    check_funds(on, wanted, &Fees::default())?;
    on.payment.stage = Stage::Alone { room: 0 };
    send_back(on, amount, wanted, Fees::default())
}

/// The money out, a fixed fee, and what is remembered of the refund.
fn send_back(on: &mut OnPayment, amount: u64, settled: u128, back: Fees) -> Verdict {
    let (wanted, home) = (u128::from(amount), on.home());
    on.money_out(Leg::MoneyOut, Reach::NotOtherReserve, wanted, settled)?;
    let fixed = fixed_fee(on);
    on.fee(Fee::REFUND, signed(fixed.0)?, signed(fixed.1)?, &home)?;

    add(&mut on.payment.back, &back);
    on.payment.refunded += wanted;
    on.payment.refunded_settled += settled;
    on.payment.refunds += 1;
    on.part.refund = Some(Refund { amount, settled, back, fixed, failed: false });
    on.volumes.refunds_count = 1;
    on.volumes.refunds = signed(settled)?;
    Ok(())
}

/// What comes back of each fee with a refund, cumulatively: `round(F × cum ÷ A) − Σ back before`, never below zero.
pub fn comes_back(on: &OnPayment, amount: u128) -> Fees {
    let (payment, rounding) = (&*on.payment, on.contract.rounding);
    let cumulated = payment.refunded + amount;
    let back = |fee: u128, before: u128| above(proportion(fee, cumulated, payment.captured, rounding), before);
    let returned = on.contract.refund_fee == RefundFee::Return;
    let costs = on.contract.refund_costs;
    let (fees, before) = (&payment.fees, &payment.back);
    let when = |condition: bool, fee: u128, before: u128| if condition { back(fee, before) } else { 0 };
    Fees {
        mdr: when(returned, fees.mdr, before.mdr),
        mdr_vat: when(returned, fees.mdr_vat, before.mdr_vat),
        partner: when(returned, fees.partner, before.partner),
        interchange: when(costs, fees.interchange, before.interchange),
        scheme: when(costs, fees.scheme, before.scheme),
        ..Fees::default()
    }
}

/// Under `refuse`, a refund needs its money: own pending, available and own reserve, with what comes back.
fn check_funds(on: &mut OnPayment, settled: u128, back: &Fees) -> Verdict {
    if on.contract.on_shortfall == OnShortfall::Owe {
        return Ok(());
    }
    let at = on.purview();
    let purse = on.draft.purse(on.merchant, &at);
    // The reserve that comes back only moves between two of these sources.
    let there = own_pending(on.payment, purse) + purse.available + own_reserve(on.payment, purse) + back.mdr;
    if there < settled {
        return refuse_above(RefusalCode::InsufficientFunds, there, at.currency, "of the merchant's money is there for the refund");
    }
    Ok(())
}

/// The fixed fee of a refund and the VAT in it.
fn fixed_fee(on: &OnPayment) -> (u128, u128) {
    match on.contract.refund_fee {
        RefundFee::KeepPlusFixed(fee) => (u128::from(fee), price::vat_in(u128::from(fee), on.contract)),
        RefundFee::Return | RefundFee::Keep => (0, 0),
    }
}

/// `refund_failed`: the money comes back, the fixed fee too; what had come back of fees, costs and share is booked again.
pub fn failed(on: &mut OnPayment, id: &EventId) -> Verdict {
    let Some(refund) = on.part.refund.clone() else { return Err(Stop::Park(Wait::Refund(id.clone()))) };
    if refund.failed {
        return refuse(RefusalCode::NotOpen, "the refund has failed before");
    }
    let available = Account::merchant(Code::Available);
    on.money_in(Leg::MoneyIn, available.clone(), u128::from(refund.amount), refund.settled)?;
    on.fee(Fee::REFUND, -signed(refund.fixed.0)?, -signed(refund.fixed.1)?, &available)?;
    fee_without_own(on, refund.back.mdr, refund.back.mdr_vat)?;
    on.costs(signed(refund.back.interchange)?, signed(refund.back.scheme)?, signed(refund.back.partner)?)?;

    subtract(&mut on.payment.back, &refund.back)?;
    let not_counted = "a refund that failed was not counted";
    on.payment.refunded = less(on.payment.refunded, u128::from(refund.amount), not_counted)?;
    on.payment.refunded_settled = less(on.payment.refunded_settled, refund.settled, not_counted)?;
    on.payment.refunds = on.payment.refunds.checked_sub(1).ok_or_else(|| broken(not_counted))?;
    if let Some(refund) = &mut on.part.refund {
        refund.failed = true;
    }
    on.volumes.refunds_count = -1;
    on.volumes.refunds = -signed(refund.settled)?;
    Ok(())
}

/// The discount that had come back is taken again, without the payment's own buckets.
fn fee_without_own(on: &mut OnPayment, fee: u128, vat: u128) -> Result<(), Error> {
    let at = on.purview();
    let split = split(Fee::MDR, signed(fee)?, signed(vat)?);
    take(on.draft, on.merchant, &at, &split.sides)?;
    split.between.map_or(Ok(()), |between| on.draft.post(on.merchant, &at, between))
}

fn add(total: &mut Fees, back: &Fees) {
    total.mdr += back.mdr;
    total.mdr_vat += back.mdr_vat;
    total.interchange += back.interchange;
    total.scheme += back.scheme;
    total.partner += back.partner;
}

fn subtract(total: &mut Fees, back: &Fees) -> Result<(), Error> {
    for (total, back) in [
        (&mut total.mdr, back.mdr),
        (&mut total.mdr_vat, back.mdr_vat),
        (&mut total.interchange, back.interchange),
        (&mut total.scheme, back.scheme),
        (&mut total.partner, back.partner),
    ] {
        *total = less(*total, back, "a refund that failed gave more back than all of them")?;
    }
    Ok(())
}

/// A fee that is taken for an event about a payment, its own buckets first.
pub fn charge(on: &mut OnPayment, fee: Fee, amount: u128, vat: u128) -> Result<(), Error> {
    let at = on.purview();
    let split = split(fee, signed(amount)?, signed(vat)?);
    take_own(on.draft, on.merchant, on.payment, &at, Reach::Everything, &split.sides)
}
