//! How long whole-bank answers take over many merchants, in process: one shard, warm.
//!
//! `cargo bench -p projections --bench bank -- [--merchants N] [--days N]` prints the milliseconds of each answer.

use ledger::entry::Recorded;
use ledger::rules::Fold;
use ledger::source::Nothing;
use projections::answers::exposure::{Board, ExposureKey, ExposureQuery, Parameters};
use projections::answers::{AsOf, IncomeKey, IncomeQuery, Shard, balances, fee_income};
use projections::folds;
use projections::views::{Settings, Shared, Writer};
use schemas::ids::MerchantId;
use schemas::time::Date;
use std::time::Instant;

fn argument(name: &str, default: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().and_then(|value| value.parse().ok()).unwrap_or(default)
}

struct Life {
    fold: Fold,
    offset: i64,
    entries: u64,
    batch: Vec<Recorded>,
    /// All entries, where they are asked for again.
    kept: Option<Vec<Recorded>>,
    writer: Writer,
}

impl Life {
    fn event(&mut self, event: &str) {
        let mut rows = Vec::new();
        self.fold.record(&Nothing, self.offset, None, event.as_bytes(), &mut rows).expect("state is in memory");
        self.offset += 1;
        for row in rows {
            self.batch.push(Recorded { number: self.entries, row });
            self.entries += 1;
        }
        if self.batch.len() >= 8192 {
            self.fold();
        }
    }

    fn fold(&mut self) {
        self.writer.fold(&self.batch, true).expect("entries fold");
        match &mut self.kept {
            Some(kept) => kept.append(&mut self.batch),
            None => self.batch.clear(),
        }
    }
}

