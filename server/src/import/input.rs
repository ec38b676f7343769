//! Files as they are: zipped or not, a line at a time; of Chinese formats in UTF-8 or GBK.
//!
//! What is read of a zip is in `zipped`. Bounds: [`LINE_BYTES_MAX`].

use super::pieces::Pieces;
use super::{Format, Wrong, zipped};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

/// The longest line.
pub const LINE_BYTES_MAX: u64 = 1 << 20;

/// By what it is seen that a file is another one than before: it is still being written, or was put in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// Of a file as it is now; what is no file cannot be read twice.
    pub fn of(path: &Path) -> Result<Self, String> {
        let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
        if found.is_file() { Ok(Self { bytes: found.len(), modified: found.modified().ok() }) } else { Err("it is no file; it would be read twice".to_owned()) }
    }
}

/// A file that is read from its beginning.
#[derive(Debug)]
pub struct Input {
    file: BufReader<File>,
    name: String,
    member: Option<String>,
    number: u64,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine {
    /// From 1.
    pub number: u64,
    /// Without its end.
    pub bytes: Vec<u8>,
    /// Whether it has one: the last line of a file that was cut off has none.
    pub has_end: bool,
}

impl Input {
    /// Opens a file; of a zip the one of the format.
    pub fn open(path: &Path, format: Format) -> Result<Self, String> {
        Stamp::of(path)?;
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (mut file, member) = if first_bytes(&mut file)?.starts_with(b"PK\x03\x04") {
            let (file, member) = zipped::unpacked(file, format)?;
            (file, Some(member))
        } else {
            (file, None)
        };
        if let Err(why) = begun(&first_bytes(&mut file)?) {
            return Err(member.map_or_else(|| why.to_owned(), |member| format!("{member} {why}")));
        }
        Ok(Self { file: BufReader::with_capacity(1 << 16, file), name, member, number: 0 })
    }

    /// The name of what was opened within a zip.
    pub fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// The name of the file, without its directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Begins again.
    pub fn rewind(&mut self) -> Result<(), Wrong> {
        self.number = 0;
        self.file.seek(SeekFrom::Start(0)).map(|_| ()).map_err(|error| Wrong::at(0, error.to_string()))
    }

    /// The next line; none at the end.
    pub fn line(&mut self) -> Result<Option<RawLine>, Wrong> {
        let mut bytes = Vec::new();
        self.number += 1;
        let told = |error: std::io::Error| Wrong::at(self.number, error.to_string());
        let read = (&mut self.file).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).map_err(told)?;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 == LINE_BYTES_MAX {
            return Err(Wrong::at(self.number, format!("the line has {LINE_BYTES_MAX} bytes or more")));
        }
        let has_end = bytes.ends_with(b"\n");
        while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            bytes.pop();
        }
        if self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(Some(RawLine { number: self.number, bytes, has_end }))
    }

    /// The rest, for formats whose rows and elements may go over several lines.
    pub fn rest(&mut self) -> Pieces<'_> {
        Pieces::new(&mut self.file)
    }
}

/// The first bytes of a file, which is read from its beginning afterwards.
fn first_bytes(file: &mut File) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    Read::by_ref(file).take(4).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    file.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// What can be seen at once of a file that no format has, by its first bytes.
fn begun(bytes: &[u8]) -> Result<(), &'static str> {
    match bytes {
        [] => Err("is empty: no file of this format"),
        [0x1f, 0x8b, ..] => Err("is gzip: unpack it (gunzip) and import what is in it"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err("is in UTF-16, by its byte order mark: convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)"),
        _ => Ok(()),
    }
}

/// Text of a Chinese format: in UTF-8, else in GBK.
pub fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GBK.decode(bytes).0.into_owned(),
    }
}
