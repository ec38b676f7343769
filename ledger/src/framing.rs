//! Whether the frames of RocksDB's own files are whole, before RocksDB opens them: there are damages on which opening does not end
//! (a flipped bit that makes a record one of a recycled log).
//!
//! Manifests, which `CURRENT` names, and logs of writes are blocks of [`BLOCK_BYTES`] with records that each have their length,
//! their kind and a CRC-32C of kind and content. What a power cut left of the last record is no damage; of a manifest it is told
//! ([`Torn`]), and before such a one is written on, what RocksDB would remove is kept ([`repair`]). One block is in memory at a time. Of
//! logs of writes, [`writes`] tells damage from an end.

mod repair;
mod writes;

pub use repair::{Refused, before_writing, has_tables};
pub use writes::Gap;

use std::fmt::{Display, Formatter};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Bytes of a block.
const BLOCK_BYTES: usize = 32 << 10;
/// Bytes before the content of a record: checksum, length, kind.
const HEADER_BYTES: usize = 7;
/// The kinds of records: a whole one, or the first, a middle or the last part of one.
const KINDS: RangeInclusive<u8> = 1..=4;
/// Of these, the kinds that another part follows.
const FIRST_PART: u8 = 2;
const MIDDLE_PART: u8 = 3;
/// The same of a log that is written over an older one, which ours never are.
const RECYCLED_KINDS: RangeInclusive<u8> = 5..=8;

/// Checks the manifest and the logs of writes of a directory, as far as RocksDB may lose its way in them. What is not there is RocksDB's
/// own to tell.
///
/// # Errors
/// What is not as it was written.
pub fn check(directory: &Path) -> Result<(), String> {
    gap(directory).map(drop)
}

/// The same; where a log of writes is damaged, and does not merely end, answers where.
///
/// # Errors
/// As [`check`].
pub fn gap(directory: &Path) -> Result<Option<Gap>, String> {
    manifest(directory)?;
    writes::gap(directory)
}

/// A manifest that ends in the middle of a record: files that were written down from there on are no longer known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The manifest.
    pub file: PathBuf,
    /// Where the record begins.
    pub byte: u64,
}

impl Display for Torn {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} ends in the middle of a record, from byte {} on", self.file.display(), self.byte)
    }
}

/// Whether the manifest of a directory ends in the middle of a record, as a power cut within a write leaves it, and a file that was cut off.
///
/// # Errors
/// The manifest is not as it was written.
pub fn torn(directory: &Path) -> Result<Option<Torn>, String> {
    manifest(directory)
}

fn manifest(directory: &Path) -> Result<Option<Torn>, String> {
    let path = directory.join("CURRENT");
    let current = match std::fs::read_to_string(&path) {
        Ok(current) => current,
        Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
        // RocksDB would begin a new database here, and remove them.
        Err(error) if error.kind() == ErrorKind::NotFound && has_tables(directory) => {
            return Err(format!("{} is gone, and files with rows lie beside it", path.display()));
        }
        Err(_) => return Ok(None),
    };
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let name = current.strip_suffix('\n').filter(|name| name.strip_prefix("MANIFEST-").is_some_and(is_number));
    let name = name.ok_or_else(|| format!("{} does not name a manifest", path.display()))?;
    let file = directory.join(name);
    let mut walk = Walk::default();
    blocks(&file, |block| walk.block(block))?;
    Ok(walk.end().map(|byte| Torn { file, byte }))
}

/// Checks a file block by block. While another process writes, it may just have gone; what the disk does not give is RocksDB's own
/// to tell.
fn blocks(path: &Path, mut check: impl FnMut(&[u8]) -> Result<(), &'static str>) -> Result<(), String> {
    let Ok(mut file) = File::open(path) else { return Ok(()) };
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    for number in 0u64.. {
        block.clear();
        let read = file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block);
        if read.is_err() || block.is_empty() {
            break;
        }
        check(&block).map_err(|what| format!("{}: {what} in block {number}", path.display()))?;
        if block.len() < BLOCK_BYTES {
            // The end. What is appended meanwhile would be read from within a block.
            break;
        }
    }
    Ok(())
}

/// How far the records of a manifest were walked.
#[derive(Default)]
struct Walk {
    /// Bytes of the blocks before.
    before: u64,
    /// Where a record began whose last part has not come.
    begun: Option<u64>,
    /// Where one begins that is cut off.
    cut_off: Option<u64>,
}

impl Walk {
    /// Checks the records of a block.
    fn block(&mut self, block: &[u8]) -> Result<(), &'static str> {
        let is_last = block.len() < BLOCK_BYTES;
        let mut rest = block;
        while rest.len() >= HEADER_BYTES {
            let at = self.before + (block.len() - rest.len()) as u64;
            // A system that lost power has the length of a file before it has what is in it.
            if rest.iter().all(|byte| *byte == 0) {
                self.cut_off = self.cut_off.or(Some(at));
                rest = &[];
                continue;
            }
            match whole(rest) {
                Some(bytes) => {
                    self.begun = match rest.get(HEADER_BYTES - 1) {
                        Some(&FIRST_PART) => Some(at),
                        Some(&MIDDLE_PART) => self.begun,
                        Some(_) | None => None,
                    };
                    rest = rest.get(bytes..).unwrap_or_default();
                }
                // The last block may end within its last record; that is told from a wrong length by what follows.
                None if is_last && is_cut_off(rest) => {
                    self.cut_off = self.cut_off.or(Some(at));
                    rest = &[];
                }
                None => return Err("a record that is not what was written"),
            }
        }
        // A full block ends where no header has room any more; the last one with its last record.
        if is_last && !rest.is_empty() {
            self.cut_off = self.cut_off.or(Some(self.before + (block.len() - rest.len()) as u64));
        }
        self.before += block.len() as u64;
        Ok(())
    }

    /// Where the record begins that the file ends within.
    fn end(&self) -> Option<u64> {
        self.begun.or(self.cut_off)
    }
}

