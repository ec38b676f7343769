//! Every type of event and what it posts. The order of checks is that of section 6: contract, order and maker, free
//! id, known object, currency, other waits, state, date, amount, and whether a refund or dispute has come.

mod capture;
mod change;
mod dispute;
mod hold;
pub mod house;
mod merchant;
mod mirror;
pub mod opening;
mod payout;
mod refund;

use super::desk::{Desk, Handled, Stop};
use super::state::{Payment, PaymentState};
use super::wallet::Wallet;
use schemas::event::EventType;
use schemas::money::Currency;

/// Posts an event about a merchant, or says why not. What is refused or waits leaves no trace.
pub fn handle(desk: &mut Desk<'_>) -> Handled {
    // What was readable has a type that is published.
    let Some(kind) = EventType::from_name(&desk.event.kind) else { return Ok(()) };
    if kind == EventType::ContractSet {
        return merchant::contract_set(desk);
    }
    desk.contract()?;
    if kind == EventType::HoldSeized && desk.event.text("order").is_none() {
        return Err(Stop::Refuse("missing_order"));
    }
    if kind == EventType::Adjustment && desk.event.need("maker") == desk.event.need("checker") {
        return Err(Stop::Refuse("same_maker_checker"));
    }
    match kind {
        EventType::Sale => capture::sale(desk),
        EventType::PreauthPlaced => capture::preauth_placed(desk),
        EventType::PreauthIncreased => capture::preauth_increased(desk),
        EventType::PreauthReleased => capture::preauth_released(desk),
        EventType::PreauthCompleted => capture::preauth_completed(desk),
        EventType::TipAdjusted => change::tip_adjusted(desk),
        EventType::Void => change::void(desk),
        EventType::Reversal => change::reversal(desk),
        EventType::InstalmentSubsidy => change::instalment_subsidy(desk),
        EventType::Refund => refund::refund(desk),
        EventType::RefundFailed => refund::refund_failed(desk),
        EventType::DisputeOpened => dispute::opened(desk),
        EventType::Chargeback => dispute::chargeback(desk),
        EventType::ChargebackRepresented => dispute::represented(desk),
        EventType::DisputeWon => dispute::won(desk),
        EventType::DisputeLost => dispute::lost(desk),
        EventType::HoldPlaced => hold::placed(desk),
        EventType::HoldReleased => hold::released(desk),
        EventType::HoldSeized => hold::seized(desk),
        EventType::PayoutInitiated => payout::initiated(desk),
        EventType::PayoutPaid => payout::paid(desk),
        EventType::PayoutFailed => payout::failed(desk),
        EventType::PayoutReturned => payout::returned(desk),
        EventType::ReserveReleased => merchant::reserve_released(desk),
        EventType::EarlyRelease => merchant::early_release(desk),
        EventType::FeeCharged => merchant::fee_charged(desk),
        EventType::FeeWaived => merchant::fee_waived(desk),
        EventType::TierAdjusted => merchant::tier_adjusted(desk),
        EventType::DebtRepaid => merchant::debt_repaid(desk),
        EventType::DebtWrittenOff => merchant::debt_written_off(desk),
        EventType::Adjustment => merchant::adjustment(desk),
        EventType::MaintenanceDue => merchant::maintenance_due(desk),
        EventType::OpeningBalance => opening::balance(desk),
        EventType::OpeningPayment => opening::payment(desk),
        EventType::StandaloneRefund => opening::standalone_refund(desk),
        EventType::StandaloneChargeback => opening::standalone_chargeback(desk),
        EventType::ContractSet => Ok(()),
        // What these do is not in the accounts.
        EventType::BatchClosed | EventType::CustomerErased => Ok(()),
        // These are of no merchant.
        EventType::LedgerOpened | EventType::DayClosed | EventType::CalendarSet => Ok(()),
        EventType::SchemeSettled | EventType::PartnerPaid | EventType::TaxPaid | EventType::PspPaidBank | EventType::FeesSwept => Ok(()),
        EventType::ReportLine | EventType::ReportClosed | EventType::BreakClosed => Ok(()),
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
