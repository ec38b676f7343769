//! What is folded beside the live views: a projection that somebody rebuilds, or what this program folds in another version. A slice at a time,
//! so that live entries come first; once it has caught up, a rebuild is compared with what it replaces, in a thread of its own, and takes its place.

use super::entries::{Entries, page};
use super::handle::{Rebuild, RebuildProgress};
use crate::views::{Differences, Error, Purpose, Writer};
use ledger::log::Code;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a comparison may take to begin.
const COMPARISON_BEGINS_WITHIN: Duration = Duration::from_secs(60);
/// Entries of what is folded beside the live views that are folded before these are looked after again.
const SLICE_ENTRIES_MAX: usize = 16_384;

/// What is known of it beyond what the writer keeps: who waits for it, and its comparison.
#[derive(Default)]
pub(super) struct Beside {
    /// The rebuild that somebody waits for.
    asked: Option<Rebuild>,
    comparing: Option<Comparing>,
    /// The result of a comparison, until the copy has caught up again.
    compared: Option<Differences>,
}

impl Beside {
    /// Begins a rebuild that is asked for; one that cannot begin is told so.
    pub(super) fn begin(&mut self, rebuild: Rebuild, writer: &mut Writer) {
        if let Some(running) = &self.asked {
            let _ = rebuild.done.try_send(Err(Error::Busy(running.name.clone())));
            return;
        }
        match writer.start_rebuild(&rebuild.name) {
            Ok(()) => self.asked = Some(rebuild),
            // Nobody may wait for it any more.
            Err(error) => drop(rebuild.done.try_send(Err(error))),
        }
    }

    /// Ends what somebody waits for.
    pub(super) fn end(&mut self, error: Error) {
        if let Some(comparing) = self.comparing.take() {
            comparing.end();
        }
        self.compared = None;
        self.finish(Err(error));
    }

    fn finish(&mut self, result: Result<Differences, Error>) {
        if let Some(rebuild) = self.asked.take() {
            // Nobody may wait for it any more.
            drop(rebuild.done.try_send(result));
        }
    }

    /// A slice of what is folded beside the live views; once it is there, its comparison and its swap. Answers whether there was anything to do.
    pub(super) fn fold(&mut self, writer: &mut Writer, entries: &dyn Entries) -> Result<bool, Error> {
        let Some((purpose, at)) = writer.building() else { return Ok(false) };
        let is_rebuild = matches!(purpose, Purpose::Rebuild(_));
        let end = writer.checkpoint().next_entry;
        let comparing = self.comparing.is_some();
        if let Some(rebuild) = &mut self.asked {
            (rebuild.progress)(RebuildProgress { entries: at.next_entry, of: end, comparing });
        }
        if at.next_entry < end {
            let (entries, whole) = page(entries, at.next_entry, end, SLICE_ENTRIES_MAX)?;
            if entries.is_empty() {
                return Ok(false);
            }
            writer.fold_building(&entries, whole)?;
            return Ok(true);
        }
        if is_rebuild && self.compared.is_none() {
            return self.compare(writer);
        }
        // Readers are shown what lay before a record until it is whole: what takes its place meanwhile would have no answers yet.
        if !writer.folded().is_whole() || !writer.swap()? {
            return Ok(false);
        }
        let differences = self.compared.take().unwrap_or_default();
        if !differences.is_empty() {
            tracing::error!(?differences, "the rebuilt projection differs from the one that it replaced");
        }
        self.finish(Ok(differences));
        Ok(true)
    }

    /// Starts the comparison, or looks whether it has ended.
    fn compare(&mut self, writer: &Writer) -> Result<bool, Error> {
        if let Some(comparing) = &self.comparing {
            let result = match comparing.result.try_recv() {
                Ok(result) => result,
                Err(TryRecvError::Empty) => return Ok(false),
                Err(TryRecvError::Disconnected) => Err(Error::Stopped),
            };
            if let Some(comparing) = self.comparing.take() {
                comparing.end();
            }
            self.compared = Some(result?);
            return Ok(true);
        }
        let Some(comparison) = writer.comparison() else {
            self.compared = Some(Differences::default());
            return Ok(true);
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (result_sender, result) = channel();
        let (begun_sender, begun) = channel();
        let stop_too = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("views-compare".to_owned())
            .spawn(move || {
                let found = comparison.run(|| _ = begun_sender.send(()), &stop_too);
                _ = result_sender.send(found);
            })
            .map_err(|error| Error::Disk(Code::TooManyFiles, format!("no thread for the comparison: {error}")))?;
        // Both copies are compared as they are now: nothing is folded before the comparison has its iterators.
        match begun.recv_timeout(COMPARISON_BEGINS_WITHIN) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => return Err(Error::Disk(Code::DiskFailing, "the comparison does not begin".to_owned())),
        }
        self.comparing = Some(Comparing { result, stop, thread });
        Ok(true)
    }
}

/// A comparison that runs in its own thread.
struct Comparing {
    result: Receiver<Result<Differences, Error>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Comparing {
    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            tracing::error!("the comparison's thread panicked");
        }
    }
}
