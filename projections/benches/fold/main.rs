//! How fast events become durable entries and views, in process: two shards, one thread each, and their followers.
//!
//! `cargo bench --workspace --bench fold -- [--events N] [--merchants N] [--hot] [--only PART] [--commit ENTRIES] [--json]` measures each part in one
//! run (`--commit` is of the shares: entries of one commit): bare decoding, bare RocksDB, the fold in memory, decode to durable commit, and with the views. The parts are to be compared
//! with each other, not with another machine's. With `--json` standard output has one object a part, and nothing else.

#[path = "../../../ledger/benches/recorded/life.rs"]
mod life;
#[path = "../../../ledger/benches/recorded/log.rs"]
mod log;
mod measure;
mod parts;
mod shares;
mod targets;

use measure::{Figures, measure};
use projections::folds;
use std::time::Duration;

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTITIONS: u32 = 2;

/// A part: its name in `--json`, what it is, and how it runs.
type Part<'a> = (&'static str, &'static str, &'a dyn Fn() -> (Duration, u64));

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, otherwise: usize| after(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (count, merchants) = (number("--events", 1_000_000), number("--merchants", 10_000) as u64);
    let (only, is_json) = (after("--only"), arguments.iter().any(|argument| argument == "--json"));
    let partitions = life::events(count, merchants, arguments.iter().any(|argument| argument == "--hot"));
    eprintln!("{count} events, {merchants} merchants, {PARTITIONS} shards");

    let on_disk = |run: parts::Run| (run.taken, run.disk_bytes);
    let decode = || {
        let taken = parts::on_two_threads(&partitions, |records| {
            for record in records {
                std::hint::black_box(schemas::decode::decode(&record.value).is_ok());
            }
        });
        (taken, 0)
    };
    let all: [Part<'_>; 6] = [
        ("decode", "decode alone", &decode),
        ("rocksdb", "RocksDB alone, sequential keys, synced batches", &|| on_disk(parts::raw_rocksdb(&partitions))),
        ("fold", "decode and fold, nothing kept", &|| (parts::fold(&partitions), 0)),
        ("durable", "decode to durable commit", &|| on_disk(parts::shards(&partitions, None))),
        ("balances", "decode to durable commit, and balances", &|| on_disk(parts::shards(&partitions, Some(parts::BALANCES)))),
        ("views", "decode to durable commit, and all views", &|| on_disk(parts::shards(&partitions, Some(folds::all)))),
    ];
    let mut figures: Vec<Figures> = Vec::new();
    for (name, what, work) in all {
        if only.is_some_and(|only| only != name && only != what) {
            continue;
        }
        let part = measure(name, count, work);
        println!("{}", if is_json { part.json() } else { part.line(what) });
        figures.push(part);
    }
    if only.is_none_or(|only| "shares".starts_with(only.as_str())) {
        shares::shares(&partitions[0], 0, number("--commit", projections::follower::BATCH_ENTRIES_MAX));
    }
    if only.is_none() {
        targets::table(&figures).iter().for_each(|line| if is_json { eprintln!("{line}") } else { println!("{line}") });
    }
}
