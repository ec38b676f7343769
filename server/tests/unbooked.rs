//! What was not booked, over HTTP: found by its id whoever it is about, listed, summed, alerted, and told truthfully to who sent it.

mod support;

use serde_json::{Value, json};
use server::node::{Intake, Target};
use support::Server;
use support::events::{closed, contract, contract_set, opened, sale};

const NOON: &str = "2026-11-20T12:00:00+08:00";

fn started() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    (directory, server)
}

fn about(id: &str, kind: &str, merchant: &str, more: &Value) -> Value {
    let mut event = json!({"id": id, "type": kind, "merchant": merchant, "occurred_at": NOON});
    for (key, value) in more.as_object().expect("an object") {
        event[key] = value.clone();
    }
    event
}

fn refund(id: &str, merchant: &str, payment: &str, amount: &str) -> Value {
    about(id, "refund", merchant, &json!({"payment": payment, "amount": amount, "currency": "CNY"}))
}

/// Waits until the views are where the journals are.
fn catch_up(server: &Server) {
    let heads = server.get_json("/v1/audit/heads");
    let positions: Vec<_> =
        heads["rows"].as_array().expect("a list").iter().filter_map(|head| head["position"].as_str()).filter(|at| !at.ends_with("-1")).collect();
    server.get_json(&format!("/v1/audit/heads?at_least={}&wait_ms=20000", positions.join(",")));
}

fn ids(page: &Value) -> Vec<&str> {
    page["rows"].as_array().expect("rows").iter().map(|row| row["id"].as_str().unwrap_or("-")).collect()
}

/// A refund of a payment from before, a payout that was reported failed and was paid; with what becomes of them after three closes.
fn refused_money(server: &Server) {
    server.posted(&sale("e1", "M1", "P1", "1000.00", "credit", NOON));
    assert_eq!(server.event(&refund("r9", "M1", "OLD1", "890.00"))["outcome"], "parked");
    assert_eq!(server.event(&refund("n1", "NONE", "P1", "7.00"))["outcome"], "parked", "a merchant without a contract");
    for date in ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"] {
        server.posted(&closed(date));
    }
    server.posted(&about("o1", "payout_initiated", "M1", &json!({"payout": "O1", "amount": "100.00", "currency": "CNY"})));
    server.posted(&about("o2", "payout_failed", "M1", &json!({"payout": "O1"})));
    assert_eq!(server.event(&about("o3", "payout_paid", "M1", &json!({"payout": "O1"})))["code"], "not_open");
    assert_eq!(
        server.event(&about("h1", "hold_placed", "M1", &json!({"hold": "H1", "amount": "9999999.00", "currency": "CNY"})))["code"],
        "insufficient_funds"
    );
    catch_up(server);
}

#[test]
fn money_that_moved_and_was_not_booked_is_listed_summed_and_alerted() {
    let (_directory, server) = started();
    refused_money(&server);
    let page = server.get_json("/v1/events?outcome=refused&money=true&merchant=M1");
    assert_eq!(ids(&page), ["o3", "r9"], "{page}");
    let row = &page["rows"][1];
    let expected = json!({"id": "r9", "merchant": "M1", "type": "refund", "payment": "OLD1", "currency": "CNY", "amount": "890.00", "outcome": "refused",
        "code": "expired_in_park", "business_date": "2026-11-24", "occurred_at": NOON});
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&row[key], value, "{key} of {row}");
    }
    let status = server.get_json("/v1/events/r9");
    assert_eq!((&row["position"], &row["entry"]), (&status["position"], &status["entry"]), "where its record lies, and what became of it");
    assert_eq!(page["business_date"], "2026-11-24");
    assert_eq!(page["position"].as_array().map(Vec::len), Some(12));
    assert_eq!(ids(&server.get_json("/v1/events?outcome=refused&merchant=M1")), ["h1", "o3", "r9"]);
    assert_eq!(server.get_json("/v1/events?merchant=M1&type=hold_placed")["rows"][0]["amount"], "9999999.00");
    assert_eq!(ids(&server.get_json("/v1/events?code=expired_in_park&merchant=NONE")), ["n1"]);

    let sums = server.get_json("/v1/events?outcome=refused&money=true&group_by=outcome,code");
    assert_eq!(
        sums["rows"],
        json!([{"outcome": "refused", "code": "expired_in_park", "currency": "CNY", "count": 2, "amount": "897.00"},
            {"outcome": "refused", "code": "not_open", "currency": null, "count": 1, "amount": null}])
    );
    let in_one = server.get_json("/v1/events?outcome=refused&money=true&group_by=outcome,code&currency=CNY");
    assert_eq!(in_one["rows"], json!([sums["rows"][0]]), "each key is a filter too");
    let first = server.get_json("/v1/events?outcome=refused&money=true&group_by=outcome,code&sort=-count&limit=1");
    assert_eq!(first["rows"], json!([sums["rows"][0]]));
    assert_eq!(
        first["total"],
        json!([{"currency": null, "count": 1, "amount": null, "rows": 1}, {"currency": "CNY", "count": 2, "amount": "897.00", "rows": 1}])
    );
    assert_eq!(first["rest"], json!([{"currency": null, "count": 1, "amount": null, "rows": 1}, {"currency": "CNY", "count": 0, "amount": "0.00", "rows": 0}]));
    let by_day = server.get_json("/v1/events?group_by=day&outcome=refused&from=2026-11-24&to=2026-11-24");
    assert_eq!((&by_day["from"], &by_day["rows"][0]["day"]), (&json!("2026-11-24"), &json!("2026-11-24")), "{by_day}");
    assert_eq!(server.get_json("/v1/events?group_by=day&to=2026-11-23")["rows"], json!([]));

    let alerts = server.get_json("/v1/exposure")["alerts"].clone();
    let told: Vec<&Value> = alerts.as_array().expect("a list").iter().filter(|alert| alert["kind"] == "money_refused").collect();
    let alert = json!({"kind": "money_refused", "severity": "critical", "merchant": "M1", "merchant_name": "Lao Wang Noodles", "since": "2026-11-24", "last": "2026-11-24", "count": 2, "currency": "CNY", "amount": "890.00"});
    assert!(told.contains(&&alert), "{alerts}");
    let without_contract = json!({"kind": "money_refused", "severity": "critical", "merchant": "NONE", "since": "2026-11-24", "last": "2026-11-24", "count": 1, "currency": "CNY", "amount": "7.00"});
    assert!(told.contains(&&without_contract), "{alerts}");
    let metrics = server.get("/metrics").text;
    let counted: u64 =
        metrics.lines().filter_map(|line| line.strip_prefix("merchant_ledger_money_refused_total{")?.split(' ').nth(1)?.parse::<u64>().ok()).sum();
    assert_eq!(counted, 3, "{metrics}");
}

