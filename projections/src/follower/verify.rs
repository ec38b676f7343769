//! Folds everything afresh into a scratch directory and compares it with the live views, row by row.

use super::entries::{Entries, page};
use super::{BATCH_ROWS_MAX, PAGE_ENTRIES_MAX};
use crate::views::{Differences, Error, Factory, Shared, Views, Writer};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Verifies live views that nobody writes to meanwhile. `progress` is told how many entries of how many are folded, and
/// stops it by `false`. Answers what differs, by projection; the scratch directory is the caller's to remove.
pub fn verify(
    live: &Views,
    entries: &dyn Entries,
    scratch: &Path,
    shared: &Shared,
    make: Factory,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Vec<(String, Differences)>, Error> {
    let end = live.snapshot()?.checkpoint().next_entry;
    let mut writer = Writer::open(scratch, shared, make)?;
    loop {
        let from = writer.folded().next_entry;
        if !progress(from, end) {
            return Err(Error::Stopped);
        }
        if from >= end {
            break;
        }
        let (page, whole) = page(entries, from, end, PAGE_ENTRIES_MAX)?;
        if page.is_empty() {
            return Err(Error::Foreign(format!("the views have {end} entries, the journal only {from}")));
        }
        writer.add(&page, whole)?;
        if writer.uncommitted_rows() >= BATCH_ROWS_MAX {
            writer.commit()?;
        }
    }
    writer.commit()?;
    let stop = AtomicBool::new(false);
    writer.comparisons(live)?.into_iter().map(|(name, comparison)| Ok((name, comparison.run(|| (), &stop)?))).collect()
}
