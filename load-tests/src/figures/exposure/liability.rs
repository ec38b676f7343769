//! What merchants may have to pay for, against what is held for them.

use crate::figures::chronicle::Chronicle;
use crate::figures::effect::{self, Effect};
use crate::figures::entry::Wallet;
use crate::figures::ratio::divide;
use crate::figures::terms::Risk;
use crate::model::account::Account;
use crate::model::contract::WHOLE;
use crate::model::money::text;
use schemas::money::Currency;
use schemas::time::Date;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The keys that liability can be grouped by.
pub const KEYS: &[&str] = &["holder", "merchant", "mcc", "partner"];

/// The terms of a merchant, book and currency, or of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Estimate {
    chargeback: i128,
    refund: i128,
    non_delivery: i128,
    owed: i128,
    advances: i128,
    cover: i128,
    uncovered: i128,
}

/// The rows by those of the keys that liability has, where each filter's key has its value.
pub fn rows(chronicle: &Chronicle, keys: &[&str], filters: &[(&str, &str)]) -> Vec<Value> {
    stressed(chronicle, keys, filters, &|risk| risk)
}

/// The same under a stress test, which changes the parameters of every merchant.
pub fn stressed(chronicle: &Chronicle, keys: &[&str], filters: &[(&str, &str)], stress: &dyn Fn(Risk) -> Risk) -> Vec<Value> {
    let keys: Vec<&str> = KEYS.iter().copied().filter(|key| keys.contains(key)).collect();
    let mut rows = BTreeMap::<Vec<Option<String>>, (Currency, Estimate)>::new();
    for merchant in chronicle.merchants() {
        let Some(terms) = chronicle.contract(&merchant) else { continue };
        for wallet in wallets(chronicle, &merchant) {
            let value = |key: &str| match key {
                "holder" => Some(wallet.0.clone()),
                "merchant" => Some(merchant.clone()),
                "mcc" => Some(terms.mcc.clone()),
                "partner" => terms.partner().map(str::to_owned),
                _ => Some(wallet.1.code().to_owned()),
            };
            if filters.iter().any(|(key, wanted)| value(key).as_deref() != Some(wanted)) {
                continue;
            }
            let own = of_merchant(chronicle, &stress(terms.risk.clone()), &merchant, &wallet);
            let values = keys.iter().copied().chain(["currency"]).map(value).collect();
            rows.entry(values).or_insert_with(|| (wallet.1, Estimate::default())).1.add(&own);
        }
    }
    let told = |(values, (currency, terms)): (Vec<Option<String>>, (Currency, Estimate))| {
        let mut row: Map<String, Value> =
            keys.iter().copied().chain(["currency"]).map(str::to_owned).zip(values.into_iter().map(|value| json!(value))).collect();
        row.extend(terms.figures().map(|(name, minor)| (name.to_owned(), json!(text(minor, currency)))));
        Value::Object(row)
    };
    rows.into_iter().filter(|(_, (_, terms))| *terms != Estimate::default()).map(told).collect()
}

impl Estimate {
    fn exposure(&self) -> i128 {
        self.chargeback + self.refund + self.non_delivery + self.owed + self.advances
    }

    fn add(&mut self, other: &Self) {
        self.chargeback += other.chargeback;
        self.refund += other.refund;
        self.non_delivery += other.non_delivery;
        self.owed += other.owed;
        self.advances += other.advances;
        self.cover += other.cover;
        self.uncovered += other.uncovered;
    }

