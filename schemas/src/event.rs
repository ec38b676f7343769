//! The terminal event: what travels in the topic `terminal-events`, decoded and checked.
//!
//! A value of these types has passed every check that needs nothing but the record itself; what is left to decide
//! (is the merchant known, is there room) is the ledger's. One variant of [`Body`] is one `type` on the wire.

use crate::contract::Contract;
use crate::ids::*;
use crate::money::{Currency, Money};
use crate::time::{Date, OccurredAt};
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

/// Whose books an entry is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Book {
    /// The acquirer's own.
    Bank,
    /// The bank's mirror of a payment company's.
    Psp(PspId),
}

/// How a card or wallet was funded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the field's own")]
pub enum Card {
    Debit,
    Credit,
    Prepaid,
    Wallet,
}

/// How the card or code came into the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the field's own")]
pub enum EntryMode {
    Swipe,
    Insert,
    Tap,
    Qr,
    Mobile,
    Face,
    Keyed,
    CredentialOnFile,
}

/// What a price depends on, and what a payment carries through its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// How it was funded.
    pub card: Card,
    /// Whose network it went through.
    pub scheme: SchemeId,
    /// How it was read.
    pub entry_mode: Option<EntryMode>,
}

/// Fees that an upstream system has priced, in minor units of the settled currency. Equal kinds are added up;
/// `None` leaves that price to the contract's rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedFees {
    /// Merchant discount.
    pub mdr: Option<u64>,
    /// Interchange.
    pub interchange: Option<u64>,
    /// Scheme fee.
    pub scheme: Option<u64>,
    /// A PSP's gateway fee.
    pub gateway: Option<u64>,
    /// The bank's channel fee.
    pub channel: Option<u64>,
    /// A partner's share.
    pub partner: Option<u64>,
    /// VAT in the merchant discount.
    pub vat: Option<u64>,
}

impl CarriedFees {
    /// Whether the event carried no fees at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A conversion agreed at the terminal: the merchant is paid in another currency than the sale's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// What the merchant is paid in; never the sale's own currency.
    pub settled: Currency,
    /// Settled units for one unit of the sale's currency (major units).
    pub rate: Rate,
}

/// An exchange rate: an exact decimal above zero, `digits / 10^decimals`, at most [`Rate::DECIMALS`] decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// All its digits as one integer.
    pub digits: u64,
    /// How many of them are decimals.
    pub decimals: u8,
}

impl Rate {
    /// Decimals that a rate may have.
    pub const DECIMALS: u8 = 12;
    /// The largest rate, in units of its last possible decimal: 10^6 to one.
    pub const DIGITS_MAX: u64 = 1_000_000_000_000_000_000;
}

/// The money side of a sale or a completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// What the customer paid.
    pub amount: Money,
    /// Prices that came with it.
    pub fees: CarriedFees,
    /// A second currency.
    pub conversion: Option<Conversion>,
    /// Who paid, as a token.
    pub customer: Option<CustomerToken>,
}

/// Why money is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The bank's own judgement.
    #[default]
    Risk,
    /// A court's or an authority's order.
    Legal,
    /// Papers are missing.
    Kyc,
    /// A payout came back; only the ledger places this one.
    PayoutReturned,
}

/// What a fee is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the field's own")]
pub enum FeeKind {
    Monthly,
    Rental,
    Other,
}

/// What happened. The amounts are the event's own; `None` means "all there is".
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each variant is a row of ledger/ACCOUNTING.md, its fields are those of the JSON Schema")]
pub enum Body {
    // control events
    LedgerOpened { date: Date, time_zone: String },
    DayClosed { date: Date },
    CalendarSet { calendar: CalendarId, year: i16, closed: Vec<Date>, open: Vec<Date> },
    // the contract
    ContractSet { contract: Box<Contract>, json: String },
    // a payment's life
    Sale { payment: PaymentId, instrument: Instrument, capture: Capture },
    PreauthPlaced { payment: PaymentId, instrument: Instrument, amount: Money, customer: Option<CustomerToken> },
    PreauthIncreased { payment: PaymentId, amount: Money },
    PreauthReleased { payment: PaymentId },
    PreauthCompleted { payment: PaymentId, capture: Capture },
    TipAdjusted { payment: PaymentId, amount: Money },
    Void { payment: PaymentId },
    Reversal { payment: PaymentId, amount: Option<Money> },
    Refund { payment: PaymentId, amount: Money },
    RefundFailed { payment: PaymentId, refund: EventId },
    InstalmentSubsidy { payment: PaymentId, amount: Money },
    // disputes; an absent dispute id is the payment's own
    DisputeOpened { payment: PaymentId, dispute: DisputeId, amount: Money },
    Chargeback { payment: PaymentId, dispute: DisputeId, amount: Money, fee: Option<DecimalText> },
    ChargebackRepresented { payment: PaymentId, dispute: DisputeId },
    DisputeWon { payment: PaymentId, dispute: DisputeId },
    DisputeLost { payment: PaymentId, dispute: DisputeId },
    // holds and reserves
    HoldPlaced { hold: HoldId, amount: Money, reason: HoldReason, expected_release: Option<Date>, sweep: bool },
    HoldReleased { hold: HoldId, amount: Option<Money> },
    HoldSeized { hold: HoldId, amount: Option<Money>, order: Option<String> },
    ReserveReleased { amount: Money },
    EarlyRelease { amount: Money },
    // payouts
    PayoutInitiated { payout: PayoutId, amount: Money, destination: Option<String> },
    PayoutPaid { payout: PayoutId },
    PayoutFailed { payout: PayoutId },
    PayoutReturned { payout: PayoutId },
    // fees, debts, corrections
    FeeCharged { fee: FeeKind, amount: Money },
    FeeWaived { amount: Money },
    TierAdjusted { rebate: bool, amount: Money },
    DebtRepaid { amount: Money },
    DebtWrittenOff { amount: Money },
    Adjustment { credit: bool, amount: Money, maker: String, checker: String, reason: String },
    MaintenanceDue { amount: Option<Money> },
    // terminals and customers
    BatchClosed { terminal: TerminalId, count: u64, sum: Money },
    CustomerErased { customer: CustomerToken },
    // house
    SchemeSettled { scheme: SchemeId, amount: Money, psp: Option<PspId> },
    PartnerPaid { partner: PartnerId, amount: Money, psp: Option<PspId> },
    TaxPaid { amount: Money, psp: Option<PspId> },
    PspPaidBank { psp: PspId, amount: Money },
    FeesSwept { psp: PspId, amount: Money },
}

