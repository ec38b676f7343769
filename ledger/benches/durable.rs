//! From the bytes of a record to its durable entry, in process: what each step costs, and how many bytes an event takes.
//!
//! `cargo bench --workspace --bench durable -- [--events N] [--merchants N] [--hot] [--batch N] [--only PART]` prints for each
//! part the processor time and the wall time an event; `--hot` gives half of all events to one merchant, `--batch` is how many
//! records are committed together. Two shards, a thread each. The parts are to be compared with each other, not with another
//! machine's.

#[path = "recorded/life.rs"]
mod life;
#[path = "recorded/log.rs"]
mod log;

use ledger::journal::{PAGE_ENTRIES_MAX, Reader, Settings, Shared};
use ledger::log::{Log, Record};
use ledger::rules::Fold;
use ledger::shard::{self, Bounds};
use ledger::source::{Changes, Nothing};
use life::events;
use log::Recorded;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTITIONS: u32 = 2;

type Records = Arc<Vec<Record>>;

/// Processor time of this process, all threads: what a busy machine does not blur. Linux counts it in hundredths.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Each partition's records through `work`, a thread each.
fn on_two_threads(partitions: &[Records], work: impl Fn(u32, &[Record]) + Sync) {
    std::thread::scope(|scope| {
        for (partition, records) in (0..).zip(partitions) {
            let work = &work;
            scope.spawn(move || work(partition, records));
        }
    });
}

fn decode(partitions: &[Records]) {
    on_two_threads(partitions, |_, records| {
        for record in records {
            std::hint::black_box(schemas::decode::decode(&record.value).is_ok());
        }
    });
}

fn fold(partitions: &[Records]) {
    on_two_threads(partitions, |partition, records| {
        let mut fold = Fold::open(partition, PARTITIONS, &Nothing).expect("a fold");
        let (mut rows, mut changes) = (Vec::new(), Changes::default());
        for batch in records.chunks(Bounds::default().records) {
            for record in batch {
                fold.record(&Nothing, record.offset, &record.value, &mut rows).expect("folded");
                std::hint::black_box(&rows);
                rows.clear();
            }
            changes.clear();
            fold.changes(&mut changes);
            std::hint::black_box(&changes);
        }
    });
}

/// Folds and commits all of it.
fn durable(partitions: &[Records], directory: &Path, batch: usize) {
    let log = Arc::new(Recorded { partitions: partitions.to_vec() });
    let shared = Shared::new(Settings { shards: PARTITIONS, ..Settings::default() });
    let large = Arc::default();
    let handles: Vec<_> = (0..PARTITIONS)
        .map(|partition| {
            let state_bytes = shard::STATE_BYTES_DEFAULT;
            let bounds = Bounds { records: batch, entries: batch * 4, bytes: batch << 10, ..Bounds::default() };
            let config = shard::Config { data: directory.to_owned(), partition, bounds, state_bytes, large: Arc::clone(&large) };
            shard::spawn(config, Arc::clone(&log) as Arc<dyn Log>, &shared, Arc::new(|_: &shard::Notice| {})).expect("a shard")
        })
        .collect();
    for (handle, records) in handles.iter().zip(partitions) {
        assert!(handle.wait_for(records.len() as i64 - 1, Duration::from_secs(600)), "{:?}", handle.status());
    }
}

/// Bytes of all files below a directory.
fn bytes_below(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { bytes_below(&entry.path()) } else { entry.metadata().map_or(0, |of| of.len()) }).sum()
}

/// How many bytes the last entries take in their blocks. Nearly all are sales, so the median is a usual sale's.
fn sizes(directory: &Path) {
    let journal = shard::directory(directory, 0).join("journal");
    let journal = Reader::open_read_only(&journal, &Shared::new(Settings::default())).expect("a journal").snapshot();
    let from = journal.count().saturating_sub(PAGE_ENTRIES_MAX as u64);
    let mut lengths = journal.lengths(from, PAGE_ENTRIES_MAX).expect("readable");
    lengths.sort_unstable();
    if let Some(median) = lengths.get(lengths.len() / 2) {
        println!("  {median} bytes of a usual sale, {} of an entry on average", lengths.iter().sum::<usize>() / lengths.len());
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let text = |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1)).cloned();
    let number = |name: &str, otherwise: usize| text(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (count, merchants) = (number("--events", 1_000_000), number("--merchants", 10_000));
    let is_hot = arguments.iter().any(|argument| argument == "--hot");
    let (partitions, only) = (events(count, merchants as u64, is_hot), text("--only"));
    println!("{count} events, {merchants} merchants, {PARTITIONS} shards{}", if is_hot { ", half of all at one merchant" } else { "" });
    let report = |what: &str, work: &dyn Fn()| {
        if only.as_ref().is_some_and(|only| only != what) {
            return;
        }
        let (processor, begin) = (processor_time(), Instant::now());
        work();
        let (wall, cost) = (begin.elapsed(), processor_time() - processor);
        let each = |time: Duration| time.as_nanos() / count as u128;
        println!("{what:<8} {:>9.0} events/s {:>7} ns of processor time an event", count as f64 / wall.as_secs_f64(), each(cost));
    };
    report("decode", &|| decode(&partitions));
    report("fold", &|| fold(&partitions));
    let directory = tempfile::tempdir().expect("a directory");
    let batch = number("--batch", Bounds::default().records);
    report("durable", &|| durable(&partitions, directory.path(), batch));
    if only.as_ref().is_none_or(|only| only == "durable") {
        println!("  {} bytes of disk an event", bytes_below(directory.path()) / count as u64);
        sizes(directory.path());
    }
}
