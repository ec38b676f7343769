//! Whether anything ever fell into a bucket: asked at nearly every entry, and mostly answered with no. The buckets that are not empty are few
//! rows, and a bit each in memory, so that no row is looked for.

use crate::views::{Error, Order, Rows, Table};

/// How many buckets there are.
pub const BUCKETS: u64 = 4096;
/// Bits of a word.
const BITS: u16 = 64;
const WORDS: usize = (BUCKETS / BITS as u64) as usize;

/// The buckets of a table, below [`BUCKETS`].
pub struct Buckets {
    table: Table<u16, ()>,
    /// A bit for each that is not empty; read when it is first asked.
    filled: Option<Box<[u64; WORDS]>>,
}

impl Buckets {
    /// Those of a table.
    pub const fn of(table: Table<u16, ()>) -> Self {
        Self { table, filled: None }
    }

    /// Whether there is anything in a bucket.
    pub fn has(&mut self, rows: &mut Rows, bucket: u16) -> Result<bool, Error> {
        let filled = match &mut self.filled {
            Some(filled) => filled,
            None => {
                let mut found = Box::new([0; WORDS]);
                rows.scan(&self.table, &(), Order::Ascending, |bucket: u16, (): &()| {
                    mark(&mut found, bucket);
                    true
                })?;
                self.filled.insert(found)
            }
        };
        Ok(filled.get(usize::from(bucket / BITS)).is_some_and(|word| word >> (bucket % BITS) & 1 == 1))
    }

    /// Puts something into a bucket.
    pub fn fill(&mut self, rows: &mut Rows, bucket: u16) -> Result<(), Error> {
        if let Some(filled) = &mut self.filled {
            mark(filled, bucket);
        }
        rows.put(&self.table, bucket, ())
    }
}

fn mark(filled: &mut [u64; WORDS], bucket: u16) {
    if let Some(word) = filled.get_mut(usize::from(bucket / BITS)) {
        *word |= 1 << (bucket % BITS);
    }
}
