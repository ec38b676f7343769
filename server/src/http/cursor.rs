//! Opaque cursors of lists: what the next page begins below, with a check, as hexadecimal digits.
//!
//! A cursor names a place in what was written down, never a number of rows, so it stays right while rows are added. The
//! check is of the list that it belongs to: a cursor of another list is refused, not answered with nonsense.

use super::parameters::Parameters;
use super::problem::{Code, Problem};
use projections::answers::Cursor;

/// The longest cursor that is read.
const LENGTH_MAX: usize = 4096;

/// Writes a cursor of the list that `scope` names.
pub fn write(scope: &str, cursor: &Cursor) -> String {
    let place = cursor.to_string();
    let [a, b, c, d] = checksum(scope, &place);
    format!("{a:02x}{b:02x}{c:02x}{d:02x}{place}")
}

/// Reads the request's cursor of the list that `scope` names.
pub fn read(parameters: &Parameters, scope: &str) -> Result<Option<Cursor>, Problem> {
    match parameters.text("cursor") {
        None => Ok(None),
        Some(text) => parse(text, scope).map(Some).ok_or_else(|| Problem::new(Code::BadCursor, "the cursor is not one of this list; begin without one")),
    }
}

fn parse(text: &str, scope: &str) -> Option<Cursor> {
    if text.len() > LENGTH_MAX || !text.is_ascii() {
        return None;
    }
    let (check, place) = text.split_at_checked(8)?;
    let check = u32::from_str_radix(check, 16).ok()?;
    (check.to_be_bytes() == checksum(scope, place)).then(|| Cursor::parse(place).ok()).flatten()
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
        let place = Cursor::at(&99_100u64);
        let cursor = write("entries M1", &place);
        assert_eq!(parse(&cursor, "entries M1"), Some(place));
        for (text, scope) in [(cursor.as_str(), "entries M2"), ("", "entries M1"), ("zz", "entries M1"), ("é0", "entries M1"), ("00000000", "entries M1")] {
            assert_eq!(parse(text, scope), None, "{text} {scope}");
        }
        assert_eq!(parse(&format!("{cursor}00"), "entries M1"), None);
    }
}
