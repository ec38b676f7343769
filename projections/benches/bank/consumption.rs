//! Consumption of the whole bank and of one of its merchants.

use crate::life::{Life, first};
use ledger::entry::Recorded;
use projections::answers::consumption::*;
use projections::answers::{Error, Shard};
use std::time::Instant;

/// Milliseconds of each answer over thirty dates.
pub fn ask(life: &Life) {
    let views = life.writer.views();
    let none: Vec<Recorded> = Vec::new();
    let query = |group_by: &str, merchant: Option<&str>| {
        let mut query = Query::new(first(), first().plus_days(29));
        query.group_by = if group_by.is_empty() { Vec::new() } else { parse_keys(group_by).expect("keys") };
        query.filters.extend(merchant.map(|merchant| (Key::Merchant, Value::Text(merchant.to_owned()))));
        query
    };
    let time = |name: &str, question: &dyn Fn(&[Shard]) -> Result<usize, Error>| {
        let shards = [Shard::new(0, &views, &none).expect("readable")];
        let began = Instant::now();
        let rows = question(&shards);
        println!("consumption, {name}: {:.1} ms, {rows:?} rows", began.elapsed().as_secs_f64() * 1e3);
    };
    for _ in 0..2 {
        time("footfall by weekday and hour", &|shards| Ok(footfall(shards, &query("weekday,hour", None))?.rows.len()));
        time("footfall by mcc and day", &|shards| Ok(footfall(shards, &query("mcc,day", None))?.rows.len()));
        time("footfall of a merchant by hour", &|shards| Ok(footfall(shards, &query("hour", Some("M000123")))?.rows.len()));
        time("tickets", &|shards| Ok(tickets(shards, &query("", None))?.rows.len()));
        time("mix by mcc", &|shards| Ok(mix(shards, &query("mcc", None))?.rows.len()));
        time("customers", &|shards| Ok(customers(shards, &query("", None))?.rows.len()));
        time("customers by week and mcc", &|shards| Ok(customers(shards, &query("week,mcc", None))?.rows.len()));
        time("segments", &|shards| Ok(segments(shards, &query("", None), &SEGMENT_KEYS_DEFAULT, &[])?.rows.len()));
        time("cohorts", &|shards| Ok(cohorts(shards, &query("", None), Period::Week)?.rows.len()));
        time("affinity of mccs", &|shards| Ok(affinity(shards, &query("", None), AffinityKey::Mcc)?.rows.len()));
    }
}
