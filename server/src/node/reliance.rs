//! Whether answers of a shard that follows its log can be relied on: they have what was there at the start, and are not far behind.

use super::freshness::BEHIND_MAX;
use std::time::Duration;

/// How many records the views may be behind their journal and still be relied on: as many as one batch of the journal has, which
/// they take over as a whole.
pub const VIEWS_BEHIND_MAX: u64 = 16_384;

/// How far log, journal and views of a partition are, as next offsets.
///
/// Two looks, one after the other: the views may have what the journal had not when it was looked at, and the log is at least as
/// long as what was read of it. To add what the first look saw ahead of the journal to where the second found the views would
/// count those records twice, and an end was waited for that the log does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The end of the log.
    pub log: i64,
    /// The journal's, at the first look.
    pub folded: i64,
    /// The views', at the second.
    pub viewed: i64,
}

impl Ends {
    /// From the offset of the last record that was folded and what lay ahead of it (one look), and the last that the views have (a later one);
    /// -1 where there is none.
    pub fn of(folded: i64, ahead: u64, viewed: i64) -> Self {
        let (folded, viewed) = (folded.saturating_add(1), viewed.saturating_add(1));
        let log = folded.saturating_add(i64::try_from(ahead).unwrap_or(i64::MAX)).max(viewed);
        Self { log, folded, viewed }
    }

    /// Records of the journal that the views do not have.
    pub fn views_behind(&self) -> u64 {
        u64::try_from(self.folded.saturating_sub(self.viewed)).unwrap_or(0)
    }

    /// Records of the log that the views do not have.
    pub fn lag(&self) -> u64 {
        u64::try_from(self.log.saturating_sub(self.viewed)).unwrap_or(0)
    }
}

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
    fn what_the_views_have_by_now_is_not_ahead_of_them() {
        let told = |folded, ahead, viewed| {
            let ends = Ends::of(folded, ahead, viewed);
            (ends.log, ends.views_behind(), ends.lag())
        };
        assert_eq!(told(9, 0, 9), (10, 0, 0));
        assert_eq!(told(9, 5, 7), (15, 2, 7), "the views trail the journal, and the journal the log");
        assert_eq!(told(-1, 26, 25), (26, 0, 0), "all was read between the two looks");
        assert_eq!(told(9, 5, 11), (15, 0, 3), "some of it");
        assert_eq!(told(9, 5, 20), (21, 0, 0), "and more, that came later");
        assert_eq!(told(-1, 0, -1), (0, 0, 0), "an empty log");
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
