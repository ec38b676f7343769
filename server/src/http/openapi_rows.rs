//! The rows of grouped answers as named schemas, so that generated clients have a type for each. A row has the keys that were
//! asked for, and so only some of these; its figures it always has.
//!
//! The answers themselves are written column by column (`table`), which knows no types; a test holds what they tell against
//! these.

use super::openapi_published::{path, refer};
use serde_json::{Map, Value, json};

/// A column: its name, its schema, and a sentence about it.
type Column = (&'static str, Kind, &'static str);

/// What a value is.
#[derive(Clone, Copy)]
enum Kind {
    /// A text, or nothing: a key that was asked for.
    Key,
    /// A text that is always there.
    Text,
    /// A decimal string.
    Money,
    /// A decimal string, or nothing where there is nothing to divide by.
    Ratio,
    /// A whole number, not below zero.
    Count,
    /// A whole number, below zero where more was taken back than came.
    Change,
    /// A whole number, or nothing: a key that was asked for.
    NumberKey,
    /// The schema of this name.
    Of(&'static str),
}

const CURRENCY: Column = ("currency", Kind::Text, "ISO 4217.");
const MERCHANT: Column = ("merchant", Kind::Key, "The merchant.");
const MERCHANT_NAME: Column = ("merchant_name", Kind::Key, "The merchant's name, by its contract in force.");
const CODE_NAME: Column = ("code_name", Kind::Key, "Its name in the chart of accounts.");
const MCC: Column = ("mcc", Kind::Key, "The merchant category code of ISO 18245.");
const MCC_NAME: Column = ("mcc_name", Kind::Key, "What the category is called.");
const REGION: Column = ("region", Kind::Key, "Where the merchant trades.");
const PARTNER: Column = ("partner", Kind::Key, "The partner.");
const CARD: Column = ("card", Kind::Key, "How payments are funded.");
const ENTRY_MODE: Column = ("entry_mode", Kind::Key, "How the card or code came into the terminal.");
const DAY: Column = ("day", Kind::Key, "The date.");
const WEEK: Column = ("week", Kind::Key, "The week, by its Monday.");
const MONTH: Column = ("month", Kind::Key, "The month, such as `2026-11`.");
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

/// A schema of rows: its name, what a row is, its keys and its figures.
struct Row {
    name: &'static str,
    about: &'static str,
    columns: &'static [&'static [Column]],
}

