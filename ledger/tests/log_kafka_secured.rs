//! The log at a broker that asks who one is: TLS, SASL by password, by challenge and by token, and rights; each refused and
//! then mended.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where something fails")]

#[path = "support/acl.rs"]
mod acl;
#[path = "support/kafka.rs"]
mod kafka;
#[path = "support/reading.rs"]
mod reading;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use acl::{Operation, Resource, grant, revoke};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kafka::{Broker, PASSWORD, Setup, USER};
use ledger::log::kafka::{Admin, Kafka, Options};
use ledger::log::{Code, Error, Fingerprint, Log, Remembered, WarningCode, preflight};
use reading::{FETCH_WAIT, WAIT_MAX, made, read_to, record, until};

static SECURED: Mutex<Weak<Broker>> = Mutex::new(Weak::new());

/// The secured broker that the tests of this file share.
fn broker() -> Option<Arc<Broker>> {
    let mut secured = SECURED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(broker) = secured.upgrade() {
        return Some(broker);
    }
    let broker = Arc::new(Broker::start_as(&Setup::secured())?);
    *secured = Arc::downgrade(&broker);
    Some(broker)
}

fn options(properties: &[(&str, &str)]) -> Options {
    let mut options = Options::default();
    options.properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    options.check().unwrap();
    options
}

/// The user by a password or a challenge, over a connection of this kind.
fn user(mechanism: &str, password: &str, certificate: Option<&str>) -> Options {
    let protocol = if certificate.is_some() { "sasl_ssl" } else { "sasl_plaintext" };
    let mut properties = vec![("security.protocol", protocol), ("sasl.mechanism", mechanism), ("sasl.username", USER), ("sasl.password", password)];
    properties.extend(certificate.map(|certificate| ("ssl.ca.location", certificate)));
    options(&properties)
}

fn grant_all(broker: &Broker, user: &str, topic: &str) {
    for operation in [Operation::Read, Operation::Write, Operation::Describe, Operation::DescribeConfigs] {
        grant(&broker.address(), user, Resource::Topic, topic, operation);
    }
}

/// Writes a record, reads it, and finds the topic's id, which tells it from another one of its name.
fn works(address: &str, topic: &str, options: Options) {
    let log = Kafka::connect(address, topic, options).unwrap();
    assert!(until("the topic", || log.identity(), Result::is_ok).unwrap().starts_with("id:"), "the id is told over this connection");
    let offset = until("a record is taken", || log.append(vec![record(0, topic)]), Result::is_ok).unwrap()[0];
    let records = read_to(log.reader(0, offset).unwrap().as_mut(), offset + 1).unwrap();
    let remembered = Remembered { identity: log.identity().unwrap(), last: Some(Fingerprint::of(&records[0])) };
    preflight(&log, 0, offset + 1, 1, Some(&remembered)).unwrap();
    let another = Remembered { identity: format!("id:{}", "0".repeat(32)), last: None };
    assert_eq!(preflight(&log, 0, offset + 1, 1, Some(&another)).unwrap_err().code, Code::TopicRecreated);
    // The user has no right to a group, which may have been noticed by now; nothing else is amiss.
    let others: Vec<_> = log.warnings().into_iter().filter(|warning| warning.code != WarningCode::ProgressRefused).collect();
    assert_eq!(others, []);
}

/// The first answer that is not merely slow.
fn refused<T>(what: &str, ask: impl Fn() -> Result<T, Error>, code: Code) -> Error {
    let deadline = std::time::Instant::now() + WAIT_MAX;
    loop {
        match ask() {
            Err(error) if error.code == code => return error,
            other => assert!(std::time::Instant::now() < deadline, "{what}: {:?}", other.err()),
        }
    }
}

#[test]
fn sasl_and_tls_in_every_combination_are_read_and_written_over() {
    let Some(broker) = broker() else { return };
    let topic = "everyone";
    made(&broker.address(), topic, 1, &[]);
    grant_all(&broker, USER, topic);
    // By TLS alone one is nobody in particular, who is anonymous and may do everything here.
    let certificate = broker.certificate();
    let certificate = certificate.to_str();
    works(&broker.ssl_address(), topic, options(&[("security.protocol", "ssl"), ("ssl.ca.location", certificate.unwrap())]));
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        works(&broker.sasl_address(), topic, user(mechanism, PASSWORD, None));
        works(&broker.sasl_ssl_address(), topic, user(mechanism, PASSWORD, certificate));
    }
}

