//! The cells of one record of CSV. A reader is costly to make (its automaton is built for the delimiter) and cheap to use again, so a file has one.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

/// Reads records, one at a time. Bounded by the longest one.
pub struct Cells {
    reader: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    /// Of lines whose cells have this byte between them. A CR alone ends no record: what stands behind it would be lost.
    pub fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Self { reader, bytes: Vec::new(), ends: Vec::new() }
    }

    /// The cells of a record, which is a line, or several where a line's end is within quotes; none where a quote is still open. An empty
    /// line has no cells.
    pub fn of(&mut self, record: &str) -> Option<Vec<String>> {
        let record = record.trim_end_matches(['\r', '\n']);
        if record.is_empty() {
            return Some(Vec::new());
        }
        self.reader.reset();
        // A cell is no longer than what is written of it with the end of its line, and there is one more than there are delimiters.
        self.bytes.resize(record.len() + 2, 0);
        self.ends.resize(record.len() + 3, 0);
        let (mut written, mut cells, mut is_whole) = (0, 0, false);
        // The end of the line ends the record, unless it is within quotes.
        for mut input in [record.as_bytes(), b"\n"] {
            while !input.is_empty() && !is_whole {
                let (result, read, more, ended) = self.reader.read_record(input, &mut self.bytes[written..], &mut self.ends[cells..]);
                (input, written, cells) = (&input[read..], written + more, cells + ended);
                is_whole = match result {
                    ReadRecordResult::Record | ReadRecordResult::End => true,
                    ReadRecordResult::InputEmpty => false,
                    // There is room for all of it.
                    ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => return None,
                };
            }
        }
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let cell = |(start, end): (usize, &usize)| String::from_utf8_lossy(&self.bytes[start..*end]).into_owned();
        is_whole.then(|| starts.zip(&self.ends[..cells]).map(cell).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_read_by_itself() {
        let mut cells = Cells::new(b',');
        for (record, expected) in [
            ("a,b,c", Some(&["a", "b", "c"][..])),
            ("", Some(&[])),
            ("一,\"b, \"\"c\"\"\",", Some(&["一", "b, \"c\"", ""])),
            ("\"never closed, a", None),
            ("a,\"open", None),
            ("a,\"b\nc\"", Some(&["a", "b\nc"])),
            ("a,\"b\n", None),
            ("a\"b,c", Some(&["a\"b", "c"])),
            (",", Some(&["", ""])),
            ("a\r\n", Some(&["a"])),
            ("\r\n", Some(&[])),
            ("x", Some(&["x"])),
            ("a,b\rc,d", Some(&["a", "b\rc", "d"])),
        ] {
            let expected = expected.map(|cells| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
            assert_eq!(cells.of(record), expected, "{record:?}");
        }
        assert_eq!(Cells::new(b';').of("a;b,c"), Some(vec!["a".to_owned(), "b,c".to_owned()]));
    }
}
