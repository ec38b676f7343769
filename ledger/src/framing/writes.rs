//! Logs of writes: whether one ends, or is damaged and went on behind that.
//!
//! Where a record is not whole, RocksDB takes what lies before it and drops the rest without a word. That is right after a kill or a power
//! cut, where the record was the one that was being written. Of a log that was damaged later it drops what had been kept, and whoever reads it
//! must be told. A record is damaged, and no end, where another lies behind it, in its log or in a later one, or where it is there in
//! its whole length.

use super::{BLOCK_BYTES, HEADER_BYTES, RECYCLED_KINDS, blocks, whole};
use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

/// Of so many bytes a disk writes all or none.
const SECTOR_BYTES: usize = 512;

/// Where a log of writes is damaged: what was written from there on is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The log.
    pub file: PathBuf,
    /// Where the record begins that is not what was written.
    pub byte: u64,
}

impl Display for Gap {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} is damaged from byte {} on", self.file.display(), self.byte)
    }
}

/// What is found in one log.
#[derive(Default)]
struct Walked {
    has_records: bool,
    /// Where its first record begins that is not whole.
    broken: Option<u64>,
    /// Whether that is damage by what lies in this log alone.
    is_damage: bool,
}

/// Reads the logs of a directory, and answers where the first one is damaged.
///
/// # Errors
/// A record is of a kind that RocksDB does not find its way out of.
pub(super) fn gap(directory: &Path) -> Result<Option<Gap>, String> {
    let Ok(files) = std::fs::read_dir(directory) else { return Ok(None) };
    // Listed before the first is read: what another process has gone on from is written to its end by then.
    let mut logs: Vec<(u64, PathBuf)> = files.flatten().filter_map(|file| numbered(file.path())).collect();
    logs.sort_unstable();
    let (mut gap, mut end) = (None, None);
    for (_, file) in logs {
        let Walked { has_records, broken, is_damage } = walk(&file)?;
        if has_records {
            // What was taken for the end of an earlier log is none.
            gap = gap.or(end.take());
        }
        if let Some(byte) = broken {
            let found = Some(Gap { file, byte });
            if is_damage {
                gap = gap.or(found);
            } else {
                end = end.or(found);
            }
        }
    }
    Ok(gap)
}

/// A log of writes, and its number.
fn numbered(path: PathBuf) -> Option<(u64, PathBuf)> {
    let number = path.extension().filter(|extension| *extension == "log").and(path.file_stem())?.to_str()?.parse().ok()?;
    Some((number, path))
}

fn walk(path: &Path) -> Result<Walked, String> {
    let (mut walked, mut before) = (Walked::default(), 0);
    blocks(path, |block| {
        let begun = records(block)?;
        let rest = block.get(begun..).unwrap_or_default();
        // A block ends where no header has room any more; the last one with its last record.
        let is_ended = rest.is_empty() || (block.len() == BLOCK_BYTES && rest.len() < HEADER_BYTES);
        if walked.broken.is_some() {
            walked.is_damage |= begun > 0;
        } else {
            walked.has_records |= begun > 0;
            if !is_ended {
                walked.broken = Some(before + begun as u64);
                walked.is_damage = is_there(block, begun) || is_followed(rest);
            }
        }
        before += block.len() as u64;
        Ok(())
    })?;
    Ok(walked)
}

/// How many bytes of whole records a block begins with.
fn records(block: &[u8]) -> Result<usize, &'static str> {
    let mut end = 0;
    loop {
        let rest = block.get(end..).unwrap_or_default();
        if rest.get(HEADER_BYTES - 1).is_some_and(|kind| RECYCLED_KINDS.contains(kind)) {
            return Err("a record of a kind that is not written here");
        }
        let Some(bytes) = whole(rest) else { return Ok(end) };
        end += bytes;
    }
}

/// Whether the record at a place of a block, which is not whole, is there up to its end: of one that was being written the end is missing, or
/// the system has put zeros in the place of sectors.
fn is_there(block: &[u8], at: usize) -> bool {
    let header = block.get(at..).and_then(|rest| rest.first_chunk::<HEADER_BYTES>());
    let Some([_, _, _, _, low, high, kind]) = header else { return false };
    let end = at + HEADER_BYTES + usize::from(u16::from_le_bytes([*low, *high]));
    let last_sector = at.max((end - 1) / SECTOR_BYTES * SECTOR_BYTES);
    *kind != 0 && block.get(last_sector..end).is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0))
}

