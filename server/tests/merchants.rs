//! Everything that is told of a merchant, on the published example: the figures and the keys are the contract's own.

mod support;

use serde_json::{Value, json};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const FIRST: &str = "2026-11-20T10:15:00+08:00";
const SECOND: &str = "2026-11-23T12:05:00+08:00";

fn event(id: &str, event_type: &str, more: Value) -> Value {
    let mut event = json!({"id": id, "type": event_type, "merchant": "M1", "occurred_at": SECOND});
    if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
    event
}

fn yuan(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    value
}

/// The published life of M1 up to 2026-11-23, which stays open.
fn lived() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&json!({"id": "cn-2026", "type": "calendar_set", "calendar": "CN", "year": 2026, "closed": [], "open": []}));
    server.posted(&contract_set("c-1", "M1", contract()));
    server.posted(&sale("e3", "M1", "P1", "1000.00", "credit", FIRST));
    for date in ["2026-11-20", "2026-11-21", "2026-11-22"] {
        server.posted(&closed(date));
    }
    server.posted(&sale("e4", "M1", "P2", "200.00", "debit", SECOND));
    server.posted(&event("r1", "refund", with(json!({"payment": "P1"}), yuan("100.00"))));
    server.posted(&event("d1", "dispute_opened", with(json!({"payment": "P1", "dispute": "D1"}), yuan("50.00"))));
    server.posted(&event("h1", "hold_placed", with(json!({"hold": "H1", "expected_release": "2026-11-30"}), yuan("30.00"))));
    server.posted(&event("o1", "payout_initiated", with(json!({"payout": "O1"}), yuan("500.00"))));
    server.posted(&event("o2", "payout_paid", json!({"payout": "O1"})));
    (directory, server)
}

/// Takes the position, which depends on where the test's events lie, out of an answer.
fn without_position(mut answer: Value) -> Value {
    let position = answer.as_object_mut().and_then(|answer| answer.remove("position"));
    assert!(position.is_some_and(|position| position.as_str().is_some_and(|text| text.contains(':'))), "{answer}");
    answer
}

#[test]
fn balances_are_those_of_the_published_example() {
    let (_directory, server) = lived();
    let then = without_position(server.get_json("/v1/merchants/M1/balances?as_of=2026-11-20"));
    assert_eq!(
        then,
        json!({"merchant": "M1", "business_date": "2026-11-20", "holder": {"kind": "bank"}, "calendar_missing": [], "balances": [{
            "currency": "CNY", "book": "bank", "pending": "894.00", "pending_by_date": [{"available_on": "2026-11-23", "amount": "894.00"}],
            "available": "0.00", "payable": "0.00", "reserved": "100.00", "reserved_by_date": [{"release_on": "2027-05-19", "amount": "100.00"}],
            "held": "0.00", "holds": [], "disputed": "0.00", "in_transit": "0.00", "owed": "0.00", "preauthorised": "0.00"}]})
    );
    let now = server.get_json("/v1/merchants/M1/balances");
    let row = &now["balances"][0];
    assert_eq!((&row["pending"], &row["available"], &row["reserved"], &row["held"]), (&json!("179.00"), &json!("274.60"), &json!("110.00"), &json!("30.00")));
    let hold = json!([{"hold": "H1", "reason": "risk", "amount": "30.00", "since": "2026-11-23", "expected_release": "2026-11-30", "missing": "0.00"}]);
    assert_eq!(row["holds"], hold);
    // The same, asked for by its position, and by the open date.
    let position = now["position"].as_str().expect("a position").to_owned();
    assert_eq!(server.get_json(&format!("/v1/merchants/M1/balances?as_of={position}")), now);
    assert_eq!(server.get_json("/v1/merchants/M1/balances?as_of=2026-11-23"), now);
    assert_eq!(server.get_json(&format!("/v1/merchants/M1/balances?at_least={position}")), now);
    // Within the day: after the first sale of it.
    let (partition, offset) = position.split_once(':').expect("partition and offset");
    let before = format!("{partition}:{}", offset.parse::<i64>().expect("an offset") - 5);
    let row = &server.get_json(&format!("/v1/merchants/M1/balances?as_of={before}"))["balances"][0];
    assert_eq!((&row["pending"], &row["available"]), (&json!("179.00"), &json!("894.00")));
}

