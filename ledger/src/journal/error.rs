//! Why a journal cannot be read or written.

use crate::log::Code;
use crate::source;

/// A journal that does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was read is not what was written.
    #[error("the journal is damaged: {0}; restore the shard from a backup, or remove its directory and fold it again")]
    Corrupt(String),
    /// There is no room left.
    #[error("the disk is full: {0}; make room and restart")]
    DiskFull(String),
    /// Another process, or another handle in this one, has the directory.
    #[error("the journal is in use: {0}; stop the other process or name another data directory")]
    Locked(String),
    /// The directory was written in a layout that this program does not know.
    #[error("the journal has format {found}, this program reads {known}: use the program that wrote it, or fold again into an empty directory")]
    Format {
        /// What the directory says.
        found: u32,
        /// What we read.
        known: u32,
    },
    /// The disk does not answer for another reason.
    #[error("the disk does not answer: {0}")]
    Io(String),
    /// A commit that would break the order of the journal; nothing was written.
    #[error("a commit out of order: {0}")]
    OutOfOrder(String),
}

impl Error {
    /// The stable code that `/readyz` shows.
    pub const fn code(&self) -> Code {
        match self {
            Self::DiskFull(_) => Code::DiskFull,
            Self::Corrupt(_) | Self::Locked(_) | Self::Format { .. } | Self::Io(_) | Self::OutOfOrder(_) => Code::Corrupt,
        }
    }
}

impl From<rocksdb::Error> for Error {
    fn from(error: rocksdb::Error) -> Self {
        let kind = error.kind();
        let text = error.into_string();
        // RocksDB passes on what the system said; only the text tells these apart.
        let says = |needle: &str| text.contains(needle);
        if says("No space left on device") || says("Disk quota exceeded") || says("NoSpace") {
            return Self::DiskFull(text);
        }
        match kind {
            rocksdb::ErrorKind::Corruption => Self::Corrupt(text),
            _ if says("lock file") || says("lock hold by") => Self::Locked(text),
            // A file that the manifest names and that is gone is damage, not weather.
            rocksdb::ErrorKind::IOError if says("No such file or directory") => Self::Corrupt(text),
            rocksdb::ErrorKind::IOError => Self::Io(text),
            _ => Self::Corrupt(text),
        }
    }
}

impl From<Error> for source::Error {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}
