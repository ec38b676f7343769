//! The key or token that a command sends: from a flag, a file, or the environment, in that order.
//!
//! It is an API key or a JWT, alone; whatever else is said, it is never repeated.

use super::Failure;
use crate::access::key::Key;
use crate::access::key_file;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The variable that has it.
const VARIABLE: &str = "MERCHANT_LEDGER_KEY";
/// The variable that names its file.
const FILE_VARIABLE: &str = "MERCHANT_LEDGER_KEY_FILE";
/// The longest key or token, in bytes.
const BYTES_MAX: u64 = 16 << 10;

/// A key or a token. It has no `Debug` and no `Display`, so that it is in no message by mistake.
pub struct Credential {
    text: String,
    source: String,
}

impl Credential {
    /// Reads it from where it is said; none where it is not.
    pub fn read(flag: Option<&str>, file: Option<&Path>) -> Result<Option<Self>, Failure> {
        if let Some(text) = flag {
            return Self::of(text, "--key".to_owned()).map(Some);
        }
        if let Some(path) = file {
            return Self::of_file(path, &format!("--key-file = {path:?}")).map(Some);
        }
        if let Some(text) = std::env::var_os(VARIABLE) {
            return Self::of(&text.to_string_lossy(), VARIABLE.to_owned()).map(Some);
        }
        let path = std::env::var_os(FILE_VARIABLE).map(PathBuf::from);
        path.map(|path| Self::of_file(&path, &format!("{FILE_VARIABLE} = {path:?}"))).transpose()
    }

    /// The value of `Authorization`.
    pub fn header(&self) -> String {
        format!("Bearer {}", self.text)
    }

    /// Where it came from.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn of(text: &str, source: String) -> Result<Self, Failure> {
        let text = text.trim();
        let is_token = || text.split('.').count() == 3 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        match Key::parse(text).is_some() || is_token() {
            true => Ok(Self { text: text.to_owned(), source }),
            false => Err(Failure::Usage(format!(
                "{source} is no key; right would be what `merchant-ledger keys add` printed (ml_, 8 characters, _, 43 characters), alone, or a JWT"
            ))),
        }
    }

    fn of_file(path: &Path, source: &str) -> Result<Self, Failure> {
        let told = |error: String| Failure::Usage(format!("{source}: {error}"));
        key_file::check_mode(path).map_err(told)?;
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(|error| told(error.to_string()))?;
        file.take(BYTES_MAX).read_to_string(&mut text).map_err(|error| told(error.to_string()))?;
        Self::of(&text, source.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tokens_are_taken_and_nothing_else_is_repeated() {
        let key = Key::generate().expect("a key").reveal();
        for text in [key.clone(), format!("{key}\n"), "eyJh.eyJz.c2ln-_".to_owned()] {
            let Ok(credential) = Credential::of(&text, "--key".to_owned()) else { panic!("a key was not taken") };
            assert_eq!(credential.header(), format!("Bearer {}", text.trim()));
        }
        for wrong in ["", "ml_short", &format!("{key} {key}"), &key[1..], "a.b", "[[key]]\nid = \"hidden\"", "a.b\r\nx-role: bank.c"] {
            let Err(error) = Credential::of(wrong, "--key".to_owned()) else { panic!("{wrong:?} was taken") };
            assert!(wrong.is_empty() || !error.to_string().contains(wrong), "{error}");
        }
    }
}
