//! What an operator should know of the files of keys and certificates that are in force: one that cannot be read again, and a
//! certificate that ends soon or that other nodes will not take. `/readyz` has them among its warnings, `/metrics` as numbers, and the
//! log once as each begins.

use super::certificate::Facts;
use super::watched::Trouble;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// How long before a certificate ends that is a warning.
const ENDING_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The stable code of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileCode {
    /// The file of keys cannot be read again: a key that was revoked since is still taken.
    KeysUnread,
    /// The keys of tokens cannot be had again: what was signed with a key that was taken back since is still taken.
    TokenKeysUnread,
    /// A certificate, its key or those who vouch for others cannot be read again.
    CertificatesUnread,
    /// A certificate ends within days, or has ended.
    CertificateEnding,
    /// Other nodes will not take the certificate of this one's address.
    CertificateUnfit,
}

impl FileCode {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::KeysUnread, Self::TokenKeysUnread, Self::CertificatesUnread, Self::CertificateEnding, Self::CertificateUnfit];

    /// As it is told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeysUnread => "keys_unread",
            Self::TokenKeysUnread => "jwks_unread",
            Self::CertificatesUnread => "certificates_unread",
            Self::CertificateEnding => "certificate_ending",
            Self::CertificateUnfit => "certificate_unfit",
        }
    }
}

/// What is in force of a file, or of some that are read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// The key of the configuration that names it.
    pub name: &'static str,
    /// The code where it cannot be read again.
    pub code: FileCode,
    /// Why it cannot be; what was read before stays in force.
    pub unread: Option<Trouble>,
    /// Of its certificates the one that ends first; nothing where it has none.
    pub first_to_end: Option<Facts>,
    /// Why other nodes will not take its certificate, as far as can be told here.
    pub unfit: Option<Trouble>,
    /// Whether it is read when the service starts, and not again.
    pub is_read_once: bool,
}

/// Something that an operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileWarning {
    /// Its stable code.
    pub code: FileCode,
    /// What was found, with the way out.
    pub detail: String,
    /// Since when that is so.
    pub since: Timestamp,
}

impl FileStatus {
    /// With nothing to tell but whether it can be read.
    pub const fn new(name: &'static str, code: FileCode, unread: Option<Trouble>) -> Self {
        Self { name, code, unread, first_to_end: None, unfit: None, is_read_once: false }
    }

    /// What should be known of it now.
    pub fn warnings(&self, now: Timestamp) -> Vec<FileWarning> {
        let unread = self.unread.as_ref().map(|Trouble { detail, since }| FileWarning {
            code: self.code,
            detail: format!(
                "{} cannot be read again, so what was read before stays in force, and what was taken back since still counts: {detail}. \
                 Mend it; it is read by itself",
                self.name
            ),
            since: *since,
        });
        let ending = self.first_to_end.as_ref().filter(|facts| facts.ends.duration_since(now) <= ENDING_WITHIN).map(|facts| FileWarning {
            code: FileCode::CertificateEnding,
            detail: format!(
                "{}: the certificate of {} {} at {:.0}: put a renewed one in its place, with its key{}",
                self.name,
                facts.name,
                if facts.has_ended(now) { "ended" } else { "ends" },
                facts.ends,
                if self.is_read_once { ", and start this node again: it is read at the start alone" } else { "; it is read by itself" }
            ),
            since: facts.ends.checked_sub(ENDING_WITHIN).unwrap_or(facts.ends),
        });
        let unfit = self.unfit.as_ref().map(|Trouble { detail, since }| FileWarning {
            code: FileCode::CertificateUnfit,
            detail: format!("{}: {detail}", self.name),
            since: *since,
        });
        unread.into_iter().chain(ending).chain(unfit).collect()
    }
}

/// Warnings that were logged, so that each is once: its code, its file, and whether others refuse the certificate already.
#[derive(Debug, Default)]
pub struct Told(Mutex<BTreeSet<(FileCode, &'static str, bool)>>);

impl Told {
    /// Logs what has begun since the last time. That a file cannot be read is logged where it was met.
    pub fn tell(&self, statuses: &[FileStatus], now: Timestamp) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut holding = BTreeSet::new();
        for status in statuses {
            for FileWarning { code, detail, .. } in status.warnings(now).into_iter().filter(|warning| warning.code != status.code) {
                let is_refused = code == FileCode::CertificateUnfit || status.first_to_end.as_ref().is_some_and(|facts| facts.has_ended(now));
                holding.insert((code, status.name, is_refused));
                if told.contains(&(code, status.name, is_refused)) {
                    continue;
                }
                if is_refused {
                    tracing::error!(code = code.as_str(), detail, "a certificate in force is not taken by others");
                } else {
                    tracing::warn!(code = code.as_str(), detail, "a certificate in force ends soon");
                }
            }
        }
        *told = holding;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_a_week_before_it_ends_and_after_that() {
        let ends: Timestamp = "2026-12-31T12:00:00Z".parse().expect("a time");
        let facts = Facts { name: "CN=a (serial 01)".to_owned(), ends };
        let status = FileStatus { first_to_end: Some(facts), ..FileStatus::new("tls.certificate", FileCode::CertificatesUnread, None) };
        let told = |now: &str| status.warnings(now.parse().expect("a time")).into_iter().map(|warning| (warning.code, warning.detail)).collect::<Vec<_>>();
        assert_eq!(told("2026-12-24T11:59:59Z"), []);
        for (now, says) in [("2026-12-24T12:00:00Z", "CN=a (serial 01) ends at 2026-12-31T12:00:00Z"), ("2026-12-31T12:00:00Z", "(serial 01) ended at")] {
            let warnings = told(now);
            let [(FileCode::CertificateEnding, detail)] = warnings.as_slice() else { panic!("{now}: {warnings:?}") };
            assert!(detail.contains(says) && detail.starts_with("tls.certificate: "), "{detail}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_by_the_code_of_its_kind() {
        let trouble = Trouble { detail: "line 1: no".to_owned(), since: Timestamp::UNIX_EPOCH };
        let status = FileStatus::new("keys", FileCode::KeysUnread, Some(trouble));
        let warnings = status.warnings(Timestamp::UNIX_EPOCH);
        assert_eq!(warnings.iter().map(|warning| (warning.code.as_str(), warning.since)).collect::<Vec<_>>(), [("keys_unread", Timestamp::UNIX_EPOCH)]);
        assert!(warnings[0].detail.contains("line 1: no") && warnings[0].detail.contains("stays in force"), "{warnings:?}");
    }
}
