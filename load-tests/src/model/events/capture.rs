//! Sales and pre-authorisations: how a payment comes to be.

use super::{agree, amount, keep, known_payment};
use crate::model::account::Account;
use crate::model::contract::{Contract, Instrument};
use crate::model::desk::{Desk, Handled, Stop};
use crate::model::pricing::{self, Fees};
use crate::model::state::{Payment, PaymentState};
use crate::model::wallet::Wallet;
use schemas::money::Currency;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `sale`: priced, captured, and the reserve put by.
pub fn sale(desk: &mut Desk<'_>) -> Handled {
    let contract = free_id(desk)?;
    agree_settled(desk, &contract)?;
    let currency = desk.event.currency().unwrap_or(contract.currency);
    let mut payment = blank(desk, &contract, currency);
    capture(desk, &mut payment);
    keep(desk, payment);
    Ok(())
}

/// `preauth_placed`: memo only. Its currency is not checked, because a completion may still convert it.
pub fn preauth_placed(desk: &mut Desk<'_>) -> Handled {
    let contract = free_id(desk)?;
    let currency = desk.event.currency().unwrap_or(contract.currency);
    let mut payment = Payment { conversion: None, ..blank(desk, &contract, currency) };
    payment.authorised = amount(desk);
    memo(desk, &payment, payment.authorised);
    keep(desk, payment);
    Ok(())
}

/// `preauth_increased`: more of the same.
pub fn preauth_increased(desk: &mut Desk<'_>) -> Handled {
    let mut payment = open_preauth(desk)?;
    payment.authorised += amount(desk);
    memo(desk, &payment, amount(desk));
    keep(desk, payment);
    Ok(())
}

/// `preauth_released`: what remains of the memo goes.
pub fn preauth_released(desk: &mut Desk<'_>) -> Handled {
    let mut payment = open_preauth(desk)?;
    memo(desk, &payment, -payment.authorised);
    (payment.authorised, payment.state) = (0, PaymentState::Released);
    keep(desk, payment);
    Ok(())
}

/// `preauth_completed`: the memo goes, then as a sale under the contract in force.
pub fn preauth_completed(desk: &mut Desk<'_>) -> Handled {
    let contract = desk.contract()?;
    let mut payment = known_payment(desk)?;
    agree_settled(desk, &contract)?;
    if payment.state != PaymentState::Authorised {
        return Err(Stop::Refuse("not_open"));
    }
    if amount(desk) * 100 > payment.authorised * 115 {
        return Err(Stop::Refuse("exceeds_preauth"));
    }
    memo(desk, &payment, -payment.authorised);
    let dated = blank(desk, &contract, payment.currency);
    payment = Payment { instrument: payment.instrument, authorised: 0, ..dated };
    capture(desk, &mut payment);
    keep(desk, payment);
    Ok(())
}

/// The contract in force, where the event's payment is new.
pub fn free_id(desk: &Desk<'_>) -> Result<Arc<Contract>, Stop> {
    let contract = desk.contract()?;
    if desk.merchant.payments.contains_key(desk.event.need("payment")) { Err(Stop::Refuse("already_exists")) } else { Ok(contract) }
}

/// What the merchant is paid in must be its contract's currency.
fn agree_settled(desk: &Desk<'_>, contract: &Contract) -> Handled {
    agree(desk.event.conversion().map(|conversion| conversion.to).or_else(|| desk.event.currency()), contract.currency)
}

fn open_preauth(desk: &Desk<'_>) -> Result<Payment, Stop> {
    let payment = known_payment(desk)?;
    if payment.state == PaymentState::Authorised { Ok(payment) } else { Err(Stop::Refuse("not_open")) }
}

