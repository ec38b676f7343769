//! Rows of consumption: who buys what, when and how.

use super::{CARD, CURRENCY, Column, DAY, ENTRY_MODE, Kind, MCC, MCC_NAME, MERCHANT, MERCHANT_NAME, MONTH, Row, WEEK};

const REGION: Column = ("region", Kind::Key, "Where the merchant trades.");
const CUSTOMERS: Column = ("customers", Kind::Of("Customers"), "Distinct customers.");
const SALES: Column = ("sales", Kind::Money, "What was sold.");

/// The keys of purchases.
const PURCHASE_KEYS: &[Column] = &[
    DAY,
    WEEK,
    MONTH,
    ("weekday", Kind::NumberKey, "The weekday, 1 (Monday) to 7."),
    ("hour", Kind::NumberKey, "The local hour, 0 to 23."),
    MERCHANT,
    MERCHANT_NAME,
    MCC,
    MCC_NAME,
    REGION,
    CARD,
    ENTRY_MODE,
];

/// In the order in which the document has them.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "Customers",
        about: "Distinct customers, counted or estimated.",
        columns: &[&[("estimate", Kind::Count, "How many."), ("error_percent", Kind::Money, "The standard error, in percent; 0.00 where they were counted.")]],
    },
    Row { name: "FootfallRow", about: "How many came.", columns: &[PURCHASE_KEYS, &[CURRENCY, ("visits", Kind::Count, "Purchases."), CUSTOMERS, SALES]] },
    Row {
        name: "TicketsRow",
        about: "How large purchases are.",
        columns: &[
            PURCHASE_KEYS,
            &[CURRENCY, ("count", Kind::Count, "Purchases."), ("mean", Kind::Ratio, "The mean.")],
            &[
                ("p10", Kind::Ratio, "One in ten is at most so large."),
                ("p25", Kind::Ratio, "One in four is at most so large."),
                ("p50", Kind::Ratio, "Half are at most so large."),
                ("p75", Kind::Ratio, "Three in four are at most so large."),
                ("p90", Kind::Ratio, "Nine in ten are at most so large."),
                ("p95", Kind::Ratio, "95 % are at most so large."),
                ("p99", Kind::Ratio, "99 % are at most so large."),
                ("error_percent", Kind::Money, "How far a percentile may be off, in percent."),
            ],
        ],
    },
    Row {
        name: "CustomersRow",
        about: "How many customers are new, and how many come back.",
        columns: &[
            PURCHASE_KEYS,
            &[CUSTOMERS, ("new", Kind::Of("Customers"), "Whose first purchase it was."), ("returning", Kind::Of("Customers"), "Who had bought before.")],
        ],
    },
    Row {
        name: "SegmentsRow",
        about: "Customers by how lately, how often and for how much they bought.",
        columns: &[
            &[
                ("recency", Kind::Key, "Days since the last purchase."),
                ("frequency", Kind::Key, "Days with a purchase."),
                ("monetary", Kind::Key, "A fifth of the customers by what they spent."),
            ],
            &[CURRENCY, CUSTOMERS, ("visit_days", Kind::Count, "Days with a purchase, all customers together."), SALES],
        ],
    },
    Row {
        name: "CohortsRow",
        about: "Of those who came first in one period, how many came again in a later one.",
        columns: &[&[
            ("cohort", Kind::Text, "The first day of the period in which they came first."),
            ("after", Kind::Count, "How many periods later."),
            CUSTOMERS,
            ("retention_percent", Kind::Ratio, "Of the cohort, in percent."),
        ]],
    },
    Row {
        name: "MixRow",
        about: "What is sold, and its share.",
        columns: &[
            PURCHASE_KEYS,
            &[CURRENCY, ("visits", Kind::Count, "Purchases."), CUSTOMERS, SALES, ("share_percent", Kind::Ratio, "Of all sales of the currency, in percent.")],
        ],
    },
    Row {
        name: "ConsumptionTotal",
        about: "What rows come to, of one currency where they have any: how many they are, and those of their figures that can be added.",
        columns: &[&[
            ("rows", Kind::Count, "How many rows."),
            ("currency", Kind::Key, "ISO 4217."),
            ("visits", Kind::NumberKey, "Purchases."),
            ("count", Kind::NumberKey, "Purchases that a ticket is known of."),
            ("visit_days", Kind::NumberKey, "Dates on which customers came."),
            ("sales", Kind::Key, "What was sold."),
        ]],
    },
    Row {
        name: "AffinityRow",
        about: "Two that have customers in common.",
        columns: &[&[
            ("a", Kind::Text, "The one."),
            ("a_name", Kind::Key, "Its name."),
            ("b", Kind::Text, "The other."),
            ("b_name", Kind::Key, "Its name."),
            CUSTOMERS,
            ("jaccard", Kind::Ratio, "Customers of both, of customers of either: 0 to 1."),
            ("lift", Kind::Ratio, "How many times as often as by chance."),
        ]],
    },
];
