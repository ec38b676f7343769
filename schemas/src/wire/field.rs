//! Every field that an event may have, by the name it has on the wire.

use super::lookup::Lookup;
use super::opening;
use super::shape::{Charset, Record, Shape, needs};
use crate::ids::*;
use crate::words::{Card, EntryMode, FeeKind, HoldReason};

macro_rules! fields {
    ($($name:ident $text:literal $shape:expr, $about:literal;)*) => {
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
                static NAMES: Lookup<{ Field::ALL.len() }> = Lookup::new([$($text),*]);
                NAMES.find(name).and_then(|at| Self::ALL.get(at)).copied()
            }

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What it says, as a sentence of the published schemas.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about),* }
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

/// The kinds of fees that an event may carry.
pub const FEE_KINDS: &[&str] = &["mdr", "interchange", "scheme", "gateway", "channel", "partner", "vat"];
/// The first and the last year of a calendar.
pub const CALENDAR_YEARS: (u64, u64) = (1900, 9000);
/// The largest count that a terminal may report.
pub const BATCH_COUNT_MAX: u64 = 1_000_000_000_000;
/// The largest number of a line of a report.
pub const REPORT_LINES_MAX: u64 = 1_000_000_000_000;
/// The longest text of a line of a report, in characters.
pub const REPORT_TEXT_LENGTH_MAX: usize = 140;
/// What a line of a report may be about.
pub const REPORT_KINDS: &[&str] = &["sale", "refund", "chargeback", "representment", "fee", "payout", "settlement", "other"];

const CARRIED_FEE: Shape = Shape::Object(&Record {
    name: "CarriedFee",
    about: "A fee that an event carries.",
    members: &[needs("kind", "Whose fee it is.", Shape::OneOf(FEE_KINDS)), needs("amount", "How much was taken.", Shape::Amount { zero: true })],
});

