//! One call of a receiver.

use super::Inner;
use super::address::ATTEMPT_WAIT_MAX;
use super::hook::Hook;
use super::signature::signatures;
use jiff::Timestamp;

/// A receiver that answers this wants nothing more.
const GONE: u16 = 410;
/// Bytes of an answer that are read, so that the connection can be used again.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// What became of one attempt.
pub(super) struct Attempt {
    /// What it answered.
    pub status: Option<u16>,
    /// Why it was not taken.
    pub error: Option<String>,
}

impl Attempt {
    /// Whether the receiver has it.
    pub fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the receiver wants nothing more.
    pub fn is_gone(&self) -> bool {
        self.status == Some(GONE)
    }
}

impl Inner {
    /// One attempt to send a message.
    pub(super) fn attempt(&self, hook: &Hook, id: &str, body: &[u8]) -> Attempt {
        let now = Timestamp::now();
        let signature = signatures(hook.secrets(now), id, now.as_second(), body);
        let sent = self
            .agent
            .post(&hook.url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.as_second().to_string())
            .header("webhook-signature", signature)
            .send(body);
        match sent {
            Ok(mut answer) => {
                let status = answer.status().as_u16();
                // Read to its end, so that the connection may be used again; what it says is the receiver's own affair.
                let _ = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
                let error = (!(200..300).contains(&status)).then(|| format!("it was answered {status}"));
                Attempt { status: Some(status), error }
            }
            Err(error) => Attempt { status: None, error: Some(why(&error)) },
        }
    }
}

/// Why there was no answer, in words of ours where the client's are its own.
fn why(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {} s", ATTEMPT_WAIT_MAX.as_secs()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_does_not_answer_is_said_not_to() {
        assert_eq!(why(&ureq::Error::Timeout(ureq::Timeout::Global)), "no answer within 15 s");
        assert_eq!(why(&ureq::Error::HostNotFound), ureq::Error::HostNotFound.to_string());
    }
}
