//! Reads JSON in one pass over borrowed text: checks it, hashes it, and looks for card numbers on the way.
//!
//! Bounded by the record's size and by [`DEPTH_MAX`]. Ordinary events are read without an allocation: strings without
//! escapes are slices of the record, and what is nested is kept as a slice, to be read by those who need it.

use super::{card, content};
use std::borrow::Cow;

/// How deep objects and lists may be nested, the record itself included.
pub const DEPTH_MAX: u32 = 32;

/// Objects with more members than this have their keys sorted to find one that is there twice.
const MEMBERS_COMPARED_MAX: usize = 16;

/// Why a text is not the JSON that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The byte at which it shows.
    pub at: usize,
    /// What is wrong there.
    pub why: &'static str,
}

/// One value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value<'a> {
    /// There is none.
    #[default]
    Absent,
    /// `null`, which counts as absent.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number as it was written.
    Number(&'a str),
    /// A string without its escapes.
    Text(Cow<'a, str>),
    /// An object or a list, as it was written; checked.
    Nested(&'a str),
}

/// Reads one text from its start.
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    /// Hashes of the keys of the objects that are open, innermost last.
    keys: Vec<u64>,
    /// Whether a card number was seen so far.
    pub card: bool,
}

type Result<T> = std::result::Result<T, Malformed>;

impl<'a> Scanner<'a> {
    /// A scanner at the start of a text.
    pub const fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, keys: Vec::new(), card: false }
    }

    /// Stops here.
    pub fn fail<T>(&self, why: &'static str) -> Result<T> {
        Err(Malformed { at: self.at, why })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips space and says what comes.
    pub fn next(&mut self) -> Option<u8> {
        while let Some(byte) = self.peek() {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes this byte, after space.
    pub fn expect(&mut self, byte: u8, why: &'static str) -> Result<()> {
        if self.next() != Some(byte) {
            return self.fail(why);
        }
        self.at += 1;
        Ok(())
    }

    /// Nothing but space may be left.
    pub fn end(&mut self) -> Result<()> {
        if self.next().is_some() { self.fail("something stands behind the end") } else { Ok(()) }
    }

    /// One level deeper.
    pub fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { self.fail("nested too deep") } else { Ok(()) }
    }

    /// Whether another member or element follows; takes the comma, or the closing byte and goes one level up.
    pub fn more(&mut self, close: u8, first: bool) -> Result<bool> {
        match self.next() {
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                if self.next() == Some(close) { self.fail("a comma before the end") } else { Ok(true) }
            }
            Some(_) if first => Ok(true),
            _ => self.fail("a comma or the end of an object or list is missing"),
        }
    }

    /// The key of a member and its colon.
    pub fn key(&mut self) -> Result<Cow<'a, str>> {
        if self.next() != Some(b'"') {
            return self.fail("a key is missing");
        }
        let key = self.string()?;
        self.expect(b':', "a colon is missing")?;
        Ok(key)
    }

    /// The next value and its content under a seed.
    pub fn value(&mut self, seed: u64) -> Result<(Value<'a>, u128)> {
        use content::Kind;
        match self.next() {
            Some(b'"') => {
                let text = self.string()?;
                let content = content::value(seed, Kind::Text, text.as_bytes());
                Ok((Value::Text(text), content))
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = self.number()?;
                self.card |= number.len() >= card::DIGITS_MIN && card::found(number);
                Ok((Value::Number(number), content::number(seed, number)))
            }
            Some(b'{') => {
                let start = self.at;
                let content = self.object(seed)?;
                Ok((Value::Nested(&self.text[start..self.at]), content))
            }
            Some(b'[') => {
                let start = self.at;
                let content = self.list(seed)?;
                Ok((Value::Nested(&self.text[start..self.at]), content))
            }
            Some(b't') => self.word("true", Value::Flag(true)).map(|value| (value, content::value(seed, Kind::True, b""))),
            Some(b'f') => self.word("false", Value::Flag(false)).map(|value| (value, content::value(seed, Kind::False, b""))),
            Some(b'n') => self.word("null", Value::Null).map(|value| (value, content::value(seed, Kind::Null, b""))),
            _ => self.fail("a value is missing"),
        }
    }

    fn word(&mut self, word: &'static str, value: Value<'a>) -> Result<Value<'a>> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return self.fail("not a value of JSON");
        }
        self.at += word.len();
        Ok(value)
    }

    fn object(&mut self, seed: u64) -> Result<u128> {
        self.expect(b'{', "an object is missing")?;
        self.enter()?;
        let outer = self.keys.len();
        let mut sum = content::Sum::default();
        while self.more(b'}', sum.count() == 0)? {
            let key = content::key_seed(&self.key()?);
            self.remember_key(key);
            sum.add(self.value(key)?.1);
        }
        self.forget_keys(outer)?;
        Ok(sum.finish(seed, content::Kind::Object))
    }

    fn list(&mut self, seed: u64) -> Result<u128> {
        self.expect(b'[', "a list is missing")?;
        self.enter()?;
        let mut sum = content::Sum::default();
        while self.more(b']', sum.count() == 0)? {
            sum.add(self.value(content::place_seed(sum.count()))?.1);
        }
        Ok(sum.finish(seed, content::Kind::List))
    }

    /// Notes the key of the object that is open, so that a second one like it is found.
    pub fn remember_key(&mut self, seed: u64) {
        self.keys.push(seed);
    }

    /// Closes an object: its keys, those since `outer`, must differ.
    pub fn forget_keys(&mut self, outer: usize) -> Result<()> {
        let keys = self.keys.get_mut(outer..).unwrap_or_default();
        let twice = if keys.len() <= MEMBERS_COMPARED_MAX {
            keys.iter().enumerate().any(|(index, key)| keys[..index].contains(key))
        } else {
            keys.sort_unstable();
            !keys.is_sorted_by(|left, right| left < right)
        };
        if twice {
            return self.fail("a key is there twice");
        }
        self.keys.truncate(outer);
        Ok(())
    }

    fn number(&mut self) -> Result<&'a str> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.fail("a number has no digits"),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn some_digits(&mut self) -> Result<()> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fail("a number has no digits");
        }
        self.digits();
        Ok(())
    }

    /// A string, from its opening quote on. Eight bytes at a time; digits are counted on the way, because a string with
    /// fewer than thirteen cannot hold a card number.
    fn string(&mut self) -> Result<Cow<'a, str>> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let (mut at, mut digits) = (start, 0);
        loop {
            if let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
                let word = u64::from_le_bytes(*chunk);
                let special = swar::special(word);
                if special == 0 {
                    digits += swar::digits(word).count_ones();
                    at += 8;
                    continue;
                }
                // A flag is the top bit of its byte, so there are at most 7 bytes, 56 bits, before the first one.
                let before = special.trailing_zeros() / 8;
                digits += (swar::digits(word) & ((1u64 << (8 * before)) - 1)).count_ones();
                at += before as usize;
            }
            match bytes.get(at) {
                Some(b'"') => {
                    let text = &self.text[start..at];
                    self.card |= digits as usize >= card::DIGITS_MIN && card::found(text);
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
                Some(0x20..) => {
                    digits += u32::from(bytes[at].is_ascii_digit());
                    at += 1;
                }
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

/// Eight bytes of a string at once. Each function answers the top bit of every byte that it is about; all are exact,
/// because no sum carries from one byte into the next.
mod swar {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const TOP: u64 = 0x8080_8080_8080_8080;
    const ONES: u64 = 0x0101_0101_0101_0101;

    /// Bytes that are not zero.
    const fn filled(word: u64) -> u64 {
        (((word & LOW) + LOW) | word) & TOP
    }

    /// Quotes, backslashes and control characters.
    pub const fn special(word: u64) -> u64 {
        let quote = filled(word ^ (ONES * b'"' as u64));
        let backslash = filled(word ^ (ONES * b'\\' as u64));
        // From 0x20 on, adding 0x60 reaches the top bit.
        let printable = ((word & LOW) + ONES * 0x60) | word;
        !(quote & backslash & printable) & TOP
    }

    /// ASCII digits: under 10 once 0x30 is taken out, so that adding 0x76 does not reach the top bit.
    pub const fn digits(word: u64) -> u64 {
        let value = word ^ (ONES * 0x30);
        !(((value & LOW) + ONES * 0x76) | value) & TOP
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn every_byte_is_told_apart_at_every_place() {
            for byte in 0..=255u8 {
                for place in 0..8 {
                    let mut bytes = [b'a'; 8];
                    bytes[place] = byte;
                    let (word, flag) = (u64::from_le_bytes(bytes), 0x80u64 << (8 * place));
                    let special = matches!(byte, b'"' | b'\\' | 0..0x20);
                    assert_eq!(super::special(word), if special { flag } else { 0 }, "{byte} at {place}");
                    assert_eq!(super::digits(word), if byte.is_ascii_digit() { flag } else { 0 }, "{byte} at {place}");
                }
            }
        }
    }
}
