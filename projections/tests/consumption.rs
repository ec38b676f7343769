//! Consumption: the published example, and every rule of it at least once.

mod support;

use projections::answers::Shard;
use projections::answers::consumption::*;
use projections::views::Views;
use schemas::money::format_scaled;
use serde_json::{Value as Json, json};
use support::*;

fn yuan(minor: i128) -> String {
    format_scaled(minor, 2)
}

/// How many, where that is known exactly.
fn exact(count: Count) -> u64 {
    assert_eq!(count.error, 0);
    count.estimate
}

fn texts(values: &[Value]) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Null => "null".to_owned(),
    };
    values.iter().map(text).collect()
}

/// A sale of so many yuan.
fn sale(merchant: &str, payment: &str, at: &str, yuan: u32, customer: &str, more: Json) -> Json {
    let mut event = json!({"id": format!("s-{payment}"), "type": "sale", "merchant": merchant, "payment": payment, "occurred_at": at,
        "currency": "CNY", "amount": yuan.to_string(), "card": "credit", "scheme": "unionpay", "entry_mode": "qr", "customer": customer});
    for (key, value) in more.as_object().into_iter().flatten() {
        match value {
            Json::Null => drop(event.as_object_mut().expect("an object").remove(key)),
            value => event[key] = value.clone(),
        }
    }
    event
}

fn about(kind: &str, merchant: &str, payment: &str, yuan: Option<u32>) -> Json {
    let mut event =
        json!({"id": format!("{kind}-{payment}"), "type": kind, "merchant": merchant, "payment": payment, "occurred_at": "2026-11-25T10:00:00+08:00"});
    if let Some(yuan) = yuan {
        event["amount"] = json!(yuan.to_string());
        event["currency"] = json!("CNY");
    }
    event
}

/// The published example: 25 customers at noon, one of whom gave everything back, 11 of them again at 13, 3 of those at 14.
fn example() -> Life {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("M1", "c-1", |_| {}));
    let at = |hour: u32, minute: u32| format!("2026-11-23T{hour}:{minute:02}:00+08:00");
    for n in 0..25 {
        life.posted(sale("M1", &format!("A{n}"), &at(12, n), 38, &format!("c{n}"), json!({})));
    }
    for n in 0..11 {
        let more = json!({"amount": "42.50"});
        life.posted(sale("M1", &format!("B{n}"), &at(13, n), 42, &format!("c{n}"), more));
    }
    for n in 0..3 {
        life.posted(sale("M1", &format!("C{n}"), &at(14, n), 60, &format!("c{n}"), json!({})));
    }
    life.close(date("2026-11-23"));
    life.posted(about("refund", "M1", "A7", Some(38)));
    life
}

struct Answers {
    views: Views,
    entries: Vec<ledger::entry::Recorded>,
    _scratch: tempfile::TempDir,
}

impl Answers {
    fn of(life: Life) -> Self {
        Self::from(&life)
    }

    fn from(life: &Life) -> Self {
        let scratch = tempfile::tempdir().expect("a directory");
        let views = fold_into(scratch.path(), &life.entries, 7).views();
        Self { views, entries: life.entries.clone(), _scratch: scratch }
    }

    fn ask<T>(&self, ask: impl FnOnce(&[Shard]) -> Result<T, projections::answers::Error>) -> T {
        ask(&[shard(&self.views, &self.entries)]).expect("an answer")
    }
}

fn query(group_by: &str) -> Query {
    let mut query = Query::new(date("2026-11-01"), date("2026-11-30"));
    if !group_by.is_empty() {
        query.group_by = parse_keys(group_by).expect("keys");
    }
    query
}

