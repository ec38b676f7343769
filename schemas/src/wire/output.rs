//! What the ledger writes to topics, as tables: the JSON Schemas, the Avro and Protobuf schemas and the AsyncAPI document are made of
//! them. The order of members is that of Protobuf's numbers, so a new one comes last.

use super::shape::{Charset, Member, Record, Shape, Union, may, needs};
use crate::ids::{EventId, MerchantId, PaymentId, Reference, TerminalId};

const COUNT: Shape = Shape::Whole { min: 0, max: i64::MAX.unsigned_abs() };
const DECIMAL: Shape = Shape::ReportedFee;
const MERCHANT: Shape = Shape::Remark;
const OUTCOMES: &[&str] = &["posted", "duplicate", "parked", "refused", "quarantined"];

const SIDE: &Record = &Record {
    name: "Account",
    about: "One side of a line: an account of the chart.",
    members: &[
        needs("code", "The code in the chart of accounts.", Shape::Prose),
        may("party", "Whose account it is: a merchant, scheme, PSP or partner.", Shape::Prose),
        may("detail", "What tells accounts of one code and party apart: a date, hold, payout or payment.", Shape::Prose),
    ],
};

const LINE: Shape = Shape::Object(&Record {
    name: "Line",
    about: "Money moved from one account to another, in one book and one currency.",
    members: &[
        needs("book", "`bank`, or `psp:` and the payment company's id.", Shape::Book),
        needs("currency", "ISO 4217.", Shape::Currency),
        needs("debit", "The account that is debited.", Shape::Object(SIDE)),
        needs("credit", "The account that is credited.", Shape::Object(SIDE)),
        needs("amount", "How much: a decimal string with all the currency's decimals.", Shape::Amount { zero: false }),
        needs("leg", "What the line is for. Words may be added.", Shape::Prose),
    ],
});

const BALANCE_AFTER: Shape = Shape::Object(&Record {
    name: "BalanceAfter",
    about: "What the merchant has after the entry, in a currency and book that it moved.",
    members: &[
        needs("currency", "ISO 4217.", Shape::Currency),
        needs("book", "`bank`, or `psp:` and the payment company's id.", Shape::Book),
        needs("pending", "Not available yet.", DECIMAL),
        needs("available", "Available.", DECIMAL),
        needs("payable", "What can be paid out: available less what is owed, not below zero.", DECIMAL),
        needs("reserved", "Kept for what may still come.", DECIMAL),
        needs("held", "Held.", DECIMAL),
        needs("disputed", "Chargebacks that were represented.", DECIMAL),
        needs("in_transit", "Payouts on their way.", DECIMAL),
        needs("owed", "What the merchant owes.", DECIMAL),
        needs("preauthorised", "Pre-authorised; no money has moved.", DECIMAL),
    ],
});

/// A record of the topic of entries.
pub const ENTRY: &Record = &Record {
    name: "LedgerEntry",
    about: "An entry of the journal: what became of one event, the lines that it made, and what its merchant has afterwards.",
    members: &[
        needs("entry", "The entry: partition and number.", Shape::Prose),
        needs("position", "Where the event's record lies in the log: partition and offset.", Shape::Prose),
        needs("partition", "The partition, of the log and of this topic.", COUNT),
        needs("sequence", "The number of the entry in its partition: from 0, without a gap.", COUNT),
        needs("outcome", "What became of the event.", Shape::OneOf(OUTCOMES)),
        may("code", "Why it was refused or quarantined: a stable code.", Shape::Prose),
        may("detail", "The same, for people.", Shape::Remark),
        may("of", "Of a duplicate: where the first event of its id lies.", Shape::Prose),
        may("event", "The event's id, where one could be read.", Shape::Text { charset: Charset::Wide, max: EventId::MAX_LENGTH }),
        may("type", "The event's type, where it could be read.", Shape::Prose),
        may("business_date", "The business date it is booked on.", Shape::Date),
        may("occurred_at", "When it happened.", Shape::Instant),
        may("merchant", "Whom it is about: the merchant, or `@house`.", MERCHANT),
        may("payment", "The payment it is about.", Shape::Text { charset: Charset::Wide, max: PaymentId::MAX_LENGTH }),
        may("reference", "How the scheme or PSP names the event.", Shape::Text { charset: Charset::Wide, max: Reference::MAX_LENGTH }),
        may("terminal", "The terminal that the event names, else its payment's.", Shape::Text { charset: Charset::Free, max: TerminalId::MAX_LENGTH }),
        may("currency", "What the event's own amount is in.", Shape::Currency),
        may("amount", "The event's own amount, or that of the hold, payout or dispute that it is about.", DECIMAL),
        may("maker", "Who made an adjustment.", Shape::Remark),
        may("checker", "Who checked it.", Shape::Remark),
        may("reason", "Why an adjustment was made, or a hold placed.", Shape::Remark),
        may("order", "The order that a seizure follows.", Shape::Remark),
        needs("lines", "The lines, in the order posted; none where nothing was posted.", Shape::List(&LINE)),
        needs("balances_after", "A row for each currency and book in which it moved its merchant's accounts.", Shape::List(&BALANCE_AFTER)),
    ],
};

