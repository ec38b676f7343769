//! Consumption against a second, plain model: random lives of two partitions, every answer recounted from a list of
//! purchases. Nothing is left out here (k is 0); what is left out has tests of its own.

mod support;

use projections::answers::Shard;
use projections::answers::consumption::*;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::money::parse_scaled;
use schemas::time::Date;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use support::*;

/// A purchase as the model knows it.
#[derive(Clone, Debug)]
struct Purchase {
    merchant: String,
    mcc: String,
    date: Date,
    hour: u32,
    card: String,
    entry_mode: Option<String>,
    customer: Option<String>,
    is_of_bank: bool,
    net: i128,
}

/// Both partitions, and the model beside them.
struct World {
    random: ChaCha8Rng,
    lives: [Life; 2],
    purchases: BTreeMap<(String, String), Purchase>,
    /// Merchant: partition, MCC, scope, minutes east of UTC.
    merchants: BTreeMap<String, (usize, String, bool, i32)>,
    by_bank: BTreeMap<String, u32>,
    by_merchant: BTreeMap<(String, String), u32>,
    next: u32,
}

const CARDS: [&str; 4] = ["debit", "credit", "prepaid", "wallet"];
const MODES: [Option<&str>; 4] = [Some("qr"), Some("tap"), Some("insert"), None];
const ZONES: [(&str, i32); 3] = [("Asia/Shanghai", 480), ("Asia/Kathmandu", 345), ("Etc/GMT+5", -300)];

