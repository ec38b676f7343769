//! What the sale of a payment said beside its price: who bought, where and when.

use super::entry::Entry;
use crate::model::event::Event;
use std::sync::Arc;

/// Terminal, customer and moment of a payment.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The terminal: a completion's is that of its pre-authorisation.
    pub terminal: Option<String>,
    /// The customer: a completion may name one, else it is that of the pre-authorisation.
    pub customer: Option<String>,
    /// The sale or completion; none while there is only a pre-authorisation.
    pub capture: Option<Arc<Event>>,
}

impl Facts {
    /// Notes an entry that was posted about the payment.
    pub fn note(&mut self, entry: &Entry) {
        let Some(event) = &entry.event else { return };
        let text = |name: &str| event.text(name).map(str::to_owned);
        match entry.kind() {
            "sale" | "preauth_placed" => (self.terminal, self.customer) = (text("terminal"), text("customer")),
            "preauth_completed" => self.customer = text("customer").or(self.customer.take()),
            _ => {}
        }
        if matches!(entry.kind(), "sale" | "preauth_completed") {
            self.capture = Some(event.clone());
        }
    }
}
