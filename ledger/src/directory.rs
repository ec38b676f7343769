//! The data directory: what is in it, and what should be.
//!
//! | path | what |
//! |---|---|
//! | `ledger.json` | which ledger this is: its log and the number of its partitions ([`Ledger`]) |
//! | `0007/journal` · `0007/views` | the shard of partition 7: its journal, and what is told of it |
//! | `0007/tree` | the hashes over the entries of its journal, see [`crate::tree`]; reckoned again where it is gone |
//! | `log` | the embedded log, where there is one |
//! | `log.before-repair-1` · `0007/journal.before-repair-1` | what was there before a database was opened whose manifest was cut off; nobody reads it |
//! | `hooks` | webhooks, a file each, where the log is embedded; they have secrets in them |
//! | `restore.incomplete` | only while `restore` fills the directory |
//!
//! `ledger.json` is written once everything is there for the first time. From then on a shard's directory that is gone, or
//! that is of another ledger, is known to be. A journal says by itself of which partition and of which log it is.

use crate::disk;
use crate::log::{Code, Error};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The file that says which ledger a directory is of.
pub const LEDGER_FILE: &str = "ledger.json";
/// The directory of the embedded log.
pub const LOG_DIRECTORY: &str = "log";
/// The file that is there while `restore` fills a directory.
pub const INCOMPLETE_FILE: &str = "restore.incomplete";

/// The layout of the directory.
const FORMAT: u32 = 1;
/// No such file is longer.
const LEDGER_BYTES_MAX: u64 = 1 << 20;
/// Bytes that are read of a file at a time.
const READ_BYTES: usize = 1 << 20;

/// Which log a ledger is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// The one in the directory.
    Embedded,
    /// A topic of Kafka.
    Kafka,
}

/// What `ledger.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    format: u32,
    /// How many partitions the log has, and so how many shards there are.
    pub partitions: u32,
    /// Which kind of log.
    pub log: LogKind,
    /// What tells the log from another of the same name; see [`crate::log::Log::identity`].
    pub identity: String,
    /// Whether records may be framed by ids of a schema registry, without which it cannot be folded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_framed: bool,
    /// From which offset of each partition on they may be: below, they are as they come. Empty: from the first one on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub framed_from: Vec<i64>,
    /// The first 16 hexadecimal digits of BLAKE3 over the rest.
    check: String,
}

impl Ledger {
    /// Of a log.
    pub fn new(partitions: u32, log: LogKind, identity: String) -> Self {
        let mut ledger = Self { format: FORMAT, partitions, log, identity, is_framed: false, framed_from: Vec::new(), check: String::new() };
        ledger.check = ledger.reckoned();
        ledger
    }

    /// The same, saying whether records may be framed, and from which offset of each partition on.
    #[must_use]
    pub fn framed(mut self, is_framed: bool, from: Vec<i64>) -> Self {
        (self.is_framed, self.framed_from) = (is_framed, from);
        self.check = self.reckoned();
        self
    }

    fn reckoned(&self) -> String {
        let framed = if self.is_framed { "\nframed" } else { "" };
        let from: String = self.framed_from.iter().map(|offset| format!(" {offset}")).collect();
        let said = format!("{}\n{}\n{:?}\n{}{framed}{from}", self.format, self.partitions, self.log, self.identity);
        blake3::hash(said.as_bytes()).to_hex().chars().take(16).collect()
    }

    /// What a data directory says of itself; nothing where it does not yet.
    ///
    /// # Errors
    /// A backup was not restored to its end; or the file cannot be read, is damaged, or is of another format.
    pub fn read(data: &Path) -> Result<Option<Self>, Error> {
        if data.join(INCOMPLETE_FILE).exists() {
            let detail = format!("{} was cut off while a backup was restored into it; remove it and restore again", data.display());
            return Err(Error::new(Code::Corrupt, detail));
        }
        let path = data.join(LEDGER_FILE);
        let mut text = Vec::new();
        let read = std::fs::File::open(&path).and_then(|file| file.take(LEDGER_BYTES_MAX).read_to_end(&mut text));
        match read {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(failed(&path, &error)),
        }
        let damaged = |what: &str| Error::new(Code::Corrupt, format!("{}: {what}; restore the data directory from a backup", path.display()));
        let ledger: Self = serde_json::from_slice(&text).map_err(|error| damaged(&format!("it cannot be read ({error})")))?;
        if ledger.check != ledger.reckoned() {
            return Err(damaged("it is not what was written"));
        }
        if ledger.format != FORMAT {
            let detail = format!("the data directory has format {}, this program reads {FORMAT}: use the program that wrote it", ledger.format);
            return Err(Error::new(Code::OtherFormat, detail));
        }
        Ok(Some(ledger))
    }