#[test]
fn the_list_pages_filters_and_refuses_what_it_does_not_know() {
    let (_directory, server) = started();
    refused_money(&server);
    server.event(&sale("e1", "M1", "P1", "1000.00", "credit", NOON));
    server.event(&sale("e1", "M1", "P1", "999.00", "credit", NOON));
    assert_eq!(server.event(&refund("w1", "M1", "P7", "1.00"))["outcome"], "parked");
    catch_up(&server);
    let whole = server.get_json("/v1/events");
    let mut dates: Vec<_> = whole["rows"].as_array().expect("rows").iter().map(|row| row["business_date"].as_str().expect("a date").to_owned()).collect();
    assert!(dates.is_sorted_by(|one, other| one >= other), "{whole}");
    dates.dedup();
    let all: Vec<String> = ids(&whole).iter().map(ToString::to_string).collect();
    assert_eq!(all.len(), 7, "{whole}");
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get_json(&format!("/v1/events?limit=2{cursor}"));
        paged.extend(ids(&page).iter().map(ToString::to_string));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
        // What comes meanwhile does not move what is still to be read.
        if paged.len() == 2 {
            server.event(&refund("later", "M1", "P1", "9999.00"));
        }
    }
    paged.retain(|id| id != "later");
    assert_eq!(paged, all);
    let waiting = server.get_json("/v1/events?outcome=parked");
    assert_eq!((ids(&waiting), &waiting["rows"][0]["waits_for"]), (vec!["w1"], &json!({"payment": "P7"})));
    let again = server.get_json("/v1/events?outcome=duplicate&outcome=quarantined");
    let told: Vec<_> = again["rows"].as_array().expect("rows").iter().map(|row| (&row["outcome"], &row["code"], &row["of"]["outcome"])).collect();
    assert_eq!(told, [(&json!("quarantined"), &json!("conflict"), &json!("posted")), (&json!("duplicate"), &Value::Null, &json!("posted"))]);
    // One that has left is no longer told as waiting.
    server.posted(&sale("e7", "M1", "P7", "2.00", "credit", NOON));
    catch_up(&server);
    assert_eq!(server.get_json("/v1/events?outcome=parked")["rows"], json!([]));
    assert_eq!(server.get_json("/v1/events?outcome=parked&group_by=outcome")["rows"], json!([]));
    for (query, parameter) in [
        ("outcome=posted", "outcome"),
        ("outcome=refused&outcome=refused", "outcome"),
        ("type=sail", "type"),
        ("code=Not%20Open", "code"),
        ("money=yes", "money"),
        ("merchant=M%201", "merchant"),
        ("group_by=merchant", "group_by"),
        ("group_by=day,day", "group_by"),
        ("group_by=day&limit=0", "limit"),
        ("group_by=day&sort=day", "sort"),
        ("group_by=day&currency=XXQ", "currency"),
        ("brand=x", "brand"),
        ("from=2026-11-24&to=2026-11-23", "from"),
    ] {
        let problem = server.get(&format!("/v1/events?{query}")).problem(400, "bad_parameter");
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
    server.get("/v1/events?cursor=00000000aa").problem(400, "bad_cursor");
}

