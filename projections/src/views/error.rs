//! Why views cannot be read or written, and what helps.

use ledger::disk;
use ledger::log::Code;

/// Views that do not answer. Views are disposable: what is damaged, or of another journal, is folded anew.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// What was read is not what was written.
    #[error("views are damaged: {0}")]
    Corrupt(String),
    /// They were written in a layout that this program does not know.
    #[error("views have format {found}, this program reads {known}")]
    Format {
        /// What the directory says.
        found: u32,
        /// What we read.
        known: u32,
    },
    /// They were not folded from this journal.
    #[error("views are not of this journal: {0}")]
    Foreign(String),
    /// The disk does not give or take bytes, for a reason that is not damage: its code, and what the system says.
    #[error("views cannot be read or written: {says}; {}", disk::way_out(*.0), says = .1)]
    Disk(Code, String),
    /// A projection that is not among those that are live: it is still folding, or this program does not know it.
    #[error("projection {0} is not ready: it is being folded")]
    NotReady(String),
    /// The projection is not known.
    #[error("there is no projection {0}")]
    Unknown(String),
    /// Something else is being rebuilt.
    #[error("{0} is being rebuilt; one rebuild at a time")]
    Busy(String),
    /// Entries cannot be read from the journal.
    #[error("entries cannot be read: {0}")]
    Entries(String),
    /// They lie in another process, which does not answer.
    #[error("the views lie elsewhere: {0}")]
    Elsewhere(String),
    /// The caller stopped it.
    #[error("stopped before it was done; it goes on from there the next time")]
    Stopped,
    /// A fold met an entry that it cannot fold.
    #[error("entry {entry} cannot be folded by {projection}: {detail}")]
    Fold {
        /// Which projection.
        projection: &'static str,
        /// Which entry.
        entry: u64,
        /// What is wrong.
        detail: String,
    },
}

/// What helps against an error of the views as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cure {
    /// The directory is removed, and everything folded again from the journal.
    Anew,
    /// The same again, a little later.
    Again,
}

impl Error {
    /// What helps.
    pub const fn cure(&self) -> Cure {
        match self {
            Self::Corrupt(_) | Self::Format { .. } | Self::Foreign(_) => Cure::Anew,
            Self::Disk(..)
            | Self::NotReady(_)
            | Self::Unknown(_)
            | Self::Busy(_)
            | Self::Entries(_)
            | Self::Elsewhere(_)
            | Self::Stopped
            | Self::Fold { .. } => Cure::Again,
        }
    }

    /// The stable code that `/readyz` shows.
    pub fn code(&self) -> Code {
        match self {
            Self::Disk(code, _) => *code,
            Self::Entries(words) => disk::code_of_words(words).unwrap_or(Code::Corrupt),
            Self::Format { .. } => Code::OtherFormat,
            Self::Foreign(_) => Code::Misplaced,
            Self::Corrupt(_) | Self::NotReady(_) | Self::Unknown(_) | Self::Busy(_) | Self::Elsewhere(_) | Self::Stopped | Self::Fold { .. } => Code::Corrupt,
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
            Some(code) => Self::Disk(code, words),
            None => Self::Corrupt(words),
        }
    }
}

impl From<postcard::Error> for Error {
    fn from(error: postcard::Error) -> Self {
        Self::Corrupt(format!("a row cannot be decoded: {error}"))
    }
}