    /// Writes it down, whole or not at all.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn write(&self, data: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::new(Code::Corrupt, error.to_string()))?;
        write_whole(&data.join(LEDGER_FILE), (text + "\n").as_bytes())
    }
}

/// Writes a file under another name, syncs it, and gives it its own: it is there whole or not at all.
///
/// # Errors
/// The disk does not take it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("new");
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|error| failed(path, &error))?;
    sync_directory(path.parent().unwrap_or(Path::new(".")))
}

/// Makes sure that the names in a directory are on the disk.
///
/// # Errors
/// The disk does not take them.
pub fn sync_directory(directory: &Path) -> Result<(), Error> {
    std::fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(|error| failed(directory, &error))
}

/// The length of a file and BLAKE3 of its bytes.
///
/// # Errors
/// It cannot be read.
pub fn hash_file(path: &Path) -> Result<(u64, blake3::Hash), Error> {
    let mut file = std::fs::File::open(path).map_err(|error| failed(path, &error))?;
    let (mut hasher, mut bytes, mut buffer) = (blake3::Hasher::new(), 0, vec![0; READ_BYTES]);
    loop {
        match file.read(&mut buffer).map_err(|error| failed(path, &error))? {
            0 => return Ok((bytes, hasher.finalize())),
            read => {
                hasher.update(buffer.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
        }
    }
}

/// Whether a path lies in a directory, or is it: also where neither is there yet, and over symbolic links.
pub fn lies_in(path: &Path, directory: &Path) -> bool {
    real(path).starts_with(real(directory))
}

/// A path without symbolic links, as far as it is there.
fn real(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut rest = Vec::new();
    let mut there = whole.as_path();
    loop {
        if let Ok(found) = there.canonicalize() {
            return rest.iter().rev().fold(found, |path, name| path.join(name));
        }
        match (there.parent(), there.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name.to_owned());
                there = parent;
            }
            _ => return whole,
        }
    }
}

/// What the system says of a path.
pub fn failed(path: &Path, error: &std::io::Error) -> Error {
    let code = disk::code_of(error);
    Error::new(code, format!("{}: {error}; {}", path.display(), disk::way_out(code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_directory_says_of_itself_is_read_again_and_every_flipped_bit_noticed() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(Ledger::read(directory.path()).expect("readable"), None);
        let ledger = Ledger::new(12, LogKind::Embedded, "id:1".to_owned()).framed(true, vec![7, 0]);
        ledger.write(directory.path()).expect("room");
        assert_eq!(Ledger::read(directory.path()).expect("readable"), Some(ledger.clone()));
        let path = directory.path().join(LEDGER_FILE);
        let bytes = std::fs::read(&path).expect("readable");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &damaged).expect("room");
            let read = Ledger::read(directory.path());
            // White space has no meaning.
            assert!(read.is_err() || read.is_ok_and(|read| read.as_ref() == Some(&ledger)), "bit {bit}");
        }
    }

    #[test]
    fn a_directory_that_was_not_restored_to_its_end_says_so() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join(INCOMPLETE_FILE), "").expect("room");
        let cut_off = || Ledger::read(directory.path()).expect_err("it is not whole").detail;
        assert!(cut_off().contains("restore again"), "{}", cut_off());
        Ledger::new(12, LogKind::Embedded, "id:1".to_owned()).write(directory.path()).expect("room");
        assert!(cut_off().contains("restore again"), "{}", cut_off());
        std::fs::remove_file(directory.path().join(INCOMPLETE_FILE)).expect("removed");
        assert!(Ledger::read(directory.path()).expect("readable").is_some());
    }

    #[test]
    fn a_path_lies_in_a_directory_also_over_links_and_before_it_is_there() {
        let place = tempfile::tempdir().expect("a directory");
        let data = place.path().join("data");
        std::fs::create_dir(&data).expect("room");
        assert!(lies_in(&data, &data) && lies_in(&data.join("a/b"), &data) && lies_in(&data.join("a/../b"), &data));
        assert!(!lies_in(&place.path().join("data2"), &data) && !lies_in(place.path(), &data));
        #[cfg(unix)]
        {
            let link = place.path().join("link");
            std::os::unix::fs::symlink(&data, &link).expect("a link");
            assert!(lies_in(&link.join("backup"), &data));
        }
    }
}
