//! What an operator should know although the log is followed: each is logged once when it begins, and stays to be seen in
//! `/readyz` and `/metrics` until it has passed. Of the log, and of each topic that is written, there are as many at most as there are codes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// The stable code of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "explained in ARCHITECTURE.md, \"What is told although a shard follows\"")]
pub enum WarningCode {
    TopicCompacted,
    TopicRetention,
    OtherPartitioner,
    WriteRefused,
    ProgressRefused,
    NodesGroupRefused,
    OutputCompacted,
    OutputNotCompacted,
    WebhooksUnread,
    WebhooksForeign,
    WebhookUnreadable,
    NodeOfAnotherLog,
    NodeElsewhere,
    NodeConfiguredOtherwise,
}

impl WarningCode {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::TopicCompacted,
        Self::TopicRetention,
        Self::OtherPartitioner,
        Self::WriteRefused,
        Self::ProgressRefused,
        Self::NodesGroupRefused,
        Self::OutputCompacted,
        Self::OutputNotCompacted,
        Self::WebhooksUnread,
        Self::WebhooksForeign,
        Self::WebhookUnreadable,
        Self::NodeOfAnotherLog,
        Self::NodeElsewhere,
        Self::NodeConfiguredOtherwise,
    ];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TopicCompacted => "topic_compacted",
            Self::TopicRetention => "topic_retention",
            Self::OtherPartitioner => "other_partitioner",
            Self::WriteRefused => "write_refused",
            Self::ProgressRefused => "progress_refused",
            Self::NodesGroupRefused => "nodes_group_refused",
            Self::OutputCompacted => "output_compacted",
            Self::OutputNotCompacted => "output_not_compacted",
            Self::WebhooksUnread => "webhooks_unread",
            Self::WebhooksForeign => "webhooks_foreign",
            Self::WebhookUnreadable => "webhook_unreadable",
            Self::NodeOfAnotherLog => "node_of_another_log",
            Self::NodeElsewhere => "node_elsewhere",
            Self::NodeConfiguredOtherwise => "node_configured_otherwise",
        }
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The stable code.
    pub code: WarningCode,
    /// What was found, and the way out.
    pub detail: String,
    /// When it was found.
    pub since: Timestamp,
}

/// Those that hold now.
#[derive(Debug, Default)]
pub struct Warnings {
    held: Mutex<BTreeMap<WarningCode, Warning>>,
}

impl Warnings {
    /// Something holds from now on; one that holds already is not told again.
    pub fn begin(&self, code: WarningCode, detail: impl FnOnce() -> String) {
        self.lock().entry(code).or_insert_with(|| {
            let detail = detail();
            tracing::warn!(code = code.as_str(), detail, "the log");
            Warning { code, detail, since: Timestamp::now() }
        });
    }

    /// Something has passed.
    pub fn end(&self, code: WarningCode) {
        if self.lock().remove(&code).is_some() {
            tracing::info!(code = code.as_str(), "a warning about the log has passed");
        }
    }

    /// Whether one holds.
    pub fn holds(&self, code: WarningCode) -> bool {
        self.lock().contains_key(&code)
    }

    /// All that hold, in the order of their codes.
    pub fn all(&self) -> Vec<Warning> {
        self.lock().values().cloned().collect()
    }

    /// A panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<WarningCode, Warning>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_keeps_its_first_detail_until_it_has_passed() {
        let warnings = Warnings::default();
        warnings.begin(WarningCode::WriteRefused, || "one".to_owned());
        warnings.begin(WarningCode::WriteRefused, || "other".to_owned());
        warnings.begin(WarningCode::TopicCompacted, || "compacted".to_owned());
        let told: Vec<_> = warnings.all().into_iter().map(|warning| (warning.code.as_str(), warning.detail)).collect();
        assert_eq!(told, [("topic_compacted", "compacted".to_owned()), ("write_refused", "one".to_owned())]);
        warnings.end(WarningCode::WriteRefused);
        assert!(!warnings.holds(WarningCode::WriteRefused) && warnings.holds(WarningCode::TopicCompacted));
    }
}
