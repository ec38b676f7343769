//! What the service tells over HTTP and what the independent model of `load-tests` reckons agree over random lives:
//! figure for figure, at several moments of each.
//!
//! A short part of what `load-tests judge-answers` does at length, twice: over the same lives in every run, which are
//! known to bring up every kind of question, and over new ones, whose seeds are printed. What new lives hold is chance (a
//! payout that is composed, for one), so that nothing is demanded of them but that no figure differs; a difference names
//! its own seed, with the question and both sides.

use load_tests::answers::run::{Options, run};
use load_tests::answers::tally::Tally;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Lives of one run.
const LIVES: u64 = 4;
/// Records of each life.
const RECORDS: usize = 300;
/// Kinds of questions, each of which the known lives bring up.
const KINDS: &[&str] = &[
    "accounts",
    "balances now",
    "balances of a closed date",
    "balances at a position",
    "statements",
    "statements of ranges",
    "fees",
    "payouts",
    "payouts composed",
    "items of payouts",
    "the next payout",
    "items of the next payout",
    "holds",
    "disputes",
    "payments",
    "all payments",
    "all payments, filtered",
    "all entries",
    "all entries, filtered",
    "all holds",
    "all payouts",
    "all disputes",
    "past contracts",
    "fee income, up to one key",
    "fee income, two keys",
    "exposure rows",
    "exposure liability",
    "exposure ladder",
    "exposure scheme_receivable",
    "exposure rows, of the past",
    "exposure liability, of the past",
    "exposure liability, stressed",
    "exposure ladder by keys",
    "exposure concentration",
    "exposure retention",
    "exposure alerts",
    "footfall",
    "tickets",
    "customers",
    "segments",
    "cohorts",
    "mix",
];

/// The first seed of the lives that are the same in every run.
const KNOWN: u64 = 1;

/// Judges [`LIVES`] lives from a seed on: no figure differs.
fn judged(first: u64) -> Tally {
    println!("{LIVES} lives of {RECORDS} records from seed {first} on; again with JUDGE_SEED={first}");
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_merchant-ledger"));
    let options = Options { binary, seeds: first..=first + LIVES - 1, events: RECORDS, jobs: 2, only_end: false };
    let judgement = run(&options).expect("the service answers");
    println!("{}", judgement.tally.table());
    assert!(judgement.failures.is_empty(), "{}", judgement.failures.join("\n"));
    assert_eq!(judgement.lives, LIVES, "every life was judged");
    judgement.tally
}

#[test]
fn every_kind_of_question_is_asked_and_answered_as_the_model_reckons() {
    let tally = judged(KNOWN);
    for kind in KINDS {
        assert!(tally.of(kind).asked >= LIVES, "{kind}: {:?}", tally.of(kind));
    }
}

#[test]
fn every_answer_over_new_lives_is_what_the_model_reckons() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    judged(std::env::var("JUDGE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(now));
}
