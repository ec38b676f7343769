//! A node without a disk: it opens from the newest checkpoint, folds on, and is the same as those that folded everything.

use super::nodes::{Place, caught_up, entries, metric, node, node_on, settings, stored, until};
use super::support::{Topic, directory, halted, heads, says, start};
use load_tests::kafka::broker::Broker;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What a topic of this name and a place show, whatever kind of place it is.
pub fn opens_and_folds_on(broker: &Broker, name: &str, place: &Place) {
    let (mut topic, last) = Topic::filled(broker, name, 6_000);
    let first = node(&topic, place);
    caught_up(&first.client, &last);
    let of_first = stored(&first.client);
    topic.send(300);
    let last = topic.flush();
    caught_up(&first.client, &last);
    let newest = stored(&first.client);
    assert!(newest.iter().all(|(partition, entries)| *entries > of_first[partition]), "{of_first:?}, {newest:?}");
    // Of a later one, only what is new is stored.
    let said = first.process.said();
    let told = said.lines().filter(|line| line.contains("a checkpoint is written")).filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let bytes = |line: &Value, field: &str| line["fields"][field].as_u64().expect("a number");
    assert!(told.clone().count() >= 4 && told.into_iter().any(|line| bytes(&line, "stored_bytes") < bytes(&line, "bytes")), "{said}");
    first.process.kill().expect("killed");

    topic.send(500);
    let last = topic.flush();
    let second = node(&topic, place);
    assert_eq!(metric(&second.client, "checkpoint_opened_entries"), newest);
    assert_eq!(metric(&second.client, "views_folded_anew_total"), BTreeMap::from([(0, 0), (1, 0)]), "the views came with the journal");
    caught_up(&second.client, &last);
    assert!(entries(&second.client).iter().all(|(partition, entries)| *entries > newest[partition]), "it folds on");
    // What it folds on itself is stored, too, and what nobody has folded from a checkpoint has the same heads.
    stored(&second.client);
    let (third, client) = topic.serve(&directory());
    caught_up(&client, &last);
    assert_eq!(heads(&second.client), heads(&client));
    let ask = |path: &str| (second.client.get(path).expect(path), client.get(path).expect(path));
    for path in ["/v1/accounts?group_by=book,code,currency", "/v1/exposure?group_by=merchant", "/v1/fee-income?group_by=merchant", "/v1/merchants?limit=100"] {
        let (mut of_checkpoint, mut of_log) = ask(path);
        // The last offsets may be ends of nothing that either folded alone.
        for answer in [&mut of_checkpoint, &mut of_log] {
            answer.as_object_mut().expect("an object").remove("position");
        }
        assert_eq!(of_checkpoint, of_log, "{path}");
    }
    third.stop().expect("a clean end");
    second.process.stop().expect("a clean end");
}

#[test]
fn a_node_without_a_disk_opens_from_the_newest_and_folds_on() {
    let Some(broker) = Broker::shared() else { return };
    let kept = directory();
    opens_and_folds_on(&broker, "without-disk", &Place::directory(&kept));
}

#[test]
fn a_node_with_a_disk_opens_that_and_a_shard_that_is_gone_comes_back() {
    let Some(broker) = Broker::shared() else { return };
    let kept = directory();
    let place = Place::directory(&kept);
    let (mut topic, last) = Topic::filled(&broker, "one-shard-gone", 2_000);
    let first = node(&topic, &place);
    caught_up(&first.client, &last);
    let newest = stored(&first.client);
    let disk = first.disk;
    first.process.stop().expect("a clean end");
    std::fs::remove_dir_all(disk.path().join("data/0001")).expect("removed");
    // What a start that was cut off left behind is in nobody's way.
    std::fs::create_dir_all(disk.path().join("data/0001.incoming/journal")).expect("made");
    topic.send(100);
    let last = topic.flush();
    let again = node_on(&topic, &place, disk);
    assert_eq!(metric(&again.client, "checkpoint_opened_entries"), BTreeMap::from([(1, newest[&1])]));
    caught_up(&again.client, &last);
    assert!(!again.disk.path().join("data/0001.incoming").exists());
    again.process.stop().expect("a clean end");
}

