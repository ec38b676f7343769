//! Customers' keys: whose they are, how an erasure ends them, and that nothing which is committed has a token in it.

use ledger::entry::{CustomerKey, Note, Outcome, Row};
use ledger::rules::Fold;
use ledger::source::{Change, Changes, Error, Source, Table};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Committed state, in memory.
#[derive(Default)]
struct Committed(BTreeMap<(Table, Vec<u8>), Vec<u8>>);

impl Committed {
    fn commit(&mut self, changes: &Changes) {
        for Change { table, key, value } in changes.iter() {
            match value {
                Some(value) => self.0.insert((table, key.to_vec()), value.to_vec()),
                None => self.0.remove(&(table, key.to_vec())),
            };
        }
    }

    /// The tables in whose rows a text stands.
    fn tables_with(&self, text: &str) -> Vec<Table> {
        let has = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        let mut tables: Vec<Table> = self.0.iter().filter(|((_, key), value)| has(key) || has(value)).map(|((table, _), _)| *table).collect();
        tables.dedup();
        tables
    }
}

impl Source for Committed {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        for ((of, key), value) in &self.0 {
            if *of == table && key.starts_with(prefix) && !visit(key, value) {
                break;
            }
        }
        Ok(())
    }
}

/// A partition of its own. Where it is `forgetful`, every record is committed and the fold is opened anew after it.
struct Life {
    fold: Fold,
    committed: Committed,
    forgetful: bool,
    offset: i64,
    rows: Vec<Row>,
}

impl Life {
    fn opened(forgetful: bool, id: &str) -> Self {
        let committed = Committed::default();
        let mut life = Self { fold: Fold::open(0, 1, &committed).expect("an empty fold"), committed, forgetful, offset: 0, rows: Vec::new() };
        life.event(json!({"id": id, "type": "ledger_opened", "date": "2026-11-20", "time_zone": "Asia/Shanghai"}));
        for (merchant, scope) in [("M1", "bank"), ("M2", "bank"), ("M3", "merchant"), ("M4", "merchant")] {
            life.contract(merchant, scope);
        }
        life
    }

    fn bytes(&mut self, value: &[u8]) -> Row {
        let first = self.rows.len();
        self.fold.record(&self.committed, self.offset, value, &mut self.rows).expect("state can be read");
        self.offset += 1;
        if self.forgetful {
            let mut changes = Changes::default();
            self.fold.changes(&mut changes);
            self.committed.commit(&changes);
            self.fold = Fold::open(0, 1, &self.committed).expect("what was committed");
        }
        self.rows[first].clone()
    }

    fn event(&mut self, mut event: Value) -> Row {
        if event.get("id").is_none() {
            event["id"] = json!(format!("e{}", self.offset));
        }
        event["occurred_at"] = json!("2026-11-20T10:00:00+08:00");
        self.bytes(event.to_string().as_bytes())
    }

    fn contract(&mut self, merchant: &str, scope: &str) {
        let contract = json!({"name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY",
            "funds_flow": {"kind": "direct"}, "rates": [], "costs": [], "settlement": {"delay_days": 1, "calendar": "CN"}, "customer_scope": scope});
        let row = self.event(json!({"type": "contract_set", "merchant": merchant, "contract": contract}));
        assert_eq!(row.outcome, Outcome::Posted);
    }

    /// Whose an event of a payment is said to be.
    fn payment(&mut self, kind: &str, merchant: &str, payment: &str, token: Option<&str>) -> Option<CustomerKey> {
        let mut event = json!({"type": kind, "merchant": merchant, "payment": payment});
        if kind != "void" {
            (event["amount"], event["currency"]) = (json!("10.00"), json!("CNY"));
        }
        if matches!(kind, "sale" | "preauth_placed") {
            (event["card"], event["scheme"]) = (json!("debit"), json!("unionpay"));
        }
        if let Some(token) = token {
            event["customer"] = json!(token);
        }
        let row = self.event(event);
        assert_eq!(row.outcome, Outcome::Posted);
        row.facts.expect("facts of a payment").customer
    }

    fn sale(&mut self, merchant: &str, token: &str) -> CustomerKey {
        let payment = format!("P{}", self.offset);
        self.payment("sale", merchant, &payment, Some(token)).expect("a key")
    }

