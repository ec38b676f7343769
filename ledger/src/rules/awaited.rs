//! What parked events wait for, as keys of the park: the key of a wait, the wait of a key, and the keys that an event brings.
//!
//! An event that waited for one thing may wait for the next: a refund of an unknown merchant waits for the contract, then for its
//! payment. No entry tells that; the key of its row in the park does.

use super::closed::{End, Thing, made_by};
use super::state::Parked;
use crate::entry::Wait;
use crate::source::Error;
use schemas::event::{Body, PaymentEvent, PayoutEvent, TerminalEvent};
use schemas::ids::{DisputeId, EventId, HoldId, MerchantId, PaymentId, PayoutId};

/// What parked events wait for: a merchant and a key within it.
pub type Awaited = (MerchantId, String);

/// The key under which an event waits. Keys lie on disk: [`wait_of`] reads each.
pub fn wait_key(wait: &Wait, event: &TerminalEvent) -> String {
    match wait {
        Wait::Merchant(_) => MERCHANT.to_owned(),
        Wait::Payment(payment) => payment_key(payment),
        Wait::Hold(hold) => key_of(&Thing::Hold(hold.clone())),
        Wait::Payout(payout) => key_of(&Thing::Payout(payout)),
        Wait::Refund(refund) => refund_key(refund),
        Wait::Dispute(dispute) => event.body.payment().map_or_else(|| MERCHANT.to_owned(), |payment| key_of(&Thing::Dispute(payment, dispute))),
    }
}

impl Parked {
    /// What it waits for now.
    pub fn waits_for(&self) -> Result<Wait, Error> {
        wait_of(&self.merchant, &self.wait).ok_or_else(|| Error(format!("nothing is waited for as {:?}", self.wait)))
    }
}

/// What is waited for under a key.
fn wait_of(merchant: &MerchantId, key: &str) -> Option<Wait> {
    let (letter, name) = key.split_at_checked(1)?;
    match letter {
        MERCHANT => Some(Wait::Merchant(merchant.clone())),
        "P" => PaymentId::new(name).map(Wait::Payment),
        "H" => HoldId::new(name).map(Wait::Hold),
        "O" => PayoutId::new(name).map(Wait::Payout),
        "D" => name.split_once('\0').and_then(|(_, dispute)| DisputeId::new(dispute)).map(Wait::Dispute),
        "R" => EventId::new(name).map(Wait::Refund),
        _ => None,
    }
}

const MERCHANT: &str = "M";

fn payment_key(payment: &PaymentId) -> String {
    key_of(&Thing::Payment(payment))
}

fn refund_key(event: &EventId) -> String {
    format!("R{event}")
}

/// No identifier has a NUL.
fn key_of(thing: &Thing) -> String {
    match thing {
        Thing::Payment(payment) => format!("P{payment}"),
        Thing::Hold(hold) => format!("H{hold}"),
        Thing::Payout(payout) => format!("O{payout}"),
        Thing::Dispute(payment, dispute) => format!("D{payment}\0{dispute}"),
    }
}

/// What an event that ended may bring for those that wait: exactly where it can end their waiting, so that nobody is tried in vain.
pub fn brings(event: &TerminalEvent, end: End) -> Vec<String> {
    let mut keys = vec![refund_key(&event.id)];
    match end {
        End::Posted => {
            keys.extend(made_by(&event.body).iter().map(key_of));
            keys.extend(frees(&event.body));
        }
        End::Closed => keys.extend(made_by(&event.body).iter().map(key_of)),
        End::Refused => {}
    }
    keys
}

/// Whose waiting an event ends once it is posted, without making what is waited for.
fn frees(body: &Body) -> Option<String> {
    match body {
        Body::ContractSet { .. } => Some(MERCHANT.to_owned()),
        Body::Payment(payment, event) => match event {
            // While a pre-authorisation is open, what needs a captured payment waits; nothing waits for it afterwards.
            PaymentEvent::PreauthCompleted { .. } | PaymentEvent::PreauthReleased => Some(payment_key(payment)),
            PaymentEvent::Sale { .. }
            | PaymentEvent::PreauthPlaced { .. }
            | PaymentEvent::PreauthIncreased { .. }
            | PaymentEvent::TipAdjusted { .. }
            | PaymentEvent::Void
            | PaymentEvent::Reversal { .. }
            | PaymentEvent::Refund { .. }
            | PaymentEvent::RefundFailed { .. }
            | PaymentEvent::InstalmentSubsidy { .. }
            | PaymentEvent::Opening(_)
            | PaymentEvent::StandaloneRefund { .. } => None,
        },
        Body::Payout(payout, event) => match event {
            // What came back waits until it was paid.
            PayoutEvent::Paid | PayoutEvent::Failed => Some(key_of(&Thing::Payout(payout))),
            PayoutEvent::Initiated { .. } | PayoutEvent::Returned => None,
        },
        // A dispute waits for its chargeback, which is one of those that make it.
        Body::Dispute(..) | Body::Hold(..) => None,
        Body::Control(_) | Body::House(_) | Body::CustomerErased { .. } | Body::Funds(_) | Body::Reported(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::every_wait;
    use schemas::decode::decode;
    use serde_json::json;

    #[test]
    fn a_key_says_what_is_waited_for() {
        let event = json!({"id": "won", "type": "dispute_won", "merchant": "M1", "payment": "P1", "dispute": "D1", "occurred_at": "2026-11-20T10:00:00+08:00"});
        let event = decode(event.to_string().as_bytes()).expect("an event").event;
        let merchant = MerchantId::new("M1").expect("a name");
        for wait in every_wait() {
            let key = wait_key(&wait, &event);
            assert_eq!(wait_of(&merchant, &key), Some(wait), "{key:?}");
        }
        for key in ["", "P", "X1", "DP1", "€"] {
            assert_eq!(wait_of(&merchant, key), None, "{key:?}");
        }
    }
}
