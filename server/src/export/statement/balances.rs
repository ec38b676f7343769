//! A purse as balances of the accounts of a statement, debit less credit.

use super::{Account, Chart, Statement};
use crate::export::Name;
use ledger::entry::Code;
use projections::folds::balances::Purse;
use schemas::event::Book;
use schemas::money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// The balance of an account in a currency.
#[derive(Clone, Debug)]
pub struct Balance {
    /// The account.
    pub name: Name,
    /// In what.
    pub currency: Currency,
    /// In minor units, debit less credit.
    pub minor: i128,
}

/// What a book begins with: one currency after the other, accounts that have something.
pub fn opening<'a>(chart: &Chart, accounts: impl Iterator<Item = &'a Account>) -> Vec<Balance> {
    let of = |account: &Account| told(account, of(chart, account, account.opening.as_ref()));
    accounts.flat_map(of).collect()
}

/// What every account has as the last date closed: also nothing, where the range began with something.
pub fn closing(statement: &Statement, chart: &Chart) -> Vec<Balance> {
    let of = |account: &Account| {
        let mut all = of(chart, account, Some(&account.closing));
        for name in of(chart, account, account.opening.as_ref()).into_keys() {
            all.entry(name).or_insert(0);
        }
        told(account, all)
    };
    statement.accounts.iter().flat_map(of).collect()
}

/// The books of a statement, and of each whether anything had moved in it before the first date.
pub fn books(statement: &Statement) -> BTreeMap<&Book, bool> {
    let mut books = BTreeMap::new();
    for account in &statement.accounts {
        *books.entry(&account.book).or_insert(false) |= account.opening.is_some();
    }
    books
}

/// Every name of some balances, once.
pub fn names(balances: &[Balance]) -> BTreeSet<&Name> {
    balances.iter().map(|balance| &balance.name).collect()
}

fn told(account: &Account, balances: BTreeMap<Name, i128>) -> Vec<Balance> {
    balances.into_iter().map(|(name, minor)| Balance { name, currency: account.currency, minor }).collect()
}

fn of(chart: &Chart, account: &Account, purse: Option<&Purse>) -> BTreeMap<Name, i128> {
    let Some(purse) = purse else { return BTreeMap::new() };
    // As the bank's books have them, debit less credit.
    let balances = [
        (Code::MerchantReceivable, purse.owed),
        (Code::Pending, -purse.pending_total()),
        (Code::Available, -purse.available),
        (Code::Reserve, -purse.reserve_total()),
        (Code::Hold, -purse.holds.amount),
        (Code::DisputeProvisional, -purse.disputed),
        (Code::PayoutInTransit, -purse.in_transit),
    ];
    let named = balances.into_iter().map(|(code, minor)| (chart.balance(&account.book, code), chart.view().signed(minor)));
    named.filter(|(_, minor)| *minor != 0).collect()
}
