//! Every field that an event may have, by the name it has on the wire.

use super::contract_shape::{CARDS, ENTRY_MODES};
use super::shape::{Charset, Shape, needs};
use crate::ids::*;

macro_rules! fields {
    ($($name:ident $text:literal $shape:expr;)*) => {
        /// A field of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "named as on the wire")]
        pub enum Field { $($name),* }

        impl Field {
            /// All of them, in the order in which they are checked.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The field of this name, if there is one.
            #[inline]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What it holds. `reason` has another shape on a hold, see [`Field::shape_on`].
            pub const fn shape(self) -> Shape {
                match self { $(Self::$name => $shape),* }
            }
        }
    };
}

const fn wide(max: usize) -> Shape {
    Shape::Text { charset: Charset::Wide, max }
}

const fn narrow(max: usize) -> Shape {
    Shape::Text { charset: Charset::Narrow, max }
}

const fn free(max: usize) -> Shape {
    Shape::Text { charset: Charset::Free, max }
}

/// Why a hold may be placed by an event. A payout that comes back places its own.
pub const HOLD_REASONS: &[&str] = &["risk", "legal", "kyc"];
/// The kinds of fees that an event may carry.
pub const FEE_KINDS: &[&str] = &["mdr", "interchange", "scheme", "gateway", "channel", "partner", "vat"];
/// The first and the last year of a calendar.
pub const CALENDAR_YEARS: (u64, u64) = (1900, 9000);
/// The largest count that a terminal may report.
pub const BATCH_COUNT_MAX: u64 = 1_000_000_000_000;

const CARRIED_FEE: Shape = Shape::Object(&[needs("kind", Shape::OneOf(FEE_KINDS)), needs("amount", Shape::Amount { zero: true })]);

fields! {
    Id "id" wide(EventId::MAX_LENGTH);
    Type "type" Shape::Prose;
    Merchant "merchant" narrow(MerchantId::MAX_LENGTH);
    OccurredAt "occurred_at" Shape::Instant;
    Book "book" Shape::Book;
    Terminal "terminal" free(TerminalId::MAX_LENGTH);
    Payment "payment" wide(PaymentId::MAX_LENGTH);
    Hold "hold" wide(HoldId::MAX_LENGTH);
    Payout "payout" wide(PayoutId::MAX_LENGTH);
    Dispute "dispute" wide(DisputeId::MAX_LENGTH);
    Refund "refund" wide(EventId::MAX_LENGTH);
    Card "card" Shape::OneOf(CARDS);
    Scheme "scheme" free(SchemeId::MAX_LENGTH);
    EntryMode "entry_mode" Shape::OneOf(ENTRY_MODES);
    Customer "customer" free(CustomerToken::MAX_LENGTH);
    Currency "currency" Shape::Currency;
    Amount "amount" Shape::Amount { zero: false };
    Tip "tip" Shape::Amount { zero: true };
    SettledCurrency "settled_currency" Shape::Currency;
    Rate "rate" Shape::Rate;
    Fees "fees" Shape::List(&CARRIED_FEE);
    DisputeFee "dispute_fee" Shape::Amount { zero: true };
    Reason "reason" Shape::Prose;
    ExpectedRelease "expected_release" Shape::Date;
    Sweep "sweep" Shape::Flag;
    Order "order" Shape::Remark;
    Destination "destination" Shape::Remark;
    Fee "fee" Shape::OneOf(&["monthly", "rental", "other"]);
    Direction "direction" Shape::OneOf(&["rebate", "surcharge", "credit", "debit"]);
    Maker "maker" Shape::Prose;
    Checker "checker" Shape::Prose;
    Count "count" Shape::Whole { min: 0, max: BATCH_COUNT_MAX };
    Sum "sum" Shape::Amount { zero: true };
    Partner "partner" narrow(PartnerId::MAX_LENGTH);
    Psp "psp" narrow(PspId::MAX_LENGTH);
    Date "date" Shape::Date;
    TimeZone "time_zone" Shape::TimeZone;
    Calendar "calendar" narrow(CalendarId::MAX_LENGTH);
    Year "year" Shape::Whole { min: CALENDAR_YEARS.0, max: CALENDAR_YEARS.1 };
    Closed "closed" Shape::List(&Shape::Date);
    Open "open" Shape::List(&Shape::Date);
    Contract "contract" Shape::Contract;
}

impl Field {
    /// What it holds on events of a type.
    pub const fn shape_on(self, event_type: crate::event::EventType) -> Shape {
        use crate::event::EventType;
        match (self, event_type) {
            (Self::Reason, EventType::HoldPlaced) => Shape::OneOf(HOLD_REASONS),
            (Self::Direction, EventType::TierAdjusted) => Shape::OneOf(&["rebate", "surcharge"]),
            (Self::Direction, EventType::Adjustment) => Shape::OneOf(&["credit", "debit"]),
            _ => self.shape(),
        }
    }
}
