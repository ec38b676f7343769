//! Runs being made, on a thread of their own, while the writer goes on.
//!
//! One at a time a table: of recent keys that were set aside, else of the four oldest runs of one level, which have each about as
//! many keys. A run is written as one file that RocksDB takes in; it counts when a commit lists it.

use super::filter::Filter;
use super::listing::{RunListing, check};
use super::page::{self, KEYS, Key};
use super::recent::Recent;
use super::run::{PART_BYTES, Part, Run, Walk, key};
use crate::journal::Error;
use crate::journal::store::Store;
use crate::source::Table;
use rocksdb::{IngestExternalFileOptions, SstFileWriter};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// What a run is made of.
pub(super) enum Work {
    /// Keys that were recent.
    Recent(Arc<Recent>),
    /// Runs that follow each other.
    Runs(Vec<Arc<Run>>),
}

/// What is known of a run before it is made: everything but its check.
pub(super) struct Plan {
    pub table: Table,
    pub work: Work,
    pub listing: RunListing,
}

/// At most one run being made.
#[derive(Default)]
pub struct Builder {
    job: Option<Job>,
}

struct Job {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Run, Error>>,
}

impl Builder {
    /// Whether a run is being made, or is made and not taken.
    pub fn is_busy(&self) -> bool {
        self.job.is_some()
    }

    /// Begins to make a run. Nothing happens where one is being made, or where there is no thread to be had: it is tried again.
    pub(super) fn start(&mut self, store: &Arc<Store>, plan: Plan) {
        if self.job.is_some() {
            return;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (store, stopped) = (Arc::clone(store), Arc::clone(&stop));
        let make = move || make(&store, &plan, &stopped);
        match std::thread::Builder::new().name("index".to_owned()).spawn(make) {
            Ok(thread) => self.job = Some(Job { stop, thread }),
            Err(error) => tracing::warn!(%error, "no thread for a run of the index; the next commit tries again"),
        }
    }

    /// The run that is made; with `wait` it is waited for. `None` where none is.
    ///
    /// # Errors
    /// It could not be made; it is to be begun again.
    pub(super) fn take(&mut self, wait: bool) -> Result<Option<Run>, Error> {
        if !self.job.as_ref().is_some_and(|job| wait || job.thread.is_finished()) {
            return Ok(None);
        }
        let Some(job) = self.job.take() else { return Ok(None) };
        job.thread.join().unwrap_or_else(|_| Err(Error::Corrupt("a run of the index could not be made: its thread panicked; report this".into()))).map(Some)
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        if let Some(job) = self.job.take() {
            job.stop.store(true, Ordering::Relaxed);
            // Its result would have counted with the next commit, and there is none.
            drop(job.thread.join());
        }
    }
}

fn make(store: &Store, plan: &Plan, stop: &AtomicBool) -> Result<Run, Error> {
    let path = building(store, plan.table, plan.listing.id);
    let mut file = File::create(store, plan, path.clone(), stop)?;
    match &plan.work {
        Work::Recent(recent) => recent.sorted().into_iter().try_for_each(|key| file.push(key))?,
        Work::Runs(runs) => merge(store, plan.table, runs, &mut file)?,
    }
    let run = file.finish()?;
    let mut options = IngestExternalFileOptions::default();
    options.set_move_files(true);
    let taken = store.db.ingest_external_file_cf_opts(store.index()?, &options, vec![&path]);
    // Where it was linked and not moved, its other name is of no use.
    drop(std::fs::remove_file(&path));
    taken?;
    Ok(run)
}

/// Where a run lies while it is made: on the file system of the journal, under a name that RocksDB does not know.
fn building(store: &Store, table: Table, run: u64) -> PathBuf {
    store.db.path().join(format!("{BUILDING}{}-{run}", table as u8))
}

/// What the names of files begin with in which runs are made. One that is there at a start is of a process that ended.
pub(super) const BUILDING: &str = "building-";

/// Merges the keys of runs, each sorted.
fn merge(store: &Store, table: Table, runs: &[Arc<Run>], file: &mut File<'_>) -> Result<(), Error> {
    let family = store.index()?;
    let mut walks: Vec<Walk<'_>> = runs.iter().map(|run| Walk::new(&store.db, family, table as u8, &run.listing)).collect();
    let mut next = walks.iter_mut().map(Walk::next).collect::<Result<Vec<Option<Key>>, Error>>()?;
    loop {
        let least = next.iter().enumerate().filter_map(|(of, key)| key.map(|key| (key, of))).min();
        let Some((key, of)) = least else { return Ok(()) };
        file.push(key)?;
        if let (Some(walk), Some(place)) = (walks.get_mut(of), next.get_mut(of)) {
            *place = walk.next()?;
        }
    }
}

/// A run being written.
struct File<'a> {
    writer: SstFileWriter<'a>,
    tag: u8,
    listing: RunListing,
    page: Vec<Key>,
    fences: Vec<u64>,
    filter: Filter,
    keys: u64,
    stop: &'a AtomicBool,
}

impl<'a> File<'a> {
    fn create(store: &'a Store, plan: &Plan, path: PathBuf, stop: &'a AtomicBool) -> Result<Self, Error> {
        let writer = SstFileWriter::create(store.index_options());
        writer.open(path)?;
        let keys = plan.listing.end - plan.listing.first;
        Ok(Self {
            writer,
            tag: plan.table as u8,
            listing: plan.listing.clone(),
            page: Vec::with_capacity(KEYS),
            fences: Vec::new(),
            filter: Filter::for_keys(keys),
            keys: 0,
            stop,
        })
    }

    fn push(&mut self, key: Key) -> Result<(), Error> {
        self.page.push(key);
        self.filter.insert(key.hash);
        self.listing.check = self.listing.check.wrapping_add(check(key.hash, key.row));
        self.keys += 1;
        if self.page.len() == KEYS { self.write_page() } else { Ok(()) }
    }

    fn write_page(&mut self) -> Result<(), Error> {
        let Some(first) = self.page.first() else { return Ok(()) };
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::OutOfOrder("the journal is being closed".into()));
        }
        // A run has at most 2^32 pages: 10^12 keys.
        let number = u32::try_from(self.fences.len()).map_err(|_| Error::Corrupt("an index has more pages than can be".into()))?;
        self.fences.push(first.hash);
        self.writer.put(key(self.tag, self.listing.id, Part::Page, number), page::write(&self.page, self.listing.first))?;
        self.page.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Run, Error> {
        self.write_page()?;
        let expected = self.listing.end - self.listing.first;
        if self.keys != expected {
            return Err(Error::Corrupt(format!("a run of the index has {} keys where {expected} rows are", self.keys)));
        }
        let fences: Vec<u8> = self.fences.iter().flat_map(|fence| fence.to_be_bytes()).collect();
        self.parts(Part::Filter, &self.filter.to_bytes())?;
        self.parts(Part::Fences, &fences)?;
        self.writer.finish()?;
        Ok(Run { listing: self.listing, fences: self.fences, filter: self.filter })
    }

    fn parts(&mut self, part: Part, bytes: &[u8]) -> Result<(), Error> {
        for (number, bytes) in (0..).zip(bytes.chunks(PART_BYTES)) {
            self.writer.put(key(self.tag, self.listing.id, part, number), bytes)?;
        }
        Ok(())
    }
}
