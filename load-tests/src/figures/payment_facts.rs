//! What the sale of a payment said beside its price: where and when.

use super::entry::Entry;
use crate::model::event::Event;
use std::sync::Arc;

/// Terminal and moment of a payment.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The terminal: a completion's is that of its pre-authorisation.
    pub terminal: Option<String>,
    /// How the outside names the sale or completion, before that the pre-authorisation.
    pub reference: Option<String>,
    /// It came from before, or stands alone: it puts no money into any bucket.
    pub alone: bool,
    /// The sale or completion; none while there is only a pre-authorisation.
    pub capture: Option<Arc<Event>>,
}

impl Facts {
    /// Notes an entry that was posted about the payment.
    pub fn note(&mut self, entry: &Entry) {
        let Some(event) = &entry.event else { return };
        let alone = matches!(entry.kind(), "opening_payment" | "standalone_refund" | "standalone_chargeback");
        self.alone |= alone;
        if alone || matches!(entry.kind(), "sale" | "preauth_placed") {
            self.terminal = event.text("terminal").map(str::to_owned);
        }
        if alone || matches!(entry.kind(), "sale" | "preauth_placed" | "preauth_completed") {
            self.reference = event.text("reference").map(str::to_owned);
        }
        if matches!(entry.kind(), "sale" | "preauth_completed") {
            self.capture = Some(event.clone());
        }
    }
}
