//! How fast events become durable entries and views, in process: two shards, one thread each, and their followers.
//!
//! `cargo bench --workspace --bench fold -- [--events N] [--merchants N] [--only PART]` prints events per second of each
//! part in one run: bare decoding, bare RocksDB, the fold in memory, decode to durable commit, and with the views. The
//! parts are to be compared with each other, not with another machine's.

use ledger::journal::{Settings, Shared};
use ledger::log::{Append, Error, Log, Reader, Record, Watermarks};
use ledger::rules::Fold;
use ledger::shard::{self, Bounds};
use ledger::source::Nothing;
use projections::{folds, follower, views};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTITIONS: u32 = 2;

/// A log that lies in memory.
struct Recorded {
    partitions: Vec<Arc<Vec<Record>>>,
}

struct Cursor {
    records: Arc<Vec<Record>>,
    at: usize,
}

impl Reader for Cursor {
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

    fn reader(&self, partition: u32, offset: i64) -> Result<Box<dyn Reader>, Error> {
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

fn events(count: usize, merchants: u64) -> Vec<Arc<Vec<Record>>> {
    let mut partitions: Vec<Vec<Record>> = (0..PARTITIONS).map(|_| Vec::new()).collect();
    let mut numbers = Numbers(42);
    let push = |partitions: &mut Vec<Vec<Record>>, partition: u32, key: &str, value: String| {
        let records = &mut partitions[partition as usize];
        records.push(Record { offset: records.len() as i64, key: Some(key.as_bytes().to_vec()), value: value.into_bytes() });
    };
    for partition in 0..PARTITIONS {
        push(&mut partitions, partition, "", r#"{"id":"open","type":"ledger_opened","date":"2026-11-02","time_zone":"Asia/Shanghai"}"#.to_owned());
    }
    for merchant in 0..merchants {
        let name = format!("M{merchant:06}");
        let partition = schemas::partition::partition_of(name.as_bytes(), PARTITIONS);
        let contract = format!(
            r#"{{"id":"c-{merchant}","type":"contract_set","merchant":"{name}","occurred_at":"2026-11-01T00:00:00+08:00","contract":{{"name":"Shop {merchant}","mcc":"58{:02}","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{{"kind":"direct"}},"partner":{{"kind":"referral","id":"isv-{}","share_percent":"50"}},"rates":[{{"when":{{"card":"debit"}},"percent":"0.50","cap":"20.00"}},{{"percent":"0.60"}}],"costs":[{{"when":{{"card":"debit"}},"interchange":{{"percent":"0.35","cap":"13.00"}},"scheme_fee":{{"percent":"0.0325","cap":"3.25"}}}},{{"interchange":{{"percent":"0.45"}},"scheme_fee":{{"percent":"0.0325"}}}}],"vat_percent":"6","settlement":{{"delay_days":1,"calendar":"CN","days":"business"}}}}}}"#,
            merchant % 20,
            merchant % 10
        );
        push(&mut partitions, partition, &name, contract);
    }
    let per_day = (count / 10).max(1);
    let mut recent: Vec<(String, String)> = Vec::new();
    for at in 0..count {
        if at > 0 && at % per_day == 0 {
            let day = 1 + at / per_day;
            for partition in 0..PARTITIONS {
                push(&mut partitions, partition, "", format!(r#"{{"id":"close-{day}","type":"day_closed","date":"2026-11-{day:02}"}}"#));
            }
        }
        let refund = numbers.below(100) < 4 && !recent.is_empty();
        let (name, value) = if refund {
            let (name, payment) = recent[numbers.below(recent.len() as u64) as usize].clone();
            let value = format!(
                r#"{{"id":"{}","type":"refund","merchant":"{name}","payment":"{payment}","occurred_at":"2026-11-20T10:15:00.250+08:00","currency":"CNY","amount":"{}.{:02}"}}"#,
                numbers.id(),
                numbers.below(5),
                1 + numbers.below(99)
            );
            (name, value)
        } else {
            let name = format!("M{:06}", numbers.below(merchants));
            let payment = numbers.id();
            let value = format!(
                r#"{{"id":"{}","type":"sale","merchant":"{name}","terminal":"T{}{}","payment":"{payment}","occurred_at":"2026-11-20T10:15:00.250+08:00","currency":"CNY","amount":"{}.{:02}","card":"{}","scheme":"unionpay","entry_mode":"insert","customer":"c_{}"}}"#,
                numbers.id(),
                // A shop has three.
                name.trim_start_matches('M'),
                numbers.below(3),
                10 + numbers.below(500),
                numbers.below(100),
                if numbers.below(2) == 0 { "debit" } else { "credit" },
                numbers.below(200_000)
            );
            if recent.len() < 4096 {
                recent.push((name.clone(), payment));
            } else {
                let place = numbers.below(4096) as usize;
                recent[place] = (name.clone(), payment);
            }
            (name, value)
        };
        let partition = schemas::partition::partition_of(name.as_bytes(), PARTITIONS);
        push(&mut partitions, partition, &name, value);
    }
    partitions.into_iter().map(Arc::new).collect()
}

/// Processor time of this process, all threads: what a busy machine does not blur. Linux counts it in hundredths.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn report(what: &str, count: usize, work: &dyn Fn() -> Duration) {
    let before = processor_time();
    let taken = work();
    let cost = processor_time() - before;
    println!("{what:<48} {:>9.0} events/s {:>7.0} ns of processor time an event", count as f64 / taken.as_secs_f64(), cost.as_nanos() as f64 / count as f64);
}

/// Each partition's records through `work`, a thread each.
fn on_two_threads(partitions: &[Arc<Vec<Record>>], work: impl Fn(&[Record]) + Sync) -> Duration {
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for records in partitions {
            scope.spawn(|| work(records));
        }
    });
    begin.elapsed()
}

fn raw_rocksdb(partitions: &[Arc<Vec<Record>>]) -> Duration {
    let directories: Vec<_> = partitions.iter().map(|_| tempfile::tempdir().expect("a directory")).collect();
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for (records, directory) in partitions.iter().zip(&directories) {
            scope.spawn(move || {
                let mut options = rocksdb::Options::default();
                options.create_if_missing(true);
                let db = rocksdb::DB::open(&options, directory.path()).expect("a database");
                let mut write = rocksdb::WriteOptions::default();
                write.set_sync(true);
                for chunk in records.chunks(16_384) {
                    let mut batch = rocksdb::WriteBatch::default();
                    for record in chunk {
                        batch.put(record.offset.to_be_bytes(), &record.value);
                    }
                    db.write_opt(batch, &write).expect("written");
                }
            });
        }
    });
    begin.elapsed()
}