/// A decimal string whose number of decimals is judged by the ledger, because only it knows the currency: the
/// `dispute_fee`, which is in the settled currency of the payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecimalText(pub String);

/// The `type` of an event: one for each variant of [`Body`]. The numbers are on disk for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named after the variants of Body")]
pub enum EventType {
    LedgerOpened,
    DayClosed,
    CalendarSet,
    ContractSet,
    Sale,
    PreauthPlaced,
    PreauthIncreased,
    PreauthReleased,
    PreauthCompleted,
    TipAdjusted,
    Void,
    Reversal,
    Refund,
    RefundFailed,
    InstalmentSubsidy,
    DisputeOpened,
    Chargeback,
    ChargebackRepresented,
    DisputeWon,
    DisputeLost,
    HoldPlaced,
    HoldReleased,
    HoldSeized,
    ReserveReleased,
    EarlyRelease,
    PayoutInitiated,
    PayoutPaid,
    PayoutFailed,
    PayoutReturned,
    FeeCharged,
    FeeWaived,
    TierAdjusted,
    DebtRepaid,
    DebtWrittenOff,
    Adjustment,
    MaintenanceDue,
    BatchClosed,
    CustomerErased,
    SchemeSettled,
    PartnerPaid,
    TaxPaid,
    PspPaidBank,
    FeesSwept,
}

impl EventType {
    /// Whether such an event tells of money that has moved outside: where it is not booked, the books and the world differ.
    pub const fn tells_of_moved_money(self) -> bool {
        match self {
            Self::Sale
            | Self::PreauthCompleted
            | Self::TipAdjusted
            | Self::Void
            | Self::Reversal
            | Self::Refund
            | Self::RefundFailed
            | Self::Chargeback
            | Self::ChargebackRepresented
            | Self::DisputeWon
            | Self::DisputeLost
            | Self::PayoutPaid
            | Self::PayoutReturned
            | Self::DebtRepaid
            | Self::SchemeSettled => true,
            Self::LedgerOpened
            | Self::DayClosed
            | Self::CalendarSet
            | Self::ContractSet
            | Self::PreauthPlaced
            | Self::PreauthIncreased
            | Self::PreauthReleased
            | Self::InstalmentSubsidy
            | Self::DisputeOpened
            | Self::HoldPlaced
            | Self::HoldReleased
            | Self::HoldSeized
            | Self::ReserveReleased
            | Self::EarlyRelease
            | Self::PayoutInitiated
            | Self::PayoutFailed
            | Self::FeeCharged
            | Self::FeeWaived
            | Self::TierAdjusted
            | Self::DebtWrittenOff
            | Self::Adjustment
            | Self::MaintenanceDue
            | Self::BatchClosed
            | Self::CustomerErased
            | Self::PartnerPaid
            | Self::TaxPaid
            | Self::PspPaidBank
            | Self::FeesSwept => false,
        }
    }
}

impl Body {
    /// The payment that it is about.
    pub const fn payment(&self) -> Option<&PaymentId> {
        match self {
            Self::Sale { payment, .. }
            | Self::PreauthPlaced { payment, .. }
            | Self::PreauthIncreased { payment, .. }
            | Self::PreauthReleased { payment }
            | Self::PreauthCompleted { payment, .. }
            | Self::TipAdjusted { payment, .. }
            | Self::Void { payment }
            | Self::Reversal { payment, .. }
            | Self::Refund { payment, .. }
            | Self::RefundFailed { payment, .. }
            | Self::InstalmentSubsidy { payment, .. }
            | Self::DisputeOpened { payment, .. }
            | Self::Chargeback { payment, .. }
            | Self::ChargebackRepresented { payment, .. }
            | Self::DisputeWon { payment, .. }
            | Self::DisputeLost { payment, .. } => Some(payment),
            _ => None,
        }
    }
}
