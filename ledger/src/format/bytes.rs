//! Numbers and texts as bytes: what every layout of this room is made of.
//!
//! | what | how |
//! |---|---|
//! | a number | LEB128: seven bits a byte, the lowest first; one number has one form |
//! | a signed number | zigzag, then as a number |
//! | a text, bytes | their count as a number, then themselves |
//!
//! Reading checks everything: what is cut off, too long, or written in another form than the one there is, is [`Unreadable`].

use std::fmt;

/// Bytes that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Unreadable {
    /// With these words.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

/// Appends a number.
pub fn put_number(out: &mut Vec<u8>, number: u64) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends a number of up to 128 bits; one that fits 64 looks the same as from [`put_number`].
pub fn put_wide(out: &mut Vec<u8>, number: u128) {
    let mut rest = number;
    while rest > u128::from(u64::MAX) {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    put_number(out, rest as u64);
}

/// Appends a signed number.
pub fn put_signed(out: &mut Vec<u8>, number: i128) {
    put_wide(out, ((number << 1) ^ (number >> 127)).cast_unsigned());
}

/// Appends bytes with their count.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a text.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

/// Bytes that are read from the front.
#[derive(Clone, Debug)]
pub struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    /// All of these.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether all was read.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Unreadable> {
        if self.rest.is_empty() { Ok(()) } else { Err(Unreadable(format!("{} bytes too many", self.rest.len()))) }
    }

    /// One byte.
    pub fn byte(&mut self) -> Result<u8, Unreadable> {
        let (first, rest) = self.rest.split_first().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(*first)
    }

    /// So many bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }

    /// So many bytes, known when this is compiled.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A number of up to 128 bits.
    pub fn wide(&mut self) -> Result<u128, Unreadable> {
        let (mut number, mut shift) = (0u128, 0u32);
        loop {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            // The nineteenth byte has the last two of 128 bits.
            if shift > 126 || (shift == 126 && bits > 3) {
                return Err(Unreadable::new("a number above 128 bits"));
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(Unreadable::new("a number with a byte too many")) } else { Ok(number) };
            }
            shift += 7;
        }
    }

    /// A number of up to 64 bits.
    pub fn number(&mut self) -> Result<u64, Unreadable> {
        // Nearly every number is one byte.
        if let Some((&byte, rest)) = self.rest.split_first()
            && byte < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(byte));
        }
        u64::try_from(self.wide()?).map_err(|_| Unreadable::new("a number above 64 bits"))
    }

    /// A number of another width.
    pub fn narrow<T: TryFrom<u64>>(&mut self) -> Result<T, Unreadable> {
        T::try_from(self.number()?).map_err(|_| Unreadable::new("a number that is too large"))
    }

    /// A count of things, of which each takes a byte or more.
    pub fn count(&mut self) -> Result<usize, Unreadable> {
        let count = self.narrow::<usize>()?;
        if count > self.rest.len() { Err(cut_off()) } else { Ok(count) }
    }

    /// A signed number.
    pub fn signed(&mut self) -> Result<i128, Unreadable> {
        let zigzag = self.wide()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// A signed number of another width.
    pub fn signed_narrow<T: TryFrom<i128>>(&mut self) -> Result<T, Unreadable> {
        T::try_from(self.signed()?).map_err(|_| Unreadable::new("a signed number that is too large"))
    }

    /// Bytes with their count.
    pub fn bytes(&mut self) -> Result<&'a [u8], Unreadable> {
        let count = self.count()?;
        self.take(count)
    }

    /// A text.
    pub fn text(&mut self) -> Result<&'a str, Unreadable> {
        std::str::from_utf8(self.bytes()?).map_err(Unreadable::new)
    }
}

fn cut_off() -> Unreadable {
    Unreadable::new("bytes are cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u128::from(u64::MAX), u128::from(u64::MAX) + 1, u128::MAX / 3, u128::MAX] {
            let mut out = Vec::new();
            put_wide(&mut out, number);
            let mut bytes = Bytes::new(&out);
            assert_eq!((bytes.wide(), bytes.end()), (Ok(number), Ok(())));
            assert_eq!(Bytes::new(&out).number().ok(), u64::try_from(number).ok());
            assert!(Bytes::new(&out[..out.len() - 1]).wide().is_err(), "{number} cut off");
        }
        for number in [0, 1, -1, 63, -64, 64, i128::from(i64::MIN), i128::MAX, i128::MIN] {
            let mut out = Vec::new();
            put_signed(&mut out, number);
            assert_eq!(Bytes::new(&out).signed(), Ok(number));
        }
    }

    #[test]
    fn one_number_has_one_form() {
        for form in [&[0x80, 0][..], &[0x81, 0x80, 0], &[0xff; 19], &[0x80; 20]] {
            assert!(Bytes::new(form).wide().is_err(), "{form:?}");
        }
    }
}
