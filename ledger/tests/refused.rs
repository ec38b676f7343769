//! What is not booked leaves no trace but its own: state is the same wherever commits and restarts fall, whatever was refused, parked,
//! came again or could not be read.

#[path = "accounting/script.rs"]
mod script;

mod journal_support;

use ledger::entry::{Outcome, RefusalCode, Row};
use ledger::journal::{Commit, Journal, Reader, StateDifference, Sync, same_state};
use ledger::rules::Fold;
use ledger::rules::state::stored::write;
use ledger::rules::state::{Merchant, Purse};
use ledger::source::{Change, Changes, Error, Source, Table};
use schemas::event::Book;
use schemas::money::Currency;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// What comes first, all of it booked: two merchants, of which M2 has nothing but a contract.
const BEFORE: &[&str] = &[
    "ledger_opened date=2026-11-19 time_zone=Asia/Shanghai",
    "contract_set merchant=M1 reserve.percent=5 reserve.days=30",
    "contract_set merchant=M2",
    "sale payment=OLD amount=50.00",
    "day_closed date=2026-11-19",
    "sale payment=P1 amount=1000.00",
    "sale payment=P2 amount=20.00",
    "void payment=P2",
    "adjustment direction=credit amount=100.00 maker=a checker=b reason=r",
    "hold_placed hold=H1 amount=10.00",
    "hold_placed hold=H2 amount=5.00",
    "hold_released hold=H2",
    "payout_initiated payout=O1 amount=10.00",
    "payout_initiated payout=O2 amount=10.00",
    "payout_paid payout=O2",
    "preauth_placed payment=A1 amount=100.00",
    "preauth_placed payment=A2 amount=100.00",
    "preauth_released payment=A2",
    "sale payment=P3 amount=30.00",
    "chargeback payment=P3 dispute=D1 amount=10.00",
    "refund id=r1 payment=P1 amount=10.00",
    "refund_failed payment=P1 refund=r1",
    "fee_charged fee=other amount=1.00 currency=EUR",
];

/// What is not booked, and what becomes of it. Many look for money in a book or currency in which there is none yet.
const NOT_BOOKED: &[(&str, &str)] = &[
    ("insufficient_funds", "hold_placed hold=H9 amount=1.00 currency=USD"),
    ("insufficient_funds", "hold_placed merchant=M2 hold=H9 amount=1.00"),
    ("insufficient_funds", "payout_initiated payout=O9 amount=1.00 currency=CHF"),
    ("insufficient_funds", "payout_initiated merchant=M2 payout=O9 amount=1.00"),
    ("insufficient_funds", "payout_initiated payout=O9 amount=1.00 book=psp:zz"),
    ("insufficient_funds", "reserve_released amount=1.00 currency=USD"),
    ("insufficient_funds", "reserve_released merchant=M2 amount=1.00"),
    ("insufficient_funds", "early_release amount=1.00 currency=GBP"),
    ("insufficient_funds", "early_release merchant=M2 amount=1.00 book=psp:zz"),
    ("insufficient_funds", "standalone_refund merchant=M2 payment=P9 amount=1.00"),
    ("insufficient_funds", "hold_released hold=H1 amount=99.00"),
    ("insufficient_funds", "hold_seized hold=H1 amount=99.00 order=o"),
    ("exceeds_owed", "debt_written_off amount=1.00 currency=USD"),
    ("exceeds_owed", "debt_written_off merchant=M2 amount=1.00"),
    ("exceeds_owed", "debt_written_off amount=99.00 currency=EUR"),
    ("wrong_date", "opening_balance merchant=M2 bucket=pending date=2026-11-20 amount=1.00"),
    ("wrong_date", "opening_balance bucket=reserve date=2026-11-20 amount=1.00 book=psp:zz"),
    ("not_open", "opening_balance bucket=owed amount=1.00"),
    ("wrong_date", "opening_payment payment=P9 amount=1.00 booked_on=2026-11-20"),
    ("exceeds_captured", "refund payment=P1 amount=5000.00"),
    ("exceeds_captured", "reversal payment=P1 amount=5000.00"),
    ("exceeds_preauth", "preauth_completed payment=A1 amount=900.00"),
    ("already_exists", "sale payment=P1 amount=1.00"),
    ("already_exists", "hold_placed hold=H1 amount=1.00 currency=USD"),
    ("already_exists", "payout_initiated payout=O1 amount=1.00 currency=USD"),
    ("already_exists", "dispute_opened payment=P3 dispute=D1 amount=1.00"),
    ("already_exists", "standalone_chargeback payment=P1 dispute=D9 amount=1.00"),
    ("already_cleared", "void payment=OLD"),
    ("not_open", "tip_adjusted payment=P2 amount=1.00"),
    ("not_open", "void payment=P2"),
    ("not_open", "void payment=P3"),
    ("not_open", "preauth_increased payment=P1 amount=1.00"),
    ("not_open", "preauth_completed payment=A2 amount=1.00"),
    ("not_open", "preauth_released payment=A2"),
    ("not_open", "instalment_subsidy payment=P2 amount=1.00"),
    ("not_open", "refund_failed payment=P1 refund=r1"),
    ("not_open", "hold_released hold=H2"),
    ("not_open", "payout_paid payout=O2"),
    ("not_open", "payout_failed payout=O2"),
    ("not_open", "chargeback payment=P3 dispute=D1 amount=1.00"),
    ("not_open", "maintenance_due"),
    ("currency_mismatch", "sale payment=P9 amount=1.00 currency=USD"),
    ("currency_mismatch", "tip_adjusted payment=P1 amount=1.00 currency=USD"),
    ("currency_mismatch", "opening_balance bucket=available amount=1.00 currency=USD"),
    ("currency_mismatch", "standalone_refund payment=P9 amount=1.00 currency=USD"),
    ("currency_mismatch", "payout_paid payout=O1 currency=USD"),
    ("currency_mismatch", "hold_released hold=H1 amount=1.00 currency=USD"),
    ("same_maker_checker", "adjustment direction=debit amount=1.00 currency=USD maker=a checker=a reason=r"),
    ("missing_order", "hold_seized hold=H1"),
    ("wrong_date", "day_closed date=2026-11-30"),
    ("parked", "refund payment=P8 amount=1.00"),
    ("parked", "void payment=A1"),
    ("parked", "tip_adjusted payment=A1 amount=1.00"),
    ("parked", "hold_released hold=H8"),
    ("parked", "payout_paid payout=O8"),
    ("parked", "payout_returned payout=O1"),
    ("parked", "chargeback_represented payment=P3 dispute=D9"),
    ("parked", "dispute_lost payment=P8 dispute=D9"),
    ("parked", "refund_failed payment=P1 refund=r9"),
    ("parked", "sale merchant=M9 payment=P1 amount=1.00"),
    ("parked", "debt_repaid merchant=M9 amount=1.00"),
    ("duplicate", "refund id=r1 payment=P1 amount=10.00"),
    ("quarantined", "refund id=r1 payment=P1 amount=11.00"),
    ("quarantined", "ledger_opened date=2026-11-19 time_zone=Asia/Shanghai"),
    ("quarantined", "sale payment=P9 amount=1.001"),
    ("quarantined", "nonsense payment=P9"),
];