    fn erased(&mut self, merchant: &str, token: &str) -> CustomerKey {
        let row = self.event(json!({"type": "customer_erased", "merchant": merchant, "customer": token}));
        let Note::Erased { customer } = row.note else { panic!("{row:?}") };
        customer
    }
}

#[test]
fn a_key_is_of_the_bank_or_of_its_merchant_and_of_the_ledgers_opening() {
    let mut life = Life::opened(false, "open");
    let [m1, m2, m3, m4] = ["M1", "M2", "M3", "M4"].map(|merchant| life.sale(merchant, "c_1"));
    assert_eq!(m1, m2, "the bank's tokens mean the same everywhere");
    assert!(m3 != m1 && m4 != m1 && m3 != m4, "a merchant's own mean nothing elsewhere");
    assert_eq!(life.sale("M3", "c_1"), m3);
    assert_ne!(life.sale("M1", "c_2"), m1);
    let mut partition = Life::opened(false, "open");
    assert_eq!((partition.sale("M1", "c_1"), partition.sale("M3", "c_1")), (m1, m3), "every partition of a ledger has the same opening");
    assert_ne!(Life::opened(false, "another").sale("M1", "c_1"), m1, "another ledger has other keys");
    // Keys are in the journal for ever: how they are made may not change.
    assert_eq!(m1.bits(), FIXTURE);
}

/// The key of `c_1` at a merchant of the bank's scope, in the ledger that [`Life`] opens.
const FIXTURE: u64 = 0xd59c_c144_16a5_82f9;

#[test]
fn an_erasure_ends_keys_where_it_says() {
    for forgetful in [false, true] {
        let mut life = Life::opened(forgetful, "open");
        let keys = |life: &mut Life| ["M1", "M2", "M3", "M4"].map(|merchant| life.sale(merchant, "c_1"));
        let other = life.sale("M1", "c_2");
        let before = keys(&mut life);
        assert_eq!(life.erased("M1", "c_1"), before[0]);
        let at_m1 = keys(&mut life);
        assert_ne!(at_m1[0], before[0]);
        assert_eq!(at_m1[1..], before[1..], "a merchant erases for itself");
        assert_eq!(life.erased("M3", "c_1"), before[2]);
        let at_m3 = keys(&mut life);
        assert_ne!(at_m3[2], before[2]);
        assert_eq!((at_m3[0], at_m3[1], at_m3[3]), (at_m1[0], at_m1[1], at_m1[3]));
        assert_eq!(life.erased("@house", "c_1"), before[1], "the bank's");
        let everywhere = keys(&mut life);
        for (at, key) in everywhere.iter().enumerate() {
            for earlier in [before, at_m1, at_m3] {
                assert!(!earlier.contains(key), "M{} after the bank's erasure", at + 1);
            }
        }
        assert_eq!(life.erased("@house", "c_1"), everywhere[1], "again");
        assert_ne!(life.sale("M2", "c_1"), everywhere[1]);
        assert_eq!(life.sale("M1", "c_2"), other, "nobody else's");
        // An erasure outlives the contract under which it came.
        life.contract("M3", "bank");
        let as_the_banks = life.sale("M3", "c_1");
        assert_ne!(as_the_banks, life.sale("M2", "c_1"));
        life.contract("M3", "merchant");
        assert_ne!(life.sale("M3", "c_1"), as_the_banks);
    }
}

/// What `docs/streams.md` says to whoever must have every key told: the bank's erasure names the bank's alone.
#[test]
fn every_key_is_told_where_merchants_erase_before_the_bank_does() {
    for forgetful in [false, true] {
        let mut life = Life::opened(forgetful, "open");
        let bank = life.sale("M2", "c_1");
        assert_eq!(life.erased("M1", "c_1"), bank, "which lives on at M2");
        let had = ["M1", "M3", "M4"].map(|merchant| life.sale(merchant, "c_1"));
        assert_eq!(["M1", "M3", "M4"].map(|merchant| life.erased(merchant, "c_1")), had);
        assert_eq!(life.erased("@house", "c_1"), bank, "and none of a merchant's own");
        let after = ["M1", "M2", "M3", "M4"].map(|merchant| life.sale(merchant, "c_1"));
        assert!(after.iter().all(|key| *key != bank && !had.contains(key)), "each is another one's");
    }
}

