//! A file that is read again when it changes. What cannot be read leaves what was read before in force, is logged, and is kept to be
//! told until it can be read again.

use arc_swap::ArcSwap;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How often files are looked at: a key that was revoked is refused within a second.
pub const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What tells one writing of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// On Unix the file's number, and when its owner, mode or contents were changed.
    other: (u64, i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let other = {
            use std::os::unix::fs::MetadataExt;
            (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let other = (0, 0, 0);
        Some(Self { modified: metadata.modified().ok(), length: metadata.len(), other })
    }
}

/// Reads files; what they said before is given to it, if they were read before.
type Read<T> = Box<dyn Fn(&[PathBuf], Option<&T>) -> Result<T, String> + Send + Sync>;

/// What is wrong, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What was met.
    pub detail: String,
    /// When that was first so.
    pub since: Timestamp,
}

impl Trouble {
    /// Met now; since when it is so stays, where it was so before.
    pub fn met(detail: String, before: Option<&Self>) -> Self {
        Self { detail, since: before.map_or_else(Timestamp::now, |before| before.since) }
    }
}

/// What some files say, as of when they were last right.
pub struct Watched<T> {
    paths: Vec<PathBuf>,
    read: Read<T>,
    now: ArcSwap<T>,
    seen: Mutex<Vec<Option<Stamp>>>,
    /// Why they could not be read when they changed last.
    unread: Mutex<Option<Trouble>>,
}

impl<T: Send + Sync> Watched<T> {
    /// Reads them for the first time.
    pub fn new(paths: Vec<PathBuf>, read: impl Fn(&[PathBuf], Option<&T>) -> Result<T, String> + Send + Sync + 'static) -> Result<Self, String> {
        // The stamps come first: what is written while it is read is read again.
        let seen = paths.iter().map(|path| Stamp::of(path)).collect();
        let now = read(&paths, None)?;
        Ok(Self { paths, read: Box::new(read), now: ArcSwap::from_pointee(now), seen: Mutex::new(seen), unread: Mutex::default() })
    }

    /// Whether there are any.
    pub const fn is_any(&self) -> bool {
        !self.paths.is_empty()
    }

    /// What they say.
    pub fn now(&self) -> arc_swap::Guard<Arc<T>> {
        self.now.load()
    }

    /// Why they cannot be read again, where that is so: what they say is as old as that.
    pub fn unread(&self) -> Option<Trouble> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads them again where they have changed.
    pub fn look(&self) {
        let stamps: Vec<_> = self.paths.iter().map(|path| Stamp::of(path)).collect();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == stamps {
            return;
        }
        *seen = stamps;
        let before = self.now.load_full();
        let read = (self.read)(&self.paths, Some(&*before));
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(read) => {
                *unread = None;
                self.now.store(Arc::new(read));
                tracing::info!(files = %self, "read again");
            }
            Err(error) => {
                tracing::error!(files = %self, error, "what was read before stays in force");
                *unread = Some(Trouble::met(error, unread.as_ref()));
            }
        }
    }
}

impl<T> std::fmt::Display for Watched<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_again_when_it_changes_and_stays_when_it_is_wrong() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("number");
        let write = |text: &str| {
            let beside = directory.path().join("beside");
            std::fs::write(&beside, text).expect("written");
            std::fs::rename(&beside, &path).expect("replaced");
        };
        write("1");
        let read = |paths: &[PathBuf], _: Option<&u32>| {
            std::fs::read_to_string(&paths[0]).map_err(|error| error.to_string())?.parse::<u32>().map_err(|error| error.to_string())
        };
        let watched = Watched::new(vec![path.clone()], read).expect("a number");
        for (text, expected) in [("2", 2), ("none", 2), ("3", 3)] {
            write(text);
            watched.look();
            assert_eq!((**watched.now(), watched.unread().is_some()), (expected, text == "none"), "{text}");
        }
        std::fs::remove_file(&path).expect("removed");
        watched.look();
        assert_eq!(**watched.now(), 3);
        let since = watched.unread().expect("a trouble").since;
        write("none");
        watched.look();
        assert_eq!(watched.unread().map(|trouble| trouble.since), Some(since), "it goes on");
        std::fs::remove_file(&path).expect("removed");
        assert!(Watched::new(vec![path], read).is_err());
    }
}