/// The balances, and the reference that they read.
const BALANCES: views::Factory = || vec![Box::new(folds::reference::Reference), Box::new(folds::balances::BalancesFold)];

fn shards(partitions: &[Arc<Vec<Record>>], make: Option<views::Factory>) -> Duration {
    let directory = tempfile::tempdir().expect("a directory");
    let log = Arc::new(Recorded { partitions: partitions.to_vec() });
    let shared = Shared::new(Settings::default());
    let view_memory = views::Shared::new(views::Settings::default());
    let begin = Instant::now();
    let handles: Vec<_> = (0..PARTITIONS)
        .map(|partition| {
            let config =
                shard::Config { data: directory.path().to_owned(), partition, bounds: Bounds::default(), state_bytes: ledger::shard::STATE_BYTES_DEFAULT };
            shard::spawn(config, Arc::clone(&log) as Arc<dyn Log>, &shared, Arc::new(|_| {})).expect("a shard")
        })
        .collect();
    let followers: Vec<_> = handles
        .iter()
        .filter_map(|handle| {
            let make = make?;
            let config = follower::Config {
                partition: handle.partition(),
                directory: shard::directory(directory.path(), handle.partition()).join("views"),
                entries: Arc::new(handle.reader().expect("a reader")),
                make,
                feed: Some(handle.subscribe()),
                notify: None,
            };
            Some(follower::Follower::spawn(config, &view_memory).expect("a follower"))
        })
        .collect();
    for (handle, records) in handles.iter().zip(partitions) {
        assert!(handle.wait_for(records.len() as i64 - 1, Duration::from_secs(600)), "{:?}", handle.status());
    }
    let folded = begin.elapsed();
    if make.is_none() {
        return folded;
    }
    for (handle, follower) in handles.iter().zip(&followers) {
        let entries = handle.status().entries;
        while follower.progress().checkpoint.next_entry < entries {
            std::thread::sleep(Duration::from_millis(2));
            assert!(begin.elapsed() < Duration::from_secs(900), "the views do not catch up");
        }
    }
    println!("  journals were ready after {:.1} s, views after {:.1} s", folded.as_secs_f64(), begin.elapsed().as_secs_f64());
    begin.elapsed()
}