#[test]
fn a_node_of_a_group_opens_what_it_is_given_from_the_newest() {
    let Some(broker) = Broker::shared() else { return };
    let kept = directory();
    let place = Place::directory(&kept);
    let (mut topic, last) = Topic::filled(&broker, "given", 2_000);
    let alone = node(&topic, &place);
    caught_up(&alone.client, &last);
    let newest = stored(&alone.client);
    alone.process.kill().expect("killed");
    topic.send(100);
    let last = topic.flush();
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let among = format!("node = \"a\"\nadvertise = \"http://127.0.0.1:{port}\"\nsecret = \"of-the-nodes-of-a-test-and-nobody-else\"\n");
    let disk = directory();
    let mut settings = settings(&topic, &place, &disk, &among);
    settings.listen = format!("127.0.0.1:{port}");
    let (process, client) = start(&settings);
    caught_up(&client, &last);
    assert_eq!(metric(&client, "checkpoint_opened_entries"), newest);
    // What it owns it writes on.
    stored(&client);
    process.stop().expect("a clean end");
}

#[test]
fn a_place_that_never_answers_is_given_up_and_holds_up_no_end() {
    let Some(broker) = Broker::shared() else { return };
    let (topic, last) = Topic::filled(&broker, "hanging-place", 500);
    // It takes connections, and says nothing.
    let hanging = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = super::s3::place(hanging.local_addr().expect("an address").port(), "checkpoints");
    let disk = directory();
    let (process, client) = start(&settings(&topic, &place, &disk, ""));
    let told = halted(&client, "views_behind");
    assert!(told.contains("checkpoints"), "{told}");
    let begun = Instant::now();
    process.stop().expect("a clean end");
    assert!(begun.elapsed() < Duration::from_secs(20), "it ends after {:?}", begun.elapsed());
    // Nothing was made that would keep it from looking again.
    assert!(!disk.path().join("data/0000").exists());
    let (process, client) = start(&settings(&topic, &place, &disk, ""));
    caught_up(&client, &last);
    says(&process, &["no checkpoint can be opened", "s3://checkpoints"]);
    says(&process, &["did not answer just now"]);
    assert!(!process.said().contains("a secret of the test"));
    let begun = Instant::now();
    process.stop().expect("a clean end");
    assert!(begun.elapsed() < Duration::from_secs(20), "it ends after {:?}", begun.elapsed());
}

#[test]
fn a_shard_of_a_log_without_its_beginning_looks_again_where_the_place_did_not_answer() {
    let Some(broker) = Broker::shared() else { return };
    let kept = directory();
    let place = Place::directory(&kept);
    let (topic, last) = Topic::filled(&broker, "looks-again", 2_000);
    let first = node(&topic, &place);
    caught_up(&first.client, &last);
    let newest = stored(&first.client);
    first.process.kill().expect("killed");
    for (partition, last) in &last {
        topic.admin.delete_records(&topic.name, *partition, *last).expect("they are removed");
    }
    // A port that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let away = node(&topic, &super::s3::place(port, "checkpoints"));
    halted(&away.client, "log_expired");
    let disk = away.disk;
    away.process.stop().expect("a clean end");
    assert!(disk.path().join("data/0000").exists());
    let again = node_on(&topic, &place, disk);
    assert_eq!(metric(&again.client, "checkpoint_opened_entries"), newest);
    caught_up(&again.client, &last);
    again.process.stop().expect("a clean end");
}

#[test]
fn a_place_that_does_not_answer_holds_up_nothing() {
    let Some(broker) = Broker::shared() else { return };
    let (topic, last) = Topic::filled(&broker, "no-place", 500);
    // A port that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let place = super::s3::place(port, "checkpoints");
    let node = node(&topic, &place);
    caught_up(&node.client, &last);
    until("it says that checkpoints cannot be had", || metric(&node.client, "checkpoint_failures_total").values().any(|failures| *failures > 0));
    says(&node.process, &["checkpoint", "s3://checkpoints"]);
    assert_eq!(node.client.ask("/readyz").expect("an answer").status, 200);
    node.process.stop().expect("a clean end");
}
