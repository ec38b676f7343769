//! Events about a payment: the checks in their order (see `on_merchant`), then the rule.

use super::closed::Thing;
use super::customers::Whose;
use super::draft::Draft;
use super::events::{OnPayment, Part, mirror, opening, refund, sale, same_currency};
use super::exact::signed;
use super::fold::{Asked, Fold, Posted, refund_key};
use super::on_merchant::{InForce, agrees};
use super::rows::amount_note;
use super::state::{Calendars, IdState, Merchant, Object, Payment, Stage, Terms, scoped_key};
use super::verdict::{Stop, Verdict, refuse, refuse_above};
use crate::entry::{Note, PaymentFacts, RefusalCode, Volumes, Wait};
use schemas::contract::Contract;
use schemas::event::{Instrument, PaymentEvent, TerminalEvent};
use schemas::ids::{CustomerToken, EventId, PaymentId};
use schemas::money::Currency;
use schemas::time::Date;

impl Fold {
    /// Posts an event of a payment's life, or says why not.
    pub(super) fn payment_event(
        &mut self,
        asked: &Asked,
        id: &PaymentId,
        event: &PaymentEvent,
        merchant: &mut Merchant,
        in_force: &InForce,
    ) -> Verdict<Posted> {
        let key = scoped_key(asked.merchant, id.as_str());
        let known = self.payments.get(asked.source, &key)?;
        let new = begin(asked.event, event, in_force, asked.open);
        let mut payment = match (known, new) {
            (Some(_), Some(_)) => return refuse(RefusalCode::AlreadyExists, format!("payment {id} exists")),
            (None, None) => return Err(self.without(asked, &Thing::Payment(id), Wait::Payment(id.clone()))?),
            (Some(known), None) => known,
            (None, Some(new)) => new,
        };
        payment.bring_up_to(asked.open);
        if let Some(token) = customer_of(event) {
            let whose = Whose { token, merchant: asked.merchant, scope: in_force.1.customer_scope };
            payment.customer = Some(self.customers.key(asked.source, &self.state.erasures, whose)?);
        }
        // A completion is priced by what is in force, and pins it.
        let pinned = if let PaymentEvent::PreauthCompleted { .. } = event { in_force.0 } else { payment.contract };
        let contract = if pinned == in_force.0 { in_force.1.clone() } else { self.contracts.get(asked.source, pinned)? };
        let (mut refund, mut refund_row, mut part) = (None, None, Part::default());
        if let PaymentEvent::Refund { .. } | PaymentEvent::StandaloneRefund { .. } = event {
            refund_row = Some(Object::Refund.key_within(asked.merchant, id.as_str(), asked.event.id.as_str()));
        }
        if let PaymentEvent::RefundFailed { refund: failed } = event {
            refund = self.ids.get(asked.source, &refund_key(asked.merchant, failed))?.map(|record| record.state);
            let row = Object::Refund.key_within(asked.merchant, id.as_str(), failed.as_str());
            part.refund = self.refunds.get(asked.source, &row)?;
            refund_row = Some(row);
        }
        let calendars = std::mem::take(&mut self.state.calendars);
        let known = Known { id, in_force: in_force.0, refund, calendars: &calendars };
        let posted = self.on_payment(asked, merchant, &mut payment, &contract, part, |on| {
            agrees(asked.event, on.payment.currency)?;
            rule(on, asked.event, event, &known)
        });
        self.state.calendars = calendars;
        let (posted, part) = posted?;
        if let (Some(row), Some(refund)) = (refund_row, part.refund) {
            self.refunds.put(row, &refund);
        }
        self.payments.put(key, &payment);
        Ok(posted)
    }

    /// Lets a rule draft an entry about a payment, and ends it. Answers also the refund or dispute that it is about, as it is then.
    pub(super) fn on_payment(
        &mut self,
        asked: &Asked,
        merchant: &mut Merchant,
        payment: &mut Payment,
        contract: &Contract,
        part: Part,
        rule: impl FnOnce(&mut OnPayment) -> Verdict<Note>,
    ) -> Verdict<(Posted, Part)> {
        let mut draft = Draft::default();
        let mut on = OnPayment { draft: &mut draft, merchant, payment, contract, open: asked.open, volumes: Volumes::default(), part };
        let net_before = signed(on.payment.net())?;
        let note = rule(&mut on)?;
        let (volumes, part) = (on.volumes, on.part);
        if let Some((terminal, currency, taken)) = draft.batch.take() {
            self.add_to_batch(asked, (&terminal, currency), taken)?;
        }
        self.settle(asked.source, asked.merchant, &mut draft, merchant)?;
        let facts = Some(Box::new(facts(payment, net_before)?));
        let posted = Posted { lines: draft.lines, opened: draft.opened, alerts: draft.alerts, volumes, facts, contract: None, note };
        Ok((posted, part))
    }
}

