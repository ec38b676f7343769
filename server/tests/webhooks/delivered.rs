//! What is delivered.

use super::service::{MERCHANTS, Service, sale, until};
use load_tests::hooks::receiver::{Answer, Came, Receiver};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Deliveries of the long test.
const DELIVERIES: usize = 1200;

fn receiver(answer: Answer) -> Receiver {
    Receiver::start(answer).expect("a free port")
}

/// Whether the reference library takes the signature of what came, by this secret; nothing where Python does not have it.
fn verified(came: &Came, secret: &str) -> Option<bool> {
    const VERIFY: &str = "import json, sys\nfrom standardwebhooks import Webhook\ncame = json.load(sys.stdin)\n\
                          Webhook(came['secret']).verify(came['body'], came['headers'])\n";
    let python = std::env::var("MERCHANT_LEDGER_TABLES_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_it = Command::new(&python).args(["-c", "import standardwebhooks"]).output().is_ok_and(|output| output.status.success());
    if !has_it {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and {python} has no standardwebhooks");
        eprintln!("*** {python} has no standardwebhooks: signatures are not judged by it; ./dev test installs it ***");
        return None;
    }
    let mut child = Command::new(python).args(["-c", VERIFY]).stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().expect("Python");
    let input = json!({"secret": secret, "body": came.body, "headers": came.headers}).to_string();
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), input.as_bytes()).expect("taken");
    Some(child.wait().expect("it ends").success())
}

