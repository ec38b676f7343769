//! Events about a payment: the checks in their order (see `on_merchant`), then the rule.

use super::closed::Thing;
use super::customers::Whose;
use super::draft::Draft;
use super::events::{OnPayment, dispute, mirror, refund, sale};
use super::fold::{Fold, Posted, refund_key};
use super::on_merchant::{agrees, amount_note, net};
use super::state::{Calendars, IdState, Merchant, Payment, Stage, Terms, scoped_key};
use super::verdict::{Stop, Verdict, refuse};
use crate::entry::{Note, PaymentFacts, RefusalCode, Volumes, Wait};
use crate::source::{Error, Source};
use schemas::contract::Contract;
use schemas::event::{Body, TerminalEvent};
use schemas::ids::{CustomerToken, MerchantId};
use schemas::time::Date;
use std::sync::Arc;

impl Fold {
    /// Posts an event about a payment, or says why not.
    pub(super) fn payment_event(
        &mut self,
        source: &dyn Source,
        event: &TerminalEvent,
        name: &MerchantId,
        merchant: &mut Merchant,
        in_force: (u64, Arc<Contract>),
        open: Date,
    ) -> Result<Verdict<Posted>, Error> {
        let Some(id) = event.body.payment() else { return Ok(Ok(Posted::default())) };
        let key = scoped_key(name, id.as_str());
        let known = self.payments.get(source, &key)?;
        let begins = matches!(event.body, Body::Sale { .. } | Body::PreauthPlaced { .. });
        let mut payment = match known {
            Some(_) if begins => return Ok(refuse(RefusalCode::AlreadyExists, format!("payment {id} exists"))),
            Some(known) => known,
            None => match begin(event, &in_force, open) {
                Some(payment) => payment,
                None => return Ok(Err(self.without(source, name, &Thing::Payment(id), Wait::Payment(id.clone()))?)),
            },
        };
        payment.bring_up_to(open);
        if let Some(token) = customer_of(&event.body) {
            let whose = Whose { token, merchant: name, scope: in_force.1.customer_scope };
            payment.customer = Some(self.customers.key(source, &self.state.erasures, whose)?);
        }
        let completes = matches!(event.body, Body::PreauthCompleted { .. });
        let contract = if completes || begins { in_force.1.clone() } else { self.contracts.get(source, payment.contract)? };
        let refund = match &event.body {
            Body::RefundFailed { refund, .. } => self.ids.get(source, &refund_key(name, refund))?.map(|record| record.state),
            _ => None,
        };
        let mut draft = Draft::default();
        let mut on =
            OnPayment { draft: &mut draft, merchant, payment: &mut payment, contract: &contract, open, volumes: Volumes::default(), gateway_in_vat: 0 };
        let net_before = net(on.payment.net());
        let verdict = rule(&mut on, event, in_force.0, refund, &self.state.calendars);
        let (volumes, gateway) = (on.volumes, on.gateway_in_vat);
        let verdict = match verdict {
            // One that is notified waits for its chargeback; one that is not there may be closed.
            Err(Stop::Park(Wait::Dispute(dispute))) if payment.disputes.iter().all(|known| known.id != dispute) => {
                Err(self.without(source, name, &Thing::Dispute(id, &dispute), Wait::Dispute(dispute.clone()))?)
            }
            verdict => verdict,
        };
        let posted = verdict.map(|note| {
            let note = match note {
                Note::Amount { currency, minor } if gateway != 0 => Note::AmountAndGateway { currency, minor, gateway },
                note => note,
            };
            draft.settle(merchant);
            let facts = Some(Box::new(facts(&payment, net_before)));
            Posted { lines: draft.lines, opened: draft.opened, alerts: draft.alerts, volumes, facts, contract: None, note }
        });
        if posted.is_ok() {
            self.payments.put(key, &payment)?;
        }
        Ok(posted)
    }
}

/// The token of who pays, where the event names one.
const fn customer_of(body: &Body) -> Option<&CustomerToken> {
    match body {
        Body::Sale { capture, .. } | Body::PreauthCompleted { capture, .. } => capture.customer.as_ref(),
        Body::PreauthPlaced { customer, .. } => customer.as_ref(),
        _ => None,
    }
}

/// A payment that begins with this event; none for the others.
fn begin(event: &TerminalEvent, in_force: &(u64, Arc<Contract>), open: Date) -> Option<Payment> {
    let (instrument, amount) = match &event.body {
        Body::Sale { instrument, capture, .. } => (instrument, capture.amount),
        Body::PreauthPlaced { instrument, amount, .. } => (instrument, *amount),
        _ => return None,
    };
    let (contract, terms) = in_force;
    Some(Payment::new(Terms {
        contract: *contract,
        book: terms.book(),
        instrument: instrument.clone(),
        terminal: event.terminal.clone(),
        currency: amount.currency,
        settled_currency: terms.currency,
        open,
    }))
}

