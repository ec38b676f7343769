//! Strikes customers' tokens out of a record that was set aside. Such a record may be no JSON at all, so what a member of
//! the name `customer` says is found by its looks: rather too much is struck out than too little.
//!
//! A token that stands elsewhere, in a member of another name, is not known to be one.

/// The member whose value is struck out, in any case and however it is escaped.
const MEMBER: &[u8] = b"customer";

/// What stands in for a token.
const STRUCK: &str = "***";

/// The text without what any member `customer` says. `null` stays: it says nothing. Each place is looked at by itself, also
/// within a value that is struck out, so the time grows with the square of a text full of such members: it must be short.
pub fn without_customers(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut copied) = (String::new(), 0);
    for at in 0..bytes.len() {
        let Some((from, to)) = member(bytes, at).and_then(|behind| value(bytes, behind)) else { continue };
        if bytes.get(from..to).is_some_and(|value| value.trim_ascii() == b"null") {
            continue;
        }
        // Both ends stand beside an ASCII character or at an end, so they are on the bounds of characters.
        if from >= copied {
            plain.push_str(text.get(copied..from).unwrap_or_default());
            plain.push_str(STRUCK);
        }
        copied = copied.max(to);
    }
    plain.push_str(text.get(copied..).unwrap_or_default());
    plain
}

/// Where the name of the member ends that begins here.
fn member(bytes: &[u8], mut at: usize) -> Option<usize> {
    for expected in MEMBER {
        let (found, behind) = character(bytes, at)?;
        if !found.eq_ignore_ascii_case(expected) {
            return None;
        }
        at = behind;
    }
    Some(at)
}

/// An ASCII character, perhaps written `\u0063`, perhaps behind more backslashes than one; and where it ends.
fn character(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let first = *bytes.get(at)?;
    if first != b'\\' {
        return Some((first, at + 1));
    }
    let behind = skip(bytes, at, |byte| byte == b'\\');
    let hex = bytes.get(behind + 1..behind + 5).filter(|_| bytes.get(behind) == Some(&b'u'))?;
    let code = u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?;
    Some((u8::try_from(code).ok()?, behind + 5))
}

/// The bounds of the value of a member whose name ends here: of a string what is between its quotes.
fn value(bytes: &[u8], name_end: usize) -> Option<(usize, usize)> {
    let colon = skip(bytes, name_end, |byte| byte.is_ascii_whitespace() || matches!(byte, b'\\' | b'"' | b'\''));
    if !matches!(bytes.get(colon), Some(b':' | b'=')) {
        return None;
    }
    let start = skip(bytes, colon + 1, |byte| byte.is_ascii_whitespace() || byte == b'\\');
    let is_nested = bytes.get(start.wrapping_sub(1)) == Some(&b'\\');
    Some(match bytes.get(start)? {
        quote @ (b'"' | b'\'') => (start + 1, string_end(bytes, start + 1, *quote, is_nested)),
        b'{' | b'[' => (start, brackets_end(bytes, start)),
        _ => (start, skip(bytes, start, |byte| !matches!(byte, b',' | b'}' | b']' | b'\n' | b'\r'))),
    })
}

/// The place of the quote that ends a string, else the end. `is_nested`: the string is one within a string, and its end is
/// the backslash before that quote.
fn string_end(bytes: &[u8], mut at: usize, quote: u8, is_nested: bool) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            _ if *byte == quote => return at,
            b'\\' if is_nested && bytes.get(skip(bytes, at, |byte| byte == b'\\')) == Some(&quote) => return at,
            b'\\' if !is_nested => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Where a list or an object ends, else the end.
fn brackets_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0u32;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at + 1, b'"', false),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at + 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The first place from `at` on whose byte is another one.
fn skip(bytes: &[u8], at: usize, passed: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !passed(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_member_customer_says_is_struck_out() {
        for (text, expected) in [
            (r#"{"id":"e1","customer":"c_9f2c","amount":"1"}"#, r#"{"id":"e1","customer":"***","amount":"1"}"#),
            (r#"{"customer" : "c\"9 号" }"#, r#"{"customer" : "***" }"#),
            (r#"{"c\u0075stomer":"tok"}"#, r#"{"c\u0075stomer":"***"}"#),
            (r#"{"Customer":17,"a":1}"#, r#"{"Customer":***,"a":1}"#),
            (r#"{"customer":["tok",{"a":"]"}],"b":"2"}"#, r#"{"customer":***,"b":"2"}"#),
            (r#"{"a":"x"y","customer":"tok"}"#, r#"{"a":"x"y","customer":"***"}"#),
            (r#"{"note":"{\"customer\":\"tok\",\"b\":1}"}"#, r#"{"note":"{\"customer\":\"***\",\"b\":1}"}"#),
            ("{'customer': 'tok', x}", "{'customer': '***', x}"),
            ("customer=tok,1", "customer=***,1"),
            (r#"{"customer":"cut of"#, r#"{"customer":"***"#),
            (r#"{"customer":"cut of\"#, r#"{"customer":"***"#),
            (r#"{"customer":["cut of"#, r#"{"customer":***"#),
            (r#"{"customer":"a","customer":"b"}"#, r#"{"customer":"***","customer":"***"}"#),
        ] {
            assert_eq!(without_customers(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for text in
            [r#"{"customer":null,"a":"b"}"#, r#"{"type":"customer_erased","a":"customer"}"#, "号\u{fffd}customer", r"\", r"customer\u00", "customer:", ""]
        {
            assert_eq!(without_customers(text), text);
        }
    }

    #[test]
    fn any_bytes_are_read_to_their_end() {
        use rand::{RngExt, SeedableRng};
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let parts = ["\"", "customer", "\\", ":", "{", "}", "[", "]", "号", "u0063", "ustomer", " ", "tok", ",", "'", "="];
        for round in 0..20_000u32 {
            let text: String = (0..random.random_range(0..24)).map(|_| parts[random.random_range(0..parts.len())]).collect();
            let (before, behind) = text.split_at(text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at));
            // A backslash or half a name before the member makes it something else.
            let before = before.trim_end_matches('\\');
            let struck = without_customers(&format!(r#"{before}"customer":"SECRET"{behind}"#));
            assert!(!struck.contains("SECRET"), "round {round} of seed 1: {text} became {struck}");
        }
    }
}
