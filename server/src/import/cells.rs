//! The cells of one line of CSV. A reader is costly to make (its automaton is built for the delimiter) and cheap to use again, so a file has one.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Reads lines, one at a time. Bounded by the longest line.
pub struct Cells {
    reader: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    /// Of lines whose cells have this byte between them.
    pub fn new(delimiter: u8) -> Self {
        Self { reader: ReaderBuilder::new().delimiter(delimiter).build(), bytes: Vec::new(), ends: Vec::new() }
    }

    /// The cells of a line; none of an empty one. Quotes that are never closed end with the line.
    pub fn of(&mut self, line: &str) -> Vec<String> {
        self.reader.reset();
        // A cell is no longer than what is written of it, and there is one more than there are delimiters.
        self.bytes.resize(line.len() + 1, 0);
        self.ends.resize(line.len() + 2, 0);
        let (mut input, mut written, mut cells) = (line.as_bytes(), 0, 0);
        loop {
            let (result, read, more, ended) = self.reader.read_record(input, &mut self.bytes[written..], &mut self.ends[cells..]);
            (input, written, cells) = (&input[read..], written + more, cells + ended);
            match result {
                // What follows is nothing, which says that the line has ended.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record | ReadRecordResult::End | ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => break,
            }
        }
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends[..cells]).map(|(start, end)| String::from_utf8_lossy(&self.bytes[start..*end]).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_read_by_itself() {
        let mut cells = Cells::new(b',');
        for (line, expected) in [
            ("a,b,c", &["a", "b", "c"][..]),
            ("", &[]),
            ("一,\"b, \"\"c\"\"\",", &["一", "b, \"c\"", ""]),
            ("\"never closed, a", &["never closed, a"]),
            (",", &["", ""]),
            ("a\r\n", &["a"]),
            ("x", &["x"]),
        ] {
            assert_eq!(cells.of(line), expected, "{line:?}");
        }
        assert_eq!(Cells::new(b';').of("a;b,c"), ["a", "b,c"]);
    }
}
