//! The word that somebody who mistyped may have meant.

/// Of how many letters one may be wrong.
const LETTERS_PER_SLIP: usize = 3;

/// The known word that is nearest to `word`, where one is near enough to be meant: at most one letter in three is wrong,
/// missing, too many, or changed places with its neighbour. Of two that are equally near it is the first.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let slips_max = word.chars().count().div_ceil(LETTERS_PER_SLIP);
    let near = known.into_iter().map(|other| (strsim::damerau_levenshtein(&word, &other.to_lowercase()), other));
    near.filter(|(slips, other)| *slips <= slips_max && *slips < other.chars().count()).min_by_key(|(slips, _)| *slips).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::nearest;

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
}
