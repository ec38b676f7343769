//! Events of a dispute: the checks in their order (see `on_merchant`), then the rule.

use super::closed::Thing;
use super::customers::Whose;
use super::events::{OnPayment, Part, dispute, same_currency};
use super::exact::less;
use super::fold::{Asked, Fold, Posted};
use super::on_merchant::{InForce, agrees};
use super::on_payment::{captured_first, new};
use super::state::{Dispute, Merchant, Object, Payment, scoped_key};
use super::verdict::{Stop, Verdict, refuse};
use crate::entry::{Note, RefusalCode, Wait};
use crate::source::Error;
use schemas::event::DisputeEvent;
use schemas::ids::{DisputeId, PaymentId};

impl Fold {
    /// Posts an event of a dispute, or says why not. It is priced by the contract that is pinned to the payment.
    pub(super) fn dispute_event(
        &mut self,
        asked: &Asked,
        (id, dispute): (&PaymentId, &DisputeId),
        event: &DisputeEvent,
        merchant: &mut Merchant,
        in_force: &InForce,
    ) -> Verdict<Posted> {
        let key = scoped_key(asked.merchant, id.as_str());
        let mut payment = match (self.payments.get(asked.source, &key)?, self.standing_alone(asked, event, in_force)?) {
            (Some(_), Some(_)) => return refuse(RefusalCode::AlreadyExists, format!("payment {id} exists")),
            (None, None) => return Err(self.without(asked, &Thing::Payment(id), Wait::Payment(id.clone()))?),
            (Some(known), None) => known,
            (None, Some(new)) => new,
        };
        payment.bring_up_to(asked.open);
        let contract = self.contracts.get(asked.source, payment.contract)?;
        let row = Object::Dispute.key_within(asked.merchant, id.as_str(), dispute.as_str());
        let known = self.disputes.get(asked.source, &row)?;
        let (is_known, charged_before) = (known.is_some(), known.as_ref().map_or(0, Dispute::charged_back));
        let part = Part { dispute: known, ..Part::default() };
        let verdict = self.on_payment(asked, merchant, &mut payment, &contract, part, |on| rule(on, asked, (id, dispute), event));
        match verdict {
            Ok((posted, part)) => {
                if let Some(dispute) = part.dispute {
                    payment.charged_back = less(payment.charged_back + dispute.charged_back(), charged_before, "a dispute was not counted")?;
                    self.disputes.put(row, &dispute);
                }
                self.payments.put(key, &payment);
                Ok(posted)
            }
            // One that is notified waits for its chargeback; one that is not there may be closed.
            Err(Stop::Park(Wait::Dispute(waits))) if !is_known => Err(self.without(asked, &Thing::Dispute(id, &waits), Wait::Dispute(waits.clone()))?),
            Err(stop) => Err(stop),
        }
    }

    /// The payment that a chargeback makes which names none of ours; none for the others.
    fn standing_alone(&mut self, asked: &Asked, event: &DisputeEvent, (contract, terms): &InForce) -> Result<Option<Payment>, Error> {
        let DisputeEvent::Standalone { instrument, amount, customer, .. } = event else { return Ok(None) };
        let mut payment = new(asked.event, instrument, amount.currency, (*contract, terms), asked.open);
        if let Some(token) = customer {
            let whose = Whose { token, merchant: asked.merchant, scope: terms.customer_scope };
            payment.customer = Some(self.customers.key(asked.source, &self.state.erasures, whose)?);
        }
        Ok(Some(payment))
    }
}

fn rule(on: &mut OnPayment, asked: &Asked, (payment, id): (&PaymentId, &DisputeId), event: &DisputeEvent) -> Verdict<Note> {
    if let DisputeEvent::Opened { .. } = event {
        dispute::check_free(on, id)?;
    }
    agrees(asked.event, on.payment.currency)?;
    let fee = if let DisputeEvent::Chargeback { fee, .. } | DisputeEvent::Standalone { fee, .. } = event { dispute::fee_of(on, fee.as_ref())? } else { 0 };
    if let DisputeEvent::Standalone { amount, .. } = event {
        same_currency(amount.currency, on.contract.currency)?;
    } else {
        captured_first(on, payment)?;
    }
    let dispute = match event {
        DisputeEvent::Standalone { amount, .. } => dispute::standalone(on, amount.minor, fee)?,
        DisputeEvent::Opened { amount } => dispute::opened(on, amount.minor)?,
        DisputeEvent::Chargeback { amount, .. } => dispute::charged(on, amount.minor, fee)?,
        DisputeEvent::Represented => dispute::represented(on, id)?,
        DisputeEvent::Won => dispute::won(on, id)?,
        DisputeEvent::Lost => dispute::lost(on, id)?,
    };
    let note = Note::Dispute { dispute: id.clone(), state: dispute.stage, amount: dispute.amount, currency: on.payment.currency, fee: dispute.fee };
    on.part.dispute = Some(dispute);
    Ok(note)
}
