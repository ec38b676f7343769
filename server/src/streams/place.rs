//! Where an output goes on: behind the last record of its topic. Where retention took all of them, what is kept beside the
//! journal says how far it was, as long as the topic is the same one.

use ledger::log::{self, Code};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How far an output was when this was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The id of the topic.
    pub topic_id: String,
    /// The number of the next entry.
    pub next: u64,
}

/// The file that keeps it, in the directory of the shard. It is written after each transaction, and replaced as a whole, so
/// that a killed process leaves what was last committed; it is not synced, because the topic is what counts.
#[derive(Clone, Debug)]
pub struct Kept {
    path: PathBuf,
}

impl Kept {
    /// Of a topic, for the shard in a directory.
    pub fn of(directory: &Path, topic: &str) -> Self {
        Self { path: directory.join("streams").join(format!("{topic}.json")) }
    }

    /// Those of all topics of a shard, with the names of these.
    ///
    /// # Errors
    /// The directory is there and cannot be read.
    pub fn all(directory: &Path) -> std::io::Result<Vec<(Self, String)>> {
        let files = match std::fs::read_dir(directory.join("streams")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            files => files?,
        };
        let topic = |file: std::fs::DirEntry| file.file_name().to_str()?.strip_suffix(".json").map(str::to_owned);
        let topics = files.map(|file| Ok(topic(file?).map(|topic| (Self::of(directory, &topic), topic)))).filter_map(std::io::Result::transpose);
        topics.collect()
    }

    /// What it says; nothing where it was never written, or not as a whole.
    pub fn read(&self) -> Option<Place> {
        serde_json::from_slice(&std::fs::read(&self.path).ok()?).ok()
    }

    /// Replaces it.
    pub fn write(&self, place: &Place) -> Result<(), log::Error> {
        let failed = |error: std::io::Error| log::Error::new(Code::DiskFailing, format!("{}: {error}", self.path.display()));
        let bytes = serde_json::to_vec(place).map_err(|error| log::Error::new(Code::Corrupt, error.to_string()))?;
        if let Some(directory) = self.path.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let beside = self.path.with_extension("new");
        std::fs::write(&beside, bytes).map_err(failed)?;
        std::fs::rename(&beside, &self.path).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_what_is_torn_is_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        let kept = Kept::of(directory.path(), "ledger-entries");
        assert_eq!(kept.read(), None);
        let place = Place { topic_id: "id:ab".to_owned(), next: 7 };
        kept.write(&place).expect("written");
        assert_eq!(kept.read(), Some(place));
        std::fs::write(directory.path().join("streams/ledger-entries.json"), b"{\"topic_id\":").expect("torn");
        assert_eq!(kept.read(), None);
    }
}
