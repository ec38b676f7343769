//! Whether a RocksDB directory's own account of its files is whole, before RocksDB opens it: there are damages of a manifest on
//! which opening does not end (a flipped bit that makes a record one of a recycled log).
//!
//! `CURRENT` names the manifest. That is blocks of [`BLOCK_BYTES`] with records that each have their length, their kind and a
//! CRC-32C of kind and content. What a power cut left of the last record is no damage. One block is in memory at a time.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Bytes of a block.
const BLOCK_BYTES: usize = 32 << 10;
/// Bytes before the content of a record: checksum, length, kind.
const HEADER_BYTES: usize = 7;
/// What kinds a manifest has: a whole record, or the first, a middle or the last part of one.
const KINDS: std::ops::RangeInclusive<u8> = 1..=4;

/// Checks the manifest of a directory. One that is not there is RocksDB's own to tell.
///
/// # Errors
/// What is not as it was written.
pub fn check(directory: &Path) -> Result<(), String> {
    let current = match std::fs::read_to_string(directory.join("CURRENT")) {
        Ok(current) => current,
        Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
        Err(_) => return Ok(()),
    };
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let name = current.strip_suffix('\n').filter(|name| name.strip_prefix("MANIFEST-").is_some_and(is_number));
    let name = name.ok_or_else(|| format!("{} does not name a manifest", directory.join("CURRENT").display()))?;
    let path = directory.join(name);
    // While another process writes, the next one may just have taken its place.
    let Ok(mut file) = File::open(&path) else { return Ok(()) };
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    for number in 0u64.. {
        block.clear();
        let read = file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block);
        // What the disk does not give is RocksDB's own to tell, too.
        if read.is_err() || block.is_empty() {
            break;
        }
        records(&block).map_err(|what| format!("{}: {what} in block {number}", path.display()))?;
    }
    Ok(())
}

/// Checks the records of a block.
fn records(block: &[u8]) -> Result<(), &'static str> {
    let mut rest = block;
    while rest.len() >= HEADER_BYTES {
        if rest.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        match whole(rest) {
            Some(bytes) => rest = rest.get(bytes..).unwrap_or_default(),
            // The last block may end within its last record; that is told from a wrong length by what follows.
            None if block.len() < BLOCK_BYTES && is_cut_off(rest) => return Ok(()),
            None => return Err("a record that is not what was written"),
        }
    }
    Ok(())
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

    fn manifest(directory: &Path) -> std::path::PathBuf {
        let current = std::fs::read_to_string(directory.join("CURRENT")).expect("a name");
        directory.join(current.trim_end())
    }

    #[test]
    fn every_flipped_bit_is_found_and_what_a_power_cut_leaves_is_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let journal = crate::journal::Journal::open(directory.path(), &crate::journal::Shared::new(crate::journal::Settings::default()));
        drop(journal.expect("a new directory"));
        assert_eq!(check(directory.path()), Ok(()));
        let path = manifest(directory.path());
        let whole = std::fs::read(&path).expect("readable");
        let mut unfound = Vec::new();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, flipped).expect("writable");
            if check(directory.path()).is_ok() {
                unfound.push(bit / 8);
            }
        }
        assert_eq!(unfound, [0usize; 0], "of {} bytes", whole.len());
        // A power cut may end it anywhere within its last record.
        for cut in 1..6 {
            std::fs::write(&path, &whole[..whole.len() - cut]).expect("writable");
            assert_eq!(check(directory.path()), Ok(()), "{cut} bytes are missing");
        }
        for wrong in ["", "MANIFEST-000005", "MANIFEST-00000x\n", "LOG\n", "../MANIFEST-000005\n"] {
            std::fs::write(directory.path().join("CURRENT"), wrong).expect("writable");
            assert!(check(directory.path()).is_err(), "{wrong:?}");
        }
        assert_eq!(check(Path::new("/nowhere")), Ok(()));
    }
}
