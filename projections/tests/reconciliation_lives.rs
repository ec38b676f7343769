//! Sums that dates tell against sums of every pair, naive sums, and breaks of any date against these, over random lives of entries and lines.
//!
//! A seed is printed with every failure; `SEED=7 cargo test …` runs it again.

mod naive_pairs;
mod support;

use projections::answers::reconciliation::*;
use projections::answers::{GroupValue, Window};
use schemas::time::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::*;

const OPENED: &str = "2026-11-20";
const LIVES: u64 = 12;
const STEPS: usize = 90;

/// xorshift64*: the same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % below
    }
}

struct Random {
    life: Life,
    dice: Dice,
    count: u64,
    open: Date,
    /// Refunds: whose, of which payment, and their ids.
    refunds: Vec<(String, String, String)>,
}

impl Random {
    fn new(seed: u64) -> Self {
        let mut life = Life::opened(OPENED);
        life.posted(contract("M1", "c-1", |terms| terms["on_shortfall"] = json!("owe")));
        life.posted(contract("M2", "c-2", |terms| {
            terms["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "gateway": {"percent": "0.05"}});
            terms["settlement"]["calendar"] = json!("CN");
        }));
        Self { life, dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1), count: 0, open: date(OPENED), refunds: Vec::new() }
    }

    fn pick(&mut self, of: &[&str]) -> String {
        let at = usize::try_from(self.dice.below(of.len() as u64)).expect("small");
        of[at].to_owned()
    }

    /// Few payments and references, so that they meet.
    fn named(&mut self, letter: &str, few: u64) -> String {
        format!("{letter}{}", self.dice.below(few))
    }

    fn step(&mut self) {
        self.count += 1;
        let mut merchant = self.pick(&["M1", "M1", "M2"]);
        let mut event = json!({"id": format!("e{}", self.count), "merchant": merchant, "currency": "CNY"});
        let amount = self.pick(&["10.00", "10.00", "20.00", "5.00"]);
        match self.dice.below(20) {
            0..=5 => {
                event["type"] = json!("sale");
                event["payment"] = json!(self.named("P", 30));
                (event["amount"], event["card"], event["scheme"]) = (json!(amount), json!("credit"), json!("unionpay"));
            }
            6..=8 => {
                event["type"] = json!(self.pick(&["refund", "refund", "refund_failed", "tip_adjusted", "void", "reversal", "instalment_subsidy"]));
                event["payment"] = json!(self.named("P", 30));
                let last = self.refunds.pop();
                match (event["type"].as_str(), last) {
                    (Some("refund_failed"), Some((whose, payment, refund))) => {
                        merchant = whose;
                        (event["merchant"], event["payment"], event["refund"]) = (json!(merchant), json!(payment), json!(refund));
                    }
                    (Some("void" | "reversal" | "refund_failed"), last) => self.refunds.extend(last),
                    (_, last) => {
                        self.refunds.extend(last);
                        event["amount"] = json!(self.pick(&["1.00", "2.00"]));
                        if event["type"] == "refund" {
                            self.refunds.push((merchant.clone(), event["payment"].as_str().expect("one").to_owned(), format!("e{}", self.count)));
                        }
                    }
                }
            }
            9 => {
                event =
                    json!({"id": format!("e{}", self.count), "type": "break_closed", "merchant": "@house", "maker": "li", "checker": "wang", "reason": "seen"});
                let (kind, name) = (
                    self.pick(&["sale", "sale", "refund"]),
                    if self.dice.below(2) == 0 { self.named("R", 12) } else { format!("payment:{}", self.named("P", 30)) },
                );
                let source = self.pick(&["scheme:unionpay/", "scheme:unionpay/", "psp:psp-7/"]);
                event["break"] = json!(format!("{source}{kind}/{merchant}/{name}"));
            }
            10..=11 => {
                let today = self.open;
                self.life.close(today);
                self.open = today.plus_days(1);
                return;
            }
            _ => {
                event["type"] = json!("report_line");
                (event["source"], event["report"]) = (json!(if merchant == "M2" { "psp:psp-7" } else { "scheme:unionpay" }), json!(self.named("F", 3)));
                (event["line"], event["date"]) = (json!(self.count), json!(self.open.plus_days(-1).to_string()));
                let kind = self.pick(&["sale", "sale", "sale", "refund", "fee"]);
                (event["kind"], event["direction"], event["amount"]) = (
                    json!(kind),
                    json!(if kind == "refund" { "debit" } else { "credit" }),
                    json!(if kind == "refund" { self.pick(&["1.00", "2.00"]) } else { amount }),
                );
                if self.dice.below(4) == 0 {
                    event["payment"] = json!(self.named("P", 30));
                }
                if self.dice.below(3) == 0 {
                    event["fee"] = json!(self.pick(&["0.05", "0.07", "0.10"]));
                }
                if self.dice.below(40) == 0 {
                    event["currency"] = json!("USD");
                }
            }
        }
        if event["type"] != "break_closed" && self.dice.below(3) > 0 {
            // What takes something back mostly has a reference of its own, and so have some of the others.
            let is_back = ["void", "reversal", "refund_failed"].iter().any(|kind| event["type"] == *kind);
            let few = if self.dice.below(4) < if is_back { 3 } else { 1 } { 40 } else { 12 };
            event["reference"] = json!(self.named("R", few));
        }
        self.life.event(event);
    }
}

