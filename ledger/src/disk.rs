//! What the system says of a disk, as stable codes: a full disk, a missing right and a directory that is in use are not
//! damage, and each has another way out.
//!
//! RocksDB passes on in words what the system told it, so those are read; [`std::io::Error`] says it as a kind.

use crate::code::Code;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// What is kept free of a disk, in bytes: nothing is written that would leave less. A database that met a full disk in the
/// middle of a write must be opened again; one that never meets it goes on as soon as there is room. The log keeps most, so
/// that what it still takes can be folded and viewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserve {
    /// The embedded log.
    Log,
    /// A journal.
    Journal,
    /// Views.
    Views,
}

impl Reserve {
    const fn bytes(self) -> u64 {
        match self {
            Self::Log => 12 << 20,
            Self::Journal => 6 << 20,
            Self::Views => 3 << 20,
        }
    }

    /// Whether so many bytes can be written in a directory; else how many are left and needed.
    ///
    /// # Errors
    /// There is no room, in words. A system that does not say how much is left is not in the way.
    pub fn room(self, directory: &Path, bytes: usize) -> Result<(), String> {
        let Some(Space { free: left, .. }) = Space::of(directory) else { return Ok(()) };
        // Written once to the log of writes, and once more to a file.
        let needed = self.bytes().saturating_add((bytes as u64).saturating_mul(2));
        if left >= needed {
            return Ok(());
        }
        Err(format!("{} has {left} bytes left, {needed} are needed", directory.display()))
    }
}

/// The disk that a directory lies on, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What the service's user may still write.
    pub free: u64,
    /// All of it.
    pub size: u64,
}

impl Space {
    /// As of now; none where the system does not say.
    pub fn of(directory: &Path) -> Option<Self> {
        let disk = rustix::fs::statvfs(directory).ok()?;
        Some(Self { free: disk.f_bavail.saturating_mul(disk.f_frsize), size: disk.f_blocks.saturating_mul(disk.f_frsize) })
    }
}

/// What the system's words mean, and the code of each. The first that fits counts: "While lock file: Permission denied" is
/// a missing right.
const WORDS: [(&str, Code); 11] = [
    ("No space left on device", Code::DiskFull),
    ("Disk quota exceeded", Code::DiskFull),
    ("File too large", Code::DiskFull),
    ("NoSpace", Code::DiskFull),
    ("Permission denied", Code::Permission),
    ("Operation not permitted", Code::Permission),
    ("Read-only file system", Code::Permission),
    ("Too many open files", Code::TooManyFiles),
    ("lock hold by", Code::InUse),
    ("lock file", Code::InUse),
    ("Input/output error", Code::DiskFailing),
];

/// The code of what RocksDB passed on; nothing where the words say nothing of the disk.
pub fn code_of_words(words: &str) -> Option<Code> {
    WORDS.iter().find(|(says, _)| words.contains(says)).map(|(_, code)| *code)
}

/// The code of an error of RocksDB as a whole, whose words begin with its kind; nothing where it is damage: of the journal, of
/// views and of the embedded log alike.
pub fn code_of_database(words: &str) -> Option<Code> {
    match words.split(':').next() {
        Some("Corruption") => None,
        // A file that the manifest names and that is gone is damage, not weather.
        Some("IO error") if !words.contains("No such file or directory") => code_of_words(words).or(Some(Code::DiskFailing)),
        _ => code_of_words(words),
    }
}

/// The code of an error of the system.
pub fn code_of(error: &Error) -> Code {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Code::DiskFull,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::Permission,
        _ => code_of_words(&error.to_string()).unwrap_or(Code::DiskFailing),
    }
}

/// What an operator does about it; damage has a way out of its own, which depends on what is damaged.
pub const fn way_out(code: Code) -> &'static str {
    match code {
        Code::DiskFull => "make room: a service that runs goes on by itself",
        Code::Permission => "let the service's user read and write there, on a file system that may be written: a service that runs goes on by itself",
        Code::TooManyFiles => "raise the limit of open files (ulimit -n): a service that runs goes on by itself once some are free",
        Code::InUse => "another process has it: stop that one, or name another data directory",
        _ => "look at the disk and the system's log: it is tried again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_little_and_not_for_everything() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(Reserve::Views.room(directory.path(), 1), Ok(()));
        let full = Reserve::Log.room(directory.path(), usize::MAX).expect_err("no disk is that large");
        assert!(full.contains("bytes left"), "{full}");
        assert_eq!(Reserve::Log.room(Path::new("/nowhere/at/all"), 1), Ok(()));
    }

    #[test]
    fn a_disk_has_a_size_and_no_more_than_that_is_free() {
        let directory = tempfile::tempdir().expect("a directory");
        let space = Space::of(directory.path()).expect("the system says");
        assert!(space.free <= space.size && space.size > 1 << 20, "{space:?}");
        assert_eq!(Space::of(Path::new("/nowhere/at/all")), None);
    }

    #[test]
    fn a_cause_is_told_from_another() {
        let says = |words| code_of_words(words).map(Code::as_str);
        assert_eq!(says("IO error: No space left on device: While appending to file: /x/000004.log"), Some("disk_full"));
        assert_eq!(says("IO error: While open a file for lock: /x/LOCK: Permission denied"), Some("permission"));
        assert_eq!(says("IO error: While lock file: /x/LOCK: Resource temporarily unavailable"), Some("in_use"));
        assert_eq!(says("IO error: lock hold by current process, acquire time 1 acquiring thread 2: /x/LOCK: No locks available"), Some("in_use"));
        assert_eq!(says("IO error: While open a file for appending: /x/000005.log: Read-only file system"), Some("permission"));
        assert_eq!(says("IO error: While open directory: Too many open files"), Some("too_many_files"));
        assert_eq!(says("Corruption: block checksum mismatch"), None);
        assert_eq!(code_of(&Error::from(ErrorKind::StorageFull)), Code::DiskFull);
        assert_eq!(code_of(&Error::from_raw_os_error(24)), Code::TooManyFiles);
        assert_eq!(code_of(&Error::from_raw_os_error(30)), Code::Permission);
        assert_eq!(code_of(&Error::from_raw_os_error(5)), Code::DiskFailing);
    }

    #[test]
    fn damage_of_a_database_is_told_from_a_disk_that_does_not_answer() {
        let says = |words| code_of_database(words).map(Code::as_str);
        let table = [
            ("Corruption: block checksum mismatch", None),
            ("Corruption: file is too short: While open: Permission denied", None),
            ("IO error: No such file or directory: While open a file for random read: /x/000012.sst", None),
            ("IO error: No such file or directory: While lock file: /x/LOCK", Some("in_use")),
            ("IO error: While fsync: /x/000004.log: Remote I/O error", Some("disk_failing")),
            ("IO error: No space left on device: While appending to file: /x/000004.log", Some("disk_full")),
            ("Invalid argument: Column families not opened: names", None),
            ("Operation aborted: While open directory: Too many open files", Some("too_many_files")),
            ("", None),
        ];
        for (words, code) in table {
            assert_eq!(says(words), code, "{words}");
        }
    }
}
