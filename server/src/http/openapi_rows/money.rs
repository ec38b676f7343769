//! Rows of money: fee income, exposure, reconciliation, accounts, and events that were not booked.

use super::{CARD, CURRENCY, Column, DAY, ENTRY_MODE, Kind, MCC, MCC_NAME, MERCHANT, MERCHANT_NAME, MONTH, Row, WEEK};

const CODE_NAME: Column = ("code_name", Kind::Key, "Its name in the chart of accounts.");
const PARTNER: Column = ("partner", Kind::Key, "The partner.");

const ROWS_COUNT: Column = ("rows", Kind::Count, "How many rows it is of.");
const EVENTS_CURRENCY: Column = ("currency", Kind::Key, "ISO 4217; `null` in the row of those that tell no amount.");

/// What amounts of are never added to those of another.
const WALLET: &[Column] = &[("book", Kind::Text, "Whose books: `bank` or `psp:…`."), CURRENCY];
/// The figures of pairs of ours and theirs.
const PAIRS: &[Column] = &[
    ("count", Kind::Count, "How many pairs."),
    ("ours", Kind::Money, "What our entries say."),
    ("theirs", Kind::Money, "What the source says."),
    ("difference", Kind::Money, "Ours less theirs."),
    ("fees_ours", Kind::Ratio, "Our fees; `null` where there are none."),
    ("fees_theirs", Kind::Ratio, "The source's fees; `null` where there are none."),
];
/// The figures of fee income.
const INCOME: &[Column] = &[
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
];
/// The figures of an account.
const ACCOUNT: &[Column] = &[
    ("debits", Kind::Money, "All debits since inception."),
    ("credits", Kind::Money, "All credits since inception."),
    ("balance", Kind::Money, "Debits less credits."),
];
/// The figures of events that were not booked.
const EVENTS: &[Column] = &[("count", Kind::Count, "How many."), ("amount", Kind::Ratio, "The sum of their amounts; `null` where they tell none.")];

/// In the order in which the document has them.
pub(super) const ROWS: &[Row] = &[
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
            PAIRS,
        ],
    },
    Row {
        name: "ReconciliationTotal",
        about: "What pairs come to, of all rows or of those that are not shown, of one currency.",
        columns: &[&[CURRENCY], PAIRS, &[ROWS_COUNT]],
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
            WALLET,
            INCOME,
        ],
    },
    Row {
        name: "FeeIncomeTotal",
        about: "What taking payments earned and cost, of all rows or of those that are not shown, of one currency and book.",
        columns: &[WALLET, INCOME, &[ROWS_COUNT]],
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
        about: "What is held and what merchants may have to pay for, of all rows or of those that are not shown, of one currency. A table that has no row \
            of the currency has no figures of it.",
        columns: &[
            &[CURRENCY, ("rows", Kind::Count, "How many rows of `rows`."), ("liability", Kind::Count, "How many rows of `liability`.")],
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
                EVENTS_CURRENCY,
            ],
            EVENTS,
        ],
    },
    Row {
        name: "UnbookedTotal",
        about: "How many events were not booked, and the sum of their amounts, of all rows or of those that are not shown, of one currency.",
        columns: &[&[EVENTS_CURRENCY], EVENTS, &[ROWS_COUNT]],
    },
    Row {
        name: "AccountRow",
        about: "An account of the trial balance, of one currency.",
        columns: &[
            &[("book", Kind::Key, "Whose books: `bank` or `psp:…`."), ("code", Kind::Key, "Its number in the chart of accounts."), CODE_NAME, CURRENCY],
            &[("party", Kind::Key, "Whose it is."), ("detail", Kind::Key, "A date or an id that tells it from others of its party."), MERCHANT, MERCHANT_NAME],
            ACCOUNT,
        ],
    },
    Row {
        name: "AccountTotal",
        about: "What accounts come to, of all rows or of those that are not shown, of one currency, and of one book where that is a key.",
        columns: &[&[("book", Kind::Key, "Whose books: `bank` or `psp:…`."), CURRENCY], ACCOUNT, &[ROWS_COUNT]],
    },
];
