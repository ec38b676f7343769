//! When the certificates of `[kafka]` end: the one that this node shows to brokers, and those that vouch for brokers.
//!
//! The client library reads these files when a client is made, and never again; so does this. What is told is what the clients that were
//! made at the start have, until the node is started again. Whether brokers take the certificate only they know: `kafka_unreachable` has
//! their alert. Key stores (`ssl.keystore.location`) and directories of authorities are not looked into.

use crate::access::{Facts, FileCode, FileStatus};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;

/// The property of the certificate that is shown, and how it is told.
const CERTIFICATE: (&str, &str) = ("ssl.certificate.location", "kafka.ssl.certificate.location");
/// The same of those that vouch for brokers.
const AUTHORITIES: (&str, &str) = ("ssl.ca.location", "kafka.ssl.ca.location");

/// What is in force of the files that the properties of `[kafka]` name. One that cannot be read is told by the library, which makes no client.
pub fn statuses(properties: &[(String, String)]) -> Vec<FileStatus> {
    let named = |(property, name): (&str, &'static str)| {
        // The last one wins, as with the library.
        let (_, file) = properties.iter().rev().find(|(key, _)| key == property)?;
        Some((name, facts(Path::new(file))))
    };
    let first = |facts: Vec<Facts>| facts.into_iter().min_by_key(|facts| facts.ends);
    // Of several authorities one that has ended is no loss while another is good; after the last nobody is believed.
    let last = |facts: Vec<Facts>| facts.into_iter().max_by_key(|facts| facts.ends);
    let shown = named(CERTIFICATE).map(|(name, facts)| (name, first(facts)));
    let vouching = named(AUTHORITIES).map(|(name, facts)| (name, last(facts)));
    let status = |(name, ends): (&'static str, Option<Facts>)| {
        let status = FileStatus::new(name, FileCode::CertificatesUnread, None);
        ends.map(|facts| FileStatus { first_to_end: Some(facts), is_read_once: true, ..status })
    };
    shown.into_iter().chain(vouching).filter_map(status).collect()
}

/// The certificates of a PEM file; none where it is no such file.
fn facts(file: &Path) -> Vec<Facts> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>).unwrap_or_default();
    read.iter().filter_map(Facts::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use rcgen::{CertificateParams, KeyPair};

    #[test]
    fn the_certificate_that_is_shown_ends_with_its_first_and_trust_with_its_last() {
        let directory = tempfile::tempdir().expect("a directory");
        let written = |name: &str, years: &[i32]| {
            let pem = years.iter().map(|year| {
                let mut params = CertificateParams::new(["ledger".to_owned()]).expect("parameters");
                params.not_after = rcgen::date_time_ymd(*year, 3, 1);
                params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").pem()
            });
            let path = directory.path().join(name);
            std::fs::write(&path, pem.collect::<String>()).expect("written");
            path.to_str().expect("a path").to_owned()
        };
        let property = |name: &str, value: String| (name.to_owned(), value);
        let properties = [
            property("security.protocol", "ssl".to_owned()),
            property("ssl.certificate.location", written("own.pem", &[2040, 2030])),
            property("ssl.ca.location", written("ca.pem", &[2020, 2050])),
        ];
        let told: Vec<_> = statuses(&properties)
            .into_iter()
            .map(|status| (status.name, status.first_to_end.map(|facts| format!("{:.0}", facts.ends)).expect("a certificate"), status.is_read_once))
            .collect();
        let at = |year: i32| format!("{year}-03-01T00:00:00Z");
        assert_eq!(told, [("kafka.ssl.certificate.location", at(2030), true), ("kafka.ssl.ca.location", at(2050), true)]);
        let now: Timestamp = "2030-02-27T00:00:00Z".parse().expect("a time");
        let warnings: Vec<_> = statuses(&properties).iter().flat_map(|status| status.warnings(now)).collect();
        assert!(warnings.len() == 1 && warnings[0].code == FileCode::CertificateEnding && warnings[0].detail.contains("start"), "{warnings:?}");
        // No file of certificates is nothing to tell of.
        assert_eq!(statuses(&[property("ssl.ca.location", directory.path().to_str().expect("a path").to_owned())]), []);
        assert_eq!(statuses(&[]), []);
    }
}
