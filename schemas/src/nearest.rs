//! The word that somebody who mistyped may have meant.

/// The longest word that is compared, in letters. How long that takes grows as its letters times those of the other, and whoever sends a word
/// chooses how long it is; no name that there is comes near this.
const LETTERS_MAX: usize = 64;
/// Of how many letters one may be wrong where a word is proposed.
const LETTERS_PER_SLIP: usize = 3;
/// The same where it is taken for another word, which has more than one wrong only from so many letters on.
const LETTERS_PER_SURE_SLIP: usize = 4;
const LETTERS_OF_TWO_SURE_SLIPS: usize = 8;

/// The known word that is nearest to `word`, where one is near enough to be meant: at most one letter in three is wrong,
/// missing, too many, or changed places with its neighbour. Of two that are equally near it is the first. None is near a word of more than
/// 64 letters.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(word, proposed, known).map(|(_, other)| other)
}

/// How many slips lie between `word` and another one, where that is near enough to be meant, as [`nearest`] judges it.
pub fn slips(word: &str, other: &str) -> Option<usize> {
    near(word, proposed, [other]).map(|(slips, _)| slips)
}

/// The known word that `word` is hardly anything but a slip of: one letter is wrong, or in a word of eight and more at most one in four. For where
/// it is refused, which a word that is merely like another must not be.
pub fn mistyped_as<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(word, sure, known).map(|(_, other)| other)
}

/// The most slips in a word of so many letters for which another is proposed.
const fn proposed(letters: usize) -> usize {
    letters.div_ceil(LETTERS_PER_SLIP)
}

/// The same for which it is taken for the other.
const fn sure(letters: usize) -> usize {
    if letters < LETTERS_OF_TWO_SURE_SLIPS { 1 } else { letters.div_ceil(LETTERS_PER_SURE_SLIP) }
}

fn near<'a>(word: &str, slips_max: fn(usize) -> usize, known: impl IntoIterator<Item = &'a str>) -> Option<(usize, &'a str)> {
    // Of a long word no more is read than tells that it is one.
    let letters = word.chars().take(LETTERS_MAX + 1).count();
    if letters > LETTERS_MAX {
        return None;
    }
    let (word, slips_max) = (word.to_lowercase(), slips_max(letters));
    let length = word.chars().count();
    let near = known.into_iter().filter_map(|other| {
        let lower = other.to_lowercase();
        // Each letter that one has beyond the other is a slip.
        if lower.chars().count().abs_diff(length) > slips_max {
            return None;
        }
        let slips = strsim::damerau_levenshtein(&word, &lower);
        (slips <= slips_max && slips < other.chars().count()).then_some((slips, other))
    });
    near.min_by_key(|(slips, _)| *slips)
}

#[cfg(test)]
mod tests {
    use super::{LETTERS_MAX, mistyped_as, nearest, slips};

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

    #[test]
    fn slips_are_counted_where_they_are_few() {
        assert_eq!((slips("balance", "balances"), slips("v1", "v1"), slips("holds", "payouts"), slips("", "")), (Some(1), Some(0), None, None));
    }

    /// Comparing words of this length would take minutes.
    #[test]
    fn a_word_may_be_as_long_as_whoever_sends_it_likes() {
        let long = "b".repeat(4 << 20);
        assert_eq!((nearest(&long, [long.as_str(), "day"]), mistyped_as(&long, [long.as_str()])), (None, None));
        let longest = "b".repeat(LETTERS_MAX);
        assert_eq!(nearest(&longest, ["day", &longest]), Some(longest.as_str()));
        assert_eq!(nearest("day", [long.as_str(), "day"]), Some("day"), "nor is the other one compared");
    }
}
