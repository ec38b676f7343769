//! What an event costs does not grow with what is open: work is counted, not timed. And a record of very many rows is folded in parts,
//! to the same rows wherever it is cut off.

use ledger::entry::{Outcome, Row};
use ledger::rules::Fold;
use ledger::source::{Change, Changes, Error, Source, Table};
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Committed state in memory, which counts what is asked of it.
#[derive(Default)]
struct Counting {
    rows: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
    work: Cell<Work>,
}

/// What somebody asked of the state, and wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    rows_read: u64,
    bytes_read: u64,
    rows_written: u64,
    bytes_written: u64,
}

fn changes_of(fold: &mut Fold) -> Changes {
    let mut changes = Changes::default();
    fold.changes(&mut changes);
    changes
}

impl Counting {
    fn count(&self, key: &[u8], value: &[u8]) {
        let mut work = self.work.get();
        work.rows_read += 1;
        work.bytes_read += (key.len() + value.len()) as u64;
        self.work.set(work);
    }

    fn commit(&mut self, changes: &Changes) {
        let mut work = self.work.get();
        for Change { table, key, value } in changes.iter() {
            work.rows_written += 1;
            work.bytes_written += (key.len() + value.map_or(0, <[u8]>::len)) as u64;
            match value {
                Some(value) => drop(self.rows.insert((table, key.to_vec()), value.to_vec())),
                None => drop(self.rows.remove(&(table, key.to_vec()))),
            }
        }
        self.work.set(work);
    }
}

impl Source for Counting {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let value = self.rows.get(&(table, key.to_vec()));
        self.count(key, value.map_or(&[], Vec::as_slice));
        Ok(value.cloned())
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        for ((_, key), value) in self.rows.range((table, prefix.to_vec())..).take_while(|((of, key), _)| *of == table && key.starts_with(prefix)) {
            self.count(key, value);
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }
}

/// A partition whose fold keeps nothing in memory: whatever an event needs is read, and counted.
struct Shop {
    fold: Fold,
    state: Counting,
    offset: i64,
}

impl Shop {
    fn opened() -> Self {
        let state = Counting::default();
        let mut fold = Fold::open(0, 1, &state).expect("an empty fold");
        fold.bound(0);
        let mut shop = Self { fold, state, offset: 0 };
        shop.send(json!({"id": "open", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}));
        shop.send(contract("M1"));
        shop
    }

    /// Folds one event and commits it.
    fn send(&mut self, mut event: Value) -> Vec<Row> {
        if event["type"] != "ledger_opened" && event["type"] != "day_closed" {
            event["occurred_at"] = json!("2026-11-20T10:00:00+08:00");
        }
        let mut rows = Vec::new();
        self.fold.record(&self.state, self.offset, event.to_string().as_bytes(), &mut rows).expect("state can be read");
        self.offset += 1;
        self.state.commit(&changes_of(&mut self.fold));
        rows
    }

    /// The same for an event of merchant M1 that ends as it should.
    fn of_m1(&mut self, id: &str, kind: &str, more: Value, is_posted: bool) -> Vec<Row> {
        let mut event = json!({"id": id, "type": kind, "merchant": "M1"});
        more.as_object().expect("an object").iter().for_each(|(key, value)| event[key] = value.clone());
        let rows = self.send(event);
        assert_eq!(matches!(rows[0].outcome, Outcome::Posted), is_posted, "{id}: {:?}", rows[0].outcome);
        rows
    }

    fn sale(&mut self, payment: &str, amount: &str) -> Vec<Row> {
        let more = json!({"payment": payment, "amount": amount, "currency": "CNY", "card": "credit", "scheme": "visa"});
        self.of_m1(&format!("sale-{payment}"), "sale", more, true)
    }

    /// What some events cost, each committed by itself.
    fn work_of(&mut self, events: impl FnOnce(&mut Self)) -> Work {
        // What was kept until the last commit is forgotten by one more.
        for n in 0..3 {
            self.of_m1(&format!("quiet-{}-{n}", self.offset), "adjustment", adjustment("0.01"), true);
        }
        self.state.work.set(Work::default());
        events(self);
        self.state.work.get()
    }
}

fn adjustment(amount: &str) -> Value {
    json!({"direction": "debit", "amount": amount, "currency": "CNY", "maker": "a", "checker": "b", "reason": "test"})
}