/// A record of the topic of consumption.
pub const CONSUMPTION: &Record = &Record {
    name: "Consumption",
    about: "A purchase, or a change of one, as what it adds. A record with sequence and customer alone says that an erasure ended this key.",
    members: &[
        needs("sequence", "The number of its entry in the partition: it rises, with gaps.", COUNT),
        may("customer", "The customer's key, never a token.", Shape::Prose),
        may("purchase", "A name of the payment, from which nothing leads back to it.", Shape::Prose),
        may("merchant", "The merchant.", Shape::Text { charset: Charset::Narrow, max: MerchantId::MAX_LENGTH }),
        may("mcc", "The merchant's category code.", Shape::CategoryCode),
        may("region", "The merchant's region.", Shape::Prose),
        may("date", "The local date of the purchase, which later changes keep.", Shape::Date),
        may("hour", "The local hour of the purchase.", Shape::Whole { min: 0, max: 23 }),
        may("card", "How it was paid.", Shape::Prose),
        may("entry_mode", "How the card or code came into the terminal.", Shape::Prose),
        may("currency", "ISO 4217.", Shape::Currency),
        may("gross", "What it adds to sales.", DECIMAL),
        may("net", "What it adds to sales less refunds.", DECIMAL),
        may("visits", "What it adds to visits: 1 of a purchase, 0 of what becomes of it.", Shape::Integer),
    ],
};

/// A record of the topic of heads.
pub const HEAD: &Record = &Record {
    name: "LedgerHead",
    about: "How far a node's journal of a partition is, and the hash of everything in it.",
    members: &[
        needs("partition", "The partition.", COUNT),
        needs("node", "What the node is called.", Shape::Prose),
        needs("url", "Where it is reached.", Shape::Prose),
        needs("entries", "How many entries it has.", COUNT),
        needs("position", "The last record that is in them: partition and offset, −1 before the first.", Shape::Prose),
        needs("head", "The chain up to the last entry, as hexadecimal digits.", Shape::Prose),
    ],
};

/// Each topic that is written: its usual name, what kind of CloudEvent its records are, and what they say.
pub const TOPICS: [(&str, &str, &Record); 3] =
    [("ledger-entries", "ledger.entry.v1", ENTRY), ("consumption", "ledger.consumption.v1", CONSUMPTION), ("ledger-heads", "ledger.head.v1", HEAD)];

/// The members of a terminal event, as one table: what each type needs and may have is in the JSON Schema.
pub fn event_members() -> Vec<Member> {
    use super::field::Field;
    let member = |field: &Field| {
        let required = matches!(field, Field::Id | Field::Type);
        Member { name: field.name(), about: field.about(), shape: field.shape(), required }
    };
    Field::ALL.iter().map(member).collect()
}

/// The members of an object that has several kinds, as one table: `kind`, and what any of them may have.
pub fn united(union: &Union) -> Vec<Member> {
    let mut members = vec![needs("kind", "Which kind it is.", Shape::Prose)];
    for member in union.kinds.iter().flat_map(|kind| kind.record.members) {
        if !members.iter().any(|known: &Member| known.name == member.name) {
            members.push(Member { required: false, ..*member });
        }
    }
    members
}

/// The name of a record as that of a file: `LedgerEntry` is `ledger-entry`.
pub fn file_name(record: &str) -> String {
    let mut name = String::new();
    for letter in record.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