/// Each projection with the reference that it reads.
const EACH: [(&str, views::Factory); 10] = [
    ("reference alone", || vec![Box::new(folds::reference::Reference)]),
    ("accounts", || vec![Box::new(folds::reference::Reference), Box::new(folds::accounts::Accounts)]),
    ("balances", || vec![Box::new(folds::reference::Reference), Box::new(folds::balances::BalancesFold)]),
    ("entries", || vec![Box::new(folds::reference::Reference), Box::new(folds::entries::Entries)]),
    ("objects", || vec![Box::new(folds::reference::Reference), Box::new(folds::objects::Objects)]),
    ("events", || vec![Box::new(folds::reference::Reference), Box::new(folds::events::Events)]),
    ("merchants", || vec![Box::new(folds::reference::Reference), Box::new(folds::merchants::Merchants)]),
    ("fee_income", || vec![Box::new(folds::reference::Reference), Box::new(folds::fee_income::FeeIncome)]),
    ("exposure", || vec![Box::new(folds::reference::Reference), Box::new(folds::exposure::Exposure)]),
    ("consumption", || vec![Box::new(folds::reference::Reference), Box::new(folds::consumption::Consumption::default())]),
];

/// Events of which each projection's share is measured; their entries lie in memory.
const SHARE_EVENTS: usize = 100_000;

/// What each projection costs by itself, over the same entries.
fn shares(records: &[Record], partition: u32) {
    let mut fold = Fold::open(partition, PARTITIONS, &Nothing).expect("a fold");
    let mut rows = Vec::new();
    for record in records.iter().take(SHARE_EVENTS) {
        fold.record(&Nothing, record.offset, None, &record.value, &mut rows).expect("folded");
    }
    let entries: Vec<ledger::entry::Recorded> = rows.into_iter().enumerate().map(|(at, row)| ledger::entry::Recorded { number: at as u64, row }).collect();
    let costs: Vec<(&str, u128)> = EACH
        .iter()
        .map(|(name, make)| {
            let directory = tempfile::tempdir().expect("a directory");
            let memory = views::Shared::new(views::Settings::default());
            let mut writer = views::Writer::open(directory.path(), &memory, *make).expect("views");
            let before = processor_time();
            for batch in entries.chunks(follower::BATCH_ENTRIES_MAX) {
                writer.fold(batch, true).expect("folded");
            }
            (*name, (processor_time() - before).as_nanos() / entries.len() as u128)
        })
        .collect();
    let reference = costs.first().map_or(0, |(_, cost)| *cost);
    let alone = |cost: u128| cost.saturating_sub(reference);
    let all = (reference + costs.iter().skip(1).map(|(_, cost)| alone(*cost)).sum::<u128>()).max(1);
    println!("what each projection costs of {} entries, in one thread:", entries.len());
    for (at, (name, cost)) in costs.iter().enumerate() {
        let cost = if at == 0 { *cost } else { alone(*cost) };
        println!("  {name:<20} {cost:>7} ns an entry {:>4} %", cost * 100 / all);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, otherwise: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let (count, merchants) = (number("--events", 1_000_000), number("--merchants", 10_000) as u64);
    let partitions = events(count, merchants);
    println!("{count} events, {merchants} merchants, {PARTITIONS} shards");

    let only = arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1)).cloned();
    let report = |what: &str, count: usize, work: &dyn Fn() -> Duration| {
        if only.as_ref().is_none_or(|only| what == only) {
            report(what, count, work);
        }
    };
    report("decode alone", count, &|| {
        on_two_threads(&partitions, |records| {
            for record in records {
                std::hint::black_box(schemas::decode::decode(&record.value).is_ok());
            }
        })
    });
    report("RocksDB alone, sequential keys, synced batches", count, &|| raw_rocksdb(&partitions));
    report("decode and fold, nothing kept", count, &|| {
        on_two_threads(&partitions, |records| {
            let partition = if std::ptr::eq(records.as_ptr(), partitions[0].as_ptr()) { 0 } else { 1 };
            let mut fold = Fold::open(partition, PARTITIONS, &Nothing).expect("a fold");
            let mut rows = Vec::new();
            for batch in records.chunks(Bounds::default().records) {
                for record in batch {
                    fold.record(&Nothing, record.offset, None, &record.value, &mut rows).expect("folded");
                    std::hint::black_box(&rows);
                    rows.clear();
                }
                std::hint::black_box(fold.changes().expect("packed"));
            }
        })
    });
    report("decode to durable commit", count, &|| shards(&partitions, None));
    report("decode to durable commit, and balances", count, &|| shards(&partitions, Some(BALANCES)));
    report("decode to durable commit, and all views", count, &|| shards(&partitions, Some(folds::all)));
    if only.as_ref().is_none_or(|only| "shares".starts_with(only.as_str())) {
        shares(&partitions[0], 0);
    }
}
