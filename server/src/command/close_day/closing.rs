//! Sends the close of a date until every partition has it, or says why not.
//!
//! The event's id is made of the date, so that whoever says it again sends the same event. An event that is refused has its id for ever, so a
//! date whose close was refused before is sent under the next of its ids. A date is closed where each partition says that it posted a close.
//! Bounds: [`IDS_MAX`] ids of a date, [`KNOWN_WITHIN`] for each.

use crate::command::Failure;
use crate::command::remote::Server;
use schemas::time::Date;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The ids of a date, one after the other: each but the last was refused on some partition.
const IDS_MAX: u32 = 9;
/// How long it is asked what became of a close.
const KNOWN_WITHIN: Duration = Duration::from_secs(120);
/// How long one request waits for it; the server allows no more.
const WAIT_MS: u32 = 60_000;
/// The pause before it is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// When a date was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// By this command, on some partition at least.
    Now,
    /// On every partition before.
    Before,
}

/// What became of a close on one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Became {
    Closed(Closed),
    /// It repeats one that was refused, so nothing was done.
    RefusedBefore,
    /// It was not closed, and why.
    Not(String),
}

impl Became {
    /// Reads what is told of a partition; nothing where that is not known yet.
    fn read(partition: &Value) -> Option<Self> {
        let text = |pointer: &str| partition.pointer(pointer).and_then(Value::as_str);
        let why = |outcome: &str| format!("{outcome} {}: {}", text("/code").unwrap_or_default(), text("/detail").unwrap_or_default());
        Some(match (text("/outcome")?, text("/of/outcome")) {
            ("posted", _) => Self::Closed(Closed::Now),
            ("duplicate", Some("posted")) => Self::Closed(Closed::Before),
            ("duplicate", Some("refused")) => Self::RefusedBefore,
            ("duplicate", None) => return None,
            ("duplicate", Some(first)) => Self::Not(format!("an event of its id was {first} before")),
            (outcome, _) => Self::Not(why(outcome)),
        })
    }
}

/// The id of a close: the next one is for a date whose close was refused under those before.
fn id_of(date: Date, number: u32) -> String {
    if number == 1 { format!("day-closed-{date}") } else { format!("day-closed-{date}-{number}") }
}

/// Closes a date on every partition, under the first of its ids that was not refused before.
pub fn close(server: &Server, date: Date) -> Result<Closed, Failure> {
    let (mut closed, mut told) = (BTreeSet::new(), Closed::Before);
    for number in 1..=IDS_MAX {
        let (mut is_closed, mut not) = (true, BTreeMap::<String, Vec<String>>::new());
        for (partition, became) in sent(server, date, &id_of(date, number))? {
            match became {
                Became::Closed(when) => {
                    closed.insert(partition);
                    told = if when == Closed::Now { when } else { told };
                }
                // Under an id before this one it was closed there.
                Became::RefusedBefore | Became::Not(_) if closed.contains(&partition) => {}
                Became::RefusedBefore => is_closed = false,
                Became::Not(why) => not.entry(why).or_default().push(partition.to_string()),
            }
        }
        if !not.is_empty() {
            let each: Vec<String> = not.iter().map(|(why, on)| format!("{why} (on {})", on.join(", "))).collect();
            return Err(Failure::Failed(format!("{date} was not closed: {}", each.join("; "))));
        }
        if is_closed {
            return Ok(told);
        }
    }
    Err(Failure::Failed(format!("{date} was not closed: each of its {IDS_MAX} ids, up to {}, was refused before", id_of(date, IDS_MAX))))
}

/// Sends a close, and again until every partition says what became of it: what is sent again is a duplicate, which tells of the first.
fn sent(server: &Server, date: Date, id: &str) -> Result<Vec<(u64, Became)>, Failure> {
    let event = json!({"id": id, "type": "day_closed", "date": date.to_string()});
    let started = Instant::now();
    let mut is_again = false;
    loop {
        let left = KNOWN_WITHIN.saturating_sub(started.elapsed());
        let wait_ms = left.as_millis().min(u128::from(WAIT_MS));
        let (status, body) = server.post(&format!("/v1/events?wait=true&wait_ms={wait_ms}"), &event)?;
        let result = body.pointer("/results/0").filter(|_| (200..300).contains(&status)).ok_or_else(|| server.problem(status, &body))?;
        if let Some(told) = on_each(result, is_again) {
            return Ok(told);
        }
        if started.elapsed() + PAUSE >= KNOWN_WITHIN {
            return Err(Failure::Failed(format!(
                "it is not known whether {date} is closed: the close is in the log, and not every partition has said within {} s what became of it. \
                 Right would be to say it again later: a date is closed once, however often it is said",
                KNOWN_WITHIN.as_secs()
            )));
        }
        std::thread::sleep(PAUSE);
        is_again = true;
    }
}

/// What became of a close on each partition, once all of them say it. What repeats one that this command sent just now was closed now.
fn on_each(result: &Value, is_again: bool) -> Option<Vec<(u64, Became)>> {
    let partitions = result.get("partitions").and_then(Value::as_array).filter(|partitions| !partitions.is_empty())?;
    let read = |partition: &Value| {
        let became = Became::read(partition)?;
        let became = if is_again && became == Became::Closed(Closed::Before) { Became::Closed(Closed::Now) } else { became };
        Some((partition.get("partition").and_then(Value::as_u64)?, became))
    };
    partitions.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_is_closed_where_what_it_repeats_was_posted() {
        let not = |why: &str| Some(Became::Not(why.to_owned()));
        for (told, expected) in [
            (json!({"outcome": "posted"}), Some(Became::Closed(Closed::Now))),
            (json!({"outcome": "duplicate", "of": {"outcome": "posted"}}), Some(Became::Closed(Closed::Before))),
            (json!({"outcome": "duplicate", "of": {"outcome": "refused", "code": "wrong_date"}}), Some(Became::RefusedBefore)),
            (json!({"outcome": "duplicate"}), None),
            (json!({"position": "3:9"}), None),
            (json!({"outcome": "duplicate", "of": {"outcome": "parked"}}), not("an event of its id was parked before")),
            (json!({"outcome": "refused", "code": "wrong_date", "detail": "2026-11-29 is open"}), not("refused wrong_date: 2026-11-29 is open")),
            (json!({"outcome": "quarantined", "code": "conflict", "detail": "another"}), not("quarantined conflict: another")),
        ] {
            assert_eq!(Became::read(&told), expected, "{told}");
        }
    }

    #[test]
    fn what_became_of_a_close_is_known_once_every_partition_says_it() {
        let duplicate = json!({"partition": 1, "outcome": "duplicate", "of": {"outcome": "posted"}});
        let some = json!({"partitions": [{"partition": 0, "outcome": "posted"}, {"partition": 1, "position": "1:9"}]});
        let all = json!({"partitions": [{"partition": 0, "outcome": "posted"}, duplicate]});
        for nothing in [json!({"id": "x", "position": ["0:1"]}), json!({"partitions": []}), some] {
            assert_eq!(on_each(&nothing, false), None, "{nothing}");
        }
        assert_eq!(on_each(&all, false), Some(vec![(0, Became::Closed(Closed::Now)), (1, Became::Closed(Closed::Before))]));
        assert_eq!(on_each(&all, true), Some(vec![(0, Became::Closed(Closed::Now)), (1, Became::Closed(Closed::Now))]), "what was sent before was its own");
    }
}
