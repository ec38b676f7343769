//! An entry being drafted: postings in order, each at once in the merchant's buckets.
//!
//! A rule that may refuse does so before it drafts: what is posted here is never taken back. What it asks before that is looked up
//! with [`Draft::purse`], which changes nothing of the merchant.

use super::exact::broken;
use super::state::{Batch, Merchant, NetLine, Payment, Purse};
use crate::entry::{Account, Alert, Amount, Code, Detail, Leg, Party, Posting, Source};
use crate::source::Error;
use litemap::LiteMap;
use schemas::event::Book;
use schemas::ids::TerminalId;
use schemas::money::Currency;
use schemas::time::Date;

/// The book and currency that a merchant's money is moved in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purview {
    /// Whose book.
    pub book: Book,
    /// In what.
    pub currency: Currency,
}

/// Money that moves from one account to another, before it is a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// What it is for.
    pub leg: Leg,
    /// Where the waterfall took it from, where it did.
    pub source: Option<Source>,
    /// The account that is debited.
    pub debit: Account,
    /// The account that is credited.
    pub credit: Account,
    /// Minor units; nothing is posted for zero.
    pub amount: u128,
}

impl Move {
    /// A move that no waterfall made.
    pub const fn new(leg: Leg, debit: Account, credit: Account, amount: u128) -> Self {
        Self { leg, source: None, debit, credit, amount }
    }
}

/// What a merchant has in a book and currency that it never had money in.
static EMPTY: Purse = Purse { pending: LiteMap::new(), available: 0, reserve: LiteMap::new(), owed: 0, sweeping: None };

/// Lines of an entry that need no second allocation: a sale has six or seven.
const LINES_EXPECTED: usize = 8;

/// The lines and alerts of one entry.
pub struct Draft {
    /// Postings, in order.
    pub lines: Vec<Posting>,
    /// What somebody should look at.
    pub alerts: Vec<Alert>,
    /// Whether money was taken from anything but the payment's own pending.
    pub reached_beyond: bool,
    /// Dates whose bucket of the merchant was empty before.
    pub opened: Vec<Date>,
    /// What a terminal took: added to its batch where the entry is posted.
    pub batch: Option<(TerminalId, Currency, Batch)>,
    /// The books and currencies whose purse was touched, for what ends an entry.
    touched: Vec<(Book, Currency)>,
}

impl Default for Draft {
    fn default() -> Self {
        Self { lines: Vec::with_capacity(LINES_EXPECTED), alerts: Vec::new(), reached_beyond: false, opened: Vec::new(), batch: None, touched: Vec::new() }
    }
}

impl Draft {
    /// Posts a line that touches no merchant and no payment. Nothing for an amount of zero.
    pub fn house(&mut self, book: &Book, currency: Currency, moved: Move) -> Result<(), Error> {
        let Move { leg, source, debit, credit, amount } = moved;
        if amount > 0 {
            let amount = Amount::new(amount).ok_or_else(|| broken("a line of 2^127 or more"))?;
            self.lines.push(Posting { leg, source, book: book.clone(), currency, debit, credit, amount });
        }
        Ok(())
    }

    /// Posts a line into a merchant's purse.
    pub fn post(&mut self, merchant: &mut Merchant, at: &Purview, moved: Move) -> Result<(), Error> {
        let Move { debit, credit, amount, .. } = &moved;
        if *amount == 0 {
            return Ok(());
        }
        if touches_purse(debit) || touches_purse(credit) {
            let (purse, date) = (self.purse_to_change(merchant, at), date_of(credit));
            let opens = touches_purse(credit) && purse.credit(credit.code, date, *amount)?;
            if touches_purse(debit) {
                purse.debit(debit.code, date_of(debit), *amount)?;
            }
            self.opened.extend(date.filter(|_| opens));
        }
        self.house(&at.book, at.currency, moved)
    }

    /// Posts a line of a payment: what it puts into its own buckets is counted.
    pub fn pay(&mut self, merchant: &mut Merchant, payment: &mut Payment, at: &Purview, moved: Move) -> Result<(), Error> {
        match own_bucket(payment, &moved.credit) {
            Some(Own::Pending) => payment.own_pending += moved.amount,
            Some(Own::Reserve) => payment.own_reserve += moved.amount,
            None => {}
        }
        self.post(merchant, at, moved)
    }

