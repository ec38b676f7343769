//! What grouped answers have in common: keys and their values in a row, how many rows there may be.

use super::Error;

/// The most rows of a grouped answer.
pub const ROWS_MAX: usize = super::ROWS_MAX;
/// The most rows of which only the first are told. A row takes about half a kilobyte while it is asked for.
pub const GROUPS_MAX: usize = 500_000;

/// The most rows of an answer: more where only the first are told.
pub const fn rows_max(limited: bool) -> usize {
    if limited { GROUPS_MAX } else { ROWS_MAX }
}

/// Whether there are no more rows than there may be.
///
/// # Errors
/// [`Error::TooManyRows`], with how many there may be.
pub fn check_rows(rows: usize, rows_max: usize) -> Result<(), Error> {
    if rows > rows_max { Err(Error::TooManyRows(rows_max)) } else { Ok(()) }
}

/// The keys of each row: those that were asked for, in that order, and behind them those that every row has.
pub fn keys_of_rows<K: Copy + PartialEq>(asked: &[K], always: &[K]) -> Vec<K> {
    asked.iter().chain(always.iter().filter(|key| !asked.contains(key))).copied().collect()
}

/// The value of a key in a row. Rows sort by them: ranks by their rank, `null` last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupValue {
    /// A text, a date.
    Text(String),
    /// A whole number.
    Number(i64),
    /// One of a fixed order of names.
    Ranked(u8, &'static str),
    /// None.
    Null,
}

impl GroupValue {
    /// As on the wire, where it is a text; `None` is `null`, or a number.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Ranked(_, name) => Some(name),
            Self::Number(_) | Self::Null => None,
        }
    }

    /// As a filter has it; `None` is `null`.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Number(number) => Some(number.to_string()),
            Self::Text(_) | Self::Ranked(..) | Self::Null => self.as_str().map(str::to_owned),
        }
    }

    /// A text, or none.
    pub fn of(text: Option<&str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_rows_as_there_may_be() {
        assert!(check_rows(ROWS_MAX, rows_max(false)).is_ok() && check_rows(GROUPS_MAX, rows_max(true)).is_ok());
        assert!(matches!(check_rows(ROWS_MAX + 1, rows_max(false)), Err(Error::TooManyRows(ROWS_MAX))));
        assert!(matches!(check_rows(GROUPS_MAX + 1, rows_max(true)), Err(Error::TooManyRows(GROUPS_MAX))));
    }

    #[test]
    fn what_every_row_has_is_last_unless_it_was_asked_for() {
        assert_eq!(keys_of_rows(&["day", "book"], &["book", "currency"]), ["day", "book", "currency"]);
        assert_eq!(keys_of_rows(&[], &["book", "currency"]), ["book", "currency"]);
        assert_eq!(keys_of_rows(&["currency", "day"], &["book", "currency"]), ["currency", "day", "book"]);
    }

    #[test]
    fn null_is_last_and_ranks_are_in_their_order() {
        assert!(GroupValue::of(Some("zz")) < GroupValue::Null);
        assert!(GroupValue::Ranked(0, "0-1") < GroupValue::Ranked(4, "15-30") && GroupValue::Ranked(7, ">180") < GroupValue::Null);
    }
}