/// What a rule of a payment needs to know besides the payment.
struct Known<'a> {
    id: &'a PaymentId,
    /// The entry of the contract in force.
    in_force: u64,
    /// What became of the refund that a `refund_failed` names.
    refund: Option<IdState>,
    calendars: &'a Calendars,
}

/// The token of who pays, where the event names one.
const fn customer_of(event: &PaymentEvent) -> Option<&CustomerToken> {
    match event {
        PaymentEvent::Sale { capture, .. } | PaymentEvent::PreauthCompleted { capture } => capture.customer.as_ref(),
        PaymentEvent::PreauthPlaced { customer, .. } | PaymentEvent::StandaloneRefund { customer, .. } => customer.as_ref(),
        PaymentEvent::Opening(opening) => opening.customer.as_ref(),
        PaymentEvent::PreauthIncreased { .. }
        | PaymentEvent::PreauthReleased
        | PaymentEvent::TipAdjusted { .. }
        | PaymentEvent::Void
        | PaymentEvent::Reversal { .. }
        | PaymentEvent::Refund { .. }
        | PaymentEvent::RefundFailed { .. }
        | PaymentEvent::InstalmentSubsidy { .. } => None,
    }
}

/// A payment that begins with this event; none for the others.
fn begin(event: &TerminalEvent, body: &PaymentEvent, (contract, terms): &InForce, open: Date) -> Option<Payment> {
    let (instrument, amount) = match body {
        PaymentEvent::Sale { instrument, capture } => (instrument, capture.amount),
        PaymentEvent::PreauthPlaced { instrument, amount, .. } | PaymentEvent::StandaloneRefund { instrument, amount, .. } => (instrument, *amount),
        PaymentEvent::Opening(opening) => (&opening.instrument, opening.amount),
        PaymentEvent::PreauthIncreased { .. }
        | PaymentEvent::PreauthReleased
        | PaymentEvent::PreauthCompleted { .. }
        | PaymentEvent::TipAdjusted { .. }
        | PaymentEvent::Void
        | PaymentEvent::Reversal { .. }
        | PaymentEvent::Refund { .. }
        | PaymentEvent::RefundFailed { .. }
        | PaymentEvent::InstalmentSubsidy { .. } => return None,
    };
    Some(new(event, instrument, amount.currency, (*contract, terms), open))
}

/// A payment under the contract in force.
pub(super) fn new(event: &TerminalEvent, instrument: &Instrument, currency: Currency, (contract, terms): (u64, &Contract), open: Date) -> Payment {
    Payment::new(Terms {
        contract,
        book: terms.book(),
        instrument: instrument.clone(),
        terminal: event.terminal.clone(),
        currency,
        settled_currency: terms.currency,
        open,
    })
}

