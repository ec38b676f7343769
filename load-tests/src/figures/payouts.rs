//! What payouts consist of: `GET /v1/merchants/{m}/payouts/{payout}`, `…/next` and their items. From the words of the
//! specification, section 10: every pool is a plain list of causes, and whatever moves is moved one by one.

use super::chronicle::Chronicle;
use super::entry::{Entry, Wallet};
use super::objects;
use crate::model::account::{Account, Line};
use crate::model::money::text;
use schemas::money::Currency;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The parts of a payment's item, in their order.
const PARTS: [&str; 6] = ["gross", "refunds", "disputes", "fees", "reserve", "other"];
/// The kinds of causes, in the order of a summary.
const KINDS: [&str; 5] = ["payment", "hold", "payout", "debt", "event"];

/// What a line is of: its kind, its id, and the type of an event.
type Cause = (&'static str, String, String);
/// What a cause is, part by part.
type Shares = [i128; 6];
/// 2020, or 2010 or 2030 of a date.
type Name = (u16, Option<String>);

/// A pool: its causes in the order in which they first came.
#[derive(Clone, Debug, Default)]
struct Pool {
    /// Which of the merchant's pools was made first.
    made: u64,
    causes: Vec<(Cause, Shares)>,
}

/// A payout, or what would be one.
#[derive(Clone, Debug)]
pub struct Composed {
    wallet: Wallet,
    amount: i128,
    entry: Option<usize>,
    carried_over: i128,
    carried_on: i128,
    items: Vec<(Cause, Shares)>,
}

/// The money of one merchant by its causes.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    pools: BTreeMap<(Wallet, Name), Pool>,
    carried: BTreeMap<Wallet, i128>,
    made: u64,
    /// Every payout, by its id.
    pub payouts: BTreeMap<String, Composed>,
}

/// What a merchant's money is of, after all that was posted.
pub fn causes(chronicle: &Chronicle, merchant: &str) -> Causes {
    let mut causes = Causes::default();
    for (number, entry) in chronicle.entries.iter().enumerate().filter(|(_, entry)| entry.is_posted()) {
        if entry.kind() == "day_closed" && entry.said.subject.is_none() {
            let open = entry.event.as_ref().and_then(|event| event.date("date")).map(|date| date.plus_days(1).to_string());
            causes.date_comes(&open.unwrap_or_default());
        } else if entry.merchant() == Some(merchant) {
            entry.said.lines.iter().for_each(|line| causes.line(number, entry, line));
        }
    }
    causes
}

/// The pool that an account is.
fn pool(account: &Account) -> Option<Name> {
    matches!(account.code, 2010 | 2020 | 2030).then(|| (account.code, account.detail.clone()))
}

/// A cause of a line: the debt, the hold or payout, the entry's payment, else the event itself.
fn cause(entry: &Entry, other: &Account) -> Cause {
    let named = |kind, id: Option<&str>| (kind, id.unwrap_or_default().to_owned(), String::new());
    match other.code {
        1050 => named("debt", None),
        2040 => named("hold", other.detail.as_deref()),
        2050 => named("payout", other.detail.as_deref()),
        _ => match entry.payment_id() {
            Some(payment) => named("payment", Some(payment)),
            None => ("event", entry.said.event.clone().unwrap_or_default(), entry.kind().to_owned()),
        },
    }
}

/// Which part a line is of.
fn part(entry: &Entry, cause: &Cause, other: &Account) -> usize {
    let kind = entry.kind();
    let name = match other.code {
        _ if cause.0 != "payment" => "other",
        1010 | 2130 => match kind {
            "refund" | "refund_failed" | "standalone_refund" => "refunds",
            "chargeback" | "chargeback_represented" | "dispute_won" | "dispute_lost" | "standalone_chargeback" => "disputes",
            "instalment_subsidy" => "other",
            _ => "gross",
        },
        2010 | 2020 | 2030 => "reserve",
        4010 | 4015 | 4030 | 2090 => "fees",
        _ => "other",
    };
    PARTS.iter().position(|part| *part == name).unwrap_or_default()
}

fn net(shares: &Shares) -> i128 {
    shares.iter().sum()
}

