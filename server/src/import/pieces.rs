//! The rest of a file, of which no row or element may have more than [`PIECE_BYTES_MAX`] bytes: a quote or a tag that is never closed
//! would else be read into memory to the end of the file.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read, Result};
use std::rc::Rc;

/// The most bytes of a row or an element, and what is read ahead of it.
pub const PIECE_BYTES_MAX: u64 = 2 << 20;

/// A file that is read piece by piece.
#[derive(Debug)]
pub struct Pieces<'i> {
    file: &'i mut BufReader<File>,
    read: Counts,
}

/// What was read, told also while somebody else reads.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    lines: Rc<Cell<u64>>,
    bytes: Rc<Cell<u64>>,
    last: Rc<Cell<u8>>,
}

impl Counts {
    /// The number of the line that is read.
    pub fn line(&self) -> u64 {
        self.lines.get() + 1
    }

    /// A piece has ended.
    pub fn ended(&self) {
        self.bytes.set(0);
    }

    /// Whether what was read so far ends with the end of a line.
    pub fn is_at_line_end(&self) -> bool {
        self.last.get() == b'\n'
    }

    fn count(&self, bytes: &[u8]) {
        if let Some(last) = bytes.last() {
            self.last.set(*last);
        }
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.lines.set(self.lines.get() + ends as u64);
        self.bytes.set(self.bytes.get() + bytes.len() as u64);
    }

    fn check(&self) -> Result<()> {
        let is_too_long = self.bytes.get() > PIECE_BYTES_MAX;
        if is_too_long { Err(Error::other(format!("a row or an element has more than {PIECE_BYTES_MAX} bytes"))) } else { Ok(()) }
    }
}

impl<'i> Pieces<'i> {
    /// From where the file is.
    pub fn new(file: &'i mut BufReader<File>) -> Self {
        Self { file, read: Counts::default() }
    }

    /// What was read of it.
    pub fn counts(&self) -> Counts {
        self.read.clone()
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.read.check()?;
        let read = self.file.read(buffer)?;
        self.read.count(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        self.read.check()?;
        self.file.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed was filled before, so this reads nothing.
        if let Ok(buffer) = self.file.fill_buf() {
            self.read.count(buffer.get(..amount).unwrap_or(buffer));
        }
        self.file.consume(amount);
    }
}
