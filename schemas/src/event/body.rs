//! What happened, in groups: events of one group need the same things and are posted by one rule.
//!
//! | group | what it is about |
//! |---|---|
//! | [`Control`] | a partition: its opening, its days, its calendars |
//! | [`House`] | the bank's and the PSPs' own accounts |
//! | [`PaymentEvent`] · [`DisputeEvent`] | a payment's life · a dispute of a payment |
//! | [`HoldEvent`] · [`PayoutEvent`] | a hold · a payout |
//! | [`Funds`] | a merchant's money without any of these: fees, releases, debts, corrections |
//! | [`Reported`] | what others say of the same money |
//!
//! Every group is matched whole wherever it is read: a new type that some place forgets does not build.

use super::opening::{HouseOpening, Opening, OpeningPayment};
use super::{Capture, EventType, Instrument};
use crate::contract::Contract;
use crate::ids::*;
use crate::money::Money;
use crate::report::{BreakClosed, ReportClosed, ReportLine};
use crate::time::Date;
use crate::words::{FeeKind, HoldReason};

/// What happened. The amounts are the event's own; `None` means "all there is".
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A partition is opened, a day closed, a calendar set.
    Control(Control),
    /// Something of the bank's or a PSP's own.
    House(House),
    /// A merchant's contract, from now on.
    ContractSet {
        /// Read and checked.
        contract: Box<Contract>,
        /// The JSON that came.
        json: String,
    },
    /// A customer is forgotten: by one merchant, or by the house everywhere.
    CustomerErased {
        /// Who.
        customer: CustomerToken,
    },
    /// Something of a payment's life.
    Payment(PaymentId, PaymentEvent),
    /// Something of a payment's dispute. One without an id of its own has that of its payment.
    Dispute(PaymentId, DisputeId, DisputeEvent),
    /// Something of a hold.
    Hold(HoldId, HoldEvent),
    /// Something of a payout.
    Payout(PayoutId, PayoutEvent),
    /// Something of a merchant's money.
    Funds(Funds),
    /// Something that others say of the same money, or that was made of it.
    Reported(Reported),
}

/// Events of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum Control {
    LedgerOpened { date: Date, time_zone: String },
    DayClosed { date: Date },
    CalendarSet { calendar: CalendarId, year: i16, closed: Vec<Date>, open: Vec<Date> },
}

/// Events of the bank and the PSPs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum House {
    SchemeSettled { scheme: SchemeId, amount: Money, psp: Option<PspId> },
    PartnerPaid { partner: PartnerId, amount: Money, psp: Option<PspId> },
    TaxPaid { amount: Money, psp: Option<PspId> },
    PspPaidBank { psp: PspId, amount: Money },
    FeesSwept { psp: PspId, amount: Money },
    Opening { item: HouseOpening, amount: Money, psp: Option<PspId> },
}

/// Events of a payment's life.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum PaymentEvent {
    Sale { instrument: Instrument, capture: Capture },
    PreauthPlaced { instrument: Instrument, amount: Money, customer: Option<CustomerToken> },
    PreauthIncreased { amount: Money },
    PreauthReleased,
    PreauthCompleted { capture: Capture },
    TipAdjusted { amount: Money },
    Void,
    Reversal { amount: Option<Money> },
    Refund { amount: Money },
    RefundFailed { refund: EventId },
    InstalmentSubsidy { amount: Money },
    Opening(Box<OpeningPayment>),
    StandaloneRefund { instrument: Instrument, amount: Money, customer: Option<CustomerToken> },
}

/// Events of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum DisputeEvent {
    Opened { amount: Money },
    Chargeback { amount: Money, fee: Option<DecimalText> },
    Standalone { instrument: Instrument, amount: Money, fee: Option<DecimalText>, customer: Option<CustomerToken> },
    Represented,
    Won,
    Lost,
}

/// Events of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum HoldEvent {
    Placed { amount: Money, reason: HoldReason, expected_release: Option<Date>, sweep: bool },
    Released { amount: Option<Money> },
    Seized { amount: Option<Money>, order: Option<String> },
}

/// Events of a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum PayoutEvent {
    Initiated { amount: Money, destination: Option<String> },
    Paid,
    Failed,
    Returned,
}

