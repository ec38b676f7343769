//! What is held, piece by piece: queues, tranches, holds and disputes, each with the day from which it is counted.

use crate::figures::chronicle::Chronicle;
use crate::figures::entry::Entry;
use crate::model::account::Account;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::{BTreeMap, VecDeque};

/// A piece of what is held.
#[derive(Clone, Debug)]
pub struct Part {
    /// Whose it is.
    pub merchant: String,
    /// Who holds it.
    pub book: String,
    /// Its currency.
    pub currency: Currency,
    /// Why it is held.
    pub reason: String,
    /// The queue, tranche, hold or payment.
    pub unit: String,
    /// The day that its age is counted from.
    pub since: Date,
    /// When it should be released.
    pub expected: Option<Date>,
    /// Minor units, above zero.
    pub amount: i128,
}

/// Money of a queue that a payout paid.
#[derive(Clone, Debug)]
pub struct Paid {
    /// Who paid.
    pub book: String,
    /// Its currency.
    pub currency: Currency,
    /// The business date of the payment.
    pub on: Date,
    /// Days since it came in.
    pub age: i32,
    /// Minor units.
    pub amount: i128,
}

impl Part {
    /// The value of a key; MCC and partner are those of the contract in force.
    pub fn value(&self, chronicle: &Chronicle, key: &str) -> Option<String> {
        let terms = chronicle.contract(&self.merchant);
        match key {
            "holder" => Some(self.book.clone()),
            "merchant" => Some(self.merchant.clone()),
            "mcc" => terms.map(|terms| terms.mcc.clone()),
            "partner" => terms.and_then(|terms| terms.partner().map(str::to_owned)),
            "psp" => self.book.strip_prefix("psp:").map(str::to_owned),
            "reason" => Some(self.reason.clone()),
            "age" => Some(age_bucket(chronicle.today().days() - self.since.days()).to_owned()),
            _ => Some(self.currency.code().to_owned()),
        }
    }
}

/// The bucket of an age in days.
pub const fn age_bucket(days: i32) -> &'static str {
    match days {
        ..=1 => "0-1",
        2..=3 => "2-3",
        4..=7 => "4-7",
        8..=14 => "8-14",
        15..=30 => "15-30",
        31..=90 => "31-90",
        91..=180 => "91-180",
        _ => ">180",
    }
}

/// Where money is queued: merchant, book, currency, and the reason with its object.
type Place = (String, String, Currency, &'static str, String);

/// All that is held, and all that payouts ever paid.
pub fn parts(chronicle: &Chronicle) -> (Vec<Part>, Vec<Paid>) {
    let mut queues = BTreeMap::<Place, VecDeque<(Date, i128)>>::new();
    let mut paid = Vec::new();
    for entry in chronicle.posted() {
        let Some(merchant) = entry.merchant() else { continue };
        for ((reason, object), (book, currency), net) in nets(entry) {
            let place = (merchant.to_owned(), book.clone(), currency, reason, object);
            let queue = queues.entry(place).or_default();
            if net > 0 {
                queue.push_back((entry.date(), net));
                continue;
            }
            for (since, amount) in take(queue, -net) {
                if reason == "unsettled" && entry.kind() == "payout_paid" {
                    let age = entry.date().days() - since.days();
                    paid.push(Paid { book: book.clone(), currency, on: entry.date(), age, amount });
                }
            }
        }
    }
    (queues.into_iter().flat_map(|(place, queue)| told(chronicle, place, queue)).collect(), paid)
}

/// What an entry did to each queue.
fn nets(entry: &Entry) -> Vec<((&'static str, String), (String, Currency), i128)> {
    let mut nets = BTreeMap::new();
    for line in &entry.said.lines {
        for (account, signed) in [(&line.credit, line.amount), (&line.debit, -line.amount)] {
            if let Some(reason) = reason(account) {
                // What has a queue of its own: a tranche, a hold, a payment; the rest of a merchant is one.
                let object = account.detail.clone().filter(|_| reason != "unsettled").unwrap_or_default();
                *nets.entry(((reason, object), (line.book.clone(), line.currency))).or_insert(0) += signed;
            }
        }
    }
    nets.into_iter().filter(|(_, net)| *net != 0).map(|((what, wallet), net)| (what, wallet, net)).collect()
}

const fn reason(account: &Account) -> Option<&'static str> {
    match account.code {
        2010 | 2020 | 2050 => Some("unsettled"),
        2030 => Some("reserve"),
        2040 => Some("hold"),
        2045 => Some("dispute"),
        _ => None,
    }
}

/// Takes the oldest money out of a queue.
fn take(queue: &mut VecDeque<(Date, i128)>, amount: i128) -> Vec<(Date, i128)> {
    let (mut left, mut taken) = (amount, Vec::new());
    while left > 0 {
        let Some((since, has)) = queue.pop_front() else { break };
        let part = has.min(left);
        left -= part;
        taken.push((since, part));
        if has > part {
            queue.push_front((since, has - part));
        }
    }
    taken
}

fn told(chronicle: &Chronicle, place: Place, queue: VecDeque<(Date, i128)>) -> Vec<Part> {
    let (merchant, book, currency, kind, object) = place;
    let hold = chronicle.model.merchants.get(&merchant).and_then(|merchant| merchant.holds.iter().find(|hold| hold.id == object && kind == "hold"));
    let part = |(since, amount): (Date, i128)| {
        let unit = format!("{merchant} {book} {} {kind} {object}", currency.code());
        let (reason, since, expected) = match (kind, hold) {
            // A hold is as old as its placing, whenever it was fed.
            ("hold", Some(hold)) => (hold.reason.clone(), hold.since, hold.expected_release),
            ("reserve", _) => (kind.to_owned(), since, Date::parse(&object)),
            _ => (kind.to_owned(), since, None),
        };
        Part { merchant: merchant.clone(), book: book.clone(), currency, reason, unit, since, expected, amount }
    };
    queue.into_iter().map(part).collect()
}
