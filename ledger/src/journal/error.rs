//! Why a journal cannot be read or written.

use crate::disk;
use crate::framing::Refused;
use crate::log::Code;
use crate::source;

/// A journal that does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was read is not what was written.
    #[error("the journal is damaged: {0}; restore the shard from a backup, or remove its directory and fold it again")]
    Corrupt(String),
    /// The log of writes is damaged, so the last commits cannot be read: where.
    #[error("the last commits of the journal cannot be read: {0}; start `serve` once: it folds the rest again from the log")]
    CutOff(String),
    /// The disk does not give or take bytes, for a reason that is not damage: its code, and what the system says.
    #[error("the journal: {says}; {}", disk::way_out(*.0), says = .1)]
    Disk(Code, String),
    /// Another process, or another handle in this one, has the directory.
    #[error("the journal is in use: {0}; stop the other process or name another data directory")]
    Locked(String),
    /// The directory was written in a layout that this program does not know.
    #[error(
        "the journal has format {found}, this program reads {known}: use the program that wrote it; or remove the shard's directory, which folds it again from the log"
    )]
    Format {
        /// What the directory says.
        found: u32,
        /// What we read.
        known: u32,
    },
    /// The directory is of another partition, or of another ledger.
    #[error("{0}: bring the right directory back, or remove this one, which folds the partition again from the log")]
    Misplaced(String),
    /// A commit that would break the order of the journal; nothing was written.
    #[error("a commit out of order: {0}")]
    OutOfOrder(String),
}

impl Error {
    /// The stable code that `/readyz` shows.
    pub const fn code(&self) -> Code {
        match self {
            Self::Disk(code, _) => *code,
            Self::Locked(_) => Code::InUse,
            Self::Format { .. } => Code::OtherFormat,
            Self::Misplaced(_) => Code::Misplaced,
            Self::Corrupt(_) | Self::CutOff(_) | Self::OutOfOrder(_) => Code::Corrupt,
        }
    }

    /// What the system says of a path.
    pub(crate) fn at(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Disk(disk::code_of(error), format!("{}: {error}", path.display()))
    }
}

impl From<rocksdb::Error> for Error {
    fn from(error: rocksdb::Error) -> Self {
        let words = error.into_string();
        match disk::code_of_database(&words) {
            Some(Code::InUse) => Self::Locked(words),
            Some(code) => Self::Disk(code, words),
            None => Self::Corrupt(words),
        }
    }
}

impl From<Refused<rocksdb::Error>> for Error {
    fn from(refused: Refused<rocksdb::Error>) -> Self {
        match refused {
            Refused::Damaged(what) => Self::Corrupt(what),
            Refused::Disk(path, error) => Self::at(&path, &error),
            Refused::Unread(error) => error.into(),
        }
    }
}

impl From<Error> for source::Error {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}