#[test]
fn the_published_example() {
    let answers = Answers::of(example());
    let told = answers.ask(|shards| footfall(shards, &query("hour")));
    let rows: Vec<_> = told.rows.iter().map(|row| (texts(&row.values), row.visits, exact(row.customers), yuan(row.sales))).collect();
    assert_eq!((rows, told.suppressed), (vec![(vec!["12".to_owned()], 25, 25, "912.00".to_owned())], 2));

    let told = answers.ask(|shards| footfall(shards, &query("weekday,hour")));
    let rows: Vec<_> = told.rows.iter().map(|row| (texts(&row.values), exact(row.customers))).collect();
    assert_eq!((rows, told.suppressed), (vec![(vec!["1".to_owned(), "12".to_owned()], 25)], 2), "a second key does not tell what the first leaves out");

    let told = answers.ask(|shards| tickets(shards, &query("")));
    let row = &told.rows[0];
    assert_eq!((row.count, yuan(row.mean).as_str(), row.currency.code()), (38, "41.04", "CNY"));
    assert_eq!(row.percentiles, [3800, 3800, 3800, 4250, 4250, 6000, 6000]);

    let told = answers.ask(|shards| mix(shards, &query("mcc")));
    let row = &told.rows[0];
    assert_eq!(
        (texts(&row.part.values), row.part.visits, yuan(row.part.sales), row.share_percent),
        (vec!["5812".to_owned()], 39, "1559.50".to_owned(), Some(10_000))
    );

    let told = answers.ask(|shards| segments(shards, &query(""), &SEGMENT_KEYS_DEFAULT, &[]));
    let row = &told.rows[0];
    let names: Vec<_> = row.segments.iter().map(|segment| segment.name()).collect();
    assert_eq!((names, exact(row.customers), row.visit_days, yuan(row.sales)), (vec!["0-7", "1"], 25, 25, "1559.50".to_owned()));

    let told = answers.ask(|shards| cohorts(shards, &query(""), Period::Week));
    let row = &told.rows[0];
    assert_eq!((row.cohort, row.after, exact(row.customers), row.retention_percent), (date("2026-11-23"), 0, 25, Some(10_000)));

    let told = answers.ask(|shards| customers(shards, &query("")));
    assert_eq!(told.rows, [CustomersRow { values: Vec::new(), customers: Count::exact(25), new: Count::exact(25), returning: Count::exact(0) }]);
}

