//! What always holds, on the model alone: a few hundred small lives, each record followed by the checks of section 7.

use load_tests::judge::checked;
use load_tests::lives::Life;
use load_tests::model::Model;
use load_tests::model::invariants;

/// How many lives.
const SEEDS: u64 = 300;
/// How many records each.
const EVENTS: usize = 250;

#[test]
fn every_entry_of_every_life_keeps_the_rules() {
    for seed in 1..=SEEDS {
        let mut model = Model::default();
        for record in Life::records(seed, EVENTS) {
            if let Err(broken) = checked(&mut model, &record) {
                panic!("seed {seed}, record {}: {broken}\n{}", record.offset, record.line());
            }
        }
        if let Err(broken) = invariants::check_ledger(&model) {
            panic!("seed {seed}: {broken}");
        }
    }
}

#[test]
fn a_seed_makes_one_life() {
    let lines = |seed| Life::records(seed, 200).iter().map(|record| record.line()).collect::<Vec<_>>();
    assert_eq!(lines(7), lines(7));
    assert_ne!(lines(7), lines(8));
}

#[test]
fn one_life_ends_the_same_wherever_it_is_folded() {
    let records = Life::records(11, 1500);
    let mut models = [Model::default(), Model::default()];
    for record in &records {
        let said: Vec<Vec<_>> = models.iter_mut().map(|model| model.apply(record.offset, &record.bytes()).iter().map(|said| said.json()).collect()).collect();
        assert_eq!(said[0], said[1], "seed 11, record {}", record.offset);
    }
    assert_eq!(models[0].trial_balance(), models[1].trial_balance(), "seed 11");
}
