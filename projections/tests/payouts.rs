//! What payouts consist of: the contract's own figures, each rule of how causes move, and random lives.

#[path = "support/random.rs"]
mod random;
mod support;

use ledger::entry::{Code, Outcome, Party, Recorded};
use projections::answers::{ComposedPayout, Cursor, PayoutItem, Shard, WhichPayout, Window, composed_payout, payout_items, pool_causes};
use projections::folds::balances::BALANCES;
use projections::folds::payouts::{Cause, CauseKind, Dated, Home, Parts};
use schemas::event::{Book, Subject};
use schemas::ids::{MerchantId, PayoutId};
use schemas::money::Currency;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::*;

/// Lives that are looked at; `SEED=7` looks at one.
const SEEDS: std::ops::Range<u64> = 0..16;

fn which(payout: &str) -> WhichPayout {
    if payout == "next" { WhichPayout::Next { currency: None, book: None } } else { WhichPayout::Initiated(PayoutId::new(payout).expect("an id")) }
}

/// A payout and all of its items, read in pages of so many.
fn read(shard: &Shard<'_>, merchant: &MerchantId, payout: &str, limit: usize) -> (ComposedPayout, Vec<PayoutItem>) {
    let found = composed_payout(shard, merchant, &which(payout)).expect("a payout");
    let (mut items, mut window) = (Vec::new(), Window::newest(limit));
    loop {
        let page = payout_items(shard, &found, &window).expect("readable");
        items.extend(page.rows);
        let Some(next) = page.next else { break };
        window.cursor = Some(Cursor::parse(&next.to_string()).expect("its own text"));
    }
    (found, items)
}

/// An item in words: `payment P1 gross 100000 fees -600`.
fn words(item: &PayoutItem) -> String {
    let Parts { gross, refunds, disputes, fees, reserve, other } = item.parts;
    let named = [("gross", gross), ("refunds", refunds), ("disputes", disputes), ("fees", fees), ("reserve", reserve), ("other", other)];
    let mut text = format!("{} {}", item.cause.kind().as_str(), item.cause.id().unwrap_or("-"));
    for (name, part) in named.into_iter().filter(|(_, part)| *part != 0) {
        text += &format!(" {name} {part}");
    }
    text
}

/// The items of a payout of M1 in words, the last arrival first, and carried over, amount, carried on.
fn told(life: &Life, payout: &str) -> (Vec<String>, [i128; 3]) {
    let scratch = tempfile::tempdir().expect("a directory");
    let views = fold_into(scratch.path(), &life.entries, 7).views();
    let shard = shard(&views, &life.entries);
    let (found, items) = read(&shard, &merchant("M1"), payout, 2);
    assert_eq!(found.unattributed(), 0);
    (items.iter().map(words).collect(), [found.carried_over, found.amount, found.carried_on])
}

/// M1 without costs, partner and reserve, and without fees; money is available on the next day. Changes on top.
fn plain(change: impl FnOnce(&mut Value)) -> Life {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("M1", "c-1", |terms| {
        *terms = json!({"name": "M1", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"},
            "rates": [{"percent": "0"}], "costs": [], "settlement": {"delay_days": 1, "days": "natural"}, "on_shortfall": "owe", "plan": "p"});
        change(terms);
    }));
    life
}

fn event(id: &str, kind: &str, more: Value) -> Value {
    let mut event = json!({"id": id, "type": kind, "merchant": "M1"});
    if more.get("amount").is_some() {
        event["currency"] = json!("CNY");
    }
    for (key, value) in more.as_object().expect("an object") {
        event[key] = value.clone();
    }
    event
}

fn sale(life: &mut Life, payment: &str, amount: &str) {
    life.posted(event(&format!("s-{payment}"), "sale", json!({"payment": payment, "amount": amount, "card": "credit", "scheme": "unionpay"})));
}

fn pay_out(life: &mut Life, payout: &str, amount: &str) {
    life.posted(event(&format!("i-{payout}"), "payout_initiated", json!({"payout": payout, "amount": amount})));
}

