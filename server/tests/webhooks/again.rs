//! What comes again: secrets that are replaced, attempts that are repeated, pages of deliveries.

use super::service::{Service, is_signed, sale, signatures, until};
use load_tests::hooks::receiver::Receiver;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn post(service: &Service, path: &str) -> (u16, Value) {
    let answer = service.client.post(path, "application/json", b"").expect("an answer");
    (answer.status, answer.body)
}

fn id_of(hook: &Value) -> String {
    hook["id"].as_str().expect("an id").to_owned()
}

/// Whoever replaces a secret twice, or sends a request again that came through, still has the one in use sign.
#[test]
fn each_secret_of_the_last_day_signs_up_to_four() {
    let receiver = Receiver::start(Box::new(|_, _| 200)).expect("a free port");
    let mut service = Service::start();
    let hook = service.hook(&json!({"url": receiver.address, "merchant": "M1", "types": ["payment.sale"]}));
    let path = format!("/v1/webhooks/{}/secret", id_of(&hook));
    let mut secrets = vec![hook["secret"].as_str().expect("told once").to_owned()];
    for _ in 0..3 {
        let (status, body) = post(&service, &path);
        assert_eq!(status, 200, "{body}");
        secrets.push(body["secret"].as_str().expect("told once").to_owned());
    }
    let (status, body) = post(&service, &path);
    assert_eq!((status, &body["code"]), (429, &json!("too_many_requests")), "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("4 secrets sign")), "{body}");
    for number in 1..=2 {
        service.post(&[sale("M1", number, "1.00")]);
        until("a call", || receiver.came().len() >= number);
        let last = receiver.came().pop().expect("one");
        assert_eq!(signatures(&last).len(), 4, "{last:?}");
        assert!(secrets.iter().all(|secret| is_signed(&last, secret)), "{last:?}");
        assert!(last.headers["webhook-signature"].starts_with("v1,") && !is_signed(&last, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        service.restart();
    }
}

#[test]
fn deliveries_are_told_in_pages() {
    let receiver = Receiver::start(Box::new(|_, _| 200)).expect("a free port");
    let service = Service::start();
    let hook = || id_of(&service.hook(&json!({"url": receiver.address, "merchant": "M1", "types": ["payment.sale"]})));
    let (id, other) = (hook(), hook());
    service.post(&[sale("M1", 1, "1.00"), sale("M1", 2, "1.00"), sale("M1", 3, "1.00")]);
    let page = |id: &str, query: &str| service.client.ask(&format!("/v1/webhooks/{id}/deliveries{query}")).expect("an answer");
    let delivered = |id: &str| page(id, "").body["rows"].as_array().expect("rows").iter().filter(|row| row["state"] == "delivered").count();
    until("three deliveries of each", || delivered(&id) == 3 && delivered(&other) == 3);
    assert_eq!(page(&id, "").body["next"], Value::Null);
    let (mut told, mut query) = (Vec::new(), "?limit=1".to_owned());
    loop {
        let body = page(&id, &query).body;
        assert_eq!(body["rows"].as_array().map(Vec::len), Some(1), "{body}");
        told.push(body["rows"][0]["n"].clone());
        let Some(next) = body["next"].as_str() else { break };
        // A cursor is of its own list.
        let foreign = page(&other, &format!("?cursor={next}"));
        assert_eq!((foreign.status, &foreign.body["code"]), (400, &json!("bad_cursor")), "{}", foreign.body);
        query = format!("?limit=1&cursor={next}");
    }
    assert_eq!(told, [2, 1, 0]);
    assert_eq!(page(&id, "?limit=1001").body["parameter"], "limit");
}

#[test]
fn the_first_attempt_stays_the_first_when_it_is_tried_again() {
    let takes = Arc::new(AtomicBool::new(false));
    let taken = Arc::clone(&takes);
    let receiver = Receiver::start(Box::new(move |_, _| if taken.load(Ordering::SeqCst) { 200 } else { 500 })).expect("a free port");
    let mut service = Service::start();
    let id = id_of(&service.hook(&json!({"url": receiver.address, "merchant": "M1", "types": ["payment.sale"]})));
    let delivery = |service: &Service| service.client.get(&format!("/v1/webhooks/{id}/deliveries")).expect("deliveries")["rows"][0].clone();
    let attempts = |service: &Service| delivery(service)["attempts"].as_u64().unwrap_or(0);
    service.post(&[sale("M1", 1, "1.00")]);
    until("a second attempt", || attempts(&service) >= 2);
    let first = delivery(&service)["first_attempt"].clone();
    let retry = |service: &Service| {
        let before = attempts(service);
        let (status, body) = post(service, &format!("/v1/webhooks/{id}/deliveries/0/retry"));
        assert_eq!((status, &body["first_attempt"]), (202, &first), "{body}");
        until("another attempt", || attempts(service) > before);
        delivery(service)
    };
    assert_eq!(retry(&service)["first_attempt"], first);
    service.restart();
    until("an attempt after the start", || attempts(&service) > 0);
    assert_eq!(delivery(&service)["first_attempt"], first);
    takes.store(true, Ordering::SeqCst);
    until("it is taken", || delivery(&service)["state"] == "delivered");
    assert_eq!(delivery(&service)["first_attempt"], first);
}
