//! Garbage straight into Kafka: each record is set aside with its code and found, the next is not delayed, and no card
//! number is anywhere afterwards.

use super::support::{PARTITIONS, Topic, WAIT_MAX, directory, start};
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::Outgoing;
use load_tests::service::Client;
use schemas::partition::partition_of;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const MERCHANT: &str = "M100001";
/// From the moment that Kafka has a good record until it is posted.
const DELAY_MAX: Duration = Duration::from_secs(10);
/// Test numbers of the schemes, as written.
const CARDS: [&str; 4] = ["4111111111111111", "5500-0000-0000-0004", "3782 822463 10005", "6200 0000 0000 0005"];

fn home() -> u32 {
    partition_of(MERCHANT.as_bytes(), PARTITIONS)
}

fn sale(id: &str, patch: &Value) -> Value {
    let mut sale = json!({"id": id, "type": "sale", "merchant": MERCHANT, "terminal": "T1", "payment": format!("P-{id}"),
        "occurred_at": "2026-11-20T10:15:00+08:00", "currency": "CNY", "amount": "12.30", "card": "debit", "scheme": "unionpay"});
    let members = patch.as_object().expect("an object");
    sale.as_object_mut().expect("an object").extend(members.clone());
    sale
}

struct Bad {
    /// Its id, where that can be read.
    id: Option<&'static str>,
    code: &'static str,
    record: Outgoing,
}

fn bad(id: Option<&'static str>, code: &'static str, value: impl Into<Vec<u8>>) -> Bad {
    Bad { id, code, record: Outgoing { partition: home(), key: Some(MERCHANT.into()), value: value.into() } }
}

fn patched(id: &'static str, code: &'static str, patch: &Value) -> Bad {
    bad(Some(id), code, sale(id, patch).to_string())
}

fn bad_records() -> Vec<Bad> {
    let garbage = |bytes: usize| (0..bytes).map(|place| u8::try_from(place * 31 % 251).unwrap_or(0)).collect::<Vec<u8>>();
    let mut with_card = garbage(900_000);
    with_card.splice(400_000..400_000, format!(" {} ", CARDS[0]).into_bytes());
    let nested = |depth: usize| sale("deep", &json!({})).to_string().replacen('{', &format!("{{\"x\":{}1{},", "[".repeat(depth), "]".repeat(depth)), 1);
    let mut elsewhere = patched("elsewhere", "wrong_partition", &json!({}));
    elsewhere.record.partition = (home() + 1) % PARTITIONS;
    let mut key_of_a_card = patched("keyed", "bad_amount", &json!({"amount": "0.00"}));
    key_of_a_card.record.key = Some(CARDS[0].into());
    let mut records = vec![
        bad(None, "malformed", "not json, marker-of-this-test"),
        bad(None, "malformed", Vec::new()),
        bad(None, "malformed", garbage(500)),
        bad(None, "malformed", format!("{{\"id\":\"{}\"", CARDS[0])),
        bad(None, "malformed", format!("track {}=2512101", CARDS[0])),
        patched("unheard", "unknown_type", &json!({"type": "sail"})),
        patched("number", "bad_amount", &json!({"amount": 12.3})),
        patched("decimals", "bad_amount", &json!({"amount": "12.345"})),
        patched("absent", "missing_field", &json!({"payment": null})),
        elsewhere,
        key_of_a_card,
        bad(None, "too_large", garbage(900_000)),
        bad(None, "too_large", with_card),
        bad(None, "too_large", sale("long", &json!({"note": "x".repeat(70_000)})).to_string()),
        bad(None, "malformed", nested(40)),
        bad(None, "malformed", nested(20_000)),
        bad(None, "malformed", "[".repeat(60_000)),
    ];
    for (field, id) in ["payment", "terminal", "currency", "amount", "card", "scheme", "entry_mode", "customer", "note", "occurred_at"]
        .into_iter()
        .zip(["card-1", "card-2", "card-3", "card-4", "card-5", "card-6", "card-7", "card-8", "card-9", "card-10"])
    {
        records.push(patched(id, "card_data", &json!({field: CARDS[records.len() % CARDS.len()]})));
    }
    records.extend([
        bad(None, "card_data", sale(CARDS[0], &json!({})).to_string()),
        patched("card-11", "card_data", &json!({(CARDS[0]): true})),
        patched("card-12", "card_data", &json!({"note": {"deep": [{"er": ["x", format!("paid with {}, thanks", CARDS[2])]}]}})),
        patched("card-13", "card_data", &json!({"note": 4_111_111_111_111_111_u64})),
        patched("card-14", "card_data", &json!({"type": "sail", "note": CARDS[3]})),
    ]);
    records
}