/// How many bytes the record takes that bytes begin with, where it is whole.
fn whole(bytes: &[u8]) -> Option<usize> {
    let ([a, b, c, d, low, high, kind], _) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let end = HEADER_BYTES + usize::from(u16::from_le_bytes([*low, *high]));
    let checked = bytes.get(HEADER_BYTES - 1..end)?;
    (KINDS.contains(kind) && masked(crc32c::crc32c(checked)) == u32::from_le_bytes([*a, *b, *c, *d])).then_some(end)
}

/// Whether a record that is not whole was being written when the power went: it is longer than what is there, would not be whole
/// with the length of what is there, and nothing follows it.
fn is_cut_off(bytes: &[u8]) -> bool {
    let Some(([a, b, c, d, low, high, kind], content)) = bytes.split_first_chunk::<HEADER_BYTES>() else { return true };
    let checked = bytes.get(HEADER_BYTES - 1..).unwrap_or_default();
    let is_longer = content.len() < usize::from(u16::from_le_bytes([*low, *high]));
    let is_whole = masked(crc32c::crc32c(checked)) == u32::from_le_bytes([*a, *b, *c, *d]);
    is_longer && KINDS.contains(kind) && !is_whole && (1..bytes.len()).all(|at| bytes.get(at..).and_then(whole).is_none())
}

/// As RocksDB keeps a checksum, so that one of a text with checksums in it is sound.
const fn masked(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(directory: &Path) -> std::path::PathBuf {
        let current = std::fs::read_to_string(directory.join("CURRENT")).expect("a name");
        directory.join(current.trim_end())
    }

    #[test]
    fn every_flipped_bit_is_found_and_what_a_power_cut_leaves_is_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let journal = crate::journal::Journal::open(directory.path(), &crate::journal::Shared::new(crate::journal::Settings::default()));
        drop(journal.expect("a new directory"));
        assert_eq!(super::manifest(directory.path()), Ok(None));
        let path = named(directory.path());
        let whole = std::fs::read(&path).expect("readable");
        let mut unfound = Vec::new();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, flipped).expect("writable");
            if super::manifest(directory.path()).is_ok() {
                unfound.push(bit / 8);
            }
        }
        assert_eq!(unfound, [0usize; 0], "of {} bytes", whole.len());
        // A power cut may end it anywhere within its last record.
        let cut_off = |bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("writable");
            assert!(super::check(directory.path()).is_ok(), "it is no damage");
            super::torn(directory.path()).expect("no damage").map(|torn| torn.byte)
        };
        let last = cut_off(&whole[..whole.len() - 1]).expect("the last record is not whole");
        for cut in 2..6 {
            assert_eq!(cut_off(&whole[..whole.len() - cut]), Some(last), "{cut} bytes are missing");
        }
        let last_begins = usize::try_from(last).expect("a short file");
        assert_eq!((cut_off(&whole), cut_off(&whole[..last_begins])), (None, None), "records end there");
        assert_eq!(cut_off(&whole[..last_begins + 3]), Some(last), "not even its header is whole");
        assert_eq!(cut_off(&[&whole[..last_begins], &[0; 20][..]].concat()), Some(last), "its length alone is there");
        for wrong in ["", "MANIFEST-000005", "MANIFEST-00000x\n", "LOG\n", "../MANIFEST-000005\n"] {
            std::fs::write(directory.path().join("CURRENT"), wrong).expect("writable");
            assert!(super::manifest(directory.path()).is_err(), "{wrong:?}");
        }
        assert_eq!(super::manifest(Path::new("/nowhere")), Ok(None));
        std::fs::remove_file(directory.path().join("CURRENT")).expect("there");
        std::fs::write(directory.path().join("000099.sst"), "rows").expect("writable");
        assert!(super::manifest(directory.path()).is_err_and(|what| what.contains("CURRENT is gone")));
    }

    #[test]
    fn a_record_of_a_recycled_log_is_found_and_the_rest_is_left_to_rocksdb() {
        let directory = tempfile::tempdir().expect("a directory");
        let journal = crate::journal::Journal::open(directory.path(), &crate::journal::Shared::new(crate::journal::Settings::default()));
        drop(journal.expect("a new directory"));
        // Frames are frames, whatever is in them.
        let whole = std::fs::read(named(directory.path())).expect("readable");
        let place = tempfile::tempdir().expect("a directory");
        let told = |byte: usize, bit: u8| {
            let mut flipped = whole.clone();
            flipped[byte] ^= bit;
            std::fs::write(place.path().join("000004.log"), flipped).expect("writable");
            super::writes::gap(place.path()).map(|gap| gap.map(|gap| gap.byte))
        };
        assert_eq!(told(0, 0), Ok(None), "whole");
        assert!(told(6, 4).is_err(), "of a recycled log");
        assert_eq!((told(6, 8), told(9, 1), told(4, 1)), (Ok(Some(0)), Ok(Some(0)), Ok(Some(0))), "others follow");
    }
}
