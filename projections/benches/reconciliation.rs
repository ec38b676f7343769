//! How fast lines of reports become entries and views beside the sales that they tell of, and how long breaks take then: one partition, one
//! thread, in process.
//!
//! `cargo bench -p projections --bench reconciliation -- [--pairs N]`: N sales (1 000 000), a day's close, N lines of a scheme (one in a thousand
//! is wrong, one in a thousand is missing), then breaks and sums. Sales and lines are to be compared with each other, not with another machine's.

use ledger::entry::Recorded;
use ledger::rules::Fold;
use ledger::source::{Changes, Nothing};
use projections::answers::reconciliation::{PairKey, PairQuery, ReconciliationTerms, breaks, pair_sums};
use projections::answers::{Shard, Window};
use projections::folds;
use projections::views::{Settings, Shared, Writer};
use rocksdb::perf::{PerfContext, PerfMetric, PerfStatsLevel, set_perf_stats};
use schemas::time::Date;
use std::time::{Duration, Instant};

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MERCHANTS: usize = 1_000;
/// Entries of a commit of the views.
const BATCH: usize = 16_384;
const CONTRACT: &str = r#"{"name":"Shop","mcc":"5812","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{"kind":"direct"},"rates":[{"percent":"0.60"}],"costs":[{"interchange":{"percent":"0.45"},"scheme_fee":{"percent":"0.0325"}}],"vat_percent":"6","settlement":{"delay_days":1,"calendar":"CN","days":"business"}}"#;

/// A partition that is fed.
struct Bench {
    fold: Fold,
    writer: Writer,
    offset: i64,
    number: u64,
    entries: Vec<Recorded>,
}

impl Bench {
    fn event(&mut self, value: &str) {
        let mut rows = Vec::new();
        self.fold.record(&Nothing, self.offset, value.as_bytes(), &mut rows).expect("state is in memory");
        self.offset += 1;
        for row in rows {
            self.entries.push(Recorded { number: self.number, row });
            self.number += 1;
        }
        if self.entries.len() >= BATCH {
            self.commit();
        }
    }

    fn commit(&mut self) {
        self.writer.fold(&self.entries, true).expect("entries of the ledger's own rules fold");
        self.entries.clear();
        // What the fold has changed is committed elsewhere.
        self.fold.changes(&mut Changes::default());
    }

    fn timed(&mut self, name: &str, pairs: usize, event: impl Fn(usize) -> Option<String>) -> Duration {
        let started = Instant::now();
        for at in 0..pairs {
            if let Some(event) = event(at) {
                self.event(&event);
            }
        }
        self.commit();
        let took = started.elapsed();
        println!("{name:<32} {:>10.0} events/s", pairs as f64 / took.as_secs_f64());
        took
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let pairs = arguments.iter().position(|one| one == "--pairs").and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(1_000_000);
    let scratch = tempfile::tempdir().expect("a directory");
    let shared = Shared::new(Settings { cache_bytes: 256 << 20, write_buffer_bytes: 256 << 20, row_cache_bytes: 512 << 20, ..Settings::default() });
    let writer = Writer::open(scratch.path(), &shared, folds::all).expect("a directory");
    let fold = Fold::open(0, 1, &Nothing).expect("an empty fold");
    let mut bench = Bench { fold, writer, offset: 0, number: 0, entries: Vec::new() };
    bench.event(r#"{"id":"open","type":"ledger_opened","date":"2026-11-20","time_zone":"Asia/Shanghai"}"#);
    let time = "2026-11-20T10:00:00+08:00";
    for merchant in 0..MERCHANTS {
        bench.event(&format!(r#"{{"id":"c","type":"contract_set","merchant":"M{merchant}","occurred_at":"{time}","contract":{CONTRACT}}}"#));
    }
    let sales = bench.timed("sales", pairs, |at| {
        let merchant = at % MERCHANTS;
        Some(format!(
            r#"{{"id":"s{at}","type":"sale","merchant":"M{merchant}","payment":"P{at}","reference":"R{at}","occurred_at":"{time}","currency":"CNY","amount":"128.50","card":"debit","scheme":"unionpay"}}"#
        ))
    });
    for day in 20..25 {
        bench.event(&format!(r#"{{"id":"close-{day}","type":"day_closed","date":"2026-11-{day}"}}"#));
    }
    let lines = bench.timed("report lines", pairs, |at| {
        let (merchant, amount) = (at % MERCHANTS, if at % 1000 == 7 { "128.00" } else { "128.50" });
        let line = format!(
            r#"{{"id":"rl-{at}","type":"report_line","merchant":"M{merchant}","occurred_at":"{time}","source":"scheme:unionpay","report":"F1","line":{},"kind":"sale","direction":"credit","amount":"{amount}","currency":"CNY","date":"2026-11-20","reference":"R{at}","fee":"0.62"}}"#,
            at + 1
        );
        (at % 1000 != 8).then_some(line)
    });
    println!("lines at {:.2} of the rate of sales", sales.as_secs_f64() / lines.as_secs_f64());
    let views = bench.writer.views();
    let entries: Vec<Recorded> = Vec::new();
    let shards = [Shard::new(0, &views, &entries).expect("readable")];
    let (terms, open) = (ReconciliationTerms::default(), Date::parse("2026-11-25").expect("a date"));
    let past = Date::parse("2026-11-24").expect("a date");
    for (as_of, at, name) in [(None, open, "now"), (None, open, "now"), (None, open, "now"), (Some(past), past, "of a date")] {
        // Counts say the same on a busy machine; the one partition is asked in this thread.
        set_perf_stats(PerfStatsLevel::EnableCount);
        let mut counted = PerfContext::default();
        counted.reset();
        let (started, before) = (Instant::now(), processor_ms());
        let query = PairQuery { open: Some(true), as_of, ..PairQuery::default() };
        let page = breaks(&shards, &terms, &query, &Window::newest(100), at).expect("breaks");
        let (took, busy) = (started.elapsed().as_secs_f64() * 1e3, processor_ms() - before);
        let (gone, passed) = (counted.metric(PerfMetric::InternalDeleteSkippedCount), counted.metric(PerfMetric::InternalKeySkippedCount));
        println!(
            "breaks {name}: {} rows of a page in {took:.1} ms, {busy:.1} ms of a processor; passed over {gone} rows that were taken away and {passed} others",
            page.rows.len()
        );
    }
    for (as_of, at, name) in [(None, open, "now"), (Some(past), past, "of a date")] {
        let started = Instant::now();
        let query = PairQuery { as_of, ..PairQuery::default() };
        let sums = pair_sums(&shards, &terms, &query, &[PairKey::Source, PairKey::Kind, PairKey::State], at).expect("sums");
        println!("sums {name}: {} rows in {:.1} ms", sums.rows.len(), started.elapsed().as_secs_f64() * 1e3);
    }
    println!("memory at most: {} MiB", peak_mib());
}

/// Milliseconds of a processor that this thread has had, as Linux says; 0 elsewhere.
fn processor_ms() -> f64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    status.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

/// What the process has taken of memory at most, as Linux says; 0 elsewhere.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix(" kB")).and_then(|peak| peak.parse::<u64>().ok()).unwrap_or(0) / 1024
}