#[test]
fn moments_that_are_not_there_are_refused() {
    let (_directory, server) = lived();
    server.get("/v1/merchants/M1/balances?as_of=2026-11-24").problem(503, "not_caught_up");
    server.get("/v1/merchants/M1/balances?as_of=yesterday").problem(400, "bad_parameter");
    let position = server.get_json("/v1/merchants/M1/balances")["position"].as_str().map(str::to_owned).expect("a position");
    let partition: u32 = position.split_once(':').and_then(|(partition, _)| partition.parse().ok()).expect("a partition");
    server.get(&format!("/v1/merchants/M1/balances?as_of={partition}:100000")).problem(503, "not_caught_up");
    server.get(&format!("/v1/merchants/M1/balances?as_of={}:0", (partition + 1) % 12)).problem(400, "bad_parameter");
    for path in [
        "balances",
        "entries",
        "holds",
        "payouts",
        "payouts/O1",
        "payouts/O1/items",
        "payouts/next",
        "payouts/next/items",
        "disputes",
        "fees",
        "contracts",
        "payments/P1",
        "statements/2026-11-20",
        "balances/stream",
    ] {
        server.get(&format!("/v1/merchants/M404/{path}")).problem(404, "not_found");
        server.get(&format!("/v1/merchants/M1/{path}?brand=x")).problem(400, "bad_parameter");
    }
    server.get("/v1/merchants/M1/payments/P404").problem(404, "not_found");
}

#[test]
fn entries_tell_every_line_of_the_published_refund() {
    let (_directory, server) = lived();
    let page = server.get_json("/v1/merchants/M1/entries?payment=P1&type=refund");
    let rows = page["rows"].as_array().expect("rows");
    assert_eq!((rows.len(), &page["next"]), (1, &Value::Null));
    let mut row = rows[0].clone();
    let entry = row.as_object_mut().and_then(|row| row.remove("entry"));
    assert!(entry.is_some_and(|entry| entry.is_string()));
    let line = |leg: &str, debit: Value, credit: Value, amount: &str| json!({"book": "bank", "currency": "CNY", "leg": leg, "debit": debit, "credit": credit, "amount": amount});
    let available = json!({"code": "2020", "party": "M1"});
    assert_eq!(
        without_position(row),
        json!({"event": "r1", "type": "refund", "business_date": "2026-11-23", "occurred_at": SECOND, "merchant": "M1", "payment": "P1", "reference": null,
            "terminal": "T1", "currency": "CNY", "amount": "100.00", "lines": [
            line("reserve_back", json!({"code": "2030", "party": "M1", "detail": "2027-05-19"}), available.clone(), "10.00"),
            line("mdr", json!({"code": "4010", "party": "M1"}), available.clone(), "0.57"),
            line("mdr_vat", json!({"code": "2090"}), available.clone(), "0.03"),
            line("partner_share", json!({"code": "2080", "party": "isv-9"}), json!({"code": "5030", "party": "isv-9"}), "0.06"),
            line("money_out", available, json!({"code": "1010", "party": "unionpay"}), "100.00")]})
    );
}