fields! {
    Id "id" wide(EventId::MAX_LENGTH), "The idempotency key: unique for ever within its merchant, and a control event's within each partition.";
    Type "type" Shape::Prose, "What happened.";
    Merchant "merchant" narrow(MerchantId::MAX_LENGTH), "Whom it is about; `@house` is the bank itself.";
    OccurredAt "occurred_at" Shape::Instant, "When it happened, by the clock of whoever saw it: of the years 1900 to 9000.";
    Book "book" Shape::Book, "In whose book it is, where that is not the contract's: `bank`, or `psp:` and the payment company's id.";
    Terminal "terminal" free(TerminalId::MAX_LENGTH), "The terminal.";
    Payment "payment" wide(PaymentId::MAX_LENGTH), "The payment, within its merchant: every event of a payment's life carries it.";
    Hold "hold" wide(HoldId::MAX_LENGTH), "The hold, within its merchant.";
    Payout "payout" Shape::Payout, "The payout, within its merchant; none is called `next`, under which stands what would be paid out next.";
    Dispute "dispute" wide(DisputeId::MAX_LENGTH), "The dispute, within its payment; without it, the payment's id.";
    Refund "refund" wide(EventId::MAX_LENGTH), "The id of the event of the refund.";
    Reference "reference" Shape::Reference, "How the scheme or payment company names it; 13 to 19 digits have a letter before them.";
    Card "card" Shape::OneOf(Card::NAMES), "How the payment is funded.";
    Scheme "scheme" free(SchemeId::MAX_LENGTH), "The card scheme.";
    EntryMode "entry_mode" Shape::OneOf(EntryMode::NAMES), "How the card or code came into the terminal.";
    Customer "customer" free(CustomerToken::MAX_LENGTH), "An opaque token of the customer, never a card number.";
    Currency "currency" Shape::Currency, "The currency of the amounts: three letters of ISO 4217.";
    Amount "amount" Shape::Amount { zero: false }, "How much: a decimal string with at most the currency's decimals.";
    Tip "tip" Shape::Amount { zero: true }, "What of the amount is a tip; for information.";
    SettledCurrency "settled_currency" Shape::Currency, "The currency in which it is booked, where that is another one: three letters of ISO 4217.";
    Rate "rate" Shape::Rate, "How many units of the settled currency one unit of the currency is, at most 1000000.";
    Fees "fees" Shape::List(&CARRIED_FEE), "What others took for it, where the terminal's system knows: instead of what the contract would compute.";
    DisputeFee "dispute_fee" Shape::Amount { zero: true }, "What the dispute costs the merchant.";
    Reason "reason" Shape::Prose, "Why.";
    ExpectedRelease "expected_release" Shape::Date, "The date on which it is expected to be released.";
    Sweep "sweep" Shape::Flag, "Whether it also takes what comes later, until it is covered.";
    Order "order" Shape::Remark, "The order of the court or authority.";
    Destination "destination" Shape::Remark, "Where the money goes.";
    Fee "fee" Shape::OneOf(FeeKind::NAMES), "What is charged for.";
    Direction "direction" Shape::OneOf(&["rebate", "surcharge", "credit", "debit"]), "Which way the money goes.";
    Maker "maker" Shape::Prose, "Who made it.";
    Checker "checker" Shape::Prose, "Who checked it: another person than made it.";
    Count "count" Shape::Whole { min: 0, max: BATCH_COUNT_MAX }, "How many payments the terminal counted, or how many lines the report has.";
    Sum "sum" Shape::Amount { zero: true }, "What they add up to.";
    Partner "partner" narrow(PartnerId::MAX_LENGTH), "The partner.";
    Psp "psp" narrow(PspId::MAX_LENGTH), "The payment company.";
    Date "date" Shape::Date, "The business date; of a report or its line, the report's own.";
    TimeZone "time_zone" Shape::TimeZone, "The bank's time zone, by its IANA name.";
    Calendar "calendar" narrow(CalendarId::MAX_LENGTH), "The calendar.";
    Year "year" Shape::Whole { min: CALENDAR_YEARS.0, max: CALENDAR_YEARS.1 }, "The year that it covers.";
    Closed "closed" Shape::List(&Shape::Date), "Weekdays on which banks are closed.";
    Open "open" Shape::List(&Shape::Date), "Saturdays and Sundays on which banks are open.";
    Contract "contract" Shape::Contract, "The contract, whole.";
    Source "source" Shape::Source, "Who reports: `scheme:`, `psp:` or `bank:` and its id; a bank's is the account.";
    Report "report" free(ReportName::MAX_LENGTH), "The report: the name of its file.";
    Line "line" Shape::Whole { min: 1, max: REPORT_LINES_MAX }, "The number of the line in the file, from 1.";
    Kind "kind" Shape::OneOf(REPORT_KINDS), "What the line is about.";
    Text "text" free(REPORT_TEXT_LENGTH_MAX), "What the line says besides.";
    Credits "credits" Shape::Amount { zero: true }, "What the credits of the report add up to.";
    Debits "debits" Shape::Amount { zero: true }, "What the debits of the report add up to.";
    Break "break" free(BreakId::MAX_LENGTH), "The break, by its id.";
    Event "event" wide(EventId::MAX_LENGTH), "The id of the event that mended it.";
    Bucket "bucket" Shape::OneOf(opening::BUCKETS), "Which money is brought in: of a merchant `available`, `pending`, `reserve` or `owed`, of `@house` one of the others.";
    BookedOn "booked_on" Shape::Date, "The date of the sale.";
    Refunded "refunded" Shape::Amount { zero: true }, "What of it was refunded before.";
    ChargedBack "charged_back" Shape::Amount { zero: true }, "What of it was charged back before, and not won.";
}

impl Field {
    /// What it holds on events of a type.
    pub const fn shape_on(self, event_type: super::event_type::EventType) -> Shape {
        use super::event_type::EventType;
        match (self, event_type) {
            (Self::Reason, EventType::HoldPlaced) => Shape::OneOf(HoldReason::OF_EVENTS),
            (Self::Direction, EventType::TierAdjusted) => Shape::OneOf(&["rebate", "surcharge"]),
            (Self::Direction, EventType::Adjustment | EventType::ReportLine) => Shape::OneOf(&["credit", "debit"]),
            (Self::Amount, EventType::ReportLine) => Shape::Amount { zero: true },
            (Self::Fee, EventType::ReportLine) => Shape::ReportedFee,
            _ => self.shape(),
        }
    }
}