/// Rows by their values but merchants: what all merchants come to.
fn by_values(sums: PairSums, keys: usize) -> BTreeMap<Vec<GroupValue>, PairSum> {
    let mut rows = BTreeMap::<Vec<GroupValue>, PairSum>::new();
    for (mut key, (_, sum)) in sums.rows {
        let currency = key.pop().expect("a currency");
        key.truncate(keys);
        key.push(currency);
        rows.entry(key).or_default().add(sum);
    }
    rows
}

/// Rows by source, kind and currency alone.
fn by_kind(rows: &BTreeMap<Vec<GroupValue>, PairSum>) -> naive_pairs::Sums {
    let mut sums = naive_pairs::Sums::new();
    for (key, sum) in rows {
        let text = |at: usize| key[at].to_text().unwrap_or_default();
        let row = sums.entry((text(0), text(1), text(key.len() - 1))).or_default();
        *row = (row.0 + sum.count, row.1 + sum.ours, row.2 + sum.theirs);
    }
    sums
}

fn judge(seed: u64) {
    let mut random = Random::new(seed);
    (0..STEPS).for_each(|_| random.step());
    let scratch = tempfile::tempdir().expect("a directory");
    let writer = fold_into(scratch.path(), &random.life.entries, 7);
    let views = writer.views();
    let shards = [shard(&views, &random.life.entries)];
    let days = u16::try_from(random.open.days() - date(OPENED).days()).expect("few");
    let asked = (0..days).map(|day| Some(date(OPENED).plus_days(i32::from(day)))).chain([None]);
    let dated = [PairKey::Source, PairKey::Kind, PairKey::State, PairKey::Day, PairKey::Age];
    let items = naive_pairs::Items::read(&views.snapshot().expect("a snapshot"));
    let every = [&dated[..], &[PairKey::Merchant]].concat();
    for as_of in asked {
        let naive = items.sums(as_of);
        for expect_days in [0, 1, 2, 5] {
            let terms = ReconciliationTerms { expect_days, ..ReconciliationTerms::default() };
            for open in [None, Some(true), Some(false)] {
                let query = PairQuery { as_of, open, ..PairQuery::default() };
                let at = as_of.unwrap_or(random.open);
                let sums = |keys: &[PairKey]| by_values(pair_sums(&shards, &terms, &query, keys, at).expect("sums"), dated.len());
                let (quick, whole) = (sums(&dated), sums(&every));
                assert_eq!(quick, whole, "seed {seed}, as of {as_of:?}, {expect_days} days, open {open:?}");
                if open.is_none() {
                    assert_eq!(by_kind(&whole), naive, "seed {seed}, as of {as_of:?}, {expect_days} days");
                }
                let page = breaks(&shards, &terms, &query, &Window::newest(1000), at).expect("breaks");
                let mut told = BTreeMap::<(String, &str, &str, Date), i64>::new();
                for found in &page.rows {
                    *told.entry((found.source.clone(), found.kind.as_str(), found.state.as_str(), found.day)).or_default() += 1;
                }
                let mut counted = BTreeMap::<(String, String, String, String), i64>::new();
                for (key, sum) in whole {
                    let text = |at: usize| key[at].to_text().unwrap_or_default();
                    if !["matched", "late", "awaited"].contains(&text(2).as_str()) {
                        *counted.entry((text(0), text(1), text(2), text(3))).or_default() += sum.count;
                    }
                }
                let told: BTreeMap<_, _> =
                    told.into_iter().map(|((source, kind, state, day), count)| ((source, kind.to_owned(), state.to_owned(), day.to_string()), count)).collect();
                assert_eq!(told, counted, "seed {seed}, breaks as of {as_of:?}, {expect_days} days, open {open:?}");
                if expect_days != 5 {
                    let ask = |query: &PairQuery, window: &Window| breaks(&shards, &terms, query, window, at).expect("a page");
                    pages(&page.rows, &query, &ask, &format!("seed {seed}, as of {as_of:?}, {expect_days} days, open {open:?}"));
                }
            }
        }
    }
}