#[test]
fn lists_are_paged_by_cursors_that_stay_right() {
    let (_directory, server) = lived();
    let all = server.get_json("/v1/merchants/M1/entries");
    let all: Vec<&str> = all["rows"].as_array().expect("rows").iter().filter_map(|row| row["entry"].as_str()).collect();
    assert!(all.len() > 5, "{all:?}");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get_json(&format!("/v1/merchants/M1/entries?limit=2{cursor}"));
        seen.extend(page["rows"].as_array().expect("rows").iter().filter_map(|row| row["entry"].as_str().map(str::to_owned)));
        // What is appended meanwhile is newer than every page that follows.
        let number = seen.len();
        server.posted(&sale(&format!("x{number}"), "M1", &format!("X{number}"), "1.00", "debit", SECOND));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, all);
    assert_eq!(server.get_json("/v1/merchants/M1/entries?from=2026-11-21&to=2026-11-22")["rows"].as_array().map(Vec::len), Some(0));
    let first_day = server.get_json("/v1/merchants/M1/entries?to=2026-11-20");
    assert!(first_day["rows"].as_array().is_some_and(|rows| rows.iter().all(|row| row["business_date"] == "2026-11-20") && rows.len() == 2), "{first_day}");
    for wrong in ["limit=0", "limit=1001", "from=2026-11-23&to=2026-11-20", "type=sail", "from=2026-13-01"] {
        server.get(&format!("/v1/merchants/M1/entries?{wrong}")).problem(400, "bad_parameter");
    }
    server.get("/v1/merchants/M1/entries?cursor=00").problem(400, "bad_cursor");
    let other = server.get_json("/v1/merchants/M1/entries?limit=1")["next"].as_str().map(str::to_owned).expect("a cursor");
    server.get(&format!("/v1/merchants/M1/holds?cursor={other}")).problem(400, "bad_cursor");
}

#[test]
fn a_payment_tells_its_life() {
    let (_directory, server) = lived();
    let refused = server.event(&event("r2", "refund", with(json!({"payment": "P1"}), yuan("950.00"))));
    assert_eq!(refused["code"], "exceeds_captured");
    let mut payment = without_position(server.get_json("/v1/merchants/M1/payments/P1"));
    let events = payment.as_object_mut().and_then(|payment| payment.remove("events")).expect("events");
    assert_eq!(
        payment,
        json!({"merchant": "M1", "payment": "P1", "state": "captured", "currency": "CNY", "book": "bank", "authorised": "0.00", "captured": "1000.00",
            "refunded": "100.00", "charged_back": "0.00", "fees": "5.40", "net": "894.60", "contract_version": "c-1", "card": "credit", "scheme": "unionpay",
            "entry_mode": "insert", "terminal": "T1", "reference": null, "booked_on": "2026-11-20", "available_on": "2026-11-23"})
    );
    let told: Vec<_> = events
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| (event["event"].as_str(), event["type"].as_str(), event["outcome"].as_str(), event["code"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some("e3"), Some("sale"), Some("posted"), None),
            (Some("r1"), Some("refund"), Some("posted"), None),
            (Some("d1"), Some("dispute_opened"), Some("posted"), None),
            (Some("r2"), Some("refund"), Some("refused"), Some("exceeds_captured")),
        ]
    );
    let mut sold = events[0].clone();
    let entry = sold.as_object_mut().and_then(|event| event.remove("entry"));
    assert!(entry.is_some_and(|entry| entry.is_string()));
    let lines = sold.as_object_mut().and_then(|event| event.remove("lines"));
    assert_eq!(lines.and_then(|lines| lines.as_array().map(Vec::len)), Some(7), "money in, the fee and its VAT, costs, the share, the reserve");
    let expected = json!({"event": "e3", "type": "sale", "amount": "1000.00", "business_date": "2026-11-20", "occurred_at": FIRST, "outcome": "posted"});
    assert_eq!(without_position(sold), expected);
}