/// The checks from "id free" for disputes on, and the rule.
fn rule(on: &mut OnPayment, event: &TerminalEvent, in_force: u64, refund: Option<IdState>, calendars: &Calendars) -> Verdict<Note> {
    if let Body::DisputeOpened { dispute, .. } = &event.body {
        dispute::check_free(on, dispute)?;
    }
    agrees(event, on.payment.currency)?;
    match &event.body {
        Body::Sale { capture, .. } => {
            sale::check_currencies(capture, on.contract)?;
            on.payment.purchased_at = event.occurred_at;
            sale::capture(on, capture, calendars);
        }
        Body::PreauthPlaced { amount, .. } => sale::authorise(on, amount.minor.into()),
        Body::PreauthIncreased { amount, .. } => {
            check_authorised(on)?;
            sale::authorise(on, amount.minor.into());
        }
        Body::PreauthReleased { .. } => {
            check_authorised(on)?;
            sale::release(on);
            on.payment.stage = Stage::Released;
        }
        Body::PreauthCompleted { capture, .. } => {
            sale::check_currencies(capture, on.contract)?;
            check_authorised(on)?;
            sale::check_completion(on, capture.amount.minor.into())?;
            sale::release(on);
            let payment = &mut *on.payment;
            payment.contract = in_force;
            payment.book = on.contract.book();
            payment.purchased_at = event.occurred_at;
            sale::capture(on, capture, calendars);
        }
        Body::TipAdjusted { amount, .. } => {
            captured_first(on, event)?;
            sale::check_changeable(on)?;
            sale::check_nothing_back(on)?;
            sale::adjust(on, i128::from(amount.minor));
        }
        Body::Void { .. } => {
            captured_first(on, event)?;
            check_void(on)?;
            sale::check_nothing_back(on)?;
            return Ok(undo(on));
        }
        Body::Reversal { amount, .. } => {
            captured_first(on, event)?;
            sale::check_changeable(on)?;
            let part = amount.map(|money| u128::from(money.minor)).filter(|part| *part != on.payment.captured);
            if part.is_some_and(|part| part > on.payment.captured) {
                return refuse(RefusalCode::ExceedsCaptured, "less than that was captured");
            }
            sale::check_nothing_back(on)?;
            match part {
                None => return Ok(undo(on)),
                Some(part) => sale::adjust(on, -net(part)),
            }
        }
        Body::InstalmentSubsidy { amount, .. } => {
            captured_first(on, event)?;
            sale::subsidy(on, amount.minor.into())?;
        }
        Body::Refund { amount, .. } => {
            captured_first(on, event)?;
            refund::refund(on, &event.id, amount.minor)?;
        }
        Body::RefundFailed { refund: id, .. } => {
            captured_first(on, event)?;
            match refund {
                None | Some(IdState::Parked) => return Err(Stop::Park(Wait::Refund(id.clone()))),
                Some(IdState::Refused) => return refuse(RefusalCode::NotOpen, "the refund was refused"),
                Some(IdState::Posted) if !on.payment.refunds.iter().any(|refund| refund.id == *id) => {
                    return refuse(RefusalCode::NotOpen, "that event is no refund of this payment");
                }
                Some(IdState::Posted) => refund::failed(on, id)?,
            }
            return Ok(on
                .payment
                .refunds
                .iter()
                .find(|refund| refund.id == *id)
                .map_or(Note::None, |refund| Note::Amount { currency: on.payment.currency, minor: refund.amount }));
        }
        _ => return disputed(on, event),
    }
    Ok(amount_note(event))
}

/// Disputes, from a notification to the last decision.
fn disputed(on: &mut OnPayment, event: &TerminalEvent) -> Verdict<Note> {
    let fee = match &event.body {
        Body::Chargeback { fee, .. } => dispute::fee_of(on, fee.as_ref())?,
        _ => 0,
    };
    captured_first(on, event)?;
    let at = match &event.body {
        Body::DisputeOpened { dispute, amount, .. } => dispute::opened(on, dispute, amount.minor),
        Body::Chargeback { dispute, amount, .. } => dispute::charged(on, dispute, amount.minor, fee)?,
        Body::ChargebackRepresented { dispute, .. } => dispute::represented(on, dispute)?,
        Body::DisputeWon { dispute, .. } => dispute::won(on, dispute)?,
        Body::DisputeLost { dispute, .. } => dispute::lost(on, dispute)?,
        _ => return Ok(Note::None),
    };
    let dispute = &on.payment.disputes[at];
    Ok(Note::Dispute { dispute: dispute.id.clone(), state: dispute.stage, amount: dispute.amount, currency: on.payment.currency, fee: dispute.fee })
}

/// A payment's event waits while its pre-authorisation is open.
fn captured_first(on: &OnPayment, event: &TerminalEvent) -> Verdict {
    match (on.payment.stage, event.body.payment()) {
        (Stage::Authorised, Some(payment)) => Err(Stop::Park(Wait::Payment(payment.clone()))),
        _ => Ok(()),
    }
}

fn check_authorised(on: &OnPayment) -> Verdict {
    match on.payment.stage {
        Stage::Authorised => Ok(()),
        Stage::Captured | Stage::Voided | Stage::Released => refuse(RefusalCode::NotOpen, "the payment is not an open pre-authorisation"),
    }
}

/// A void needs the date of its sale still open.
fn check_void(on: &OnPayment) -> Verdict {
    if on.payment.stage != Stage::Captured {
        return refuse(RefusalCode::NotOpen, "the payment is voided or released");
    }
    if on.payment.booked_on != on.open {
        return refuse(RefusalCode::AlreadyCleared, format!("it was booked on {}, which is closed", on.payment.booked_on));
    }
    Ok(())
}

/// Undoes a payment; its note is what was captured.
fn undo(on: &mut OnPayment) -> Note {
    let minor = u64::try_from(on.payment.captured).unwrap_or(u64::MAX);
    mirror::undo(on);
    Note::Amount { currency: on.payment.currency, minor }
}

/// What the views need to know of a payment.
fn facts(payment: &Payment, net_before: i128) -> PaymentFacts {
    PaymentFacts {
        contract: payment.contract,
        instrument: payment.instrument.clone(),
        terminal: payment.terminal.clone(),
        customer: payment.customer,
        purchased_at: payment.purchased_at,
        booked_on: payment.booked_on,
        available_on: payment.available_on,
        currency: payment.settled_currency,
        net_before,
        net_after: net(payment.net()),
        purchased: payment.purchased_at.is_some(),
    }
}