/// A place that gives out tokens, unsigned ones, which a broker takes that was told of no key: one for each question.
fn token_endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut asked = [0; 8192];
            connection.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
            let _ = connection.read(&mut asked);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            let claims = format!(r#"{{"sub":"{USER}","iat":{now},"exp":{}}}"#, now + 3600);
            let token = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims));
            let body = format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":3600}}"#);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            connection.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    format!("http://{address}/token")
}

#[test]
fn a_token_is_fetched_and_taken() {
    let Some(broker) = broker() else { return };
    let topic = "by-token";
    made(&broker.address(), topic, 1, &[]);
    grant_all(&broker, USER, topic);
    let (endpoint, certificate) = (token_endpoint(), broker.certificate());
    let by_token = options(&[
        ("security.protocol", "sasl_ssl"),
        ("ssl.ca.location", certificate.to_str().unwrap()),
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.oauthbearer.method", "oidc"),
        ("sasl.oauthbearer.client.id", "ledger"),
        ("sasl.oauthbearer.client.secret", "a secret"),
        ("sasl.oauthbearer.token.endpoint.url", &endpoint),
    ]);
    works(&broker.sasl_ssl_address(), topic, by_token);
}

#[test]
fn a_wrong_password_and_an_unknown_certificate_are_named_and_are_not_a_broker_that_is_away() {
    let Some(broker) = broker() else { return };
    let topic = "nobody";
    made(&broker.address(), topic, 1, &[]);
    let certificate = broker.certificate();
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let log = Kafka::connect(&broker.sasl_ssl_address(), topic, user(mechanism, "wrong", certificate.to_str())).unwrap();
        let errors = [
            refused("the topic is asked for", || log.partitions(), Code::AccessDenied),
            refused("the end is asked for", || log.watermarks(0), Code::AccessDenied),
            refused("a record is sent", || log.append(vec![record(0, "x")]), Code::AccessDenied),
        ];
        for error in errors {
            assert!(error.detail.contains("uthentication") && error.detail.contains("sasl.") && !error.detail.contains("wrong"), "{error}");
        }
    }
    // Nobody vouches for the broker's certificate.
    let log = Kafka::connect(&broker.ssl_address(), topic, options(&[("security.protocol", "ssl")])).unwrap();
    let error = refused("the topic is asked for", || log.partitions(), Code::KafkaUnreachable);
    assert!(error.detail.contains("TLS") && error.detail.contains("ssl.") && error.detail.contains("has ended, or is for another name"), "{error}");
    // TLS to a port that does not speak it. Of the other way round the library says no more than that the connection was closed.
    let log = Kafka::connect(&broker.address(), topic, options(&[("security.protocol", "ssl")])).unwrap();
    let names_the_listener = |asked: &Result<u32, Error>| asked.as_ref().is_err_and(|error| error.detail.contains("listener?"));
    let error = until("the listener is named", || log.partitions(), names_the_listener).unwrap_err();
    assert!(error.code == Code::KafkaUnreachable && error.detail.contains("security.protocol"), "{error}");
}

#[test]
fn a_place_of_tokens_that_is_away_is_named_and_is_no_refusal() {
    let Some(broker) = broker() else { return };
    // Nobody listens on port 1 of this machine.
    let by_token = options(&[
        ("security.protocol", "sasl_plaintext"),
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.oauthbearer.method", "oidc"),
        ("sasl.oauthbearer.client.id", "ledger"),
        ("sasl.oauthbearer.client.secret", "a secret"),
        ("sasl.oauthbearer.token.endpoint.url", "http://127.0.0.1:1/token"),
    ]);
    let log = Kafka::connect(&broker.sasl_address(), "nobody", by_token).unwrap();
    let names_the_endpoint = |asked: &Result<u32, Error>| asked.as_ref().is_err_and(|error| error.detail.contains("token.endpoint.url"));
    let error = until("the endpoint is named", || log.partitions(), names_the_endpoint).unwrap_err();
    assert!(error.code == Code::KafkaUnreachable && error.detail.contains("127.0.0.1") && !error.detail.contains("a secret"), "{error}");
}

