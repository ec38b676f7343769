//! Opaque cursors of lists: what the next page begins below, with a check, as hexadecimal digits.
//!
//! A cursor names a place in what was written down, never a number of rows, so it stays right while rows are added. It
//! also carries what the list was of: a cursor of another list is refused, not answered with nonsense.

use super::parameters::Parameters;
use super::problem::{Code, Problem};

/// The longest cursor that is read.
const LENGTH_MAX: usize = 1024;

/// Writes a cursor: `place` in the list that `scope` names.
pub fn write(scope: &str, place: &str) -> String {
    let check = checksum(scope, place);
    let mut text = String::with_capacity(8 + 2 * place.len());
    for byte in check.iter().chain(place.as_bytes()) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Reads the request's cursor; its place, where there is one.
pub fn read(parameters: &Parameters, scope: &str) -> Result<Option<String>, Problem> {
    match parameters.text("cursor") {
        None => Ok(None),
        Some(text) => parse(text, scope).map(Some).ok_or_else(|| Problem::new(Code::BadCursor, "the cursor is not one of this list")),
    }
}

fn parse(text: &str, scope: &str) -> Option<String> {
    if text.len() > LENGTH_MAX || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect::<Option<_>>()?;
    let (check, place) = bytes.split_first_chunk::<4>()?;
    let place = std::str::from_utf8(place).ok()?;
    (*check == checksum(scope, place)).then(|| place.to_owned())
}

/// FNV-1a: against mistakes, not against malice; a place that was made up shows nothing that may not be seen.
fn checksum(scope: &str, place: &str) -> [u8; 4] {
    let mut hash = 0x811c_9dc5u32;
    for byte in scope.bytes().chain([0]).chain(place.bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    hash.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_in_its_own_list_only() {
        let cursor = write("entries M1", "99100");
        assert_eq!(parse(&cursor, "entries M1").as_deref(), Some("99100"));
        for (text, scope) in [(cursor.as_str(), "entries M2"), ("", "entries M1"), ("zz", "entries M1"), ("é0", "entries M1"), ("00000000", "entries M1")] {
            assert_eq!(parse(text, scope), None, "{text} {scope}");
        }
        assert_eq!(parse(&cursor.replace('9', "8"), "entries M1"), None);
    }
}
