//! From the bytes of a record to its durable entry, in process: what each step costs, and how many bytes an event takes.
//!
//! `cargo bench --workspace --bench durable -- [--events N] [--merchants N] [--hot] [--batch N] [--only PART]` prints for each
//! part the processor time and the wall time an event; `--hot` gives half of all events to one merchant, `--batch` is how many
//! records are committed together. Two shards, a thread each. The parts are to be compared with each other, not with another
//! machine's.

use ledger::journal::{PAGE_ENTRIES_MAX, Reader, Settings, Shared};
use ledger::log::{self, Append, Error, Log, Record, Watermarks};
use ledger::rules::Fold;
use ledger::shard::{self, Bounds};
use ledger::source::{Changes, Nothing};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTITIONS: u32 = 2;

type Records = Arc<Vec<Record>>;

/// A log that lies in memory.
struct Recorded {
    partitions: Vec<Records>,
}

struct Cursor {
    records: Records,
    at: usize,
}

impl log::Reader for Cursor {
    fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Error> {
        let end = (self.at + max.min(8192)).min(self.records.len());
        let batch = self.records[self.at..end].to_vec();
        self.at = end;
        if batch.is_empty() {
            std::thread::sleep(wait);
        }
        Ok(batch)
    }

    fn position(&self) -> i64 {
        self.at as i64
    }
}

impl Log for Recorded {
    fn partitions(&self) -> Result<u32, Error> {
        Ok(PARTITIONS)
    }

    fn identity(&self) -> Result<String, Error> {
        Ok("bench".to_owned())
    }

    fn watermarks(&self, partition: u32) -> Result<Watermarks, Error> {
        Ok(Watermarks { low: 0, high: self.partitions[partition as usize].len() as i64 })
    }

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn log::Reader>, Error> {
        Ok(Box::new(Cursor { records: Arc::clone(&self.partitions[partition as usize]), at: offset as usize }))
    }

    fn append(&self, _records: Vec<Append>) -> Result<Vec<i64>, Error> {
        unreachable!("nothing is appended")
    }
}

/// xorshift64*: the same events in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn id(&mut self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        (0..26).map(|_| char::from(LETTERS[self.below(32) as usize])).collect()
    }
}

/// Ten dates of sales and some refunds of recent ones.
fn events(count: usize, merchants: u64, is_hot: bool) -> Vec<Records> {
    let mut partitions: Vec<Vec<Record>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
    let mut push = |key: &str, value: String| {
        let to: Vec<u32> = if key.is_empty() { (0..PARTITIONS).collect() } else { vec![schemas::partition::partition_of(key.as_bytes(), PARTITIONS)] };
        for partition in to {
            let records = &mut partitions[partition as usize];
            records.push(Record { offset: records.len() as i64, key: Some(key.as_bytes().to_vec()), value: value.clone().into_bytes() });
        }
    };
    push("", r#"{"id":"open","type":"ledger_opened","date":"2026-11-02","time_zone":"Asia/Shanghai"}"#.to_owned());
    for merchant in 0..merchants {
        push(&format!("M{merchant:06}"), contract(merchant));
    }
    let (per_day, mut numbers) = ((count / 10).max(1), Numbers(42));
    let mut recent: Vec<(String, String)> = Vec::new();
    for at in 0..count {
        if at > 0 && at % per_day == 0 {
            let day = 1 + at / per_day;
            push("", format!(r#"{{"id":"close-{day}","type":"day_closed","date":"2026-11-{day:02}"}}"#));
        }
        if numbers.below(100) < 4 && !recent.is_empty() {
            let (name, payment) = recent[numbers.below(recent.len() as u64) as usize].clone();
            let (id, whole, cents) = (numbers.id(), numbers.below(5), 1 + numbers.below(99));
            let value = format!(
                r#"{{"id":"{id}","type":"refund","merchant":"{name}","payment":"{payment}","occurred_at":"2026-11-20T10:15:00.250+08:00","currency":"CNY","amount":"{whole}.{cents:02}"}}"#
            );
            push(&name, value);
            continue;
        }
        let merchant = if is_hot && numbers.below(2) == 0 { 0 } else { numbers.below(merchants) };
        let (name, payment, id) = (format!("M{merchant:06}"), numbers.id(), numbers.id());
        let (terminal, whole, cents) = (numbers.below(3), 10 + numbers.below(500), numbers.below(100));
        let (card, customer) = (["debit", "credit"][numbers.below(2) as usize], numbers.below(200_000));
        let value = format!(
            r#"{{"id":"{id}","type":"sale","merchant":"{name}","terminal":"T{merchant:06}{terminal}","payment":"{payment}","occurred_at":"2026-11-20T10:15:00.250+08:00","currency":"CNY","amount":"{whole}.{cents:02}","card":"{card}","scheme":"unionpay","entry_mode":"insert","customer":"c_{customer}"}}"#
        );
        push(&name, value);
        let place = if recent.len() < 4096 { recent.len() } else { numbers.below(4096) as usize };
        recent.truncate(4095.max(place));
        recent.insert(place.min(recent.len()), (name, payment));
    }
    partitions.into_iter().map(Arc::new).collect()
}

fn contract(merchant: u64) -> String {
    let (mcc, partner) = (merchant % 20, merchant % 10);
    format!(
        r#"{{"id":"c-{merchant}","type":"contract_set","merchant":"M{merchant:06}","occurred_at":"2026-11-01T00:00:00+08:00","contract":{{"name":"Shop {merchant}","mcc":"58{mcc:02}","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{{"kind":"direct"}},"partner":{{"kind":"referral","id":"isv-{partner}","share_percent":"50"}},"rates":[{{"when":{{"card":"debit"}},"percent":"0.50","cap":"20.00"}},{{"percent":"0.60"}}],"costs":[{{"when":{{"card":"debit"}},"interchange":{{"percent":"0.35","cap":"13.00"}},"scheme_fee":{{"percent":"0.0325","cap":"3.25"}}}},{{"interchange":{{"percent":"0.45"}},"scheme_fee":{{"percent":"0.0325"}}}}],"vat_percent":"6","settlement":{{"delay_days":1,"calendar":"CN","days":"business"}}}}}}"#
    )
}

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
                fold.record(&Nothing, record.offset, None, &record.value, &mut rows).expect("folded");
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
    let handles: Vec<_> = (0..PARTITIONS)
        .map(|partition| {
            let state_bytes = shard::STATE_BYTES_DEFAULT;
            let bounds = Bounds { records: batch, entries: batch * 4, bytes: batch << 10, ..Bounds::default() };
            let config = shard::Config { data: directory.to_owned(), partition, bounds, state_bytes };
            shard::spawn(config, Arc::clone(&log) as Arc<dyn Log>, &shared, Arc::new(|_| {})).expect("a shard")
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
