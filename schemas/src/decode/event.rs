//! Makes an event of its fields. The order of checks: type, absent fields, then each field in the order of the table.

use super::body::body;
use super::fault::{self, Fault};
use super::scan::Value;
use super::slots::{Slots, need};
use crate::error::QuarantineCode;
use crate::event::{Book, Card, EntryMode, EventType, HOUSE, Subject, TerminalEvent};
use crate::ids::*;
use crate::money::{Currency, Money};
use crate::wire::event_type::{Rule, Scope};
use crate::wire::field::Field;
use crate::wire::shape;

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
    let event_type = EventType::from_name(&name)
        .ok_or_else(|| Fault::new(QuarantineCode::UnknownType, format!("type: {}: no type of this name is published", fault::shown(&name))))?;
    let rule = event_type.rule();
    check_needs(slots, rule)?;

    let id = need(slots.read(Field::Id, EventId::new)?, Field::Id)?;
    let subject = subject(slots, rule.scope)?;
    let occurred_at = slots.instant(Field::OccurredAt)?;
    let book = slots.read(Field::Book, Book::from_name)?;
    let mut known = Known {
        terminal: slots.read(Field::Terminal, TerminalId::new)?,
        payment: slots.read(Field::Payment, PaymentId::new)?,
        hold: slots.read(Field::Hold, HoldId::new)?,
        payout: slots.read(Field::Payout, shape::payout)?,
        dispute: slots.read(Field::Dispute, DisputeId::new)?,
        refund: slots.read(Field::Refund, EventId::new)?,
        card: slots.read(Field::Card, Card::from_name)?,
        scheme: slots.read(Field::Scheme, SchemeId::new)?,
        entry_mode: slots.read(Field::EntryMode, EntryMode::from_name)?,
        customer: slots.read(Field::Customer, CustomerToken::new)?,
        currency: slots.currency(Field::Currency)?,
        amount: None,
    };
    known.amount = slots.money_as(Field::Amount, Field::Amount.shape_on(event_type), known.currency)?;
    let book = agreed_book(slots, event_type, &subject, book)?;
    // Elsewhere it is a field that the type does not have.
    let reference = if rule.may.contains(&Field::Reference) { slots.read(Field::Reference, Reference::read)? } else { None };
    let (terminal, currency) = (known.terminal.clone(), known.currency);
    let body = body(slots, event_type, known, &subject)?;
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
    match (scope, slots.text(Field::Merchant)?.as_deref()) {
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
fn agreed_book(slots: &Slots<'_>, event_type: EventType, subject: &Subject, book: Option<Book>) -> Result<Option<Book>, Fault> {
    let is_house = matches!(subject, Subject::House);
    let psp = slots.get(Field::Psp).and_then(Value::text);
    let agrees = match (&book, psp.as_deref()) {
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
