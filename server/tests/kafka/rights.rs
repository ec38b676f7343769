//! Who the service is at a secured Kafka, and what it may: what is missing is told with its code, and passes by itself.

use super::support::{Topic, WAIT_MAX, directory, halted, says, start};
use load_tests::kafka::acl::{Operation, Resource, grant, revoke};
use load_tests::kafka::broker::{Broker, PASSWORD, Setup, USER, plain_user};
use load_tests::service::{Client, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The service on a topic as the user of a secured broker, with this password.
fn settings(broker: &Broker, topic: &Topic, directory: &TempDir, password: &str) -> Settings {
    let file = directory.path().join("ledger.toml");
    let certificate = broker.certificate().display().to_string();
    let text = format!(
        "[kafka]\n\"security.protocol\" = \"sasl_ssl\"\n\"ssl.ca.location\" = '{certificate}'\n\"sasl.mechanism\" = \"PLAIN\"\n\
         \"sasl.username\" = \"{USER}\"\n\"sasl.password\" = \"{password}\"\n"
    );
    std::fs::write(&file, text).expect("a file");
    let mut settings = topic.settings(directory);
    settings.kafka = Some((broker.sasl_ssl_address(), topic.name.clone()));
    settings.options = vec!["--config".to_owned(), file.display().to_string()];
    settings
}

fn warning(client: &Client, code: &str) -> Option<Value> {
    let told = client.ask("/readyz").expect("an answer").body;
    told["warnings"].as_array().expect("a list").iter().find(|warning| warning["code"] == code).cloned()
}

fn post(client: &Client, id: &str) -> (u16, Value) {
    let event = json!({"id": id, "type": "fee_waived", "merchant": "M000001", "occurred_at": "2026-11-20T10:00:00+08:00", "amount": "1.00", "currency": "CNY"});
    let answer = client.post("/v1/events", "application/json", event.to_string().as_bytes()).expect("an answer");
    (answer.status, answer.body)
}

#[test]
fn a_right_that_is_missing_is_told_and_its_grant_is_enough() {
    let Some(broker) = Broker::start_as(&Setup::secured()) else { return };
    let (mut topic, last) = Topic::filled(&broker, "rights", 200);
    let open = broker.address();
    grant(&open, USER, Resource::Topic, &topic.name, Operation::Describe);
    let directory = directory();
    let (service, client) = start(&settings(&broker, &topic, &directory, PASSWORD));
    let detail = halted(&client, "access_denied");
    assert!(detail.contains("READ") && detail.contains(&topic.name), "{detail}");
    says(&service, &["access_denied", "READ"]);
    // It stays told, although the topic answers all other questions.
    for _ in 0..20 {
        let answer = client.ask("/readyz").expect("an answer");
        assert_eq!(answer.status, 503, "{}", answer.body);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    grant(&open, USER, Resource::Topic, &topic.name, Operation::Read);
    client.caught_up(&last, WAIT_MAX).expect("it goes on by itself");

    // To write is another right: who only reads is ready, and says what it cannot do once somebody asks for it.
    let (status, body) = post(&client, "w1");
    assert_eq!((status, &body["code"]), (503, &json!("unavailable")), "{body}");
    assert!(body["detail"].to_string().contains("WRITE"), "{body}");
    let told = warning(&client, "write_refused").expect("a warning");
    assert!(told["detail"].to_string().contains("WRITE") && told["since"].is_string(), "{told}");
    assert_eq!(client.ask("/readyz").expect("an answer").status, 200);
    let metrics = client.get("/metrics").expect("metrics").to_string();
    assert!(metrics.contains(r#"merchant_ledger_warning{code=\"write_refused\"} 1"#), "{metrics}");
    grant(&open, USER, Resource::Topic, &topic.name, Operation::Write);
    let mut tries = 0;
    while post(&client, "w2").0 != 200 {
        tries += 1;
        assert!(tries < 60, "the right was granted");
    }
    assert_eq!(warning(&client, "write_refused"), None);

    // Taken away under way, and given back.
    revoke(&open, USER, Resource::Topic, &topic.name, Operation::Read);
    revoke(&open, USER, Resource::Topic, &topic.name, Operation::Write);
    topic.send(100);
    let last = topic.flush();
    halted(&client, "access_denied");
    grant(&open, USER, Resource::Topic, &topic.name, Operation::Read);
    client.caught_up(&last, WAIT_MAX).expect("it goes on by itself");
    service.stop().expect("a clean end");
}

/// The owner of the first partition, as the node says.
fn owner(client: &Client) -> Value {
    client.ask("/v1/cluster").expect("an answer").body["partitions"][0]["owner"].clone()
}

#[test]
fn a_node_that_the_group_of_nodes_does_not_take_says_so_until_it_is_taken() {
    let Some(broker) = Broker::start_as(&Setup::secured()) else { return };
    let (topic, _) = Topic::filled(&broker, "owned", 100);
    let (open, group, directory) = (broker.address(), "owned-nodes", directory());
    grant(&open, USER, Resource::Topic, &topic.name, Operation::Read);
    let settings = settings(&broker, &topic, &directory, PASSWORD);
    let file = directory.path().join("ledger.toml");
    let cluster = format!("[cluster]\nnode = \"a\"\nadvertise = \"http://127.0.0.1:1\"\ngroup = {group:?}\nsecret = \"of-the-nodes-of-a-test\"\n");
    let kafka = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, cluster + &kafka).expect("written");
    let (service, client) = start(&settings);

    let is_refused = |client: &Client| warning(client, "nodes_group_refused");
    let until = |what: &str, holds: &dyn Fn() -> bool| {
        let deadline = std::time::Instant::now() + WAIT_MAX;
        while !holds() {
            assert!(std::time::Instant::now() < deadline, "{what}: {}", client.ask("/readyz").expect("an answer").body);
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    };
    until("it is refused", &|| is_refused(&client).is_some());
    let told = is_refused(&client).expect("seen before");
    assert!(told["detail"].to_string().contains(&format!("grant READ on group {group}")), "{told}");
    says(&service, &["WARN", "nodes_group_refused", group]);
    assert_eq!(owner(&client), Value::Null);
    let metrics = client.get("/metrics").expect("metrics").to_string();
    assert!(metrics.contains(r#"merchant_ledger_warning{code=\"nodes_group_refused\"} 1"#), "{metrics}");

    grant(&open, USER, Resource::Group, group, Operation::Read);
    until("it owns what there is", &|| owner(&client) == "a" && is_refused(&client).is_none());
    says(&service, &["INFO", "nodes_group_refused", "passed"]);

    // Taken away under way: it is told as soon as the group has let it go, and it passes again.
    revoke(&open, USER, Resource::Group, group, Operation::Read);
    until("it is refused under way", &|| is_refused(&client).is_some() && owner(&client).is_null());
    grant(&open, USER, Resource::Group, group, Operation::Read);
    until("it owns them again", &|| owner(&client) == "a" && is_refused(&client).is_none());
    service.stop().expect("a clean end");
}

#[test]
fn a_wrong_password_is_told_as_such_and_passes_with_it() {
    let Some(mut broker) = Broker::start_as(&Setup::secured()) else { return };
    let (topic, last) = Topic::filled(&broker, "password", 100);
    for operation in [Operation::Read, Operation::Write] {
        grant(&broker.address(), USER, Resource::Topic, &topic.name, operation);
    }
    let directory = directory();
    let (service, client) = start(&settings(&broker, &topic, &directory, "another one"));
    let detail = halted(&client, "access_denied");
    assert!(detail.contains("uthentication") && detail.contains("sasl."), "{detail}");
    says(&service, &["access_denied", "uthentication"]);
    assert!(!service.said().contains("another one"), "a password is in the log");
    // The password that the service has becomes the right one.
    broker.configure(vec![plain_user("sasl_ssl", "another one")]);
    broker.restart();
    client.caught_up(&last, WAIT_MAX).expect("it goes on by itself");
    // And a wrong one again, under way.
    broker.configure(vec![plain_user("sasl_ssl", PASSWORD)]);
    broker.restart();
    halted(&client, "access_denied");
    service.stop().expect("a clean end");
}
