//! Why views cannot be read or written.

/// Views that do not answer. Views are disposable: the way out of damage is to remove the shard's `views` directory,
/// from which everything is folded again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// What was read is not what was written.
    #[error("views are damaged: {0}; remove the views directory of the shard, it is folded again")]
    Corrupt(String),
    /// There is no room left.
    #[error("the disk is full: {0}; make room and restart")]
    DiskFull(String),
    /// The disk does not answer for another reason.
    #[error("views cannot be read or written: {0}")]
    Io(String),
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

impl From<rocksdb::Error> for Error {
    fn from(error: rocksdb::Error) -> Self {
        let kind = error.kind();
        let text = error.into_string();
        if text.contains("No space left on device") || text.contains("Disk quota exceeded") || text.contains("NoSpace") {
            return Self::DiskFull(text);
        }
        match kind {
            rocksdb::ErrorKind::Corruption => Self::Corrupt(text),
            _ => Self::Io(text),
        }
    }
}

impl From<postcard::Error> for Error {
    fn from(error: postcard::Error) -> Self {
        Self::Corrupt(format!("a row cannot be decoded: {error}"))
    }
}
