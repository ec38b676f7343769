//! The contract of a merchant, as a table.

use super::shape::{Charset, Kind, Member, Record, Shape, Union, may, needs};
use crate::ids::{CalendarId, PartnerId, PspId, SchemeId};
use crate::words::{Card, EntryMode};

/// The longest delay between booking and available, in days.
pub const DELAY_DAYS_MAX: u64 = 365;
/// The longest time for which a reserve is kept, and the longest window of a risk parameter, in days.
pub const DAYS_MAX: u64 = 3650;
/// The longest name of a merchant or a plan, in characters.
pub const NAME_LENGTH_MAX: usize = 256;
/// The longest region, in characters.
pub const REGION_LENGTH_MAX: usize = 32;

/// The longest name that a report has for a merchant, in characters.
pub const ALIAS_LENGTH_MAX: usize = 64;

const MONEY: Shape = Shape::Amount { zero: true };
const NAME: Shape = Shape::Text { charset: Charset::Free, max: NAME_LENGTH_MAX };
const DAYS: Shape = Shape::Whole { min: 0, max: DAYS_MAX };
const PSP: Shape = Shape::Text { charset: Charset::Narrow, max: PspId::MAX_LENGTH };
const PARTNER: Shape = Shape::Text { charset: Charset::Narrow, max: PartnerId::MAX_LENGTH };
const SCHEME: Shape = Shape::Text { charset: Charset::Free, max: SchemeId::MAX_LENGTH };
const CALENDAR: Shape = Shape::Text { charset: Charset::Narrow, max: CalendarId::MAX_LENGTH };

const PRICE: &Record = &Record {
    name: "Price",
    about: "A price: a percentage and a fixed part, between a floor and a cap. What is absent is zero, and has no bound.",
    members: PRICE_MEMBERS,
};

const PRICE_MEMBERS: &[Member] = &[
    may("percent", "Of the amount, in percent.", Shape::Percent),
    may("fixed", "For each payment.", MONEY),
    may("floor", "At least so much.", MONEY),
    may("cap", "At most so much.", MONEY),
];

const WHEN: Shape = Shape::Object(&Record {
    name: "When",
    about: "Which payments a rule is for: those that have all of these; without any, every payment.",
    members: &[
        may("card", "How the payment is funded.", Shape::OneOf(Card::NAMES)),
        may("scheme", "The card scheme.", SCHEME),
        may("entry_mode", "How the card or code came into the terminal.", Shape::OneOf(EntryMode::NAMES)),
    ],
});

const RATE: Shape = Shape::Object(&Record {
    name: "Rate",
    about: "What the merchant pays for a payment. The first rule that matches wins.",
    members: &[
        may("when", "Which payments it is for; absent, all.", WHEN),
        may("percent", "Of the amount, in percent.", Shape::Percent),
        may("fixed", "For each payment.", MONEY),
        may("floor", "At least so much.", MONEY),
        may("cap", "At most so much.", MONEY),
    ],
});

const COST: Shape = Shape::Object(&Record {
    name: "Cost",
    about: "What a payment costs the bank. The first rule that matches wins.",
    members: &[
        may("when", "Which payments it is for; absent, all.", WHEN),
        may("interchange", "What the card's issuer takes.", Shape::Object(PRICE)),
        may("scheme_fee", "What the card scheme takes.", Shape::Object(PRICE)),
    ],
});

const FUNDS_FLOW: Shape = Shape::Tagged(&Union {
    name: "FundsFlow",
    about: "Who holds the merchant's money.",
    kinds: &[
        Kind { kind: "direct", record: Record { name: "DirectFundsFlow", about: "The bank holds the merchant's money.", members: &[] } },
        Kind {
            kind: "via_psp",
            record: Record {
                name: "FundsFlowViaPsp",
                about: "A payment company holds the merchant's money.",
                members: &[
                    needs("psp", "The payment company.", PSP),
                    may("licensed", "Whether it has a licence to hold it; absent, it has.", Shape::Flag),
                    may("gateway", "What the merchant pays the payment company for each payment.", Shape::Object(PRICE)),
                    may("channel", "What the payment company pays the bank for each payment.", Shape::Object(PRICE)),
                ],
            },
        },
    ],
});

const PARTNERS: Shape = Shape::Tagged(&Union {
    name: "Partner",
    about: "Who shares the margin of a merchant's payments.",
    kinds: &[
        Kind {
            kind: "joint_build",
            record: Record {
                name: "JointBuildPartner",
                about: "A partner who builds and keeps the terminals together with the bank.",
                members: &[
                    needs("id", "The partner.", PARTNER),
                    may("share_percent", "Of the margin, in percent.", Shape::Percent),
                    may("maintenance", "What it gets for keeping the terminals, each time that is due.", MONEY),
                ],
            },
        },
        Kind {
            kind: "referral",
            record: Record {
                name: "ReferralPartner",
                about: "A partner who brought the merchant.",
                members: &[needs("id", "The partner.", PARTNER), may("share_percent", "Of the margin, in percent.", Shape::Percent)],
            },
        },
    ],
});

