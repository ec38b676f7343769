//! Very many payments that wait for their lines: they lie many in a row, are struck when they are answered, and what is left is told in order.

mod support;

use projections::answers::Window;
use projections::answers::reconciliation::{PairQuery, ReconciliationTerms, State, breaks};
use projections::folds::reconciliation::{OPEN, Open, OpenKey, SHELVES, SHELVES_KEPT, Seen, Shelf, ShelfKey};
use projections::views::{Order, Writer};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::*;

const OPENED: &str = "2026-11-20";

fn merchants(life: &mut Life, names: &[&str]) {
    for name in names {
        life.posted(contract(name, &format!("c-{name}"), |_| {}));
    }
}

fn sale(life: &mut Life, merchant: &str, at: usize) {
    life.posted(json!({"id": format!("s{at}"), "type": "sale", "merchant": merchant, "payment": format!("P{at}"), "reference": format!("R{at}"),
        "amount": "10.00", "currency": "CNY", "card": "credit", "scheme": "unionpay"}));
}

fn line(life: &mut Life, merchant: &str, at: usize, amount: &str) {
    life.posted(json!({"id": format!("l{at}"), "type": "report_line", "merchant": merchant, "source": "scheme:unionpay", "report": "F1", "line": at + 1,
        "kind": "sale", "direction": "credit", "amount": amount, "currency": "CNY", "date": OPENED, "reference": format!("R{at}")}));
}

/// Names on each shelf, and how many waiting pairs have a row of their own.
fn kept(writer: &Writer) -> (Vec<usize>, usize) {
    let views = writer.views();
    let snapshot = views.snapshot().expect("a snapshot");
    let shelves = snapshot.scan::<_, ShelfKey, Shelf>(&SHELVES, &(), Order::Ascending).expect("shelves");
    let (keys, names): (Vec<_>, Vec<_>) = shelves.map(|row| row.expect("a shelf")).map(|(key, shelf)| (key, shelf.names.len())).unzip();
    let kept = snapshot.scan::<_, ShelfKey, bool>(&SHELVES_KEPT, &(), Order::Ascending).expect("rows");
    assert_eq!(kept.map(|row| row.expect("a row").0).collect::<Vec<_>>(), keys, "shelves and what says which there are");
    let open = snapshot.scan::<_, OpenKey, Seen>(&OPEN, &(), Order::Ascending).expect("rows");
    let waiting = open.filter(|row| row.as_ref().is_ok_and(|(key, _)| key.why == Open::Ours as u8 || key.why == Open::Theirs as u8)).count();
    (names, waiting)
}

/// The ids of all breaks, in pages of so many, and how each stands.
fn told(life: &Life, writer: &Writer, limit: usize, today: &str) -> Vec<(String, State)> {
    let views = writer.views();
    let shards = [shard(&views, &life.entries)];
    let (mut window, mut all) = (Window::newest(limit), Vec::new());
    loop {
        let page = breaks(&shards, &ReconciliationTerms::default(), &PairQuery::default(), &window, date(today)).expect("a page");
        assert!(page.rows.len() <= limit);
        all.extend(page.rows.into_iter().map(|row| (row.id, row.state)));
        let Some(next) = page.next else { return all };
        window.cursor = Some(next);
    }
}