#[test]
fn holds_payouts_disputes_and_fees_are_listed() {
    let (_directory, server) = lived();
    let rows = |path: &str| server.get_json(&format!("/v1/merchants/M1/{path}"))["rows"].clone();
    assert_eq!(
        rows("holds"),
        json!([{"merchant": "M1", "hold": "H1", "reason": "risk", "currency": "CNY", "placed": "30.00", "released": "0.00", "seized": "0.00", "amount": "30.00", "missing": "0.00",
            "since": "2026-11-23", "expected_release": "2026-11-30", "state": "open"}])
    );
    assert_eq!(
        rows("payouts"),
        json!([{"merchant": "M1", "payout": "O1", "currency": "CNY", "amount": "500.00", "state": "paid", "destination": null, "initiated_on": "2026-11-23", "closed_on": "2026-11-23"}])
    );
    assert_eq!(
        rows("disputes"),
        json!([{"merchant": "M1", "dispute": "D1", "payment": "P1", "currency": "CNY", "state": "opened", "amount": "50.00", "fee": "0.00", "opened_on": "2026-11-23", "changed_on": "2026-11-23"}])
    );
    assert_eq!(
        rows("fees"),
        json!([{"day": "2026-11-23", "kind": "mdr", "currency": "CNY", "count": 2, "amount": "0.40", "vat": "0.03"},
            {"day": "2026-11-20", "kind": "mdr", "currency": "CNY", "count": 1, "amount": "6.00", "vat": "0.34"}])
    );
}

#[test]
fn a_statement_is_of_a_closed_date() {
    let (_directory, server) = lived();
    server.get("/v1/merchants/M1/statements/2026-11-23").problem(409, "not_closed");
    server.posted(&closed("2026-11-23"));
    let statement = without_position(server.get_json("/v1/merchants/M1/statements/2026-11-23"));
    assert_eq!(
        statement,
        json!({"merchant": "M1", "date": "2026-11-23", "from": "2026-11-23", "to": "2026-11-23", "business_date": "2026-11-24", "accounts": [{"currency": "CNY", "book": "bank",
            "opening": {"pending": "894.00", "available": "0.00", "reserved": "100.00", "held": "0.00", "disputed": "0.00", "in_transit": "0.00", "owed": "0.00", "total": "994.00"},
            "movements": {"sales": "200.00", "refunds": "-100.00", "disputes": "0.00", "fees": "-0.40", "payouts": "-500.00", "seized": "0.00", "debt": "0.00", "adjustments": "0.00"},
            "closing": {"pending": "179.00", "available": "274.60", "reserved": "110.00", "held": "30.00", "disputed": "0.00", "in_transit": "0.00", "owed": "0.00", "total": "593.60"}}]})
    );
    server.get("/v1/merchants/M1/statements/2026-13-01").problem(400, "bad_parameter");
    server.get("/v1/merchants/M1/statements/2020-01-01").problem(404, "not_found");
}