#[test]
fn of_a_day_and_a_range_what_both_have_is_told() {
    let (_directory, server) = started();
    assert_eq!(server.event(&refund("w1", "M1", "P7", "1.00"))["outcome"], "parked");
    catch_up(&server);
    for (query, from, to, rows) in [
        ("day=2026-11-20", json!("2026-11-20"), "2026-11-20", 1),
        ("day=2026-11-20&from=2026-11-01", json!("2026-11-01"), "2026-11-20", 1),
        ("day=2026-11-20&from=2026-11-01&to=2026-11-30", json!("2026-11-01"), "2026-11-30", 1),
        ("day=2026-11-21&from=2026-11-01&to=2026-11-30", json!("2026-11-01"), "2026-11-30", 0),
        ("day=2026-11-24&to=2026-11-23", Value::Null, "2026-11-23", 0),
        ("day=2026-11-19&from=2026-11-20", json!("2026-11-20"), "2026-11-20", 0),
        ("from=2026-12-01", json!("2026-12-01"), "2026-12-01", 0),
    ] {
        for form in ["", "&group_by=outcome"] {
            let answer = server.get_json(&format!("/v1/events?{query}{form}"));
            let told = (&answer["from"], &answer["to"], answer["rows"].as_array().map(Vec::len));
            assert_eq!(told, (&from, &json!(to), Some(rows)), "{query}{form}: {answer}");
        }
    }
}

#[test]
fn an_event_is_found_by_its_id_whoever_it_is_about() {
    let (_directory, server) = started();
    // No contract, and none to come: parked, then refused; an unreadable one that came by Kafka, of another such merchant.
    server.event(&refund("lost", "NOBODY", "P1", "1.00"));
    assert_eq!(server.get_json("/v1/events/lost")["merchant"], "NOBODY");
    for date in ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"] {
        server.posted(&closed(date));
    }
    catch_up(&server);
    let status = server.get_json("/v1/events/lost");
    assert_eq!((&status["outcome"], &status["code"], &status["merchant"]), (&json!("refused"), &json!("expired_in_park"), &json!("NOBODY")));
    let broken = refund("broken", "NOBODY2", "P1", "1.234").to_string();
    let partition = schemas::partition::partition_of(b"NOBODY2", 12);
    let id = schemas::ids::EventId::new("any").expect("an id");
    let intake = Intake { id, target: Target::One(partition), key: Some(b"NOBODY2".to_vec()), value: broken.into_bytes() };
    let at = server.node.append_now(vec![intake]).expect("appended")[0][0];
    let status = server.get_json(&format!("/v1/events/broken?at_least={at}&wait_ms=20000"));
    assert_eq!((&status["outcome"], &status["code"]), (&json!("quarantined"), &json!("bad_amount")));
    // Two merchants of one partition.
    let twin =
        (0..1000).map(|n| format!("T{n}")).find(|name| schemas::partition::partition_of(name.as_bytes(), 12) == schemas::partition::partition_of(b"M1", 12));
    let twin = twin.expect("one of a thousand");
    server.event(&refund("same", "M1", "P1", "1.00"));
    server.event(&refund("same", &twin, "P1", "1.00"));
    let problem = server.get("/v1/events/same").problem(400, "bad_parameter");
    assert_eq!(problem["parameter"], "merchant");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("M1") && detail.contains(&twin)), "{problem}");
    assert_eq!(server.get_json(&format!("/v1/events/same?merchant={twin}"))["merchant"], json!(twin));
    server.get("/v1/events/never").problem(404, "not_found");
}

#[test]
fn a_retry_tells_what_became_of_the_first() {
    let (_directory, server) = started();
    let refused = about("o", "payout_initiated", "M1", &json!({"payout": "O1", "amount": "5.00", "currency": "CNY"}));
    let first = server.event(&refused);
    assert_eq!(first["code"], "insufficient_funds");
    let again = server.event(&refused);
    let of = json!({"position": first["position"], "outcome": "refused", "code": "insufficient_funds", "detail": first["detail"], "entry": first["entry"]});
    assert_eq!((&again["outcome"], &again["of"]), (&json!("duplicate"), &of));
    let mut other = refused.clone();
    other["amount"] = json!("6.00");
    let conflict = server.event(&other);
    assert_eq!((&conflict["code"], &conflict["of"]), (&json!("conflict"), &of));

    let early = refund("r1", "M1", "P1", "1.00");
    let parked = server.event(&early);
    assert_eq!((&parked["outcome"], &parked["waits_for"]), (&json!("parked"), &json!({"payment": "P1"})));
    let again = server.event(&early);
    assert_eq!(again["of"], json!({"position": parked["position"], "outcome": "parked", "waits_for": {"payment": "P1"}, "entry": parked["entry"]}));
    server.posted(&sale("e1", "M1", "P1", "2.00", "credit", NOON));
    let again = server.event(&early);
    assert_eq!((&again["of"]["outcome"], &again["of"]["position"]), (&json!("posted"), &parked["position"]), "what became of it since");
    assert_ne!(again["of"]["entry"], parked["entry"]);
    let twice = server.event(&opened("2026-11-20"));
    assert_eq!((&twice["outcome"], &twice["partitions"][3]["of"]["outcome"]), (&json!("duplicate"), &json!("posted")), "{twice}");
}

