//! A file that is read again when it changes. What cannot be read leaves what was read before in force, and is logged.

use arc_swap::ArcSwap;
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

/// Reads files.
type Read<T> = Box<dyn Fn(&[PathBuf]) -> Result<T, String> + Send + Sync>;

/// What some files say, as of when they were last right.
pub struct Watched<T> {
    paths: Vec<PathBuf>,
    read: Read<T>,
    now: ArcSwap<T>,
    seen: Mutex<Vec<Option<Stamp>>>,
}

impl<T: Send + Sync> Watched<T> {
    /// Reads them for the first time.
    pub fn new(paths: Vec<PathBuf>, read: impl Fn(&[PathBuf]) -> Result<T, String> + Send + Sync + 'static) -> Result<Self, String> {
        // The stamps come first: what is written while it is read is read again.
        let seen = paths.iter().map(|path| Stamp::of(path)).collect();
        let now = read(&paths)?;
        Ok(Self { paths, read: Box::new(read), now: ArcSwap::from_pointee(now), seen: Mutex::new(seen) })
    }

    /// What they say.
    pub fn now(&self) -> arc_swap::Guard<Arc<T>> {
        self.now.load()
    }

    /// Reads them again where they have changed.
    pub fn look(&self) {
        let stamps: Vec<_> = self.paths.iter().map(|path| Stamp::of(path)).collect();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == stamps {
            return;
        }
        *seen = stamps;
        match (self.read)(&self.paths) {
            Ok(read) => {
                self.now.store(Arc::new(read));
                tracing::info!(files = %self, "read again");
            }
            Err(error) => tracing::error!(files = %self, error, "what was read before stays in force"),
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
        let read = |paths: &[PathBuf]| std::fs::read_to_string(&paths[0]).map_err(|error| error.to_string())?.parse::<u32>().map_err(|error| error.to_string());
        let watched = Watched::new(vec![path.clone()], read).expect("a number");
        for (text, expected) in [("2", 2), ("none", 2), ("3", 3)] {
            write(text);
            watched.look();
            assert_eq!(**watched.now(), expected, "{text}");
        }
        std::fs::remove_file(&path).expect("removed");
        watched.look();
        assert_eq!(**watched.now(), 3);
        assert!(Watched::new(vec![path], read).is_err());
    }
}