/// Whether a whole record lies behind the first byte, wherever it begins.
fn is_followed(bytes: &[u8]) -> bool {
    (1..bytes.len()).any(|at| bytes.get(at..).and_then(whole).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::masked;
    use super::*;

    /// Bytes that do not repeat, and are no zeros.
    fn content(length: usize, seed: u8) -> Vec<u8> {
        (0..length).map(|at| ((at % 251) as u8 ^ seed) | 0x80).collect()
    }

    /// A log of records, as RocksDB writes them.
    fn log(records: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::new();
        for record in records {
            let (mut rest, mut is_first) = (record.as_slice(), true);
            loop {
                let mut left = BLOCK_BYTES - bytes.len() % BLOCK_BYTES;
                if left < HEADER_BYTES {
                    bytes.resize(bytes.len() + left, 0);
                    left = BLOCK_BYTES;
                }
                let (part, after) = rest.split_at(rest.len().min(left - HEADER_BYTES));
                let kind = match (is_first, after.is_empty()) {
                    (true, true) => 1,
                    (true, false) => 2,
                    (false, false) => 3,
                    (false, true) => 4,
                };
                let checked = [&[kind], part].concat();
                bytes.extend_from_slice(&masked(crc32c::crc32c(&checked)).to_le_bytes());
                bytes.extend_from_slice(&u16::try_from(part.len()).expect("less than a block").to_le_bytes());
                bytes.extend_from_slice(&checked);
                (rest, is_first) = (after, false);
                if rest.is_empty() {
                    break;
                }
            }
        }
        bytes
    }

    /// Where logs of these bytes are damaged: which one, and its byte.
    fn found(logs: &[&[u8]]) -> Option<(String, u64)> {
        let place = tempfile::tempdir().expect("a directory");
        for (number, bytes) in logs.iter().enumerate() {
            // The tenth is behind the ninth, whatever their names begin with.
            std::fs::write(place.path().join(format!("{}.log", 9 + number)), bytes).expect("room");
        }
        std::fs::write(place.path().join("notes.log"), "of somebody").expect("room");
        let gap = gap(place.path()).expect("of the kinds that are written")?;
        Some((gap.file.file_name().expect("a name").to_string_lossy().into_owned(), gap.byte))
    }

    #[test]
    fn a_log_that_ends_is_not_damaged_wherever_it_was_cut_off() {
        let whole = log(&[content(30, 1), content(32_700, 2), content(7, 3), content(70_000, 4), content(20, 5)]);
        assert_eq!((found(&[]), found(&[&whole]), found(&[&[]])), (None, None, None));
        for length in (0..200).chain(32_600..32_900).chain(65_500..65_560).chain(whole.len() - 60..whole.len()) {
            assert_eq!(found(&[&whole[..length]]), None, "{length} bytes");
            // The length of the file may be on the disk before what is in it.
            let mut zeros = whole[..length / SECTOR_BYTES * SECTOR_BYTES].to_vec();
            zeros.resize(whole.len() + 4096, 0);
            assert_eq!(found(&[&zeros]), None, "{length} bytes and zeros");
        }
        // The log after one is opened before anything is in it.
        assert_eq!(found(&[&whole[..whole.len() - 3], &[]]), None);
    }

    #[test]
    fn a_log_that_went_on_is_damaged_whichever_bit_was_flipped() {
        let records = [content(30, 1), content(200, 2), content(33_000, 3), content(40, 4)];
        let whole = log(&records);
        let begins: Vec<u64> = vec![0, 37, 244, 32_768, whole.len() as u64 - 47];
        let of = |byte: usize| begins.iter().copied().filter(|begin| *begin <= byte as u64).max().expect("from 0 on");
        // Some bits of a kind make one that is refused at once: that is looked at elsewhere.
        let is_kind = |byte: usize| begins.iter().any(|begin| *begin as usize + HEADER_BYTES - 1 == byte);
        for byte in (0..50).chain(240..260).chain(32_760..32_780) {
            for bit in if is_kind(byte) { 3..4 } else { 0..8 } {
                let mut flipped = whole.clone();
                flipped[byte] ^= 1 << bit;
                assert_eq!(found(&[&flipped]), Some(("9.log".to_owned(), of(byte))), "bit {bit} of byte {byte}");
            }
        }
        // The last record is there in its whole length; one that says that it is longer may have been cut off.
        let last = whole.len() - 47;
        for byte in (last..last + 4).chain(last + HEADER_BYTES..whole.len()) {
            let mut flipped = whole.clone();
            flipped[byte] ^= 1;
            assert_eq!(found(&[&flipped]), Some(("9.log".to_owned(), last as u64)), "byte {byte}");
        }
        let mut longer = whole.clone();
        longer[last + 4] ^= 0x40;
        assert_eq!(found(&[&longer]), None);
    }

    #[test]
    fn the_end_of_a_log_is_none_where_a_later_one_was_written() {
        let (first, later) = (log(&[content(30, 1), content(200, 2)]), log(&[content(30, 3)]));
        assert_eq!(found(&[&first, &later]), None);
        let cut = &first[..first.len() - 10];
        assert_eq!(found(&[cut, &later]), Some(("9.log".to_owned(), 37)));
        assert_eq!(found(&[cut, &[], &later[..later.len() - 1]]), None, "of the later one nothing is whole");
        let mut damaged = later.clone();
        damaged[10] ^= 1;
        assert_eq!(found(&[&first, &damaged, &later]), Some(("10.log".to_owned(), 0)));
    }

    #[test]
    fn whole_blocks_that_are_gone_are_damage_before_others() {
        let whole = log(&[content(100_000, 1), content(100_000, 2)]);
        let mut zeros = whole.clone();
        zeros[BLOCK_BYTES..3 * BLOCK_BYTES].fill(0);
        assert_eq!(found(&[&zeros]), Some(("9.log".to_owned(), BLOCK_BYTES as u64)));
    }
}
