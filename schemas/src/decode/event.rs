//! Makes an event of its fields. The order of checks: type, absent fields, then each field in the order of the table.

use super::capture;
use super::control;
use super::fault::Fault;
use super::slots::{Slots, need};
use super::{contract, fault, scan::Value, words};
use crate::error::QuarantineCode;
use crate::event::{Body, Book, Card, DecimalText, EntryMode, EventType, Instrument, Subject, TerminalEvent};
use crate::ids::*;
use crate::money::{Currency, Money, parse_scaled};
use crate::wire::event_type::{Rule, Scope};
use crate::wire::field::Field;

/// `merchant` on events of the bank itself.
pub const HOUSE: &str = "@house";

/// The largest dispute fee, in whole units of whatever currency it is in: as many minor units as an amount may have,
/// where a currency has four decimals.
const DISPUTE_FEE_MAX: u64 = 100_000_000_000;

/// Fields that mean the same on every type, and so are checked wherever they stand.
pub struct Known {
    pub payment: Option<PaymentId>,
    pub hold: Option<HoldId>,
    pub payout: Option<PayoutId>,
    pub dispute: Option<DisputeId>,
    pub refund: Option<EventId>,
    pub terminal: Option<TerminalId>,
    pub card: Option<Card>,
    pub scheme: Option<SchemeId>,
    pub entry_mode: Option<EntryMode>,
    pub customer: Option<CustomerToken>,
    pub currency: Option<Currency>,
    pub amount: Option<Money>,
}

/// The event of these fields.
pub fn event(slots: &Slots<'_>) -> Result<TerminalEvent, Fault> {
    let name = need(slots.text(Field::Type)?, Field::Type)?;
    let event_type = EventType::from_name(name)
        .ok_or_else(|| Fault::new(QuarantineCode::UnknownType, format!("type: {}: no type of this name is published", fault::shown(name))))?;
    let rule = event_type.rule();
    check_needs(slots, rule)?;

    let id = need(slots.read(Field::Id, EventId::new)?, Field::Id)?;
    let subject = subject(slots, rule.scope)?;
    let occurred_at = slots.instant(Field::OccurredAt)?;
    let book = slots.read(Field::Book, words::book)?;
    let mut known = Known {
        terminal: slots.read(Field::Terminal, TerminalId::new)?,
        payment: slots.read(Field::Payment, PaymentId::new)?,
        hold: slots.read(Field::Hold, HoldId::new)?,
        payout: slots.read(Field::Payout, PayoutId::new)?,
        dispute: slots.read(Field::Dispute, DisputeId::new)?,
        refund: slots.read(Field::Refund, EventId::new)?,
        card: slots.read(Field::Card, words::card)?,
        scheme: slots.read(Field::Scheme, SchemeId::new)?,
        entry_mode: slots.read(Field::EntryMode, words::entry_mode)?,
        customer: slots.read(Field::Customer, CustomerToken::new)?,
        currency: slots.currency(Field::Currency)?,
        amount: None,
    };
    known.amount = slots.money(Field::Amount, known.currency)?;
    let book = agreed_book(slots, event_type, book)?;
    // Elsewhere it is a field that the type does not have.
    let reference = if rule.may.contains(&Field::Reference) { slots.read(Field::Reference, Reference::read)? } else { None };
    let (terminal, currency) = (known.terminal.clone(), known.currency);
    let body = body(slots, event_type, known)?;
    Ok(TerminalEvent { id, subject, occurred_at, terminal, book, reference, currency, body })
}

fn check_needs(slots: &Slots<'_>, rule: &Rule) -> Result<(), Fault> {
    const ALWAYS: &[Field] = &[Field::Id, Field::Merchant, Field::OccurredAt];
    let always = if rule.scope == Scope::Control { &ALWAYS[..1] } else { ALWAYS };
    match always.iter().chain(rule.needs).find(|field| slots.get(**field).is_none()) {
        Some(absent) => Err(Fault::missing(absent.name())),
        None => Ok(()),
    }
}

fn subject(slots: &Slots<'_>, scope: Scope) -> Result<Subject, Fault> {
    let merchant = Field::Merchant.name();
    match (scope, slots.text(Field::Merchant)?) {
        (Scope::Control, None) => Ok(Subject::Partition),
        (Scope::Control, Some(_)) => Err(Fault::contradiction(merchant, "a control event is about no merchant")),
        (Scope::House | Scope::MerchantOrHouse, Some(HOUSE)) => Ok(Subject::House),
        (Scope::House, Some(_)) => Err(Fault::contradiction(merchant, "must be @house on events of the bank itself")),
        (Scope::Merchant, Some(HOUSE)) => Err(Fault::contradiction(merchant, "@house has no events of this type")),
        (Scope::Merchant | Scope::MerchantOrHouse, _) => need(slots.read(Field::Merchant, MerchantId::new)?, Field::Merchant).map(Subject::Merchant),
        (Scope::House, None) => Err(Fault::missing(merchant)),
    }
}