/// What follows, booked: the row of each merchant is written once more.
const AFTER: &[&str] =
    &["adjustment direction=credit amount=0.01 maker=a checker=b reason=r", "adjustment merchant=M2 direction=credit amount=0.01 maker=a checker=b reason=r"];

/// Committed state in memory.
#[derive(Default)]
struct Memory(BTreeMap<(Table, Vec<u8>), Vec<u8>>);

impl Memory {
    fn commit(&mut self, fold: &mut Fold) {
        let mut changes = Changes::default();
        fold.changes(&mut changes);
        for Change { table, key, value } in changes.iter() {
            match value {
                Some(value) => drop(self.0.insert((table, key.to_vec()), value.to_vec())),
                None => drop(self.0.remove(&(table, key.to_vec()))),
            }
        }
    }

    /// The rows of what the rules keep of merchants and payments.
    fn of_money(&self) -> Vec<(&(Table, Vec<u8>), &Vec<u8>)> {
        let of_money = [Table::Merchants, Table::Payments, Table::Due, Table::Contracts, Table::Customers];
        self.0.iter().filter(|((table, _), _)| of_money.contains(table)).collect()
    }
}

impl Source for Memory {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        for ((_, key), value) in self.0.range((table, prefix.to_vec())..).take_while(|((of, key), _)| *of == table && key.starts_with(prefix)) {
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }
}

/// Where commits fall, and whether what was committed is all that is known afterwards.
#[derive(Clone, Debug)]
struct Cuts {
    after: BTreeSet<usize>,
    anew: bool,
}

/// Folds events: the rows of each, and the state in the end.
fn fold(events: &[Value], cuts: &Cuts) -> (Vec<Vec<Row>>, Memory) {
    let (mut all, mut state) = (Vec::new(), Memory::default());
    let mut fold = Fold::open(0, 1, &state).expect("an empty fold");
    for (number, event) in events.iter().enumerate() {
        let mut rows = Vec::new();
        let offset = i64::try_from(number).expect("a short life");
        fold.record(&state, offset, event.to_string().as_bytes(), &mut rows).expect("state can be read");
        all.push(rows);
        if cuts.after.contains(&number) {
            state.commit(&mut fold);
            if cuts.anew {
                fold = Fold::open(0, 1, &state).expect("restored");
            }
        }
    }
    state.commit(&mut fold);
    (all, state)
}

fn event(line: &str, number: usize) -> Value {
    let mut event = script::event(line, number);
    // The lives of the page have one merchant.
    let named = event.get_mut("contract").and_then(Value::as_object_mut).and_then(|terms| terms.remove("merchant"));
    if let Some(merchant) = named {
        event["merchant"] = merchant;
    }
    event
}