const ROWS: &[Row] = &[
    Row {
        name: "ReconciliationRow",
        about: "Pairs of ours and theirs, of one currency.",
        columns: &[
            &[
                ("source", Kind::Key, "Who reports."),
                ("kind", Kind::Key, "What it is about."),
                ("state", Kind::Key, "How ours and theirs stand."),
                ("day", Kind::Key, "The day of pairs."),
                ("age", Kind::NumberKey, "Days since then."),
                ("merchant", Kind::Key, "The merchant, or `@house`."),
                ("report", Kind::Key, "The report of their first line."),
                CURRENCY,
            ],
            &[
                ("count", Kind::Count, "How many pairs."),
                ("ours", Kind::Money, "What our entries say."),
                ("theirs", Kind::Money, "What the source says."),
                ("difference", Kind::Money, "Ours less theirs."),
                ("fees_ours", Kind::Ratio, "Our fees; `null` where there are none."),
                ("fees_theirs", Kind::Ratio, "The source's fees; `null` where there are none."),
            ],
        ],
    },
    Row {
        name: "FeeIncomeRow",
        about: "What taking payments earned and cost, of one currency and book. Amounts are without VAT but `merchant_fees`.",
        columns: &[
            &[
                DAY,
                WEEK,
                MONTH,
                MERCHANT,
                MERCHANT_NAME,
                ("contract_version", Kind::Key, "The contract: the id of the event that set it."),
                MCC,
                MCC_NAME,
                CARD,
                ENTRY_MODE,
            ],
            &[("terminal", Kind::Key, "The terminal."), PARTNER, ("scheme", Kind::Key, "The card scheme."), ("model", Kind::Key, "The model of the contract.")],
            &[("book", Kind::Text, "Whose books: `bank` or `psp:…`."), CURRENCY],
            &[
                ("sales", Kind::Of("Volume"), "What was sold."),
                ("refunds", Kind::Of("Volume"), "What was paid back to customers."),
                ("chargebacks", Kind::Of("Volume"), "What was charged back, the whole amount of each."),
                ("mdr", Kind::Money, "Merchant discount: what merchants paid for payments."),
                ("gateway", Kind::Money, "Gateway fees."),
                ("interchange", Kind::Money, "What the cards' issuers took."),
                ("scheme_fees", Kind::Money, "What the card schemes took."),
                ("partner_share", Kind::Money, "What partners got of the margin."),
                ("maintenance", Kind::Money, "What partners got for keeping terminals."),
                ("net_margin", Kind::Money, "Discount and gateway fees, less interchange, scheme fees, partners' shares and maintenance."),
                ("other_income", Kind::Money, "Monthly and other fees, disputes, early releases, channel fees, less rebates."),
                ("other_cost", Kind::Money, "Credit losses and channel fees."),
                ("contribution", Kind::Money, "Net margin and other income, less other cost."),
                ("merchant_fees", Kind::Money, "What merchants paid for payments, VAT included, less what came back."),
                ("effective_percent", Kind::Ratio, "Merchants' fees, of sales, in percent."),
                ("effective_percent_net", Kind::Ratio, "The same of sales less refunds."),
                ("refund_leakage", Kind::Money, "Fees that refunds did not bring back."),
                ("negative_margin", Kind::Of("NegativeMargin"), "Payments that cost more than they earned."),
                ("chargeback_percent", Kind::Ratio, "Chargebacks, of sales by their number, in percent."),
                ("chargeback_volume_percent", Kind::Ratio, "What was charged back, of what was sold, in percent."),
            ],
        ],
    },
    Row {
        name: "Volume",
        about: "How many, and how much; below zero where more of earlier dates was taken back than came.",
        columns: &[&[("count", Kind::Change, "How many."), ("volume", Kind::Money, "How much, in the currency of the row.")]],
    },
    Row {
        name: "NegativeMargin",
        about: "Payments that cost more than they earned.",
        columns: &[&[("count", Kind::Count, "How many."), ("amount", Kind::Money, "How much more.")]],
    },
    Row {
        name: "ExposureRow",
        about: "Money that is held, of one currency.",
        columns: &[
            &[("holder", Kind::Key, "In whose book: `bank` or `psp:…`."), MERCHANT, MERCHANT_NAME, MCC, MCC_NAME, PARTNER],
            &[("reason", Kind::Key, "Why it is held."), ("age", Kind::Key, "For how many days, such as `8-14`."), CURRENCY],
            &[
                ("amount", Kind::Money, "How much is held."),
                ("overdue", Kind::Money, "What of it should have been released by now."),
                ("count", Kind::Count, "How many parts that is."),
            ],
        ],
    },
    Row {
        name: "LiabilityRow",
        about: "What merchants may have to pay for, against what is held for them, of one currency.",
        columns: &[
            &[("holder", Kind::Key, "In whose book: `bank` or `psp:…`."), MERCHANT, MERCHANT_NAME, MCC, MCC_NAME, PARTNER, CURRENCY],
            &[
                ("chargeback", Kind::Money, "Expected chargebacks."),
                ("refund", Kind::Money, "Expected refunds."),
                ("non_delivery", Kind::Money, "What was sold and is not delivered yet."),
                ("owed", Kind::Money, "What merchants owe."),
                ("advances", Kind::Money, "What they were paid before it cleared."),
                ("exposure", Kind::Money, "All of these."),
                ("cover", Kind::Money, "What is held for them."),
                ("uncovered", Kind::Money, "Exposure beyond cover, merchant by merchant."),
            ],
        ],
    },
    Row {
        name: "LadderRow",
        about: "Reserve that is released on one date, of one currency.",
        columns: &[
            &[("release_on", Kind::Text, "The business date on which it is released.")],
            &[("holder", Kind::Key, "In whose book: `bank` or `psp:…`."), MERCHANT, MERCHANT_NAME, MCC, MCC_NAME, PARTNER, CURRENCY],
            &[("amount", Kind::Money, "How much.")],
        ],
    },
    Row {
        name: "ExposureTotal",
        about: "The figures of exposure or of liability, whichever the answer is sorted by, of all rows or of those not shown, of one currency.",
        columns: &[
            &[CURRENCY],
            &[
                ("amount", Kind::Key, "How much is held."),
                ("overdue", Kind::Key, "What of it should have been released by now."),
                ("count", Kind::NumberKey, "How many parts that is."),
                ("chargeback", Kind::Key, "Expected chargebacks."),
                ("refund", Kind::Key, "Expected refunds."),
                ("non_delivery", Kind::Key, "What was sold and is not delivered yet."),
                ("owed", Kind::Key, "What merchants owe."),
                ("advances", Kind::Key, "What they were paid before it cleared."),
                ("exposure", Kind::Key, "All of these."),
                ("cover", Kind::Key, "What is held for them."),
                ("uncovered", Kind::Key, "Exposure beyond cover, merchant by merchant."),
            ],
        ],
    },
    Row {
        name: "UnbookedCount",
        about: "How many events were not booked, and the sum of their amounts in one currency.",
        columns: &[
            &[
                ("outcome", Kind::Key, "How they ended: `refused`, `parked`, `quarantined` or `duplicate`."),
                ("code", Kind::Key, "The code of refusal or quarantine."),
                ("type", Kind::Key, "The type of the events."),
                ("day", Kind::Key, "The business date."),
                ("currency", Kind::Key, "ISO 4217; `null` in the row of those that tell no amount."),
            ],
            &[("count", Kind::Count, "How many."), ("amount", Kind::Ratio, "The sum of their amounts; `null` where they tell none.")],
        ],
    },
    Row {
        name: "AccountRow",
        about: "An account of the trial balance, of one currency.",
        columns: &[
            &[("book", Kind::Key, "Whose books: `bank` or `psp:…`."), ("code", Kind::Key, "Its number in the chart of accounts."), CODE_NAME, CURRENCY],
            &[("party", Kind::Key, "Whose it is."), ("detail", Kind::Key, "A date or an id that tells it from others of its party."), MERCHANT, MERCHANT_NAME],
            &[
                ("debits", Kind::Money, "All debits since inception."),
                ("credits", Kind::Money, "All credits since inception."),
                ("balance", Kind::Money, "Debits less credits."),
            ],
        ],
    },
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

/// The lists of rows: the schema and the property, and the schema of its items.
const LISTS: &[(&str, &str, &str)] = &[
    ("ReconciliationSums", "rows", "ReconciliationRow"),
    ("ReconciliationSums", "total", "ReconciliationRow"),
    ("ReconciliationSums", "rest", "ReconciliationRow"),
    ("FeeIncome", "rows", "FeeIncomeRow"),
    ("FeeIncome", "total", "FeeIncomeRow"),
    ("FeeIncome", "rest", "FeeIncomeRow"),
    ("ExposureAnswer", "total", "ExposureTotal"),
    ("ExposureAnswer", "rest", "ExposureTotal"),
    ("ExposureAnswer", "ladder", "LadderRow"),
    ("UnbookedCounts", "rows", "UnbookedCount"),
    ("UnbookedCounts", "total", "UnbookedCount"),
    ("UnbookedCounts", "rest", "UnbookedCount"),
    ("Accounts", "total", "AccountRow"),
    ("Accounts", "rest", "AccountRow"),
    ("ExposureAnswer", "rows", "ExposureRow"),
    ("ExposureAnswer", "liability", "LiabilityRow"),
    ("Accounts", "rows", "AccountRow"),
];

/// The questions about consumption, each with rows of its own in the one shape `Consumption`.
const CONSUMPTION: &[(&str, &str)] = &[
    ("footfall", "Footfall"),
    ("tickets", "Tickets"),
    ("customers", "CustomersAnswer"),
    ("segments", "Segments"),
    ("cohorts", "Cohorts"),
    ("mix", "Mix"),
    ("affinity", "Affinity"),
];

/// Adds the schemas of rows, and refers to them where rows are told.
pub fn name_rows(document: &mut Value) {
    let answers: Vec<(&str, String)> = CONSUMPTION.iter().map(|(path, name)| (*path, format!("{}Row", name.trim_end_matches("Answer")))).collect();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        name_pages(schemas);
        for row in ROWS {
            schemas.insert(row.name.to_owned(), schema(row));
        }
        for (of, property, row) in LISTS {
            if let Some(list) = schemas.get_mut(*of).and_then(|answer| answer.pointer_mut(&format!("/properties/{property}"))) {
                list["items"] = refer(row);
            }
        }
        for ((_, name), (_, row)) in CONSUMPTION.iter().zip(&answers) {
            let Some(mut answer) = schemas.get("Consumption").cloned() else { continue };
            answer["properties"]["rows"]["items"] = refer(row);
            for list in ["total", "rest"] {
                answer["properties"][list]["items"] = refer("ConsumptionTotal");
            }
            schemas.insert((*name).to_owned(), answer);
        }
    }
    for (question, name) in CONSUMPTION {
        let place = format!("/paths/~1v1~1consumption~1{question}/get/responses/200/content/application~1json/schema");
        if let Some(schema) = document.pointer_mut(&place) {
            schema["$ref"] = json!(path(name));
        }
    }
}

