//! What each projection costs by itself.

use super::PARTITIONS;
use super::measure::processor_time;
use ledger::log::Record;
use ledger::rules::Fold;
use ledger::source::Nothing;
use projections::{folds, views};

/// Each projection with the reference that it reads.
const EACH: [(&str, views::Factory); 12] = [
    ("reference alone", || vec![Box::new(folds::reference::Reference::default())]),
    ("accounts", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::accounts::Accounts::default())]),
    ("balances", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::balances::BalancesFold)]),
    ("entries", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::entries::Entries::default())]),
    ("objects", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::objects::Objects::default())]),
    ("events", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::events::Events::default())]),
    ("merchants", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::merchants::Merchants)]),
    ("fee_income", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::fee_income::FeeIncome::default())]),
    ("exposure", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::exposure::Exposure::default())]),
    ("payouts", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::payouts::Payouts)]),
    ("reconciliation", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::reconciliation::Reconciliation)]),
    ("consumption", || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::consumption::Consumption::default())]),
];

/// Events of which each projection's share is measured; their entries lie in memory.
const SHARE_EVENTS: usize = 100_000;

/// What each projection costs by itself, and all do together, over the same entries, with a commit after so many.
pub fn shares(records: &[Record], partition: u32, commit: usize) {
    let mut fold = Fold::open(partition, PARTITIONS, &Nothing).expect("a fold");
    let mut rows = Vec::new();
    for record in records.iter().take(SHARE_EVENTS) {
        fold.record(&Nothing, record.offset, &record.value, &mut rows).expect("folded");
    }
    let entries: Vec<ledger::entry::Recorded> = rows.into_iter().enumerate().map(|(at, row)| ledger::entry::Recorded { number: at as u64, row }).collect();
    let cost = |make: views::Factory| {
        let directory = tempfile::tempdir().expect("a directory");
        let memory = views::Shared::new(views::Settings::default());
        let mut writer = views::Writer::open(directory.path(), &memory, make).expect("views");
        let before = processor_time();
        for batch in entries.chunks(commit.max(1)) {
            writer.fold(batch, true).expect("folded");
        }
        (processor_time() - before).as_nanos() / entries.len() as u128
    };
    let costs: Vec<(&str, u128)> = EACH.iter().map(|(name, make)| (*name, cost(*make))).collect();
    let reference = costs.first().map_or(0, |(_, cost)| *cost);
    let alone = |cost: u128| cost.saturating_sub(reference);
    let all = (reference + costs.iter().skip(1).map(|(_, cost)| alone(*cost)).sum::<u128>()).max(1);
    eprintln!("what each projection costs of {} entries, in one thread:", entries.len());
    for (at, (name, cost)) in costs.iter().enumerate() {
        let cost = if at == 0 { *cost } else { alone(*cost) };
        eprintln!("  {name:<20} {cost:>7} ns an entry {:>4} %", cost * 100 / all);
    }
    eprintln!("  {:<20} {:>7} ns an entry", "all together", cost(folds::all));
}
