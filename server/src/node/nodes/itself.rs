//! What this node says of itself that does not change while it runs: which log it folds, and by which settings it answers.

use crate::config::Config;
use ledger::directory::Ledger;
use ledger::log::Log;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::OnceLock;

/// Characters of a hash, which need not tell more than that two are unequal.
const HASH_CHARACTERS: usize = 16;

/// What it says.
#[derive(Debug)]
pub(super) struct Itself {
    topic: String,
    log: OnceLock<String>,
    settings: OnceLock<BTreeMap<String, String>>,
}

impl Itself {
    pub(super) const fn new(topic: String) -> Self {
        Self { topic, log: OnceLock::new(), settings: OnceLock::new() }
    }

    /// Reads what is known without asking anybody: what is in the data directory is of one log for ever.
    pub(super) fn open(&self, config: &Config) {
        // Whoever opens the shards says what is wrong with the directory.
        if let Ok(Some(ledger)) = Ledger::read(&config.data) {
            self.log.get_or_init(|| ledger.identity);
        }
        self.settings.get_or_init(|| settings(config));
    }

    /// Asks the log which it is, where that is not known. It may take its time.
    pub(super) fn ask(&self, log: &dyn Log) {
        if self.log.get().is_none()
            && let Ok(identity) = log.identity()
        {
            self.log.get_or_init(|| identity);
        }
    }

    /// The topic that it folds.
    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// What tells its log from another of the same name; empty before that is known.
    pub(super) fn log(&self) -> String {
        self.log.get().cloned().unwrap_or_default()
    }

    /// A hash of each setting that all nodes should have alike.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        self.settings.get().cloned().unwrap_or_default()
    }
}

/// Those by which whoever is asked answers, wherever the partitions lie.
fn settings(config: &Config) -> BTreeMap<String, String> {
    let of: [(&str, &dyn Debug); 3] = [("fewest_customers", &config.fewest_customers), ("[risk]", &config.risk), ("[reconciliation]", &config.reconciliation)];
    of.into_iter().map(|(key, value)| (key.to_owned(), hash(value))).collect()
}

/// As it is written for people, which two nodes of one version do alike.
fn hash(value: &dyn Debug) -> String {
    blake3::hash(format!("{value:?}").as_bytes()).to_hex().chars().take(HASH_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_told_by_a_hash_of_its_own() {
        let (one, other) = (hash(&10), hash(&11));
        assert!(one != other && one == hash(&10) && one.chars().count() == HASH_CHARACTERS, "{one} {other}");
    }
}