/// A page of a list names the schema of its rows: of `Page_Entry` and `PageOfMany_Entry` that is `Entry`.
fn name_pages(schemas: &mut Map<String, Value>) {
    let of_pages: Vec<(String, String)> = schemas
        .keys()
        .filter_map(|page| page.split_once('_').map(|(_, row)| (page.clone(), row.to_owned())))
        .filter(|(page, _)| page.starts_with("Page"))
        .collect();
    for (page, row) in of_pages {
        let Some(items) = schemas.get_mut(&page).and_then(|schema| schema.pointer_mut("/properties/rows/items")) else { continue };
        let inlined = std::mem::replace(items, refer(&row));
        // The same type in every page; only the first one is kept.
        schemas.entry(row).or_insert(inlined);
    }
}

fn schema(row: &Row) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, kind, about) in row.columns.iter().copied().flatten() {
        let mut property = match kind {
            Kind::Key => json!({"type": ["string", "null"]}),
            Kind::NumberKey => json!({"type": ["integer", "null"]}),
            Kind::Text => json!({"type": "string"}),
            Kind::Money => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}),
            Kind::Ratio => json!({"type": ["string", "null"], "pattern": "^-?[0-9]+(\\.[0-9]+)?$"}),
            Kind::Count => json!({"type": "integer", "format": "int64", "minimum": 0}),
            Kind::Change => json!({"type": "integer", "format": "int64"}),
            Kind::Of(name) => refer(name),
        };
        property["description"] = json!(about);
        properties.insert((*name).to_owned(), property);
        if !matches!(kind, Kind::Key | Kind::NumberKey) {
            required.push(*name);
        }
    }
    json!({"type": "object", "description": row.about, "required": required, "properties": properties})
}
