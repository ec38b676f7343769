//! Where hooks are kept: a file each in the data directory, or, where the log is Kafka, a compacted topic of one partition, in which
//! the last record of an id counts.

use super::files::{self, Content, DIRECTORY};
use super::hook::Kept;
use crate::config::Config;
use ledger::log::kafka::stream::{Keeps, LastRecord, StreamTopic};
use ledger::log::kafka::{Options, Outgoing, Publisher};
use ledger::log::{self, Code};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
    /// What a test keeps.
    #[cfg(test)]
    Scripted(std::sync::Arc<super::testing::Scripted>),
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
        let Some(brokers) = &config.brokers else { return Ok(Self::Files(config.data.join(DIRECTORY))) };
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
            #[cfg(test)]
            Self::Scripted(_) => Vec::new(),
        }
    }

    /// Every hook; and what is kept there and is none, by its name, with the reason: somebody else's record holds up no hook.
    ///
    /// # Errors
    /// It cannot be read now.
    pub fn read(&self) -> Result<(Vec<Kept>, Unreadable), log::Error> {
        // Each by the name of its file, or its key.
        let lines: Vec<(String, Content)> = match self {
            Self::Files(directory) => files::read(directory).map_err(failed)?,
            Self::Topic { topic, .. } => match topic.look() {
                Err(error) if error.code == Code::TopicMissing => Vec::new(),
                found => {
                    found?;
                    let named = |record: LastRecord| (record.key.map_or_else(String::new, |key| String::from_utf8_lossy(&key).into_owned()), Ok(record.value));
                    topic.read(0)?.into_iter().map(named).collect()
                }
            },
            #[cfg(test)]
            Self::Scripted(scripted) => scripted.read(),
        };
        let mut found = BTreeMap::new();
        let mut unreadable = BTreeMap::new();
        for (name, line) in lines {
            let line = match line {
                // Nothing under a key is how a compacted topic forgets it; a file that is empty was damaged.
                Ok(line) if line.is_empty() && !self.is_local() => {
                    found.remove(&name);
                    unreadable.remove(&name);
                    continue;
                }
                line => line.and_then(|line| serde_json::from_slice::<Line>(&line).map_err(|error| error.to_string())),
            };
            match line {
                // Somebody's copy would go on from where it was copied.
                Ok(Line { id, .. }) if self.is_local() && id != name => drop(unreadable.insert(name, format!("it is a copy of {id}, under another name"))),
                Ok(Line { id, hook }) => {
                    unreadable.remove(&id);
                    found.insert(id, hook);
                }
                Err(why) => drop(unreadable.insert(name, why)),
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
                for (id, hook) in changes {
                    if hook.is_none() {
                        files::remove(directory, &id).map_err(failed)?;
                    } else {
                        files::write(directory, &id, &json(&Line { id: id.clone(), hook })?).map_err(failed)?;
                    }
                }
                files::sync(directory).map_err(failed)
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
            #[cfg(test)]
            Self::Scripted(scripted) => {
                for (id, hook) in changes {
                    scripted.write(&id, json(&Line { id: id.clone(), hook })?);
                }
                Ok(())
            }
        }
    }
}

/// How many hooks are kept as files of a data directory, or of a backup; and what is among them and is none.
///
/// # Errors
/// They cannot be read now.
pub fn kept_in(directory: &Path) -> Result<(usize, Unreadable), log::Error> {
    let (kept, unreadable) = Store::Files(directory.join(DIRECTORY)).read()?;
    Ok((kept.len(), unreadable))
}

fn json(line: &Line) -> Result<Vec<u8>, log::Error> {
    serde_json::to_vec(line).map_err(|error| log::Error::new(Code::Corrupt, error.to_string()))
}

fn failed(error: std::io::Error) -> log::Error {
    log::Error::new(Code::DiskFailing, format!("hooks cannot be kept: {error}"))
}