const REFUND_FEE: Shape = Shape::Tagged(&Union {
    name: "RefundFee",
    about: "What becomes of the fee when a payment is refunded.",
    kinds: &[
        Kind { kind: "return", record: Record { name: "RefundFeeReturned", about: "A refund gives its part of the fee back.", members: &[] } },
        Kind { kind: "keep", record: Record { name: "RefundFeeKept", about: "A refund gives nothing of the fee back.", members: &[] } },
        Kind {
            kind: "keep_plus_fixed",
            record: Record {
                name: "RefundFeeKeptPlusFixed",
                about: "A refund gives nothing of the fee back, and costs a fixed fee.",
                members: &[needs("fixed", "For each refund.", MONEY)],
            },
        },
    ],
});

const SETTLEMENT: Shape = Shape::Object(&Record {
    name: "Settlement",
    about: "When money becomes available.",
    members: &[
        needs("delay_days", "How many days after the payment was booked.", Shape::Whole { min: 0, max: DELAY_DAYS_MAX }),
        may("calendar", "The calendar of business days; needed where days are business days.", CALENDAR),
        may("days", "Which days are counted; absent, business days.", Shape::OneOf(&["business", "natural"])),
        may("early_fee", "What an early release costs.", Shape::Object(PRICE)),
    ],
});

const RESERVE: Shape = Shape::Object(&Record {
    name: "Reserve",
    about: "What is kept back for what may still come.",
    members: &[needs("percent", "Of each payment, in percent.", Shape::Percent), needs("days", "For how many days.", DAYS)],
});

const DELIVERY: Shape = Shape::Object(&Record {
    name: "Delivery",
    about: "A part of what is sold, which is delivered later.",
    members: &[needs("percent", "Of what is sold, in percent.", Shape::Percent), needs("days", "How many days after the sale.", DAYS)],
});

const RISK: Shape = Shape::Object(&Record {
    name: "RiskParameters",
    about: "What the liability estimate assumes of the merchant; what is absent is as configured.",
    members: &[
        may("chargeback_percent", "Of sales, charged back, in percent.", Shape::Percent),
        may("chargeback_days", "For how many days after the sale that may come.", Shape::Whole { min: 1, max: DAYS_MAX }),
        may("refund_percent", "Of sales, refunded, in percent.", Shape::Percent),
        may("refund_days", "For how many days after the sale that may come.", DAYS),
        may("delivery", "What is delivered later; absent or empty, everything at once.", Shape::List(&DELIVERY)),
    ],
});

/// Whether a contract may have this region.
pub fn is_region(text: &str) -> bool {
    Charset::Free.fits(text, REGION_LENGTH_MAX)
}

/// Every member of a contract.
pub const CONTRACT: &[Member] = &[
    needs("name", "The merchant's name.", NAME),
    needs("mcc", "The merchant category code of ISO 18245.", Shape::CategoryCode),
    needs("region", "Where it trades, such as `CN-31`.", Shape::Text { charset: Charset::Free, max: REGION_LENGTH_MAX }),
    needs("time_zone", "The merchant's time zone, by its IANA name.", Shape::TimeZone),
    needs("currency", "What the merchant is paid in: a currency of ISO 4217 that is in use.", Shape::Currency),
    needs("funds_flow", "Who holds the merchant's money.", FUNDS_FLOW),
    may("partner", "Who shares the margin.", PARTNERS),
    needs("rates", "What the merchant pays, by the first rule that matches.", Shape::List(&RATE)),
    may("costs", "What payments cost the bank, by the first rule that matches.", Shape::List(&COST)),
    may("cost_settlement", "Whether the scheme pays less its fees, or whole; absent, `net`.", Shape::OneOf(&["net", "gross"])),
    may("vat_percent", "The value added tax within fees, in percent; absent, none.", Shape::Percent),
    may("rounding", "How halves of a minor unit are rounded; absent, `half_up`.", Shape::OneOf(&["half_up", "half_even"])),
    may("refund_fee", "What becomes of the fee when a payment is refunded; absent, it is returned.", REFUND_FEE),
    may("refund_costs", "Whether a refund brings the costs back; absent, it does not.", Shape::Flag),
    needs("settlement", "When money becomes available.", SETTLEMENT),
    may("reserve", "What is kept back; absent, nothing.", RESERVE),
    may("on_shortfall", "Whether a refund beyond the merchant's money is owed or refused; absent, `refuse`.", Shape::OneOf(&["owe", "refuse"])),
    may("personal", "Whether the merchant is a natural person; absent, it is not.", Shape::Flag),
    may("customer_scope", "Where its customers' tokens mean the same; absent, `bank`.", Shape::OneOf(&["bank", "merchant"])),
    may("risk", "What the liability estimate assumes.", RISK),
    may("plan", "The name of the plan, for information.", NAME),
    may("aliases", "How reports name the merchant, by their source without its kind: a text or a list of them.", Shape::Names { max: ALIAS_LENGTH_MAX }),
];
