//! An entry of the journal: what became of one record, and the postings that it made.
//!
//! Every record of the partition leaves at least one entry, whatever became of it; a day close leaves one more for
//! each merchant whose money moved, and a parked record a second one when it leaves the park.

use super::customer::CustomerKey;
use super::note::{Note, Said};
use super::posting::Posting;
use schemas::error::QuarantineCode;
use schemas::event::{EventType, Instrument, Subject};
use schemas::ids::*;
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};
use serde::{Deserialize, Serialize};

/// Why a business rule said no: stable codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "explained in ledger/ACCOUNTING.md, \"Refusals\"")]
pub enum RefusalCode {
    InsufficientFunds,
    AlreadyCleared,
    AlreadyExists,
    ExceedsCaptured,
    ExceedsPreauth,
    ExceedsOwed,
    NotOpen,
    CurrencyMismatch,
    SameMakerChecker,
    MissingOrder,
    WrongDate,
    ExpiredInPark,
}

impl RefusalCode {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::InsufficientFunds,
        Self::AlreadyCleared,
        Self::AlreadyExists,
        Self::ExceedsCaptured,
        Self::ExceedsPreauth,
        Self::ExceedsOwed,
        Self::NotOpen,
        Self::CurrencyMismatch,
        Self::SameMakerChecker,
        Self::MissingOrder,
        Self::WrongDate,
        Self::ExpiredInPark,
    ];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InsufficientFunds => "insufficient_funds",
            Self::AlreadyCleared => "already_cleared",
            Self::AlreadyExists => "already_exists",
            Self::ExceedsCaptured => "exceeds_captured",
            Self::ExceedsPreauth => "exceeds_preauth",
            Self::ExceedsOwed => "exceeds_owed",
            Self::NotOpen => "not_open",
            Self::CurrencyMismatch => "currency_mismatch",
            Self::SameMakerChecker => "same_maker_checker",
            Self::MissingOrder => "missing_order",
            Self::WrongDate => "wrong_date",
            Self::ExpiredInPark => "expired_in_park",
        }
    }
}

/// What a parked event waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wait {
    /// Its merchant's first contract.
    Merchant(MerchantId),
    /// Its payment's sale, or the end of its pre-authorisation.
    Payment(PaymentId),
    /// Its hold.
    Hold(HoldId),
    /// Its payout, or that it is paid.
    Payout(PayoutId),
    /// Its dispute, or that dispute's chargeback.
    Dispute(DisputeId),
    /// The refund that failed.
    Refund(EventId),
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Booked, perhaps without lines.
    Posted,
    /// The same content was here before; the offset of the first.
    Duplicate {
        /// The offset of the record that owns the id.
        of: i64,
    },
    /// It waits.
    Parked(Wait),
    /// A business rule said no.
    Refused {
        /// The stable code.
        code: RefusalCode,
        /// For people.
        detail: String,
    },
    /// It could not be read, or another event has its id.
    Quarantined {
        /// The stable code.
        code: QuarantineCode,
        /// For people; names the field.
        detail: String,
        /// The first characters of the record, card data masked.
        value: String,
        /// Whether something was masked.
        masked: bool,
    },
}

/// Something a person should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "explained in ledger/ACCOUNTING.md, \"Alerts\"")]
pub enum Alert {
    OutOfBalance,
    Unpriced,
    ChargebackExceedsCaptured,
}

/// What an entry adds to the volumes of its payment, in minor units of the currency that the merchant is paid in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    /// Sales: +1 for a sale or completion, −1 for a void or whole reversal.
    pub sales_count: i8,
    /// Sales, tips, less reversals and voids.
    pub sales: i128,
    /// Refunds: +1, −1 for a failed one.
    pub refunds_count: i8,
    /// Refunds less failed ones.
    pub refunds: i128,
    /// Chargebacks that arrived.
    pub chargebacks_count: i8,
    /// At the amount taken.
    pub chargebacks: i128,
}

/// What a payment's sale pinned, and how the payment stands after the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFacts {
    /// The entry of the `contract_set` that prices it.
    pub contract: u64,
    /// Card, scheme and entry mode.
    pub instrument: Instrument,
    /// The terminal.
    pub terminal: Option<TerminalId>,
    /// The customer, as the event that named one found it: the sale, the pre-authorisation, or its completion.
    pub customer: Option<CustomerKey>,
    /// When the sale or completion happened.
    pub purchased_at: Option<OccurredAt>,
    /// The business date that the sale was booked on.
    pub booked_on: Date,
    /// When its money becomes available.
    pub available_on: Date,
    /// The currency that its merchant is paid in.
    pub currency: Currency,
    /// Captured less refunded before this entry, in that currency.
    pub net_before: i128,
    /// The same after it.
    pub net_after: i128,
    /// Whether there is a purchase: a sale or a completion.
    pub purchased: bool,
}

/// One entry, as rules make it and the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The offset of the record that was being folded.
    pub offset: i64,
    /// The offset of the record it is about; another one where that was parked.
    pub record: i64,
    /// The business date it is booked on.
    pub date: Date,
    /// What became of the record.
    pub outcome: Outcome,
    /// Whom it is about; `None` where the record could not be read that far.
    pub subject: Option<Subject>,
    /// The event's id, where one could be read.
    pub event: Option<EventId>,
    /// The event's type, where it could be read.
    pub event_type: Option<EventType>,
    /// When it happened.
    pub occurred_at: Option<OccurredAt>,
    /// The terminal that the event names.
    pub terminal: Option<TerminalId>,
    /// The postings, in order.
    pub lines: Vec<Posting>,
    /// The contract in force (the entry of its `contract_set`), where the event has no payment.
    pub contract: Option<u64>,
    /// The payment it is about.
    pub payment: Option<PaymentId>,
    /// What that payment's sale pinned.
    pub facts: Option<Box<PaymentFacts>>,
    /// What it adds to volumes.
    pub volumes: Volumes,
    /// What somebody should look at.
    pub alerts: Vec<Alert>,
    /// What the views need to know of the event besides its lines.
    pub note: Note,
    /// How the scheme or PSP names the event.
    pub reference: Option<Reference>,
    /// Who wanted it and why.
    pub said: Option<Box<Said>>,
}

impl Row {
    /// A row that says no more than when, and what became of the record; a record that was parked has another offset.
    pub const fn of(offset: i64, record: i64, date: Date, outcome: Outcome) -> Self {
        Self {
            offset,
            record,
            date,
            outcome,
            subject: None,
            event: None,
            event_type: None,
            occurred_at: None,
            terminal: None,
            lines: Vec::new(),
            contract: None,
            payment: None,
            facts: None,
            volumes: Volumes { sales_count: 0, sales: 0, refunds_count: 0, refunds: 0, chargebacks_count: 0, chargebacks: 0 },
            alerts: Vec::new(),
            note: Note::None,
            reference: None,
            said: None,
        }
    }

    /// Bytes that it takes in memory, about.
    pub fn bytes(&self) -> usize {
        let boxed = self.facts.as_ref().map_or(0, |_| size_of::<PaymentFacts>()) + self.said.as_ref().map_or(0, |_| size_of::<Said>());
        size_of::<Recorded>() + self.lines.capacity() * size_of::<Posting>() + self.alerts.capacity() * size_of::<Alert>() + boxed
    }
}

/// An entry that has its number: what the journal gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its number in the partition, from 0, without gaps.
    pub number: u64,
    /// What it says.
    pub row: Row,
}
