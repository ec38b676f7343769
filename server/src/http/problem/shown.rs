//! What problems repeat of a request: the first characters of what was sent, so that no answer grows with the question, card numbers masked.

use schemas::decode::mask;

/// How many characters are repeated of a name or a value: an id is told whole.
const CHARACTERS_MAX: usize = 64;
/// The same of a path, which may have several ids.
const PATH_CHARACTERS_MAX: usize = 200;
/// How long the detail of a problem is at most, in characters, whatever it is made of.
const DETAIL_CHARACTERS_MAX: usize = 4096;
/// How much is looked at beyond what is repeated: a card number that begins there ends within it.
const BEYOND: usize = 64;

/// What is repeated of a name or a value.
pub fn shown(text: &str) -> String {
    first(text, CHARACTERS_MAX)
}

/// What is repeated of a path.
pub fn shown_path(path: &str) -> String {
    first(path, PATH_CHARACTERS_MAX)
}

fn first(text: &str, characters: usize) -> String {
    let looked_at: String = text.chars().take(characters + BEYOND).collect();
    cut(mask(looked_at.as_bytes()).text, characters)
}

/// A detail, within its bound.
pub fn bounded(detail: String) -> String {
    cut(detail, DETAIL_CHARACTERS_MAX)
}

/// The first characters of a text, and a sign where it has more.
fn cut(mut text: String, characters: usize) -> String {
    let end = text.char_indices().nth(characters).map(|(end, _)| end);
    if let Some(end) = end {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_repeated_and_of_what_is_long_the_beginning() {
        assert_eq!((shown("reasn"), shown("").as_str(), shown_path("/v1/nothing")), ("reasn".to_owned(), "", "/v1/nothing".to_owned()));
        let id = "x".repeat(CHARACTERS_MAX);
        assert_eq!((shown(&id), shown(&format!("{id}y"))), (id.clone(), format!("{id}…")));
        assert_eq!(shown(&"é".repeat(4 << 20)).chars().count(), CHARACTERS_MAX + 1);
        assert_eq!(bounded("x".repeat(4 << 20)).chars().count(), DETAIL_CHARACTERS_MAX + 1);
    }

    #[test]
    fn a_card_number_is_not_repeated_nor_its_beginning() {
        for before in [0, CHARACTERS_MAX - 18, CHARACTERS_MAX - 4] {
            let told = shown(&format!("{} 4111111111111111 ", "x".repeat(before)));
            assert!(!told.contains("411"), "{told}");
        }
    }
}
