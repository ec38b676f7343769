//! The terminal event: what travels in the topic `terminal-events`, decoded and checked.
//!
//! A value of these types has passed every check that needs nothing but the record itself; what is left to decide
//! (is the merchant known, is there room) is the ledger's. What happened is in groups ([`Body`]); one variant of a group is one
//! `type` on the wire ([`EventType`]).

mod body;
mod capture;
mod event_type;
mod opening;

pub use crate::wire::event_type::EventType;
pub use crate::words::{Book, Card, EntryMode, FeeKind, HOUSE, HoldReason};
pub use body::{Body, Control, DecimalText, DisputeEvent, Funds, HoldEvent, House, PaymentEvent, PayoutEvent, Reported};
pub use capture::{Capture, CarriedFees, Conversion, Instrument, Rate};
pub use event_type::Beginning;
pub use opening::{HouseOpening, Opening, OpeningPayment};

use crate::ids::*;
use crate::money::Currency;
use crate::time::OccurredAt;
use serde::{Deserialize, Serialize};

/// One event, as a terminal, the bank or an operator sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct TerminalEvent {
    /// The idempotency key.
    pub id: EventId,
    /// Whom it is about.
    pub subject: Subject,
    /// When it happened where it happened. Absent on control events that leave it out.
    pub occurred_at: Option<OccurredAt>,
    /// The terminal, where there was one.
    pub terminal: Option<TerminalId>,
    /// The book that an event about a merchant names, where it isn't its contract's. Never set on house events.
    pub book: Option<Book>,
    /// How the scheme or PSP names it; only events of a payment have one.
    pub reference: Option<Reference>,
    /// The currency that the event names, with an amount or without; it must agree with that of what it is about.
    pub currency: Option<Currency>,
    /// What happened.
    pub body: Body,
}

/// Whom an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// One merchant.
    Merchant(MerchantId),
    /// The bank itself: `@house`.
    House,
    /// The partition: a control event.
    Partition,
}
