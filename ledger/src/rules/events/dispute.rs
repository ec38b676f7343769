//! Disputes: a notification, a chargeback, its representment, and who wins.
//!
//! | stage | `dispute_opened` | `chargeback` | `chargeback_represented` | `dispute_won` | `dispute_lost` |
//! |---|---|---|---|---|---|
//! | – | opened | charged | waits | waits | waits |
//! | opened, dropped | `already_exists` | charged | waits | opened: dropped; dropped: `not_open` | waits |
//! | charged | `already_exists` | `not_open` | represented | won | lost |
//! | represented | `already_exists` | `not_open` | `not_open` | won | lost |
//! | won | `already_exists` | `not_open` | `not_open` | `not_open` | lost, as a chargeback |
//! | lost | `already_exists` | `not_open` | `not_open` | `not_open` | `not_open` |

use super::OnPayment;
use crate::entry::{Account, Alert, Code, Detail, DisputeStage, Leg, RefusalCode, Wait};
use crate::rules::draft::Move;
use crate::rules::exact::{narrow, signed};
use crate::rules::income::Fee;
use crate::rules::price;
use crate::rules::state::{Dispute, Stage};
use crate::rules::verdict::{Stop, Verdict, refuse};
use crate::rules::waterfall::Reach;
use crate::source::Error;
use schemas::event::DecimalText;
use schemas::ids::DisputeId;
use schemas::money::{AMOUNT_MINOR_MAX, parse_scaled};

/// The dispute that must be known.
fn known<'a>(on: &'a mut OnPayment, id: &DisputeId) -> Verdict<&'a mut Dispute> {
    on.part.dispute.as_mut().ok_or_else(|| Stop::Park(Wait::Dispute(id.clone())))
}

/// The dispute whose chargeback must have come.
fn charged_before<'a>(on: &'a mut OnPayment, id: &DisputeId) -> Verdict<&'a mut Dispute> {
    let dispute = known(on, id)?;
    match dispute.stage {
        DisputeStage::Opened | DisputeStage::Dropped => Err(Stop::Park(Wait::Dispute(id.clone()))),
        DisputeStage::Charged | DisputeStage::Represented | DisputeStage::Won | DisputeStage::Lost => Ok(dispute),
    }
}

fn closed<T>(stage: DisputeStage) -> Verdict<T> {
    refuse(RefusalCode::NotOpen, format!("the dispute is {}", stage.as_str()))
}

/// `dispute_opened`: a memo, no money.
pub fn opened(on: &mut OnPayment, amount: u64) -> Verdict<Dispute> {
    on.memo(Leg::DisputeNotified, Code::DisputeNotified, Code::DisputeNotifiedContra, u128::from(amount))?;
    on.payment.disputes += 1;
    Ok(Dispute { stage: DisputeStage::Opened, memo: amount, amount, covered: 0, settled: 0, fee: 0 })
}

/// The dispute fee, read in the settled currency.
pub fn fee_of(on: &OnPayment, fee: Option<&DecimalText>) -> Verdict<u128> {
    let Some(DecimalText(text)) = fee else { return Ok(0) };
    let currency = on.payment.settled_currency;
    match parse_scaled(text, currency.exponent(), AMOUNT_MINOR_MAX) {
        Ok(minor) => Ok(u128::from(minor)),
        Err(_) => refuse(RefusalCode::CurrencyMismatch, format!("the dispute fee has more decimals than {currency}")),
    }
}

/// `chargeback`: the dispute fee, then the money; what goes beyond the payment lies in suspense. Volumes have the whole amount that
/// the scheme took.
pub fn charged(on: &mut OnPayment, amount: u64, fee: u128) -> Verdict<Dispute> {
    let mut dispute = match on.part.dispute.clone() {
        None => {
            on.payment.disputes += 1;
            Dispute { stage: DisputeStage::Opened, memo: 0, amount, covered: 0, settled: 0, fee: 0 }
        }
        Some(known) => match known.stage {
            DisputeStage::Opened | DisputeStage::Dropped => known,
            stage @ (DisputeStage::Charged | DisputeStage::Represented | DisputeStage::Won | DisputeStage::Lost) => return closed(stage),
        },
    };
    // Fees are taken before money goes out, as in every entry.
    let vat = price::vat_in(fee, on.contract);
    super::refund::charge(on, Fee::DISPUTE, fee, vat)?;
    dispute.fee = fee;
    take_back(on, &mut dispute, amount)?;
    on.volumes.chargebacks_count = 1;
    let excess = u128::from(amount - dispute.covered);
    on.volumes.chargebacks = signed(dispute.settled + on.settled_alone(excess))?;
    Ok(dispute)
}

