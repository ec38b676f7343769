//! Where hooks are kept: a file each in the data directory, or, where the log is Kafka, a compacted topic of one partition, in which
//! the last record of an id counts.

use super::hook::Kept;
use crate::config::Config;
use ledger::log::kafka::stream::{Keeps, LastRecord, StreamTopic};
use ledger::log::kafka::{Options, Outgoing, Publisher};
use ledger::log::{self, Code};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

/// What is kept among hooks and is none: its key or file, and why it cannot be read.
pub type Unreadable = BTreeMap<String, String>;

/// Where hooks are kept.
pub enum Store {
    /// Files in a directory.
    Files(PathBuf),
    /// A topic.
    Topic {
        /// Which.
        topic: Box<StreamTopic>,
        /// Writes it.
        publisher: Box<Publisher>,
    },
}

/// What a record or file says of an id.
#[derive(Serialize, Deserialize)]
struct Line {
    id: String,
    /// Nothing: it was removed.
    hook: Option<Kept>,
}

impl Store {
    /// Of a configuration. Nothing is read yet.
    ///
    /// # Errors
    /// The client library refuses its options.
    pub fn open(config: &Config, options: &Options) -> Result<Self, log::Error> {
        let Some(brokers) = &config.brokers else { return Ok(Self::Files(config.data.join("hooks"))) };
        let topic = Box::new(StreamTopic::connect(brokers, &config.webhooks.topic, options.clone(), Keeps::LastOfEachKey)?);
        Ok(Self::Topic { topic, publisher: Box::new(Publisher::connect(brokers, options.clone())?) })
    }

    /// Whether they are files of this machine.
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Files(_))
    }

    /// Looks at how the topic is configured. Best effort; what is found is in [`Store::warnings`].
    pub fn look_over(&self) {
        if let Self::Topic { topic, .. } = self {
            topic.look_over();
        }
    }

    /// What an operator should know although hooks are kept.
    pub fn warnings(&self) -> Vec<log::Warning> {
        match self {
            Self::Files(_) => Vec::new(),
            Self::Topic { topic, .. } => topic.warnings(),
        }
    }

    /// Every hook; and what is kept there and is none, by its name, with the reason: somebody else's record holds up no hook.
    ///
    /// # Errors
    /// It cannot be read now.
    pub fn read(&self) -> Result<(Vec<Kept>, Unreadable), log::Error> {
        // Each by the name of its file, or its key.
        let lines: Vec<(String, Vec<u8>)> = match self {
            Self::Files(directory) => {
                let files = match std::fs::read_dir(directory) {
                    Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Default::default()),
                    files => files.map_err(failed)?,
                };
                let paths = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>, std::io::Error>>().map_err(failed)?;
                let paths = paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "json"));
                let read = |path: PathBuf| Ok((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), std::fs::read(&path)?));
                paths.map(read).collect::<Result<_, std::io::Error>>().map_err(failed)?
            }
            Self::Topic { topic, .. } => match topic.look() {
                Err(error) if error.code == Code::TopicMissing => Vec::new(),
                found => {
                    found?;
                    let named = |record: LastRecord| (record.key.map_or_else(String::new, |key| String::from_utf8_lossy(&key).into_owned()), record.value);
                    topic.read(0)?.into_iter().map(named).collect()
                }
            },
        };
        let mut found = BTreeMap::new();
        let mut unreadable = BTreeMap::new();
        for (name, line) in lines {
            // Nothing under a key is how a compacted topic forgets it.
            if line.is_empty() {
                found.remove(&name);
                unreadable.remove(&name);
                continue;
            }
            match serde_json::from_slice(&line) {
                Ok(Line { id, hook }) => {
                    unreadable.remove(&id);
                    found.insert(id, hook);
                }
                Err(error) => drop(unreadable.insert(name, error.to_string())),
            }
        }
        Ok((found.into_values().flatten().collect(), unreadable))
    }

    /// Keeps hooks as they are now; of one that is gone, that it is.
    ///
    /// # Errors
    /// They are not kept.
    pub fn write(&self, changes: Vec<(String, Option<Kept>)>) -> Result<(), log::Error> {
        match self {
            Self::Files(directory) => {
                std::fs::create_dir_all(directory).map_err(failed)?;
                for (id, hook) in changes {
                    let path = directory.join(format!("{id}.json"));
                    if hook.is_none() {
                        match std::fs::remove_file(path) {
                            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
                            Ok(()) | Err(_) => continue,
                        }
                    }
                    let beside = path.with_extension("new");
                    private(&beside, &json(&Line { id, hook })?).map_err(failed)?;
                    std::fs::rename(&beside, &path).map_err(failed)?;
                }
                Ok(())
            }
            Self::Topic { topic, publisher } => {
                if topic.look().is_err_and(|error| error.code == Code::TopicMissing) {
                    topic.make(1)?;
                    topic.look_afresh()?;
                }
                let record = |(id, hook): (String, Option<Kept>)| {
                    let key = Some(id.clone().into_bytes());
                    Ok(Outgoing { topic: topic.name().to_owned(), partition: Some(0), key, value: Some(json(&Line { id, hook })?), headers: Vec::new() })
                };
                publisher.publish(changes.into_iter().map(record).collect::<Result<_, log::Error>>()?).map(drop)
            }
        }
    }
}

/// Writes a file that nobody else may read: it has a secret in it.
fn private(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.sync_data()
}

fn json(line: &Line) -> Result<Vec<u8>, log::Error> {
    serde_json::to_vec(line).map_err(|error| log::Error::new(Code::Corrupt, error.to_string()))
}

fn failed(error: std::io::Error) -> log::Error {
    log::Error::new(Code::DiskFailing, format!("hooks cannot be kept: {error}"))
}