fn events<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    lines.into_iter().enumerate().map(|(number, line)| event(line, number)).collect()
}

const fn became(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Posted => "posted",
        Outcome::Duplicate { .. } => "duplicate",
        Outcome::Parked(_) => "parked",
        Outcome::Refused { code, .. } => code.as_str(),
        Outcome::Quarantined { .. } => "quarantined",
    }
}

fn uncut() -> Cuts {
    Cuts { after: BTreeSet::new(), anew: false }
}

#[test]
fn what_is_not_booked_changes_nothing_of_what_others_are_booked_by() {
    let place = BEFORE.len();
    for (expected, line) in NOT_BOOKED {
        let with = events(BEFORE.iter().copied().chain([*line]).chain(AFTER.iter().copied()));
        let (rows, state) = fold(&with, &uncut());
        for (number, rows) in rows.iter().enumerate() {
            let expected = if number == place { *expected } else { "posted" };
            assert_eq!(became(&rows[0].outcome), expected, "{}: {:?}", with[number], rows[0].outcome);
        }
        let mut without = with.clone();
        without.remove(place);
        assert_eq!(state.of_money(), fold(&without, &uncut()).1.of_money(), "{line}");
        for anew in [false, true] {
            for after in [&[place - 1][..], &[place], &[place - 1, place], &[place, place + 1]] {
                let cuts = Cuts { after: after.iter().copied().collect(), anew };
                let cut = fold(&with, &cuts);
                assert!(cut.0 == rows, "the rows are the same: {line}, {cuts:?}");
                assert!(cut.1.0 == state.0, "and so is the state: {line}, {cuts:?}");
            }
        }
    }
    let tried: BTreeSet<&str> = NOT_BOOKED.iter().map(|(expected, _)| *expected).collect();
    for code in RefusalCode::ALL.into_iter().filter(|code| *code != RefusalCode::ExpiredInPark) {
        assert!(tried.contains(code.as_str()), "{code:?} is not tried");
    }
}

#[test]
fn a_life_has_the_same_state_wherever_it_is_committed() {
    const CLOSES: [&str; 5] =
        ["day_closed date=2026-11-20", "day_closed date=2026-11-21", "day_closed date=2026-11-22", "day_closed date=2026-11-23", "day_closed date=2026-11-24"];
    let not_booked = NOT_BOOKED.iter().map(|(_, line)| *line);
    let life = events(BEFORE.iter().copied().chain(not_booked).chain(AFTER.iter().copied()).chain(CLOSES));
    let (rows, state) = fold(&life, &uncut());
    assert!(rows.iter().flatten().any(|row| became(&row.outcome) == RefusalCode::ExpiredInPark.as_str()), "some waited in vain");
    for anew in [false, true] {
        for every in [1, 2, 3, 5, 7, 19] {
            for first in 0..every.min(5) {
                let cuts = Cuts { after: (first..life.len()).step_by(every).collect(), anew };
                let cut = fold(&life, &cuts);
                assert!(cut.0 == rows && cut.1.0 == state.0, "a commit after each {every}, from {first} on, anew: {anew}");
            }
        }
    }
}

/// A journal with one merchant.
fn journal(directory: &Path, merchant: &Merchant) -> Journal {
    let mut journal = Journal::open(directory, &journal_support::shared(Sync::Grouped(Duration::from_secs(3600)))).expect("a new directory");
    let mut changes = Changes::default();
    write(&mut changes, Table::Merchants, b"M1", merchant);
    journal.commit(&Commit { changes: &changes, cursor: 1, last_record: None, is_part: false }).expect("room on the disk");
    journal
}

#[test]
fn an_empty_purse_that_an_earlier_program_kept_is_no_difference() {
    let mut rows = [(); 3].map(|()| Merchant { contract: Some(1), ..Merchant::default() });
    let purse = (Book::Bank, Currency::from_code("CNY").expect("a currency"));
    rows[1].purses.insert(purse.clone(), Purse::default());
    rows[2].purses.insert(purse, Purse { owed: 1, ..Purse::default() });
    let directories = [(); 3].map(|()| tempfile::tempdir().expect("a directory"));
    let journals: Vec<Journal> = directories.iter().zip(&rows).map(|(directory, row)| journal(directory.path(), row)).collect();
    let found: Vec<Reader> = journals.iter().map(Journal::reader).collect();
    assert_eq!(same_state(&found[0], &found[1]).expect("readable"), []);
    assert_eq!(same_state(&found[1], &found[0]).expect("readable"), []);
    let changed = StateDifference { table: Table::Merchants, only_first: 0, only_second: 0, changed: 1 };
    assert_eq!(same_state(&found[0], &found[2]).expect("readable"), std::slice::from_ref(&changed));
    assert_eq!(same_state(&found[1], &found[2]).expect("readable"), [changed]);
}