/// A payment of the event under a contract, with nothing on it yet.
pub fn blank(desk: &Desk<'_>, contract: &Arc<Contract>, currency: Currency) -> Payment {
    let event = desk.event;
    let reserve_days = contract.reserve.map_or(0, |(_, days)| days);
    Payment {
        id: event.need("payment").to_owned(),
        state: PaymentState::Authorised,
        contract: contract.clone(),
        book: contract.book(),
        currency,
        conversion: event.conversion(),
        instrument: Instrument {
            card: event.need("card").to_owned(),
            scheme: event.need("scheme").to_owned(),
            entry_mode: event.text("entry_mode").map(str::to_owned),
        },
        authorised: 0,
        captured: 0,
        settled: 0,
        booked_on: desk.today,
        available_on: desk.calendars.available_on(contract, desk.today),
        release_on: desk.today.plus_days(reserve_days),
        fees: Fees::default(),
        carried: false,
        own_pending: 0,
        own_reserve: 0,
        back: Fees::default(),
        refunds: BTreeMap::new(),
        disputes: BTreeMap::new(),
        history: Vec::new(),
        nominal: 0,
        refunded_before: 0,
        charged_before: 0,
        alone: None,
    }
}

fn memo(desk: &mut Desk<'_>, payment: &Payment, amount: i128) {
    let wallet = Wallet { book: payment.book.clone(), currency: payment.currency };
    let (debit, credit) = (desk.own_detailed(9010, &payment.id), desk.own_detailed(9011, &payment.id));
    desk.post(&wallet, debit, credit, amount);
}

/// The lines of a sale.
fn capture(desk: &mut Desk<'_>, payment: &mut Payment) {
    let start = desk.lines.len();
    let contract = payment.contract.clone();
    let carried = pricing::carried(desk.event, &contract);
    payment.state = PaymentState::Captured;
    payment.captured = amount(desk);
    payment.settled = payment.convert(payment.captured);
    payment.carried = !carried.is_empty();
    payment.fees = pricing::price(&contract, &payment.instrument, payment.settled, &carried);
    let (fees, wallet) = (payment.fees, Wallet::of(payment));
    let to = payment.bucket(desk.name, desk.today);
    desk.money_in(payment, &to, payment.captured, payment.settled);
    payment.own_pending += payment.settled;
    let (discount, gateway) = (desk.own(4010), desk.own(4015));
    desk.take_fee(&wallet, Some(payment), discount, fees.mdr, fees.mdr_vat);
    desk.take_fee(&wallet, Some(payment), gateway, fees.gateway, fees.gateway_vat);
    desk.costs(payment, &fees);
    desk.partner(payment, &fees);
    desk.channel(payment, &fees);
    put_by(desk, payment, fees.reserve);
    payment.history = desk.lines.get(start..).unwrap_or_default().to_vec();
    payment.nominal = payment.settled - fees.mdr - fees.gateway;
    desk.expect(wallet.currency, payment.nominal);
}

/// Puts reserve by out of the payment's own pending, as far as there is any.
pub fn put_by(desk: &mut Desk<'_>, payment: &mut Payment, amount: i128) {
    let wallet = Wallet::of(payment);
    let bucket = desk.purse(&wallet).pending.get(&payment.available_on).copied().unwrap_or(0);
    let amount = amount.min(payment.own_pending).min(bucket);
    let pending = Account::detailed(2010, desk.name, &payment.available_on.to_string());
    let reserve = desk.own_detailed(2030, &payment.release_on.to_string());
    desk.post(&wallet, pending, reserve, amount);
    payment.own_pending -= amount;
    payment.own_reserve += amount;
}

/// Takes reserve back, as far as the payment still has it there; answers how much.
pub fn reserve_back(desk: &mut Desk<'_>, payment: &mut Payment, amount: i128) -> i128 {
    let wallet = Wallet::of(payment);
    let tranche = desk.purse(&wallet).reserve.get(&payment.release_on).copied().unwrap_or(0);
    let amount = amount.min(payment.own_reserve).min(tranche);
    let to = payment.bucket(desk.name, desk.today);
    let reserve = desk.own_detailed(2030, &payment.release_on.to_string());
    desk.post(&wallet, reserve, to.clone(), amount);
    payment.own_reserve -= amount;
    came_back(payment, &to, amount);
    amount
}

/// What comes back into the payment's own pending is its own again.
pub fn came_back(payment: &mut Payment, to: &Account, amount: i128) {
    if to.code == 2010 {
        payment.own_pending += amount;
    }
}