#[test]
fn the_rows_do_not_depend_on_how_entries_came() {
    let life = example();
    let (one, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let first = fold_into(one.path(), &life.entries, 1);
    let second = fold_into(other.path(), &life.entries, 1000);
    for (name, comparison) in first.comparisons(&second.views()).expect("comparable") {
        let found = comparison.run(|| (), &std::sync::atomic::AtomicBool::new(false)).expect("compared");
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn a_visit_stays_whatever_becomes_of_it_and_a_refund_changes_its_day() {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("M1", "c-1", |_| {}));
    for (payment, at) in
        [("A", "2026-11-23T09:00:00+08:00"), ("B", "2026-11-23T09:10:00+08:00"), ("C", "2026-11-23T23:59:59+08:00"), ("D", "2026-11-23T09:30:00+08:00")]
    {
        life.posted(sale("M1", payment, at, 100, "c1", json!({"card": "debit"})));
    }
    life.posted(about("void", "M1", "A", None));
    life.posted(about("tip_adjusted", "M1", "B", Some(10)));
    life.posted(about("reversal", "M1", "C", Some(30)));
    // A pre-authorisation is a purchase once it is completed, at that time and under its own card.
    let hold = json!({"id": "p", "type": "preauth_placed", "merchant": "M1", "payment": "E", "occurred_at": "2026-11-20T10:00:00+08:00", "currency": "CNY", "amount": "50", "card": "credit", "scheme": "visa"});
    life.posted(hold.clone());
    let mut released = hold;
    (released["id"], released["payment"]) = (json!("q"), json!("F"));
    life.posted(released);
    life.posted(json!({"id": "F-", "type": "preauth_released", "merchant": "M1", "payment": "F"}));
    life.posted(json!({"id": "E-", "type": "preauth_completed", "merchant": "M1", "payment": "E", "occurred_at": "2026-11-24T10:00:00+08:00", "currency": "CNY", "amount": "40", "customer": "c2"}));
    life.close(date("2026-11-23"));
    life.posted(about("refund", "M1", "D", Some(25)));
    life.posted(json!({"id": "f", "type": "refund", "merchant": "M1", "payment": "D", "currency": "CNY", "amount": "75"}));
    life.posted(json!({"id": "g", "type": "refund_failed", "merchant": "M1", "payment": "D", "refund": "f"}));
    life.posted(about("chargeback", "M1", "B", Some(110)));
    let answers = Answers::of(life);
    let mut asked = query("day,hour");
    asked.fewest_customers = 0;
    let told = answers.ask(|shards| footfall(shards, &asked));
    let rows: Vec<_> = told.rows.iter().map(|row| (texts(&row.values).join(" "), row.visits, exact(row.customers), yuan(row.sales))).collect();
    let row = |values: &str, visits, customers, sales: &str| (values.to_owned(), visits, customers, sales.to_owned());
    assert_eq!(rows, [row("2026-11-23 9", 3, 1, "185.00"), row("2026-11-23 23", 1, 1, "70.00"), row("2026-11-24 10", 1, 1, "40.00")]);
    asked.group_by = parse_keys("card").expect("a key");
    let told = answers.ask(|shards| tickets(shards, &asked));
    let rows: Vec<_> = told.rows.iter().map(|row| (texts(&row.values).join(" "), row.count, yuan(row.mean), row.percentiles[2])).collect();
    assert_eq!(rows, [("credit".to_owned(), 1, "40.00".to_owned(), 4000), ("debit".to_owned(), 3, "85.00".to_owned(), 7500)]);
}

#[test]
fn a_purchase_of_nobody_is_a_visit_and_a_merchants_tokens_are_its_own() {
    let mut life = Life::opened("2026-11-23");
    for (merchant, scope) in [("M1", "bank"), ("M2", "bank"), ("M3", "merchant"), ("M4", "merchant")] {
        life.posted(contract(merchant, &format!("c-{merchant}"), |contract| contract["customer_scope"] = json!(scope)));
    }
    for merchant in ["M1", "M2", "M3", "M4"] {
        life.posted(sale(merchant, "A", "2026-11-23T09:00:00+08:00", 10, "c1", json!({})));
    }
    life.posted(sale("M1", "B", "2026-11-23T09:00:00+08:00", 10, "", json!({"customer": null})));
    let answers = Answers::of(life);
    let mut asked = query("");
    asked.fewest_customers = 0;
    let told = answers.ask(|shards| footfall(shards, &asked));
    assert_eq!((told.rows[0].visits, exact(told.rows[0].customers)), (5, 3), "one at M1 and M2, one at each other");
    let told = answers.ask(|shards| affinity(shards, &asked, AffinityKey::Merchant));
    let pairs: Vec<_> = told.rows.iter().map(|row| (row.a.as_str(), row.b.as_str(), exact(row.customers), row.jaccard, row.lift)).collect();
    assert_eq!(pairs, [("M1", "M2", 1, Some(10_000), Some(300))]);
}

#[test]
fn who_is_erased_is_a_new_customer_when_he_comes_again() {
    let mut life = Life::opened("2026-11-23");
    for merchant in ["M1", "M2"] {
        life.posted(contract(merchant, &format!("c-{merchant}"), |_| {}));
    }
    let count = |life: &Life| {
        let answers = Answers::from(life);
        let mut asked = query("merchant");
        asked.fewest_customers = 0;
        let by_merchant: Vec<u64> = answers.ask(|shards| customers(shards, &asked)).rows.iter().map(|row| exact(row.customers)).collect();
        asked.group_by.clear();
        let all = answers.ask(|shards| segments(shards, &asked, &[SegmentKey::Monetary], &[])).rows;
        (by_merchant, all.iter().map(|row| (row.segments[0].name(), exact(row.customers), yuan(row.sales))).collect::<Vec<_>>())
    };
    life.posted(sale("M1", "A", "2026-11-23T09:00:00+08:00", 100, "c1", json!({})));
    life.posted(sale("M2", "B", "2026-11-23T09:00:00+08:00", 100, "c1", json!({})));
    assert_eq!(count(&life), (vec![1, 1], vec![("100-499", 1, "200.00".to_owned())]));
    life.posted(json!({"id": "x1", "type": "customer_erased", "merchant": "M1", "customer": "c1"}));
    assert_eq!(count(&life), (vec![1, 1], vec![("100-499", 1, "200.00".to_owned())]), "counts stay");
    life.posted(sale("M1", "C", "2026-11-23T10:00:00+08:00", 10, "c1", json!({})));
    life.posted(sale("M2", "D", "2026-11-23T10:00:00+08:00", 10, "c1", json!({})));
    assert_eq!(count(&life), (vec![2, 1], vec![("0-99", 1, "10.00".to_owned()), ("100-499", 1, "210.00".to_owned())]), "new at M1 only");
    // A refund of what was bought before the erasure is the old customer's, one of what was bought after it the new one's.
    life.posted(about("refund", "M1", "A", Some(50)));
    life.posted(about("refund", "M1", "C", Some(4)));
    assert_eq!(count(&life).1, [("0-99", 1, "6.00".to_owned()), ("100-499", 1, "160.00".to_owned())]);
    life.posted(json!({"id": "x2", "type": "customer_erased", "merchant": "@house", "customer": "c1"}));
    life.posted(sale("M2", "E", "2026-11-24T10:00:00+08:00", 1, "c1", json!({})));
    assert_eq!(count(&life).0, [2, 2]);
    life.posted(about("refund", "M2", "D", Some(10)));
    assert_eq!(count(&life).1, [("0-99", 2, "7.00".to_owned()), ("100-499", 1, "150.00".to_owned())]);
}

#[test]
fn new_is_who_was_not_there_before_the_rows_period() {
    let mut life = Life::opened("2026-11-23");
    for merchant in ["M1", "M2"] {
        life.posted(contract(merchant, &format!("c-{merchant}"), |_| {}));
    }
    for (n, (merchant, at, customer)) in [
        ("M1", "2026-10-20T09:00:00+08:00", "old"),
        ("M1", "2026-11-02T09:00:00+08:00", "old"),
        ("M2", "2026-11-03T12:00:00+08:00", "old"),
        ("M1", "2026-11-03T09:00:00+08:00", "young"),
        ("M1", "2026-11-04T09:00:00+08:00", "young"),
        ("M1", "2026-11-10T12:00:00+08:00", "young"),
    ]
    .into_iter()
    .enumerate()
    {
        life.posted(sale(merchant, &format!("P{n}"), at, 10, customer, json!({})));
    }
    let answers = Answers::of(life);
    let new = |group_by: &str, filters: Vec<(Key, Value)>| {
        let mut asked = query(group_by);
        (asked.fewest_customers, asked.filters) = (0, filters);
        let told = answers.ask(|shards| customers(shards, &asked));
        told.rows.iter().map(|row| format!("{}:{}/{}", texts(&row.values).join("+"), exact(row.new), exact(row.returning))).collect::<Vec<_>>()
    };
    assert_eq!(new("", vec![]), [":1/1"]);
    assert_eq!(new("merchant", vec![]), ["M1:1/1", "M2:1/0"], "never before at M2");
    assert_eq!(new("hour", vec![]), ["9:1/1", "12:2/0"], "never before at noon");
    assert_eq!(new("week", vec![]), ["2026-11-02:1/1", "2026-11-09:0/1"]);
    assert_eq!(new("day,merchant", vec![]), ["2026-11-02+M1:0/1", "2026-11-03+M1:1/0", "2026-11-03+M2:1/0", "2026-11-04+M1:0/1", "2026-11-10+M1:0/1"]);
    assert_eq!(new("week", vec![(Key::Hour, Value::Number(12))]), ["2026-11-02:1/0", "2026-11-09:1/0"]);
    assert_eq!(new("month", vec![]), ["2026-11:1/1"]);
}

#[test]
fn cohorts_are_left_out_by_size_and_row_by_row() {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("M1", "c-1", |_| {}));
    let mut n = 0;
    let mut visit = |day: &str, customers: std::ops::Range<u32>| {
        for customer in customers {
            n += 1;
            life.posted(sale("M1", &format!("P{n}"), &format!("{day}T09:00:00+08:00"), 10, &format!("c{customer}"), json!({})));
        }
    };
    visit("2026-10-30", 90..95); // before the dates asked
    visit("2026-11-03", 0..30); // the first cohort
    visit("2026-11-04", 90..95);
    visit("2026-11-10", 0..12); // 12 of it came again
    visit("2026-11-10", 40..44); // a small one
    visit("2026-11-17", 0..5); // too few
    visit("2026-11-17", 50..70); // a third one
    visit("2026-11-24", 50..51);
    let answers = Answers::of(life);
    let told = answers.ask(|shards| cohorts(shards, &query(""), Period::Week));
    let rows: Vec<_> = told.rows.iter().map(|row| (row.cohort.to_string(), row.after, exact(row.customers), row.retention_percent)).collect();
    // The small cohort takes the third one with it, else it would be all less the others.
    assert_eq!(rows, [("2026-11-02".to_owned(), 0, 30, Some(10_000)), ("2026-11-02".to_owned(), 1, 12, Some(4000))]);
    assert_eq!(told.suppressed, 1 + 1 + 2);
    let told = answers.ask(|shards| cohorts(shards, &query(""), Period::Month));
    assert_eq!(told.rows, [CohortRow { cohort: date("2026-11-01"), after: 0, customers: Count::exact(54), retention_percent: Some(10_000) }]);
}

#[test]
fn a_merchant_sees_itself_against_trades_of_at_least_three_other_shops() {
    let mut life = Life::opened("2026-11-23");
    for (merchant, mcc) in [("M1", "5812"), ("M2", "5812"), ("M3", "5812"), ("M4", "5812"), ("M5", "5411"), ("M6", "5411"), ("5812", "5999")] {
        life.posted(contract(merchant, &format!("c-{merchant}"), |contract| contract["mcc"] = json!(mcc)));
    }
    for (at, merchant) in ["M1", "M2", "M3", "M4", "M5", "M6", "5812"].into_iter().enumerate() {
        for customer in 0..12 {
            let payment = format!("P{at}-{customer}");
            life.posted(sale(merchant, &payment, "2026-11-23T09:00:00+08:00", 10, &format!("c{}", customer + at), json!({})));
        }
    }
    let answers = Answers::of(life);
    let pairs = |audience: Audience, key: AffinityKey| {
        let mut asked = query("");
        asked.audience = audience;
        let told = answers.ask(|shards| affinity(shards, &asked, key));
        (
            told.rows.iter().map(|row| format!("{}~{} {} {:?} {:?}", row.a, row.b, exact(row.customers), row.jaccard, row.lift)).collect::<Vec<_>>(),
            told.suppressed,
        )
    };
    // 0–11 at M1; 1–14 at the three other restaurants; 18 in all: 11/15, and 11·18 ÷ (12·14).
    assert_eq!(pairs(Audience::Merchant(merchant("M1")), AffinityKey::Merchant), (vec!["M1~5812 11 Some(7333) Some(118)".to_owned()], 0));
    // Its own id is no trade.
    assert_eq!(pairs(Audience::Merchant(merchant("5812")), AffinityKey::Merchant), (vec![], 1));
    let (rows, suppressed) = pairs(Audience::Bank, AffinityKey::Merchant);
    assert_eq!((rows.len(), suppressed), (6 + 5, 4 + 3 + 2 + 1));
    let (rows, _) = pairs(Audience::Bank, AffinityKey::Mcc);
    assert_eq!(rows, ["5411~5812 11 Some(6471) Some(102)", "5411~5999 11 Some(7857) Some(127)"]);

    let mut asked = query("merchant");
    asked.audience = Audience::Merchant(merchant("M2"));
    let told = answers.ask(|shards| footfall(shards, &asked));
    assert_eq!(told.rows.iter().map(|row| texts(&row.values).join("")).collect::<Vec<_>>(), ["M2"]);
    asked.filters = vec![(Key::Merchant, Value::Text("M1".to_owned()))];
    assert_eq!(answers.ask(|shards| footfall(shards, &asked)), Told { rows: vec![], suppressed: 0 });
}

#[test]
fn currencies_are_told_apart() {
    let mut life = Life::opened("2026-11-23");
    life.posted(contract("M1", "c-1", |_| {}));
    life.posted(contract("M2", "c-2", |contract| {
        contract["currency"] = json!("JPY");
        contract["rates"] = json!([{"percent": "0.60"}]);
        contract["costs"] = json!([]);
    }));
    for customer in 0..10 {
        life.posted(sale("M1", &format!("A{customer}"), "2026-11-23T09:00:00+08:00", 10, &format!("c{customer}"), json!({})));
        life.posted(sale("M2", &format!("B{customer}"), "2026-11-23T09:00:00+08:00", 1050, &format!("c{customer}"), json!({"currency": "JPY"})));
    }
    let answers = Answers::of(life);
    let told = answers.ask(|shards| mix(shards, &query("entry_mode")));
    let rows: Vec<_> =
        told.rows.iter().map(|row| (texts(&row.part.values).join(""), row.part.currency.code().to_owned(), row.part.sales, row.share_percent)).collect();
    assert_eq!(rows, [("qr".to_owned(), "CNY".to_owned(), 10_000, Some(10_000)), ("qr".to_owned(), "JPY".to_owned(), 10_500, Some(10_000))]);
    assert_eq!(exact(answers.ask(|shards| customers(shards, &query(""))).rows[0].customers), 10);
    let told = answers.ask(|shards| segments(shards, &query(""), &[SegmentKey::Monetary], &[]));
    assert_eq!(told.rows.iter().map(|row| (row.currency.code(), row.segments[0].name())).collect::<Vec<_>>(), [("CNY", "0-99"), ("JPY", "500-1999")]);
    let asked = Query { currency: Some(told.rows[1].currency), ..query("") };
    assert_eq!(answers.ask(|shards| footfall(shards, &asked)).rows.len(), 1);
}