    /// Nets the lines from a place on into what a void would mirror.
    pub fn remember_from(&self, first: usize, mirror: &mut Vec<NetLine>) {
        for line in self.lines.get(first..).unwrap_or_default() {
            remember(mirror, line);
        }
    }

    /// The purse of a book and currency, an empty one where the merchant has none; it is touched. The merchant stays as it is, whether
    /// the event is posted or refused.
    pub fn purse<'a>(&mut self, merchant: &'a Merchant, at: &Purview) -> &'a Purse {
        self.touch(at);
        merchant.purses.get_by(|(book, currency)| (book, currency).cmp(&(&at.book, &at.currency))).unwrap_or(&EMPTY)
    }

    /// The same to be changed; the merchant has it from then on. For an entry that is posted whatever comes.
    pub fn purse_to_change<'a>(&mut self, merchant: &'a mut Merchant, at: &Purview) -> &'a mut Purse {
        self.touch(at);
        crate::few::entry(&mut merchant.purses, (at.book.clone(), at.currency))
    }

    fn touch(&mut self, at: &Purview) {
        if !self.touched.iter().any(|(book, currency)| *currency == at.currency && *book == at.book) {
            self.touched.push((at.book.clone(), at.currency));
        }
    }

    /// The books and currencies whose purse was touched since the last call, in their order.
    pub fn take_touched(&mut self) -> Vec<Purview> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort();
        touched.into_iter().map(|(book, currency)| Purview { book, currency }).collect()
    }

    /// What is available repays what is owed.
    pub fn repay(&mut self, merchant: &mut Merchant, at: &Purview) -> Result<(), Error> {
        let purse = self.purse(merchant, at);
        let amount = purse.available.min(purse.owed);
        let (available, owed) = (Account::merchant(Code::Available), Account::merchant(Code::MerchantReceivable));
        self.post(merchant, at, Move::new(Leg::Repayment, available, owed, amount))
    }
}

/// Whether an account is kept in the merchant's purse (holds, payouts and disputes are kept by their objects).
fn touches_purse(account: &Account) -> bool {
    account.party == Party::Merchant && matches!(account.code, Code::Pending | Code::Available | Code::Reserve | Code::MerchantReceivable)
}

const fn date_of(account: &Account) -> Option<Date> {
    match account.detail {
        Detail::Date(date) => Some(date),
        Detail::None | Detail::Hold(_) | Detail::Payout(_) | Detail::Payment => None,
    }
}

/// One of a payment's own buckets.
enum Own {
    Pending,
    Reserve,
}

/// Which of a payment's own buckets an account is.
fn own_bucket(payment: &Payment, account: &Account) -> Option<Own> {
    match (account.code, date_of(account)) {
        (Code::Pending, Some(date)) if date == payment.available_on => Some(Own::Pending),
        (Code::Reserve, Some(date)) if Some(date) == payment.release_on => Some(Own::Reserve),
        _ => None,
    }
}

/// Nets a line into what a void would mirror, per pair of accounts.
fn remember(mirror: &mut Vec<NetLine>, posting: &Posting) {
    let Posting { leg, book, currency, debit, credit, amount, source: _ } = posting;
    let amount = amount.signed();
    for line in mirror.iter_mut().filter(|line| line.book == *book && line.currency == *currency) {
        let signed = if line.debit == *debit && line.credit == *credit {
            amount
        } else if line.debit == *credit && line.credit == *debit {
            -amount
        } else {
            continue;
        };
        line.amount += signed;
        line.leg = netted(line.leg, *leg);
        return;
    }
    mirror.push(NetLine { leg: *leg, book: book.clone(), currency: *currency, debit: debit.clone(), credit: credit.clone(), amount });
}

/// What a net of two lines is for: what the first was, but the VAT of two fees is of neither.
fn netted(first: Leg, other: Leg) -> Leg {
    if first != other && first.is_vat() && other.is_vat() { Leg::Vat } else { first }
}
