//! Damaged checkpoints: each is passed over for the one before, told, and in the end there is the log.

use super::nodes::{Place, caught_up, metric, node, stored, until};
use super::support::{Topic, directory, heads, says};
use load_tests::kafka::broker::Broker;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Manifests of a partition, oldest first.
fn manifests(place: &Path, partition: u32) -> Vec<PathBuf> {
    let ledger = fs::read_dir(place).expect("checkpoints").flatten().next().expect("a ledger").path();
    let directory = ledger.join(format!("{partition:04}/checkpoints"));
    let mut found: Vec<PathBuf> = fs::read_dir(directory).expect("manifests").flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// The objects that a manifest names; none of one that cannot be read.
fn objects(manifest: &Path) -> BTreeSet<PathBuf> {
    let Ok(body) = serde_json::from_slice::<Value>(&fs::read(manifest).expect("a manifest")) else { return BTreeSet::new() };
    let directory = manifest.parent().and_then(Path::parent).expect("the partition's").join("objects");
    body["files"].as_object().expect("files").values().map(|file| directory.join(file["blake3"].as_str().expect("a hash"))).collect()
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("an object");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).expect("written");
}

#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before_and_then_for_the_log() {
    let Some(broker) = Broker::shared() else { return };
    let kept = directory();
    let place = Place::directory(&kept);
    let (mut topic, last) = Topic::filled(&broker, "damaged", 2_000);
    let first = node(&topic, &place);
    caught_up(&first.client, &last);
    let before = stored(&first.client);
    topic.send(200);
    let last = topic.flush();
    caught_up(&first.client, &last);
    let newest = stored(&first.client);
    until("two are kept of each partition", || (0..2).all(|partition| manifests(Path::new(&place.place), partition).len() == 2));
    let expected = heads(&first.client);
    first.process.kill().expect("killed");

    // An object that the newest of partition 0 alone has; of partition 1, its manifest.
    let [old, new] = manifests(Path::new(&place.place), 0).try_into().expect("two");
    let only_new: Vec<PathBuf> = objects(&new).difference(&objects(&old)).cloned().collect();
    flip(only_new.first().expect("the newest has a file of its own"));
    flip(&manifests(Path::new(&place.place), 1)[1]);
    let second = node(&topic, &place);
    let opened = metric(&second.client, "checkpoint_opened_entries");
    assert!(opened.iter().all(|(partition, entries)| *entries >= before[partition] && *entries < newest[partition]), "{opened:?}: {before:?}, {newest:?}");
    assert_eq!(metric(&second.client, "checkpoints_passed_over_total").into_values().collect::<Vec<_>>(), [1, 1]);
    says(&second.process, &["a checkpoint is passed over", "is not what was stored"]);
    says(&second.process, &["a checkpoint is passed over", "manifest"]);
    caught_up(&second.client, &last);
    assert_eq!(heads(&second.client), expected);
    second.process.kill().expect("killed");

    // An object is gone from each that is left.
    for partition in 0..2 {
        let gone: BTreeSet<PathBuf> = manifests(Path::new(&place.place), partition).iter().filter_map(|manifest| objects(manifest).pop_first()).collect();
        gone.iter().for_each(|object| fs::remove_file(object).expect("removed"));
    }
    let third = node(&topic, &place);
    assert!(metric(&third.client, "checkpoint_opened_entries").is_empty(), "nothing is opened from what is not whole");
    says(&third.process, &["a checkpoint is passed over", "is gone"]);
    caught_up(&third.client, &last);
    assert_eq!(heads(&third.client), expected, "the log has it all");
    // What it writes is whole again, also where it has the state, and so the name, of one that is not.
    stored(&third.client);
    third.process.kill().expect("killed");
    let fourth = node(&topic, &place);
    assert_eq!(metric(&fourth.client, "checkpoint_opened_entries").len(), 2);
    fourth.process.stop().expect("a clean end");
}
