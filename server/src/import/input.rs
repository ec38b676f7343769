//! Files as they are: zipped or not, a line at a time; of Chinese formats in UTF-8 or GBK.
//!
//! A zip is unpacked into a file without a name, for what is in it is read twice. Bounds: [`LINE_BYTES_MAX`], [`UNPACKED_BYTES_MAX`].

use super::Wrong;
use super::pieces::Pieces;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

/// The longest line.
pub const LINE_BYTES_MAX: u64 = 1 << 20;
/// The largest file within a zip.
pub const UNPACKED_BYTES_MAX: u64 = 8 << 30;

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
    /// Opens a file; of a zip the one whose name `is_it` takes.
    pub fn open(path: &Path, is_it: impl Fn(&str) -> bool) -> Result<Self, String> {
        Stamp::of(path)?;
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut magic = [0; 4];
        let read = file.read(&mut magic).map_err(|error| error.to_string())?;
        file.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
        let file = if read == 4 && magic == *b"PK\x03\x04" { unzip(file, is_it)? } else { file };
        Ok(Self { file: BufReader::with_capacity(1 << 16, file), name, number: 0 })
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

fn unzip(file: File, is_it: impl Fn(&str) -> bool) -> Result<File, String> {
    let mut archive = zip::ZipArchive::new(file).map_err(|error| format!("a zip that cannot be read: {error}"))?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| format!("a zip that cannot be read: {error}"))?;
        // Names within Chinese zips are in GBK, and what tells files apart is.
        let raw = entry.name_raw().to_vec();
        if !entry.is_file() || !is_it(&decoded(&raw)) {
            continue;
        }
        let mut unpacked = tempfile::tempfile().map_err(|error| error.to_string())?;
        let copied = std::io::copy(&mut entry.take(UNPACKED_BYTES_MAX), &mut unpacked).map_err(|error| error.to_string())?;
        if copied == UNPACKED_BYTES_MAX {
            return Err(format!("what is in the zip has {UNPACKED_BYTES_MAX} bytes or more"));
        }
        unpacked.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
        return Ok(unpacked);
    }
    Err("the zip has no file of this format".to_owned())
}

/// Text of a Chinese format: in UTF-8, else in GBK.
pub fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GBK.decode(bytes).0.into_owned(),
    }
}