#[test]
fn an_event_is_told_as_its_reader_sees_it_and_signed() {
    let (receiver, service) = (receiver(Box::new(|_, _| 200)), Service::start());
    let url = format!("{}/hook", receiver.address);
    let hook = service.hook(&json!({"url": url, "merchant": "M1", "types": ["payment.sale", "hold.placed", "payout.initiated", "payout.composed"]}));
    let secret = hook["secret"].as_str().expect("told once").to_owned();
    let id = hook["id"].as_str().expect("an id").to_owned();
    let hold = json!({"id": "h1", "type": "hold_placed", "merchant": "M1", "hold": "H1", "amount": "30.00", "currency": "CNY", "occurred_at": "2026-11-20T11:00:00+08:00"});
    let payout = json!({"id": "o1", "type": "payout_initiated", "merchant": "M1", "payout": "O1", "amount": "50.00", "currency": "CNY", "occurred_at": "2026-11-20T12:00:00+08:00"});
    let close = json!({"id": "d1", "type": "day_closed", "date": "2026-11-20"});
    let results = service.post(&[sale("M1", 1, "100.00"), sale("M2", 1, "100.00"), hold, close, payout]);
    until("four calls", || receiver.came().len() >= 4);
    let came = receiver.came();
    let kinds: Vec<Value> = came.iter().map(|came| came.json()["type"].clone()).collect();
    assert_eq!(kinds, ["payment.sale", "hold.placed", "payout.initiated", "payout.composed"].map(Value::from));
    let told = &came[0].json()["data"];
    let entry = service.client.get("/v1/merchants/M1/entries?type=sale").expect("entries")["rows"][0].clone();
    assert_eq!((told, &told["entry"]), (&entry, &results["results"][0]["entry"]));
    let composed = service.client.get("/v1/merchants/M1/payouts/O1").expect("a payout");
    assert_eq!((&came[3].json()["data"]["summary"], &came[3].json()["data"]["amount"]), (&composed["summary"], &json!("50.00")));
    assert!(verified(&came[0], &secret).is_none_or(|is_so| is_so), "{:?}", came[0]);
    assert!(verified(&came[0], "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_none_or(|is_so| !is_so));

    // Both secrets sign while one takes the place of the other.
    let answer = service.client.post(&format!("/v1/webhooks/{id}/secret"), "application/json", b"").expect("an answer");
    let new = answer.body["secret"].as_str().expect("told once").to_owned();
    service.post(&[sale("M1", 2, "1.00")]);
    until("another call", || receiver.came().len() >= 5);
    let last = receiver.came().pop().expect("one");
    for secret in [&secret, &new] {
        assert!(verified(&last, secret).is_none_or(|is_so| is_so), "{last:?}");
    }
    let listed = service.client.get(&format!("/v1/webhooks/{id}")).expect("a webhook");
    assert!(listed.get("secret").is_none() && listed["state"] == "on" && listed["delivered"] == 5, "{listed}");
    let rows = service.client.get(&format!("/v1/webhooks/{id}/deliveries")).expect("deliveries")["rows"].clone();
    assert_eq!((rows[0]["n"].as_u64(), &rows[0]["state"], &rows[0]["status"]), (Some(4), &json!("delivered"), &json!(200)), "{rows}");
    // Sent again on request, under the same id.
    let again = service.client.post(&format!("/v1/webhooks/{id}/deliveries/0/retry"), "application/json", b"").expect("an answer");
    assert_eq!((again.status, again.body["attempts"].as_u64()), (202, Some(2)), "{}", again.body);
    assert_eq!(receiver.came().pop().expect("one").id(), came[0].id());
}

#[test]
fn monitors_tell_when_a_figure_falls_and_not_again() {
    let (receiver, service) = (receiver(Box::new(|_, _| 200)), Service::start());
    let url = receiver.address.clone();
    service.hook(&json!({"url": url, "merchant": "M1", "types": ["balance.below"], "monitor": {"figure": "payable", "currency": "CNY", "below": "50.00"}}));
    service.hook(&json!({"url": format!("{url}/owed"), "merchant": "M1", "types": ["balance.owed"]}));
    // Without types, everything of the merchant; and what its own monitor watches.
    service.hook(&json!({"url": format!("{url}/all"), "merchant": "M1"}));
    service.hook(&json!({"url": format!("{url}/both"), "merchant": "M1", "monitor": {"figure": "payable", "currency": "CNY", "below": "50.00"}}));
    let fee = |id: &str, amount: &str| json!({"id": id, "type": "fee_charged", "merchant": "M1", "fee": "monthly", "amount": amount, "currency": "CNY", "occurred_at": "2026-11-20T12:00:00+08:00"});
    service.post(&[sale("M1", 1, "100.00"), json!({"id": "d1", "type": "day_closed", "date": "2026-11-20"})]);
    service.post(&[fee("f1", "60.00"), fee("f2", "10.00"), fee("f3", "100.00"), fee("f4", "5.00")]);
    let told = |path: &str| -> Vec<Value> { receiver.came().into_iter().filter(|came| came.path == path).map(|came| came.json()).collect() };
    let is_last = |path: &str| told(path).last().is_some_and(|last| last["data"]["event"] == "f4");
    until("the calls of each", || !told("/").is_empty() && !told("/owed").is_empty() && is_last("/all") && is_last("/both"));
    let below = told("/");
    assert_eq!(below.len(), 1, "{below:?}");
    assert_eq!((&below[0]["type"], &below[0]["data"]["figure"], &below[0]["data"]["below"]), (&json!("balance.below"), &json!("payable"), &json!("50.00")));
    let owed = told("/owed");
    assert_eq!((owed.len(), &owed[0]["type"]), (1, &json!("balance.owed")), "{owed:?}");
    let now = service.client.get("/v1/merchants/M1/balances").expect("balances")["balances"][0]["owed"].clone();
    assert_ne!(owed[0]["data"]["value"], now, "what it was when it began, and more is owed since");
    let kinds = |path: &str| -> Vec<String> { told(path).iter().map(|told| told["type"].as_str().expect("a type").to_owned()).collect() };
    let fee = "merchant.fee_charged";
    assert_eq!(kinds("/all"), ["payment.sale", fee, fee, fee, "balance.owed", fee]);
    assert_eq!(kinds("/both"), ["payment.sale", fee, "balance.below", fee, fee, "balance.owed", fee]);
    let of_all = told("/all").into_iter().find(|told| told["type"] == "balance.owed").expect("one");
    assert_eq!(of_all["data"], owed[0]["data"]);
}

#[test]
fn a_receiver_that_fails_every_third_gets_everything_in_order_through_kills() {
    let receiver = receiver(Box::new(|number, _| if number % 3 == 2 { 500 } else { 204 }));
    let mut service = Service::start();
    for merchant in MERCHANTS {
        service.hook(&json!({"url": format!("{}/{merchant}", receiver.address), "merchant": merchant, "types": ["payment.sale"]}));
    }
    let mut sent = 0;
    for kill in 0..4 {
        while sent < DELIVERIES * (kill + 1) / 4 {
            let events: Vec<Value> = (sent..sent + 100).map(|number| sale(MERCHANTS[number % 2], number, "1.00")).collect();
            service.post(&events);
            sent += 100;
        }
        if kill < 3 {
            service.kill();
        }
    }
    until("all deliveries", || receiver.taken().len() >= DELIVERIES);
    let came = receiver.taken();
    assert_eq!(came.len(), DELIVERIES);
    for (place, merchant) in MERCHANTS.iter().enumerate() {
        let of_merchant: Vec<String> = came
            .iter()
            .filter(|came| came.path == format!("/{merchant}"))
            .map(|came| came.json()["data"]["event"].as_str().expect("an id").to_owned())
            .collect();
        let expected: Vec<String> = (0..DELIVERIES).filter(|number| number % 2 == place).map(|number| format!("s{number}")).collect();
        assert!(of_merchant == expected, "{merchant}: each once, in the order of the journal");
    }
}

#[test]
fn a_hook_tells_of_what_was_before_and_one_that_is_gone_is_off() {
    let (receiver, service) = (receiver(Box::new(|_, path| if path == "/gone" { 410 } else { 200 })), Service::start());
    let results = service.post(&[sale("M1", 1, "1.00"), sale("M1", 2, "1.00"), sale("M1", 3, "1.00")]);
    let from = results["results"][1]["entry"].clone();
    service.hook(&json!({"url": receiver.address, "merchant": "M1", "types": ["payment.sale"], "from": from}));
    until("two calls", || receiver.came().len() >= 2);
    let events: Vec<Value> = receiver.came().iter().map(|came| came.json()["data"]["event"].clone()).collect();
    assert_eq!(events, ["s2", "s3"].map(Value::from));

    let hook = service.hook(&json!({"url": format!("{}/gone", receiver.address), "merchant": "M1"}));
    let id = hook["id"].as_str().expect("an id").to_owned();
    service.post(&[sale("M1", 4, "1.00")]);
    let path = format!("/v1/webhooks/{id}");
    until("it is off", || service.client.get(&path).expect("a webhook")["state"] == "off");
    let told = service.client.get(&path).expect("a webhook");
    assert!(told["detail"].as_str().is_some_and(|detail| detail.contains("410")), "{told}");
    let rows = service.client.get(&format!("{path}/deliveries")).expect("deliveries")["rows"].clone();
    assert_eq!((&rows[0]["state"], &rows[0]["status"]), (&json!("failed"), &json!(410)));
}

/// What is removed or has another secret stays so, also while how far it is is being kept, twice a second.
#[test]
fn what_was_removed_or_changed_is_so_after_a_restart() {
    let (receiver, mut service) = (receiver(Box::new(|_, _| 200)), Service::start());
    let mut hooks: Vec<(String, String)> = Vec::new();
    for number in 0..60 {
        let url = format!("{}/{number}", receiver.address);
        let hook = service.hook(&json!({"url": url, "merchant": "M1", "types": ["payment.sale"]}));
        let text = |name: &str| hook[name].as_str().expect(name).to_owned();
        hooks.push((text("id"), text("secret")));
    }
    let mut rotated = Vec::new();
    for (number, (id, _)) in hooks.iter().enumerate() {
        // Each sale makes the progress of all that are left something to be kept.
        service.post(&[sale("M1", number, "1.00")]);
        if number % 2 == 0 {
            assert_eq!(service.delete(&format!("/v1/webhooks/{id}")), 204);
        } else {
            let answer = service.client.post(&format!("/v1/webhooks/{id}/secret"), "application/json", b"").expect("an answer");
            rotated.push((id.clone(), answer.body["secret"].as_str().expect("told once").to_owned()));
        }
    }
    // Somebody else's file among them holds up none.
    service.write("data/hooks/other.json", "none of ours");
    service.restart();
    let metrics = service.client.get("/metrics").expect("metrics").as_str().unwrap_or_default().to_owned();
    assert!(metrics.contains("merchant_ledger_webhooks_unreadable 1") && metrics.contains("merchant_ledger_webhooks_unread 0"), "{metrics}");
    let listed = service.client.get("/v1/webhooks").expect("webhooks")["rows"].as_array().expect("rows").clone();
    let mut listed: Vec<&str> = listed.iter().filter_map(|row| row["id"].as_str()).collect();
    let mut left: Vec<&str> = rotated.iter().map(|(id, _)| id.as_str()).collect();
    listed.sort_unstable();
    left.sort_unstable();
    assert_eq!(listed, left);
    let before = receiver.came().len();
    service.post(&[sale("M1", 99, "1.00")]);
    until("a call of each", || receiver.came().iter().skip(before).filter(|came| came.json()["data"]["event"] == "s99").count() >= left.len());
    let came = receiver.came();
    for (id, secret) in rotated.iter().take(3) {
        let its = came.iter().rev().find(|came| came.id().starts_with(id.as_str())).expect("a call");
        assert!(verified(its, secret).is_none_or(|is_so| is_so), "{its:?}");
    }
}

/// Who does not answer keeps no more than its share of the threads.
#[test]
fn receivers_that_do_not_answer_keep_nobody_waiting() {
    let (listener, asked) = (std::net::TcpListener::bind("127.0.0.1:0").expect("a free port"), Arc::new(AtomicUsize::new(0)));
    let hanging = listener.local_addr().expect("its address");
    let counted = Arc::clone(&asked);
    // Takes connections, and answers nothing.
    std::thread::spawn(move || listener.incoming().flatten().inspect(|_| _ = counted.fetch_add(1, Ordering::SeqCst)).collect::<Vec<_>>());
    let (quick, service) = (receiver(Box::new(|_, _| 200)), Service::start());
    for number in 0..20 {
        service.hook(&json!({"url": format!("http://{hanging}/{number}"), "merchant": "M1", "types": ["payment.sale"]}));
    }
    service.hook(&json!({"url": quick.address, "merchant": "M2", "types": ["payment.sale"]}));
    service.post(&[sale("M1", 1, "1.00")]);
    until("calls that are not answered", || asked.load(Ordering::SeqCst) > 1);
    let begun = std::time::Instant::now();
    service.post(&[sale("M2", 1, "1.00")]);
    until("the other merchant's call", || !quick.came().is_empty());
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "an attempt that hangs takes 15 s: {:?}", begun.elapsed());
}

/// A service without hooks has no threads for them, and one with hooks no more than those can use.
#[test]
fn there_are_as_many_threads_as_hooks_up_to_eight() {
    let (receiver, mut service) = (receiver(Box::new(|_, _| 200)), Service::start());
    assert!(service.senders().is_none_or(|threads| threads == 0), "{:?}", service.senders());
    for number in 1..=10 {
        service.hook(&json!({"url": format!("{}/{number}", receiver.address), "merchant": "M1", "types": ["payment.sale"]}));
        until("a thread for each", || service.senders().is_none_or(|threads| threads == number.min(8)));
    }
    service.post(&[sale("M1", 1, "1.00")]);
    until("a call of each", || receiver.came().len() >= 10);
    service.restart();
    until("the same threads after a restart", || service.senders().is_none_or(|threads| threads == 8));
    service.post(&[sale("M1", 2, "1.00")]);
    until("another call of each", || receiver.came().iter().filter(|came| came.json()["data"]["event"] == "s2").count() >= 10);
}
