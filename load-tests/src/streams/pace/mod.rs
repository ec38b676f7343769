//! What topics out cost the fold, and how soon a record is in its topic.
//!
//! `fold` folds the same topic in turn without streams and with all of them; `delay` sends at a rate and compares when an answer
//! included a record with when a committed reader of `ledger-entries` had it. Both against a broker of the run's own.

pub mod command;
mod delay;
mod fold;

pub use delay::{Delays, delays};
pub use fold::{Folds, folds};

use crate::service::Settings;
use std::path::{Path, PathBuf};

/// How a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service's binary.
    pub binary: PathBuf,
    /// `HOST:PORT` of Kafka.
    pub brokers: String,
    /// Partitions of the topics.
    pub partitions: u32,
    /// Merchants of the traffic.
    pub merchants: u64,
    /// Of the traffic.
    pub seed: u64,
}

impl Options {
    /// A service in a directory, on a topic; where `outputs` is there, it writes all its streams to topics of this prefix.
    fn settings(&self, directory: &Path, input: &str, outputs: Option<&str>) -> Result<Settings, std::io::Error> {
        let mut settings = Settings::kafka(&self.binary, directory, &self.brokers, input);
        if let Some(prefix) = outputs {
            let file = directory.join("ledger.toml");
            let lines = ["entries", "consumption", "dead_letters", "heads"].map(|stream| format!("{stream} = \"{prefix}-{stream}\"\n"));
            std::fs::write(&file, format!("[streams]\n{}", lines.concat()))?;
            settings.options = vec!["--config".to_owned(), file.display().to_string()];
        }
        Ok(settings)
    }
}

/// A directory for one service.
fn directory() -> Result<tempfile::TempDir, std::io::Error> {
    tempfile::Builder::new().prefix("merchant-ledger-pace-").tempdir()
}
