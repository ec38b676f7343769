//! SIGKILL at moments of the seed, while events are posted: what was acknowledged is there at the end, and once. A batch that was
//! not answered is sent again, as any sender does: some of it may have been appended.

use super::Error;
use super::command::Verdict;
use super::feed::{self, Event, Feed};
use crate::lives::dice::Dice;
use crate::service::{Process, Settings};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

const PARTITIONS: u32 = 3;
const MERCHANTS: u64 = 50;
/// A kill comes at most so long after the service answers.
const LIFE_MILLIS_MAX: u64 = 800;
const READY_WAIT_MAX: Duration = Duration::from_secs(60);

/// Kills it so often.
pub(super) fn run(binary: &Path, directory: &Path, seed: u64, kills: u32, say: &mut dyn FnMut(&str)) -> Result<Verdict, Error> {
    let settings = Settings::embedded(binary, directory, PARTITIONS);
    let (mut dice, mut feed) = (Dice::new(seed), Feed::new(seed, MERCHANTS));
    let mut acknowledged: BTreeSet<Event> = BTreeSet::new();
    let mut unanswered: Option<Vec<Event>> = None;
    let mut service = Process::start(&settings)?;
    feed::open(&service.answering()?)?;
    for number in 1..=kills {
        let client = service.answering()?;
        let life = Duration::from_millis(dice.below(LIFE_MILLIS_MAX));
        let again = unanswered.take();
        let (sent, left) = std::thread::scope(|scope| {
            // The sender goes on until the service is gone under it.
            let sender = scope.spawn(|| {
                let (mut taken, mut again, begun) = (Vec::new(), again, Instant::now());
                while begun.elapsed() < READY_WAIT_MAX {
                    let batch = again.take().unwrap_or_else(|| feed.batch());
                    match feed::post(&client, &batch, false) {
                        Ok((_, events)) => taken.extend(events),
                        Err(_) => return (taken, Some(batch)),
                    }
                }
                (taken, None)
            });
            std::thread::sleep(life);
            let killed = service.kill();
            let sent = sender.join().map_err(|_| Error::Panicked);
            killed.map_err(Error::from).and(sent)
        })?;
        acknowledged.extend(sent);
        unanswered = left;
        say(&format!("kill {number} after {} ms: {} events acknowledged", life.as_millis(), acknowledged.len()));
        service = Process::start(&settings)?;
    }
    let client = service.answering()?;
    client.until("/readyz", "readiness", READY_WAIT_MAX, |answer| answer.status == 200)?;
    if let Some(batch) = unanswered {
        acknowledged.extend(feed::post(&client, &batch, true)?.1);
    }
    let (lost, doubled) = feed::lost_and_doubled(&client, &acknowledged)?;
    service.stop()?;
    let line = format!("kills: {kills} under load, {} events acknowledged, {lost} lost, {doubled} doubled", acknowledged.len());
    Ok(Verdict { line, passed: lost == 0 && doubled == 0 })
}
