//! Finds one of a few dozen words that are known when this is compiled, as a rule by one comparison.

/// Places of a table; a power of two, several times the words.
const PLACES: usize = 256;
const FREE: u8 = u8::MAX;

/// Words, and where each of them is looked for.
pub(super) struct Lookup<const N: usize> {
    words: [&'static str; N],
    /// Which word lies at a place; one whose place was taken lies at the next that was free.
    places: [u8; PLACES],
}

impl<const N: usize> Lookup<N> {
    /// Of these words: fewer than half the places, none of them empty.
    pub const fn new(words: [&'static str; N]) -> Self {
        assert!(N < PLACES / 2, "too many words for the table");
        let mut places = [FREE; PLACES];
        let mut at = 0;
        while at < N {
            let mut place = place(words[at].as_bytes());
            while places[place] != FREE {
                place = (place + 1) % PLACES;
            }
            places[place] = at as u8;
            at += 1;
        }
        Self { words, places }
    }

    /// Which of the words it is.
    #[inline]
    pub fn find(&self, word: &str) -> Option<usize> {
        if word.is_empty() {
            return None;
        }
        let mut place = place(word.as_bytes());
        // Half of the places are free, so the search ends.
        loop {
            let at = usize::from(self.places[place]);
            match self.words.get(at) {
                None => return None,
                Some(known) if *known == word => return Some(at),
                Some(_) => place = (place + 1) % PLACES,
            }
        }
    }
}

/// The place of a word that is not empty, by its ends and its length.
const fn place(word: &[u8]) -> usize {
    let (first, last) = (word[0] as usize, word[word.len() - 1] as usize);
    (first * 5 + last * 37 + word.len() * 11) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_and_no_other() {
        const WORDS: [&str; 5] = ["a", "aa", "ab", "ba", "sale"];
        static LOOKUP: Lookup<5> = Lookup::new(WORDS);
        for (at, word) in WORDS.iter().enumerate() {
            assert_eq!(LOOKUP.find(word), Some(at));
        }
        for word in ["", "b", "bb", "Sale", "sales", "sal"] {
            assert_eq!(LOOKUP.find(word), None, "{word}");
        }
    }
}
