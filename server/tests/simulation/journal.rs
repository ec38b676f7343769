//! A partition folded by the real rules, in memory: what is committed survives its process, and what it said after each record is kept
//! to be compared.

use blake3::Hash;
use ledger::entry::Row;
use ledger::journal::{ROWS_PER_BLOCK, row_bytes};
use ledger::rules::Fold;
use ledger::source::{Change, Changes, Error, Source, Table};
use std::collections::BTreeMap;

/// Committed state.
#[derive(Clone, Default)]
struct Committed(BTreeMap<(Table, Vec<u8>), Vec<u8>>);

impl Source for Committed {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        for ((_, key), value) in self.0.range((table, prefix.to_vec())..).take_while(|((of, key), _)| *of == table && key.starts_with(prefix)) {
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }
}

/// What an answer says of a partition: how many entries there are, the hash of all of them, and the sum of all amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub entries: u64,
    pub head: Hash,
    pub sum: u128,
}

/// One partition's journal.
pub struct Journal {
    partition: u32,
    partitions: u32,
    fold: Fold,
    committed: Committed,
    /// After each record.
    after: Vec<Content>,
    /// The chain up to each entry.
    chain: Vec<Hash>,
    rows: Vec<Row>,
}

impl Journal {
    pub fn new(partition: u32, partitions: u32) -> Self {
        let committed = Committed::default();
        let fold = Fold::open(partition, partitions, &committed).expect("an empty fold");
        Self { partition, partitions, fold, committed, after: Vec::new(), chain: Vec::new(), rows: Vec::new() }
    }

    /// As another process opens it: all that is left is what was committed.
    pub fn reopened(mut self) -> Self {
        self.fold = Fold::open(self.partition, self.partitions, &self.committed).expect("what was committed");
        self
    }

    /// Folds records and commits them at once.
    pub fn commit<'a>(&mut self, records: impl IntoIterator<Item = &'a [u8]>) {
        for record in records {
            self.fold.record(&self.committed, self.next(), record, &mut self.rows).expect("state can be read");
            let Content { mut head, mut sum, .. } = self.at(self.next() - 1);
            for row in self.rows.drain(..) {
                head = blake3::Hasher::new().update(head.as_bytes()).update(&row_bytes(&row).expect("a row")).finalize();
                sum += row.lines.iter().map(|line| line.amount.get()).sum::<u128>();
                self.chain.push(head);
            }
            self.after.push(Content { entries: self.chain.len() as u64, head, sum });
        }
        let mut changes = Changes::default();
        self.fold.changes(&mut changes);
        for Change { table, key, value } in changes.iter() {
            match value {
                Some(value) => self.committed.0.insert((table, key.to_vec()), value.to_vec()),
                None => self.committed.0.remove(&(table, key.to_vec())),
            };
        }
    }

    /// The next offset.
    pub fn next(&self) -> i64 {
        i64::try_from(self.after.len()).expect("a small log")
    }

    /// What it was after the record at an offset; −1 is before the first.
    pub fn at(&self, position: i64) -> Content {
        let nothing = Content { entries: 0, head: Hash::from_bytes([0; 32]), sum: 0 };
        usize::try_from(position).map_or(nothing, |place| self.after[place])
    }

    /// The chain up to a number of entries, where there are as many.
    pub fn head_at(&self, entries: u64) -> Option<String> {
        let last = usize::try_from(entries).ok()?.checked_sub(1)?;
        self.chain.get(last).map(ToString::to_string)
    }

    /// Entries up to the end of the last full block.
    pub fn full_entries(&self) -> u64 {
        self.chain.len() as u64 / ROWS_PER_BLOCK * ROWS_PER_BLOCK
    }

    /// The chain up to each entry.
    pub fn chain(&self) -> &[Hash] {
        &self.chain
    }
}
