//! What was refused is closed: a payment, hold, payout or dispute whose making was refused, expiry in the park included.
//!
//! Whatever waits for such an id, or comes for it later, is refused as `not_open` until one is made under it; so an old release
//! cannot free a later hold. One row an id whose making was refused, kept for ever and looked at only where the thing itself is not
//! there.

use super::fold::{Asked, Fold};
use super::state::{Key, Object, RefusedMaking, scoped_key};
use super::verdict::Stop;
use crate::entry::{RefusalCode, Wait};
use crate::source::{Error, Source};
use schemas::event::{Body, DisputeEvent, HoldEvent, PaymentEvent, PayoutEvent, Subject, TerminalEvent};
use schemas::ids::{DisputeId, HoldId, MerchantId, PaymentId, PayoutId};
use std::fmt;

/// Something that an event makes, and that others need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thing<'a> {
    /// A payment: made by a sale or a pre-authorisation.
    Payment(&'a PaymentId),
    /// A hold: made by its placing, or by a payout that came back.
    Hold(HoldId),
    /// A payout.
    Payout(&'a PayoutId),
    /// A dispute of a payment: made by its notification or its chargeback.
    Dispute(&'a PaymentId, &'a DisputeId),
}

impl fmt::Display for Thing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(id) => write!(f, "payment {id}"),
            Self::Hold(id) => write!(f, "hold {id}"),
            Self::Payout(id) => write!(f, "payout {id}"),
            Self::Dispute(payment, id) => write!(f, "dispute {id} of payment {payment}"),
        }
    }
}

impl Thing<'_> {
    /// The key of its row among the objects, whose own keys begin with capitals. No identifier has a NUL.
    fn key(&self, merchant: &MerchantId) -> Key {
        match self {
            Self::Payment(id) => scoped_key(merchant, &format!("p{id}")),
            Self::Hold(id) => scoped_key(merchant, &format!("h{id}")),
            Self::Payout(id) => scoped_key(merchant, &format!("o{id}")),
            Self::Dispute(payment, id) => scoped_key(merchant, &format!("d{payment}\0{id}")),
        }
    }
}

/// How an event ended, for those that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was posted.
    Posted,
    /// It was refused, and what it would have made is closed thereby.
    Closed,
    /// It was refused, and made nothing that is not there.
    Refused,
}

/// What an event would make: a chargeback that stands alone its payment and its dispute.
pub(super) fn made_by(body: &Body) -> Vec<Thing<'_>> {
    match body {
        Body::Payment(id, event) => match event {
            PaymentEvent::Sale { .. } | PaymentEvent::PreauthPlaced { .. } | PaymentEvent::Opening(_) | PaymentEvent::StandaloneRefund { .. } => {
                vec![Thing::Payment(id)]
            }
            PaymentEvent::PreauthIncreased { .. }
            | PaymentEvent::PreauthReleased
            | PaymentEvent::PreauthCompleted { .. }
            | PaymentEvent::TipAdjusted { .. }
            | PaymentEvent::Void
            | PaymentEvent::Reversal { .. }
            | PaymentEvent::Refund { .. }
            | PaymentEvent::RefundFailed { .. }
            | PaymentEvent::InstalmentSubsidy { .. } => Vec::new(),
        },
        Body::Dispute(payment, id, event) => match event {
            DisputeEvent::Standalone { .. } => vec![Thing::Payment(payment), Thing::Dispute(payment, id)],
            DisputeEvent::Opened { .. } | DisputeEvent::Chargeback { .. } => vec![Thing::Dispute(payment, id)],
            DisputeEvent::Represented | DisputeEvent::Won | DisputeEvent::Lost => Vec::new(),
        },
        Body::Hold(id, event) => match event {
            HoldEvent::Placed { .. } => vec![Thing::Hold(id.clone())],
            HoldEvent::Released { .. } | HoldEvent::Seized { .. } => Vec::new(),
        },
        Body::Payout(id, event) => match event {
            PayoutEvent::Initiated { .. } => vec![Thing::Payout(id)],
            PayoutEvent::Returned => HoldId::new(id.as_str()).map(Thing::Hold).into_iter().collect(),
            PayoutEvent::Paid | PayoutEvent::Failed => Vec::new(),
        },
        Body::Control(_) | Body::House(_) | Body::ContractSet { .. } | Body::CustomerErased { .. } | Body::Funds(_) | Body::Reported(_) => Vec::new(),
    }
}

impl Fold {
    /// Remembers that an event was refused, where it would have made something that is not there. Answers what ended thereby.
    pub(super) fn note_refusal(&mut self, source: &dyn Source, event: &TerminalEvent, code: RefusalCode) -> Result<End, Error> {
        let Subject::Merchant(merchant) = &event.subject else { return Ok(End::Refused) };
        let mut end = End::Refused;
        for thing in made_by(&event.body) {
            if !self.is_there(source, merchant, &thing)? {
                self.refused_makings.put(thing.key(merchant), &RefusedMaking { event: event.id.clone(), code });
                end = End::Closed;
            }
        }
        Ok(end)
    }

    fn is_there(&mut self, source: &dyn Source, merchant: &MerchantId, thing: &Thing) -> Result<bool, Error> {
        match thing {
            Thing::Payment(id) => Ok(self.payments.get(source, &scoped_key(merchant, id.as_str()))?.is_some()),
            Thing::Payout(id) => Ok(self.payouts.get(source, &super::on_payout::payout_key(merchant, id))?.is_some()),
            Thing::Dispute(payment, id) => Ok(self.disputes.get(source, &Object::Dispute.key_within(merchant, payment.as_str(), id.as_str()))?.is_some()),
            Thing::Hold(id) => Ok(self.holds.get(source, &super::on_hold::hold_key(merchant, id))?.is_some()),
        }
    }

    /// Why an event that needs a thing that is not there stops: it waits for it, or it is refused where the thing is closed.
    pub(super) fn without(&mut self, asked: &Asked, thing: &Thing, wait: Wait) -> Result<Stop, Error> {
        Ok(match self.refused_makings.get(asked.source, &thing.key(asked.merchant))? {
            None => Stop::Park(wait),
            Some(RefusedMaking { event, code }) => {
                Stop::Refuse(RefusalCode::NotOpen, format!("there is no {thing}: event {event}, which would have made it, was refused as {}", code.as_str()))
            }
        })
    }
}