fn contract(merchant: usize) -> String {
    let (mcc, partner) = (5000 + merchant % 100, merchant % 50);
    let flow = if merchant.is_multiple_of(4) { format!(r#"{{"kind":"via_psp","psp":"psp-{}"}}"#, merchant % 7) } else { r#"{"kind":"direct"}"#.to_owned() };
    format!(
        r#"{{"id":"c","type":"contract_set","merchant":"M{merchant:06}","occurred_at":"2026-01-01T10:00:00+08:00","contract":{{"name":"Shop","mcc":"{mcc}","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{flow},"partner":{{"kind":"referral","id":"isv-{partner}","share_percent":"50"}},"rates":[{{"percent":"0.60"}}],"costs":[{{"interchange":{{"percent":"0.45"}},"scheme_fee":{{"percent":"0.0325"}}}}],"vat_percent":"6","settlement":{{"delay_days":1,"days":"natural"}},"reserve":{{"percent":"10","days":180}}}}}}"#
    )
}

/// Microseconds of a merchant's balances now, as early dates closed, and at positions within the open date.
fn past(days: usize) {
    const SHOPS: usize = 200;
    const SALES_A_DAY: usize = 5;
    let directory = tempfile::tempdir().expect("a directory");
    let writer = Writer::open(directory.path(), &Shared::new(Settings::default()), folds::all).expect("views");
    let mut life = Life { fold: Fold::open(0, 1, &Nothing).expect("an empty fold"), offset: 0, entries: 0, batch: Vec::new(), kept: Some(Vec::new()), writer };
    let first = Date::parse("2026-01-01").expect("a date");
    life.event(r#"{"id":"o","type":"ledger_opened","date":"2026-01-01","time_zone":"Asia/Shanghai"}"#);
    (0..SHOPS).for_each(|merchant| life.event(&contract(merchant)));
    let mut positions = Vec::new();
    for day in 0..=days {
        let date = first.plus_days(i32::try_from(day).expect("few"));
        for sale in 0..SALES_A_DAY {
            for merchant in 0..SHOPS {
                life.event(&format!(
                    r#"{{"id":"s{day}-{sale}","type":"sale","merchant":"M{merchant:06}","payment":"P{day}-{sale}","occurred_at":"{date}T10:00:00+08:00","currency":"CNY","amount":"{}.00","card":"debit","scheme":"unionpay","terminal":"T1"}}"#,
                    10 + merchant % 900
                ));
            }
            positions.push(life.offset - 1);
        }
        if day < days {
            life.event(&format!(r#"{{"id":"d{day}","type":"day_closed","date":"{date}"}}"#));
        }
    }
    life.fold();
    let views = life.writer.views();
    let entries = life.kept.take().expect("kept");
    let ask = |name: &str, as_of: &dyn Fn(usize) -> AsOf| {
        let mut costs: Vec<u128> = (0..SHOPS * 5)
            .map(|at| {
                let merchant = MerchantId::new(&format!("M{:06}", at % SHOPS)).expect("a name");
                let began = Instant::now();
                let found = balances(&Shard::new(0, &views, &entries).expect("readable"), &merchant, as_of(at)).expect("known");
                let cost = began.elapsed().as_nanos();
                std::hint::black_box(found);
                cost
            })
            .collect();
        costs.sort_unstable();
        println!("balances after {days} dates, {name}: median {:.1} us", costs.get(costs.len() / 2).copied().unwrap_or(0) as f64 / 1e3);
    };
    ask("now", &|_| AsOf::Now);
    ask("as a date closed", &|at| AsOf::Date(first.plus_days(i32::try_from(at * 7 % days).expect("few"))));
    ask("at a position within a date", &|at| AsOf::Position(positions[at * 11 % (positions.len() - 1)]));
}

fn main() {
    [20, 200].into_iter().for_each(past);
    let (merchants, days) = (argument("--merchants", 100_000), argument("--days", 5));
    let directory = tempfile::tempdir().expect("a directory");
    let shared = Shared::new(Settings::default());
    let writer = Writer::open(directory.path(), &shared, folds::all).expect("views");
    let mut life = Life { fold: Fold::open(0, 1, &Nothing).expect("an empty fold"), offset: 0, entries: 0, batch: Vec::new(), kept: None, writer };
    let first = Date::parse("2026-01-01").expect("a date");
    let began = Instant::now();
    life.event(r#"{"id":"o","type":"ledger_opened","date":"2026-01-01","time_zone":"Asia/Shanghai"}"#);
    (0..merchants).for_each(|merchant| life.event(&contract(merchant)));
    for day in 0..days {
        let date = first.plus_days(i32::try_from(day).expect("few"));
        for merchant in 0..merchants {
            let (card, mode) = (["debit", "credit", "wallet"][(merchant + day) % 3], ["insert", "tap", "qr"][merchant % 3]);
            life.event(&format!(
                r#"{{"id":"s{day}","type":"sale","merchant":"M{merchant:06}","payment":"P{day}","occurred_at":"{date}T10:00:00+08:00","currency":"CNY","amount":"{}.00","card":"{card}","scheme":"unionpay","entry_mode":"{mode}","terminal":"T1"}}"#,
                10 + merchant % 900
            ));
        }
        life.event(&format!(r#"{{"id":"d{day}","type":"day_closed","date":"{date}"}}"#));
    }
    life.fold();
    println!("{} entries folded in {:.1} s", life.entries, began.elapsed().as_secs_f64());

    let views = life.writer.views();
    let none: Vec<Recorded> = Vec::new();
    let ask_income = |name: &str, group_by: &[IncomeKey], filters: &[(IncomeKey, &str)]| {
        let filters = filters.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let query = IncomeQuery { from: first, to: first.plus_days(29), group_by: group_by.to_vec(), filters };
        let began = Instant::now();
        let rows = fee_income(&Shard::new(0, &views, &none).expect("readable"), &query).map(|rows| rows.rows.len());
        println!("fee income by {name}: {:.1} ms, {rows:?} rows", began.elapsed().as_secs_f64() * 1e3);
    };
    for _ in 0..2 {
        ask_income("nothing", &[], &[]);
        ask_income("day, mcc", &[IncomeKey::Day, IncomeKey::Mcc], &[]);
        ask_income("partner, model", &[IncomeKey::Partner, IncomeKey::Model], &[]);
        ask_income("mcc, card", &[IncomeKey::Mcc, IncomeKey::Card], &[]);
        ask_income("terminal of a merchant", &[IncomeKey::Terminal], &[(IncomeKey::Merchant, "M000123")]);
    }

    let mut board = Board::new(Parameters::default());
    let mut refresh = |name: &str| {
        let began = Instant::now();
        board.refresh(&Shard::new(0, &views, &none).expect("readable")).expect("readable");
        println!("exposure, {name}: {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
        for group_by in [vec![], vec![ExposureKey::Reason, ExposureKey::Age], vec![ExposureKey::Mcc, ExposureKey::Partner]] {
            let query = ExposureQuery { group_by, filters: Vec::new() };
            let began = Instant::now();
            let rows = board.answer(&query).map(|answer| answer.rows.len());
            println!("exposure by {:?}: {:.1} ms, {rows:?} rows", query.group_by, began.elapsed().as_secs_f64() * 1e3);
        }
    };
    refresh("all merchants read");
    refresh("nothing changed");
    for merchant in 0..1000 {
        life.event(&format!(
            r#"{{"id":"x","type":"sale","merchant":"M{merchant:06}","payment":"PX","occurred_at":"2026-02-01T10:00:00+08:00","currency":"CNY","amount":"5.00","card":"debit","scheme":"unionpay"}}"#
        ));
    }
    life.fold();
    refresh("a thousand merchants changed");
}