#[test]
fn the_figures_of_the_contract() {
    let life = worked_example();
    let (items, sums) = told(&life, "O1");
    assert_eq!(items, ["hold H1 other -3000", "payment P1 gross 100000 refunds -10000 fees -540 reserve -9000"]);
    assert_eq!(sums, [0, 50_000, 27_460]);
    assert_eq!(told(&life, "next"), (Vec::new(), [27_460, 27_460, 0]));
    let scratch = tempfile::tempdir().expect("a directory");
    let views = fold_into(scratch.path(), &life.entries, 100).views();
    let shard = shard(&views, &life.entries);
    let (found, items) = read(&shard, &merchant("M1"), "O1", 100);
    let summary: Vec<_> = found.totals.0.iter().map(|(kind, sum)| (*kind, sum.count, sum.parts.net())).collect();
    assert_eq!(summary, [(CauseKind::Payment, 1, 80_460), (CauseKind::Hold, 1, -3000)]);
    assert_eq!((items[1].occurred_at.is_some(), items[1].terminal.as_ref().map(|terminal| terminal.as_str())), (true, Some("T1")));
    assert!(composed_payout(&shard, &merchant("M1"), &which("O2")).is_err(), "there is no such payout");
    assert!(composed_payout(&shard, &merchant("M2"), &which("O1")).is_err(), "it is another merchant's");
}

#[test]
fn what_one_payout_leaves_the_next_carries_on() {
    let mut life = plain(|_| {});
    sale(&mut life, "P1", "10.00");
    life.close(date("2026-11-20"));
    sale(&mut life, "P2", "5.00");
    pay_out(&mut life, "O1", "4.00");
    life.close(date("2026-11-21"));
    life.posted(event("f", "fee_charged", json!({"fee": "monthly", "amount": "1.00"})));
    life.posted(event("a", "adjustment", json!({"direction": "credit", "amount": "0.50", "maker": "a", "checker": "b", "reason": "r"})));
    pay_out(&mut life, "O2", "10.50");
    assert_eq!(told(&life, "O1"), (vec!["payment P1 gross 1000".to_owned()], [0, 400, 600]));
    let items = ["event a other 50", "event f other -100", "payment P2 gross 500"].map(str::to_owned);
    assert_eq!(told(&life, "O2"), (items.to_vec(), [600, 1050, 0]));
    // Nothing came since: a second one the same day is made of what was left alone.
    assert_eq!(told(&life, "next"), (Vec::new(), [0, 0, 0]));
}

#[test]
fn a_payout_that_fails_is_an_item_and_one_that_is_returned_goes_by_its_hold() {
    let mut life = plain(|_| {});
    sale(&mut life, "P1", "10.00");
    life.close(date("2026-11-20"));
    pay_out(&mut life, "O1", "3.00");
    pay_out(&mut life, "O2", "4.00");
    life.posted(event("f1", "payout_failed", json!({"payout": "O1"})));
    life.posted(event("p2", "payout_paid", json!({"payout": "O2"})));
    life.posted(event("r2", "payout_returned", json!({"payout": "O2"})));
    pay_out(&mut life, "O3", "6.00");
    assert_eq!(told(&life, "O3"), (vec!["payout O1 other 300".to_owned()], [300, 600, 0]));
    life.posted(event("h2", "hold_released", json!({"hold": "O2"})));
    assert_eq!(told(&life, "next"), (vec!["hold O2 other 400".to_owned()], [0, 400, 0]));
}

#[test]
fn a_sale_that_was_refunded_before_the_payout_is_told_and_a_hold_that_came_back_is_not() {
    let mut life = plain(|_| {});
    sale(&mut life, "P1", "10.00");
    sale(&mut life, "P2", "2.00");
    life.posted(event("h", "hold_placed", json!({"hold": "H1", "amount": "1.00"})));
    life.posted(event("r", "refund", json!({"payment": "P1", "amount": "10.00"})));
    life.close(date("2026-11-20"));
    life.posted(event("hr", "hold_released", json!({"hold": "H1"})));
    pay_out(&mut life, "O1", "2.00");
    let items = ["payment P2 gross 200", "payment P1 gross 1000 refunds -1000"].map(str::to_owned);
    assert_eq!(told(&life, "O1"), (items.to_vec(), [0, 200, 0]));
}

