//! The contract of a merchant, as a table.

use super::shape::{Charset, Member, Shape, may, needs};
use crate::ids::{CalendarId, PartnerId, PspId, SchemeId};

/// The longest delay between booking and available, in days.
pub const DELAY_DAYS_MAX: u64 = 365;
/// The longest time for which a reserve is kept, and the longest window of a risk parameter, in days.
pub const DAYS_MAX: u64 = 3650;
/// The longest name of a merchant or a plan, in characters.
pub const NAME_LENGTH_MAX: usize = 256;
/// The longest region, in characters.
pub const REGION_LENGTH_MAX: usize = 32;

/// How a payment was funded.
pub const CARDS: &[&str] = &["debit", "credit", "prepaid", "wallet"];
/// How a card or code came into the terminal.
pub const ENTRY_MODES: &[&str] = &["swipe", "insert", "tap", "qr", "mobile", "face", "keyed", "credential_on_file"];

const MONEY: Shape = Shape::Amount { zero: true };
const NAME: Shape = Shape::Text { charset: Charset::Free, max: NAME_LENGTH_MAX };
const DAYS: Shape = Shape::Whole { min: 0, max: DAYS_MAX };
const PSP: Shape = Shape::Text { charset: Charset::Narrow, max: PspId::MAX_LENGTH };
const PARTNER: Shape = Shape::Text { charset: Charset::Narrow, max: PartnerId::MAX_LENGTH };
const SCHEME: Shape = Shape::Text { charset: Charset::Free, max: SchemeId::MAX_LENGTH };
const CALENDAR: Shape = Shape::Text { charset: Charset::Narrow, max: CalendarId::MAX_LENGTH };

const PRICE: &[Member] = &[may("percent", Shape::Percent), may("fixed", MONEY), may("floor", MONEY), may("cap", MONEY)];

const WHEN: &[Member] = &[may("card", Shape::OneOf(CARDS)), may("scheme", SCHEME), may("entry_mode", Shape::OneOf(ENTRY_MODES))];

const RATE: Shape =
    Shape::Object(&[may("when", Shape::Object(WHEN)), may("percent", Shape::Percent), may("fixed", MONEY), may("floor", MONEY), may("cap", MONEY)]);

const COST: Shape = Shape::Object(&[may("when", Shape::Object(WHEN)), may("interchange", Shape::Object(PRICE)), may("scheme_fee", Shape::Object(PRICE))]);

const FUNDS_FLOW: Shape = Shape::Tagged(&[
    ("direct", &[]),
    ("via_psp", &[needs("psp", PSP), may("licensed", Shape::Flag), may("gateway", Shape::Object(PRICE)), may("channel", Shape::Object(PRICE))]),
]);

const PARTNERS: Shape = Shape::Tagged(&[
    ("joint_build", &[needs("id", PARTNER), may("share_percent", Shape::Percent), may("maintenance", MONEY)]),
    ("referral", &[needs("id", PARTNER), may("share_percent", Shape::Percent)]),
]);

const REFUND_FEE: Shape = Shape::Tagged(&[("return", &[]), ("keep", &[]), ("keep_plus_fixed", &[needs("fixed", MONEY)])]);

const SETTLEMENT: Shape = Shape::Object(&[
    needs("delay_days", Shape::Whole { min: 0, max: DELAY_DAYS_MAX }),
    may("calendar", CALENDAR),
    may("days", Shape::OneOf(&["business", "natural"])),
    may("early_fee", Shape::Object(PRICE)),
]);

const RISK: Shape = Shape::Object(&[
    may("chargeback_percent", Shape::Percent),
    may("chargeback_days", Shape::Whole { min: 1, max: DAYS_MAX }),
    may("refund_percent", Shape::Percent),
    may("refund_days", DAYS),
    may("delivery", Shape::List(&Shape::Object(&[needs("percent", Shape::Percent), needs("days", DAYS)]))),
]);

/// Every member of a contract.
pub const CONTRACT: &[Member] = &[
    needs("name", NAME),
    needs("mcc", Shape::CategoryCode),
    needs("region", Shape::Text { charset: Charset::Free, max: REGION_LENGTH_MAX }),
    needs("time_zone", Shape::TimeZone),
    needs("currency", Shape::Currency),
    needs("funds_flow", FUNDS_FLOW),
    may("partner", PARTNERS),
    needs("rates", Shape::List(&RATE)),
    may("costs", Shape::List(&COST)),
    may("cost_settlement", Shape::OneOf(&["net", "gross"])),
    may("vat_percent", Shape::Percent),
    may("rounding", Shape::OneOf(&["half_up", "half_even"])),
    may("refund_fee", REFUND_FEE),
    may("refund_costs", Shape::Flag),
    needs("settlement", SETTLEMENT),
    may("reserve", Shape::Object(&[needs("percent", Shape::Percent), needs("days", DAYS)])),
    may("on_shortfall", Shape::OneOf(&["owe", "refuse"])),
    may("personal", Shape::Flag),
    may("customer_scope", Shape::OneOf(&["bank", "merchant"])),
    may("risk", RISK),
    may("plan", NAME),
];
