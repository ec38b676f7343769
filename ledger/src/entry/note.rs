//! What an entry says of its event besides its lines: for the views, which see no event.

use super::{CustomerKey, Fees};
use schemas::event::Book;
use schemas::ids::*;
use schemas::money::Currency;
use schemas::report::{ReportClosed, ReportLine};
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// What the views need to know of an event besides its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Note {
    /// Nothing.
    #[default]
    None,
    /// The partition was opened on this date.
    Opened {
        /// The first business date.
        date: Date,
        /// The bank's time zone.
        time_zone: String,
    },
    /// This date was closed; the next is open.
    Closed {
        /// The date that was closed.
        date: Date,
    },
    /// A calendar's year.
    Calendar {
        /// Which calendar.
        calendar: CalendarId,
        /// Which year.
        year: i16,
    },
    /// A contract.
    Contract {
        /// Read and checked.
        contract: Box<schemas::contract::Contract>,
        /// The JSON that came.
        json: String,
    },
    /// The event's own amount; of a void or a whole reversal what it takes back, which is the sum of several events.
    Amount {
        /// In what.
        currency: Currency,
        /// Minor units, below 2^127 as in a line.
        minor: u128,
    },
    /// A hold was placed, fed, released or seized.
    Hold {
        /// Which.
        hold: HoldId,
        /// Its terms, where it was placed.
        placed: Option<HoldTerms>,
        /// What a sweep still misses.
        missing: u128,
        /// Whether it is open.
        open: bool,
        /// Whose book it is in; a sweep that found nothing has no line that tells.
        book: Book,
        /// In what.
        currency: Currency,
        /// The event's amount; all, where it has none.
        amount: u128,
    },
    /// A payout changed its state.
    Payout {
        /// Which.
        payout: PayoutId,
        /// In what.
        currency: Currency,
        /// How much.
        amount: u64,
        /// To where.
        destination: Option<String>,
    },
    /// A dispute changed its state.
    Dispute {
        /// Which.
        dispute: DisputeId,
        /// The state it is in.
        state: DisputeStage,
        /// Its amount, in the sale's currency.
        amount: u64,
        /// In what.
        currency: Currency,
        /// The dispute fee, in the settled currency.
        fee: u128,
    },
    /// A customer's token leads to another key from now on.
    Erased {
        /// The key that it led to: of the bank's scope, where the bank erased it.
        customer: CustomerKey,
    },
    /// A calendar's year, with its days. Entries of older programs have [`Note::Calendar`] instead.
    CalendarDays {
        /// Which calendar.
        calendar: CalendarId,
        /// Which year.
        year: i16,
        /// Weekdays without clearing.
        closed: Vec<Date>,
        /// Weekend days with it.
        open: Vec<Date>,
    },
    /// A line of a report.
    ReportLine {
        /// What it says. Its reference is the row's.
        line: Box<ReportLine>,
    },
    /// A report ended.
    ReportClosed {
        /// What should have come.
        closed: Box<ReportClosed>,
    },
    /// A break was closed. Who did it, and why, is said beside it.
    BreakClosed {
        /// Which.
        id: BreakId,
        /// The event that mended it.
        event: Option<EventId>,
    },
    /// A payment from before the ledger.
    Opening {
        /// What it was.
        payment: Box<OpenedPayment>,
    },
}

/// A payment as it was brought in: no line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedPayment {
    /// Whose book it is in.
    pub book: Book,
    /// In what.
    pub currency: Currency,
    /// What was captured, in minor units.
    pub minor: u64,
    /// What of it was refunded before.
    pub refunded: u64,
    /// What of it was charged back before and not won.
    pub charged_back: u64,
    /// What it was charged and cost.
    pub fees: Fees,
    /// What of that came back with the refunds before.
    pub back: Fees,
}

impl Note {
    /// The event's own amount, to be added and subtracted, where the note is of one.
    pub fn amount(&self) -> Option<(Currency, i128)> {
        match self {
            // No bit is lost: it is below 2^127.
            Self::Amount { currency, minor } => Some((*currency, minor.cast_signed())),
            Self::Opening { payment } => Some((payment.currency, payment.minor.into())),
            Self::None
            | Self::Opened { .. }
            | Self::Closed { .. }
            | Self::Calendar { .. }
            | Self::CalendarDays { .. }
            | Self::Contract { .. }
            | Self::Hold { .. }
            | Self::Payout { .. }
            | Self::Dispute { .. }
            | Self::Erased { .. }
            | Self::ReportLine { .. }
            | Self::ReportClosed { .. }
            | Self::BreakClosed { .. } => None,
        }
    }

    /// What one event tells, whoever's amount that is: its own, or what a line of a report says. Nothing of a void of more than an event
    /// can tell.
    pub fn told(&self) -> Option<(Currency, u64)> {
        if let Self::ReportLine { line } = self {
            return Some((line.amount.currency, line.amount.minor));
        }
        let (currency, minor) = self.amount()?;
        Some((currency, u64::try_from(minor).ok()?))
    }

    /// The payment that a line of a report names; it is no event of that payment's life.
    pub fn reported_payment(&self) -> Option<&PaymentId> {
        if let Self::ReportLine { line } = self { line.payment.as_ref() } else { None }
    }
}

/// Who wanted what an event asks for, and why, in the event's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Who made an adjustment.
    pub maker: Option<String>,
    /// Who checked it.
    pub checker: Option<String>,
    /// Why it was made.
    pub reason: Option<String>,
    /// The order that a seizure follows.
    pub order: Option<String>,
}

/// The terms of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldTerms {
    /// Why.
    pub reason: schemas::event::HoldReason,
    /// Until when, as far as one knows.
    pub expected_release: Option<Date>,
}

/// The stages of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStage {
    /// Notified; no money has moved.
    Opened,
    /// Won before any chargeback; one may still come.
    Dropped,
    /// Charged back.
    Charged,
    /// Represented.
    Represented,
    /// Won.
    Won,
    /// Lost.
    Lost,
}

impl DisputeStage {
    /// As the API names it: whether it was won before or after a chargeback, it was won.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Charged => "charged",
            Self::Represented => "represented",
            Self::Dropped | Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}
