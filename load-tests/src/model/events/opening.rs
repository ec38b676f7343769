//! What is taken over from before, and what names no payment (section 9).

use super::capture::{blank, free_id};
use super::dispute::{charge_first, fee_of};
use super::{agree, amount, keep, merchant_wallet};
use crate::model::account::{Account, Line};
use crate::model::contract::RefundFee;
use crate::model::desk::{Desk, Handled, Stop};
use crate::model::event::Event;
use crate::model::money::minor;
use crate::model::pricing::{self, Fees};
use crate::model::state::{Dispute, DisputeState, Payment, PaymentState, Refund};
use crate::model::wallet::Wallet;
use schemas::money::Currency;

/// `opening_balance` of a merchant: its money against suspense.
pub fn balance(desk: &mut Desk<'_>) -> Handled {
    let contract = desk.contract()?;
    agree(desk.event.currency(), contract.currency)?;
    let (wallet, amount, bucket) = (merchant_wallet(desk)?, amount(desk), desk.event.need("bucket").to_owned());
    let sweeps = desk.merchant.holds.iter().any(|hold| hold.missing > 0 && !hold.closed && hold.book == wallet.book && hold.currency == wallet.currency);
    let purse = desk.purse(&wallet);
    let blocked = match bucket.as_str() {
        "available" => purse.owed > 0 || sweeps,
        "owed" => purse.available > 0,
        _ => false,
    };
    if blocked {
        return Err(Stop::Refuse("not_open"));
    }
    let date = desk.event.date("date").unwrap_or(desk.today);
    if matches!(bucket.as_str(), "pending" | "reserve") && date <= desk.today {
        return Err(Stop::Refuse("wrong_date"));
    }
    let (suspense, date) = (Account::plain(2120), date.to_string());
    let (debit, credit) = match bucket.as_str() {
        "available" => (suspense, desk.own(2020)),
        "pending" => (suspense, desk.own_detailed(2010, &date)),
        "reserve" => (suspense, desk.own_detailed(2030, &date)),
        _ => (desk.own(1050), suspense),
    };
    desk.post(&wallet, debit, credit, amount);
    desk.expect(wallet.currency, if bucket == "owed" { -amount } else { amount });
    Ok(())
}

/// `opening_balance` of the house.
pub fn of_house(event: &Event, book: &str, currency: Currency, amount: i128) -> Vec<Line> {
    let line = |book: &str, debit: Account, credit: Account| Line { book: book.to_owned(), currency, debit, credit, amount };
    let suspense = Account::plain(2120);
    match event.need("bucket") {
        "cash" => vec![line(book, Account::plain(if book == "bank" { 1020 } else { 1030 }), suspense)],
        "receivable" => vec![line(book, Account::of(1010, event.need("scheme")), suspense)],
        "partner" => vec![line(book, suspense, Account::of(2080, event.need("partner")))],
        "vat" => vec![line(book, suspense, Account::plain(2090))],
        _ => {
            let psp = event.need("psp");
            vec![line("bank", Account::of(1045, psp), suspense.clone()), line(&format!("psp:{psp}"), suspense, Account::plain(2085))]
        }
    }
}

/// `opening_payment`: no lines; captured and cleared, of its own date.
pub fn payment(desk: &mut Desk<'_>) -> Handled {
    let contract = free_id(desk)?;
    agree(desk.event.currency(), contract.currency)?;
    let booked_on = desk.event.date("booked_on").unwrap_or(desk.today);
    if booked_on >= desk.today {
        return Err(Stop::Refuse("wrong_date"));
    }
    let captured = amount(desk);
    let before = |name: &str| desk.event.text(name).and_then(|text| minor(text, contract.currency)).unwrap_or(0);
    let (refunded, charged_back) = (before("refunded"), before("charged_back"));
    if refunded + charged_back > captured {
        return Err(Stop::Refuse("exceeds_captured"));
    }
    let carried = pricing::carried(desk.event, &contract);
    let dated = Payment { conversion: None, ..blank(desk, &contract, contract.currency) };
    let fees = Fees { reserve: 0, ..pricing::price(&contract, &dated.instrument, captured, &carried) };
    // What was refunded alone counts for what came back of the fees.
    let back = |fee: i128| contract.rounding.divide(fee * refunded, captured);
    let mut came_back = Fees::default();
    if contract.refund_fee == RefundFee::Return {
        (came_back.mdr, came_back.mdr_vat, came_back.partner) = (back(fees.mdr), back(fees.mdr_vat), back(fees.partner));
    }
    if contract.refund_costs {
        (came_back.interchange, came_back.scheme) = (back(fees.interchange), back(fees.scheme));
    }
    let opened = Payment {
        state: PaymentState::Captured,
        captured,
        settled: captured,
        booked_on,
        available_on: booked_on,
        carried: !carried.is_empty(),
        fees,
        back: came_back,
        refunded_before: refunded,
        charged_before: charged_back,
        ..dated
    };
    keep(desk, opened);
    Ok(())
}

/// A payment that was never ours: it has captured nothing.
fn alone(desk: &Desk<'_>, room: i128) -> Result<Payment, Stop> {
    let contract = free_id(desk)?;
    agree(desk.event.currency(), contract.currency)?;
    Ok(Payment { state: PaymentState::Captured, conversion: None, alone: Some(room), ..blank(desk, &contract, contract.currency) })
}

/// `standalone_refund`: the money out, no fee back, a fixed fee.
pub fn standalone_refund(desk: &mut Desk<'_>) -> Handled {
    let mut payment = alone(desk, 0)?;
    let (amount, wallet, contract) = (amount(desk), Wallet::of(&payment), payment.contract.clone());
    let before = desk.purse(&wallet).clone();
    let sources = desk.draw(&wallet, Some(&mut payment), amount, false);
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
    desk.expect(wallet.currency, -amount - fixed.0);
    payment.refunds.insert(desk.event.id.clone(), Refund { amount, settled: amount, back: Fees::default(), fixed, failed: false });
    keep(desk, payment);
    Ok(())
}

/// `standalone_chargeback`: as a chargeback of a payment that has room for it.
pub fn standalone_chargeback(desk: &mut Desk<'_>) -> Handled {
    let mut payment = alone(desk, amount(desk))?;
    let fee = fee_of(desk, &payment)?;
    let dispute = Dispute { state: DisputeState::Opened, amount: amount(desk), memo: 0, taken: 0, taken_settled: 0, excess: 0 };
    charge_first(desk, &mut payment, dispute, fee);
    keep(desk, payment);
    Ok(())
}