#[test]
fn each_right_that_an_administrator_lacks_is_named() {
    let Some(broker) = broker() else { return };
    let topic = "administered";
    made(&broker.address(), topic, 1, &[]);
    grant(&broker.address(), USER, Resource::Topic, topic, Operation::Describe);
    let admin = Admin::connect(&broker.sasl_address(), user("PLAIN", PASSWORD, None)).unwrap();
    // Of settings the crate hands on no refusal: none is told, and none is found.
    assert_eq!(admin.topic_setting(topic, "retention.ms").unwrap(), None);
    let refused = [
        ("CREATE", admin.create_topic("one-of-his-own", 1, &[]).map(drop)),
        ("ALTER on", admin.add_partitions(topic, 2)),
        ("DELETE", admin.delete_records(topic, 0, 0)),
        ("DELETE", admin.delete_topic(topic)),
    ];
    for (right, answer) in refused {
        let error = answer.expect_err(right);
        assert!(error.code == Code::AccessDenied && error.detail.contains(&format!("grant {right}")), "{right}: {error}");
    }
}

#[test]
fn each_right_that_is_missing_is_named_and_its_grant_mends_it() {
    let Some(broker) = broker() else { return };
    let (topic, open) = ("rights", broker.address());
    let writer = made(&open, topic, 1, &[]);
    until("a record", || writer.append(vec![record(0, "one")]), Result::is_ok).unwrap();
    let log = Kafka::connect(&broker.sasl_address(), topic, user("PLAIN", PASSWORD, None)).unwrap();
    let error = refused("nothing may be asked", || log.partitions(), Code::AccessDenied);
    assert!(error.detail.contains(topic), "{error}");

    // It may be seen and not read.
    grant(&open, USER, Resource::Topic, topic, Operation::Describe);
    until("it is seen", || log.partitions(), Result::is_ok).unwrap();
    assert_eq!(until("its end is seen", || log.watermarks(0), Result::is_ok).unwrap().high, 1);
    let mut reader = log.reader(0, 0).unwrap();
    let mut fetched = || reader.fetch(10, FETCH_WAIT);
    let denied = |fetched: &Result<Vec<_>, Error>| fetched.as_ref().is_err_and(|error| error.code == Code::AccessDenied);
    let error = until("reading is refused", &mut fetched, denied).unwrap_err();
    assert!(error.detail.contains("READ") && error.detail.contains(topic), "{error}");
    // The library says it once; it is said as long as it holds.
    for _ in 0..3 {
        assert_eq!(fetched().unwrap_err().code, Code::AccessDenied);
    }
    // It may be read, by the same reader; nothing of the group is needed for that.
    grant(&open, USER, Resource::Topic, topic, Operation::Read);
    until("it is read", &mut fetched, |fetched| fetched.as_ref().is_ok_and(|records| !records.is_empty())).unwrap();

    // It may not be written.
    let error = refused("a record is sent", || log.append(vec![record(0, "two")]), Code::AccessDenied);
    assert!(error.detail.contains("WRITE") && error.detail.contains(topic), "{error}");
    let holds = |code| log.warnings().iter().any(|warning| warning.code == code);
    assert!(holds(WarningCode::WriteRefused), "{:?}", log.warnings());
    grant(&open, USER, Resource::Topic, topic, Operation::Write);
    until("a record is taken", || log.append(vec![record(0, "two")]), Result::is_ok).unwrap();
    assert!(!holds(WarningCode::WriteRefused));

    // Progress is noted for others, so that it is not noted is no trouble; it is told, also where the right is taken away under way.
    let noted = || {
        log.note_progress(0, 1);
        !holds(WarningCode::ProgressRefused)
    };
    until("the group is refused", noted, |noted| !*noted);
    grant(&open, USER, Resource::Group, "merchant-ledger", Operation::Read);
    until("progress is noted", noted, |noted| *noted);
    revoke(&open, USER, Resource::Group, "merchant-ledger", Operation::Read);
    until("the group is refused under way", noted, |noted| !*noted);
    grant(&open, USER, Resource::Group, "merchant-ledger", Operation::Read);
    until("progress is noted again", noted, |noted| *noted);
    // And taken away again. One reader is told of it once by the library, however often it happens; a shard goes on with a new one.
    revoke(&open, USER, Resource::Topic, topic, Operation::Read);
    let mut reader = log.reader(0, 1).unwrap();
    let mut fetched = || reader.fetch(10, FETCH_WAIT);
    until("reading is refused", &mut fetched, denied).unwrap_err();
    writer.append(vec![record(0, "three")]).unwrap();
    grant(&open, USER, Resource::Topic, topic, Operation::Read);
    until("it is read again", &mut fetched, |fetched| fetched.as_ref().is_ok_and(|records| !records.is_empty())).unwrap();
}
