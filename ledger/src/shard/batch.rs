//! A batch of records: as many as are there, within bounds.

use crate::log::{Error, Log, Reader, Record};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What bounds a batch: a commit costs much the same whatever its size, and nobody should wait long for a large one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Records.
    pub records: usize,
    /// Bytes of their keys and values; the last record may go beyond.
    pub bytes: usize,
    /// Entries that are committed together; the last record may go beyond, as a day close does.
    pub entries: usize,
    /// Bytes of entries that are kept in memory for who follows the journal; beyond them, followers read it.
    pub kept_bytes: usize,
    /// How long the first record of a batch waits for more, where many came with it.
    pub linger: Duration,
    /// Records of a first fetch from which on a batch waits for more: whoever sends one at a time waits for the answer.
    pub linger_from: usize,
    /// How long the first record of a batch rests before more are fetched, while records come densely and nobody waits for them.
    pub rest: Duration,
}

/// Records that the shards of a process have in hand together: a commit of very many costs no less a record than one of these.
const RECORDS_TOGETHER: usize = 65_536;
/// However many shards there are: a commit of fewer costs much a record.
const RECORDS_MIN: usize = 1_024;
/// However little memory there is: a batch has room for a few records.
const BYTES_MIN: usize = 64 << 10;
/// What a record takes in memory while it is folded, by the bytes that came: as it came, and as an event.
pub(super) const BYTES_IN_HAND: usize = 2;

impl Bounds {
    /// The bounds of one of so many shards that have so many bytes together for what they have in hand. A quarter of its share is for the
    /// records of a batch; a quarter each for the entries of the batch that is being folded and of the one that a follower
    /// takes over. The last is left to the pages of the journal that followers read.
    pub fn of_one_in(shards: u32, bytes_together: usize) -> Self {
        let (all, shards) = (Self::default(), usize::try_from(shards.max(1)).unwrap_or(usize::MAX));
        let records = (RECORDS_TOGETHER / shards).clamp(RECORDS_MIN, all.records);
        let quarter = bytes_together / shards / 4;
        // Records of four kilobytes are large.
        let bytes = all.bytes.min(records << 12).min(quarter / BYTES_IN_HAND).max(BYTES_MIN);
        Self { records, bytes, entries: all.entries.min(records << 2), kept_bytes: quarter, ..all }
    }
}

/// How long a rest goes on before it is asked whether it is enough: somebody may have begun to wait.
const REST_STEP: Duration = Duration::from_millis(2);

impl Default for Bounds {
    fn default() -> Self {
        Self {
            records: 16_384,
            bytes: 16 << 20,
            entries: 65_536,
            kept_bytes: 64 << 20,
            linger: Duration::from_millis(5),
            linger_from: 64,
            rest: Duration::from_millis(80),
        }
    }
}

/// A batch as it is folded.
pub(super) struct Batch {
    pub records: Vec<Record>,
    /// What records say as JSON that were sent in another encoding, by their place.
    plain: HashMap<usize, Vec<u8>>,
}

impl Batch {
    /// Of records, up to the first whose encoding cannot be read now, and why that is.
    pub fn of(log: &dyn Log, partition: u32, mut records: Vec<Record>) -> (Self, Option<Error>) {
        let (mut plain, mut met) = (HashMap::new(), None);
        for (place, record) in records.iter().enumerate() {
            match log.plain(partition, record) {
                Ok(None) => {}
                Ok(Some(event)) => drop(plain.insert(place, event)),
                Err(error) => {
                    met = Some((place, error));
                    break;
                }
            }
        }
        let met = met.map(|(place, error)| {
            records.truncate(place);
            error
        });
        (Self { records, plain }, met)
    }

    /// Bytes of keys and values, as they came.
    pub fn bytes(&self) -> usize {
        let plain: usize = self.plain.values().map(Vec::len).sum();
        plain + self.records.iter().map(|record| record.value.len() + record.key.as_ref().map_or(0, Vec::len)).sum::<usize>()
    }

    /// The event of a record.
    pub fn event<'a>(&'a self, place: usize, record: &'a Record) -> &'a [u8] {
        if self.plain.is_empty() { &record.value } else { self.plain.get(&place).unwrap_or(&record.value) }
    }
}

