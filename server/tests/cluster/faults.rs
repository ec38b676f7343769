//! Two nodes are killed at once, an owner within the close of a day, and one is cut off from Kafka alone: short forms of what `load-tests nodes` does. Checkers
//! hold every answer against the independent model, and in the end all is equal to it and to one that nobody disturbed.

use super::support::binary;
use load_tests::nodes::fault::{Fault, Holds};
use load_tests::nodes::group::Kafka;
use load_tests::nodes::run::{Options, run};

const RATE: u64 = 200;

#[test]
fn two_deaths_a_death_in_a_close_and_a_cut_from_kafka_make_no_answer_wrong_or_smaller() {
    let Some(kafka) = Kafka::start().expect("ports") else { return };
    let options = Options {
        binary: binary().to_owned(),
        before: None,
        topic: "cluster-faults".to_owned(),
        seed: 17,
        rounds: 1,
        faults: vec![Fault::KillTwo, Fault::KillInClose, Fault::CutKafka],
        rate: RATE,
        standby: 1,
        holds: Holds::short(),
    };
    let report = run(&options, &kafka, &mut |line| println!("{line}")).expect("a run");
    println!("{}", report.table());
    assert_eq!(report.faulty(), Vec::<String>::new());
    let [bank, merchants] = report.answers;
    assert!(bank > 50 && merchants > 50 && report.wrongs == 0 && report.end.figures > 1000 && report.end.streamed > 1000, "{report:?}");
}
