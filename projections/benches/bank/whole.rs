//! Fee income and exposure of the whole bank.

use crate::life::{Life, first};
use ledger::entry::Recorded;
use projections::answers::exposure::{Board, ExposureKey, ExposureQuery, Parameters};
use projections::answers::{IncomeKey, IncomeQuery, Shard, fee_income};
use std::time::Instant;

/// Milliseconds of each answer.
pub fn ask(life: &mut Life) {
    let views = life.writer.views();
    let none: Vec<Recorded> = Vec::new();
    let ask_income = |name: &str, group_by: &[IncomeKey], filters: &[(IncomeKey, &str)]| {
        let filters = filters.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let query = IncomeQuery { from: first(), to: first().plus_days(29), group_by: group_by.to_vec(), filters, limited: false };
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
            let query = ExposureQuery { group_by, ..ExposureQuery::default() };
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
