//! The service and the independent model of `load-tests` agree over random lives: outcome for outcome, line for line.
//!
//! A short part of what `load-tests judge` does at length. The seeds are new in every run and printed; a difference
//! names its own.

use load_tests::judge::run::{Options, run};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Lives of one run.
const LIVES: u64 = 12;
/// Records of each life.
const RECORDS: usize = 1000;

#[test]
fn random_lives_are_booked_as_the_model_books_them() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let first = std::env::var("JUDGE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(now);
    println!("{LIVES} lives of {RECORDS} records from seed {first} on; again with JUDGE_SEED={first}");
    let binary = Some(PathBuf::from(env!("CARGO_BIN_EXE_merchant-ledger")));
    let options = Options { binary, seeds: first..=first + LIVES - 1, events: RECORDS, jobs: 2, pass_over: Vec::new(), failures_max: 1 };
    let judgement = run(&options).expect("the service answers");
    assert!(judgement.failures.is_empty(), "{}", judgement.failures.join("\n"));
    assert_eq!(judgement.lives, LIVES, "every life was judged");
}
