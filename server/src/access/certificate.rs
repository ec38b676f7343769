//! What a certificate says of itself, and why it is not believed, in words that stay the same while the reason does.

use super::vouching;
use jiff::Timestamp;
use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};

/// The most that is told of a name: whoever shows a certificate has chosen it.
const NAME_CHARS_MAX: usize = 200;

/// A certificate, as an operator is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whose it is, and its number: `CN=ledger-a (serial 3f:9c)`.
    pub name: String,
    /// From when on nobody takes it.
    pub ends: Timestamp,
}

impl Facts {
    /// Nothing where it is no certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, read) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let subject: String = read.subject().to_string().chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_MAX).collect();
        let serial: String = read.raw_serial_as_string().chars().take(NAME_CHARS_MAX).collect();
        // One that never ends is of the year 9999, the last hours of which no moment has.
        let ends = Timestamp::from_second(read.validity().not_after.timestamp()).unwrap_or(Timestamp::MAX);
        Some(Self { name: format!("{subject} (serial {serial})"), ends })
    }

    /// Of a certificate and those that vouch for it, the one that ends first.
    pub fn first_to_end(chain: &[CertificateDer<'_>]) -> Option<Self> {
        chain.iter().filter_map(Self::of).min_by_key(|facts| facts.ends)
    }

    /// Whether it has ended.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.ends <= now
    }
}

/// Why a certificate is not believed.
pub fn why(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(found) = error else { return error.to_string() };
    if let CertificateError::ExpiredContext { not_after, .. } = found {
        return format!("it, or one that vouches for it, ended at {}", moment(*not_after));
    }
    if let CertificateError::NotValidYetContext { not_before, .. } = found {
        return format!("it, or one that vouches for it, begins at {}", moment(*not_before));
    }
    if let CertificateError::NotValidForNameContext { expected, presented } = found {
        return format!("it is not for {}, but for {}", expected.to_str(), presented.join(", "));
    }
    if let CertificateError::InvalidPurposeContext { .. } = found {
        return "it is not made for this use: see its extendedKeyUsage, clientAuth for who asks and serverAuth for who is asked".to_owned();
    }
    // An authority of the same name that has another key.
    if matches!(found, CertificateError::UnknownIssuer | CertificateError::BadSignature) {
        return "no authority of those that are trusted vouches for it".to_owned();
    }
    vouching::told(error)
}

/// A moment, to the second.
fn moment(time: UnixTime) -> String {
    let moment = i64::try_from(time.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    format!("{:.0}", moment.unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    #[test]
    fn the_one_that_ends_first_is_told_with_its_name_and_number() {
        let made = |name: &str, year: i32| {
            let mut params = CertificateParams::new(["localhost".to_owned()]).expect("parameters");
            params.distinguished_name.push(DnType::CommonName, name);
            params.not_after = rcgen::date_time_ymd(year, 3, 1);
            params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").der().clone()
        };
        let chain = [made("of a node", 2099), made("between\nlines", 2040)];
        let first = Facts::first_to_end(&chain).expect("a certificate");
        assert_eq!(format!("{:.0}", first.ends), "2040-03-01T00:00:00Z");
        assert!(first.name.contains("CN=between") && first.name.contains("(serial ") && !first.name.contains('\n'), "{}", first.name);
        assert!(!first.has_ended(Timestamp::UNIX_EPOCH) && first.has_ended(Timestamp::MAX));
        assert_eq!(Facts::of(&CertificateDer::from(vec![1, 2, 3])), None);
        assert_eq!(Facts::of(&made("for ever", 9999)).map(|facts| facts.ends.as_second() > 0), Some(true));
    }
}