#[test]
fn a_payment_stays_whose_it_was_when_its_customer_was_named() {
    let mut life = Life::opened(true, "open");
    let old = life.payment("sale", "M1", "P1", Some("c_1"));
    let placed = life.payment("preauth_placed", "M1", "P2", Some("c_1"));
    assert_eq!(placed, old);
    life.payment("preauth_placed", "M1", "P3", Some("c_1"));
    life.payment("preauth_placed", "M1", "P4", None);
    life.erased("@house", "c_1");
    assert_eq!(life.payment("refund", "M1", "P1", None), old, "what was bought before the erasure is the old customer's");
    assert_eq!(life.payment("preauth_completed", "M1", "P2", None), old, "so is what was authorised before it");
    let new = life.payment("preauth_completed", "M1", "P3", Some("c_1"));
    assert_eq!((new, new != old), (Some(life.sale("M1", "c_1")), true), "a completion that names the token anew is the new one's");
    assert_eq!(life.payment("refund", "M1", "P3", None), new);
    assert_eq!(life.payment("preauth_completed", "M1", "P4", None), None);
}

#[test]
fn what_is_committed_has_no_token_but_of_what_still_waits() {
    let token = "c_9f2c77aa";
    let mut life = Life::opened(true, "open");
    let key = life.sale("M1", token);
    life.sale("M3", token);
    life.payment("preauth_placed", "M2", "A", Some(token));
    let good = json!({"id": "q", "type": "sale", "merchant": "M1", "payment": "Q", "occurred_at": "2026-11-20T10:00:00+08:00", "currency": "CNY",
        "amount": "10.00", "card": "debit", "scheme": "unionpay", "customer": token})
    .to_string();
    for bad in [
        good.replace("10.00", "10.001"),
        good.replace("\"}", ""),
        good.replace("\"sale\"", "\"sail\""),
        good.replace(&format!("\"{token}\""), &format!("[\"{token}\"]")),
    ] {
        let row = life.bytes(bad.as_bytes());
        let Outcome::Quarantined { value, detail, masked, .. } = row.outcome else { panic!("{bad} was read") };
        assert!(value.contains("***") && !value.contains(token) && !detail.contains(token) && !masked, "{value} {detail}");
    }
    let conflict = good.replace("\"q\"", "\"e5\"");
    assert!(matches!(life.bytes(conflict.as_bytes()).outcome, Outcome::Quarantined { .. }));
    assert_eq!(life.committed.tables_with(token), []);
    // A record that waits lies there as it came, until it leaves.
    let waits = json!({"id": "w", "type": "preauth_completed", "merchant": "M1", "payment": "W", "currency": "CNY", "amount": "1.00", "customer": token});
    assert!(matches!(life.event(waits).outcome, Outcome::Parked(_)));
    assert_eq!(life.committed.tables_with(token), [Table::Park]);
    life.payment("preauth_placed", "M1", "W", None);
    let left = life.rows.last().expect("a row");
    assert_eq!((&left.outcome, left.facts.as_ref().and_then(|facts| facts.customer)), (&Outcome::Posted, Some(key)));
    life.erased("@house", token);
    life.erased("M3", token);
    assert_eq!(life.committed.tables_with(token), []);
    for row in &life.rows {
        assert!(!format!("{row:?}").contains(token), "{row:?}");
    }
}

#[test]
fn a_fold_that_forgets_makes_the_same_keys_of_the_same_log() {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    let mut pick = 1u64;
    let mut below = |bound: usize| {
        pick = BuildHasherDefault::<DefaultHasher>::default().hash_one(pick);
        usize::try_from(pick % bound as u64).expect("small")
    };
    let (mut one, mut other) = (Life::opened(false, "open"), Life::opened(true, "open"));
    let mut keys = std::collections::BTreeSet::new();
    for step in 0..600 {
        let (merchant, token) = (["M1", "M2", "M3", "M4"][below(4)], format!("c_{}", below(12)));
        if below(5) == 0 {
            let whose = if below(2) == 0 { "@house" } else { merchant };
            assert_eq!(one.erased(whose, &token), other.erased(whose, &token), "step {step}");
        } else {
            let key = one.sale(merchant, &token);
            assert_eq!(key, other.sale(merchant, &token), "step {step}");
            keys.insert(key);
        }
    }
    assert_eq!(one.rows, other.rows);
    assert!(keys.len() > 60, "{} keys", keys.len());
}
