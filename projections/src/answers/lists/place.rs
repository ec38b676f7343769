//! Where a row stands in a list, and what a cursor carries from page to page.

use crate::answers::page::dates;
use crate::answers::{Cursor, Error, Shard};
use crate::views::Key;
use ledger::format::bytes::{Bytes, put_number};
use schemas::time::Date;

/// Partitions whose counts a cursor carries. Of more, a payment that is completed between two pages may be passed over, or
/// told twice.
const COUNTED_MAX: usize = 256;

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The business date of its entry.
    pub date: Date,
    /// The partition.
    pub partition: u32,
    /// The entry.
    pub number: u64,
}

impl Place {
    /// Whether it stands before another: later dates do, then lower partitions, then higher entries.
    pub fn is_before(&self, other: &Self) -> bool {
        (other.date, self.partition, other.number) < (self.date, other.partition, self.number)
    }

    /// The first entry of a shard that does not stand after this place.
    pub fn below(&self, shard: &Shard<'_>) -> Result<u64, Error> {
        match shard.partition.cmp(&self.partition) {
            std::cmp::Ordering::Equal => Ok(self.number),
            std::cmp::Ordering::Greater => Ok(dates(shard, None, Some(self.date))?.end),
            std::cmp::Ordering::Less => Ok(dates(shard, None, Some(self.date.plus_days(-1)))?.end),
        }
    }
}

/// Where the next page goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resume {
    /// After this place.
    pub place: Place,
    /// How many entries each shard had when the first page was read, in the order of the shards; empty for very many.
    pub counted: Vec<u64>,
}

impl Resume {
    /// As a cursor.
    pub fn write(self) -> Cursor {
        let Place { date, partition, number } = self.place;
        let mut bytes = (date, partition, number).bytes();
        if self.counted.len() <= COUNTED_MAX {
            self.counted.iter().for_each(|count| put_number(&mut bytes, *count));
        }
        Cursor::of_bytes(bytes)
    }

    /// Reads what [`Resume::write`] wrote for so many shards.
    pub fn read(cursor: &Cursor, shards: usize) -> Result<Self, Error> {
        let mut from = cursor.as_bytes();
        let (date, partition, number) = <(Date, u32, u64)>::decode(&mut from).ok_or(Error::BadCursor)?;
        let (mut counted, mut counts) = (Vec::with_capacity(shards.min(COUNTED_MAX)), Bytes::new(from));
        while !counts.is_empty() {
            counted.push(counts.number().map_err(|_| Error::BadCursor)?);
        }
        if !counted.is_empty() && counted.len() != shards {
            return Err(Error::BadCursor);
        }
        Ok(Self { place: Place { date, partition, number }, counted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(day: i32, partition: u32, number: u64) -> Place {
        Place { date: Date::from_days(20_000 + day), partition, number }
    }

    #[test]
    fn later_dates_stand_before_then_lower_partitions_then_higher_entries() {
        let order = [place(2, 1, 5), place(1, 0, 9), place(1, 0, 8), place(1, 3, 40), place(0, 0, 1)];
        for (at, one) in order.iter().enumerate() {
            for (other_at, other) in order.iter().enumerate() {
                assert_eq!(one.is_before(other), at < other_at, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_cursor_comes_back_and_is_of_so_many_shards() {
        let resume = Resume { place: place(3, 2, u64::MAX), counted: vec![0, 127, 128, u64::MAX] };
        let cursor = resume.clone().write();
        assert_eq!(Resume::read(&cursor, 4).expect("a cursor"), resume);
        assert!(matches!(Resume::read(&cursor, 5), Err(Error::BadCursor)));
        assert!(matches!(Resume::read(&Cursor::at(&7u64), 4), Err(Error::BadCursor)));
        let many = Resume { place: place(0, 0, 0), counted: vec![1; COUNTED_MAX + 1] }.write();
        assert!(Resume::read(&many, COUNTED_MAX + 1).expect("a cursor").counted.is_empty());
    }
}