/// So much of what is `net(shares)` and more: each part in proportion towards zero, the first that is not nothing the rest.
fn of(shares: &Shares, some: i128) -> Shares {
    let whole = net(shares);
    let mut taken = shares.map(|share| share * some / whole);
    if let Some(first) = shares.iter().position(|share| *share != 0) {
        taken[first] += some - net(&taken);
    }
    taken
}

impl Causes {
    fn line(&mut self, number: usize, entry: &Entry, line: &Line) {
        let wallet = (line.book.clone(), line.currency);
        let (from, to) = (pool(&line.debit), pool(&line.credit));
        let is_payment = entry.payment_id().is_some();
        match (from, to) {
            (Some(_), None) if entry.kind() == "payout_initiated" => self.pay_out(number, entry, &wallet, line.amount),
            (Some(from), Some(to)) if !is_payment => self.moves(&wallet, &from, &to, line.amount),
            (from, to) => {
                for (name, other, sign) in [(from, &line.credit, -1), (to, &line.debit, 1)] {
                    let Some(name) = name else { continue };
                    let cause = cause(entry, other);
                    let mut shares = Shares::default();
                    shares[part(entry, &cause, other)] = sign * line.amount;
                    self.add(&wallet, &name, cause, &shares);
                }
            }
        }
    }

    fn pool(&mut self, wallet: &Wallet, name: &Name) -> &mut Pool {
        let made = &mut self.made;
        self.pools.entry((wallet.clone(), name.clone())).or_insert_with(|| {
            *made += 1;
            Pool { made: *made, causes: Vec::new() }
        })
    }

    fn add(&mut self, wallet: &Wallet, name: &Name, cause: Cause, shares: &Shares) {
        let causes = &mut self.pool(wallet, name).causes;
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, known)) => known.iter_mut().zip(shares).for_each(|(known, share)| *known += share),
            None => causes.push((cause, *shares)),
        }
    }

    /// A line between two pools of an entry without a payment.
    fn moves(&mut self, wallet: &Wallet, from: &Name, to: &Name, amount: i128) {
        let pool = self.pool(wallet, from);
        if pool.causes.iter().map(|(_, shares)| net(shares)).sum::<i128>() == amount {
            return self.all(wallet, from, to);
        }
        let (mut left, mut moved) = (amount, Vec::new());
        for (cause, shares) in &mut pool.causes {
            let part = net(shares).clamp(0, left);
            if part > 0 {
                let taken = of(shares, part);
                shares.iter_mut().zip(taken).for_each(|(share, taken)| *share -= taken);
                moved.push((cause.clone(), taken));
                left -= part;
            }
        }
        moved.into_iter().for_each(|(cause, shares)| self.add(wallet, to, cause, &shares));
    }

    fn all(&mut self, wallet: &Wallet, from: &Name, to: &Name) {
        let all = self.pools.remove(&(wallet.clone(), from.clone())).unwrap_or_default();
        all.causes.into_iter().for_each(|(cause, shares)| self.add(wallet, to, cause, &shares));
    }

    /// On its date a pool's causes move, also where their sum is nothing and there is no line.
    fn date_comes(&mut self, open: &str) {
        let mut due: Vec<(String, u64, Wallet, Name)> = Vec::new();
        for ((wallet, name), pool) in &self.pools {
            let nothing = pool.causes.iter().map(|(_, shares)| net(shares)).sum::<i128>() == 0;
            if let Some(date) = name.1.as_deref().filter(|date| *date <= open && nothing) {
                due.push((date.to_owned(), pool.made, wallet.clone(), name.clone()));
            }
        }
        due.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        due.into_iter().for_each(|(_, _, wallet, name)| self.all(&wallet, &name, &(2020, None)));
    }

    fn pay_out(&mut self, number: usize, entry: &Entry, wallet: &Wallet, amount: i128) {
        let items = self.pools.remove(&(wallet.clone(), (2020, None))).unwrap_or_default().causes;
        let carried = self.carried.entry(wallet.clone()).or_default();
        let carried_over = *carried;
        *carried += items.iter().map(|(_, shares)| net(shares)).sum::<i128>() - amount;
        let composed = Composed { wallet: wallet.clone(), amount, entry: Some(number), carried_over, carried_on: *carried, items };
        let id = entry.event.as_ref().and_then(|event| event.text("payout")).unwrap_or_default();
        self.payouts.insert(id.to_owned(), composed);
    }

    /// What would go, if everything were paid out.
    pub fn next(&self, wallet: &Wallet) -> Composed {
        let items = self.pools.get(&(wallet.clone(), (2020, None))).cloned().unwrap_or_default().causes;
        let carried_over = self.carried.get(wallet).copied().unwrap_or_default();
        let there = carried_over + items.iter().map(|(_, shares)| net(shares)).sum::<i128>();
        // Nothing is owed while something is available.
        Composed { wallet: wallet.clone(), amount: there, entry: None, carried_over, carried_on: 0, items }
    }
}

