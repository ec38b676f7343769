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
use std::sync::{Mutex, PoisonError};

/// What is kept among hooks and is none: its key or file, and why it cannot be read.
pub type Unreadable = BTreeMap<String, String>;

/// A hook as it is now, by its id; nothing where it is gone.
pub type Change = (String, Option<Kept>);

/// Whose hooks are gone with the topic that they were kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// All that are known: this process has made the topic.
    Every,
    /// Those that this node calls: somebody else has made it, and each node keeps its own.
    Own,
}

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
        /// The topic that the ledger folds.
        input: String,
        /// The id of the topic that has all hooks, as far as this process knows.
        whole: Mutex<Option<String>>,
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
        let publisher = Box::new(Publisher::connect(brokers, options.clone())?);
        Ok(Self::Topic { topic, publisher, input: config.topic.clone(), whole: Mutex::default() })
    }

    /// Whether they are files of this machine.
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Files(_))
    }

    /// The topic that the ledger folds; none where the log is embedded.
    pub fn input(&self) -> Option<&str> {
        match self {
            Self::Files(_) => None,
            Self::Topic { input, .. } => Some(input),
            #[cfg(test)]
            Self::Scripted(_) => None,
        }
    }

    /// Where they are kept, for whoever looks after it.
    pub fn place(&self) -> String {
        match self {
            Self::Files(directory) => directory.display().to_string(),
            Self::Topic { topic, .. } => format!("the topic {}", topic.name()),
            #[cfg(test)]
            Self::Scripted(_) => "a test".to_owned(),
        }
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
            Self::Topic { topic, whole, .. } => match topic.look() {
                Err(error) if error.code == Code::TopicMissing => Vec::new(),
                found => {
                    let (id, _) = found?;
                    // What is read later tells of other nodes' hooks alone: of a topic that was made again, this node's own are still to be written.
                    whole.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(id);
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

    /// Keeps hooks as they are now; of one that is gone, that it is. Where the topic was deleted, it is made again, and what was kept there
    /// is written with them: `known` says what that was.
    ///
    /// # Errors
    /// They are not kept.
    pub fn write(&self, changes: Vec<Change>, known: &dyn Fn(Lost) -> Vec<Change>) -> Result<(), log::Error> {
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
            Self::Topic { topic, publisher, whole, .. } => {
                let (id, is_made) = match topic.look() {
                    Err(error) if error.code == Code::TopicMissing => {
                        let is_made = topic.make(1)?;
                        (Some(topic.look_afresh()?.0), is_made)
                    }
                    // Whoever may not ask may still write.
                    found => (found.ok().map(|(id, _)| id), false),
                };
                let before = whole.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let mut all: BTreeMap<String, Option<Kept>> =
                    lost(before.as_deref(), id.as_deref(), is_made).map(known).unwrap_or_default().into_iter().collect();
                if !all.is_empty() {
                    tracing::warn!(topic = topic.name(), hooks = all.len(), "the topic of the webhooks was made again; those that are known are written to it");
                }
                all.extend(changes);
                if all.is_empty() {
                    return Ok(());
                }
                let record = |(id, hook): Change| {
                    let key = Some(id.clone().into_bytes());
                    Ok(Outgoing { topic: topic.name().to_owned(), partition: Some(0), key, value: Some(json(&Line { id, hook })?), headers: Vec::new() })
                };
                publisher.publish(all.into_iter().map(record).collect::<Result<_, log::Error>>()?)?;
                if id.is_some() {
                    *whole.lock().unwrap_or_else(PoisonError::into_inner) = id;
                }
                Ok(())
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

/// Whose hooks a topic lacks that has an id now, where `whole` was the id of the one that had all of them.
fn lost(whole: Option<&str>, id: Option<&str>, is_made: bool) -> Option<Lost> {
    let is_another = || whole.zip(id).is_some_and(|(whole, id)| whole != id && whole.starts_with("id:") && id.starts_with("id:"));
    if is_made {
        Some(Lost::Every)
    } else if is_another() {
        Some(Lost::Own)
    } else {
        None
    }
}

fn json(line: &Line) -> Result<Vec<u8>, log::Error> {
    serde_json::to_vec(line).map_err(|error| log::Error::new(Code::Corrupt, error.to_string()))
}

fn failed(error: std::io::Error) -> log::Error {
    log::Error::new(Code::DiskFailing, format!("hooks cannot be kept: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_was_made_again_lacks_what_was_kept_before() {
        for (whole, id, is_made, expected) in [
            (None, Some("id:1"), false, None),
            (None, Some("id:1"), true, Some(Lost::Every)),
            (Some("id:1"), Some("id:1"), false, None),
            (Some("id:1"), Some("id:2"), true, Some(Lost::Every)),
            (Some("id:1"), Some("id:2"), false, Some(Lost::Own)),
            (Some("id:1"), None, false, None),
            // Whether that is another one cannot be told.
            (Some("id:1"), Some("name:hooks"), false, None),
            (Some("name:hooks"), Some("id:1"), false, None),
        ] {
            assert_eq!(lost(whole, id, is_made), expected, "{whole:?} {id:?} {is_made}");
        }
    }
}
