//! Card numbers: how one is found in a text, and how one is masked.
//!
//! Two rules, on purpose. *Found* is what quarantines a record: a run that stands alone, with a scheme's prefix and
//! length, that passes Luhn; so ids of letters and digits may pass. *Masked* is what may be kept of a quarantined
//! record: any 13 to 19 digits in a row that pass Luhn are struck out, wherever they stand.
//!
//! A run is of groups of digits with single spaces or hyphens between them, and any groups of it in a row are a run
//! too: in `2026-11-23 4111…` the date does not hide the card number. Only ASCII letters and digits count as touching.

/// The fewest digits of a card number.
pub const DIGITS_MIN: usize = 13;
/// The most digits of a card number.
pub const DIGITS_MAX: usize = 19;

/// Whether a card number stands in the text.
pub fn found(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(chain) = next_chain(bytes, at) {
        if chain.digits >= DIGITS_MIN && chain_holds_card(bytes, &chain) {
            return true;
        }
        at = chain.end;
    }
    false
}

/// Groups of digits with single separators between them: from the first digit to behind the last.
struct Chain {
    start: usize,
    end: usize,
    digits: usize,
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-')
}

fn next_chain(bytes: &[u8], from: usize) -> Option<Chain> {
    let start = from + bytes.get(from..)?.iter().position(u8::is_ascii_digit)?;
    let mut chain = Chain { start, end: start, digits: 0 };
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(byte) if byte.is_ascii_digit() => {
                chain.digits += 1;
                at += 1;
                chain.end = at;
            }
            Some(&byte) if is_separator(byte) && at == chain.end => at += 1,
            _ => return Some(chain),
        }
    }
}

fn chain_holds_card(bytes: &[u8], chain: &Chain) -> bool {
    let letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
    let inside = bytes.get(chain.start..chain.end).unwrap_or_default();
    // Inside the chain a group is touched by separators only, so letters can touch its two ends.
    let first_is_touched = letter(chain.start.checked_sub(1));
    let last_is_touched = letter(Some(chain.end));
    let starts = (0..inside.len()).filter(|&at| inside[at].is_ascii_digit() && (at == 0 || is_separator(inside[at - 1])));
    for start in starts.filter(|&start| start > 0 || !first_is_touched) {
        let mut digits = [0u8; DIGITS_MAX];
        let mut count = 0;
        for (offset, &byte) in inside[start..].iter().enumerate() {
            if !byte.is_ascii_digit() {
                continue;
            }
            if count == DIGITS_MAX {
                break;
            }
            digits[count] = byte - b'0';
            count += 1;
            let behind = start + offset + 1;
            let group_ends = behind == inside.len() || is_separator(inside[behind]);
            let is_touched = behind == inside.len() && last_is_touched;
            if group_ends && !is_touched && count >= DIGITS_MIN && is_card(&digits[..count]) {
                return true;
            }
        }
    }
    false
}

/// Whether the digits have a scheme's prefix and length and pass Luhn.
fn is_card(digits: &[u8]) -> bool {
    let prefix = |count: usize| digits.iter().take(count).fold(0u32, |number, &digit| number * 10 + u32::from(digit));
    let of_scheme = match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 36 | 38 | 30),
        15 => matches!(prefix(2), 34 | 37),
        16 => prefix(1) == 4 || matches!(prefix(2), 51..=55 | 35) || matches!(prefix(4), 2221..=2720) || is_long(prefix(2), prefix(4)),
        17 | 18 => is_long(prefix(2), prefix(4)),
        19 => prefix(1) == 4 || is_long(prefix(2), prefix(4)),
        _ => false,
    };
    of_scheme && passes_luhn(digits)
}

/// The prefixes of schemes whose numbers have 16 to 19 digits.
const fn is_long(two: u32, four: u32) -> bool {
    four == 6011 || matches!(two, 64 | 65 | 62 | 81)
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().map(|(place, &digit)| luhn_term(place, digit)).sum();
    sum.is_multiple_of(10)
}

/// What a digit adds to the Luhn sum, by its place from the right.
const fn luhn_term(place: usize, digit: u8) -> u32 {
    let doubled = digit as u32 * if place % 2 == 1 { 2 } else { 1 };
    if doubled > 9 { doubled - 9 } else { doubled }
}

/// The text with every 13 to 19 digits in a row that pass Luhn struck out, and whether there were any.
pub fn struck_out(text: &str) -> (String, bool) {
    let mut bytes = text.as_bytes().to_vec();
    let mut any = false;
    let mut at = 0;
    while let Some(chain) = next_chain(text.as_bytes(), at) {
        at = chain.end;
        if chain.digits >= DIGITS_MIN {
            any |= strike_chain(text.as_bytes(), &chain, &mut bytes);
        }
    }
    // Only ASCII digits were replaced, by ASCII, so this is UTF-8 still.
    (if any { String::from_utf8_lossy(&bytes).into_owned() } else { text.to_owned() }, any)
}

fn strike_chain(text: &[u8], chain: &Chain, out: &mut [u8]) -> bool {
    let places: Vec<usize> = (chain.start..chain.end).filter(|&at| text[at].is_ascii_digit()).collect();
    let mut any = false;
    for last in (DIGITS_MIN - 1)..places.len() {
        // Leftwards from each digit: a longer run that ends here only adds terms to the sum.
        let (mut sum, mut longest) = (0, 0);
        for (place, &at) in places[..=last].iter().rev().take(DIGITS_MAX).enumerate() {
            sum += luhn_term(place, text[at] - b'0');
            if place + 1 >= DIGITS_MIN && sum % 10 == 0 {
                longest = place + 1;
            }
        }
        for &at in &places[last + 1 - longest..=last] {
            out[at] = b'*';
        }
        any |= longest > 0;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_where_they_stand_alone() {
        for text in [
            "4111111111111111",
            "4222222222222",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "3530111333300000",
            "30569309025904",
            "36227206271667",
            "6011111111111117",
            "6221260000000000",
            "8171999927660000",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "card: 4111111111111111.",
            "(4111111111111111)",
            "2026-11-23 4111111111111111",
            "12 4111111111111111 USD",
            "a12 4111111111111111",
            "卡号4111111111111111",
            ";4111111111111111=25121011000012300000?",
        ] {
            assert!(found(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_card_number_is_not_found() {
        for text in [
            "",
            "4111111111111112",
            "411111111111",
            "x4111111111111111",
            "4111111111111111x",
            "c_a4111111111111111",
            "4111  1111  1111  1111",
            "4111_1111_1111_1111",
            "41111111111111110",
            "1234567890123452",
            "9999999999999995",
            "2026-11-23T10:15:00.250+08:00",
            "01JDY2M7Q4",
        ] {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn masking_strikes_out_more_than_finding_finds() {
        for (text, expected) in [
            ("4111111111111111", "****************"),
            ("x4111 1111-11111111y", "x**** ****-********y"),
            ("1234567890123452", "****************"),
            ("nothing here, 2026-11-23T10:15:00.250+08:00", "nothing here, 2026-11-23T10:15:00.250+08:00"),
            ("卡4111111111111111号", "卡****************号"),
        ] {
            assert_eq!(struck_out(text), (expected.to_owned(), text != expected));
        }
        let inside = struck_out("77774111111111111111777").0;
        assert!(!inside.contains("41111"), "{inside}");
    }
}
