//! Exposure: the worked example, and how money ages.

mod support;

use projections::answers::Cut;
use projections::answers::exposure::{Board, Exposure, ExposureKey, ExposureQuery, Liability, Parameters};
use schemas::money::{Currency, format_minor};
use serde_json::{Value, json};
use support::{Life, contract, date, fold_into, shard, worked_example};

fn read(life: &Life, query: &ExposureQuery) -> Exposure {
    read_cut(life, query, &Cut::default())
}

fn read_cut(life: &Life, query: &ExposureQuery, cut: &Cut) -> Exposure {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = fold_into(directory.path(), &life.entries, 7);
    let views = writer.views();
    let mut board = Board::new(Parameters::default());
    board.refresh(&shard(&views, &life.entries)).expect("readable");
    board.answer_cut(query, cut).expect("few rows")
}

fn by(keys: &[ExposureKey]) -> ExposureQuery {
    ExposureQuery { group_by: keys.to_vec(), ..ExposureQuery::default() }
}

fn minor(amount: i128) -> String {
    format_minor(amount, Currency::from_code("CNY").expect("a currency"))
}

fn rows(exposure: &Exposure, query: &ExposureQuery) -> Vec<String> {
    let told = |(key, (_, amounts)): (&Vec<projections::answers::GroupValue>, &(Currency, projections::answers::exposure::Amounts))| {
        let keys: Vec<_> = key.iter().map(|value| value.as_str().unwrap_or("null")).collect();
        format!("{} {} overdue {} count {}", keys.join(" "), minor(amounts.amount), minor(amounts.overdue), query.count(amounts))
    };
    exposure.rows.iter().map(told).collect()
}