impl World {
    fn new(seed: u64) -> Self {
        let lives = [Life::opened("2026-10-01"), Life::opened("2026-10-01")];
        let mut world = Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            lives,
            purchases: BTreeMap::new(),
            merchants: BTreeMap::new(),
            by_bank: BTreeMap::new(),
            by_merchant: BTreeMap::new(),
            next: 0,
        };
        for merchant in 0..6 {
            world.contract(&format!("M{merchant}"), merchant % 2);
        }
        world
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.random.random_range(0..of.len());
        of[at].clone()
    }

    fn id(&mut self) -> String {
        self.next += 1;
        format!("e{}", self.next)
    }

    fn contract(&mut self, merchant: &str, partition: usize) {
        let (mcc, is_of_bank, (zone, minutes)) = (self.pick(&["5812", "5411"]), self.random.random_bool(0.7), self.pick(&ZONES));
        let id = self.id();
        self.lives[partition].posted(contract(merchant, &id, |contract| {
            contract["mcc"] = json!(mcc);
            contract["time_zone"] = json!(zone);
            contract["customer_scope"] = json!(if is_of_bank { "bank" } else { "merchant" });
        }));
        self.merchants.insert(merchant.to_owned(), (partition, mcc.to_owned(), is_of_bank, minutes));
    }

    fn step(&mut self) {
        let merchant = self.pick(&["M0", "M1", "M2", "M3", "M4", "M5"]).to_owned();
        match self.random.random_range(0..100) {
            0..60 => self.purchase(&merchant),
            60..62 => self.contract(&merchant, self.merchants[&merchant].0),
            62..65 => self.erase(&merchant),
            _ => self.change(),
        }
    }

    fn purchase(&mut self, merchant: &str) {
        let (partition, mcc, is_of_bank, minutes) = self.merchants[merchant].clone();
        // A token now and then, of few, so that they come again.
        let token = (self.random.random_range(0..10) > 0).then(|| format!("c{}", self.random.random_range(0..25)));
        let second = 1_790_000_000 + self.random.random_range(0..60 * 86_400i64);
        let local = second + i64::from(minutes) * 60;
        let cents = self.random.random_range(1..60_000u64);
        let (card, mode) = (self.pick(&CARDS), self.pick(&MODES));
        let (payment, id) = (self.id(), self.id());
        let at = schemas::time::OccurredAt { micros: second * 1_000_000, offset_minutes: None }.to_string();
        let mut event = json!({"id": id, "type": "sale", "merchant": merchant, "payment": payment, "occurred_at": at, "currency": "CNY",
            "amount": schemas::money::format_scaled(cents.into(), 2), "card": card, "scheme": "unionpay"});
        if let Some(mode) = mode {
            event["entry_mode"] = json!(mode);
        }
        if let Some(token) = &token {
            event["customer"] = json!(token);
        }
        self.lives[partition].posted(event);
        let customer = token.map(|token| {
            let bank = self.by_bank.get(&token).copied().unwrap_or(0);
            let own = self.by_merchant.get(&(merchant.to_owned(), token.clone())).copied().unwrap_or(0);
            let shop = if is_of_bank && own == 0 { "" } else { merchant };
            format!("{token} {bank} {own} {shop} {is_of_bank}")
        });
        let purchase = Purchase {
            merchant: merchant.to_owned(),
            mcc,
            date: Date::from_days(local.div_euclid(86_400) as i32),
            hour: local.rem_euclid(86_400) as u32 / 3600,
            card: card.to_owned(),
            entry_mode: mode.map(str::to_owned),
            customer,
            is_of_bank,
            net: cents.into(),
        };
        self.purchases.insert((merchant.to_owned(), payment), purchase);
    }

    fn erase(&mut self, merchant: &str) {
        let token = format!("c{}", self.random.random_range(0..25));
        let id = self.id();
        if self.random.random_bool(0.5) {
            for life in &mut self.lives {
                life.posted(json!({"id": id, "type": "customer_erased", "merchant": "@house", "customer": token}));
            }
            *self.by_bank.entry(token).or_insert(0) += 1;
        } else {
            let partition = self.merchants[merchant].0;
            self.lives[partition].posted(json!({"id": id, "type": "customer_erased", "merchant": merchant, "customer": token}));
            *self.by_merchant.entry((merchant.to_owned(), token)).or_insert(0) += 1;
        }
    }

    /// Something that changes a purchase's net, or does not.
    fn change(&mut self) {
        let keys: Vec<_> = self.purchases.keys().cloned().collect();
        let Some((merchant, payment)) = (!keys.is_empty()).then(|| self.pick(&keys)) else { return };
        let partition = self.merchants[&merchant].0;
        let kind = self.pick(&["refund", "refund", "tip_adjusted", "reversal", "void", "chargeback"]);
        let cents = self.random.random_range(1..20_000u64);
        let id = self.id();
        let mut event = json!({"id": id, "type": kind, "merchant": merchant, "payment": payment});
        if kind != "void" {
            event["currency"] = json!("CNY");
            event["amount"] = json!(schemas::money::format_scaled(cents.into(), 2));
        }
        let entry = self.lives[partition].event(event);
        if entry.row.outcome != ledger::entry::Outcome::Posted {
            return;
        }
        let purchase = self.purchases.get_mut(&(merchant.clone(), payment.clone())).expect("it was picked");
        match kind {
            "refund" => purchase.net -= i128::from(cents),
            "tip_adjusted" => purchase.net += i128::from(cents),
            "reversal" => purchase.net -= i128::from(cents),
            "void" => purchase.net = 0,
            _ => {}
        }
        if kind == "refund" && self.random.random_bool(0.3) {
            let failed = self.id();
            self.lives[partition].posted(json!({"id": failed, "type": "refund_failed", "merchant": merchant, "payment": payment, "refund": id}));
            self.purchases.get_mut(&(merchant, payment)).expect("it was picked").net += i128::from(cents);
        }
    }
}

/// A key's value in the model, as it is told.
fn value(key: Key, purchase: &Purchase) -> String {
    let civil = purchase.date.to_civil();
    match key {
        Key::Day => purchase.date.to_string(),
        Key::Week => purchase.date.plus_days(1 - i32::from(purchase.date.weekday())).to_string(),
        Key::Month => format!("{:04}-{:02}", civil.year(), civil.month()),
        Key::Weekday => purchase.date.weekday().to_string(),
        Key::Hour => format!("{:02}", purchase.hour),
        Key::Merchant => purchase.merchant.clone(),
        Key::Mcc => purchase.mcc.clone(),
        Key::Region => "CN-31".to_owned(),
        Key::Card => purchase.card.clone(),
        // `null` is told last.
        Key::EntryMode => purchase.entry_mode.clone().unwrap_or("~".to_owned()),
    }
}

fn texts(keys: &[Key], values: &[Value]) -> Vec<String> {
    let text = |(key, value): (&Key, &Value)| match value {
        Value::Number(number) if *key == Key::Hour => format!("{number:02}"),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Null => "~".to_owned(),
    };
    keys.iter().zip(values).map(text).collect()
}