/// The checks from "state" on, and the rule.
fn rule(on: &mut OnPayment, event: &TerminalEvent, body: &PaymentEvent, known: &Known) -> Verdict<Note> {
    match body {
        PaymentEvent::Sale { capture, .. } => {
            sale::check_currencies(capture, on.contract)?;
            on.payment.purchased_at = event.occurred_at;
            sale::capture(on, capture, known.calendars)?;
        }
        PaymentEvent::PreauthPlaced { amount, .. } => sale::authorise(on, amount.minor.into())?,
        PaymentEvent::PreauthIncreased { amount } => {
            check_authorised(on)?;
            sale::authorise(on, amount.minor.into())?;
        }
        PaymentEvent::PreauthReleased => {
            check_authorised(on)?;
            sale::release(on)?;
            on.payment.stage = Stage::Released;
        }
        PaymentEvent::PreauthCompleted { capture } => {
            sale::check_currencies(capture, on.contract)?;
            check_authorised(on)?;
            sale::check_completion(on, capture.amount.minor.into())?;
            sale::release(on)?;
            let payment = &mut *on.payment;
            payment.contract = known.in_force;
            payment.book = on.contract.book();
            payment.purchased_at = event.occurred_at;
            sale::capture(on, capture, known.calendars)?;
        }
        PaymentEvent::TipAdjusted { amount } => {
            captured_first(on, known.id)?;
            sale::check_changeable(on)?;
            sale::check_nothing_back(on)?;
            sale::adjust(on, i128::from(amount.minor))?;
        }
        PaymentEvent::Void => {
            captured_first(on, known.id)?;
            check_void(on)?;
            sale::check_nothing_back(on)?;
            return undo(on);
        }
        PaymentEvent::Reversal { amount } => {
            captured_first(on, known.id)?;
            sale::check_changeable(on)?;
            let part = amount.map(|money| u128::from(money.minor)).filter(|part| *part != on.payment.captured);
            if part.is_some_and(|part| part > on.payment.captured) {
                return refuse_above(RefusalCode::ExceedsCaptured, on.payment.captured, on.payment.currency, "was captured");
            }
            sale::check_nothing_back(on)?;
            match part {
                None => return undo(on),
                Some(part) => sale::adjust(on, -signed(part)?)?,
            }
        }
        PaymentEvent::InstalmentSubsidy { amount } => {
            captured_first(on, known.id)?;
            sale::subsidy(on, amount.minor.into())?;
        }
        PaymentEvent::Refund { amount } => {
            captured_first(on, known.id)?;
            refund::refund(on, amount.minor)?;
        }
        PaymentEvent::Opening(opened) => {
            same_currency(opened.amount.currency, on.contract.currency)?;
            return opening::payment(on, opened);
        }
        PaymentEvent::StandaloneRefund { amount, .. } => {
            same_currency(amount.currency, on.contract.currency)?;
            refund::standalone(on, amount.minor)?;
        }
        PaymentEvent::RefundFailed { refund } => {
            captured_first(on, known.id)?;
            return refund_failed(on, refund, known.refund);
        }
    }
    Ok(amount_note(event))
}

/// `refund_failed`; its note is what was refunded.
fn refund_failed(on: &mut OnPayment, id: &EventId, became: Option<IdState>) -> Verdict<Note> {
    match became {
        None | Some(IdState::Parked) => return Err(Stop::Park(Wait::Refund(id.clone()))),
        Some(IdState::Refused) => return refuse(RefusalCode::NotOpen, "the refund was refused"),
        Some(IdState::Posted) => {}
    }
    let Some(minor) = on.part.refund.as_ref().map(|refund| refund.amount) else {
        return refuse(RefusalCode::NotOpen, "that event is no refund of this payment");
    };
    refund::failed(on, id)?;
    Ok(Note::Amount { currency: on.payment.currency, minor: minor.into() })
}

/// A payment's event waits while its pre-authorisation is open.
pub(super) fn captured_first(on: &OnPayment, id: &PaymentId) -> Verdict {
    match on.payment.stage {
        Stage::Authorised => Err(Stop::Park(Wait::Payment(id.clone()))),
        Stage::Captured | Stage::Voided | Stage::Released | Stage::Alone { .. } => Ok(()),
    }
}

fn check_authorised(on: &OnPayment) -> Verdict {
    match on.payment.stage {
        Stage::Authorised => Ok(()),
        Stage::Captured | Stage::Voided | Stage::Released | Stage::Alone { .. } => refuse(RefusalCode::NotOpen, "the payment is not an open pre-authorisation"),
    }
}

/// A void needs the date of its sale still open.
fn check_void(on: &OnPayment) -> Verdict {
    if on.payment.stage != Stage::Captured {
        return refuse(RefusalCode::NotOpen, "the payment is voided, released, or stands alone");
    }
    if on.payment.booked_on != on.open {
        return refuse(RefusalCode::AlreadyCleared, format!("it was booked on {}, which is closed", on.payment.booked_on));
    }
    Ok(())
}

/// Undoes a payment; its note is what was captured, by however many events.
fn undo(on: &mut OnPayment) -> Verdict<Note> {
    let minor = on.payment.captured;
    mirror::undo(on)?;
    Ok(Note::Amount { currency: on.payment.currency, minor })
}

/// What the views need to know of a payment.
fn facts(payment: &Payment, net_before: i128) -> Verdict<PaymentFacts> {
    Ok(PaymentFacts {
        contract: payment.contract,
        instrument: payment.instrument.clone(),
        terminal: payment.terminal.clone(),
        customer: payment.customer,
        purchased_at: payment.purchased_at,
        booked_on: payment.booked_on,
        available_on: payment.available_on,
        currency: payment.settled_currency,
        net_before,
        net_after: signed(payment.net())?,
        purchased: payment.purchased_at.is_some(),
    })
}
