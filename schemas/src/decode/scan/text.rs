//! Strings: to their end, without their escapes, and whether a card number stands in them.

use super::{Result, Scanner, swar};
use crate::decode::card;
use std::borrow::Cow;

impl<'a> Scanner<'a> {
    /// A string, from its opening quote on, eight bytes at a time.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut at = start;
        loop {
            if let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
                let word = u64::from_le_bytes(*chunk);
                let special = swar::special(word);
                if special == 0 {
                    at += 8;
                    continue;
                }
                // A flag is the top bit of its byte, so there are at most 7 bytes before the first one.
                at += (special.trailing_zeros() / 8) as usize;
            }
            match bytes.get(at) {
                Some(b'"') => {
                    let text = &self.text[start..at];
                    self.card |= may_hold_card(text) && card::found(text);
                    self.at = at + 1;
                    return Ok(Cow::Borrowed(text));
                }
                Some(b'\\') => {
                    let mut text = String::from(&self.text[start..at]);
                    self.at = at;
                    self.escaped_string(&mut text)?;
                    self.card |= card::found(&text);
                    return Ok(Cow::Owned(text));
                }
                Some(0x20..) => at += 1,
                _ => {
                    self.at = at;
                    return self.fail(if at < bytes.len() { "a control character in a string" } else { "a string does not end" });
                }
            }
        }
    }

    /// The rest of a string from its first escape on.
    fn escaped_string(&mut self, text: &mut String) -> Result<()> {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                Some(_) => return self.fail("a control character in a string"),
                None => return self.fail("a string does not end"),
            }
        }
    }

    /// One escape, behind its backslash.
    fn escape(&mut self) -> Result<char> {
        let Some(byte) = self.peek() else { return self.fail("a string does not end") };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.four_hex()?;
                let code = if (0xd800..0xdc00).contains(&high) {
                    if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
                        return self.fail("half a surrogate pair");
                    }
                    self.at += 2;
                    let low = self.four_hex()?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return self.fail("half a surrogate pair");
                    }
                    0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
                } else {
                    high
                };
                match char::from_u32(code) {
                    Some(character) => character,
                    None => return self.fail("half a surrogate pair"),
                }
            }
            _ => return self.fail("no such escape"),
        })
    }

    fn four_hex(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.fail("no such escape"),
        }
    }
}

/// Whether a text has as many digits as a card number; most are shorter, and need not be counted.
fn may_hold_card(text: &str) -> bool {
    if text.len() < card::DIGITS_MIN {
        return false;
    }
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let whole: u32 = chunks.iter().map(|chunk| swar::digits(u64::from_le_bytes(*chunk)).count_ones()).sum();
    whole as usize + rest.iter().filter(|byte| byte.is_ascii_digit()).count() >= card::DIGITS_MIN
}
