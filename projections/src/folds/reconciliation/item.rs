//! Items of a pair, and what nodes keep of them.

use super::open::report_hash;
use schemas::event::Book;
use schemas::ids::{PaymentId, Reference, ReportName};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

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
        /// Whether it stands under its payout.
        of_payout: bool,
    },
}

impl Item {
    /// Whether it is ours.
    pub const fn is_ours(&self) -> bool {
        matches!(self.side, Side::Ours { .. })
    }

    /// Whether it is about a payout: whose source is known by its lines alone.
    pub const fn is_of_payout(&self) -> bool {
        match &self.side {
            // Of entries that have a node only those of payouts are under no contract.
            Side::Ours { contract, .. } => contract.is_none(),
            Side::Theirs { of_payout, .. } => *of_payout,
        }
    }
}

/// Links that a node keeps itself; the others are rows of [`super::LINKS`].
pub const LINKS_MAX: usize = 8;

/// Items that are found by one thing: the first of them, what all come to, and what they are linked to. Those after the first are rows of
/// [`super::ITEMS`]: a node is small, however many items it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The item that came first.
    pub first: Option<Item>,
    /// What all of them come to, once there is more than one.
    pub sides: Option<Box<Sides>>,
    /// Of a reference the payments that its items name, of a payment the references under which items of it stand: the first few.
    pub links: Vec<Link>,
    /// How many links are rows of their own.
    pub more_links: u64,
    /// Of a payment: what ours add up to, wherever they stand, and the fees in them.
    pub sum: (i128, i128),
    /// The shelf on which it waits, see [`super::SHELVES`].
    pub shelf: Option<u64>,
    /// Of a payment that stood at nothing under several references, and of these: who expects its entries, see [`super::nobody`].
    pub turned: Option<Turn>,
}

impl Node {
    /// What its items come to.
    pub fn sides(&self) -> Sides {
        match (&self.sides, &self.first) {
            (Some(sides), _) => sides.as_ref().clone(),
            (None, Some(first)) => Sides::of(first),
            (None, None) => Sides::default(),
        }
    }

    /// Takes another item in. The first stays here; of another it answers that it is to be a row of its own.
    pub fn add(&mut self, item: &Item) -> bool {
        let Some(first) = &self.first else {
            self.first = Some(item.clone());
            return false;
        };
        let sides = self.sides.get_or_insert_with(|| Box::new(Sides::of(first)));
        sides.add(item);
        true
    }
}

/// Who expects entries that pairs beside their own say something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The business date on which that last changed.
    pub date: Date,
    /// Who does since.
    pub by: Expected,
}

/// Who expects entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// Nobody: the payment of all of them stands at nothing, and no line of it came.
    Nobody,
    /// Somebody expects them, or some of them.
    Somebody,
    /// The fold does not keep it, for the payment is under more references than it walks over, or in a pair of more nodes.
    Unknown,
}

/// A reference and a payment that one item names both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The reference, or the payment.
    pub name: String,
    /// The business date of the first such item.
    pub since: Option<Date>,
    /// Since when it joins them: since the payment has an item without a reference, too. Kept at references alone.
    pub joined: Option<Date>,
}

/// What the items of a pair come to on either side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides {
    /// Entries.
    pub ours: Tally,
    /// Lines.
    pub theirs: Tally,
    /// The business dates of the entries, each once, the first first: bounded by the dates of a ledger.
    pub dates: Vec<Date>,
    /// Of a payout: whose book it is in, and who reports of it; several of either are a break whatever else holds.
    pub payout: Option<Reporters>,
}

/// In whose books a payout is, and who reports of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reporters {
    books: Vec<Book>,
    sources: Vec<String>,
}

/// What the items of one side come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Their sum, of whatever currency.
    pub minor: i128,
    /// Their fees, of those that have one.
    pub fee: i128,
    /// How many have none.
    pub without_fee: u64,
    /// The currency of the first.
    pub currency: Option<Currency>,
    /// Whether another one is in another currency.
    pub is_mixed: bool,
    /// When the first came.
    pub first: Option<Date>,
    /// When the last came.
    pub last: Option<Date>,
    /// Of lines: a short hash of the report of the first, see [`super::report_hash`]; 0 where there is none, or it is not known.
    pub report: u32,
}

