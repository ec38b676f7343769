//! Folds a part of one record. Where that cannot be done the error names the record, and tells what lies on the disk from what the rules say.

use super::folding::Folding;
use crate::code::Code;
use crate::disk;
use crate::entry::Row;
use crate::log::{self, Record};
use crate::source::{self, Source, Table};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Folds a part of a record of a partition, whose event is as it is folded; whether the record is whole. After an error the fold is worth
/// nothing: how much of it the record has changed is not known.
pub(super) fn part<F: Folding>(
    fold: &mut F,
    source: &dyn Source,
    partition: u32,
    (record, event): (&Record, &[u8]),
    rows: &mut Vec<Row>,
) -> Result<bool, log::Error> {
    let watched = Watched { source, failed: Cell::new(false) };
    let folded = catch_unwind(AssertUnwindSafe(|| fold.part(&watched, record.offset, event, rows)));
    match folded {
        Ok(Ok(is_whole)) => Ok(is_whole),
        Ok(Err(error)) if watched.failed.get() => Err(at(partition, record, damaged(&error))),
        Ok(Err(error)) => Err(at(partition, record, unfoldable(&error.0))),
        Err(panic) => Err(at(partition, record, unfoldable(panic_text(&*panic)))),
    }
}

/// An error that was met at a record, and names it.
pub(super) fn at(partition: u32, record: &Record, error: log::Error) -> log::Error {
    log::Error::new(error.code, format!("record {partition}:{}: {}", record.offset, error.detail))
}

/// State that cannot be read is damage, unless the system says otherwise: one file too many passes.
pub(super) fn damaged(error: &source::Error) -> log::Error {
    log::Error::new(disk::code_of_words(&error.0).unwrap_or(Code::Corrupt), error.to_string())
}

/// All that was read is what was written, and the rules make nothing of it. The same record comes again from any backup.
fn unfoldable(why: &str) -> log::Error {
    let way_out = "nothing behind it is folded; keep the record and report it: a later version folds it";
    log::Error::new(Code::FoldFailed, format!("this version cannot fold it: {why}; {way_out}"))
}

/// What a panic says.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}

/// Committed state that knows whether a read of it failed.
struct Watched<'a> {
    source: &'a dyn Source,
    failed: Cell<bool>,
}

impl Watched<'_> {
    fn watch<T>(&self, read: Result<T, source::Error>) -> Result<T, source::Error> {
        read.inspect_err(|_| self.failed.set(true))
    }
}

impl Source for Watched<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, source::Error> {
        self.watch(self.source.get(table, key))
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), source::Error> {
        self.watch(self.source.scan(table, prefix, visit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Changes, Error, Nothing};
    use schemas::time::Date;

    /// Reads before each record, and fails or panics where that says so.
    struct Reads;

    impl Folding for Reads {
        fn open(_partition: u32, _partitions: u32, _source: &dyn Source) -> Result<Self, Error> {
            Ok(Self)
        }

        fn record(&mut self, source: &dyn Source, _offset: i64, value: &[u8], _rows: &mut Vec<Row>) -> Result<(), Error> {
            source.get(Table::Partition, &[])?;
            assert_ne!(value, b"panic", "it cannot be borne");
            if value == b"rule" { Err(Error("a rule that must hold does not".to_owned())) } else { Ok(()) }
        }

        fn changes(&mut self, _changes: &mut Changes) -> Result<(), Error> {
            Ok(())
        }

        fn next_entry(&self) -> u64 {
            0
        }

        fn open_date(&self) -> Option<Date> {
            None
        }
    }

    /// Says the same of whatever is read.
    struct Says(&'static str);

    impl Source for Says {
        fn get(&self, _table: Table, _key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
            Err(Error(self.0.to_owned()))
        }

        fn scan(&self, _table: Table, _prefix: &[u8], _visit: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
            Err(Error(self.0.to_owned()))
        }
    }

    #[test]
    fn what_is_wrong_of_a_record_is_told_from_what_is_wrong_of_the_disk() {
        let told = |source: &dyn Source, value: &str| {
            let record = Record { offset: 42, key: None, value: value.as_bytes().to_vec() };
            part(&mut Reads, source, 3, (&record, &record.value), &mut Vec::new()).map_err(|error| (error.code, error.detail))
        };
        assert_eq!(told(&Nothing, "fine"), Ok(true));
        for (source, value, code, words) in [
            (&Nothing as &dyn Source, "rule", Code::FoldFailed, "this version cannot fold it: a rule that must hold does not; nothing behind it"),
            (&Nothing, "panic", Code::FoldFailed, "it cannot be borne"),
            (&Says("block 7 is gone"), "rule", Code::Corrupt, "state of the ledger cannot be read: block 7 is gone"),
            (&Says("Too many open files"), "fine", Code::TooManyFiles, "state of the ledger cannot be read"),
        ] {
            let (told, detail) = told(source, value).expect_err(value);
            assert_eq!(told, code, "{detail}");
            assert!(detail.starts_with("record 3:42: ") && detail.contains(words), "{detail}");
        }
    }
}
