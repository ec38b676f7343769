//! The short form of `load-tests crash`: every push kills the service a few times.

use super::support::{Topic, WAIT_MAX, binary, directory};
use load_tests::crash::run::{Options, run};
use load_tests::kafka::broker::Broker;
use std::time::{SystemTime, UNIX_EPOCH};

#[test]
fn killed_under_load_it_ends_as_one_that_nobody_disturbed() {
    let Some(broker) = Broker::shared() else { return };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    println!("seed {seed}: `load-tests crash --kills 5 --seed {seed}` runs it again");
    let options = Options { binary: binary().to_owned(), brokers: broker.address(), topic: "crash".into(), partitions: 3, kills: 5, seed, rate: 2000 };
    let report = run(&options, &mut |line| println!("{line}")).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    assert_eq!(report.kills.iter().sum::<u32>(), 5);
    assert!(report.entries > 500 && report.heads.iter().all(|(entries, _)| *entries > 50), "{report:?}");
}

#[test]
fn a_first_start_that_was_cut_off_does_not_decide_how_many_partitions_there_are() {
    let Some(broker) = Broker::shared() else { return };
    let (topic, last) = Topic::filled(&broker, "cut-off", 200);
    assert_eq!(last.len(), 2);
    let directory = directory();
    // As a kill leaves it between the first shard and the second.
    std::fs::create_dir_all(directory.path().join("data/0000/journal")).expect("a directory");
    let (service, client) = topic.serve(&directory);
    client.caught_up(&last, WAIT_MAX).expect("both partitions");
    service.stop().expect("a clean end");
}
