//! What a merchant has: its own accounts of one book and currency.

use super::account::Account;
use schemas::time::Date;
use std::collections::BTreeMap;

/// What a merchant has in one book and currency: the balances of accounts 2010 to 2050, 1050 and 9010, above or at zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    /// 2010 by `available_on`.
    pub pending: BTreeMap<Date, i128>,
    /// 2020.
    pub available: i128,
    /// 2030 by `release_on`.
    pub reserve: BTreeMap<Date, i128>,
    /// 2040 by hold.
    pub held: BTreeMap<String, i128>,
    /// 2045 by payment.
    pub disputed: BTreeMap<String, i128>,
    /// 2050 by payout.
    pub in_transit: BTreeMap<String, i128>,
    /// 1050.
    pub owed: i128,
    /// 9010.
    pub preauthorised: i128,
}

impl Purse {
    /// All buckets less what is owed.
    pub fn total(&self) -> i128 {
        let maps = [&self.held, &self.disputed, &self.in_transit].into_iter().map(|map| map.values().sum::<i128>()).sum::<i128>();
        self.pending.values().sum::<i128>() + self.available + self.reserve.values().sum::<i128>() + maps - self.owed
    }

    /// Books an amount on one of its accounts: positive is a credit.
    pub fn credit(&mut self, account: &Account, amount: i128) {
        let detail = account.detail.clone().unwrap_or_default();
        match account.code {
            2010 => add_dated(&mut self.pending, &detail, amount),
            2020 => self.available += amount,
            2030 => add_dated(&mut self.reserve, &detail, amount),
            2040 => add(&mut self.held, detail, amount),
            2045 => add(&mut self.disputed, detail, amount),
            2050 => add(&mut self.in_transit, detail, amount),
            1050 => self.owed -= amount,
            9010 => self.preauthorised -= amount,
            _ => {}
        }
    }
}

fn add<K: Ord>(map: &mut BTreeMap<K, i128>, key: K, amount: i128) {
    let balance = map.get(&key).copied().unwrap_or(0) + amount;
    if balance == 0 {
        map.remove(&key);
    } else {
        map.insert(key, balance);
    }
}

fn add_dated(map: &mut BTreeMap<Date, i128>, date: &str, amount: i128) {
    if let Some(date) = Date::parse(date) {
        add(map, date, amount);
    }
}
