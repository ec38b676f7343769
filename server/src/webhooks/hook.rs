//! A hook: where to, of whom, what about; and how far it is.

use super::attributes::Attributes;
use super::whose::Whose;
use crate::shape::Lines;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The most types that a hook may name.
pub const TYPES_MAX: usize = 64;
/// How long a secret signs after another one has taken its place.
pub const OLD_SECRET_HOURS: i64 = 24;
/// The most secrets that sign together: the newest, and those that it and the ones before took the place of.
pub const SECRETS_MAX: usize = 4;
/// The pause after the first failure; each is twice the one before.
pub const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause.
pub const PAUSE_MAX: Duration = Duration::from_secs(3600);
/// For so long one delivery is tried; then the hook is off.
pub const TRIED_FOR: Duration = Duration::from_secs(3 * 24 * 3600);

/// A hook as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Its id.
    pub id: String,
    /// Where it sends to.
    pub url: String,
    /// Of whom it tells.
    pub merchant: String,
    /// What about; all, where it is empty.
    pub types: Vec<String>,
    /// What figure it watches, for `balance.below`.
    pub monitor: Option<Monitor>,
    /// Whether it tells every line, as the bank sees them, or the merchant's alone.
    pub every_line: bool,
    /// The first entry that it tells of.
    pub from: u64,
    /// When it was made.
    pub created: Timestamp,
    /// The secret it signs with.
    pub secret: String,
    /// The one before, and until when it signs, too.
    pub old_secret: Option<(String, Timestamp)>,
    /// Those before that one, the newest first, and until when each signs.
    #[serde(default)]
    pub older_secrets: Vec<(String, Timestamp)>,
    /// Who added it: the id of a key, or `jwt:` and a token's subject; nothing where no keys are configured, or it was not kept yet.
    #[serde(default)]
    pub added_by: Option<String>,
    /// Whether somebody of the bank added it, who may have it tell the merchant's lines alone.
    #[serde(default)]
    pub added_by_bank: bool,
    /// What whoever added it is cut to: nothing is told while its merchant's contract in force has other attributes. None where nothing is cut
    /// away, or that was not kept yet.
    #[serde(default, rename = "where", skip_serializing_if = "Attributes::are_none")]
    pub attributes: Attributes,
}

/// A figure of the balances, and the threshold below which it tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    /// Which: `payable`, `available`, `pending`, …
    pub figure: String,
    /// ISO 4217.
    pub currency: String,
    /// Below so many minor units.
    pub below_minor: i128,
}

/// How far a hook is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The entry that is told next.
    pub next: u64,
    /// How much of it was told: an entry may be told as several types.
    pub part: u32,
    /// Deliveries that were begun: the number of the next one.
    pub count: u64,
    /// Failed attempts of the delivery that is tried now.
    pub attempts: u32,
    /// Since when it is tried: its first attempt, or the first one after somebody had it tried again.
    pub failing_since: Option<Timestamp>,
    /// When its first attempt was, whatever came since.
    #[serde(default)]
    pub first_at: Option<Timestamp>,
    /// Why it is off, and since when; it is on again once somebody has a delivery tried.
    pub off: Option<(String, Timestamp)>,
}

/// What is kept of a hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// As it was asked for.
    pub hook: Hook,
    /// How far it is.
    pub progress: Progress,
    /// The ledger whose entries that counts; none where that was not kept yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Whose>,
}

impl Hook {
    /// Whether it tells of a type.
    pub fn wants(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|own| own == kind)
    }

    /// The secrets that sign now, the newest first.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let before = self.old_secret.iter().chain(&self.older_secrets);
        let old = before.filter(move |(_, until)| *until > now).map(|(secret, _)| secret.as_str());
        std::iter::once(self.secret.as_str()).chain(old)
    }

    /// Gives it another secret. Each that signs now goes on for as long as it was to, the one that was the newest until `until`.
    ///
    /// # Errors
    /// As many sign as may: the first moment when one of them does not any more.
    pub fn rotate(&mut self, secret: String, now: Timestamp, until: Timestamp) -> Result<(), Timestamp> {
        let before: Vec<_> = self.old_secret.iter().chain(&self.older_secrets).filter(|(_, until)| *until > now).cloned().collect();
        if let Some(first) = before.iter().map(|(_, until)| *until).min().filter(|_| before.len() + 1 >= SECRETS_MAX) {
            return Err(first);
        }
        self.old_secret = Some((std::mem::replace(&mut self.secret, secret), until));
        self.older_secrets = before;
        Ok(())
    }

    /// Whether it is the bank's, and no merchant's key sees or changes it.
    pub const fn is_of_bank(&self) -> bool {
        self.every_line || self.added_by_bank
    }

    /// Which lines of an entry it tells.
    pub const fn lines(&self) -> Lines {
        if self.every_line { Lines::Every } else { Lines::OfMerchant }
    }
}

