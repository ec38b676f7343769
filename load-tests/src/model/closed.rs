//! What was refused is closed: ids under which there is nothing, because the event that would have made it was refused.

use super::desk::Stop;
use super::event::Event;
use super::state::Merchant;
use std::collections::BTreeSet;

/// The closed ids of a merchant: of what kind, and which; a dispute's has its payment before it.
#[derive(Clone, Debug, Default)]
pub struct Closed {
    ids: BTreeSet<(&'static str, String)>,
}

impl Closed {
    /// What becomes of an event that needs what is not there: it waits, or it is refused where that is closed.
    pub fn or_wait(&self, kind: &'static str, id: &str) -> Stop {
        if self.ids.contains(&(kind, id.to_owned())) { Stop::Refuse("not_open") } else { Stop::Wait(kind) }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.ids.iter()
    }
}

/// The name of a dispute among those of all payments.
pub fn dispute_name(event: &Event) -> String {
    format!("{} {}", event.need("payment"), event.dispute())
}

/// Closes what a refused event would have made, where there is none of that id.
pub fn close(merchant: &mut Merchant, event: &Event) {
    let (payment, hold, payout) = (event.need("payment"), event.need("hold"), event.need("payout"));
    let holds = |id: &str| merchant.holds.iter().any(|hold| hold.id == id);
    let (kind, id, is_there) = match event.kind.as_str() {
        "sale" | "preauth_placed" => ("payment", payment.to_owned(), merchant.payments.contains_key(payment)),
        "hold_placed" => ("hold", hold.to_owned(), holds(hold)),
        // What comes back would have been held under the payout's id.
        "payout_returned" => ("hold", payout.to_owned(), holds(payout)),
        "payout_initiated" => ("payout", payout.to_owned(), merchant.payouts.contains_key(payout)),
        "dispute_opened" | "chargeback" => {
            let known = merchant.payments.get(payment).is_some_and(|payment| payment.disputes.contains_key(event.dispute()));
            ("dispute", dispute_name(event), known)
        }
        _ => return,
    };
    if !is_there {
        merchant.closed.ids.insert((kind, id));
    }
}