/// Events of a merchant's money that are about no payment, hold or payout.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum Funds {
    ReserveReleased { amount: Money },
    EarlyRelease { amount: Money },
    FeeCharged { fee: FeeKind, amount: Money },
    FeeWaived { amount: Money },
    TierAdjusted { rebate: bool, amount: Money },
    DebtRepaid { amount: Money },
    DebtWrittenOff { amount: Money },
    Adjustment { credit: bool, amount: Money, maker: String, checker: String, reason: String },
    MaintenanceDue { amount: Option<Money> },
    BatchClosed { terminal: TerminalId, count: u64, sum: Money },
    Opening { bucket: Opening, amount: Money },
}

/// What others say of the same money; it moves none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum Reported {
    Line(Box<ReportLine>),
    Closed(Box<ReportClosed>),
    BreakClosed(Box<BreakClosed>),
}

/// A decimal string whose number of decimals is judged by the ledger, because only it knows the currency: the
/// `dispute_fee`, which is in the settled currency of the payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecimalText(pub String);

impl Body {
    /// The payment that it is about.
    pub const fn payment(&self) -> Option<&PaymentId> {
        match self {
            Self::Payment(payment, _) | Self::Dispute(payment, _, _) => Some(payment),
            Self::Control(_) | Self::House(_) | Self::ContractSet { .. } | Self::CustomerErased { .. } => None,
            // A line of a report names a payment, and is no event of its life.
            Self::Hold(..) | Self::Payout(..) | Self::Funds(_) | Self::Reported(_) => None,
        }
    }

    /// The same, of an event that is not needed any more.
    pub fn into_payment(self) -> Option<PaymentId> {
        match self {
            Self::Payment(payment, _) | Self::Dispute(payment, _, _) => Some(payment),
            Self::Control(_) | Self::House(_) | Self::ContractSet { .. } | Self::CustomerErased { .. } => None,
            Self::Hold(..) | Self::Payout(..) | Self::Funds(_) | Self::Reported(_) => None,
        }
    }

    /// The type on the wire.
    pub const fn event_type(&self) -> EventType {
        match self {
            Self::Control(control) => match control {
                Control::LedgerOpened { .. } => EventType::LedgerOpened,
                Control::DayClosed { .. } => EventType::DayClosed,
                Control::CalendarSet { .. } => EventType::CalendarSet,
            },
            Self::House(house) => match house {
                House::SchemeSettled { .. } => EventType::SchemeSettled,
                House::PartnerPaid { .. } => EventType::PartnerPaid,
                House::TaxPaid { .. } => EventType::TaxPaid,
                House::PspPaidBank { .. } => EventType::PspPaidBank,
                House::FeesSwept { .. } => EventType::FeesSwept,
                House::Opening { .. } => EventType::OpeningBalance,
            },
            Self::ContractSet { .. } => EventType::ContractSet,
            Self::CustomerErased { .. } => EventType::CustomerErased,
            Self::Payment(_, event) => match event {
                PaymentEvent::Sale { .. } => EventType::Sale,
                PaymentEvent::PreauthPlaced { .. } => EventType::PreauthPlaced,
                PaymentEvent::PreauthIncreased { .. } => EventType::PreauthIncreased,
                PaymentEvent::PreauthReleased => EventType::PreauthReleased,
                PaymentEvent::PreauthCompleted { .. } => EventType::PreauthCompleted,
                PaymentEvent::TipAdjusted { .. } => EventType::TipAdjusted,
                PaymentEvent::Void => EventType::Void,
                PaymentEvent::Reversal { .. } => EventType::Reversal,
                PaymentEvent::Refund { .. } => EventType::Refund,
                PaymentEvent::RefundFailed { .. } => EventType::RefundFailed,
                PaymentEvent::InstalmentSubsidy { .. } => EventType::InstalmentSubsidy,
                PaymentEvent::Opening(_) => EventType::OpeningPayment,
                PaymentEvent::StandaloneRefund { .. } => EventType::StandaloneRefund,
            },
            Self::Dispute(_, _, event) => match event {
                DisputeEvent::Opened { .. } => EventType::DisputeOpened,
                DisputeEvent::Chargeback { .. } => EventType::Chargeback,
                DisputeEvent::Standalone { .. } => EventType::StandaloneChargeback,
                DisputeEvent::Represented => EventType::ChargebackRepresented,
                DisputeEvent::Won => EventType::DisputeWon,
                DisputeEvent::Lost => EventType::DisputeLost,
            },
            Self::Hold(_, event) => match event {
                HoldEvent::Placed { .. } => EventType::HoldPlaced,
                HoldEvent::Released { .. } => EventType::HoldReleased,
                HoldEvent::Seized { .. } => EventType::HoldSeized,
            },
            Self::Payout(_, event) => match event {
                PayoutEvent::Initiated { .. } => EventType::PayoutInitiated,
                PayoutEvent::Paid => EventType::PayoutPaid,
                PayoutEvent::Failed => EventType::PayoutFailed,
                PayoutEvent::Returned => EventType::PayoutReturned,
            },
            Self::Funds(funds) => match funds {
                Funds::ReserveReleased { .. } => EventType::ReserveReleased,
                Funds::EarlyRelease { .. } => EventType::EarlyRelease,
                Funds::FeeCharged { .. } => EventType::FeeCharged,
                Funds::FeeWaived { .. } => EventType::FeeWaived,
                Funds::TierAdjusted { .. } => EventType::TierAdjusted,
                Funds::DebtRepaid { .. } => EventType::DebtRepaid,
                Funds::DebtWrittenOff { .. } => EventType::DebtWrittenOff,
                Funds::Adjustment { .. } => EventType::Adjustment,
                Funds::MaintenanceDue { .. } => EventType::MaintenanceDue,
                Funds::BatchClosed { .. } => EventType::BatchClosed,
                Funds::Opening { .. } => EventType::OpeningBalance,
            },
            Self::Reported(reported) => match reported {
                Reported::Line(_) => EventType::ReportLine,
                Reported::Closed(_) => EventType::ReportClosed,
                Reported::BreakClosed(_) => EventType::BreakClosed,
            },
        }
    }