#[test]
fn causes_that_come_to_nothing_move_on_their_date_without_a_line() {
    let mut life = plain(|_| {});
    sale(&mut life, "P1", "10.00");
    life.posted(event("r", "refund", json!({"payment": "P1", "amount": "10.00"})));
    assert_eq!(told(&life, "next").0, Vec::<String>::new());
    let entries = life.entries.len();
    life.close(date("2026-11-20"));
    assert_eq!(life.entries.len(), entries + 1, "no money moves");
    assert_eq!(told(&life, "next"), (vec!["payment P1 gross 1000 refunds -1000".to_owned()], [0, 0, 0]));
}

#[test]
fn an_early_release_takes_causes_in_their_order_as_far_as_they_are_above_zero() {
    let mut life = plain(|terms| terms["rates"] = json!([{"percent": "1"}]));
    sale(&mut life, "P1", "10.00");
    life.posted(event("h", "hold_placed", json!({"hold": "H1", "amount": "3.00"})));
    sale(&mut life, "P2", "6.00");
    sale(&mut life, "P3", "1.00");
    // 9.90, −3.00, 5.94, 0.99.
    life.posted(event("e1", "early_release", json!({"amount": "4.00"})));
    assert_eq!(told(&life, "next").0, ["payment P1 gross 404 fees -4"], "the first part takes the rest");
    life.posted(event("e2", "early_release", json!({"amount": "8.00"})));
    // What is left of P1 is 5.96 and −0.06, and 2.10 of P2's 6.00 and −0.06: −0.02.
    assert_eq!(told(&life, "next").0, ["payment P2 gross 212 fees -2", "payment P1 gross 1000 fees -10"]);
    // All of it: the hold's, too.
    life.posted(event("e3", "early_release", json!({"amount": "1.83"})));
    assert_eq!(told(&life, "next").0, ["payment P3 gross 100 fees -1", "hold H1 other -300", "payment P2 gross 600 fees -6", "payment P1 gross 1000 fees -10"]);
}

#[test]
fn a_payment_stands_once_where_its_reserve_comes_to_the_rest_of_it() {
    let mut life = plain(|terms| terms["reserve"] = json!({"percent": "10", "days": 3}));
    // More payments in common than are kept by name.
    for n in 0..40 {
        sale(&mut life, &format!("P{n}"), "10.00");
    }
    for day in 0..3 {
        life.close(date("2026-11-20").plus_days(day));
    }
    let (items, sums) = told(&life, "next");
    assert_eq!((items.len(), items[0].as_str(), sums), (40, "payment P39 gross 1000", [0, 40_000, 0]));
    // A part of it that was paid out before stands by itself.
    sale(&mut life, "Q1", "10.00");
    life.close(date("2026-11-23"));
    pay_out(&mut life, "O1", "409.00");
    for day in 24..27 {
        life.close(date(&format!("2026-11-{day}")));
    }
    assert_eq!(told(&life, "O1").0[0], "payment Q1 gross 1000 reserve -100");
    assert_eq!(told(&life, "next"), (vec!["payment Q1 reserve 100".to_owned()], [0, 100, 0]));
}

#[test]
fn what_is_repaid_is_of_the_debt() {
    let mut life = plain(|_| {});
    sale(&mut life, "P1", "10.00");
    life.close(date("2026-11-20"));
    pay_out(&mut life, "O1", "10.00");
    life.posted(event("r", "refund", json!({"payment": "P1", "amount": "8.00"})));
    sale(&mut life, "P2", "20.00");
    life.close(date("2026-11-21"));
    assert_eq!(told(&life, "next"), (vec!["debt - other -800".to_owned(), "payment P2 gross 2000".to_owned()], [0, 1200, 0]));
}

