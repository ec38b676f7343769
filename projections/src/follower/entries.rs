//! Where entries are read from.

use crate::views::Error;
use ledger::entry::Recorded;

/// Entries of one partition, in order, as the journal keeps them.
pub trait Entries: Send + Sync {
    /// How many there are; the last ones may be of a record whose other entries are still to come, see [`ends_a_record`].
    fn count(&self) -> u64;

    /// Entries from a number on, at most `limit`; fewer where there are no more.
    fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error>;

    /// So many entries include every record up to this offset: the log may go on, beyond the last record, over offsets that
    /// are none. `None` where only the entries themselves tell.
    fn passed(&self) -> Option<(u64, i64)> {
        None
    }

    /// One entry; `None` beyond the last.
    fn entry(&self, number: u64) -> Result<Option<Recorded>, Error> {
        Ok(self.read(number, 1)?.into_iter().next())
    }

    /// What the chain of the journal is up to a number of entries, which tells it from every other; `None` beyond the last
    /// one, or where there is no chain.
    fn head_at(&self, _entries: u64) -> Result<Option<[u8; 32]>, Error> {
        Ok(None)
    }
}

impl Entries for ledger::journal::Reader {
    fn count(&self) -> u64 {
        ledger::journal::Reader::count(self)
    }

    fn passed(&self) -> Option<(u64, i64)> {
        let snapshot = self.snapshot();
        Some((snapshot.count(), snapshot.cursor().saturating_sub(1)))
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        self.entries(from, limit).map_err(failed)
    }

    fn entry(&self, number: u64) -> Result<Option<Recorded>, Error> {
        ledger::journal::Reader::entry(self, number).map_err(failed)
    }

    fn head_at(&self, entries: u64) -> Result<Option<[u8; 32]>, Error> {
        Ok(self.snapshot().head_at(entries).map_err(failed)?.map(|head| *head.as_bytes()))
    }
}

fn failed(error: ledger::journal::Error) -> Error {
    Error::Entries(error.to_string())
}

/// A list: entry `n` is its item `n`.
impl Entries for Vec<Recorded> {
    fn count(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        Ok(self.iter().skip(from).take(limit).cloned().collect())
    }
}

/// A page of entries from a number on, below `end`, that ends where a record's entries end if it can; and whether it does.
pub fn page(entries: &dyn Entries, from: u64, end: u64, limit: usize) -> Result<(Vec<Recorded>, bool), Error> {
    let limit = usize::try_from(end.saturating_sub(from)).unwrap_or(usize::MAX).min(limit);
    let mut page = entries.read(from, limit)?;
    let Some(last) = page.last() else { return Ok((page, true)) };
    if last.number + 1 >= end {
        let is_whole = ends_a_record(entries, last)?;
        return Ok((page, is_whole));
    }
    let offset = last.row.offset;
    let whole = page.iter().take_while(|entry| entry.row.offset != offset).count();
    if whole == 0 {
        // One record has more entries than a page (a day close): its position is told when all of it is folded.
        return Ok((page, false));
    }
    page.truncate(whole);
    Ok((page, true))
}

/// Whether an entry is the last one of its record: a record of very many is committed in parts.
pub fn ends_a_record(entries: &dyn Entries, last: &Recorded) -> Result<bool, Error> {
    match entries.passed() {
        // What is there of it ends with this entry: has the journal passed its record?
        Some((count, offset)) if last.number + 1 >= count => Ok(last.row.offset <= offset),
        Some(_) => Ok(entries.entry(last.number + 1)?.is_none_or(|next| next.row.offset != last.row.offset)),
        None => Ok(true),
    }
}