#[test]
fn a_strict_request_fails_where_its_event_is_not_booked() {
    let (_directory, server) = started();
    let strict = |event: &Value| server.post("/v1/events?wait=true&strict=true&wait_ms=20000", "application/json", event.to_string().as_bytes());
    assert_eq!(strict(&sale("e1", "M1", "P1", "2.00", "credit", NOON)).status, 200);
    assert_eq!(strict(&sale("e1", "M1", "P1", "2.00", "credit", NOON)).status, 200, "a retry of what was posted");
    let refused = refund("r1", "M1", "P1", "3.00");
    for _ in 0..2 {
        let problem = strict(&refused).problem(409, "exceeds_captured");
        assert_eq!(problem["results"][0]["id"], "r1", "{problem}");
    }
    let parked = strict(&refund("r2", "M1", "P2", "3.00")).problem(409, "parked");
    assert_eq!(parked["results"][0]["waits_for"], json!({"payment": "P2"}));
    strict(&refund("r1", "M1", "P1", "1.00")).problem(422, "conflict");
    server.post("/v1/events?strict=true", "application/json", refused.to_string().as_bytes()).problem(400, "bad_parameter");
    assert_eq!(server.event(&refund("r3", "M1", "P1", "3.00"))["outcome"], "refused", "without it an answer is an answer");
}

#[test]
fn a_control_event_is_told_partition_by_partition() {
    let (_directory, server) = started();
    // A producer closed the day on one partition alone.
    let alone = closed("2026-11-20").to_string();
    let id = schemas::ids::EventId::new("any").expect("an id");
    let intake = |value: &str| Intake { id: id.clone(), target: Target::One(4), key: None, value: value.as_bytes().to_vec() };
    let at = server.node.append_now(vec![intake(&alone)]).expect("appended")[0][0];
    server.get_json(&format!("/v1/audit/heads?at_least={at}&wait_ms=20000"));
    let status = server.get_json("/v1/events/close-2026-11-20");
    assert_eq!((&status["outcome"], status["missing_on"].as_array().map(Vec::len)), (&json!("posted"), Some(11)), "{status}");
    assert_eq!(server.get_json("/v1/exposure")["business_date"], "2026-11-20", "the oldest: what holds for all");
    let metrics = server.get("/metrics").text;
    for line in ["merchant_ledger_business_dates_behind{partition=\"3\"} 1", "merchant_ledger_business_dates_behind{partition=\"4\"} 0"] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }

    // Another close of the same date is refused there, and posted elsewhere.
    let result = server.event(&json!({"id": "close-again", "type": "day_closed", "date": "2026-11-20"}));
    assert_eq!(result["outcome"], "mixed", "{result}");
    let told: Vec<_> =
        result["partitions"].as_array().expect("a list").iter().map(|row| (row["partition"].as_u64(), row["outcome"].as_str(), row["code"].as_str())).collect();
    assert_eq!(told.len(), 12);
    assert_eq!((told[3], told[4]), ((Some(3), Some("posted"), None), (Some(4), Some("refused"), Some("wrong_date"))));
    assert!(result["detail"].as_str().is_some_and(|detail| detail.contains("refused (wrong_date) on 4")), "{result}");
    assert_eq!(server.get_json("/v1/events/close-again")["outcome"], "mixed");
    let strict = server.post(
        "/v1/events?wait=true&strict=true&wait_ms=20000",
        "application/json",
        json!({"id": "close-again", "type": "day_closed", "date": "2026-11-20"}).to_string().as_bytes(),
    );
    assert_eq!(strict.status, 409, "a retry fails as the first did: {}", strict.text);

    // The date that the others have closed with another event is mended by the same event on all: a duplicate here, posted there.
    let result = server.event(&closed("2026-11-21"));
    assert_eq!(result["outcome"], "posted", "{result}");
    catch_up(&server);
    assert_eq!(server.get_json("/v1/exposure")["business_date"], "2026-11-22");
}