/// What lines of pools say of each payment, whichever payouts took it.
fn of_lines(entries: &[Recorded], name: &MerchantId) -> BTreeMap<(Currency, Book, String), i128> {
    let mut sums = BTreeMap::new();
    let is_pool =
        |account: &ledger::entry::Account| account.party == Party::Merchant && matches!(account.code, Code::Pending | Code::Available | Code::Reserve);
    for entry in entries.iter().filter(|entry| entry.row.outcome == Outcome::Posted && entry.row.subject == Some(Subject::Merchant(name.clone()))) {
        let Some(payment) = &entry.row.payment else { continue };
        for line in &entry.row.lines {
            for (own, other, sign) in [(&line.credit, &line.debit, 1), (&line.debit, &line.credit, -1)] {
                if is_pool(own) && !matches!(other.code, Code::MerchantReceivable | Code::Hold | Code::PayoutInTransit) {
                    let amount = i128::try_from(line.amount.get()).expect("small");
                    *sums.entry((line.currency, line.book.clone(), payment.to_string())).or_insert(0) += sign * amount;
                }
            }
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

#[test]
fn of_random_lives_every_payout_is_explained_and_every_payment_is_in_payouts_and_pools() {
    let seeds: Vec<u64> = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("a number")],
        Err(_) => SEEDS.collect(),
    };
    let mut payouts = 0;
    for seed in seeds {
        let life = random::life(seed, 400);
        let scratch = tempfile::tempdir().expect("a directory");
        let views = fold_into(scratch.path(), &life.entries, 1 + (seed % 60) as usize).views();
        let shard = shard(&views, &life.entries);
        for name in random::MERCHANTS.map(merchant) {
            let Some(balances) = BALANCES.now(&shard.snapshot, &name).expect("readable") else { continue };
            let mut nets: BTreeMap<(Currency, Book, String), i128> = BTreeMap::new();
            let mut add = |currency: Currency, book: &Book, cause: &Cause, parts: &Parts| {
                if let Cause::Payment(payment) = cause {
                    *nets.entry((currency, book.clone(), payment.to_string())).or_insert(0) += parts.net();
                }
            };
            for entry in &life.entries {
                let ledger::entry::Note::Payout { payout, .. } = &entry.row.note else { continue };
                if entry.row.event_type != Some(schemas::event::EventType::PayoutInitiated) || entry.row.subject != Some(Subject::Merchant(name.clone())) {
                    continue;
                }
                payouts += 1;
                let (found, items) = read(&shard, &name, payout.as_str(), 3);
                let sum: i128 = items.iter().map(|item| item.parts.net()).sum();
                assert_eq!(found.carried_over + sum - found.carried_on, found.amount, "seed {seed}: {payout} of {name}");
                assert_eq!(found.unattributed(), 0, "seed {seed}: {payout} of {name}");
                let counted: u64 = found.totals.0.values().map(|sum| sum.count).sum();
                assert_eq!(counted, items.len() as u64, "seed {seed}: {payout} of {name}");
                let mut causes: Vec<&Cause> = items.iter().map(|item| &item.cause).collect();
                causes.sort();
                causes.dedup();
                assert_eq!(causes.len(), items.len(), "seed {seed}: a cause stands once in {payout} of {name}");
                items.iter().for_each(|item| add(found.currency, &found.book, &item.cause, &item.parts));
            }
            for ((currency, book), purse) in balances.purses.iter() {
                let (carried, pools) = pool_causes(&shard, &name, *currency, book).expect("readable");
                let mut sums: BTreeMap<Option<Dated>, i128> = BTreeMap::new();
                for pool in &pools {
                    let at = match pool.home {
                        Home::Available => None,
                        Home::Dated(dated) => Some(dated),
                        Home::Paid => panic!("seed {seed}: what was paid out is in no pool"),
                    };
                    *sums.entry(at).or_insert(0) += pool.causes.iter().map(|(_, parts)| parts.net()).sum::<i128>();
                    pool.causes.iter().for_each(|(cause, parts)| add(*currency, book, cause, parts));
                }
                *sums.entry(None).or_insert(0) += carried;
                sums.retain(|_, sum| *sum != 0);
                let mut there: BTreeMap<Option<Dated>, i128> = BTreeMap::from([(None, purse.available)]);
                there.extend(purse.pending.iter().map(|(date, amount)| (Some(Dated::Pending(*date)), *amount)));
                there.extend(purse.reserve.iter().map(|(date, amount)| (Some(Dated::Reserve(*date)), *amount)));
                there.retain(|_, sum| *sum != 0);
                assert_eq!(sums, there, "seed {seed}: the causes of {name} are its balances");
            }
            nets.retain(|_, net| *net != 0);
            assert_eq!(nets, of_lines(&life.entries, &name), "seed {seed}: payments of {name}");
        }
    }
    assert!(payouts > 0, "no life had a payout");
}