/// A `book` must not say another thing than the event's `psp`. House events are then in the book that their `psp` gives.
fn agreed_book(slots: &Slots<'_>, event_type: EventType, book: Option<Book>) -> Result<Option<Book>, Fault> {
    let is_house = event_type.rule().scope == Scope::House;
    let psp = match slots.get(Field::Psp) {
        Some(Value::Text(psp)) => Some(psp.as_ref()),
        _ => None,
    };
    let agrees = match (&book, psp) {
        (None, _) => true,
        // What a PSP pays the bank is in both books.
        (Some(Book::Bank), Some(_)) => event_type == EventType::PspPaidBank,
        (Some(Book::Bank), None) => true,
        (Some(Book::Psp(of)), Some(psp)) => of.as_str() == psp,
        (Some(Book::Psp(_)), None) => !is_house,
    };
    if !agrees {
        return Err(Fault::contradiction(Field::Book.name(), "does not agree with psp"));
    }
    Ok(if is_house { None } else { book })
}

fn body(slots: &Slots<'_>, event_type: EventType, known: Known) -> Result<Body, Fault> {
    let amount = |known: &Known| need(known.amount, Field::Amount);
    let psp = || slots.read(Field::Psp, PspId::new);
    Ok(match event_type {
        EventType::LedgerOpened | EventType::DayClosed | EventType::CalendarSet => control::body(slots, event_type)?,
        EventType::ContractSet => contract::body(slots)?,
        EventType::Sale => {
            slots.money(Field::Tip, known.currency)?;
            Body::Sale { instrument: instrument(&known)?, capture: capture::read(slots, &known)?, payment: need(known.payment, Field::Payment)? }
        }
        EventType::PreauthPlaced => {
            slots.money(Field::Tip, known.currency)?;
            Body::PreauthPlaced {
                instrument: instrument(&known)?,
                amount: amount(&known)?,
                payment: need(known.payment, Field::Payment)?,
                customer: known.customer,
            }
        }
        EventType::PreauthIncreased => Body::PreauthIncreased { amount: amount(&known)?, payment: need(known.payment, Field::Payment)? },
        EventType::PreauthReleased => Body::PreauthReleased { payment: need(known.payment, Field::Payment)? },
        EventType::PreauthCompleted => Body::PreauthCompleted { capture: capture::read(slots, &known)?, payment: need(known.payment, Field::Payment)? },
        EventType::TipAdjusted => Body::TipAdjusted { amount: amount(&known)?, payment: need(known.payment, Field::Payment)? },
        EventType::Void => Body::Void { payment: need(known.payment, Field::Payment)? },
        EventType::Reversal => Body::Reversal { amount: known.amount, payment: need(known.payment, Field::Payment)? },
        EventType::Refund => Body::Refund { amount: amount(&known)?, payment: need(known.payment, Field::Payment)? },
        EventType::RefundFailed => Body::RefundFailed { payment: need(known.payment, Field::Payment)?, refund: need(known.refund, Field::Refund)? },
        EventType::InstalmentSubsidy => Body::InstalmentSubsidy { amount: amount(&known)?, payment: need(known.payment, Field::Payment)? },
        EventType::DisputeOpened => {
            let amount = amount(&known)?;
            let (payment, dispute) = disputed(known)?;
            Body::DisputeOpened { payment, dispute, amount }
        }
        EventType::Chargeback => {
            let amount = amount(&known)?;
            let (payment, dispute) = disputed(known)?;
            Body::Chargeback { payment, dispute, amount, fee: dispute_fee(slots)? }
        }
        EventType::ChargebackRepresented => disputed(known).map(|(payment, dispute)| Body::ChargebackRepresented { payment, dispute })?,
        EventType::DisputeWon => disputed(known).map(|(payment, dispute)| Body::DisputeWon { payment, dispute })?,
        EventType::DisputeLost => disputed(known).map(|(payment, dispute)| Body::DisputeLost { payment, dispute })?,
        EventType::HoldPlaced => Body::HoldPlaced {
            amount: amount(&known)?,
            hold: need(known.hold, Field::Hold)?,
            reason: slots.read_as(Field::Reason, Field::Reason.shape_on(event_type), words::hold_reason)?.unwrap_or_default(),
            expected_release: slots.date(Field::ExpectedRelease)?,
            sweep: slots.flag(Field::Sweep)?.unwrap_or(false),
        },
        EventType::HoldReleased => Body::HoldReleased { amount: known.amount, hold: need(known.hold, Field::Hold)? },
        EventType::HoldSeized => Body::HoldSeized { amount: known.amount, hold: need(known.hold, Field::Hold)?, order: slots.remark(Field::Order)? },
        EventType::ReserveReleased => Body::ReserveReleased { amount: amount(&known)? },
        EventType::EarlyRelease => Body::EarlyRelease { amount: amount(&known)? },
        EventType::PayoutInitiated => {
            Body::PayoutInitiated { amount: amount(&known)?, payout: need(known.payout, Field::Payout)?, destination: slots.remark(Field::Destination)? }
        }
        EventType::PayoutPaid => Body::PayoutPaid { payout: need(known.payout, Field::Payout)? },
        EventType::PayoutFailed => Body::PayoutFailed { payout: need(known.payout, Field::Payout)? },
        EventType::PayoutReturned => Body::PayoutReturned { payout: need(known.payout, Field::Payout)? },
        EventType::FeeCharged => Body::FeeCharged { fee: need(slots.read(Field::Fee, words::fee_kind)?, Field::Fee)?, amount: amount(&known)? },
        EventType::FeeWaived => Body::FeeWaived { amount: amount(&known)? },
        EventType::TierAdjusted => Body::TierAdjusted { rebate: direction(slots, event_type, "rebate", "surcharge")?, amount: amount(&known)? },
        EventType::DebtRepaid => Body::DebtRepaid { amount: amount(&known)? },
        EventType::DebtWrittenOff => Body::DebtWrittenOff { amount: amount(&known)? },
        EventType::Adjustment => Body::Adjustment {
            credit: direction(slots, event_type, "credit", "debit")?,
            amount: amount(&known)?,
            maker: need(slots.prose(Field::Maker)?, Field::Maker)?,
            checker: need(slots.prose(Field::Checker)?, Field::Checker)?,
            reason: need(slots.prose(Field::Reason)?, Field::Reason)?,
        },
        EventType::MaintenanceDue => Body::MaintenanceDue { amount: known.amount },
        EventType::BatchClosed => Body::BatchClosed {
            count: need(slots.whole(Field::Count)?, Field::Count)?,
            sum: need(slots.money(Field::Sum, known.currency)?, Field::Sum)?,
            terminal: need(known.terminal, Field::Terminal)?,
        },
        EventType::CustomerErased => Body::CustomerErased { customer: need(known.customer, Field::Customer)? },
        EventType::SchemeSettled => Body::SchemeSettled { amount: amount(&known)?, psp: psp()?, scheme: need(known.scheme, Field::Scheme)? },
        EventType::PartnerPaid => {
            let partner = need(slots.read(Field::Partner, PartnerId::new)?, Field::Partner)?;
            Body::PartnerPaid { partner, amount: amount(&known)?, psp: psp()? }
        }
        EventType::TaxPaid => Body::TaxPaid { amount: amount(&known)?, psp: psp()? },
        EventType::PspPaidBank => Body::PspPaidBank { psp: need(psp()?, Field::Psp)?, amount: amount(&known)? },
        EventType::FeesSwept => Body::FeesSwept { psp: need(psp()?, Field::Psp)?, amount: amount(&known)? },
    })
}

