//! Batches on their way to the server: while some are folded the next is made.
//!
//! At most [`IN_FLIGHT_MAX`] are with the server and one waits for them, so memory is bounded, and the server never has more of a file before
//! it than it calls being caught up. Each is answered on its own, so two that are next to each other may lie in the log the other way round:
//! nothing depends on that, for what is sent last, the end of a report, is sent when all before it was answered. After one that failed none is sent
//! any more; what was sent already is waited for and counted.

use crate::command::Failure;
use crate::command::remote::Server;
use serde_json::Value;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Batches that the server has at once.
const IN_FLIGHT_MAX: usize = 3;
/// How long the server may take to fold a batch.
const WAIT_MS: u32 = 60_000;

/// Events, one a line.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events.
    pub events: String,
    /// The numbers of the first and the last line of the file that they tell of; none of what is no line of it.
    pub lines: Option<(u64, u64)>,
}

impl Batch {
    /// Takes in another event.
    pub fn push(&mut self, event: &str, line: Option<u64>) {
        self.events.push_str(event);
        self.events.push('\n');
        if let Some(line) = line {
            self.lines = Some((self.lines.map_or(line, |(first, _)| first), line));
        }
    }
}

/// What became of the events that were sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// New ones.
    pub posted: u64,
    /// Those that were there before.
    pub seen: u64,
    /// Those that the ledger did not take.
    pub other: u64,
}

/// A batch that the server did not take.
#[derive(Debug)]
pub struct Untaken {
    /// Its lines.
    pub lines: Option<(u64, u64)>,
    /// Why.
    pub why: Failure,
}

#[derive(Default)]
struct Answers {
    sent: Sent,
    untaken: Option<Untaken>,
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
        let answer = post(server, &batch.events);
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(Sent { posted, seen, other }) => {
                let sent = &mut answers.sent;
                (sent.posted, sent.seen, sent.other) = (sent.posted + posted, sent.seen + seen, sent.other + other);
            }
            Err(why) if answers.untaken.as_ref().is_none_or(|other| batch.lines < other.lines) => {
                answers.untaken = Some(Untaken { lines: batch.lines, why });
            }
            Err(_) => {}
        }
    }
}

/// Sends events, and counts what became of them.
pub fn post(server: &Server, events: &str) -> Result<Sent, Failure> {
    let mut sent = Sent::default();
    if events.is_empty() {
        return Ok(sent);
    }
    let (status, body) = server.post_lines(&format!("/v1/events?wait=true&wait_ms={WAIT_MS}"), events)?;
    let results = body.get("results").and_then(Value::as_array).filter(|_| (200..300).contains(&status)).ok_or_else(|| server.problem(status, &body))?;
    for result in results {
        match result.get("outcome").and_then(Value::as_str) {
            Some("posted") => sent.posted += 1,
            Some("duplicate") => sent.seen += 1,
            // Not folded in time: it will be.
            None if result.get("code").is_none() => sent.posted += 1,
            _ => sent.other += 1,
        }
    }
    Ok(sent)
}
