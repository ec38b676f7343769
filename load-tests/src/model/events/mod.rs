//! Every type of event and what it posts. The order of checks is that of section 6: contract, order and maker, free
//! id, known object, currency, other waits, state, date, amount, and whether a refund or dispute has come.

mod capture;
mod change;
mod dispute;
mod hold;
pub mod house;
mod merchant;
mod mirror;
mod payout;
mod refund;

use super::desk::{Desk, Handled, Stop};
use super::state::{Payment, PaymentState};
use super::wallet::Wallet;
use schemas::money::Currency;

/// Posts an event about a merchant, or says why not. What is refused or waits leaves no trace.
pub fn handle(desk: &mut Desk<'_>) -> Handled {
    let kind = desk.event.kind.clone();
    if kind == "contract_set" {
        return merchant::contract_set(desk);
    }
    desk.contract()?;
    if kind == "hold_seized" && desk.event.text("order").is_none() {
        return Err(Stop::Refuse("missing_order"));
    }
    if kind == "adjustment" && desk.event.need("maker") == desk.event.need("checker") {
        return Err(Stop::Refuse("same_maker_checker"));
    }
    match kind.as_str() {
        "sale" => capture::sale(desk),
        "preauth_placed" => capture::preauth_placed(desk),
        "preauth_increased" => capture::preauth_increased(desk),
        "preauth_released" => capture::preauth_released(desk),
        "preauth_completed" => capture::preauth_completed(desk),
        "tip_adjusted" => change::tip_adjusted(desk),
        "void" => change::void(desk),
        "reversal" => change::reversal(desk),
        "instalment_subsidy" => change::instalment_subsidy(desk),
        "refund" => refund::refund(desk),
        "refund_failed" => refund::refund_failed(desk),
        "dispute_opened" => dispute::opened(desk),
        "chargeback" => dispute::chargeback(desk),
        "chargeback_represented" => dispute::represented(desk),
        "dispute_won" => dispute::won(desk),
        "dispute_lost" => dispute::lost(desk),
        "hold_placed" => hold::placed(desk),
        "hold_released" => hold::released(desk),
        "hold_seized" => hold::seized(desk),
        "payout_initiated" => payout::initiated(desk),
        "payout_paid" => payout::paid(desk),
        "payout_failed" => payout::failed(desk),
        "payout_returned" => payout::returned(desk),
        "reserve_released" => merchant::reserve_released(desk),
        "early_release" => merchant::early_release(desk),
        "fee_charged" => merchant::fee_charged(desk),
        "fee_waived" => merchant::fee_waived(desk),
        "tier_adjusted" => merchant::tier_adjusted(desk),
        "debt_repaid" => merchant::debt_repaid(desk),
        "debt_written_off" => merchant::debt_written_off(desk),
        "adjustment" => merchant::adjustment(desk),
        "maintenance_due" => merchant::maintenance_due(desk),
        // What these do is not in the accounts.
        _ => Ok(()),
    }
}

/// The payment of an event, as a copy that the handler puts back when it posts; and the currency agrees.
fn known_payment(desk: &Desk<'_>) -> Result<Payment, Stop> {
    let id = desk.event.need("payment");
    let payment = desk.merchant.payments.get(id).ok_or_else(|| desk.merchant.closed.or_wait("payment", id))?;
    agree(desk.event.currency(), payment.currency)?;
    Ok(payment.clone())
}

/// What is about a captured payment waits while its pre-authorisation is still open.
fn wait_while_open(payment: &Payment) -> Handled {
    if payment.state == PaymentState::Authorised { Err(Stop::Wait("payment")) } else { Ok(()) }
}

/// A currency that an event names must be that of what it is about.
fn agree(named: Option<Currency>, currency: Currency) -> Handled {
    if named.is_some_and(|named| named != currency) { Err(Stop::Refuse("currency_mismatch")) } else { Ok(()) }
}

/// The amount that the event must have; the decoder has seen it.
fn amount(desk: &Desk<'_>) -> i128 {
    desk.event.amount().unwrap_or(0)
}

/// The wallet of an event about a merchant: the book it names or its contract's, and its own currency.
fn merchant_wallet(desk: &Desk<'_>) -> Result<Wallet, Stop> {
    let contract = desk.contract()?;
    let book = desk.event.text("book").map_or_else(|| contract.book(), str::to_owned);
    Ok(Wallet { book, currency: desk.event.currency().unwrap_or(contract.currency) })
}

/// Puts a payment back.
fn keep(desk: &mut Desk<'_>, payment: Payment) {
    desk.merchant.payments.insert(payment.id.clone(), payment);
}