#[test]
fn bad_records_are_set_aside_and_found_and_delay_nobody() {
    let Some(broker) = Broker::shared() else { return };
    let topic = Topic::create(&broker, "bad-records");
    topic.open();
    let contract = json!({"name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY",
        "funds_flow": {"kind": "direct"}, "rates": [{"percent": "0.60"}], "settlement": {"delay_days": 1, "days": "natural"}});
    let contract = json!({"id": "c-1", "type": "contract_set", "merchant": MERCHANT, "occurred_at": "2026-11-01T00:00:00+08:00", "contract": contract});
    topic.put([bad(None, "", contract.to_string()).record]);
    let directory = directory();
    let settings = topic.settings(&directory);
    let (service, client) = start(&settings);
    client.caught_up(&topic.flush(), WAIT_MAX).expect("everything");

    let (mut placed, mut good) = (Vec::new(), 0);
    for bad in bad_records() {
        topic.put([bad.record.clone()]);
        let at = topic.flush()[&bad.record.partition];
        good += 1;
        let id = format!("good-{good}");
        topic.put([self::bad(None, "", sale(&id, &json!({})).to_string()).record]);
        topic.flush();
        let delivered = Instant::now();
        let path = format!("/v1/events/{id}?merchant={MERCHANT}");
        let posted = client.until(&path, "the next record", WAIT_MAX, |answer| answer.status == 200).expect("it is folded");
        assert_eq!(posted.body["outcome"], "posted", "{}", posted.body);
        assert!(delivered.elapsed() < DELAY_MAX, "after {} the next record took {:?}", bad.code, delivered.elapsed());
        placed.push((format!("{}:{at}", bad.record.partition), bad));
    }
    let last = topic.flush();
    client.caught_up(&last, WAIT_MAX).expect("everything");
    found(&client, &placed);

    // Whatever is in memory is on the disk after a clean end; and once more after a start that reads it.
    service.stop().expect("a clean end");
    no_card(&directory);
    let (service, client) = start(&settings);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    found(&client, &placed);
    service.kill().expect("it is gone");
    no_card(&directory);
}

/// Each is told by its position and by its id, with its code, and no answer has a card number.
fn found(client: &Client, placed: &[(String, Bad)]) {
    let rows = client.rows("/v1/quarantine").expect("a list");
    assert_eq!(rows.len(), placed.len());
    for (position, bad) in placed {
        let row = rows.iter().find(|row| row["position"] == *position).unwrap_or_else(|| panic!("nothing at {position}: {:?}", bad.code));
        assert_eq!((row["code"].as_str(), row["id"].as_str()), (Some(bad.code), bad.id), "{row}");
        assert_no_card("the quarantine", row.to_string().as_bytes());
        if let Some(id) = bad.id {
            for path in [format!("/v1/events/{id}?merchant={MERCHANT}"), format!("/v1/events/{id}")] {
                let event = client.get(&path).unwrap_or_else(|error| panic!("{error}"));
                let told = (event["outcome"].as_str(), event["code"].as_str(), event["position"].as_str());
                assert_eq!(told, (Some("quarantined"), Some(bad.code), Some(position.as_str())), "{path}: {event}");
                assert_no_card(&path, event.to_string().as_bytes());
            }
        }
    }
    for path in ["/metrics", "/readyz", "/v1/merchants", &format!("/v1/merchants/{MERCHANT}/entries?limit=1000")] {
        assert_no_card(path, client.get(path).expect("an answer").to_string().as_bytes());
    }
}

/// No file of the service has a card number, and one has what it should have: so files are searched in earnest.
fn no_card(directory: &tempfile::TempDir) {
    let mut marked = false;
    let mut directories = vec![directory.path().to_owned()];
    while let Some(one) = directories.pop() {
        for entry in std::fs::read_dir(&one).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                assert_no_card(&path.display().to_string(), &bytes);
                marked |= path.starts_with(directory.path().join("data")) && contains(&bytes, b"marker-of-this-test");
            }
        }
    }
    assert!(marked, "the quarantined value is somewhere in {}", directory.path().join("data").display());
    assert!(Path::new(&directory.path().join("service.log")).exists(), "the standard error was searched, too");
}

fn assert_no_card(place: &str, bytes: &[u8]) {
    for card in CARDS {
        let digits: String = card.chars().filter(char::is_ascii_digit).collect();
        // The last four digits may be told; so many together identify the card.
        for found in [card, &digits, &digits[..12], &digits[3..]] {
            assert!(!contains(bytes, found.as_bytes()), "{place} has {found} of the card {card}");
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
