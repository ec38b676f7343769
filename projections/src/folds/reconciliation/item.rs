//! Items of a pair, and the nodes that they stand in.

use crate::views::{Key, Names};
use schemas::event::{Book, Subject};
use schemas::ids::{PaymentId, Reference, ReportName};
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// Whose lines without a merchant are.
pub const HOUSE: &str = "@house";
/// In the place of a source: payouts, whose source is known by the configuration alone. Their lines say their own.
pub const PAYOUTS: &str = "";

/// What one side says of some money: an entry of ours, or a line of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The business date on which it was booked, or came.
    pub date: Date,
    /// The number of its entry.
    pub entry: u64,
    /// The offset of its record.
    pub offset: i64,
    /// How much; above zero where the source owes us or pays us.
    pub minor: i128,
    /// In what.
    pub currency: Currency,
    /// The fee in it; of ours in the same currency, else `None`. Of theirs `None` where the line has none.
    pub fee: Option<i128>,
    /// The payment that it is about.
    pub payment: Option<PaymentId>,
    /// How the source names it.
    pub reference: Option<Reference>,
    /// Whose it is.
    pub side: Side,
}

/// Whose item it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// Ours.
    Ours {
        /// The entry of the contract that its payment is pinned to.
        contract: Option<u64>,
        /// The book that it is in.
        book: Book,
    },
    /// Theirs.
    Theirs {
        /// The report.
        report: ReportName,
        /// The number of the line.
        line: u64,
        /// The report's own date of it.
        date: Date,
        /// Who reports.
        source: String,
        /// A hash of its source and id.
        hash: u64,
    },
}

impl Item {
    /// Whether it is ours.
    pub const fn is_ours(&self) -> bool {
        matches!(self.side, Side::Ours { .. })
    }
}

/// What items are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    /// How the source names it.
    Reference,
    /// The payment.
    Payment,
    /// The payout.
    Payout,
    /// Nothing: it stands alone.
    Alone,
}

/// The name of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeKey {
    /// The merchant, or [`HOUSE`].
    pub owner: String,
    /// Who reports, or [`PAYOUTS`].
    pub source: String,
    /// What it is about.
    pub kind: ReportKind,
    /// What its items are found by.
    pub tag: Tag,
    /// Which.
    pub name: String,
}

/// The number of a kind on disk, which is for ever.
pub const fn number_of_kind(kind: ReportKind) -> u8 {
    match kind {
        ReportKind::Sale => 0,
        ReportKind::Refund => 1,
        ReportKind::Chargeback => 2,
        ReportKind::Representment => 3,
        ReportKind::Fee => 4,
        ReportKind::Payout => 5,
        ReportKind::Settlement => 6,
        ReportKind::Other => 7,
    }
}

/// The kind of a number.
pub fn kind_of_number(number: u8) -> Option<ReportKind> {
    ReportKind::ALL.into_iter().find(|kind| number_of_kind(*kind) == number)
}

impl Key for NodeKey {
    fn encode(&self, out: &mut Vec<u8>) {
        let tag = match self.tag {
            Tag::Reference => 0,
            Tag::Payment => 1,
            Tag::Payout => 2,
            Tag::Alone => 3,
        };
        self.owner.encode(out);
        self.source.encode(out);
        out.extend([number_of_kind(self.kind), tag]);
        self.name.encode(out);
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        let (owner, source) = (String::decode(from)?, String::decode(from)?);
        let kind = kind_of_number(u8::decode(from)?)?;
        let tag = match u8::decode(from)? {
            0 => Tag::Reference,
            1 => Tag::Payment,
            2 => Tag::Payout,
            3 => Tag::Alone,
            _ => return None,
        };
        Some(Self { owner, source, kind, tag, name: String::decode(from)? })
    }
}

impl Names<Self> for NodeKey {
    fn encode_name(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
}

/// Items that are found by one thing, and what they are linked to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// In the order in which they came.
    pub items: Vec<Item>,
    /// Of a reference the payments that its items name, of a payment the references under which items of it stand.
    pub links: Vec<Link>,
    /// Of a payment: what ours add up to, wherever they stand, and the fees in them.
    pub sum: (i128, i128),
}

/// A reference and a payment that one item names both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The reference, or the payment.
    pub name: String,
    /// The business date of the first such item.
    pub since: Date,
    /// Since when it joins them: since the payment has an item without a reference, too. Kept at references alone.
    pub joined: Option<Date>,
}

/// The merchant of a subject, or [`HOUSE`].
pub fn owner(subject: &Subject) -> String {
    match subject {
        Subject::Merchant(merchant) => merchant.to_string(),
        Subject::House | Subject::Partition => HOUSE.to_owned(),
    }
}

/// The source that reports of a book's payments of a scheme.
pub fn plain_source(book: &Book, scheme: &str) -> String {
    match book {
        Book::Bank => format!("scheme:{scheme}"),
        Book::Psp(psp) => format!("psp:{psp}"),
    }
}

/// The source that reports of a PSP's own book; a bank's is known by the configuration.
pub fn source_of_book(book: &Book) -> Option<String> {
    match book {
        Book::Bank => None,
        Book::Psp(psp) => Some(format!("psp:{psp}")),
    }
}