    fn figures(&self) -> [(&'static str, i128); 8] {
        [
            ("chargeback", self.chargeback),
            ("refund", self.refund),
            ("non_delivery", self.non_delivery),
            ("owed", self.owed),
            ("advances", self.advances),
            ("exposure", self.exposure()),
            ("cover", self.cover),
            ("uncovered", self.uncovered),
        ]
    }
}

/// Where anything of a merchant was ever booked, or a payment of it lies: one from before has no lines and counts all the same.
fn wallets(chronicle: &Chronicle, merchant: &str) -> Vec<Wallet> {
    let mut wallets = Vec::<Wallet>::new();
    for entry in chronicle.posted().filter(|entry| entry.merchant() == Some(merchant)) {
        wallets.extend(entry.said.lines.iter().map(|line| (line.book.clone(), line.currency)));
        wallets.extend(entry.said.payment.as_ref().map(|payment| effect::wallet(payment)));
    }
    wallets.sort();
    wallets.dedup();
    wallets
}

/// Each term is rounded once, half up.
fn of_merchant(chronicle: &Chronicle, risk: &Risk, merchant: &str, wallet: &Wallet) -> Estimate {
    let today = chronicle.today();
    let volumes = volumes(chronicle, merchant, wallet);
    let within = |days: i128| {
        let recent = volumes.iter().filter(move |(date, _)| age(today, **date) < days);
        recent.map(|(_, amount)| *amount).sum::<i128>().max(0)
    };
    let balance = |fits: &dyn Fn(&Account) -> bool| -> i128 {
        let entries = chronicle.posted().filter(|entry| entry.merchant() == Some(merchant));
        entries.map(|entry| entry.credited_in(wallet, fits)).sum()
    };
    let window = risk.chargeback_days;
    let weighted: i128 = volumes.iter().filter(|(date, _)| age(today, **date) < window).map(|(date, amount)| amount * (window - age(today, *date))).sum();
    let expected = divide(weighted.max(0) * risk.chargeback_percent, window * WHOLE).unwrap_or(0);
    let parts: i128 = risk.delivery.iter().map(|(percent, days)| percent * within(*days)).sum();
    let legal: Vec<&str> = legal_holds(chronicle, merchant);
    let is_cover = |account: &Account| match account.code {
        2010 | 2020 | 2030 => true,
        2040 => !legal.contains(&account.detail.as_deref().unwrap_or_default()),
        _ => false,
    };
    let mut own = Estimate {
        chargeback: -balance(&|account| account.code == 9020) + expected,
        refund: divide(within(30) * risk.refund_percent * risk.refund_days, 30 * WHOLE).unwrap_or(0),
        non_delivery: divide(parts, WHOLE).unwrap_or(0),
        owed: -balance(&|account| account.code == 1050),
        advances: advances(chronicle, merchant, wallet, today),
        cover: balance(&is_cover),
        uncovered: 0,
    };
    own.uncovered = (own.exposure() - own.cover).max(0);
    own
}

fn age(today: Date, date: Date) -> i128 {
    i128::from(today.days() - date.days())
}

/// Sales less refunds by business date.
fn volumes(chronicle: &Chronicle, merchant: &str, wallet: &Wallet) -> BTreeMap<Date, i128> {
    let mut volumes = BTreeMap::new();
    for entry in chronicle.posted().filter(|entry| entry.merchant() == Some(merchant)) {
        if entry.said.payment.as_ref().is_some_and(|payment| effect::wallet(payment) == *wallet) {
            // A payment from before counts as a sale of its date.
            if let ("opening_payment", Some(event)) = (entry.kind(), &entry.event) {
                *volumes.entry(event.date("booked_on").unwrap_or(entry.date())).or_insert(0) += event.amount().unwrap_or(0);
            }
            let effect = Effect::of(entry);
            *volumes.entry(entry.date()).or_insert(0) += effect.sales.amount - effect.refunds.amount;
        }
    }
    volumes
}

/// Early releases whose `available_on` is still to come.
fn advances(chronicle: &Chronicle, merchant: &str, wallet: &Wallet, today: Date) -> i128 {
    let entries = chronicle.posted().filter(|entry| entry.merchant() == Some(merchant) && entry.kind() == "early_release");
    let is_to_come = |account: &Account| account.detail.as_deref().and_then(Date::parse).is_some_and(|date| date > today);
    let lines = entries.flat_map(|entry| &entry.said.lines).filter(|line| (&line.book, line.currency) == (&wallet.0, wallet.1));
    lines.filter(|line| line.debit.code == 2010 && line.credit.code == 2020 && is_to_come(&line.debit)).map(|line| line.amount).sum()
}

fn legal_holds<'c>(chronicle: &'c Chronicle, merchant: &str) -> Vec<&'c str> {
    let holds = chronicle.model.merchants.get(merchant).into_iter().flat_map(|merchant| &merchant.holds);
    holds.filter(|hold| hold.reason == "legal").map(|hold| hold.id.as_str()).collect()
}