/// Breaks in their order, page by page, and by each filter: those of all that the filter fits.
fn pages(all: &[Break], query: &PairQuery, ask: &dyn Fn(&PairQuery, &Window) -> projections::answers::Page<Break>, at: &str) {
    let order = |one: &Break| (std::cmp::Reverse(one.day), one.id.clone());
    assert!(all.is_sorted_by_key(order), "{at}: not in order");
    for limit in [1, 3] {
        let (mut window, mut found) = (Window::newest(limit), Vec::new());
        loop {
            let page = ask(query, &window);
            assert!(page.rows.len() <= limit);
            found.extend(page.rows);
            let Some(next) = page.next else { break };
            window.cursor = Some(next);
        }
        assert_eq!(found, all, "{at}: in pages of {limit}");
    }
    let some = |value: &str| vec![value.to_owned()];
    let mut filters =
        vec![(PairKey::Merchant, some("M1")), (PairKey::Merchant, some("@house")), (PairKey::Report, some("F1")), (PairKey::Currency, some("CNY"))];
    filters.push((PairKey::Kind, vec!["sale".to_owned(), "refund".to_owned(), "payout".to_owned()]));
    filters.push((PairKey::State, State::ALL.into_iter().map(|state| state.as_str().to_owned()).collect()));
    filters.push((PairKey::Source, all.iter().map(|found| found.source.clone()).take(2).collect()));
    filters.push((PairKey::Day, all.iter().map(|found| found.day.to_string()).take(2).collect()));
    filters.push((PairKey::Age, all.iter().map(|found| found.age.to_string()).take(2).collect()));
    let value = |found: &Break, key: PairKey| match key {
        PairKey::Source => found.source.clone(),
        PairKey::Kind => found.kind.as_str().to_owned(),
        PairKey::State => found.state.as_str().to_owned(),
        PairKey::Day => found.day.to_string(),
        PairKey::Age => found.age.to_string(),
        PairKey::Merchant => found.owner.clone(),
        PairKey::Report => found.line.as_ref().map_or_else(String::new, |(report, ..)| report.clone()),
        PairKey::Currency => found.currency.code().to_owned(),
    };
    for (key, wanted) in filters.into_iter().flat_map(|(key, values)| values.into_iter().map(move |wanted| (key, wanted))) {
        let query = PairQuery { filters: vec![(key, wanted.clone())], ..query.clone() };
        let fit: Vec<Break> = all.iter().filter(|found| value(found, key) == wanted).cloned().collect();
        assert_eq!(ask(&query, &Window::newest(1000)).rows, fit, "{at}: {} {wanted}", key.as_str());
    }
    if let Some(middle) = all.get(all.len() / 2).map(|found| found.day) {
        for (from, to) in [(Some(middle), None), (None, Some(middle)), (Some(middle), Some(middle))] {
            let fit: Vec<Break> =
                all.iter().filter(|found| from.is_none_or(|from| found.day >= from) && to.is_none_or(|to| found.day <= to)).cloned().collect();
            assert_eq!(ask(&PairQuery { from, to, ..query.clone() }, &Window::newest(1000)).rows, fit, "{at}: from {from:?} to {to:?}");
        }
    }
}

#[test]
fn sums_by_dates_and_breaks_of_any_date_are_those_of_every_pair() {
    if let Ok(seed) = std::env::var("SEED") {
        return judge(seed.parse().expect("a number"));
    }
    // A break that was closed is the only one of its row that has a fee.
    judge(3_019_003);
    let first = u64::from(std::process::id()) * 1000;
    (first..first + LIVES).for_each(judge);
}

#[test]
fn an_item_costs_the_same_beside_ten_thousand_others() {
    // Refunds of one payment: without references, each with its own, and joined by one that has none.
    for with_reference in [false, true] {
        let mut life = Life::opened(OPENED);
        life.posted(contract("M1", "c-1", |terms| terms["on_shortfall"] = json!("owe")));
        life.posted(json!({"id": "s", "type": "sale", "merchant": "M1", "payment": "P", "amount": "90000.00", "currency": "CNY", "card": "credit", "scheme": "unionpay"}));
        for at in 0..4_000 {
            let mut refund: Value = json!({"id": format!("r{at}"), "type": "refund", "merchant": "M1", "payment": "P", "amount": "1.00", "currency": "CNY"});
            if with_reference && at % 1000 != 999 {
                refund["reference"] = json!(format!("R{at}"));
            }
            life.posted(refund);
        }
        let scratch = tempfile::tempdir().expect("a directory");
        let writer = fold_into(scratch.path(), &life.entries, 500);
        let views = writer.views();
        let snapshot = views.snapshot().expect("a snapshot");
        for row in snapshot
            .scan::<_, projections::folds::reconciliation::NodeKey, projections::folds::reconciliation::Node>(
                &projections::folds::reconciliation::NODES,
                &(),
                projections::views::Order::Ascending,
            )
            .expect("nodes")
        {
            let (key, node) = row.expect("a node");
            let bytes = postcard::to_stdvec(&node).expect("bytes").len();
            assert!(bytes < 1_000, "{bytes} bytes of {key:?}");
        }
        let shards = [shard(&views, &life.entries)];
        let sums = pair_sums(&shards, &ReconciliationTerms::default(), &PairQuery::default(), &[PairKey::Merchant], date(OPENED)).expect("sums");
        assert!(sums.rows.is_empty(), "no line has come");
    }
}
