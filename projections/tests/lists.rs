//! Lists over all merchants, against what a plain look at all entries says: order, filters, pages while entries are appended.

#[path = "support/random.rs"]
mod random;
mod support;

use ledger::entry::{Outcome, Recorded};
use projections::answers::Shard;
use projections::answers::lists::{Disputes, Entries, Filter, Found, Holds, ListQuery, Listed, PaymentRow, Payments, Payouts, list};
use projections::folds::entries::owner;
use projections::views::Views;
use schemas::event::{EventType, Subject};
use schemas::ids::Reference;
use schemas::time::Date;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use support::*;

const SHARDS: u64 = 3;
const RECORDS: usize = 500;
const SEEDS: std::ops::Range<u64> = 0..4;

/// Several partitions with the same merchants: what counts here is where rows lie.
struct Bank {
    lives: Vec<Life>,
    scratch: tempfile::TempDir,
}

impl Bank {
    fn of(seed: u64) -> Self {
        let lives = (0..SHARDS).map(|shard| random::life(seed * SHARDS + shard, RECORDS)).collect();
        Self { lives, scratch: tempfile::tempdir().expect("a directory") }
    }

    /// Folds so many hundredths of the entries, then asks.
    fn ask<T>(&self, hundredths: usize, ask: impl FnOnce(&[Shard<'_>]) -> T) -> T {
        let views: Vec<Views> = self
            .lives
            .iter()
            .enumerate()
            .map(|(at, life)| {
                let until = life.entries.len() * hundredths / 100;
                fold_into(&self.scratch.path().join(at.to_string()), &life.entries[..until], 50).views()
            })
            .collect();
        let shards: Vec<Shard> =
            (0u32..).zip(views.iter().zip(&self.lives)).map(|(at, (views, life))| Shard::new(at, views, &life.entries).expect("readable")).collect();
        ask(&shards)
    }

    /// Posted entries in the order of lists.
    fn posted(&self) -> Vec<(u32, &Recorded)> {
        let all = (0u32..).zip(&self.lives).flat_map(|(at, life)| life.entries.iter().map(move |entry| (at, entry)));
        let mut all: Vec<_> = all.filter(|(_, entry)| entry.row.outcome == Outcome::Posted && owner(entry.row.subject.as_ref()).is_some()).collect();
        all.sort_by_key(|(at, entry)| (std::cmp::Reverse(entry.row.date), *at, std::cmp::Reverse(entry.number)));
        all
    }
}

/// Every page from a cursor on.
fn rest<L: Listed + Default>(shards: &[Shard<'_>], mut query: ListQuery) -> Vec<Found<L::Row>> {
    let mut rows = Vec::new();
    loop {
        let page = list(shards, &mut L::default(), &query).expect("readable");
        assert!(page.rows.len() <= query.limit);
        rows.extend(page.rows);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return rows,
        }
    }
}

fn places(rows: &[Found<Recorded>]) -> Vec<(u32, u64)> {
    rows.iter().map(|found| (found.partition, found.row.number)).collect()
}

fn name(found: &Found<PaymentRow>) -> (u32, String, String) {
    (found.partition, found.row.merchant.to_string(), found.row.id.to_string())
}

#[test]
fn entries_come_newest_first_over_all_partitions() {
    for seed in SEEDS {
        let bank = Bank::of(seed);
        let expected = bank.posted();
        let of = |wanted: &dyn Fn(&Recorded) -> bool| -> Vec<(u32, u64)> {
            expected.iter().filter(|(_, entry)| wanted(entry)).map(|(at, entry)| (*at, entry.number)).collect()
        };
        bank.ask(100, |shards| {
            for limit in [3, 1000] {
                let rows = rest::<Entries>(shards, ListQuery::newest(limit, Filter::default()));
                assert_eq!(places(&rows), of(&|_| true), "seed {seed}, {limit} a page");
            }
            let types = vec![EventType::Refund, EventType::HoldPlaced, EventType::DayClosed];
            let rows = rest::<Entries>(shards, ListQuery::newest(4, Filter { types: types.clone(), ..Filter::default() }));
            assert_eq!(places(&rows), of(&|entry| entry.row.event_type.is_some_and(|of| types.contains(&of))), "seed {seed}");
            assert!(!rows.is_empty(), "seed {seed}: something to look at");
            let dates: BTreeSet<Date> = expected.iter().map(|(_, entry)| entry.row.date).collect();
            let (from, to) = (*dates.iter().nth(1).expect("dates"), *dates.iter().nth_back(1).expect("dates"));
            let query = ListQuery { from: Some(from), to: Some(to), ..ListQuery::newest(11, Filter::default()) };
            assert_eq!(places(&rest::<Entries>(shards, query)), of(&|entry| (from..=to).contains(&entry.row.date)), "seed {seed}");
            for owner_of in ["@house", random::MERCHANTS[0]] {
                let rows = rest::<Entries>(shards, ListQuery::newest(5, Filter::of(owner_of)));
                assert_eq!(places(&rows), of(&|entry| owner(entry.row.subject.as_ref()) == Some(owner_of)), "seed {seed}, {owner_of}");
            }
            // Sales have no list of their own: alone and among others they are found all the same, and nothing else is.
            for types in [vec![EventType::Sale], vec![EventType::Refund], vec![EventType::Refund, EventType::Sale]] {
                let whose = random::MERCHANTS[0];
                let filter = Filter { types: types.clone(), ..Filter::of(whose) };
                let expected = of(&|entry| owner(entry.row.subject.as_ref()) == Some(whose) && entry.row.event_type.is_some_and(|of| types.contains(&of)));
                assert_eq!(places(&rest::<Entries>(shards, ListQuery::newest(3, filter))), expected, "seed {seed}, {types:?}");
                assert!(!expected.is_empty() || !types.contains(&EventType::Sale), "seed {seed}: nothing to look at");
            }
        });
    }
}

#[test]
fn payments_stand_where_they_were_sold_or_completed_and_each_once() {
    for seed in SEEDS {
        let bank = Bank::of(seed);
        let mut last: BTreeMap<(u32, String, String), (Date, u64)> = BTreeMap::new();
        for (at, entry) in bank.posted().into_iter().rev() {
            let begins = matches!(
                entry.row.event_type,
                Some(
                    EventType::Sale
                        | EventType::PreauthPlaced
                        | EventType::PreauthCompleted
                        | EventType::OpeningPayment
                        | EventType::StandaloneRefund
                        | EventType::StandaloneChargeback
                )
            );
            if let (true, Some(Subject::Merchant(merchant)), Some(payment)) = (begins, &entry.row.subject, &entry.row.payment) {
                let place = last.entry((at, merchant.to_string(), payment.to_string())).or_insert((entry.row.date, entry.number));
                *place = (*place).max((entry.row.date, entry.number));
            }
        }
        let mut expected: Vec<_> =
            last.iter().map(|(name, (date, number))| (std::cmp::Reverse(*date), name.0, std::cmp::Reverse(*number), name.clone())).collect();
        expected.sort();
        let expected: Vec<_> = expected.into_iter().map(|(.., name)| name).collect();
        bank.ask(100, |shards| {
            let all = rest::<Payments>(shards, ListQuery::newest(6, Filter::default()));
            assert_eq!(all.iter().map(name).collect::<Vec<_>>(), expected, "seed {seed}");
            let day = all.iter().skip(all.len() / 2).find_map(|found| found.row.terms.available_on);
            let filters: [(Filter, &dyn Fn(&PaymentRow) -> bool); 3] = [
                (Filter { state: Some("captured".to_owned()), ..Filter::default() }, &|row| row.terms.stage.as_str() == "captured"),
                (Filter { available_on: day, ..Filter::default() }, &|row| row.terms.is_captured() && row.terms.available_on == day),
                (Filter { terminal: all.iter().find_map(|found| found.row.terms.terminal.clone()), ..Filter::default() }, &|row| {
                    row.terms.terminal == all.iter().find_map(|found| found.row.terms.terminal.clone())
                }),
            ];
            for (filter, fits) in filters {
                let told: Vec<_> = rest::<Payments>(shards, ListQuery::newest(4, filter.clone())).iter().map(name).collect();
                let expected: Vec<_> = all.iter().filter(|found| fits(&found.row)).map(name).collect();
                assert_eq!(told, expected, "seed {seed}, {filter:?}");
            }
            for merchant in random::MERCHANTS {
                let told: Vec<_> = rest::<Payments>(shards, ListQuery::newest(5, Filter::of(merchant))).iter().map(name).collect();
                assert_eq!(told, all.iter().map(name).filter(|(_, whose, _)| whose == merchant).collect::<Vec<_>>(), "seed {seed}, {merchant}");
            }
        });
    }
}

#[test]
fn pages_stay_right_while_entries_are_appended() {
    for seed in SEEDS {
        let bank = Bank::of(seed);
        let (before, first) = bank.ask(60, |shards| {
            let all: Vec<_> = rest::<Payments>(shards, ListQuery::newest(1000, Filter::default())).iter().map(name).collect();
            (all, list(shards, &mut Payments::default(), &ListQuery::newest(5, Filter::default())).expect("readable"))
        });
        let mut told: Vec<_> = first.rows.iter().map(name).collect();
        bank.ask(100, |shards| {
            let query = ListQuery { cursor: first.next, ..ListQuery::newest(5, Filter::default()) };
            told.extend(rest::<Payments>(shards, query).iter().map(name));
        });
        let each_once: BTreeSet<_> = told.iter().cloned().collect();
        assert_eq!(each_once.len(), told.len(), "seed {seed}: none is told twice");
        let missed: Vec<_> = before.iter().filter(|name| !each_once.contains(name)).collect();
        assert!(missed.is_empty(), "seed {seed}: {missed:?} were there when the first page was read");
    }
}

#[test]
fn holds_payouts_and_disputes_are_those_of_each_merchant() {
    for seed in SEEDS {
        let bank = Bank::of(seed);
        bank.ask(100, |shards| {
            fn each<L: Listed + Default>(shards: &[Shard<'_>], seed: u64, key: impl Fn(&L::Row) -> (Date, String)) {
                let all: Vec<_> =
                    rest::<L>(shards, ListQuery::newest(3, Filter::default())).into_iter().map(|found| (found.partition, key(&found.row))).collect();
                assert!(all.windows(2).all(|pair| pair[0].1.0 >= pair[1].1.0), "seed {seed}: newest first");
                let mut single = Vec::new();
                for shard in shards {
                    for merchant in random::MERCHANTS {
                        let rows = page(shard, L::default(), &ListQuery::newest(1000, Filter::of(merchant))).rows;
                        single.extend(rows.iter().map(|row| (shard.partition, key(row))));
                    }
                }
                let sorted = |mut rows: Vec<(u32, (Date, String))>| {
                    rows.sort();
                    rows
                };
                assert_eq!(sorted(all), sorted(single), "seed {seed}");
            }
            each::<Holds>(shards, seed, |(merchant, hold)| (hold.since, format!("{merchant} {} {}", hold.hold, hold.amount())));
            each::<Payouts>(shards, seed, |(merchant, payout)| (payout.initiated_on, format!("{merchant} {} {}", payout.payout, payout.amount)));
            each::<Disputes>(shards, seed, |(merchant, dispute)| (dispute.opened_on, format!("{merchant} {} {}", dispute.payment, dispute.dispute)));
        });
    }
}

#[test]
fn a_reference_finds_the_event_the_payment_and_the_dispute() {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("M1", "c-1", |_| {}));
    let sale = |id: &str, payment: &str, reference: &str| {
        json!({"id": id, "type": "sale", "merchant": "M1", "payment": payment, "amount": "10.00", "currency": "CNY", "card": "debit",
            "scheme": "visa", "reference": reference})
    };
    life.posted(sale("s1", "P1", "RRN1"));
    life.posted(sale("s2", "P2", "RRN2"));
    life.posted(json!({"id": "r1", "type": "refund", "merchant": "M1", "payment": "P1", "amount": "1.00", "currency": "CNY", "reference": "RRN9"}));
    life.posted(json!({"id": "d1", "type": "chargeback", "merchant": "M1", "payment": "P1", "dispute": "D1", "amount": "1.00", "currency": "CNY"}));
    life.posted(json!({"id": "d2", "type": "dispute_won", "merchant": "M1", "payment": "P1", "dispute": "D1", "reference": "RRN9"}));
    life.posted(json!({"id": "p1", "type": "preauth_placed", "merchant": "M1", "payment": "P3", "amount": "5.00", "currency": "CNY", "card": "debit",
        "scheme": "visa", "reference": "AUTH3"}));
    life.posted(json!({"id": "p2", "type": "preauth_completed", "merchant": "M1", "payment": "P3", "amount": "5.00", "currency": "CNY"}));
    let scratch = tempfile::tempdir().expect("a directory");
    let views = fold_into(scratch.path(), &life.entries, 3).views();
    let shard = shard(&views, &life.entries);
    for (owner, dispute_owner) in [(None, None), (Some("M1".to_owned()), Some("M1".to_owned())), (Some("M2".to_owned()), None)] {
        let by = |reference: &str| Filter { reference: Reference::new(reference), owner: owner.clone(), ..Filter::default() };
        let is_m2 = owner.as_deref() == Some("M2");
        let entries = |reference: &str| -> Vec<String> {
            let rows = page(&shard, Entries, &ListQuery::newest(10, by(reference))).rows;
            rows.iter().filter_map(|entry| entry.row.event.as_ref()).map(ToString::to_string).collect()
        };
        let payments = |reference: &str| -> Vec<String> {
            let rows = page(&shard, Payments::default(), &ListQuery::newest(10, by(reference))).rows;
            rows.iter().map(|row| row.id.to_string()).collect()
        };
        if is_m2 {
            assert!(entries("RRN9").is_empty() && payments("RRN9").is_empty() && dispute_owner.is_none());
            continue;
        }
        assert_eq!((entries("RRN1"), payments("RRN1")), (vec!["s1".to_owned()], vec!["P1".to_owned()]));
        assert_eq!((entries("RRN9"), payments("RRN9")), (vec!["d2".to_owned(), "r1".to_owned()], vec!["P1".to_owned()]));
        // The completion has no reference of its own; the payment is found by what its pre-authorisation was called.
        assert_eq!((entries("AUTH3"), payments("AUTH3")), (vec!["p1".to_owned()], vec!["P3".to_owned()]));
        let disputes = page(&shard, Disputes, &ListQuery::newest(10, by("RRN9"))).rows;
        assert_eq!(disputes.iter().map(|(_, dispute)| dispute.dispute.to_string()).collect::<Vec<_>>(), ["D1"]);
        assert!(entries("RRN3").is_empty() && payments("RRN3").is_empty());
    }
}

/// What a pre-authorisation was placed with is in the card's currency, and no amount of a payment in the merchant's.
#[test]
fn a_completion_that_is_worth_nothing_to_its_merchant_has_no_amount() {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("M1", "c-1", |_| {}));
    let preauth = json!({"id": "p1", "type": "preauth_placed", "merchant": "M1", "payment": "P1", "amount": "4.27", "currency": "USD", "card": "debit",
        "scheme": "visa"});
    life.posted(preauth);
    let amounts = |life: &Life| {
        let scratch = tempfile::tempdir().expect("a directory");
        let views = fold_into(scratch.path(), &life.entries, 3).views();
        let rows = page(&shard(&views, &life.entries), Payments::default(), &ListQuery::newest(10, Filter::default())).rows;
        rows.into_iter().map(|row| (row.terms.currency.code().to_owned(), row.terms.amount)).collect::<Vec<_>>()
    };
    assert_eq!(amounts(&life), [("USD".to_owned(), 427)]);
    life.posted(json!({"id": "p2", "type": "preauth_completed", "merchant": "M1", "payment": "P1", "amount": "1.42", "currency": "USD",
        "settled_currency": "CNY", "rate": "0.001"}));
    assert_eq!(amounts(&life), [("CNY".to_owned(), 0)]);
}
