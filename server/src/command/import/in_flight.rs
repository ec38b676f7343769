//! Batches on their way to the server: while some are folded the next is made.
//!
//! At most [`IN_FLIGHT_MAX`] are with the server and one waits for them, so memory is bounded, and the server never has more of a file before
//! it than it calls being caught up. Each is answered on its own, so two that are next to each other may lie in the log the other way round:
//! nothing depends on that, for what is sent last, the end of a report, is sent when all before it was answered. After one that failed none is sent
//! any more; what was sent already is waited for and counted.

use super::batch::{Batch, NotTaken, Sent, post};
use crate::command::Failure;
use crate::command::remote::Server;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Batches that the server has at once.
const IN_FLIGHT_MAX: usize = 3;

/// Batches that the server did not take.
#[derive(Debug)]
pub struct Untaken {
    /// The lines of the first in the file.
    pub lines: Option<(u64, u64)>,
    /// Why.
    pub why: Failure,
    /// From which to which line it is not known whether they were taken: the server had them, and did not say.
    pub unknown: Option<(u64, u64)>,
}

#[derive(Default)]
struct Answers {
    sent: Sent,
    untaken: Option<Untaken>,
}

impl Answers {
    fn add(&mut self, lines: Option<(u64, u64)>, NotTaken { why, is_known }: NotTaken) {
        let unknown = if is_known { None } else { lines };
        match &mut self.untaken {
            None => self.untaken = Some(Untaken { lines, why, unknown }),
            Some(untaken) => {
                untaken.unknown = both(untaken.unknown, unknown);
                if lines < untaken.lines {
                    (untaken.lines, untaken.why) = (lines, why);
                }
            }
        }
    }
}

/// From the first of two spans to the last.
fn both(one: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (one, other) {
        (Some((first, last)), Some((other_first, other_last))) => Some((first.min(other_first), last.max(other_last))),
        (one, other) => one.or(other),
    }
}

/// Where batches are given to be sent.
pub struct Belt<'a> {
    batches: SyncSender<Batch>,
    answers: &'a Mutex<Answers>,
}

impl Belt<'_> {
    /// Sends a batch, as soon as one of those before is answered. Answers whether it is worth making another: not after one that failed.
    pub fn take(&self, batch: Batch) -> bool {
        let has_failed = || self.answers.lock().unwrap_or_else(PoisonError::into_inner).untaken.is_some();
        !has_failed() && self.batches.send(batch).is_ok() && !has_failed()
    }
}

/// Sends what `make` gives to the belt, and waits until all of it is answered. Tells what `make` says, what became of the events, and of
/// batches that were not taken the first in the file.
pub fn sent<T>(server: &Server, make: impl FnOnce(&Belt<'_>) -> T) -> (T, Sent, Option<Untaken>) {
    let answers = Mutex::new(Answers::default());
    // Nothing waits in the channel: a batch is taken by who sends it.
    let (sender, receiver) = sync_channel(0);
    let receiver = Mutex::new(receiver);
    let made = std::thread::scope(|scope| {
        for _ in 0..IN_FLIGHT_MAX {
            scope.spawn(|| work(server, &receiver, &answers));
        }
        let belt = Belt { batches: sender, answers: &answers };
        make(&belt)
    });
    let Answers { sent, untaken } = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    (made, sent, untaken)
}

/// Sends batches until there are no more.
fn work(server: &Server, receiver: &Mutex<Receiver<Batch>>, answers: &Mutex<Answers>) {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = next else { return };
        let answer = post(server, &batch);
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(sent) => answers.sent.add(sent),
            Err(not_taken) => answers.add(batch.lines(), not_taken),
        }
    }
}
