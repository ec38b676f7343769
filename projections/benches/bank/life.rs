//! A partition's life, made event by event and folded into views.

use ledger::entry::Recorded;
use ledger::rules::Fold;
use ledger::source::Nothing;
use projections::folds;
use projections::views::{Settings, Shared, Writer};
use schemas::time::Date;
use std::path::Path;

pub const FIRST: &str = "2026-01-01";

pub fn first() -> Date {
    Date::parse(FIRST).expect("a date")
}

pub struct Life {
    fold: Fold,
    pub offset: i64,
    pub entries: u64,
    batch: Vec<Recorded>,
    /// All entries, where they are asked for again.
    pub kept: Option<Vec<Recorded>>,
    pub writer: Writer,
}

impl Life {
    /// A life in a new directory, opened on [`FIRST`]; `keep`: whether all entries are kept.
    pub fn open(directory: &Path, keep: bool) -> Self {
        let writer = Writer::open(directory, &Shared::new(Settings::default()), folds::all).expect("views");
        let kept = keep.then(Vec::new);
        let mut life = Self { fold: Fold::open(0, 1, &Nothing).expect("an empty fold"), offset: 0, entries: 0, batch: Vec::new(), kept, writer };
        life.event(&format!(r#"{{"id":"o","type":"ledger_opened","date":"{FIRST}","time_zone":"Asia/Shanghai"}}"#));
        life
    }

    /// Closes a date.
    pub fn close(&mut self, date: Date) {
        self.event(&format!(r#"{{"id":"d{date}","type":"day_closed","date":"{date}"}}"#));
    }

    pub fn event(&mut self, event: &str) {
        let mut rows = Vec::new();
        self.fold.record(&Nothing, self.offset, event.as_bytes(), &mut rows).expect("state is in memory");
        self.offset += 1;
        for row in rows {
            self.batch.push(Recorded { number: self.entries, row });
            self.entries += 1;
        }
        if self.batch.len() >= 8192 {
            self.fold();
        }
    }

    pub fn fold(&mut self) {
        self.writer.fold(&self.batch, true).expect("entries fold");
        match &mut self.kept {
            Some(kept) => kept.append(&mut self.batch),
            None => self.batch.clear(),
        }
    }
}

/// The contract of a merchant: a hundred categories, fifty partners, a quarter with one of seven PSPs. `reserve_days`: of its reserve, if any.
pub fn contract(merchant: usize, reserve_days: Option<u16>) -> String {
    let (mcc, partner) = (5000 + merchant % 100, merchant % 50);
    let flow = if merchant.is_multiple_of(4) { format!(r#"{{"kind":"via_psp","psp":"psp-{}"}}"#, merchant % 7) } else { r#"{"kind":"direct"}"#.to_owned() };
    let reserve = reserve_days.map_or_else(String::new, |days| format!(r#","reserve":{{"percent":"10","days":{days}}}"#));
    format!(
        r#"{{"id":"c","type":"contract_set","merchant":"M{merchant:06}","occurred_at":"2026-01-01T10:00:00+08:00","contract":{{"name":"Shop","mcc":"{mcc}","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{flow},"partner":{{"kind":"referral","id":"isv-{partner}","share_percent":"50"}},"rates":[{{"percent":"0.60"}}],"costs":[{{"interchange":{{"percent":"0.45"}},"scheme_fee":{{"percent":"0.0325"}}}}],"vat_percent":"6","settlement":{{"delay_days":1,"days":"natural"}}{reserve}}}}}"#
    )
}