/// The pause after so many failures in a row.
pub fn pause_after(attempts: u32) -> Duration {
    PAUSE_MIN.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(PAUSE_MAX)
}

/// One delivery, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number within the hook.
    pub number: u64,
    /// The header `webhook-id`: the same for every attempt.
    pub id: String,
    /// Of which entry.
    pub entry: u64,
    /// Which of the things that the entry is told as.
    pub part: u32,
    /// What about.
    pub kind: String,
    /// What becomes of it.
    pub state: State,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last attempt was answered.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was tried first.
    pub first_at: Timestamp,
    /// When it was tried last.
    pub last_at: Timestamp,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was taken.
    Delivered,
    /// It is tried again.
    Retrying,
    /// It was tried for as long as that goes on, and the hook is off.
    Failed,
}

impl State {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        assert_eq!([1, 2, 3].map(pause_after), [100, 200, 400].map(Duration::from_millis));
        assert_eq!((pause_after(40), pause_after(u32::MAX)), (PAUSE_MAX, PAUSE_MAX));
    }

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3600).expect("a moment")
    }

    fn hook() -> Hook {
        // As it was kept before there were more secrets than two, and before it was kept who added it.
        let kept = r#"{"id": "wh_1", "url": "https://shop.example/", "merchant": "M1", "types": [], "monitor": null, "every_line": true, "from": 0,
            "created": "2026-11-20T10:15:00Z", "secret": "s1", "old_secret": null}"#;
        serde_json::from_str(kept).expect("what was kept before is read")
    }

    #[test]
    fn every_secret_signs_for_a_day_after_it_was_replaced_and_none_is_driven_out() {
        let mut hook = hook();
        for (number, at) in [0, 1, 2].into_iter().enumerate() {
            assert_eq!(hook.rotate(format!("s{}", number + 2), hour(at), hour(at + OLD_SECRET_HOURS)), Ok(()));
        }
        let sign = |hook: &Hook, at: i64| hook.secrets(hour(at)).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(sign(&hook, 2), ["s4", "s3", "s2", "s1"]);
        let before = hook.clone();
        assert_eq!(hook.rotate("s5".to_owned(), hour(3), hour(27)), Err(hour(24)), "s1 signs until then");
        assert_eq!(hook, before, "nothing has changed");
        assert_eq!(sign(&hook, 25), ["s4", "s3"]);
        assert_eq!(hook.rotate("s5".to_owned(), hour(24), hour(48)), Ok(()));
        assert_eq!(sign(&hook, 24), ["s5", "s4", "s3", "s2"]);
        let kept: Hook = serde_json::from_str(&serde_json::to_string(&hook).expect("JSON")).expect("read again");
        assert_eq!(kept, hook);
    }

    #[test]
    fn a_hook_is_the_banks_that_tells_every_line_or_that_the_bank_added() {
        let kept = hook();
        assert!(kept.is_of_bank() && kept.added_by.is_none());
        assert!(!Hook { every_line: false, ..kept.clone() }.is_of_bank());
        assert!(Hook { every_line: false, added_by_bank: true, ..kept }.is_of_bank());
    }

    #[test]
    fn what_a_hook_is_cut_to_is_kept_and_nothing_is_of_one_that_was_kept_before() {
        let whole = hook();
        assert!(whole.attributes.are_none());
        assert!(!serde_json::to_string(&whole).expect("JSON").contains("where"), "it is kept as it was");
        let attributes = Attributes { partner: schemas::ids::PartnerId::new("isv-9"), mcc: Some("5812".to_owned()) };
        let cut = Hook { attributes, ..whole };
        let text = serde_json::to_string(&cut).expect("JSON");
        assert!(text.contains(r#""where":{"partner":"isv-9","mcc":"5812"}"#), "{text}");
        assert_eq!(serde_json::from_str::<Hook>(&text).expect("read again"), cut);
    }
}