fn contract(merchant: &str) -> Value {
    json!({"id": "c-1", "type": "contract_set", "merchant": merchant, "contract": {
        "name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"},
        "rates": [{"percent": "0.60"}], "costs": [], "vat_percent": "6", "settlement": {"delay_days": 0, "days": "natural"}, "on_shortfall": "owe"}})
}

fn money(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

fn with(mut value: Value, key: &str, name: &str) -> Value {
    value[key] = json!(name);
    value
}

/// Something that may be open many times: how much of it is made, and the events that are measured beside it.
type Scenario = (&'static str, fn(&mut Shop, usize), fn(&mut Shop));

const SCENARIOS: [Scenario; 9] = [
    (
        "sweeping holds",
        |shop, many| {
            for n in 0..many {
                let mut hold = with(money("1000.00"), "hold", &format!("H{n:06}"));
                hold["sweep"] = json!(true);
                shop.of_m1(&format!("h{n}"), "hold_placed", hold, true);
            }
        },
        |shop| {
            shop.of_m1(
                "feed",
                "adjustment",
                json!({"direction": "credit", "amount": "5.00", "currency": "CNY", "maker": "a", "checker": "b", "reason": "t"}),
                true,
            );
            let mut hold = with(money("10.00"), "hold", "LAST");
            hold["sweep"] = json!(true);
            shop.of_m1("place", "hold_placed", hold, true);
            shop.of_m1("release", "hold_released", json!({"hold": "H000500"}), true);
            shop.sale("P1", "100.00");
        },
    ),
    (
        "plain holds",
        |shop, many| {
            shop.sale("P0", "1000000.00");
            (0..many).for_each(|n| drop(shop.of_m1(&format!("h{n}"), "hold_placed", with(money("1.00"), "hold", &format!("H{n:06}")), true)));
        },
        |shop| {
            shop.of_m1("place", "hold_placed", with(money("1.00"), "hold", "LAST"), true);
            shop.of_m1("release", "hold_released", json!({"hold": "H000500"}), true);
            shop.of_m1("seize", "hold_seized", json!({"hold": "H000501", "order": "o-1"}), true);
            shop.of_m1("again", "hold_placed", with(money("1.00"), "hold", "H000500"), false);
        },
    ),
    (
        "refunds of a payment",
        |shop, many| {
            shop.sale("P0", "1000000.00");
            (0..many).for_each(|n| drop(shop.of_m1(&format!("r{n:06}"), "refund", with(money("1.00"), "payment", "P0"), true)));
        },
        |shop| {
            shop.of_m1("one-more", "refund", with(money("1.00"), "payment", "P0"), true);
            shop.of_m1("too-much", "refund", with(money("2000000.00"), "payment", "P0"), false);
            shop.of_m1("failed", "refund_failed", json!({"payment": "P0", "refund": "r000500"}), true);
            shop.of_m1("no-refund", "refund_failed", json!({"payment": "P0", "refund": "sale-P0"}), false);
        },
    ),
    (
        "refused refunds of a payment",
        |shop, many| {
            shop.sale("P0", "10.00");
            (0..many).for_each(|n| drop(shop.of_m1(&format!("r{n:06}"), "refund", with(money("20.00"), "payment", "P0"), false)));
        },
        |shop| {
            shop.of_m1("one-more", "refund", with(money("20.00"), "payment", "P0"), false);
        },
    ),
    (
        "disputes of a payment",
        |shop, many| {
            shop.sale("P0", "1000000.00");
            for n in 0..many {
                let dispute = with(with(money("1.00"), "payment", "P0"), "dispute", &format!("D{n:06}"));
                shop.of_m1(&format!("d{n}"), if n % 2 == 0 { "dispute_opened" } else { "chargeback" }, dispute, true);
            }
        },
        |shop| {
            shop.of_m1("open", "dispute_opened", with(with(money("1.00"), "payment", "P0"), "dispute", "LAST"), true);
            shop.of_m1("charge", "chargeback", with(with(money("1.00"), "payment", "P0"), "dispute", "LAST"), true);
            shop.of_m1("represent", "chargeback_represented", json!({"payment": "P0", "dispute": "D000501"}), true);
            shop.of_m1("lost", "dispute_lost", json!({"payment": "P0", "dispute": "D000501"}), true);
            shop.of_m1("again", "dispute_opened", with(with(money("1.00"), "payment", "P0"), "dispute", "D000500"), false);
        },
    ),
    (
        "payouts in transit",
        |shop, many| {
            shop.of_m1(
                "much",
                "adjustment",
                json!({"direction": "credit", "amount": "1000000.00", "currency": "CNY", "maker": "a", "checker": "b", "reason": "t"}),
                true,
            );
            (0..many).for_each(|n| drop(shop.of_m1(&format!("o{n}"), "payout_initiated", with(money("1.00"), "payout", &format!("O{n:06}")), true)));
        },
        |shop| {
            shop.of_m1("initiate", "payout_initiated", with(money("1.00"), "payout", "LAST"), true);
            shop.of_m1("pay", "payout_paid", json!({"payout": "O000500"}), true);
            shop.of_m1("return", "payout_returned", json!({"payout": "O000500"}), true);
        },
    ),
    (
        "terminals with open batches",
        |shop, many| {
            for n in 0..many {
                let mut sale = json!({"payment": format!("P{n}"), "amount": "1.00", "currency": "CNY", "card": "credit", "scheme": "visa"});
                sale["terminal"] = json!(format!("T{n:06}"));
                shop.of_m1(&format!("s{n}"), "sale", sale, true);
            }
        },
        |shop| {
            shop.sale("LAST", "1.00");
            let rows = shop.of_m1("batch", "batch_closed", json!({"terminal": "T000500", "count": 1, "sum": "1.00", "currency": "CNY"}), true);
            assert!(rows[0].alerts.is_empty(), "the batch is what the terminal says");
        },
    ),
    (
        "parked events",
        |shop, many| (0..many).for_each(|n| drop(shop.of_m1(&format!("r{n}"), "refund", with(money("1.00"), "payment", &format!("GONE{n}")), false))),
        |shop| {
            shop.sale("P1", "100.00");
            shop.of_m1("park", "refund", with(money("1.00"), "payment", "NONE"), false);
            assert_eq!(shop.sale("GONE500", "10.00").len(), 2, "the one refund that waits for it leaves");
        },
    ),
    (
        "merchants that are not due",
        |shop, many| {
            for n in 0..many {
                let mut event = contract(&format!("N{n}"));
                event["contract"]["settlement"]["delay_days"] = json!(30);
                shop.send(event);
                let sale = json!({"id": "s", "type": "sale", "merchant": format!("N{n}"), "payment": "P", "amount": "1.00", "currency": "CNY", "card": "debit", "scheme": "visa"});
                shop.send(sale);
            }
        },
        |shop| {
            shop.sale("P1", "100.00");
            let rows = shop.send(json!({"id": "close", "type": "day_closed", "date": "2026-11-20"}));
            assert_eq!(rows.len(), 2, "of all merchants M1 is due");
        },
    ),
];

#[test]
fn an_event_costs_the_same_whatever_is_open() {
    for (name, make, measured) in SCENARIOS {
        let [few, many] = [1_000, 10_000].map(|open| {
            let mut shop = Shop::opened();
            make(&mut shop, open);
            shop.work_of(measured)
        });
        assert_eq!((few.rows_read, few.rows_written), (many.rows_read, many.rows_written), "{name}: {few:?} with 1 000 open, {many:?} with 10 000");
        // A number may have a digit more.
        assert!(
            many.bytes_read + many.bytes_written <= (few.bytes_read + few.bytes_written) * 21 / 20 + 64,
            "{name}: {few:?} with 1 000 open, {many:?} with 10 000"
        );
    }
}

#[test]
fn each_of_many_that_one_sale_frees_is_tried_once() {
    let per_refund = [1_000, 10_000].map(|many| {
        let mut shop = Shop::opened();
        (0..many).for_each(|n| drop(shop.of_m1(&format!("r{n}"), "refund", with(money("1.00"), "payment", "P1"), false)));
        let work = shop.work_of(|shop| assert_eq!(shop.sale("P1", "1000000.00").len(), many + 1));
        (work.rows_read / many as u64, work.rows_written / many as u64)
    });
    assert_eq!(per_refund[0], per_refund[1], "rows read and written a refund, of 1 000 and of 10 000");
}

/// A record of very many rows: parked refunds that a sale frees, and a close that refuses what waited and moves many merchants.
fn long_records() -> Vec<Value> {
    const MANY: usize = 5_000;
    let mut records = vec![json!({"id": "open", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}), contract("M1")];
    let refund = |id: String, payment: &str| json!({"id": id, "type": "refund", "merchant": "M1", "payment": payment, "amount": "1.00", "currency": "CNY"});
    let sale = |merchant: &str, payment: &str, amount: &str| json!({"id": format!("s-{payment}"), "type": "sale", "merchant": merchant, "payment": payment, "amount": amount, "currency": "CNY", "card": "credit", "scheme": "visa"});
    records.extend((0..MANY).map(|n| refund(format!("r{n}"), "P1")));
    records.push(sale("M1", "P1", "1000000.00"));
    records.extend((0..MANY).map(|n| refund(format!("never{n}"), &format!("NEVER{}", n % 7))));
    records.extend(
        (0..MANY).map(|n| json!({"id": format!("fail{n}"), "type": "refund_failed", "merchant": "M1", "payment": "P1", "refund": format!("never{n}")})),
    );
    for n in 0..MANY {
        records.extend([contract(&format!("N{n}")), sale(&format!("N{n}"), "P", "10.00")]);
    }
    for day in 20..25 {
        records.push(json!({"id": format!("close-{day}"), "type": "day_closed", "date": format!("2026-11-{day}")}));
    }
    for record in &mut records {
        if record.get("merchant").is_some() {
            record["occurred_at"] = json!("2026-11-20T10:00:00+08:00");
        }
    }
    records
}

#[test]
fn a_record_that_is_cut_off_within_its_rows_makes_the_same_ones() {
    let records = long_records();
    let (mut whole, mut state) = (Vec::new(), Counting::default());
    let mut fold = Fold::open(0, 1, &state).expect("an empty fold");
    for (offset, record) in records.iter().enumerate() {
        fold.record(&state, offset as i64, record.to_string().as_bytes(), &mut whole).expect("readable");
    }
    state.commit(&changes_of(&mut fold));

    let (mut parts, mut cut, mut in_parts) = (Vec::new(), Counting::default(), 0);
    let mut fold = Fold::open(0, 1, &cut).expect("an empty fold");
    for (offset, record) in records.iter().enumerate() {
        while !fold.part(&cut, offset as i64, record.to_string().as_bytes(), &mut parts).expect("readable") {
            // The end of the process: what was committed is all that is known.
            in_parts += 1;
            cut.commit(&changes_of(&mut fold));
            fold = Fold::open(0, 1, &cut).expect("restored");
        }
    }
    cut.commit(&changes_of(&mut fold));
    assert!(in_parts >= 3, "{in_parts} times a record was put down");
    assert!(parts == whole, "the rows are the same");
    assert!(cut.rows == state.rows, "and so is the state");
}

#[test]
fn committed_state_stays_within_its_budget() {
    const BUDGET: usize = 2 << 20;
    let mut state = Counting::default();
    let mut fold = Fold::open(0, 1, &state).expect("an empty fold");
    fold.bound(BUDGET);
    let (mut offset, mut most) = (0, 0);
    let mut send = |fold: &mut Fold, state: &Counting, mut event: Value| {
        event["occurred_at"] = json!("2026-11-20T10:00:00+08:00");
        fold.record(state, offset, event.to_string().as_bytes(), &mut Vec::new()).expect("state can be read");
        offset += 1;
    };
    send(&mut fold, &state, json!({"id": "open", "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}));
    for n in 0..10_000 {
        let name = format!("M{n}");
        send(&mut fold, &state, contract(&name));
        let sale = json!({"id": "s", "type": "sale", "merchant": name, "payment": "P", "terminal": "T1", "amount": "1.00", "currency": "CNY", "card": "debit", "scheme": "visa"});
        send(&mut fold, &state, sale);
        if n % 20 == 19 {
            state.commit(&changes_of(&mut fold));
            most = most.max(fold.bytes());
        }
    }
    assert!(most > BUDGET / 4 && most <= BUDGET, "{most} bytes of {BUDGET}");
}