    /// The amount of money that the event itself names, where it names one.
    pub const fn amount(&self) -> Option<Money> {
        match self {
            Self::House(
                House::SchemeSettled { amount, .. }
                | House::PartnerPaid { amount, .. }
                | House::TaxPaid { amount, .. }
                | House::PspPaidBank { amount, .. }
                | House::FeesSwept { amount, .. }
                | House::Opening { amount, .. },
            ) => Some(*amount),
            Self::Payment(_, event) => match event {
                PaymentEvent::Sale { capture, .. } | PaymentEvent::PreauthCompleted { capture } => Some(capture.amount),
                PaymentEvent::PreauthPlaced { amount, .. }
                | PaymentEvent::PreauthIncreased { amount }
                | PaymentEvent::TipAdjusted { amount }
                | PaymentEvent::Refund { amount }
                | PaymentEvent::InstalmentSubsidy { amount }
                | PaymentEvent::StandaloneRefund { amount, .. } => Some(*amount),
                PaymentEvent::Opening(opening) => Some(opening.amount),
                PaymentEvent::Reversal { amount } => *amount,
                PaymentEvent::PreauthReleased | PaymentEvent::Void | PaymentEvent::RefundFailed { .. } => None,
            },
            Self::Dispute(_, _, DisputeEvent::Opened { amount } | DisputeEvent::Chargeback { amount, .. } | DisputeEvent::Standalone { amount, .. }) => {
                Some(*amount)
            }
            Self::Dispute(_, _, DisputeEvent::Represented | DisputeEvent::Won | DisputeEvent::Lost) => None,
            Self::Hold(_, HoldEvent::Placed { amount, .. }) => Some(*amount),
            Self::Hold(_, HoldEvent::Released { amount } | HoldEvent::Seized { amount, .. }) => *amount,
            Self::Payout(_, PayoutEvent::Initiated { amount, .. }) => Some(*amount),
            Self::Payout(_, PayoutEvent::Paid | PayoutEvent::Failed | PayoutEvent::Returned) => None,
            Self::Funds(funds) => match funds {
                Funds::ReserveReleased { amount }
                | Funds::EarlyRelease { amount }
                | Funds::FeeCharged { amount, .. }
                | Funds::FeeWaived { amount }
                | Funds::TierAdjusted { amount, .. }
                | Funds::DebtRepaid { amount }
                | Funds::DebtWrittenOff { amount }
                | Funds::Adjustment { amount, .. }
                | Funds::Opening { amount, .. } => Some(*amount),
                Funds::MaintenanceDue { amount } => *amount,
                // Its sum is what a terminal counted, and no money of its own.
                Funds::BatchClosed { .. } => None,
            },
            // What a report says is no money of ours.
            Self::Control(_) | Self::ContractSet { .. } | Self::CustomerErased { .. } | Self::Reported(_) => None,
        }
    }
}
