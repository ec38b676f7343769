//! Three nodes answer everything as one that is alone does, each of them, wherever the partition lies.

use super::nodes::{Group, Node, PARTITIONS, positions, shared};
use super::support::WAIT_MAX;
use load_tests::kafka::broker::Broker;
use load_tests::load::traffic::Traffic;
use load_tests::service::Client;
use load_tests::service::client::Answer;
use serde_json::Value;
use std::time::{Duration, Instant};

/// What is not of the books: when somebody looked, and what is reckoned later.
fn plain(mut body: Value) -> Value {
    if let Some(rows) = body.get_mut("rows").and_then(Value::as_array_mut) {
        rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| drop(row.remove("root")));
    }
    body
}

/// Questions of every kind.
fn questions() -> Vec<String> {
    let mut questions: Vec<String> = [
        "/v1/accounts",
        "/v1/accounts?group_by=code,merchant",
        "/v1/exposure",
        "/v1/exposure?group_by=holder,merchant",
        "/v1/exposure?as_of=2026-11-20",
        "/v1/fee-income?group_by=day,mcc",
        "/v1/merchants?limit=1000",
        "/v1/merchants?q=B00001",
        "/v1/payments?limit=200",
        "/v1/holds",
        "/v1/payouts",
        "/v1/disputes",
        "/v1/entries?limit=300",
        "/v1/events?limit=200",
        "/v1/events?group_by=outcome,code",
        "/v1/quarantine",
        "/v1/consumption/footfall",
        "/v1/consumption/customers",
        "/v1/consumption/tickets?group_by=mcc",
        "/v1/reconciliation",
        "/v1/audit/heads",
        "/v1/events/open",
        "/v1/events/b40",
        "/v1/merchants/nobody/balances",
    ]
    .map(str::to_owned)
    .to_vec();
    for number in 0..20 {
        let merchant = Traffic::merchant(number);
        for rest in ["balances", "entries?limit=50", "payments", "payouts", "holds", "contracts", "fees", "balances?as_of=2026-11-20", "payouts/next"] {
            questions.push(format!("/v1/merchants/{merchant}/{rest}"));
        }
        questions.push(format!("/v1/events/b{}?merchant={merchant}", number + 1));
    }
    questions.extend((0..PARTITIONS).map(|partition| format!("/v1/audit/entries/{partition}:9/proof?entries=40")));
    questions
}

fn ask(client: &Client, path: &str, at: &str) -> (u16, Value) {
    let joined = if path.contains('?') { '&' } else { '?' };
    let answer = whole(|| client.ask(&format!("{path}{joined}at_least={at}&wait_ms=30000")).unwrap_or_else(|error| panic!("{path}: {error}")));
    (answer.status, plain(answer.body))
}

/// Asks until it is answered: a node that stood still for a second, as it may on a machine with much to do, says that it cannot now.
fn whole(ask: impl Fn() -> Answer) -> Answer {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        let answer = ask();
        if answer.status != 503 || Instant::now() > deadline {
            return answer;
        }
        assert!(answer.body["partition"].is_u64(), "{}", answer.body);
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn assert_same(alone: &Client, nodes: &[&Node], at: &str) {
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for question in questions() {
        let expected = ask(alone, &question, at);
        *statuses.entry(expected.0).or_default() += 1;
        for node in nodes {
            assert_eq!(ask(&node.client, &question, at), expected, "{question} of {}", node.name);
        }
    }
    assert!(statuses[&200] > 150 && statuses.keys().all(|status| [200, 404].contains(status)), "{statuses:?}");
}

#[test]
fn each_of_three_nodes_answers_as_one_that_is_alone() {
    let Some(broker) = Broker::shared() else { return };
    let (group, mut traffic) = Group::filled(&broker, "cluster-same", 4000);
    let (mut a, mut b, mut c) = (group.node("a", ""), group.node("b", ""), group.node("c", ""));
    let (process, alone, _directory) = group.alone();
    let last = group.flush();
    alone.caught_up(&last, WAIT_MAX).expect("everything");
    // Each partition has its owner and one more: so some questions are handed on, and whole-bank ones read rows elsewhere.
    shared(&[&a, &b, &c], 2);
    // While nodes come one after the other, the first may have all of them for a while.
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        let cluster = a.get("/v1/cluster");
        let held: Vec<usize> = cluster["nodes"].as_array().expect("nodes").iter().map(|node| node["holds"].as_array().map_or(0, Vec::len)).collect();
        if held.iter().sum::<usize>() == 12 && held.iter().all(|count| *count < PARTITIONS as usize) {
            break;
        }
        assert!(Instant::now() < deadline, "{cluster}");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_same(&alone, &[&a, &b, &c], &positions(&last));

    // Events go to any node, and what becomes of them is known there.
    for (number, node) in [&a, &b, &c].into_iter().enumerate() {
        for merchant in 0..12 {
            let (id, merchant) = (format!("w{number}-{merchant}"), Traffic::merchant(merchant));
            let event = format!(
                r#"{{"id":"{id}","type":"fee_charged","merchant":"{merchant}","occurred_at":"2026-11-20T11:00:00+08:00","fee":"other","amount":"0.10","currency":"CNY"}}"#
            );
            let answer = whole(|| node.client.post("/v1/events?wait=true&wait_ms=20000", "application/json", event.as_bytes()).expect("an answer"));
            assert_eq!((answer.status, &answer.body["results"][0]["outcome"]), (200, &"posted".into()), "{}: {}", node.name, answer.body);
            let position = answer.body["results"][0]["position"].as_str().expect("a position").to_owned();
            let read = whole(|| b.client.ask(&format!("/v1/merchants/{merchant}/balances?at_least={position}&wait_ms=20000")).expect("an answer")).body;
            assert!(read["position"].as_str().is_some(), "{read}");
        }
    }
    let close = r#"{"id":"close-1","type":"day_closed","date":"2026-11-20"}"#;
    let answer = whole(|| b.client.post("/v1/events?wait=true&wait_ms=30000", "application/json", close.as_bytes()).expect("an answer"));
    assert_eq!((answer.status, &answer.body["results"][0]["outcome"]), (200, &"posted".into()), "{}", answer.body);
    group.put(traffic.by_ref().take(2000));
    let last = group.flush();
    alone.caught_up(&last, WAIT_MAX).expect("everything");
    assert_same(&alone, &[&a, &b, &c], &positions(&last));
    process.stop().expect("a clean end");
    [&mut a, &mut b, &mut c].into_iter().for_each(Node::stop);
}

/// Nobody who does not know the secret is told anything, or believed who asks.
#[test]
fn what_nodes_ask_each_other_is_nothing_for_others() {
    let Some(broker) = Broker::shared() else { return };
    let (group, _) = Group::filled(&broker, "cluster-secret", 200);
    let mut a = group.node("a", "");
    shared(&[&a], 1);
    for path in ["/internal/v1/report", "/internal/v1/ask?protocol=1"] {
        let answer = a.client.post(path, "application/json", b"{}").expect("an answer");
        assert_eq!((answer.status, answer.body["code"].as_str()), (404, Some("not_found")), "{}", answer.body);
    }
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let handed = agent.get(format!("{}/v1/accounts", a.client.base())).header("x-ledger-hop", "b").header("x-ledger-caller", "e30").call().expect("an answer");
    assert_eq!(handed.status(), 401);
    a.stop();
}