#[test]
fn what_waits_lies_many_in_a_row_until_it_is_answered() {
    const EACH: usize = 200;
    let mut life = Life::opened(OPENED);
    merchants(&mut life, &["M1", "M2"]);
    let of = |at: usize| if at < EACH { "M1" } else { "M2" };
    for at in 0..2 * EACH {
        sale(&mut life, of(at), at);
    }
    // Lines that come before their sales, of another merchant.
    merchants(&mut life, &["M3"]);
    for at in 1000..1100 {
        line(&mut life, "M3", at, "10.00");
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let (names, rows) = kept(&fold_into(scratch.path(), &life.entries, 50));
    assert_eq!((names.iter().sum::<usize>(), rows), (2 * EACH + 100, 0), "each on a shelf, none in a row of its own");
    assert!(names.len() <= 2 * (EACH / 32 + 1) + 4, "{} shelves", names.len());

    // All are answered but every fiftieth; of the others each seventh otherwise than is right.
    let is_missing = |at: usize| at % 50 == 7;
    let is_wrong = |at: usize| at % 7 == 1 && !is_missing(at);
    for at in (0..2 * EACH).filter(|at| !is_missing(*at)) {
        line(&mut life, of(at), at, if is_wrong(at) { "9.00" } else { "10.00" });
    }
    for at in (1000..1100).filter(|at| at % 10 > 0) {
        sale(&mut life, "M3", at);
    }
    (20..25).for_each(|day| life.close(date(&format!("2026-11-{day}"))));
    let scratch = tempfile::tempdir().expect("a directory");
    let writer = fold_into(scratch.path(), &life.entries, 50);
    let (names, rows) = kept(&writer);
    let missing = (0..2 * EACH).filter(|at| is_missing(*at)).count();
    assert_eq!((names.iter().sum::<usize>(), rows), (missing + 10, 0), "what was answered was struck");
    assert!(names.iter().all(|names| *names > 0), "an empty shelf was left: {names:?}");

    let id = |merchant: &str, at: usize| format!("scheme:unionpay/sale/{merchant}/R{at}");
    let mut expected: BTreeSet<(String, &str)> = (0..2 * EACH)
        .filter(|at| is_missing(*at) || is_wrong(*at))
        .map(|at| (id(of(at), at), if is_missing(at) { "missing_there" } else { "amount" }))
        .collect();
    expected.extend((1000..1100).filter(|at| at % 10 == 0).map(|at| (id("M3", at), "missing_here")));
    for limit in [1000, 7, 1] {
        let all: Vec<_> = told(&life, &writer, limit, "2026-11-25").into_iter().map(|(id, state)| (id, state.as_str())).collect();
        assert!(all.iter().map(|(id, _)| id).is_sorted(), "pages of {limit} are not in order");
        assert_eq!(all, expected.iter().cloned().collect::<Vec<_>>(), "pages of {limit}");
    }
}

#[test]
fn a_tip_or_a_void_of_what_waits_is_known() {
    let mut life = Life::opened(OPENED);
    merchants(&mut life, &["M1"]);
    (0..4).for_each(|at| sale(&mut life, "M1", at));
    let of_payment = |id: &str, kind: &str, at: usize| -> Value {
        json!({"id": id, "type": kind, "merchant": "M1", "payment": format!("P{at}"), "reference": format!("R{at}")})
    };
    let mut tip = of_payment("t0", "tip_adjusted", 0);
    (tip["amount"], tip["currency"]) = (json!("1.00"), json!("CNY"));
    life.posted(tip);
    life.posted(of_payment("v1", "void", 1));
    // A line of the source, so that something is expected of it.
    line(&mut life, "M1", 2, "10.00");
    (20..25).for_each(|day| life.close(date(&format!("2026-11-{day}"))));
    let scratch = tempfile::tempdir().expect("a directory");
    let writer = fold_into(scratch.path(), &life.entries, 3);
    assert_eq!(kept(&writer), (vec![2], 0), "the one with a tip and the one without");
    let all: Vec<String> = told(&life, &writer, 10, "2026-11-25").into_iter().map(|(id, _)| id).collect();
    assert_eq!(all, ["scheme:unionpay/sale/M1/R0", "scheme:unionpay/sale/M1/R3"]);
}

#[test]
fn more_of_one_merchant_and_day_than_are_told_at_once() {
    // More than the names that are in memory at once.
    const SALES: usize = 4_600;
    let mut life = Life::opened(OPENED);
    merchants(&mut life, &["M1"]);
    (0..SALES).for_each(|at| sale(&mut life, "M1", at));
    line(&mut life, "M1", 0, "10.00");
    (20..25).for_each(|day| life.close(date(&format!("2026-11-{day}"))));
    let scratch = tempfile::tempdir().expect("a directory");
    let writer = fold_into(scratch.path(), &life.entries, 1000);
    let expected: BTreeSet<String> = (1..SALES).map(|at| format!("scheme:unionpay/sale/M1/R{at}")).collect();
    let all: Vec<String> = told(&life, &writer, 1000, "2026-11-25").into_iter().map(|(id, _)| id).collect();
    assert!(all.iter().eq(&expected), "{} of {} breaks", all.len(), expected.len());
}