fn instrument(known: &Known) -> Result<Instrument, Fault> {
    let scheme = need(known.scheme.clone(), Field::Scheme)?;
    Ok(Instrument { card: need(known.card, Field::Card)?, scheme, entry_mode: known.entry_mode })
}

/// A dispute without an id has that of its payment.
fn disputed(known: Known) -> Result<(PaymentId, DisputeId), Fault> {
    let payment = need(known.payment, Field::Payment)?;
    let dispute = need(known.dispute.or_else(|| DisputeId::new(payment.as_str())), Field::Dispute)?;
    Ok((payment, dispute))
}

fn direction(slots: &Slots<'_>, event_type: EventType, first: &str, second: &str) -> Result<bool, Fault> {
    let shape = Field::Direction.shape_on(event_type);
    need(slots.read_as(Field::Direction, shape, |text| words::first_of(text, first, second))?, Field::Direction)
}

/// A decimal string; how many decimals it may have is for the ledger to say, which knows the settled currency.
fn dispute_fee(slots: &Slots<'_>) -> Result<Option<DecimalText>, Fault> {
    let (field, shape) = (Field::DisputeFee.name(), Field::DisputeFee.shape());
    match slots.get(Field::DisputeFee) {
        None => Ok(None),
        Some(Value::Text(text)) => {
            let whole = text.split_once('.').map_or(text.as_ref(), |(whole, _)| whole);
            let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                && text.split('.').count() <= 2
                && text.split('.').all(|part| !part.is_empty())
                && parse_scaled(whole, 0, DISPUTE_FEE_MAX).is_ok();
            if is_decimal { Ok(Some(DecimalText(text.to_string()))) } else { Err(Fault::amount(field, &fault::shown(text), &shape.expected())) }
        }
        Some(_) => Err(Fault::amount(field, "not a string", &shape.expected())),
    }
}
