//! Ids of others as ids of ours: 1 to 64 of `[A-Za-z0-9._:@/-]`. Another character becomes `_XX`, its byte in hexadecimal: `%` itself is none
//! of an id's characters.

use schemas::decode::has_card_number;
use schemas::ids::Reference;

/// The most characters that a byte is written with.
const WRITTEN_BYTES_MAX: usize = 3;
/// What says that there is none.
const NONE: [&str; 6] = ["NOTPROVIDED", "NOTAVAILABLE", "NONREF", "NONE", "N/A", "-"];

/// An id of another's; none where it is empty, says that there is none, or is too long.
pub fn id(text: &str) -> Option<String> {
    written(text).filter(|written| written.len() <= Reference::MAX_LENGTH)
}

/// Whether one of these is left out because it is too long, as ours are written.
pub fn is_too_long(texts: &[&str]) -> bool {
    // Most are not, whatever they are written with.
    let may_be = |text: &str| text.len() > Reference::MAX_LENGTH / WRITTEN_BYTES_MAX;
    texts.iter().any(|text| may_be(text) && written(text).is_some_and(|written| written.len() > Reference::MAX_LENGTH))
}

/// An id of another's in our characters, however long; none where there is none.
fn written(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || NONE.iter().any(|none| text.eq_ignore_ascii_case(none)) {
        return None;
    }
    let mut written = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b':' | b'@' | b'/' | b'-' => written.push(char::from(byte)),
            other => written.push_str(&format!("_{other:02X}")),
        }
    }
    Some(written)
}

/// The same, as a reference: 13 to 19 digits have a letter before them, and none is a card number.
pub fn reference(text: &str) -> Option<String> {
    id(text).map(|id| if Reference::passes_for_card(&id) { format!("t{id}") } else { id }).filter(|id| !has_card_number(id))
}

/// An account: one that would pass for a card number has a letter before it.
pub fn account(text: &str) -> Option<String> {
    id(text).map(|id| if has_card_number(&id) { format!("t{id}") } else { id }).filter(|id| !has_card_number(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_left_out_and_known_to_be() {
        let (fits, long, wide) = ("a".repeat(64), "a".repeat(65), "商".repeat(8));
        assert_eq!((id(&fits).is_some(), id(&long), id(&wide)), (true, None, None));
        for (texts, expected) in
            [(&[fits.as_str(), "", "-"][..], false), (&[fits.as_str(), long.as_str()], true), (&[wide.as_str()], true), (&["商户-1"], false)]
        {
            assert_eq!(is_too_long(texts), expected, "{texts:?}");
        }
    }
}
