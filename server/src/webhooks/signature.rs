//! Signatures by the Standard Webhooks specification: `v1,` and the base64 of HMAC-SHA256 over id, time and body, one for each secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// What a secret begins with when it is told.
const PREFIX: &str = "whsec_";
/// Bytes of a secret that we make.
const BYTES: usize = 32;
/// Bytes of a secret that the specification allows.
const BYTES_MIN: usize = 24;
const BYTES_MAX: usize = 64;

/// A new secret, as it is told: `whsec_…`.
///
/// # Errors
/// The system has no random numbers.
pub fn generate() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// Whether a text is a secret.
pub fn is_secret(text: &str) -> bool {
    bytes_of(text).is_some()
}

fn bytes_of(secret: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    (BYTES_MIN..=BYTES_MAX).contains(&bytes.len()).then_some(bytes)
}

/// The header `webhook-signature`: a signature by each secret, with blanks between.
pub fn signatures<'a>(secrets: impl Iterator<Item = &'a str>, id: &str, seconds: i64, body: &[u8]) -> String {
    let signed = |secret: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes_of(secret)?);
        let mut context = hmac::Context::with_key(&key);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        Some(format!("v1,{}", STANDARD.encode(context.sign())))
    };
    secrets.filter_map(signed).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_comes_out() {
        let body = br#"{"test": 2432232314}"#;
        let signature = signatures(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"].into_iter(), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_long_enough() {
        let secret = generate().expect("random numbers");
        assert!(is_secret(&secret) && !is_secret("whsec_c2hvcnQ=") && !is_secret("secret"));
        assert_eq!(signatures([secret.as_str(), secret.as_str()].into_iter(), "a", 1, b"{}").split(' ').count(), 2);
    }
}
