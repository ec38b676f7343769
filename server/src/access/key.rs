//! API keys: `ml_`, 8 characters of id, `_`, 43 characters of secret. The secret is shown once; what is kept of it is its hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;

/// What every key begins with, so that one that got lost is recognised.
const PREFIX: &str = "ml_";
/// Characters of an id.
const ID_CHARACTERS: usize = 8;
/// Characters of a secret: 256 bits in URL-safe Base64.
const SECRET_CHARACTERS: usize = 43;
/// What ids are made of: nothing that a command line or an eye would mistake.
const ID_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The public part of a key, by which it is listed, revoked and logged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == ID_CHARACTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A whole key. It has no `Debug` and no `Display`, so that it is in no log by mistake.
pub struct Key {
    /// Its public part.
    pub id: KeyId,
    secret: String,
}

impl Key {
    /// A new one, from the system's own random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let (mut id, mut secret) = ([0; ID_CHARACTERS], [0; 32]);
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut secret)?;
        let letter = |byte: u8| ID_ALPHABET.get(usize::from(byte % 32)).copied().map_or('a', char::from);
        Ok(Self { id: KeyId(id.into_iter().map(letter).collect()), secret: URL_SAFE_NO_PAD.encode(secret) })
    }

    /// Reads what a caller sent.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (id, secret) = (rest.get(..ID_CHARACTERS)?, rest.get(ID_CHARACTERS..)?.strip_prefix('_')?);
        let plain = secret.len() == SECRET_CHARACTERS && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if plain { Some(Self { id: KeyId::parse(id)?, secret: secret.to_owned() }) } else { None }
    }

    /// What is kept of the secret. Two hashes are compared in constant time.
    pub fn hash(&self) -> blake3::Hash {
        blake3::hash(self.secret.as_bytes())
    }

    /// The key as its user keeps it: to be shown once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret)
    }
}

/// Whether a bearer token is meant to be a key, right or wrong.
pub fn is_key(token: &str) -> bool {
    token.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_no_two_are_alike() {
        let (one, other) = (Key::generate().expect("a key"), Key::generate().expect("a key"));
        let text = one.reveal();
        assert_eq!((text.len(), one.id == other.id, one.hash() == other.hash()), (3 + 8 + 1 + 43, false, false));
        let read = Key::parse(&text).expect("a key");
        assert_eq!((read.id == one.id, read.hash() == one.hash()), (true, true));
    }

    #[test]
    fn what_is_no_key_is_not_read() {
        let text = Key::generate().expect("a key").reveal();
        let (longer, shorter) = (format!("{text}A"), &text[..text.len() - 1]);
        for wrong in ["", "ml_", "ml_abcdefgh", "ml_abcdefgh_", &longer, shorter, &text[1..], &text.replacen('_', "-", 2), "ml_äääääääää_"] {
            assert!(Key::parse(wrong).is_none(), "{wrong}");
        }
    }
}
