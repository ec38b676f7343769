//! Does one thing to the nodes, takes the time until every partition is answered by every node that lives, and waits until all is as before.

use super::checker::{Checks, Question, lock};
use super::fault::{Fault, Holds};
use super::group::Group;
use super::link::Passage;
use super::{Error, NODES, WAIT_MAX};
use crate::lives::dice::Dice;
use crate::service::Client;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long one question of those that take the time may wait for what it demands, in milliseconds.
const WAIT_MS: u64 = 500;
/// How long a close of a day is waited for.
const CLOSE_WAIT_MAX: Duration = Duration::from_secs(30);
/// The longest after a close was sent that the owner is killed, in milliseconds.
const CLOSE_MS_MAX: u64 = 60;
const POLL: Duration = Duration::from_millis(1);

/// What came of a fault.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which.
    pub fault: Fault,
    /// Until every partition was answered by every node that lives; nothing where that was not so in time.
    pub whole: Option<Duration>,
    /// The last question to a node that lives which was not answered: when that was, and what was said.
    pub last_failed: Option<(Duration, String)>,
    /// Questions to nodes that live that were not answered.
    pub failed: usize,
    /// Questions that no node answered.
    pub lost: usize,
    /// Answers meanwhile.
    pub answers: u64,
    /// From its end until all was shared out as before.
    pub shared: Duration,
    /// What else is to be told.
    pub note: String,
}

/// Disturbs a group.
pub struct Disturber<'a> {
    /// The nodes.
    pub group: &'a mut Group,
    /// What is asked of them.
    pub checks: &'a Checks,
    /// Chooses.
    pub dice: &'a mut Dice,
    /// For how long.
    pub holds: Holds,
    /// Holders of each partition.
    pub holders: usize,
    /// What nodes are upgraded to.
    pub program: &'a Path,
}

