//! Webhooks of another ledger among this one's, and those that were kept before it was kept whose they are.

use super::service::{Service, ends, sale, text, until};
use load_tests::hooks::receiver::Receiver;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn ids(service: &Service) -> Vec<Value> {
    service.client.rows("/v1/webhooks").expect("webhooks").iter().map(|row| row["id"].clone()).collect()
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("readable")).expect("JSON")
}

#[test]
fn files_of_another_ledger_are_told_and_left_alone_and_older_ones_go_on() {
    let receiver = Receiver::start(Box::new(|_, _| 200)).expect("a free port");
    let mut service = Service::start();
    let add = |service: &Service, path: &str| {
        let hook = service.hook(&json!({"url": format!("{}/{path}", receiver.address), "merchant": "M1", "types": ["payment.sale"]}));
        hook["id"].as_str().expect("an id").to_owned()
    };
    let (foreign, older) = (add(&service, "foreign"), add(&service, "older"));
    // A restored ledger is the same one, so its webhooks go on; what is changed of them is changed while nobody has them.
    let (data, backup, restored) = (service.place("data"), service.place("backup"), service.place("restored"));
    ends(0, &["backup", "--data", text(&data), "--to", text(&backup)]);
    ends(0, &["restore", "--from", text(&backup), "--data", text(&restored)]);
    let file = |id: &str| restored.join(format!("hooks/{id}.json"));
    let own = read(&file(&older))["hook"]["ledger"].clone();
    assert!(own["log"].as_str().is_some_and(|log| log.starts_with("id:")), "{own}");
    let mut of_another = read(&file(&foreign));
    of_another["hook"]["ledger"]["log"] = json!("id:another");
    fs::write(file(&foreign), of_another.to_string()).expect("writable");
    let mut without = read(&file(&older));
    without["hook"].as_object_mut().expect("an object").remove("ledger");
    fs::write(file(&older), without.to_string()).expect("writable");

    service.move_to(&restored);
    assert_eq!(ids(&service), [json!(older)]);
    let path = format!("/v1/webhooks/{foreign}");
    assert_eq!((service.client.ask(&path).expect("an answer").status, service.delete(&path)), (404, 404));
    let ready = service.client.ask("/readyz").expect("an answer").body;
    let told = ready["warnings"].as_array().into_iter().flatten().find(|warning| warning["code"] == "webhooks_foreign");
    let detail = told.and_then(|warning| warning["detail"].as_str()).unwrap_or_default();
    assert!(detail.contains("1 of id:another") && detail.contains("restored/hooks"), "{ready}");
    assert_eq!(service.said().matches("are passed over").count(), 1, "{}", service.said());
    until("the older one says whose it is", || read(&file(&older))["hook"]["ledger"] == own);

    service.post(&[sale("M1", 1, "1.00"), sale("M1", 2, "1.00")]);
    until("both calls", || receiver.came().len() >= 2);
    let came: Vec<(String, Value)> = receiver.came().iter().map(|came| (came.path.clone(), came.json()["data"]["event"].clone())).collect();
    assert_eq!(came, [("/older".to_owned(), json!("s1")), ("/older".to_owned(), json!("s2"))]);
    service.restart();
    assert_eq!(read(&file(&foreign)), of_another);
}
