//! Whether two nodes belong together: whether they fold the same log, and answer by the same settings. Rules over what nodes say.
//!
//! Whoever has another topic, or another number of partitions, is another ledger, whatever group and secret it has: nothing of it is read,
//! and how far it is says nothing. A node of an earlier version does not say which log it has; it is taken for one of this ledger, as it was
//! before. One that does not know yet how many partitions there are has none to be asked for.

use super::wire::Report;

/// What stands before an id of a log, which is known by its name alone otherwise; see [`ledger::log::Log::identity`].
const BY_ID: &str = "id:";

impl Report {
    /// Whether another node is known to fold another log than this one.
    pub fn is_of_another_log(&self, other: &Self) -> bool {
        let have_ids = self.log.starts_with(BY_ID) && other.log.starts_with(BY_ID);
        let name_topics = !self.topic.is_empty() && !other.topic.is_empty();
        let is_another = if have_ids { self.log != other.log } else { name_topics && self.topic != other.topic };
        let know_counts = self.partitions > 0 && other.partitions > 0;
        is_another || (know_counts && self.partitions != other.partitions)
    }

    /// Which log it folds, for people.
    pub fn told_log(&self) -> String {
        let topic = if self.topic.is_empty() { "a topic that it does not name" } else { self.topic.as_str() };
        let id = if self.log.starts_with(BY_ID) { format!(" ({})", self.log) } else { String::new() };
        format!("{topic}{id} of {} partitions", self.partitions)
    }

    /// The keys of which another node of the same version is configured in another way than this one. Nodes of two versions may write the
    /// same settings down in two ways, so they are not compared.
    pub fn settings_that_differ(&self, other: &Self) -> Vec<&str> {
        let differs = |(key, own): &(&String, &String)| other.settings.get(*key).is_some_and(|others| others != *own);
        let found = self.settings.iter().filter(|_| self.layout == other.layout).filter(differs);
        found.map(|(key, _)| key.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(topic: &str, log: &str, partitions: u32) -> Report {
        Report { topic: topic.to_owned(), log: log.to_owned(), partitions, ..Report::default() }
    }

    #[test]
    fn another_topic_or_count_of_partitions_is_another_log() {
        let own = of("t", "id:1", 6);
        let is_another = |other: &Report| {
            assert_eq!(own.is_of_another_log(other), other.is_of_another_log(&own), "both see it");
            own.is_of_another_log(other)
        };
        assert!(!is_another(&own));
        assert!(is_another(&of("t", "id:2", 6)), "made again under its name");
        assert!(is_another(&of("u", "id:2", 6)) && is_another(&of("u", "name:u", 6)) && is_another(&of("u", "", 6)));
        assert!(is_another(&of("t", "id:1", 8)), "merchants lie elsewhere there");
        assert!(!is_another(&of("t", "name:t", 6)) && !is_another(&of("t", "", 6)), "the broker gives no id, or it is not known yet");
        assert!(!is_another(&of("t", "id:1", 0)), "it does not know yet how many there are");
        assert!(!is_another(&of("", "", 6)), "an earlier version says nothing of it");
        assert!(is_another(&of("", "", 3)), "but how many partitions there are");
    }

    #[test]
    fn settings_are_compared_key_by_key_with_nodes_of_the_same_version() {
        let of = |layout: &str, risk: &str, fewest: Option<&str>| {
            let fewest = fewest.map(|hash| ("fewest_customers".to_owned(), hash.to_owned()));
            let settings = fewest.into_iter().chain([("risk".to_owned(), risk.to_owned())]).collect();
            Report { layout: layout.to_owned(), settings, ..Report::default() }
        };
        let own = of("1", "a", Some("10"));
        assert!(own.settings_that_differ(&own).is_empty());
        assert_eq!(own.settings_that_differ(&of("1", "b", Some("10"))), ["risk"]);
        assert_eq!(own.settings_that_differ(&of("1", "b", Some("5"))), ["fewest_customers", "risk"]);
        assert!(own.settings_that_differ(&of("1", "a", None)).is_empty() && own.settings_that_differ(&of("2", "b", None)).is_empty());
    }
}