impl Disturber<'_> {
    /// Does one thing, and ends it.
    ///
    /// # Errors
    /// A node does not start, or all is not as before within the bound.
    pub fn disturb(&mut self, fault: Fault, round: u32) -> Result<Outcome, Error> {
        let all: Vec<usize> = (0..NODES).collect();
        let one = self.dice.place(NODES).unwrap_or(0);
        let others: Vec<usize> = all.iter().copied().filter(|place| *place != one).collect();
        // A cut ends connections in one round, and loses packets in the next.
        let passage = if round.is_multiple_of(2) { Passage::Silent } else { Passage::Shut };
        let (failed_before, lost_before, answers_before) = self.counts();
        let mut note = String::new();
        let (begun, whole) = match fault {
            Fault::Kill | Fault::KillInClose => {
                if fault == Fault::KillInClose {
                    note = self.wait_for_close(one)?;
                }
                let begun = Instant::now();
                self.group.kill(&[one])?;
                let whole = self.whole_again(&others, begun);
                self.stay(begun, self.holds.dead_max)?;
                self.group.start(one)?;
                (begun, whole)
            }
            Fault::KillTwo => {
                let begun = Instant::now();
                self.group.kill(&others)?;
                let whole = self.whole_again(&[one], begun);
                others.iter().try_for_each(|place| self.group.start(*place))?;
                (begun, whole)
            }
            Fault::Stop => {
                let begun = Instant::now();
                self.group.signal(&[one], "STOP")?;
                let whole = self.whole_again(&others, begun);
                std::thread::sleep(self.holds.stopped.saturating_sub(begun.elapsed()));
                self.group.signal(&[one], "CONT")?;
                let back = self.whole_again(&all, Instant::now());
                note = format!("all three answer {} after it went on", seconds(back));
                (begun, whole)
            }
            Fault::CutKafka => {
                let begun = Instant::now();
                if let Some(link) = self.group.to_kafka.get(one) {
                    link.set(passage);
                }
                let whole = self.whole_again(&all, begun);
                std::thread::sleep(self.holds.cut.saturating_sub(begun.elapsed()));
                if let Some(link) = self.group.to_kafka.get(one) {
                    link.set(Passage::Open);
                }
                note = format!("{passage:?}").to_lowercase();
                (begun, whole)
            }
            Fault::CutPeers => {
                let begun = Instant::now();
                self.group.between(one, passage);
                let whole = self.whole_again(&others, begun);
                std::thread::sleep(self.holds.cut.saturating_sub(begun.elapsed()));
                self.group.between(one, Passage::Open);
                note = format!("{passage:?}").to_lowercase();
                (begun, whole)
            }
            Fault::Upgrade => {
                let begun = Instant::now();
                let whole = self.upgrade(&all)?;
                (begun, whole)
            }
        };
        let shared = self.group.shared(&all, self.holders)?;
        // Who was killed, stopped or cut off from the others is not expected to answer; of an upgrade everything is told.
        let lives = |place: usize| match fault {
            Fault::Kill | Fault::KillInClose | Fault::Stop | Fault::CutPeers => place != one,
            Fault::KillTwo => place == one,
            Fault::CutKafka | Fault::Upgrade => true,
        };
        let seen = lock(&self.checks.seen);
        let failed: Vec<_> = seen.failed.iter().skip(failed_before).filter(|failed| lives(failed.node)).collect();
        let last = failed.iter().max_by_key(|failed| failed.ended);
        Ok(Outcome {
            fault,
            whole,
            last_failed: last.map(|failed| (failed.ended.saturating_duration_since(begun), failed.said.clone())),
            failed: failed.len(),
            lost: seen.lost.len() - lost_before,
            answers: seen.answers.iter().sum::<u64>() - answers_before,
            shared,
            note,
        })
    }

    fn counts(&self) -> (usize, usize, u64) {
        let seen = lock(&self.checks.seen);
        (seen.failed.len(), seen.lost.len(), seen.answers.iter().sum())
    }

    /// Stays for some time up to a bound since a moment, by the dice.
    fn stay(&mut self, since: Instant, most: Duration) -> Result<(), Error> {
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        std::thread::sleep(Duration::from_millis(self.dice.between(0, millis)).saturating_sub(since.elapsed()));
        Ok(())
    }

    /// How long it takes from a moment until each of these nodes has answered about the whole bank, and about a merchant of each
    /// partition, with all that any answer had by now.
    fn whole_again(&self, places: &[usize], begun: Instant) -> Option<Duration> {
        let furthest = lock(&self.checks.seen).furthest.clone();
        let mut questions = vec![Question::Bank(furthest.clone())];
        questions.extend(self.checks.one_of_each().into_iter().map(|(name, partition)| Question::Merchant(name, partition, furthest.get(&partition).copied())));
        let nodes: Vec<(usize, &Client)> = places.iter().filter_map(|place| Some((*place, &self.group.nodes.get(*place)?.client))).collect();
        let questions = &questions;
        std::thread::scope(|scope| {
            let asking: Vec<_> = nodes.into_iter().map(|(place, client)| scope.spawn(move || self.answers_all(place, client, questions, begun))).collect();
            let took: Vec<Option<Duration>> = asking.into_iter().map(|asking| asking.join().unwrap_or_default()).collect();
            took.into_iter().collect::<Option<Vec<_>>>()?.into_iter().max()
        })
    }

    fn answers_all(&self, place: usize, client: &Client, questions: &[Question], begun: Instant) -> Option<Duration> {
        for question in questions {
            while self.checks.ask(place, client, question, WAIT_MS).is_err() {
                if begun.elapsed() >= WAIT_MAX {
                    return None;
                }
                std::thread::sleep(POLL);
            }
        }
        Some(begun.elapsed())
    }

    /// Waits until a close was sent, and then a little; how many of the partitions that the node owns had closed by then.
    fn wait_for_close(&mut self, place: usize) -> Result<String, Error> {
        let owned = self.group.owned(place);
        let Some(client) = self.group.nodes.get(place).map(|node| node.client.clone()) else { return Ok(String::new()) };
        let before = dates(&client, &owned)?;
        let (closes, deadline) = (lock(&self.checks.truth).closes(), Instant::now() + CLOSE_WAIT_MAX);
        while lock(&self.checks.truth).closes() == closes {
            if Instant::now() >= deadline {
                return Ok("no close came".to_owned());
            }
            std::thread::sleep(POLL);
        }
        std::thread::sleep(Duration::from_millis(self.dice.between(0, CLOSE_MS_MAX)));
        let now = dates(&client, &owned)?;
        let closed = now.iter().filter(|(partition, date)| before.get(*partition) != Some(*date)).count();
        Ok(format!("{closed} of its {} partitions had closed", owned.len()))
    }

    /// Ends each node and starts it again as the other program; the longest that it took until all answered again.
    fn upgrade(&mut self, all: &[usize]) -> Result<Option<Duration>, Error> {
        let mut longest = Some(Duration::ZERO);
        for place in all {
            self.group.stop(*place)?;
            self.group.program(*place, self.program);
            self.group.start(*place)?;
            let whole = self.whole_again(all, Instant::now());
            longest = longest.zip(whole).map(|(longest, whole)| longest.max(whole));
            self.group.shared(all, self.holders)?;
        }
        Ok(longest)
    }
}

/// The open date of each of these partitions on a node.
fn dates(client: &Client, of: &[u32]) -> Result<BTreeMap<u32, Value>, Error> {
    let ready = client.ask("/readyz")?.body;
    let date = |shard: &Value| {
        let partition = shard["position"].as_str()?.split_once(':')?.0.parse().ok()?;
        of.contains(&partition).then(|| (partition, shard["business_date"].clone()))
    };
    Ok(ready["shards"].as_array().into_iter().flatten().filter_map(date).collect())
}

/// A time in words.
pub fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "not".to_owned(), |time| format!("{:.2} s", time.as_secs_f64()))
}
