//! Folds a partition afresh, without a shard: what a journal must be, if it is a function of its log.

use super::batch::{Batch, Bounds, collect};
use super::folding::Folding;
use super::part::{damaged, part};
use crate::journal::{Commit, Error, Journal, Reader, Shared};
use crate::log::{self, Fingerprint, Log};
use crate::rules;
use crate::source::Changes;
use std::path::Path;
use std::time::Duration;

/// How long a record that must be there is waited for.
const RECORD_WAIT: Duration = Duration::from_secs(10);

/// Folds the records of a partition below an offset into a journal in an empty directory. `progress` is told the next
/// offset, after each commit.
///
/// # Errors
/// The log does not give the records, the rules cannot fold one, or the directory does not take it.
pub fn replay(log: &dyn Log, partition: u32, below: i64, directory: &Path, shared: &Shared, progress: &mut dyn FnMut(i64)) -> Result<Reader, log::Error> {
    let told = |error: Error| log::Error::new(error.code(), error.to_string());
    let mut journal = Journal::open(directory, shared).map_err(told)?;
    let reader = journal.reader();
    let mut fold = <rules::Fold as Folding>::open(partition, log.partitions()?, &reader).map_err(|error| damaged(&error))?;
    let mut records = log.reader(partition, 0)?;
    let (mut rows, mut changes, bounds) = (Vec::new(), Changes::default(), Bounds { linger: Duration::ZERO, ..Bounds::default() });
    while journal.cursor() < below {
        let (batch, met) = Batch::of(log, partition, collect(records.as_mut(), journal.cursor(), &bounds, RECORD_WAIT, |_| false)?);
        // The journal is of a log all of which was read.
        if let Some(error) = met {
            return Err(error);
        }
        let Some(last) = batch.records.iter().rfind(|record| record.offset < below) else {
            let detail = format!("the log gives no record from offset {} on, {below} were folded", journal.cursor());
            return Err(log::Error::new(log::Code::LogTruncated, detail));
        };
        for (place, record) in batch.records.iter().enumerate().filter(|(_, record)| record.offset < below) {
            loop {
                let is_whole = part(&mut fold, &reader, partition, (record, batch.event(place, record)), &mut rows)?;
                rows.drain(..).try_for_each(|row| journal.push(&row)).map_err(told)?;
                if is_whole {
                    break;
                }
                changes.clear();
                fold.changes(&mut changes);
                journal.commit(&Commit { changes: &changes, cursor: record.offset, last_record: None, is_part: true }).map_err(told)?;
            }
        }
        changes.clear();
        fold.changes(&mut changes);
        let cursor = last.offset.saturating_add(1);
        journal.commit(&Commit { changes: &changes, cursor, last_record: Some(Fingerprint::of(last)), is_part: false }).map_err(told)?;
        progress(cursor);
    }
    Ok(reader)
}
