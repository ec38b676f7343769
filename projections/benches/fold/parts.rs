//! What is measured.

use super::PARTITIONS;
use super::log::Recorded;
use super::measure::bytes_below;
use ledger::journal::{Settings, Shared};
use ledger::log::{Log, Record};
use ledger::rules::Fold;
use ledger::shard::{self, Bounds};
use ledger::source::{Changes, Nothing};
use projections::{folds, follower, views};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Memory for decoded rows of all shards together: the service's default (`views_rows_mib`).
const ROWS_BYTES: usize = 512 << 20;
/// Memory for what journals have not yet in files, likewise (`journal_write_buffer_mib`).
const JOURNAL_BUFFERS_BYTES: usize = 64 << 20;
/// Memory for what views have not yet in files, likewise (`views_write_buffer_mib`).
const VIEWS_BUFFERS_BYTES: usize = 128 << 20;
/// Memory for one page of a journal: the service's default, a quarter of `records_mib` for all shards together.
const PAGE_BYTES: usize = (384 << 20) / 4 / PARTITIONS as usize;

/// What a part took.
pub struct Run {
    /// Until the last event was there.
    pub taken: Duration,
    /// What lies on disk after a clean end.
    pub disk_bytes: u64,
}

/// Each partition's records through `work`, a thread each.
pub fn on_two_threads(partitions: &[Arc<Vec<Record>>], work: impl Fn(&[Record]) + Sync) -> Duration {
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for records in partitions {
            scope.spawn(|| work(records));
        }
    });
    begin.elapsed()
}

/// Decoded and folded in memory: what rules and lines cost, without a disk.
pub fn fold(partitions: &[Arc<Vec<Record>>]) -> Duration {
    on_two_threads(partitions, |records| {
        let partition = u32::from(!std::ptr::eq(records.as_ptr(), partitions[0].as_ptr()));
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
    })
}

/// Sequential keys in batches that are synced: what the disk and RocksDB allow.
pub fn raw_rocksdb(partitions: &[Arc<Vec<Record>>]) -> Run {
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
    let taken = begin.elapsed();
    Run { taken, disk_bytes: directories.iter().map(|directory| bytes_below(directory.path())).sum() }
}

/// The balances, and the reference that they read.
pub const BALANCES: views::Factory = || vec![Box::new(folds::reference::Reference::default()), Box::new(folds::balances::BalancesFold)];

/// Shards as the service runs them, without or with views.
pub fn shards(partitions: &[Arc<Vec<Record>>], make: Option<views::Factory>) -> Run {
    let directory = tempfile::tempdir().expect("a directory");
    let log = Arc::new(Recorded { partitions: partitions.to_vec() });
    let shared = Shared::new(Settings { write_buffer_bytes: JOURNAL_BUFFERS_BYTES, shards: PARTITIONS, ..Settings::default() });
    let view_memory = views::Shared::new(views::Settings {
        row_cache_bytes: ROWS_BYTES / PARTITIONS as usize,
        page_bytes: PAGE_BYTES,
        write_buffer_bytes: VIEWS_BUFFERS_BYTES,
        shards: PARTITIONS,
        ..views::Settings::default()
    });
    let large = Arc::new(shard::Large::default());
    let begin = Instant::now();
    let handles: Vec<_> = (0..PARTITIONS)
        .map(|partition| {
            let config = shard::Config {
                data: directory.path().to_owned(),
                partition,
                bounds: Bounds::default(),
                state_bytes: ledger::shard::STATE_BYTES_DEFAULT,
                large: Arc::clone(&large),
            };
            shard::spawn(config, Arc::clone(&log) as Arc<dyn Log>, &shared, Arc::new(|_: &shard::Notice| {})).expect("a shard")
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
                large: Some(Arc::clone(&large)),
            };
            Some(follower::Follower::spawn(config, &view_memory).expect("a follower"))
        })
        .collect();
    for (handle, records) in handles.iter().zip(partitions) {
        assert!(handle.wait_for(records.len() as i64 - 1, Duration::from_secs(600)), "{:?}", handle.status());
    }
    let folded = begin.elapsed();
    for (handle, follower) in handles.iter().zip(&followers) {
        let entries = handle.status().entries;
        while follower.progress().checkpoint.next_entry < entries {
            std::thread::sleep(Duration::from_millis(2));
            assert!(begin.elapsed() < Duration::from_secs(900), "the views do not catch up");
        }
    }
    let taken = begin.elapsed();
    if make.is_some() {
        eprintln!("  journals were ready after {:.1} s, views after {:.1} s", folded.as_secs_f64(), taken.as_secs_f64());
    }
    drop((followers, handles));
    Run { taken, disk_bytes: bytes_below(directory.path()) }
}
