//! A node is killed, or stands still for a while, while records come and a checker asks all the time: no answer is wrong or smaller, and all is answered again soon.

use super::nodes::{Group, Node, PARTITIONS, positions, shared, told};
use super::support::WAIT_MAX;
use load_tests::kafka::broker::Broker;
use load_tests::load::traffic::Traffic;
use load_tests::service::Client;
use load_tests::streams::reader;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Records a second.
const RATE: u64 = 300;
/// A machine that does other things, too, is given more than the bound that holds on a quiet one.
const WHOLE_AGAIN_WITHIN: Duration = Duration::from_secs(10);
/// How long a process stands still.
const STANDS_STILL: Duration = Duration::from_secs(12);
const ASKED: &str = "/v1/accounts";

/// What a whole-bank answer says: how far it is, and the sum of all debits, which only grows.
fn read(body: &Value) -> (BTreeMap<u32, i64>, i128) {
    let position = |text: &Value| {
        let (partition, offset) = text.as_str().expect("a position").split_once(':').expect("two numbers");
        (partition.parse().expect("a partition"), offset.parse().expect("an offset"))
    };
    let at: BTreeMap<u32, i64> = body["position"].as_array().expect("positions").iter().map(position).collect();
    assert_eq!(at.len(), PARTITIONS as usize, "{body}");
    let minor = |row: &Value| row["debits"].as_str().expect("debits").replace('.', "").parse::<i128>().expect("an amount");
    (at, body["rows"].as_array().expect("rows").iter().map(minor).sum())
}

/// What all checkers have seen.
#[derive(Default)]
struct Seen {
    /// The furthest answer: how far it was, and its sum.
    last: (BTreeMap<u32, i64>, i128),
    sums: BTreeMap<BTreeMap<u32, i64>, i128>,
    answers: u64,
}

/// Asks a node again and again for at least what the last answer of any node had: the answer has it, and no smaller sum.
fn check(client: &Client, over: &AtomicBool, seen: &Mutex<Seen>) {
    while !over.load(Ordering::Relaxed) {
        let (last, sum) = seen.lock().expect("no checker failed").last.clone();
        let path = if last.is_empty() { ASKED.to_owned() } else { format!("{ASKED}?at_least={}&wait_ms=2000", positions(&last)) };
        // Who was killed does not answer.
        let Ok(answer) = client.ask(&path) else { continue };
        let Some(body) = told(answer, &path) else { continue };
        let (at, debits) = read(&body);
        assert!(last.iter().all(|(partition, offset)| at[partition] >= *offset), "{last:?}, then {at:?}");
        assert!(debits >= sum, "{sum} at {last:?}, then {debits} at {at:?}");
        let mut seen = seen.lock().expect("no checker failed");
        assert_eq!(*seen.sums.entry(at.clone()).or_insert(debits), debits, "two answers at {at:?}");
        // Another one may have got further meanwhile, on some partitions.
        if seen.last.0.iter().all(|(partition, offset)| at[partition] >= *offset) {
            seen.last = (at, debits);
        }
        seen.answers += 1;
    }
}

/// How long it takes from now until each of these nodes answers about all partitions, and about merchants of each.
fn whole_again(nodes: &[&Node]) -> Duration {
    let started = Instant::now();
    for node in nodes {
        let mut paths = vec![ASKED.to_owned()];
        paths.extend((0..20).map(|number| format!("/v1/merchants/{}/balances", Traffic::merchant(number))));
        for path in paths {
            while node.client.ask(&path).map_or(true, |answer| told(answer, &path).is_none()) {
                assert!(started.elapsed() < WHOLE_AGAIN_WITHIN, "{path} of {}: {:?}", node.name, node.client.ask(&path));
            }
        }
    }
    started.elapsed()
}

/// Waits until the group has given every partition to one of these nodes.
fn moved(nodes: [&Node; 2]) {
    let is_given = |cluster: &Value| {
        let owner = |partition: &Value| partition["owner"].as_str().is_some_and(|owner| nodes.iter().any(|node| node.name == owner));
        cluster["partitions"].as_array().is_some_and(|partitions| partitions.iter().all(owner))
    };
    nodes[0].client.until("/v1/cluster", "every partition has an owner that lives", WAIT_MAX, |answer| is_given(&answer.body)).expect("owners");
}

