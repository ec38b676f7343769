//! By what nodes know each other: a word that is reckoned from the shared secret, so that the secret itself is never sent.

use crate::config::Secret;

/// The header that carries the word.
pub const HEADER: &str = "x-ledger-secret";
/// What the word is for: another use of the same secret has another word.
const CONTEXT: &str = "merchant-ledger 2026-11-29 nodes of one group";

/// What a node says, and expects of others.
#[derive(Clone)]
pub struct Word(blake3::Hash);

impl Word {
    /// Of a secret.
    pub fn of(secret: &Secret) -> Self {
        Self(blake3::Hash::from_bytes(blake3::derive_key(CONTEXT, secret.reveal().as_bytes())))
    }

    /// As it stands in the header.
    pub fn text(&self) -> String {
        self.0.to_hex().to_string()
    }

    /// Whether somebody else knows the secret; it takes as long whatever is wrong.
    pub fn is(&self, said: &str) -> bool {
        blake3::Hash::from_hex(said).is_ok_and(|said| said == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_secret_is_not_the_secret_and_not_another_ones() {
        let word = |secret: &str| Word::of(&Secret::new(secret));
        let own = word("of-three-nodes-and-nobody-else");
        assert!(own.is(&own.text()) && !own.text().contains("three"));
        for said in ["", "of-three-nodes-and-nobody-else", &word("of-three-nodes-and-nobody-elsE").text(), &own.text()[1..]] {
            assert!(!own.is(said), "{said}");
        }
    }
}