/// The worked example with its second merchant.
fn example() -> Life {
    let mut life = Life::opened("2026-11-20");
    life.posted(json!({"id": "cal", "type": "calendar_set", "calendar": "CN", "year": 2026, "closed": [], "open": []}));
    life.posted(contract("M1", "c-1", |_| {}));
    life.posted(contract("M2", "c-2", |contract| {
        contract["mcc"] = json!("7011");
        contract["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "gateway": {"percent": "0.05"}, "channel": {"percent": "0.02"}});
        contract["risk"] = json!({"delivery": [{"percent": "60", "days": 30}]});
        let fields = contract.as_object_mut().expect("an object");
        fields.remove("reserve");
        fields.remove("partner");
    }));
    let about = |id: &str, kind: &str, merchant: &str, more: Value| {
        let mut event = json!({"id": id, "type": kind, "merchant": merchant, "currency": "CNY"});
        for (key, value) in more.as_object().expect("an object") {
            event[key] = value.clone();
        }
        event
    };
    life.posted(about("e3", "sale", "M1", json!({"payment": "P1", "amount": "1000.00", "card": "credit", "scheme": "unionpay"})));
    life.posted(about("s2", "sale", "M2", json!({"payment": "P9", "amount": "10000.00", "card": "debit", "scheme": "unionpay"})));
    for day in 0..3 {
        life.close(date("2026-11-20").plus_days(day));
    }
    life.posted(about("e4", "sale", "M1", json!({"payment": "P2", "amount": "200.00", "card": "debit", "scheme": "unionpay"})));
    life.posted(about("r1", "refund", "M1", json!({"payment": "P1", "amount": "100.00"})));
    life.posted(about("d1", "dispute_opened", "M1", json!({"payment": "P1", "dispute": "D1", "amount": "50.00"})));
    life.posted(about("h1", "hold_placed", "M1", json!({"hold": "H1", "amount": "30.00", "expected_release": "2026-11-30"})));
    life.posted(about("o1", "payout_initiated", "M1", json!({"payout": "O1", "amount": "500.00"})));
    life.posted(json!({"id": "o2", "type": "payout_paid", "merchant": "M1", "payout": "O1"}));
    life.posted(about("o3", "payout_initiated", "M2", json!({"payout": "O1", "amount": "4000.00"})));
    life.posted(json!({"id": "o4", "type": "payout_paid", "merchant": "M2", "payout": "O1"}));
    life
}

#[test]
fn the_worked_example_of_two_merchants() {
    let query = by(&[ExposureKey::Merchant, ExposureKey::Age]);
    let exposure = read(&example(), &query);
    assert_eq!(exposure.business_date, Some(date("2026-11-23")));
    let expected = ["M1 0-1 CNY 229.00 overdue 0.00 count 3", "M1 2-3 CNY 364.60 overdue 0.00 count 2", "M2 2-3 CNY 5975.00 overdue 0.00 count 1"];
    assert_eq!(rows(&exposure, &query), expected);
    let terms: Vec<Liability> = exposure.liability.values().map(|(_, liability)| *liability).collect();
    let m2 = Liability { chargeback: 975, refund: 20_000, non_delivery: 600_000, owed: 0, advances: 0, cover: 597_500, uncovered: 23_475 };
    assert_eq!(terms.last(), Some(&m2));
    let cny = Currency::from_code("CNY").expect("a currency");
    let ladder: Vec<_> = exposure.ladder.iter().map(|((day, _, _), amount)| (day.to_string(), minor(*amount))).collect();
    assert_eq!(ladder, [("2027-05-19".to_owned(), "90.00".to_owned()), ("2027-05-22".to_owned(), "20.00".to_owned())]);
    let bank: Vec<_> = exposure.scheme_receivable.iter().map(|((scheme, ..), amount)| (scheme.as_str(), minor(*amount))).collect();
    assert_eq!(bank.first(), Some(&("unionpay", "1094.40".to_owned())));
    let by_mcc = &exposure.concentration[&(projections::answers::exposure::By::Mcc, cny)];
    assert_eq!((by_mcc.largest(), by_mcc.hhi()), (vec![("7011", 597_500), ("5812", 59_360)], Some(8_356)));
    let by_merchant = &exposure.concentration[&(projections::answers::exposure::By::Merchant, cny)];
    assert_eq!((by_merchant.largest(), by_merchant.hhi()), (vec![("M2", 597_500), ("M1", 59_360)], Some(8_356)));
    let retention: Vec<_> = exposure.retention.iter().map(|((psp, _), held)| (psp.as_str(), held.amount, held.days_to_pay(50), held.days_to_pay(95))).collect();
    assert_eq!(retention, [("psp-7", 597_500, Some(3), Some(3))]);
    // The PSP paid out before its scheme paid it, but the receivable counts.
    assert_eq!(exposure.safeguarding.shortfalls(), []);
}

#[test]
fn uncovered_is_taken_merchant_by_merchant() {
    let exposure = read(&example(), &by(&[]));
    assert_eq!(rows(&exposure, &by(&[])), ["CNY 6568.60 overdue 0.00 count 5"]);
    let liability: Vec<_> = exposure.liability.values().map(|(_, liability)| liability.uncovered).collect();
    assert_eq!(liability, [23_475]);
    let filtered = ExposureQuery { group_by: vec![ExposureKey::Reason], filters: vec![(ExposureKey::Mcc, "5812".to_owned())], ..ExposureQuery::default() };
    let expected = ["reserve CNY 110.00 overdue 0.00 count 2", "risk CNY 30.00 overdue 0.00 count 1", "unsettled CNY 453.60 overdue 0.00 count 1"];
    assert_eq!(rows(&read(&example(), &filtered), &filtered), expected);
}

#[test]
fn a_hold_is_overdue_after_its_date_and_what_came_back_is_held() {
    let mut life = worked_example();
    life.posted(json!({"id": "o3", "type": "payout_returned", "merchant": "M1", "payout": "O1"}));
    for day in 0..8 {
        life.close(date("2026-11-23").plus_days(day));
    }
    let query = by(&[ExposureKey::Reason, ExposureKey::Age]);
    let expected = [
        "payout_returned 8-14 CNY 500.00 overdue 0.00 count 1",
        "reserve 8-14 CNY 110.00 overdue 0.00 count 2",
        "risk 8-14 CNY 30.00 overdue 30.00 count 1",
        "unsettled 8-14 CNY 453.60 overdue 0.00 count 1",
    ];
    assert_eq!(rows(&read(&life, &query), &query), expected);
}

#[test]
fn a_psp_that_swept_too_much_falls_short_until_it_is_made_good() {
    let mut life = example();
    life.posted(
        json!({"id": "w", "type": "scheme_settled", "merchant": "@house", "scheme": "unionpay", "currency": "CNY", "amount": "9000.00", "psp": "psp-7"}),
    );
    life.posted(json!({"id": "x", "type": "fees_swept", "merchant": "@house", "currency": "CNY", "amount": "12.00", "psp": "psp-7"}));
    // Fees of 25.00 less costs were the PSP's own: 10 000 − 16.25 − 4 000 − 5 975 = 8.75 were left.
    life.close(date("2026-11-23"));
    let shortfalls = read(&life, &by(&[])).safeguarding.shortfalls();
    let told: Vec<_> = shortfalls.iter().map(|short| (short.psp.as_str(), short.since.to_string(), minor(short.amount))).collect();
    assert_eq!(told, [("psp-7", "2026-11-23".to_owned(), "3.25".to_owned())]);
}

#[test]
fn days_to_pay_are_of_payouts_of_the_last_thirty_dates() {
    let mut life = example();
    let days_to_pay = |life: &Life| read(life, &by(&[])).retention.values().map(|held| held.days_to_pay(50)).collect::<Vec<_>>();
    // Paid on 2026-11-23, which is the first of the last 30 dates on 2026-12-22.
    for day in 0..29 {
        life.close(date("2026-11-23").plus_days(day));
    }
    assert_eq!(days_to_pay(&life), [Some(3)]);
    life.close(date("2026-12-22"));
    assert_eq!(days_to_pay(&life), [None]);
}

#[test]
fn a_board_that_follows_tells_what_a_new_one_does() {
    let life = example();
    let directory = tempfile::tempdir().expect("a directory");
    let mut following = Board::new(Parameters::default());
    let query = by(&[ExposureKey::Holder, ExposureKey::Merchant, ExposureKey::Mcc, ExposureKey::Partner, ExposureKey::Reason, ExposureKey::Age]);
    for end in 1..=life.entries.len() {
        let entries = life.entries[..end].to_vec();
        let writer = fold_into(directory.path(), &entries, 1);
        let views = writer.views();
        following.refresh(&shard(&views, &entries)).expect("readable");
        let mut fresh = Board::new(Parameters::default());
        fresh.refresh(&shard(&views, &entries)).expect("readable");
        for query in [&query, &by(&[])] {
            assert_eq!(following.answer(query).expect("few"), fresh.answer(query).expect("few"), "after entry {end}");
        }
        assert_eq!(following.position(), fresh.position());
    }
}

#[test]
fn alerts_last_or_are_told_for_thirty_days() {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("M1", "c-1", |contract| {
        contract["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "licensed": false});
        contract["rates"] = json!([{"when": {"card": "debit"}, "percent": "0.50"}]);
    }));
    let sale = |id: &str| json!({"id": id, "type": "sale", "merchant": "M1", "payment": id, "currency": "CNY", "amount": "10.00", "card": "credit", "scheme": "unionpay"});
    life.posted(sale("P1"));
    life.close(date("2026-11-20"));
    life.posted(sale("P2"));
    let told = |life: &Life| -> Vec<String> {
        let alerts = read(life, &by(&[])).alerts;
        alerts
            .iter()
            .map(|alert| format!("{} {} {} {:?}", alert.kind, alert.merchant, alert.since, alert.happened.map(|(last, count)| (last.to_string(), count))))
            .collect()
    };
    let condition = "second_clearing M1 2026-11-20 None";
    assert_eq!(told(&life), [condition, "unpriced M1 2026-11-20 Some((\"2026-11-21\", 2))"]);
    for day in 0..30 {
        life.close(date("2026-11-21").plus_days(day));
    }
    assert_eq!(told(&life).len(), 2, "30 days after the last");
    life.close(date("2026-12-21"));
    assert_eq!(told(&life), [condition]);
    life.posted(contract("M1", "c-2", |_| {}));
    assert_eq!(told(&life), Vec::<String>::new());
}

#[test]
fn what_is_told_of_a_merchant_follows_its_contract_in_force_whether_it_has_money_or_not() {
    let mut life = Life::opened("2026-11-20");
    life.posted(contract("M1", "c-1", |_| {}));
    life.posted(contract("M3", "c-3", |_| {}));
    life.posted(contract("M5", "c-5", |contract| {
        contract["mcc"] = json!("7011");
        contract["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "licensed": false});
        contract.as_object_mut().expect("an object").remove("partner");
    }));
    let sale = |payment: &str, merchant: &str, currency: &str| json!({"id": payment, "type": "sale", "merchant": merchant, "payment": payment, "currency": currency, "amount": "10.00", "card": "credit", "scheme": "unionpay"});
    // M1 sells on five dates and stops.
    for day in 0..12 {
        if day < 5 {
            life.posted(sale(&format!("P{day}"), "M1", "CNY"));
        }
        life.close(date("2026-11-20").plus_days(day));
    }
    // What M3 sells is refused, so it has no money.
    for payment in ["P1", "P2"] {
        assert_ne!(life.event(sale(payment, "M3", "USD")).row.outcome, ledger::entry::Outcome::Posted);
    }
    let told = |life: &Life, filter: Option<(ExposureKey, &str)>, cut: &Cut| -> Vec<String> {
        let filters = filter.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        let exposure = read_cut(life, &ExposureQuery { filters, ..ExposureQuery::default() }, cut);
        let alerts = exposure.alerts.iter().map(|alert| format!("{} {}", alert.kind, alert.merchant));
        alerts.chain(exposure.stopped.iter().map(|stopped| format!("stopped {}", stopped.merchant))).collect()
    };
    let (refused, second, stopped) = ("money_refused M3", "second_clearing M5", "stopped M1");
    for (filter, expected) in [
        (None, vec![refused, second, stopped]),
        (Some((ExposureKey::Mcc, "5812")), vec![refused, stopped]),
        (Some((ExposureKey::Mcc, "7011")), vec![second]),
        (Some((ExposureKey::Partner, "isv-9")), vec![refused, stopped]),
        (Some((ExposureKey::Partner, "isv-8")), vec![]),
        (Some((ExposureKey::Merchant, "M3")), vec![refused]),
        (Some((ExposureKey::Currency, "CNY")), vec![second, stopped]),
    ] {
        assert_eq!(told(&life, filter, &Cut::default()), expected, "{filter:?}");
    }
    let of_trade = |mcc: &str| Cut { mcc: Some(mcc.to_owned()), ..Cut::default() };
    let of_partner = Cut { partner: schemas::ids::PartnerId::new("isv-9"), ..Cut::default() };
    assert_eq!(told(&life, None, &of_trade("5812")), [refused, stopped]);
    assert_eq!(told(&life, None, &of_trade("7011")), [second]);
    assert_eq!(told(&life, None, &of_partner), [refused, stopped]);
    life.posted(contract("M3", "c-4", |contract| contract["mcc"] = json!("7011")));
    assert_eq!(told(&life, Some((ExposureKey::Mcc, "5812")), &Cut::default()), [stopped]);
    assert_eq!(told(&life, None, &of_trade("7011")), [refused, second]);
}
