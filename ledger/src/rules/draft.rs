//! An entry being drafted: postings in order, each at once in the merchant's buckets.
//!
//! A rule that may refuse does so before it drafts: what is posted here is never taken back.

use super::state::{Merchant, NetLine, Payment, Purse};
use crate::entry::{Account, Alert, Code, Detail, Party, Posting};
use schemas::event::Book;
use schemas::money::Currency;
use schemas::time::Date;
use std::num::NonZeroU128;

/// The book and currency that a merchant's money is moved in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purview {
    /// Whose book.
    pub book: Book,
    /// In what.
    pub currency: Currency,
}

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
    /// The books and currencies whose purse was touched, for what ends an entry.
    touched: Vec<(Book, Currency)>,
}

impl Default for Draft {
    fn default() -> Self {
        Self { lines: Vec::with_capacity(LINES_EXPECTED), alerts: Vec::new(), reached_beyond: false, opened: Vec::new(), touched: Vec::new() }
    }
}

impl Draft {
    /// Posts a line that touches no merchant and no payment. Nothing for an amount of zero.
    pub fn house(&mut self, book: &Book, currency: Currency, debit: Account, credit: Account, amount: u128) {
        if let Some(amount) = NonZeroU128::new(amount) {
            self.lines.push(Posting { book: book.clone(), currency, debit, credit, amount });
        }
    }

    /// Posts a line into a merchant's purse.
    pub fn post(&mut self, merchant: &mut Merchant, at: &Purview, debit: Account, credit: Account, amount: u128) {
        if amount == 0 {
            return;
        }
        if touches_purse(&debit) || touches_purse(&credit) {
            let (purse, date) = (self.purse(merchant, at), date_of(&credit));
            let opens = touches_purse(&credit) && purse.credit(credit.code, date, amount);
            if touches_purse(&debit) {
                purse.debit(debit.code, date_of(&debit), amount);
            }
            self.opened.extend(date.filter(|_| opens));
        }
        self.house(&at.book, at.currency, debit, credit, amount);
    }

    /// Posts a line of a payment: what it puts into its own buckets is counted.
    pub fn pay(&mut self, merchant: &mut Merchant, payment: &mut Payment, at: &Purview, debit: Account, credit: Account, amount: u128) {
        if amount == 0 {
            return;
        }
        match own_bucket(payment, &credit) {
            Some(Code::Pending) => payment.own_pending += amount,
            Some(Code::Reserve) => payment.own_reserve += amount,
            _ => {}
        }
        self.post(merchant, at, debit, credit, amount);
    }

    /// Nets the lines from a place on into what a void would mirror.
    pub fn remember_from(&self, first: usize, mirror: &mut Vec<NetLine>) {
        for line in self.lines.get(first..).unwrap_or_default() {
            remember(mirror, line);
        }
    }

    /// The purse of a book and currency; it is touched.
    pub fn purse<'a>(&mut self, merchant: &'a mut Merchant, at: &Purview) -> &'a mut Purse {
        let key = (at.book.clone(), at.currency);
        if !self.touched.contains(&key) {
            self.touched.push(key.clone());
        }
        merchant.purses.entry(key).or_default()
    }

    /// Ends an entry: what is available repays what is owed, then feeds sweeping holds in order of placing.
    pub fn settle(&mut self, merchant: &mut Merchant) {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort();
        for (book, currency) in touched {
            let at = Purview { book, currency };
            self.repay(merchant, &at);
            self.feed(merchant, &at);
        }
    }

    fn repay(&mut self, merchant: &mut Merchant, at: &Purview) {
        let purse = self.purse(merchant, at);
        let amount = purse.available.min(purse.owed);
        self.post(merchant, at, Account::merchant(Code::Available), Account::merchant(Code::MerchantReceivable), amount);
    }

    fn feed(&mut self, merchant: &mut Merchant, at: &Purview) {
        if merchant.holds.is_empty() {
            return;
        }
        let mut hungry: Vec<_> = merchant
            .holds
            .iter()
            .filter(|(_, hold)| hold.missing > 0 && hold.book == at.book && hold.currency == at.currency)
            .map(|(id, hold)| (hold.place, id.clone()))
            .collect();
        hungry.sort();
        for (_, id) in hungry {
            let available = self.purse(merchant, at).available;
            let Some(hold) = merchant.holds.get_mut(&id) else { continue };
            let amount = available.min(hold.missing);
            hold.missing -= amount;
            hold.amount += amount;
            self.post(merchant, at, Account::merchant(Code::Available), Account::merchant_detail(Code::Hold, Detail::Hold(id)), amount);
        }
    }
}

/// Whether an account is kept in the merchant's purse (holds, payouts and disputes are kept by their objects).
fn touches_purse(account: &Account) -> bool {
    account.party == Party::Merchant && matches!(account.code, Code::Pending | Code::Available | Code::Reserve | Code::MerchantReceivable)
}

const fn date_of(account: &Account) -> Option<Date> {
    match account.detail {
        Detail::Date(date) => Some(date),
        _ => None,
    }
}

/// Which of a payment's own buckets an account is.
fn own_bucket(payment: &Payment, account: &Account) -> Option<Code> {
    match (account.code, date_of(account)) {
        (Code::Pending, Some(date)) if date == payment.available_on => Some(Code::Pending),
        (Code::Reserve, Some(date)) if date == payment.release_on => Some(Code::Reserve),
        _ => None,
    }
}

/// Nets a line into what a void would mirror, per pair of accounts.
fn remember(mirror: &mut Vec<NetLine>, posting: &Posting) {
    let Posting { book, currency, debit, credit, amount } = posting;
    // Amounts are far below 2^127 (see `price::SETTLED_MAX`).
    let amount = i128::try_from(amount.get()).unwrap_or(i128::MAX);
    for line in mirror.iter_mut().filter(|line| line.book == *book && line.currency == *currency) {
        if line.debit == *debit && line.credit == *credit {
            line.amount += amount;
            return;
        }
        if line.debit == *credit && line.credit == *debit {
            line.amount -= amount;
            return;
        }
    }
    mirror.push(NetLine { book: book.clone(), currency: *currency, debit: debit.clone(), credit: credit.clone(), amount });
}
