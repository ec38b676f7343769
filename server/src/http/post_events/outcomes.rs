//! What became of events that were appended, as far as that can be asked now.
//!
//! They are in the log whatever is answered, so nothing here fails: of a record whose partition nobody answers for, since its holder has just
//! gone, nothing is known yet, as of one that is not folded in time. Who asks again by the same event is told.

use crate::http::became::Became;
use crate::node::{Error, FoundEvent, Node};
use crate::shape::Position;
use ledger::entry::Recorded;
use std::collections::{BTreeMap, BTreeSet};

/// What became of the records of each event, and whether all that was asked could be answered.
pub struct Outcomes {
    /// Of each event, in order; of one that was not appended there are none.
    pub records: Vec<Vec<Became>>,
    /// The partitions that could not be asked.
    pub unanswered: BTreeSet<u32>,
}

/// Where it is asked what became of a record.
pub trait Journals {
    /// The record's own entry at each position of one partition, where it was folded.
    fn entries_of(&self, positions: &[Position]) -> Result<BTreeMap<Position, Recorded>, Error>;
    /// What became of the first of an event's id, where this entry says that it came second.
    fn first_of(&self, partition: u32, second: &Recorded) -> Result<Option<FoundEvent>, Error>;
}

impl Journals for Node {
    fn entries_of(&self, positions: &[Position]) -> Result<BTreeMap<Position, Recorded>, Error> {
        Self::entries_of(self, positions.iter().copied())
    }

    fn first_of(&self, partition: u32, second: &Recorded) -> Result<Option<FoundEvent>, Error> {
        Self::first_of(self, partition, second)
    }
}

/// Asks what became of the records of each event.
pub fn outcomes(of: &impl Journals, events: &[(Vec<Position>, bool)]) -> Outcomes {
    let mut wanted = BTreeMap::<u32, Vec<Position>>::new();
    for position in events.iter().flat_map(|(positions, _)| positions) {
        wanted.entry(position.partition).or_default().push(*position);
    }
    let (mut entries, mut unanswered) = (BTreeMap::new(), BTreeSet::new());
    for (partition, positions) in wanted {
        match of.entries_of(&positions) {
            Ok(found) => entries.extend(found),
            Err(error) => unknown(&mut unanswered, partition, &error),
        }
    }
    let mut became = |position: &Position| {
        let mut recorded = entries.remove(position);
        let first = recorded.as_ref().map_or(Ok(None), |recorded| of.first_of(position.partition, recorded));
        let first = first.unwrap_or_else(|error| {
            // A duplicate alone says nothing of what became of its event.
            recorded = None;
            unknown(&mut unanswered, position.partition, &error);
            None
        });
        Became { partition: position.partition, offset: position.offset, recorded, of: first }
    };
    let records: Vec<Vec<Became>> = events.iter().map(|(positions, _)| positions.iter().map(&mut became).collect()).collect();
    Outcomes { records, unanswered }
}

fn unknown(unanswered: &mut BTreeSet<u32>, partition: u32, error: &Error) {
    if unanswered.insert(partition) {
        tracing::warn!(partition, %error, "events were appended, and what became of them cannot be asked now");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::became::{EventOutcome, Told};
    use crate::node::NOT_HELD;
    use ledger::entry::{Outcome, Row};
    use schemas::time::Date;

    /// Every record was posted; of some partitions nobody answers, or not for what came first.
    struct Scripted {
        away: u32,
        forgets: u32,
    }

    fn nobody(partition: u32) -> Error {
        Error::Unavailable { partition, code: Some(NOT_HELD), detail: "no node has it now".to_owned() }
    }

    impl Journals for Scripted {
        fn entries_of(&self, positions: &[Position]) -> Result<BTreeMap<Position, Recorded>, Error> {
            let row = |offset| Row::of(offset, offset, Date::from_days(20_000), Outcome::Posted);
            match positions.first() {
                Some(first) if first.partition == self.away => Err(nobody(first.partition)),
                _ => Ok(positions.iter().map(|position| (*position, Recorded { number: 7, row: row(position.offset) })).collect()),
            }
        }

        fn first_of(&self, partition: u32, _: &Recorded) -> Result<Option<FoundEvent>, Error> {
            if partition == self.forgets { Err(nobody(partition)) } else { Ok(None) }
        }
    }

    #[test]
    fn what_nobody_answers_for_is_not_known_and_the_rest_is() {
        let at = |partition, offset| Position { partition, offset };
        let events =
            [(vec![at(0, 3)], false), (vec![at(1, 9)], false), (vec![at(2, 4)], false), (Vec::new(), false), (vec![at(0, 4), at(1, 10), at(2, 5)], true)];
        let Outcomes { records, unanswered } = outcomes(&Scripted { away: 1, forgets: 2 }, &events);
        assert_eq!(unanswered, BTreeSet::from([1, 2]));
        let told: Vec<Option<EventOutcome>> = records.iter().zip(&events).map(|(records, (_, many))| Told::new(records, *many).outcome).collect();
        assert_eq!(told, [Some(EventOutcome::Posted), None, None, None, None]);
        let known = |records: &[Became]| records.iter().map(|became| (became.partition, became.offset, became.recorded.is_some())).collect::<Vec<_>>();
        assert_eq!(known(&records[4]), [(0, 4, true), (1, 10, false), (2, 5, false)], "each record keeps its position");
        assert!(outcomes(&Scripted { away: 9, forgets: 9 }, &events).unanswered.is_empty());
    }
}