#[test]
fn merchants_are_searched() {
    let (_directory, server) = lived();
    server.posted(&contract_set(
        "c-2",
        "M2",
        with(contract(), json!({"name": "Hotel Two", "mcc": "7011", "funds_flow": {"kind": "via_psp", "psp": "psp-7"}, "partner": null})),
    ));
    let ids = |query: &str| {
        let page = server.get_json(&format!("/v1/merchants?{query}"));
        page["rows"].as_array().expect("rows").iter().filter_map(|row| row["merchant"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("", vec!["M1", "M2"]),
        ("q=noodle", vec!["M1"]),
        ("q=M2", vec!["M2"]),
        ("mcc=7011", vec!["M2"]),
        ("holder=psp:psp-7", vec!["M2"]),
        ("holder=bank", vec!["M1"]),
        ("model=third_party_pos", vec!["M2"]),
        ("partner=isv-9", vec!["M1"]),
        ("region=CN-31&mcc=5812", vec!["M1"]),
        ("q=nobody", vec![]),
    ] {
        assert_eq!(ids(query), expected, "{query}");
    }
    let page = server.get_json("/v1/merchants?limit=1");
    let row = &page["rows"][0];
    assert_eq!((&row["name"], &row["model"], &row["contract_version"]), (&json!("Lao Wang Noodles"), &json!("referral"), &json!("c-1")));
    assert_eq!((&row["contract"], &row["balances"][0]["pending"]), (&contract(), &json!("179.00")));
    assert_eq!(page["position"].as_array().map(Vec::len), Some(12));
    let next = page["next"].as_str().expect("a cursor");
    assert_eq!(server.get_json(&format!("/v1/merchants?limit=1&cursor={next}"))["rows"][0]["merchant"], "M2");
    server.get("/v1/merchants?model=shop").problem(400, "bad_parameter");
    server.get("/v1/merchants?holder=me").problem(400, "bad_parameter");
}

#[test]
fn the_trial_balance_is_told_by_any_key_at_any_moment() {
    let (_directory, server) = lived();
    let accounts = server.get_json("/v1/accounts?group_by=book,code,currency");
    let rows = accounts["rows"].as_array().expect("rows");
    assert_eq!(accounts["position"].as_array().map(Vec::len), Some(12));
    // 1000 + 200 sold, 4.50 + 0.33 + 0.70 + 0.07 kept back by the scheme, 100 refunded.
    assert_eq!(
        rows[0],
        json!({"book": "bank", "code": "1010", "currency": "CNY", "debits": "1200.00", "credits": "105.60", "balance": "1094.40", "code_name": "Scheme receivable"})
    );
    assert_eq!(
        rows[0].as_object().map(|row| row.keys().cloned().collect::<Vec<_>>()),
        Some(["book", "code", "currency", "debits", "credits", "balance", "code_name"].map(str::to_owned).to_vec())
    );
    let whole = server.get_json("/v1/accounts");
    assert_eq!(whole["rows"].as_array().map(Vec::len), Some(1));
    assert_eq!((&whole["rows"][0]["currency"], &whole["rows"][0]["balance"]), (&json!("CNY"), &json!("0.00")), "{whole}");
    let merchant = server.get_json("/v1/accounts?group_by=merchant,code&code=2030&at=2026-11-20");
    assert_eq!(
        merchant["rows"],
        json!([{"merchant": "M1", "code": "2030", "currency": "CNY", "debits": "0.00", "credits": "100.00", "balance": "-100.00", "merchant_name": "Lao Wang Noodles", "code_name": "Reserve"}])
    );
    let position = accounts["position"].as_array().expect("positions").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",");
    assert_eq!(server.get_json(&format!("/v1/accounts?group_by=book,code,currency&at={position}")), accounts);
    let problem = server.get("/v1/accounts?group_by=brand").problem(400, "bad_parameter");
    assert_eq!(problem["parameter"], "group_by");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.starts_with("group_by: no key \"brand\"; there are ")), "{problem}");
    server.get("/v1/accounts?group_by=book,book").problem(400, "bad_parameter");
    server.get("/v1/accounts?at=2026-11-24").problem(503, "not_caught_up");
}

#[test]
fn the_house_has_entries_of_its_own() {
    let (_directory, server) = lived();
    let settled =
        json!({"id": "s1", "type": "scheme_settled", "merchant": "@house", "occurred_at": SECOND, "scheme": "unionpay", "amount": "800.00", "currency": "CNY"});
    server.posted(&settled);
    let page = server.get_json("/v1/merchants/@house/entries");
    assert_eq!((&page["rows"][0]["event"], &page["rows"][0]["lines"][0]["debit"]["code"]), (&json!("s1"), &json!("1020")));
}

#[test]
fn views_that_are_deleted_are_folded_again() {
    let (directory, server) = lived();
    let before = (server.get_json("/v1/merchants/M1/balances"), server.get_json("/v1/accounts?group_by=book,code,party,detail"));
    let partition: u32 =
        before.0["position"].as_str().and_then(|text| text.split_once(':')).and_then(|(partition, _)| partition.parse().ok()).expect("a partition");
    server.stop();
    std::fs::remove_dir_all(directory.path().join(format!("{partition:04}")).join("views")).expect("removed");
    let server = Server::start(directory.path());
    let position = before.0["position"].as_str().expect("a position");
    assert_eq!(server.get_json(&format!("/v1/merchants/M1/balances?at_least={position}&wait_ms=20000")), before.0);
    assert_eq!(server.get_json("/v1/accounts?group_by=book,code,party,detail"), before.1);
}