/// Fetches records from `next` on; whatever lies below, a log may give again, and is left out. Waits at most `wait` for
/// the first, and rests after it for as long as `rest`, which is told how long it did, says so. An error is answered only where nothing was
/// fetched before it: the next call meets it again.
pub(super) fn collect(
    reader: &mut dyn Reader,
    next: i64,
    bounds: &Bounds,
    wait: Duration,
    mut rest: impl FnMut(Duration) -> bool,
) -> Result<Vec<Record>, Error> {
    let (mut batch, mut bytes, mut next, mut wait) = (Vec::new(), 0usize, next, wait);
    let (mut deadline, mut has_rested) = (None, false);
    loop {
        let asked = bounds.records.max(1) - batch.len();
        let fetched = match reader.fetch(asked, wait) {
            Ok(fetched) => fetched,
            Err(error) if batch.is_empty() => return Err(error),
            Err(_) => return Ok(batch),
        };
        for record in fetched {
            if record.offset >= next {
                next = record.offset.saturating_add(1);
                bytes = bytes.saturating_add(record.value.len() + record.key.as_ref().map_or(0, Vec::len));
                batch.push(record);
            }
        }
        // A log may answer more than it was asked for; all of it is taken, and nothing more is asked.
        if batch.is_empty() || batch.len() >= bounds.records || bytes >= bounds.bytes {
            return Ok(batch);
        }
        // What comes meanwhile is fetched at once, instead of each by itself.
        if !std::mem::replace(&mut has_rested, true) {
            let came = Instant::now();
            let mut rested = false;
            while rest(came.elapsed()) {
                std::thread::sleep(REST_STEP);
                rested = true;
            }
            if rested {
                wait = Duration::ZERO;
                continue;
            }
        }
        if deadline.is_none() && batch.len() < bounds.linger_from {
            return Ok(batch);
        }
        let now = Instant::now();
        wait = deadline.get_or_insert(now + bounds.linger).saturating_duration_since(now);
        if wait.is_zero() {
            return Ok(batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Code;
    use std::collections::VecDeque;

    struct Script(VecDeque<Result<Vec<i64>, Code>>);

    impl Reader for Script {
        fn fetch(&mut self, _max: usize, _wait: Duration) -> Result<Vec<Record>, Error> {
            match self.0.pop_front().unwrap_or(Ok(Vec::new())) {
                Ok(offsets) => Ok(offsets.into_iter().map(|offset| Record { offset, key: None, value: vec![0; 10] }).collect()),
                Err(code) => Err(Error::new(code, "scripted")),
            }
        }

        fn position(&self) -> i64 {
            0
        }
    }

    fn offsets(script: &mut Script, next: i64, bounds: &Bounds) -> Result<Vec<i64>, Code> {
        match collect(script, next, bounds, Duration::ZERO, |_| false) {
            Ok(batch) => Ok(batch.iter().map(|record| record.offset).collect()),
            Err(error) => Err(error.code),
        }
    }

    #[test]
    fn repeated_records_are_left_out_and_gaps_are_allowed() {
        let bounds = Bounds { records: 6, linger: Duration::from_secs(60), linger_from: 1, ..Bounds::default() };
        let mut script = Script([Ok(vec![3, 4, 5, 6]), Ok(vec![5, 6, 9]), Ok(vec![9, 12, 13, 14])].into());
        assert_eq!(offsets(&mut script, 5, &bounds), Ok(vec![5, 6, 9, 12, 13, 14]));
    }

    #[test]
    fn few_records_wait_for_no_more() {
        let bounds = Bounds { linger: Duration::from_secs(60), linger_from: 3, records: 8, ..Bounds::default() };
        let mut script = Script([Ok(vec![0, 1]), Ok(vec![2, 3, 4]), Ok(vec![5, 6, 7, 8, 9])].into());
        assert_eq!(offsets(&mut script, 0, &bounds), Ok(vec![0, 1]));
        assert_eq!(offsets(&mut script, 2, &bounds), Ok(vec![2, 3, 4, 5, 6, 7, 8, 9]));
    }

    #[test]
    fn what_comes_while_a_batch_rests_is_in_it() {
        let rest = |rested| rested < Duration::from_millis(1);
        let mut script = Script([Ok(vec![0]), Ok(vec![1, 2]), Ok(vec![3])].into());
        let batch = collect(&mut script, 0, &Bounds::default(), Duration::ZERO, rest).expect("fetched");
        assert_eq!(batch.iter().map(|record| record.offset).collect::<Vec<_>>(), [0, 1, 2]);
        let mut nothing = Script([Ok(vec![]), Ok(vec![1])].into());
        assert!(collect(&mut nothing, 0, &Bounds::default(), Duration::ZERO, |_| true).expect("fetched").is_empty(), "nothing rests");
    }

    #[test]
    fn shards_share_what_they_may_have_in_hand() {
        for (shards, mebibytes) in [(1, 64), (2, 384), (12, 384), (64, 64), (1024, 64)] {
            let (together, bounds) = (mebibytes << 20, Bounds::of_one_in(shards, mebibytes << 20));
            let each = bounds.bytes * BYTES_IN_HAND + bounds.kept_bytes * 2;
            let least = BYTES_MIN * BYTES_IN_HAND * shards as usize;
            assert!(each * shards as usize <= (together / 4 * 3).max(least + together / 2), "{shards} shards, {mebibytes} MiB: {bounds:?}");
            assert!(bounds.records >= RECORDS_MIN && bounds.bytes >= BYTES_MIN, "{bounds:?}");
        }
        assert_eq!(Bounds::of_one_in(2, 384 << 20).bytes, Bounds::default().bytes, "what two shards fold at a time is as it was");
    }

    #[test]
    fn bytes_bound_a_batch() {
        let bounds = Bounds { bytes: 25, linger: Duration::from_secs(60), linger_from: 1, ..Bounds::default() };
        let mut script = Script([Ok(vec![0]), Ok(vec![1]), Ok(vec![2]), Ok(vec![3])].into());
        assert_eq!(offsets(&mut script, 0, &bounds), Ok(vec![0, 1, 2]));
        assert_eq!(script.0.len(), 1);
    }

    #[test]
    fn an_error_does_not_lose_what_came_before_it() {
        let bounds = Bounds { linger: Duration::from_secs(60), linger_from: 1, ..Bounds::default() };
        let mut script = Script([Ok(vec![0]), Err(Code::KafkaUnreachable), Err(Code::KafkaUnreachable)].into());
        assert_eq!(offsets(&mut script, 0, &bounds), Ok(vec![0]));
        assert_eq!(offsets(&mut script, 1, &bounds), Err(Code::KafkaUnreachable));
    }
}
