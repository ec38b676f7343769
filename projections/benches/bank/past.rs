//! A merchant's balances now and in the past, after short and long histories.

use crate::life::{Life, contract, first};
use projections::answers::{AsOf, Shard, balances};
use schemas::ids::MerchantId;
use std::time::Instant;

/// Dates of a reserve: fewer than those of the shortest history, so that what is answered is as long after all of them.
const RESERVE_DAYS: u16 = 10;

/// Microseconds of a merchant's balances now, as early dates closed, and at positions within the open date.
pub fn ask(days: usize) {
    const SHOPS: usize = 50;
    const SALES_A_DAY: usize = 5;
    let directory = tempfile::tempdir().expect("a directory");
    let mut life = Life::open(directory.path(), true);
    let first = first();
    (0..SHOPS).for_each(|merchant| life.event(&contract(merchant, Some(RESERVE_DAYS))));
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
            life.close(date);
        }
    }
    life.fold();
    let views = life.writer.views();
    let entries = life.kept.take().expect("kept");
    let ask = |name: &str, as_of: &dyn Fn(usize) -> AsOf| {
        let mut costs: Vec<u128> = (0..SHOPS * 20)
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
