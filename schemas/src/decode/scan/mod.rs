//! Reads JSON in one pass over borrowed text: checks it, hashes it, and looks for card numbers on the way.
//!
//! Bounded by the record's size and by [`DEPTH_MAX`]. Ordinary events are read without an allocation: strings without
//! escapes are slices of the record, and what is nested is kept as a slice, to be read by those who need it.

mod swar;
mod text;

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

/// One value, as a place in the record: whoever needs it reads it from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// A string that has no escapes, without its quotes.
    Text(&'a str),
    /// A string with escapes, as it was written, in its quotes; checked.
    Escaped(&'a str),
    /// An object or a list, as it was written; checked.
    Nested(&'a str),
}

impl<'a> Value<'a> {
    /// A string without its escapes; `None` where it is another value.
    #[inline]
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Escaped(quoted) => Scanner::new(quoted).string().ok(),
            Self::Absent | Self::Null | Self::Flag(_) | Self::Number(_) | Self::Nested(_) => None,
        }
    }
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
    #[cold]
    pub fn fail<T>(&self, why: &'static str) -> Result<T> {
        Err(Malformed { at: self.at, why })
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips space and says what comes.
    #[inline]
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
    #[inline]
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
    #[inline]
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
    #[inline]
    pub fn key(&mut self) -> Result<Cow<'a, str>> {
        if self.next() != Some(b'"') {
            return self.fail("a key is missing");
        }
        let key = self.string()?;
        self.expect(b':', "a colon is missing")?;
        Ok(key)
    }

    /// The next value and its content under a seed.
    #[inline]
    pub fn value(&mut self, seed: u64) -> Result<(Value<'a>, u128)> {
        use content::Kind;
        match self.next() {
            Some(b'"') => {
                let start = self.at;
                let text = self.string()?;
                let content = content::value(seed, Kind::Text, text.as_bytes());
                let value = match text {
                    Cow::Borrowed(text) => Value::Text(text),
                    Cow::Owned(_) => Value::Escaped(&self.text[start..self.at]),
                };
                Ok((value, content))
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
}
