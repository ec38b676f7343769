//! Whether answers of a shard that follows its log can be relied on: they have what was there at the start, and are not far behind.

use super::freshness::BEHIND_MAX;
use std::time::Duration;

/// How many records the views may be behind their journal and still be relied on: as many as one batch of the journal has, which
/// they take over as a whole.
pub const VIEWS_BEHIND_MAX: u64 = 16_384;

/// How far answers are.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// Whether the views have everything that was there at the start.
    pub is_settled: bool,
    /// Records of the journal that the views do not have.
    pub views_behind: u64,
    /// Records up to the end of the log that the views do not have.
    pub lag: u64,
    /// How long answers have been behind the log.
    pub behind: Duration,
}

/// Why answers of a shard that follows its log cannot be relied on yet.
pub fn behind(reached: Reached) -> Option<(&'static str, String)> {
    let Reached { is_settled, views_behind, lag, behind } = reached;
    match (is_settled, behind > BEHIND_MAX) {
        (false, _) if views_behind > 0 => {
            Some(("views_behind", format!("the views are {views_behind} records behind their journal since the start: by itself, once they have caught up")))
        }
        (false, _) => Some(("behind", format!("{lag} records that were in the log at the start are not in the answers: by itself, once they are"))),
        (true, false) if views_behind > VIEWS_BEHIND_MAX => {
            Some(("views_behind", format!("the views are {views_behind} records behind their journal: by itself, once they have caught up")))
        }
        (true, true) if views_behind > 0 => {
            let seconds = behind.as_secs();
            Some((
                "views_behind",
                format!("answers are {seconds} s behind: the views miss {views_behind} records of their journal; by itself, once they have caught up"),
            ))
        }
        (true, true) => {
            let seconds = behind.as_secs();
            Some(("behind", format!("answers are {seconds} s behind the log, {lag} records: by itself, once they have caught up")))
        }
        (true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(is_settled: bool, views_behind: u64, lag: u64, seconds: u64) -> Option<&'static str> {
        behind(Reached { is_settled, views_behind, lag, behind: Duration::from_secs(seconds) }).map(|(code, _)| code)
    }

    #[test]
    fn answers_are_relied_on_once_they_have_what_was_there_and_while_they_are_fresh() {
        assert_eq!(code(true, 0, 0, 0), None);
        assert_eq!(code(true, VIEWS_BEHIND_MAX, 70_000, 9), None, "a busy moment");
        assert_eq!(code(true, VIEWS_BEHIND_MAX + 1, 70_000, 0), Some("views_behind"), "more than a batch");
        assert_eq!(code(true, 0, 1, 11), Some("behind"));
        assert_eq!(code(true, 1, 1, 11), Some("views_behind"));
        assert_eq!(code(false, 7, 7, 0), Some("views_behind"), "right after a restore");
        assert_eq!(code(false, 0, 7, 0), Some("behind"));
    }
}
