//! Reads a whole journal again: recomputes the chain, reads every entry, and checks what each must be.

use super::block::{GENESIS, link, open};
use super::codec::Unpacker;
use super::names::Checking;
use super::{Error, Hash, ROWS_PER_BLOCK, Snapshot};
use crate::entry::{Outcome, Row};
use crate::source::Table;

/// What a walk over a whole journal found. It was in order, else there would be an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries read.
    pub entries: u64,
    /// Blocks read, the partial one too.
    pub blocks: u64,
    /// Postings read.
    pub postings: u64,
    /// Rows of state read; their meaning is checked by folding again.
    pub state_rows: u64,
    /// The head that was recomputed, equal to the one that was kept.
    pub head: Hash,
}

/// Walks every block of a snapshot, then the tables of state. `progress` is told the entries read so far, once a block.
///
/// Checks: each block is linked to the one before it and has its 64 rows; each entry can be read; offsets never fall;
/// an entry refers only to what is before it; nothing is missing and nothing is left over; the head is the one kept.
/// That lines balance and are not zero is in the types, so a row that could be read has passed it.
pub fn verify(snapshot: &Snapshot, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
    let store = snapshot.store()?;
    let mut walk = Walk { number: 0, offset: i64::MIN, postings: 0, names: Checking::new(&store) };
    let full = snapshot.count() / ROWS_PER_BLOCK;
    let (mut previous, mut next) = (GENESIS, 0u64);
    let mut options = rocksdb::ReadOptions::default();
    options.fill_cache(false);
    options.set_readahead_size(READAHEAD_BYTES);
    // A writer may add blocks meanwhile; the snapshot ends before them.
    options.set_iterate_upper_bound(full.to_be_bytes());
    let mut blocks = store.db.raw_iterator_cf_opt(store.blocks()?, options);
    blocks.seek_to_first();
    while let Some((key, value)) = blocks.item() {
        if key != next.to_be_bytes() {
            return Err(Error::Corrupt(format!("block {next} is missing")));
        }
        let sealed = open(next, value)?;
        if sealed.previous != previous {
            return Err(Error::Corrupt(format!("block {next} is not linked to the block before it")));
        }
        walk.block(next, sealed.packed, ROWS_PER_BLOCK)?;
        previous = sealed.own;
        next += 1;
        progress(walk.number);
        blocks.next();
    }
    blocks.status()?;
    if next != full {
        return Err(Error::Corrupt(format!("block {next} is missing")));
    }
    let rows = snapshot.count() % ROWS_PER_BLOCK;
    let head = snapshot.with_block(full, |kept, packed, _| {
        if kept != previous {
            return Err(Error::Corrupt(format!("the chain ends at {previous}, kept is {kept}")));
        }
        walk.block(full, packed, rows)?;
        Ok(if rows == 0 { previous } else { link(&previous, packed) })
    })?;
    progress(walk.number);
    if head != snapshot.head() {
        return Err(Error::Corrupt(format!("the head is {head}, kept is {}", snapshot.head())));
    }
    if walk.number > 0 && walk.offset >= snapshot.cursor() {
        return Err(Error::Corrupt(format!("an entry at offset {}, cursor {}", walk.offset, snapshot.cursor())));
    }
    let state_rows = read_state(snapshot)?;
    Ok(Report { entries: walk.number, blocks: full + u64::from(rows > 0), postings: walk.postings, state_rows, head })
}

/// Bytes that the disk is asked for ahead of the walk.
const READAHEAD_BYTES: usize = 2 << 20;

/// How far the walk is.
struct Walk<'a> {
    number: u64,
    offset: i64,
    postings: u64,
    names: Checking<'a>,
}

impl Walk<'_> {
    fn block(&mut self, block: u64, packed: &[u8], expected: u64) -> Result<(), Error> {
        let mut rows = Unpacker::new(packed)?;
        let mut count = 0;
        while let Some(row) = rows.next(&mut self.names)? {
            self.row(&row)?;
            count += 1;
        }
        if count != expected {
            return Err(Error::Corrupt(format!("block {block} has {count} rows, {expected} were counted")));
        }
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), Error> {
        let number = self.number;
        let wrong = |what: String| Err(Error::Corrupt(format!("entry {number}: {what}")));
        if row.offset < self.offset {
            return wrong(format!("offset {} after {}", row.offset, self.offset));
        }
        if row.record > row.offset {
            return wrong(format!("made at offset {} of a record at {}", row.offset, row.record));
        }
        if let Outcome::Duplicate { of } = row.outcome
            && of >= row.offset
        {
            return wrong(format!("a duplicate of offset {of} at offset {}", row.offset));
        }
        let pinned = row.facts.as_ref().map(|facts| facts.contract);
        if let Some(contract) = row.contract.into_iter().chain(pinned).find(|contract| *contract > number) {
            return wrong(format!("priced by entry {contract}, which comes later"));
        }
        if !matches!(row.outcome, Outcome::Posted) && !row.lines.is_empty() {
            return wrong("lines without having been posted".into());
        }
        self.offset = row.offset;
        self.number += 1;
        self.postings += row.lines.len() as u64;
        Ok(())
    }
}

/// Reads every row of state, so that RocksDB checks the bytes of each, and compares the indexes with their rows.
fn read_state(snapshot: &Snapshot) -> Result<u64, Error> {
    let mut count = 0;
    let store = &snapshot.store()?;
    for (_, index) in store.indexes() {
        count += index.verify(store)?;
    }
    for table in Table::ALL.into_iter().filter(|table| store.indexed(*table).is_none()) {
        let mut options = rocksdb::ReadOptions::default();
        options.fill_cache(false);
        options.set_readahead_size(READAHEAD_BYTES);
        options.set_iterate_upper_bound([table as u8 + 1]);
        let mut rows = store.db.raw_iterator_cf_opt(store.table(table)?, options);
        rows.seek([table as u8]);
        while rows.valid() {
            count += 1;
            rows.next();
        }
        rows.status()?;
    }
    Ok(count)
}
