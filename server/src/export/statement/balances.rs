//! A purse as balances of accounts, debit less credit.

use super::{Account, Statement};
use crate::export::Name;
use ledger::entry::{self, Code};
use projections::folds::balances::Purse;
use schemas::money::Currency;
use std::collections::BTreeMap;

/// What every account of a merchant has as the date before closed.
pub fn opening(statement: &Statement) -> Vec<(Currency, Name, i128)> {
    told(statement, |account| of(statement, account, &account.opening))
}

/// What every account of a merchant has as the date closed: also nothing, where the date began with something.
pub fn closing(statement: &Statement) -> Vec<(Currency, Name, i128)> {
    told(statement, |account| {
        let mut all = of(statement, account, &account.closing);
        for name in of(statement, account, &account.opening).into_keys() {
            all.entry(name).or_insert(0);
        }
        all
    })
}

fn told(statement: &Statement, of: impl Fn(&Account) -> BTreeMap<Name, i128>) -> Vec<(Currency, Name, i128)> {
    statement.accounts.iter().flat_map(|account| of(account).into_iter().map(|(name, minor)| (account.currency, name, minor))).collect()
}

fn of(statement: &Statement, account: &Account, purse: &Purse) -> BTreeMap<Name, i128> {
    let mut all = BTreeMap::new();
    let mut add = |code: Code, detail: Option<String>, minor: i128| {
        let name = Name::new(&account.book, &entry::Account::merchant(code), Some(statement.merchant.as_str()), detail.as_deref());
        if minor != 0 {
            *all.entry(name).or_insert(0) += minor;
        }
    };
    for (date, minor) in &purse.pending {
        add(Code::Pending, Some(date.to_string()), -minor);
    }
    add(Code::Available, None, -purse.available);
    for (date, minor) in &purse.reserve {
        add(Code::Reserve, Some(date.to_string()), -minor);
    }
    for hold in &purse.holds {
        add(Code::Hold, Some(hold.hold.to_string()), -hold.amount);
    }
    for (payment, minor) in &purse.disputed {
        add(Code::DisputeProvisional, Some(payment.to_string()), -minor);
    }
    for (payout, minor) in &purse.in_transit {
        add(Code::PayoutInTransit, Some(payout.to_string()), -minor);
    }
    add(Code::MerchantReceivable, None, purse.owed);
    all
}