fn told(shares: &Shares, kind: &str, currency: Currency) -> Value {
    let mut value = json!({"net": text(net(shares), currency)});
    if kind == "payment" {
        PARTS.iter().zip(shares).for_each(|(name, share)| value[*name] = json!(text(*share, currency)));
    }
    value
}

impl Composed {
    /// Its items, the last arrival first.
    pub fn items(&self, chronicle: &Chronicle, merchant: &str) -> Vec<Value> {
        let is_told = |(cause, shares): &&(Cause, Shares)| if cause.0 == "payment" { *shares != Shares::default() } else { net(shares) != 0 };
        let item = |(cause, shares): &(Cause, Shares)| {
            let (kind, id, event_type) = cause;
            let mut item = told(shares, kind, self.wallet.1);
            item["kind"] = json!(kind);
            item["id"] = if *kind == "debt" { Value::Null } else { json!(id) };
            if *kind == "event" {
                item["type"] = json!(event_type);
            }
            if let Some(facts) = chronicle.facts(&(merchant.to_owned(), id.clone())).filter(|facts| *kind == "payment" && facts.capture.is_some()) {
                item["terminal"] = json!(facts.terminal);
                item["reference"] = json!(facts.reference);
                item["occurred_at"] = facts.capture.as_ref().and_then(|event| event.get("occurred_at").cloned()).unwrap_or_default();
            }
            item
        };
        self.items.iter().rev().filter(is_told).map(item).collect()
    }

    /// The answer, without what a list of payouts says of it.
    pub fn answer(&self, chronicle: &Chronicle, merchant: &str) -> Value {
        let currency = self.wallet.1;
        let items = self.items(chronicle, merchant);
        let mut summary = Vec::new();
        for kind in KINDS {
            let count = items.iter().filter(|item| item["kind"] == kind).count();
            if count > 0 {
                let mut shares = Shares::default();
                for (_, of_one) in self.items.iter().filter(|(cause, _)| cause.0 == kind) {
                    shares.iter_mut().zip(of_one).for_each(|(sum, share)| *sum += share);
                }
                let mut row = told(&shares, kind, currency);
                (row["kind"], row["count"]) = (json!(kind), json!(count));
                summary.push(row);
            }
        }
        json!({"merchant": merchant, "position": format!("0:{}", chronicle.position()), "book": self.wallet.0, "currency": currency.code(),
            "amount": text(self.amount, currency), "entry": self.entry.map(|number| format!("0:{number}")), "unattributed": text(0, currency),
            "carried_over": text(self.carried_over, currency), "carried_on": text(self.carried_on, currency), "summary": summary})
    }
}

/// Every payout of a merchant: its id, the answer, its items.
pub fn payouts(chronicle: &Chronicle, merchant: &str, causes: &Causes) -> Vec<(String, Value, Vec<Value>)> {
    let listed = objects::payouts(chronicle, merchant);
    let whole = |(id, composed): (&String, &Composed)| {
        let mut answer = composed.answer(chronicle, merchant);
        let row = listed.iter().find(|row| row["payout"] == id.as_str());
        for (name, value) in row.and_then(Value::as_object).into_iter().flatten() {
            answer[name] = value.clone();
        }
        (id.clone(), answer, composed.items(chronicle, merchant))
    };
    causes.payouts.iter().map(whole).collect()
}
