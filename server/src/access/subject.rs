//! What a caller with a token is called: its subject as one word that no other subject has, in the log, in limits and as `added_by`.

use serde_json::Value;

/// What the name begins with: no id of a key has a colon.
pub const TOKEN_PREFIX: &str = "jwt:";
/// Whoever brings a token that names no subject: all of them are one caller.
pub const NO_SUBJECT: &str = "jwt:-";
/// The longest subject that is told whole.
const SUBJECT_BYTES_MAX: usize = 64;
/// Hexadecimal digits of the hash that stands for the rest of a longer one.
const HASH_DIGITS: usize = 16;
/// What stands before that hash, and in no other subject.
const CUT: u8 = b'~';

/// The name of whoever has a token with this claim `sub`.
///
/// # Errors
/// It is neither a text nor a number.
pub fn who(subject: Option<&Value>) -> Result<String, String> {
    let subject = match subject {
        None | Some(Value::Null) => return Ok(NO_SUBJECT.to_owned()),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err("the token's claim \"sub\" is no text".to_owned()),
    };
    if subject.is_empty() {
        return Ok(NO_SUBJECT.to_owned());
    }
    Ok(format!("{TOKEN_PREFIX}{}", word(&subject)))
}

/// Visible characters of ASCII stay, every other byte is `%` and two digits; of what is longer than the bound the beginning, and a hash of
/// the whole.
fn word(subject: &str) -> String {
    // One that is a hyphen is not taken for none.
    let stays = |byte: u8| byte.is_ascii_graphic() && byte != b'%' && byte != CUT && subject != "-";
    let (mut word, mut cut_at) = (String::new(), 0);
    for byte in subject.bytes() {
        if stays(byte) {
            word.push(char::from(byte));
        } else {
            word.push_str(&format!("%{byte:02X}"));
        }
        // No byte is cut in its middle.
        if word.len() < SUBJECT_BYTES_MAX - HASH_DIGITS {
            cut_at = word.len();
        }
    }
    if word.len() > SUBJECT_BYTES_MAX {
        word.truncate(cut_at);
        word.push(char::from(CUT));
        word.extend(blake3::hash(subject.as_bytes()).to_hex().chars().take(HASH_DIGITS));
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    fn name(subject: &str) -> String {
        who(Some(&json!(subject))).expect("a text")
    }

    #[test]
    fn a_plain_subject_stays_as_it_is_and_others_are_one_word() {
        assert_eq!(name("li.wei@bank.example"), "jwt:li.wei@bank.example");
        assert_eq!(name("张伟"), "jwt:%E5%BC%A0%E4%BC%9F");
        assert_eq!(name("a b\n"), "jwt:a%20b%0A");
        let long = format!("f:0b1c2d3e-1111-2222-3333-444455556666:{}", "anna.schmidt-meyer@bank.example".repeat(20));
        assert!(name(&long).len() == 4 + SUBJECT_BYTES_MAX && name(&long).starts_with("jwt:f:0b1c2d3e-1111"), "{}", name(&long));
        assert!(name(&"ü".repeat(60)).is_ascii() && name(&"ü".repeat(60)).len() <= 4 + SUBJECT_BYTES_MAX);
        assert_eq!(name(&"x".repeat(SUBJECT_BYTES_MAX)), format!("jwt:{}", "x".repeat(SUBJECT_BYTES_MAX)), "as long as may be");
    }

    #[test]
    fn no_two_subjects_are_called_the_same() {
        let long = "f:0b1c2d3e-1111-2222-3333-444455556666:anna.schmidt-meyer@bank.example";
        let (one, two) = (format!("{long}.one"), format!("{long}.two"));
        let cut = name(&one).replace(TOKEN_PREFIX, "");
        let subjects = ["张伟", "李娜", "__", "a b", "a_b", "a%20b", "%E5", "-", "~", "_", &one, &two, &cut];
        let names: BTreeSet<String> = subjects.iter().map(|subject| name(subject)).chain([NO_SUBJECT.to_owned()]).collect();
        assert_eq!(names.len(), subjects.len() + 1, "{names:?}");
    }

    #[test]
    fn a_token_may_name_none() {
        for none in [None, Some(json!(null)), Some(json!(""))] {
            assert_eq!(who(none.as_ref()).as_deref(), Ok(NO_SUBJECT));
        }
        assert_eq!(who(Some(&json!(42))).as_deref(), Ok("jwt:42"));
        assert!(who(Some(&json!(["a"]))).is_err());
    }
}
