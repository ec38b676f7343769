//! What may be stored or logged of a record that was set aside.

use super::card;
use super::mask_customer::without_customers;

/// How many characters of a quarantined record are kept.
pub const MASKED_CHARACTERS_MAX: usize = 1000;

/// What stands in for a record whose card number is hidden behind escapes.
pub const HIDDEN: &str = "(not kept: a card number behind escapes)";

/// What may be stored or logged of a record: its first characters, card numbers masked, customers' tokens struck out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// The first 1000 characters.
    pub text: String,
    /// Whether there was anything like a card number anywhere in the record.
    pub masked: bool,
}

/// Masks every run of 13 to 19 digits that passes Luhn, and strikes out customers' tokens. What is not UTF-8 is replaced by U+FFFD first.
pub fn mask(value: &[u8]) -> Masked {
    let text = String::from_utf8_lossy(value);
    let (text, masked) = whole(&text);
    let start: String = text.chars().take(MASKED_CHARACTERS_MAX).collect();
    Masked { text: without_customers(&start).chars().take(MASKED_CHARACTERS_MAX).collect(), masked }
}

/// A whole record with its card numbers masked, and everything else as it came, also bytes that are no text; `None` where it has none.
pub fn mask_whole(value: &[u8]) -> Option<Vec<u8>> {
    let (text, masked) = whole(&String::from_utf8_lossy(value));
    if !masked {
        return None;
    }
    let mut bytes = Vec::with_capacity(value.len());
    for chunk in value.utf8_chunks() {
        bytes.extend_from_slice(whole(chunk.valid()).0.as_bytes());
        bytes.extend_from_slice(chunk.invalid());
    }
    // Should a number have shown only in the whole, the whole is what is told.
    let is_masked = !whole(&String::from_utf8_lossy(&bytes)).1;
    Some(if is_masked { bytes } else { text.into_bytes() })
}

/// Masks a whole text.
pub(super) fn whole(text: &str) -> (String, bool) {
    let (struck, masked) = card::struck_out(text);
    // Digits may be written \u0034: what is left must not show a card number when it is read as JSON.
    if struck.contains("\\u") && card::struck_out(&unescaped(&struck)).1 {
        return (HIDDEN.to_owned(), true);
    }
    (struck, masked)
}

/// The text with each `\uXXXX`, behind however many backslashes, replaced by its character.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let behind = rest[at..].trim_start_matches('\\');
        let escape = behind.strip_prefix('u').and_then(|hex| hex.get(..4)).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match escape {
            Some(character) => {
                plain.push(character);
                rest = &behind[5..];
            }
            None => {
                plain.push('\\');
                rest = behind;
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_does_not_hide_behind_escapes() {
        let hidden = r#"{"id":"\u0034111\u0020111111111111"}"#;
        assert_eq!(mask(hidden.as_bytes()), Masked { text: HIDDEN.into(), masked: true });
        let harmless = r#"{"id":"\u0041","name":"a\\u"}"#;
        assert_eq!(mask(harmless.as_bytes()), Masked { text: harmless.into(), masked: false });
    }

    #[test]
    fn bytes_that_are_no_text_are_masked_too() {
        let masked = mask(b"\xff\x004111111111111111\xfe");
        assert_eq!((masked.text.as_str(), masked.masked), ("\u{fffd}\0****************\u{fffd}", true));
    }

    #[test]
    fn bytes_around_a_card_number_stay_as_they_came() {
        let masked = mask_whole(b"\xff\xfe 4111111111111111\x80\x81end");
        assert_eq!(masked.as_deref(), Some(&b"\xff\xfe ****************\x80\x81end"[..]));
        assert_eq!(mask_whole(b"\xff\xfe 4111"), None);
        assert_eq!(mask_whole(b"{\"pan\":\"4111111111111111\"}").as_deref(), Some(&b"{\"pan\":\"****************\"}"[..]));
    }

    #[test]
    fn the_whole_record_is_looked_at_but_its_start_is_kept() {
        let long = format!("{}4111111111111111", "号".repeat(5000));
        let masked = mask(long.as_bytes());
        assert_eq!((masked.text.chars().count(), masked.masked), (MASKED_CHARACTERS_MAX, true));
    }
}
