//! What happened, of the fields that a type needs and may have: one arm a type, and no other.

use super::event::Known;
use super::fault::{self, Fault};
use super::slots::{Slots, need};
use super::{capture, contract, control, opening, report, words};
use crate::event::{Body, DecimalText, DisputeEvent, EventType, FeeKind, Funds, HoldEvent, House, Instrument, PaymentEvent, PayoutEvent, Subject};
use crate::ids::*;
use crate::money::parse_scaled;
use crate::wire::field::Field;

/// The largest dispute fee, in whole units of whatever currency it is in: as many minor units as an amount may have,
/// where a currency has four decimals.
const DISPUTE_FEE_MAX: u64 = 100_000_000_000;

/// The body of an event of this type.
pub fn body(slots: &Slots<'_>, event_type: EventType, known: Known, subject: &Subject) -> Result<Body, Fault> {
    let amount = |known: &Known| need(known.amount, Field::Amount);
    let psp = || slots.read(Field::Psp, PspId::new);
    Ok(match event_type {
        EventType::LedgerOpened => Body::Control(control::opened(slots)?),
        EventType::DayClosed => Body::Control(control::closed(slots)?),
        EventType::CalendarSet => Body::Control(control::calendar(slots)?),
        EventType::ContractSet => contract::body(slots)?,
        EventType::CustomerErased => Body::CustomerErased { customer: need(known.customer, Field::Customer)? },
        EventType::Sale => {
            slots.money(Field::Tip, known.currency)?;
            payment(PaymentEvent::Sale { instrument: instrument(&known)?, capture: capture::read(slots, &known)? }, known)?
        }
        EventType::PreauthPlaced => {
            slots.money(Field::Tip, known.currency)?;
            let placed = PaymentEvent::PreauthPlaced { instrument: instrument(&known)?, amount: amount(&known)?, customer: known.customer.clone() };
            payment(placed, known)?
        }
        EventType::PreauthIncreased => payment(PaymentEvent::PreauthIncreased { amount: amount(&known)? }, known)?,
        EventType::PreauthReleased => payment(PaymentEvent::PreauthReleased, known)?,
        EventType::PreauthCompleted => payment(PaymentEvent::PreauthCompleted { capture: capture::read(slots, &known)? }, known)?,
        EventType::TipAdjusted => payment(PaymentEvent::TipAdjusted { amount: amount(&known)? }, known)?,
        EventType::Void => payment(PaymentEvent::Void, known)?,
        EventType::Reversal => payment(PaymentEvent::Reversal { amount: known.amount }, known)?,
        EventType::Refund => payment(PaymentEvent::Refund { amount: amount(&known)? }, known)?,
        EventType::RefundFailed => {
            let id = need(known.payment, Field::Payment)?;
            Body::Payment(id, PaymentEvent::RefundFailed { refund: need(known.refund, Field::Refund)? })
        }
        EventType::InstalmentSubsidy => payment(PaymentEvent::InstalmentSubsidy { amount: amount(&known)? }, known)?,
        EventType::OpeningBalance => opening::balance(slots, known, subject)?,
        EventType::OpeningPayment => payment(PaymentEvent::Opening(Box::new(opening::payment(slots, &known)?)), known)?,
        EventType::StandaloneRefund => {
            let refund = PaymentEvent::StandaloneRefund { instrument: instrument(&known)?, amount: amount(&known)?, customer: known.customer.clone() };
            payment(refund, known)?
        }
        EventType::StandaloneChargeback => {
            let (instrument, amount, customer) = (instrument(&known)?, amount(&known)?, known.customer.clone());
            let (payment, dispute) = dispute(known)?;
            Body::Dispute(payment, dispute, DisputeEvent::Standalone { instrument, amount, fee: dispute_fee(slots)?, customer })
        }
        EventType::DisputeOpened => disputed(DisputeEvent::Opened { amount: amount(&known)? }, known)?,
        EventType::Chargeback => {
            let amount = amount(&known)?;
            let (payment, dispute) = dispute(known)?;
            Body::Dispute(payment, dispute, DisputeEvent::Chargeback { amount, fee: dispute_fee(slots)? })
        }
        EventType::ChargebackRepresented => disputed(DisputeEvent::Represented, known)?,
        EventType::DisputeWon => disputed(DisputeEvent::Won, known)?,
        EventType::DisputeLost => disputed(DisputeEvent::Lost, known)?,
        EventType::HoldPlaced => {
            let (amount, hold) = (amount(&known)?, need(known.hold, Field::Hold)?);
            let placed = HoldEvent::Placed {
                amount,
                reason: slots.read_as(Field::Reason, Field::Reason.shape_on(event_type), words::hold_reason)?.unwrap_or_default(),
                expected_release: slots.date(Field::ExpectedRelease)?,
                sweep: slots.flag(Field::Sweep)?.unwrap_or(false),
            };
            Body::Hold(hold, placed)
        }
        EventType::HoldReleased => Body::Hold(need(known.hold, Field::Hold)?, HoldEvent::Released { amount: known.amount }),
        EventType::HoldSeized => Body::Hold(need(known.hold, Field::Hold)?, HoldEvent::Seized { amount: known.amount, order: slots.remark(Field::Order)? }),
        EventType::PayoutInitiated => {
            let (amount, payout) = (amount(&known)?, need(known.payout, Field::Payout)?);
            Body::Payout(payout, PayoutEvent::Initiated { amount, destination: slots.remark(Field::Destination)? })
        }
        EventType::PayoutPaid => Body::Payout(need(known.payout, Field::Payout)?, PayoutEvent::Paid),
        EventType::PayoutFailed => Body::Payout(need(known.payout, Field::Payout)?, PayoutEvent::Failed),
        EventType::PayoutReturned => Body::Payout(need(known.payout, Field::Payout)?, PayoutEvent::Returned),
        EventType::ReserveReleased => Body::Funds(Funds::ReserveReleased { amount: amount(&known)? }),
        EventType::EarlyRelease => Body::Funds(Funds::EarlyRelease { amount: amount(&known)? }),
        EventType::FeeCharged => {
            Body::Funds(Funds::FeeCharged { fee: need(slots.read(Field::Fee, FeeKind::from_name)?, Field::Fee)?, amount: amount(&known)? })
        }
        EventType::FeeWaived => Body::Funds(Funds::FeeWaived { amount: amount(&known)? }),
        EventType::TierAdjusted => Body::Funds(Funds::TierAdjusted { rebate: direction(slots, event_type, "rebate", "surcharge")?, amount: amount(&known)? }),
        EventType::DebtRepaid => Body::Funds(Funds::DebtRepaid { amount: amount(&known)? }),
        EventType::DebtWrittenOff => Body::Funds(Funds::DebtWrittenOff { amount: amount(&known)? }),
        EventType::Adjustment => Body::Funds(Funds::Adjustment {
            credit: direction(slots, event_type, "credit", "debit")?,
            amount: amount(&known)?,
            maker: need(slots.prose(Field::Maker)?, Field::Maker)?,
            checker: need(slots.prose(Field::Checker)?, Field::Checker)?,
            reason: need(slots.prose(Field::Reason)?, Field::Reason)?,
        }),
        EventType::MaintenanceDue => Body::Funds(Funds::MaintenanceDue { amount: known.amount }),
        EventType::BatchClosed => Body::Funds(Funds::BatchClosed {
            count: need(slots.whole(Field::Count)?, Field::Count)?,
            sum: need(slots.money(Field::Sum, known.currency)?, Field::Sum)?,
            terminal: need(known.terminal, Field::Terminal)?,
        }),
        EventType::SchemeSettled => Body::House(House::SchemeSettled { amount: amount(&known)?, psp: psp()?, scheme: need(known.scheme, Field::Scheme)? }),
        EventType::PartnerPaid => {
            let partner = need(slots.read(Field::Partner, PartnerId::new)?, Field::Partner)?;
            Body::House(House::PartnerPaid { partner, amount: amount(&known)?, psp: psp()? })
        }
        EventType::TaxPaid => Body::House(House::TaxPaid { amount: amount(&known)?, psp: psp()? }),
        EventType::PspPaidBank => Body::House(House::PspPaidBank { psp: need(psp()?, Field::Psp)?, amount: amount(&known)? }),
        EventType::ReportLine | EventType::ReportClosed | EventType::BreakClosed => Body::Reported(report::reported(slots, event_type, known)?),
        EventType::FeesSwept => Body::House(House::FeesSwept { psp: need(psp()?, Field::Psp)?, amount: amount(&known)? }),
    })
}

