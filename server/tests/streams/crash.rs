//! The short form of `load-tests streams`: every push kills the service and the broker a few times, and the topic has every entry once;
//! the same after it was deleted and made again.

use super::reader::python;
use super::support::binary;
use load_tests::kafka::broker::Broker;
use load_tests::streams::run::{Options, run};
use std::time::{SystemTime, UNIX_EPOCH};

#[test]
fn killed_again_and_again_the_topic_has_every_entry_once() {
    let (Some(mut broker), Some(python)) = (Broker::start(), python()) else { return };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    println!("seed {seed}: `load-tests streams --kills 6 --broker-kills 1 --seed {seed}` runs it again");
    let options = Options { binary: binary().to_owned(), python, kills: 6, broker_kills: 1, records: 300, partitions: 3, seed };
    let report = run(&options, &mut broker, &mut |line| println!("{line}")).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    assert!(report.entries > 2000 && report.others.iter().all(|count| *count > 10), "{report:?}");
}
