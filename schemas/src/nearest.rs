//! The word that somebody who mistyped may have meant.

/// Of how many letters one may be wrong where a word is proposed.
const LETTERS_PER_SLIP: usize = 3;
/// The same where it is taken for another word, which has more than one wrong only from so many letters on.
const LETTERS_PER_SURE_SLIP: usize = 4;
const LETTERS_OF_TWO_SURE_SLIPS: usize = 8;

/// The known word that is nearest to `word`, where one is near enough to be meant: at most one letter in three is wrong,
/// missing, too many, or changed places with its neighbour. Of two that are equally near it is the first.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(word, word.chars().count().div_ceil(LETTERS_PER_SLIP), known)
}

/// The known word that `word` is hardly anything but a slip of: one letter is wrong, or in a word of eight and more at most one in four. For where
/// it is refused, which a word that is merely like another must not be.
pub fn mistyped_as<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().count();
    near(word, if letters < LETTERS_OF_TWO_SURE_SLIPS { 1 } else { letters.div_ceil(LETTERS_PER_SURE_SLIP) }, known)
}

fn near<'a>(word: &str, slips_max: usize, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = known.into_iter().map(|other| (strsim::damerau_levenshtein(&word, &other.to_lowercase()), other));
    near.filter(|(slips, other)| *slips <= slips_max && *slips < other.chars().count()).min_by_key(|(slips, _)| *slips).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::{mistyped_as, nearest};

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let known = ["merchant", "mcc", "day", "partner", "card"];
        for (word, meant) in [
            ("merchnat", Some("merchant")),
            ("Merchant", Some("merchant")),
            ("merchants", Some("merchant")),
            ("partnr", Some("partner")),
            ("mc", Some("mcc")),
            ("brand", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word:?}");
        }
    }

    #[test]
    fn what_is_refused_as_a_slip_is_nearer_than_what_is_proposed() {
        let known = ["percent", "cap", "risk", "plan"];
        for (word, slip, proposed) in [
            ("percnt", Some("percent"), Some("percent")),
            ("percentage", Some("percent"), Some("percent")),
            ("segment", None, Some("percent")),
            ("link", None, Some("risk")),
            ("lane", None, Some("plan")),
            ("place", None, Some("plan")),
            ("plant", Some("plan"), Some("plan")),
            ("plna", Some("plan"), Some("plan")),
        ] {
            assert_eq!((mistyped_as(word, known), nearest(word, known)), (slip, proposed), "{word:?}");
        }
    }
}
