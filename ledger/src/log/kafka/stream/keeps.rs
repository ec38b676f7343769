//! What a topic that is written is to keep, and whether its `cleanup.policy` keeps that.

use super::super::super::{WarningCode, Warnings};

/// What a topic is to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Every record, until retention takes it.
    EveryRecord,
    /// The last record of each key, for ever.
    LastOfEachKey,
}

impl Keeps {
    /// The `cleanup.policy` that the topic is made with.
    pub(super) const fn policy(self) -> &'static str {
        match self {
            Self::EveryRecord => "delete",
            Self::LastOfEachKey => "compact",
        }
    }

    /// Compares it with the policy that the topic has: a warning holds from now on where that keeps something else, and no longer
    /// where it does not.
    pub(super) fn compare(self, topic: &str, policy: &str, warnings: &Warnings) {
        let has = |one: &str| policy.split(',').any(|own| own.trim() == one);
        let (code, is_right, what) = match self {
            Self::EveryRecord => (
                WarningCode::OutputCompacted,
                !has("compact"),
                "of the records with one key it keeps the last alone, so whoever reads it later misses the others. Set cleanup.policy=delete on it; what \
                 is gone is written again where it is deleted and made again",
            ),
            Self::LastOfEachKey => (
                WarningCode::OutputNotCompacted,
                has("compact") && !has("delete"),
                "it is to keep the last record of each key for ever, and nothing else. Set cleanup.policy=compact on it, before retention takes what \
                 is needed",
            ),
        };
        if is_right {
            warnings.end(code);
        } else {
            warnings.begin(code, || format!("the topic {topic}, which the ledger writes, has cleanup.policy={policy}: {what}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_keeps_something_else_is_told_until_it_is_mended() {
        let warnings = Warnings::default();
        for (keeps, policy, code) in [
            (Keeps::EveryRecord, "delete", None),
            (Keeps::EveryRecord, "compact", Some("output_compacted")),
            (Keeps::EveryRecord, "", None),
            (Keeps::EveryRecord, "delete,compact", Some("output_compacted")),
            (Keeps::EveryRecord, "delete", None),
            (Keeps::LastOfEachKey, "compact", None),
            (Keeps::LastOfEachKey, "delete", Some("output_not_compacted")),
            (Keeps::LastOfEachKey, "compact", None),
            (Keeps::LastOfEachKey, "compact, delete", Some("output_not_compacted")),
        ] {
            keeps.compare("consumption", policy, &warnings);
            let told: Vec<_> = warnings.all().into_iter().map(|warning| (warning.code.as_str(), warning.detail.contains("topic consumption"))).collect();
            assert_eq!(told, code.map(|code| (code, true)).into_iter().collect::<Vec<_>>(), "{keeps:?} {policy}");
        }
    }
}