fn customers_of<'a>(purchases: impl Iterator<Item = &'a Purchase>) -> BTreeSet<String> {
    purchases.filter_map(|purchase| purchase.customer.clone()).collect()
}

fn half_up(part: i128, whole: i128, scale: i128) -> i128 {
    (2 * part * scale + whole) / (2 * whole)
}

struct Judge<'a> {
    shards: [Shard<'a>; 2],
    all: Vec<Purchase>,
    what: String,
}

impl Judge<'_> {
    /// The purchases that a query is about, dates of the range aside.
    fn matching(&self, query: &Query) -> Vec<&Purchase> {
        let has = |purchase: &&Purchase| query.filters.iter().all(|(key, wanted)| texts(&[*key], std::slice::from_ref(wanted)) == [value(*key, purchase)]);
        self.all.iter().filter(has).collect()
    }

    fn by_keys(&self, query: &Query) {
        let what = format!("{}, {query:?}", self.what);
        let matching = self.matching(query);
        let mut groups: BTreeMap<Vec<String>, Vec<&Purchase>> = BTreeMap::new();
        for purchase in matching.iter().filter(|purchase| (query.from..=query.to).contains(&purchase.date)) {
            groups.entry(query.group_by.iter().map(|key| value(*key, purchase)).collect()).or_default().push(purchase);
        }
        let expected: Vec<_> = groups
            .iter()
            .map(|(values, of)| {
                (values.clone(), of.len() as u64, customers_of(of.iter().copied()).len() as u64, of.iter().map(|purchase| purchase.net).sum::<i128>())
            })
            .collect();
        let told = footfall(&self.shards, query).expect("told");
        let found: Vec<_> = told.rows.iter().map(|row| (texts(&query.group_by, &row.values), row.visits, row.customers.estimate, row.sales)).collect();
        assert_eq!(found, expected, "{what}");

        let whole: i128 = groups.values().flatten().map(|purchase| purchase.net).sum();
        let shares: Vec<_> = mix(&self.shards, query).expect("told").rows.iter().map(|row| row.share_percent).collect();
        assert_eq!(shares, expected.iter().map(|row| (whole > 0).then(|| half_up(row.3, whole, 10_000))).collect::<Vec<_>>(), "{what}");

        let told = tickets(&self.shards, query).expect("told");
        let mut rows = told.rows.iter();
        for (values, of) in &groups {
            let mut nets: Vec<i128> = of.iter().map(|purchase| purchase.net).filter(|net| *net > 0).collect();
            nets.sort_unstable();
            if nets.is_empty() {
                continue;
            }
            let row = rows.next().expect("a row");
            let mean = half_up(nets.iter().sum(), nets.len() as i128, 1);
            assert_eq!((texts(&query.group_by, &row.values), row.count, row.mean), (values.clone(), nets.len() as u64, mean), "{what}");
            for (percentile, told) in PERCENTILES.iter().zip(row.percentiles) {
                let exact = nets[(nets.len() * usize::from(*percentile)).div_ceil(100).max(1) - 1].unsigned_abs();
                assert!(told.abs_diff(exact) * 100 <= exact, "{what}: p{percentile} is {told}, not {exact}");
            }
        }
        assert!(rows.next().is_none(), "{what}");

        let told = customers(&self.shards, query).expect("told");
        let expected: Vec<_> = groups
            .iter()
            .map(|(values, of)| {
                let start = |(key, text): (&Key, &String)| match key {
                    Key::Day | Key::Week => Date::parse(text),
                    Key::Month => Date::parse(&format!("{text}-01")),
                    _ => None,
                };
                let before = query.group_by.iter().zip(values).find_map(start).unwrap_or(query.from);
                let is_of_row = |purchase: &&&Purchase| query.group_by.iter().zip(values).all(|(key, text)| key.is_period() || value(*key, purchase) == *text);
                let earlier = customers_of(matching.iter().filter(|purchase| purchase.date < before).filter(is_of_row).copied());
                let now = customers_of(of.iter().copied());
                (values.clone(), now.len() as u64, now.intersection(&earlier).count() as u64)
            })
            .collect();
        let found: Vec<_> = told.rows.iter().map(|row| (texts(&query.group_by, &row.values), row.customers.estimate, row.returning.estimate)).collect();
        assert_eq!(found, expected, "{what}");
        assert!(told.rows.iter().all(|row| row.new.estimate + row.returning.estimate == row.customers.estimate && row.customers.error == 0), "{what}");
    }

    fn by_customer(&self, query: &Query) {
        let what = format!("{}, {query:?}", self.what);
        let matching = self.matching(query);
        let mut people: BTreeMap<String, (BTreeSet<Date>, i128)> = BTreeMap::new();
        let mut first: BTreeMap<String, Date> = BTreeMap::new();
        for purchase in &matching {
            let Some(customer) = &purchase.customer else { continue };
            let earliest = first.entry(customer.clone()).or_insert(purchase.date);
            *earliest = purchase.date.min(*earliest);
            if (query.from..=query.to).contains(&purchase.date) {
                let person = people.entry(customer.clone()).or_default();
                person.0.insert(purchase.date);
                person.1 += purchase.net;
            }
        }
        let place = |number: i128, ends: [i128; 3], names: [&'static str; 4]| names[ends.iter().filter(|end| number > **end).count()];
        let mut segments_expected: BTreeMap<(&str, &str), (u64, u64, i128)> = BTreeMap::new();
        let mut cohorts_expected: BTreeMap<(Date, u32), BTreeSet<&String>> = BTreeMap::new();
        for (customer, (dates, net)) in &people {
            let last = dates.last().expect("a visit");
            let recency = place(i128::from(query.to.days() - last.days()), [7, 30, 90], ["0-7", "8-30", "31-90", ">90"]);
            let monetary = place(net / 100, [99, 499, 1999], ["0-99", "100-499", "500-1999", ">1999"]);
            let sum = segments_expected.entry((recency, monetary)).or_default();
            *sum = (sum.0 + 1, sum.1 + dates.len() as u64, sum.2 + net);
            if first[customer] >= query.from {
                let monday = |date: Date| date.plus_days(1 - i32::from(date.weekday()));
                let cohort = monday(first[customer]);
                for date in dates {
                    cohorts_expected.entry((cohort, (monday(*date).days() - cohort.days()) as u32 / 7)).or_default().insert(customer);
                }
            }
        }
        let told = segments(&self.shards, query, &[SegmentKey::Recency, SegmentKey::Monetary], &[]).expect("told");
        let found: BTreeMap<_, _> =
            told.rows.iter().map(|row| ((row.segments[0].name(), row.segments[1].name()), (row.customers.estimate, row.visit_days, row.sales))).collect();
        assert_eq!(found, segments_expected, "{what}");
        let told = cohorts(&self.shards, query, Period::Week).expect("told");
        let found: Vec<_> = told.rows.iter().map(|row| ((row.cohort, row.after), row.customers.estimate, row.retention_percent)).collect();
        let percent = |cohort: Date, count: usize| Some(half_up(count as i128, cohorts_expected[&(cohort, 0)].len() as i128, 10_000));
        let expected: Vec<_> = cohorts_expected.iter().map(|(key, of)| (*key, of.len() as u64, percent(key.0, of.len()))).collect();
        assert_eq!(found, expected, "{what}");
    }

    fn pairs(&self, query: &Query) {
        let what = format!("{}, {query:?}", self.what);
        let within: Vec<&Purchase> = self.matching(query).into_iter().filter(|purchase| (query.from..=query.to).contains(&purchase.date)).collect();
        let everyone = customers_of(within.iter().copied()).len() as i128;
        let mut sets: BTreeMap<&str, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for purchase in &within {
            let Some(customer) = &purchase.customer else { continue };
            let set = sets.entry(&purchase.merchant).or_default();
            set.0.insert(customer.clone());
            if purchase.is_of_bank {
                set.1.insert(customer.clone());
            }
        }
        let mut expected = Vec::new();
        for (a, one) in &sets {
            for (b, other) in sets.range::<str, _>((std::ops::Bound::Excluded(*a), std::ops::Bound::Unbounded)) {
                let both = one.1.intersection(&other.1).count() as i128;
                if both > 0 {
                    let (size_a, size_b) = (one.0.len() as i128, other.0.len() as i128);
                    expected.push((
                        (*a).to_owned(),
                        (*b).to_owned(),
                        both as u64,
                        Some(half_up(both, size_a + size_b - both, 10_000)),
                        Some(half_up(both * everyone, size_a * size_b, 100)),
                    ));
                }
            }
        }
        let told = affinity(&self.shards, query, AffinityKey::Merchant).expect("told");
        let found: Vec<_> = told.rows.into_iter().map(|row| (row.a, row.b, row.customers.estimate, row.jaccard, row.lift)).collect();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn every_answer_is_what_a_plain_count_says() {
    for seed in 1..=6u64 {
        let mut world = World::new(seed);
        for _ in 0..700 {
            world.step();
        }
        let scratch = tempfile::tempdir().expect("a directory");
        let batch = 1 + world.random.random_range(0..50);
        let views: Vec<_> = (0..2).map(|at| fold_into(&scratch.path().join(at.to_string()), &world.lives[at].entries, batch).views()).collect();
        let shard = |at: usize| Shard::new(at as u32, &views[at], &world.lives[at].entries).expect("readable");
        let judge = Judge { shards: [shard(0), shard(1)], all: world.purchases.values().cloned().collect(), what: format!("seed {seed}") };
        let mut random = ChaCha8Rng::seed_from_u64(random_seed(seed));
        for _ in 0..25 {
            let from = date("2026-09-21").plus_days(random.random_range(0..50));
            let mut query = Query::new(from, from.plus_days(random.random_range(0..40)));
            query.fewest_customers = 0;
            // So few that purchases are read several times.
            query.customers_at_once = if random.random_bool(0.5) { random.random_range(1..40) } else { CUSTOMERS_AT_ONCE };
            if random.random_bool(0.5) {
                let purchase = &judge.all[random.random_range(0..judge.all.len())];
                let key = Key::ALL[random.random_range(0..Key::ALL.len())];
                query.filters.extend(key.parse(value(key, purchase).as_str()).map(|value| (key, value)));
            }
            judge.by_customer(&query);
            if !query.filters.iter().any(|(key, _)| *key == Key::Merchant) {
                judge.pairs(&query);
            }
            let keys: Vec<Key> = (0..random.random_range(0..=2)).map(|_| Key::ALL[random.random_range(0..Key::ALL.len())]).collect();
            let text: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
            if keys.is_empty() {
                judge.by_keys(&query);
            } else if let Ok(keys) = parse_keys(&text.join(",")) {
                query.group_by = keys;
                judge.by_keys(&query);
            }
        }
        assert!(judge.all.len() > 300, "seed {seed}: the test is of something");
    }
}

/// Another stream than the life's.
fn random_seed(seed: u64) -> u64 {
    ChaCha8Rng::seed_from_u64(seed ^ 0xc0ff_ee00).next_u64()
}

#[test]
fn a_cell_with_many_different_amounts_has_quantiles_within_their_error() {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("M1", "c-1", |_| {}));
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut nets = Vec::new();
    for n in 0..9000 {
        let cents = random.random_range(100..2_000_000u64);
        let amount = schemas::money::format_scaled(cents.into(), 2);
        assert_eq!(parse_scaled(&amount, 2, u64::MAX), Ok(cents));
        life.posted(json!({"id": format!("s{n}"), "type": "sale", "merchant": "M1", "payment": format!("P{n}"), "occurred_at": "2026-11-23T12:00:00+08:00",
            "currency": "CNY", "amount": amount, "card": "credit", "scheme": "unionpay", "customer": format!("c{n}")}));
        if n % 3 == 0 {
            life.posted(json!({"id": format!("v{n}"), "type": "void", "merchant": "M1", "payment": format!("P{n}")}));
        } else {
            nets.push(u128::from(cents));
        }
    }
    nets.sort_unstable();
    let scratch = tempfile::tempdir().expect("a directory");
    let views = fold_into(scratch.path(), &life.entries, 500).views();
    let told = tickets(&[shard(&views, &life.entries)], &Query::new(date("2026-11-23"), date("2026-11-23"))).expect("told");
    let row = &told.rows[0];
    assert_eq!((row.count, row.mean), (nets.len() as u64, half_up(nets.iter().sum::<u128>() as i128, nets.len() as i128, 1)));
    for (percentile, told) in PERCENTILES.iter().zip(row.percentiles) {
        let exact = nets[(nets.len() * usize::from(*percentile)).div_ceil(100) - 1];
        assert!(told.abs_diff(exact) * 100 <= exact, "seed 7: p{percentile} is {told}, not {exact}");
    }
}
