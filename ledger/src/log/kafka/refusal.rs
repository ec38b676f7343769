//! Why a connection was refused, or broke, as the client library words it: its codes tell a wrong password from a certificate that is not
//! believed, and little else. The rest stands in its sentences, of which [`Refusal::told`] knows a few words.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Kind};

/// A connection that was refused, or broke.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// What it was about.
    pub about: About,
    /// In the library's words.
    pub reason: String,
}

/// What a connection was refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Who we are: a name, a password, a token.
    Identity,
    /// How it is secured.
    Security,
    /// It broke, and the library guesses by what: a certificate of ours that the broker does not take, or a listener of another kind.
    Listener,
    /// There is no token to connect with, because who gives out tokens does not answer.
    Tokens,
}

/// What a guess names of a connection that broke.
const GUESSES: [&str; 3] = ["SSL", "listener?", "security.protocol"];
/// Nobody is at the broker's address.
const NOT_REACHED: &str = "Connect to ";
/// There is no token.
const NO_TOKEN: &str = "Failed to acquire SASL OAUTHBEARER token: ";
/// How libcurl begins where who gives out tokens is not reached, or does not answer in time.
const NO_ENDPOINT: [&str; 7] =
    ["Failed to connect", "Could not connect", "Couldn't connect", "Could not resolve", "Resolving timed out", "Connection timed out", "Operation timed out"];

impl Refusal {
    /// What an error event says of a connection; nothing where it says no more than that there is none.
    pub fn told(error: &KafkaError, reason: &str) -> Option<Self> {
        let about = match error.rdkafka_error_code() {
            Some(Kind::Authentication) if has_no_endpoint(reason) => About::Tokens,
            Some(Kind::Authentication | Kind::SaslAuthenticationFailed | Kind::UnsupportedSASLMechanism | Kind::IllegalSASLState) => About::Identity,
            Some(Kind::SSL) => About::Security,
            Some(Kind::BrokerTransportFailure) if GUESSES.iter().any(|guess| reason.contains(guess)) => About::Listener,
            _ => return None,
        };
        Some(Self { about, reason: reason.to_owned() })
    }
}

/// Whether nobody is at the broker's address.
pub(super) fn is_not_reached(error: &KafkaError, reason: &str) -> bool {
    error.rdkafka_error_code() == Some(Kind::BrokerTransportFailure) && reason.contains(NOT_REACHED)
}

/// Whether who gives out tokens is not reached, which is nobody's refusal.
fn has_no_endpoint(reason: &str) -> bool {
    reason.split_once(NO_TOKEN).is_some_and(|(_, why)| NO_ENDPOINT.iter().any(|begins| why.starts_with(begins)))
}