#[test]
fn a_pre_authorisation_is_booked_when_it_is_completed() {
    let (_directory, server) = lived();
    let placed = json!({"payment": "P9", "card": "credit", "scheme": "unionpay"});
    server.posted(&event("a1", "preauth_placed", with(placed, yuan("80.00"))));
    let told = server.get_json("/v1/merchants/M1/payments/P9");
    assert_eq!((&told["state"], &told["authorised"]), (&json!("authorised"), &json!("80.00")));
    assert_eq!((&told["booked_on"], &told["available_on"]), (&Value::Null, &Value::Null));
    server.posted(&event("a2", "preauth_completed", with(json!({"payment": "P9"}), yuan("80.00"))));
    let told = server.get_json("/v1/merchants/M1/payments/P9");
    assert_eq!((&told["state"], &told["authorised"], &told["captured"]), (&json!("captured"), &json!("0.00"), &json!("80.00")));
    assert_eq!((&told["booked_on"], &told["available_on"]), (&json!("2026-11-23"), &json!("2026-11-24")));
}

#[test]
fn a_sale_worth_nothing_where_it_is_settled_is_in_its_own_book() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    let flow = json!({"funds_flow": {"kind": "via_psp", "psp": "psp-7"}, "partner": null});
    server.posted(&contract_set("c-1", "M1", with(contract(), flow)));
    let foreign = json!({"amount": "3.96", "currency": "USD", "settled_currency": "CNY", "rate": "0.001"});
    server.posted(&with(sale("e1", "M1", "P1", "3.96", "credit", FIRST), foreign));
    let told = server.get_json("/v1/merchants/M1/payments/P1");
    assert_eq!((&told["captured"], &told["currency"], &told["book"]), (&json!("0.00"), &json!("CNY"), &json!("psp:psp-7")), "{told}");
}

#[test]
fn a_sweeping_hold_that_finds_nothing_is_in_the_book_that_it_names() {
    let (_directory, server) = lived();
    let hold = json!({"hold": "H2", "book": "psp:psp-2", "sweep": true});
    server.posted(&event("h2", "hold_placed", with(hold, yuan("7.00"))));
    let balances = server.get_json("/v1/merchants/M1/balances");
    let holds = |book: &str| {
        let row = balances["balances"].as_array().and_then(|rows| rows.iter().find(|row| row["book"] == book)).cloned().unwrap_or_default();
        row["holds"].as_array().map_or(0, |holds| holds.iter().filter(|hold| hold["hold"] == "H2" && hold["missing"] == "7.00").count())
    };
    assert_eq!((holds("psp:psp-2"), holds("bank")), (1, 0), "{balances}");
}

#[test]
fn a_refused_event_of_a_payment_tells_its_amount() {
    let (_directory, server) = lived();
    let asked = [("r9", "refund", json!({"payment": "P1"}), "5000.00"), ("t9", "tip_adjusted", json!({"payment": "P1"}), "3.00")];
    for (id, event_type, fields, amount) in asked {
        let result = server.event(&event(id, event_type, with(fields, yuan(amount))));
        assert_eq!(result["outcome"], "refused", "{result}");
        let told = server.get_json("/v1/merchants/M1/payments/P1");
        let events = told["events"].as_array().expect("events");
        let own = events.iter().find(|event| event["event"] == id).expect("told, too");
        assert_eq!((&own["outcome"], &own["amount"]), (&json!("refused"), &json!(amount)), "{own}");
    }
}
