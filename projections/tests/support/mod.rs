//! Lives for tests: events through the ledger's own rules, entries into views in a scratch directory.
#![allow(dead_code, reason = "each test file uses a part of it")]

use ledger::entry::{Outcome, Recorded};
use ledger::rules::Fold;
use ledger::source::Nothing;
use projections::answers::lists::{ListQuery, Listed, list};
use projections::answers::{Page, Shard};
use projections::folds;
use projections::follower::Entries;
use projections::views::{Settings, Shared, Views, Writer};
use schemas::ids::MerchantId;
use schemas::time::Date;
use serde_json::{Value, json};
use std::path::Path;

/// A partition of its own, fed with events.
pub struct Life {
    fold: Fold,
    /// The offset of the next record.
    pub offset: i64,
    /// Everything that was written down.
    pub entries: Vec<Recorded>,
    time: String,
}

impl Life {
    /// A partition that is opened on a date.
    pub fn opened(date: &str) -> Self {
        let fold = Fold::open(0, 1, &Nothing).expect("an empty fold");
        let mut life = Self { fold, offset: 0, entries: Vec::new(), time: format!("{date}T10:00:00+08:00") };
        life.event(json!({"id": "open", "type": "ledger_opened", "date": date, "time_zone": "Asia/Shanghai"}));
        life
    }

    /// Feeds an event; answers its first entry.
    pub fn event(&mut self, mut event: Value) -> Recorded {
        if event.get("merchant").is_some() && event.get("occurred_at").is_none() {
            event["occurred_at"] = json!(self.time);
        }
        self.bytes(event.to_string().as_bytes())
    }

    /// Feeds a record as it is; answers its first entry.
    pub fn bytes(&mut self, value: &[u8]) -> Recorded {
        let mut rows = Vec::new();
        self.fold.record(&Nothing, self.offset, value, &mut rows).expect("state is in memory");
        self.offset += 1;
        let first = self.entries.len();
        for row in rows {
            self.entries.push(Recorded { number: self.entries.len() as u64, row });
        }
        self.entries[first].clone()
    }

    /// Feeds an event that must be posted.
    pub fn posted(&mut self, event: Value) -> Recorded {
        let entry = self.event(event.clone());
        assert_eq!(entry.row.outcome, Outcome::Posted, "{event}");
        entry
    }

    /// Closes a date.
    pub fn close(&mut self, date: Date) {
        self.posted(json!({"id": format!("close-{date}"), "type": "day_closed", "date": date.to_string()}));
        self.time = format!("{}T10:00:00+08:00", date.plus_days(1));
    }
}

/// A contract of section 2 of the contract, `direct`, with changes.
pub fn contract(merchant: &str, id: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut contract = json!({
        "name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY",
        "funds_flow": {"kind": "direct"}, "partner": {"kind": "referral", "id": "isv-9", "share_percent": "50"},
        "rates": [{"when": {"card": "debit"}, "percent": "0.50", "cap": "20.00"}, {"percent": "0.60"}],
        "costs": [{"when": {"card": "debit"}, "interchange": {"percent": "0.35", "cap": "13.00"}, "scheme_fee": {"percent": "0.0325", "cap": "3.25"}},
                  {"interchange": {"percent": "0.45"}, "scheme_fee": {"percent": "0.0325"}}],
        "vat_percent": "6", "refund_fee": {"kind": "return"}, "settlement": {"delay_days": 1, "calendar": "CN", "days": "business", "early_fee": {"percent": "0.02"}},
        "reserve": {"percent": "10", "days": 180}, "on_shortfall": "owe", "plan": "standard-2026"});
    change(&mut contract);
    json!({"id": id, "type": "contract_set", "merchant": merchant, "contract": contract})
}

/// The worked example of the contract's section 3.
pub fn worked_example() -> Life {
    let mut life = Life::opened("2026-11-20");
    life.posted(json!({"id": "cal", "type": "calendar_set", "calendar": "CN", "year": 2026, "closed": [], "open": []}));
    life.posted(contract("M1", "c-1", |_| {}));
    let about = |id: &str, kind: &str, more: Value| {
        let mut event = json!({"id": id, "type": kind, "merchant": "M1", "currency": "CNY", "terminal": "T1"});
        for (key, value) in more.as_object().expect("an object") {
            event[key] = value.clone();
        }
        event
    };
    life.posted(about("e3", "sale", json!({"payment": "P1", "amount": "1000.00", "card": "credit", "scheme": "unionpay", "entry_mode": "insert"})));
    for day in 0..3 {
        life.close(date("2026-11-20").plus_days(day));
    }
    life.posted(about("e4", "sale", json!({"payment": "P2", "amount": "200.00", "card": "debit", "scheme": "unionpay"})));
    life.posted(about("r1", "refund", json!({"payment": "P1", "amount": "100.00"})));
    life.posted(about("d1", "dispute_opened", json!({"payment": "P1", "dispute": "D1", "amount": "50.00"})));
    life.posted(about("h1", "hold_placed", json!({"hold": "H1", "amount": "30.00", "expected_release": "2026-11-30"})));
    life.posted(about("o1", "payout_initiated", json!({"payout": "O1", "amount": "500.00"})));
    life.posted(json!({"id": "o2", "type": "payout_paid", "merchant": "M1", "payout": "O1"}));
    life
}

/// A date.
pub fn date(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

/// A merchant.
pub fn merchant(id: &str) -> MerchantId {
    MerchantId::new(id).expect("an id")
}

/// Small bounds, so that rows are forgotten and read again.
pub fn shared() -> Shared {
    Shared::new(Settings { cache_bytes: 8 << 20, write_buffer_bytes: 8 << 20, row_cache_bytes: 64 << 10, ..Settings::default() })
}

/// Folds entries into a directory, so many at a time; goes on where an earlier call ended.
pub fn fold_into(directory: &Path, entries: &[Recorded], batch: usize) -> Writer {
    let mut writer = Writer::open(directory, &shared(), folds::all).expect("a directory");
    let from = usize::try_from(writer.checkpoint().next_entry).expect("few");
    for batch in entries[from..].chunks(batch) {
        writer.fold(batch, true).expect("entries of the ledger's own rules fold");
    }
    writer
}

/// A page of a list of one shard.
pub fn page<L: Listed>(shard: &Shard<'_>, mut listed: L, query: &ListQuery) -> Page<L::Row> {
    let page = list(std::slice::from_ref(shard), &mut listed, query).expect("readable");
    page.map(|found| found.row)
}

/// A shard to read from.
pub fn shard<'a>(views: &'a Views, entries: &'a dyn Entries) -> Shard<'a> {
    Shard::new(0, views, entries).expect("readable")
}