fn python() -> Option<String> {
    let python = std::env::var("MERCHANT_LEDGER_TABLES_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    Command::new(&python).args(["-c", "import confluent_kafka, cloudevents"]).output().is_ok_and(|output| output.status.success()).then_some(python)
}

#[test]
fn a_death_makes_no_answer_wrong_or_smaller_and_all_is_answered_again() {
    let Some(broker) = Broker::shared() else { return };
    let (group, mut traffic) = Group::filled(&broker, "cluster-kill", 2000);
    let streams = "[streams]\nentries = \"cluster-kill-entries\"\n";
    let (mut a, mut b, mut c) = (group.node("a", streams), group.node("b", streams), group.node("c", streams));
    shared(&[&a, &b, &c], 2);
    let (over, seen) = (AtomicBool::new(false), Mutex::new(Seen::default()));
    let clients = [a.client.clone(), b.client.clone(), c.client.clone()];
    let mut took = Vec::new();
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                group.put(traffic.by_ref().take(usize::try_from(RATE / 10).expect("small")));
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        let checking: Vec<_> = clients.iter().map(|client| scope.spawn(|| check(client, &over, &seen))).collect();
        let answered = || seen.lock().expect("no checker failed").answers;
        let until_more = |more: u64| {
            let (from, deadline) = (answered(), Instant::now() + WAIT_MAX);
            while answered() < from + more && !checking.iter().any(std::thread::ScopedJoinHandle::is_finished) {
                assert!(Instant::now() < deadline, "the checker gets no answers");
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        let over_at_end = Over(&over);
        until_more(20);
        for round in 0..2 {
            let (killed, others) = if round == 0 { (&mut c, [&a, &b]) } else { (&mut b, [&a, &c]) };
            killed.kill();
            took.push(whole_again(&others));
            until_more(20);
            if round == 1 {
                moved(others);
                until_more(20);
            }
            killed.start();
            shared(&[&a, &b, &c], 2);
        }
        // One that stands still for longer than its session is a zombie when it goes on: it must not tell what it knew before.
        a.signal("STOP");
        let stood_still = Instant::now();
        took.push(whole_again(&[&b, &c]));
        until_more(20);
        std::thread::sleep(STANDS_STILL.saturating_sub(stood_still.elapsed()));
        a.signal("CONT");
        shared(&[&a, &b, &c], 2);
        until_more(20);
        drop(over_at_end);
        sending.join().expect("everything was sent");
        checking.into_iter().for_each(|checking| checking.join().expect("no answer was wrong or smaller"));
    });
    println!("whole again after {took:?}; {} answers were checked", seen.lock().expect("no checker failed").answers);

    // In the end all are equal, to one that nobody disturbed.
    let last = group.flush();
    let (process, alone, _directory) = group.alone();
    alone.caught_up(&last, WAIT_MAX).expect("everything");
    let path = format!("{ASKED}?at_least={}&wait_ms=30000", positions(&last));
    let expected = alone.get(&path).expect("an answer");
    let heads = super::support::heads(&alone);
    for node in [&a, &b, &c] {
        assert_eq!(node.get(&path), expected, "{}", node.name);
        assert_eq!(super::support::heads(&node.client), heads, "{}", node.name);
        for partition in node.get("/v1/cluster")["partitions"].as_array().expect("partitions") {
            let holders = partition["holders"].as_array().expect("holders");
            let known = &heads[usize::try_from(partition["partition"].as_u64().expect("a number")).expect("small")];
            assert!(
                holders.iter().all(|holder| (holder["entries"].as_u64(), holder["head"].as_str()) == (Some(known.0), Some(known.1.as_str()))),
                "{partition}"
            );
        }
    }
    // The topic of entries has each once, in order, whoever owned the partition meanwhile.
    if let Some(python) = python() {
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            let records = reader::read(&python, &group.broker, "cluster-kill-entries").expect("readable");
            match reader::complete(&alone, "cluster-kill-entries", &records) {
                Ok(_) => break,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
        }
    }
    process.stop().expect("a clean end");
    [&mut a, &mut b, &mut c].into_iter().for_each(Node::stop);
}

/// Ends what goes on beside a test, also where the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