/// `standalone_chargeback`: a chargeback of a payment that was never ours, which has room for its disputes alone.
pub fn standalone(on: &mut OnPayment, amount: u64, fee: u128) -> Verdict<Dispute> {
    on.payment.stage = Stage::Alone { room: u128::from(amount) };
    charged(on, amount, fee)
}

/// Takes what the payment's room covers and puts the rest in suspense; clears the memo.
fn take_back(on: &mut OnPayment, dispute: &mut Dispute, amount: u64) -> Result<(), Error> {
    let whole = u128::from(amount);
    let covered = whole.min(on.payment.room_of_disputes()?);
    let settled = on.settled_back(covered)?;
    on.money_out(Leg::Chargeback, Reach::Everything, covered, settled)?;
    let memo = std::mem::take(&mut dispute.memo);
    on.memo(Leg::DisputeNoticeCleared, Code::DisputeNotifiedContra, Code::DisputeNotified, u128::from(memo))?;
    if covered < whole {
        on.excess(false, whole - covered)?;
        on.draft.alerts.push(Alert::ChargebackExceedsCaptured);
    }
    dispute.stage = DisputeStage::Charged;
    dispute.amount = amount;
    dispute.covered = narrow(covered)?;
    dispute.settled = settled;
    Ok(())
}

fn provisional() -> Account {
    Account::merchant_detail(Code::DisputeProvisional, Detail::Payment)
}

/// `chargeback_represented`: the money comes back, but not to the merchant yet.
pub fn represented(on: &mut OnPayment, id: &DisputeId) -> Verdict<Dispute> {
    let mut dispute = charged_before(on, id)?.clone();
    match dispute.stage {
        DisputeStage::Charged => {}
        stage @ (DisputeStage::Opened | DisputeStage::Dropped | DisputeStage::Represented | DisputeStage::Won | DisputeStage::Lost) => return closed(stage),
    }
    on.money_in(Leg::ChargebackReturned, provisional(), u128::from(dispute.covered), dispute.settled)?;
    on.excess(true, u128::from(dispute.amount - dispute.covered))?;
    dispute.stage = DisputeStage::Represented;
    Ok(dispute)
}

/// `dispute_won`: the money is the merchant's again.
pub fn won(on: &mut OnPayment, id: &DisputeId) -> Verdict<Dispute> {
    let mut dispute = known(on, id)?.clone();
    let available = Account::merchant(Code::Available);
    dispute.stage = match dispute.stage {
        DisputeStage::Opened => {
            let memo = std::mem::take(&mut dispute.memo);
            on.memo(Leg::DisputeNoticeCleared, Code::DisputeNotifiedContra, Code::DisputeNotified, u128::from(memo))?;
            DisputeStage::Dropped
        }
        DisputeStage::Charged => {
            on.money_in(Leg::ChargebackReturned, available, u128::from(dispute.covered), dispute.settled)?;
            on.excess(true, u128::from(dispute.amount - dispute.covered))?;
            DisputeStage::Won
        }
        DisputeStage::Represented => {
            let purview = on.purview();
            on.draft.post(on.merchant, &purview, Move::new(Leg::DisputeWon, provisional(), available, dispute.settled))?;
            DisputeStage::Won
        }
        stage @ (DisputeStage::Dropped | DisputeStage::Won | DisputeStage::Lost) => return closed(stage),
    };
    Ok(dispute)
}

/// `dispute_lost`: what was represented goes back; after a win it is charged anew, with the room counted anew.
pub fn lost(on: &mut OnPayment, id: &DisputeId) -> Verdict<Dispute> {
    let mut dispute = charged_before(on, id)?.clone();
    match dispute.stage {
        DisputeStage::Charged => {}
        DisputeStage::Represented => {
            on.money_out_of(Leg::Chargeback, provisional(), u128::from(dispute.covered), dispute.settled)?;
            on.excess(false, u128::from(dispute.amount - dispute.covered))?;
        }
        DisputeStage::Won => {
            let amount = dispute.amount;
            take_back(on, &mut dispute, amount)?;
        }
        stage @ (DisputeStage::Opened | DisputeStage::Dropped | DisputeStage::Lost) => return closed(stage),
    }
    dispute.stage = DisputeStage::Lost;
    Ok(dispute)
}

/// Whether a dispute's id is free on its payment.
pub fn check_free(on: &OnPayment, id: &DisputeId) -> Verdict {
    if on.part.dispute.is_some() { refuse(RefusalCode::AlreadyExists, format!("dispute {id} of this payment exists")) } else { Ok(()) }
}