fn payment(event: PaymentEvent, known: Known) -> Result<Body, Fault> {
    Ok(Body::Payment(need(known.payment, Field::Payment)?, event))
}

fn disputed(event: DisputeEvent, known: Known) -> Result<Body, Fault> {
    let (payment, dispute) = dispute(known)?;
    Ok(Body::Dispute(payment, dispute, event))
}

/// How a payment is made.
pub(super) fn instrument(known: &Known) -> Result<Instrument, Fault> {
    let scheme = need(known.scheme.clone(), Field::Scheme)?;
    Ok(Instrument { card: need(known.card, Field::Card)?, scheme, entry_mode: known.entry_mode })
}

/// A dispute without an id has that of its payment.
fn dispute(known: Known) -> Result<(PaymentId, DisputeId), Fault> {
    let payment = need(known.payment, Field::Payment)?;
    let dispute = need(known.dispute.or_else(|| DisputeId::new(payment.as_str())), Field::Dispute)?;
    Ok((payment, dispute))
}

/// Which of two words an event's `direction` is: whether it is the first.
pub fn direction(slots: &Slots<'_>, event_type: EventType, first: &str, second: &str) -> Result<bool, Fault> {
    let shape = Field::Direction.shape_on(event_type);
    need(slots.read_as(Field::Direction, shape, |text| words::first_of(text, first, second))?, Field::Direction)
}

/// A decimal string; how many decimals it may have is for the ledger to say, which knows the settled currency.
fn dispute_fee(slots: &Slots<'_>) -> Result<Option<DecimalText>, Fault> {
    let (field, shape) = (Field::DisputeFee.name(), Field::DisputeFee.shape());
    let Some(value) = slots.get(Field::DisputeFee) else { return Ok(None) };
    let text = value.text().ok_or_else(|| Fault::amount(field, "not a string", &shape.expected()))?;
    let whole = text.split_once('.').map_or(text.as_ref(), |(whole, _)| whole);
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && text.split('.').count() <= 2
        && text.split('.').all(|part| !part.is_empty())
        && parse_scaled(whole, 0, DISPUTE_FEE_MAX).is_ok();
    if is_decimal { Ok(Some(DecimalText(text.into_owned()))) } else { Err(Fault::amount(field, &fault::shown(&text), &shape.expected())) }
}