impl Tally {
    fn add(&mut self, item: &Item) {
        let item = Self {
            count: 1,
            minor: item.minor,
            fee: item.fee.unwrap_or(0),
            without_fee: u64::from(item.fee.is_none()),
            currency: Some(item.currency),
            is_mixed: false,
            first: Some(item.date),
            last: Some(item.date),
            report: match &item.side {
                Side::Theirs { report, .. } => report_hash(report.as_str()),
                Side::Ours { .. } => 0,
            },
        };
        // Items of a node come in their order.
        let report = if self.count == 0 { item.report } else { self.report };
        self.merge(&item);
        self.report = report;
    }

    fn merge(&mut self, other: &Self) {
        // Which of them came first is not known here.
        self.report = match (self.count, other.count) {
            (_, 0) => self.report,
            (0, _) => other.report,
            _ => 0,
        };
        self.count += other.count;
        self.minor += other.minor;
        self.fee += other.fee;
        self.without_fee += other.without_fee;
        self.is_mixed |= other.is_mixed || (self.currency.is_some() && other.currency.is_some() && self.currency != other.currency);
        self.currency = self.currency.or(other.currency);
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
    }

    /// The fees, where there are items and every one has one.
    pub fn fees(&self) -> Option<i128> {
        (self.count > 0 && self.without_fee == 0).then_some(self.fee)
    }
}

impl Sides {
    /// What one item comes to.
    pub fn of(item: &Item) -> Self {
        let mut sides = Self { payout: item.is_of_payout().then(Reporters::default), ..Self::default() };
        sides.add(item);
        sides
    }

    fn add(&mut self, item: &Item) {
        match &item.side {
            Side::Ours { book, .. } => {
                self.ours.add(item);
                if self.dates.last() != Some(&item.date) {
                    self.dates.push(item.date);
                }
                if let Some(payout) = &mut self.payout {
                    once(&mut payout.books, book);
                }
            }
            Side::Theirs { source, .. } => {
                self.theirs.add(item);
                // Elsewhere a pair has one source.
                if let Some(payout) = &mut self.payout {
                    once(&mut payout.sources, source);
                }
            }
        }
    }

    /// Takes in what other items come to.
    pub fn merge(&mut self, other: &Self) {
        self.ours.merge(&other.ours);
        self.theirs.merge(&other.theirs);
        self.dates.extend(&other.dates);
        self.dates.sort_unstable();
        self.dates.dedup();
    }

    /// Whether both sides are in one currency.
    pub fn is_of_one_currency(&self) -> bool {
        let (ours, theirs) = (&self.ours, &self.theirs);
        !ours.is_mixed && !theirs.is_mixed && (ours.currency.is_none() || theirs.currency.is_none() || ours.currency == theirs.currency)
    }

    /// How many units an entry the fees are apart, rounded up; nothing where they cannot be compared.
    pub fn fees_apart(&self) -> u64 {
        match (self.ours.fees(), self.theirs.fees()) {
            (Some(ours), Some(theirs)) => u64::try_from(ours.abs_diff(theirs).div_ceil(u128::from(self.ours.count.max(1)))).unwrap_or(u64::MAX),
            _ => 0,
        }
    }

    /// When the last item came.
    pub fn last(&self) -> Option<Date> {
        self.ours.last.max(self.theirs.last)
    }

    /// When the first item came.
    pub fn first(&self) -> Option<Date> {
        self.ours.first.into_iter().chain(self.theirs.first).min()
    }

    /// Whether a payout's lines are all of one source, and of the kind that reports of its book.
    pub fn is_answered_by_its_source(&self) -> bool {
        let Some(Reporters { books, sources }) = &self.payout else { return true };
        let ([source], true) = (sources.as_slice(), books.len() <= 1) else { return sources.is_empty() };
        books.iter().all(|book| match book {
            Book::Bank => source.starts_with("bank:"),
            Book::Psp(psp) => source.strip_prefix("psp:") == Some(psp.as_str()),
        })
    }
}

fn once<T: Clone + PartialEq>(all: &mut Vec<T>, one: &T) {
    // Two of them tell as much as more.
    if all.len() < 2 && !all.contains(one) {
        all.push(one.clone());
    }
}
