//! Opens and closes the views of a shard, and removes those that must be folded anew.

use super::entries::Entries;
use super::handle::{Built, Inner, Progress};
use crate::views::{Checkpoint, Cure, Error, Factory, Shared, Writer};
use jiff::Timestamp;
use ledger::framing;
use ledger::log::Code;
use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// The first pause before something is tried again; each is twice the one before.
pub(super) const PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(5);
/// How long answers that are being read may keep a database open that is to be closed.
const READERS_WAIT_MAX: Duration = Duration::from_secs(60);
/// How often it is looked whether they have ended.
const READERS_LOOK: Duration = Duration::from_millis(5);

/// Where the views are, and what is known of how they came to be there.
pub(super) struct Opening {
    pub partition: u32,
    directory: PathBuf,
    pub(super) shared: Shared,
    make: Factory,
    /// Entries that the journal had when they were opened.
    expected: u64,
    /// Why they are folded anew.
    anew: Option<String>,
    anew_count: u64,
    /// When they were opened.
    since: Timestamp,
}

impl Opening {
    pub const fn new(partition: u32, directory: PathBuf, shared: Shared, make: Factory) -> Self {
        Self { partition, directory, shared, make, expected: 0, anew: None, anew_count: 0, since: Timestamp::UNIX_EPOCH }
    }

    /// Opens them, and makes them where they are not there; an error where they are of another journal, or not whole.
    pub fn open(&mut self, entries: &dyn Entries) -> Result<Writer, Error> {
        self.expected = entries.count();
        self.since = Timestamp::now();
        // RocksDB would open what lies before that, without the files that the rest of the manifest names: views with fewer rows than they say.
        if let Some(torn) = framing::torn(&self.directory).map_err(Error::Corrupt)? {
            return Err(Error::Corrupt(torn.to_string()));
        }
        let writer = Writer::open(&self.directory, &self.shared, self.make)?;
        check(&writer.checkpoint(), entries)?;
        Ok(writer)
    }

    /// How far they are.
    pub fn progress(&self, writer: &Writer) -> Progress {
        let (seen, committed) = (writer.seen(), writer.checkpoint());
        // Of views that nobody can read yet, no entry is told.
        let checkpoint = seen.unwrap_or(Checkpoint { next_entry: 0, ..committed });
        let settled = seen.is_some_and(|seen| seen.next_entry >= self.expected);
        let anew = self.anew.clone().filter(|_| !settled);
        let building =
            writer.building().map(|(_, at)| Built { missing: writer.missing(), entries: at.next_entry, of: committed.next_entry, since: self.since });
        Progress { checkpoint, building, halted: None, settled, anew, anew_count: self.anew_count }
    }

    /// Closes them, once nobody reads of them any more.
    pub fn close(&self, writer: Writer, inner: &Inner) -> Result<(), Error> {
        let is_read = writer.close();
        let deadline = Instant::now() + READERS_WAIT_MAX;
        while is_read() && !inner.lock().stop {
            if Instant::now() >= deadline {
                return Err(Error::Disk(Code::InUse, format!("answers are still read of {}", self.directory.display())));
            }
            std::thread::sleep(READERS_LOOK);
        }
        Ok(())
    }

    /// Does what helps against an error, of views that are closed. Answers what is still in the way.
    pub fn cure(&mut self, error: &Error, inner: &Inner) -> Option<Error> {
        if error.cure() == Cure::Again {
            return Some(error.clone());
        }
        // Whoever is told to stop waits for no reader, and one may have the database open still. Whoever opens the views next finds the same.
        if inner.lock().stop {
            return None;
        }
        match std::fs::remove_dir_all(&self.directory) {
            Err(gone) if gone.kind() != std::io::ErrorKind::NotFound => return Some(Error::at(&self.directory, &gone)),
            Ok(()) | Err(_) => {}
        }
        tracing::warn!(partition = self.partition, %error, "the views are folded anew, from the first entry");
        self.anew = Some(error.to_string());
        self.anew_count += 1;
        let progress = Progress { anew: self.anew.clone(), anew_count: self.anew_count, ..Progress::default() };
        inner.publish(progress);
        None
    }

    /// Waits before something is tried again; whether it was told to stop meanwhile.
    pub fn pause(&self, inner: &Inner, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = inner.lock();
        while !state.stop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = inner.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

/// Whether views were folded from a journal: its head where they are is the one that they kept. Views that are ahead of it
/// (a log that lost its end, an older journal in its place) may have what was never booked.
fn check(at: &Checkpoint, entries: &dyn Entries) -> Result<(), Error> {
    let Some(last) = at.next_entry.checked_sub(1) else { return Ok(()) };
    let count = entries.count();
    if last >= count {
        return Err(Error::Foreign(format!("they have {} entries, the journal has {count}", at.next_entry)));
    }
    let offset = entries.entry(last)?.map(|entry| entry.row.offset);
    if entries.head_at(at.next_entry)? == at.head && offset == Some(at.offset) {
        return Ok(());
    }
    Err(Error::Foreign(format!("entry {last} of the journal is not the one that was folded")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folds;
    use crate::views::Settings;

    #[test]
    fn damaged_views_are_removed_unless_somebody_may_read_of_them_still() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join("views");
        std::fs::create_dir(&directory).expect("room");
        let mut opening = Opening::new(0, directory.clone(), Shared::new(Settings::default()), folds::all);
        let (inner, damage) = (Inner::new(Progress::default(), None, None), Error::Corrupt("a row".to_owned()));
        inner.lock().stop = true;
        assert!(opening.cure(&damage, &inner).is_none() && directory.exists(), "the thread ends before readers do");
        inner.lock().stop = false;
        assert!(opening.cure(&damage, &inner).is_none() && !directory.exists());
        assert_eq!(inner.published().anew_count, 1);
    }
}
