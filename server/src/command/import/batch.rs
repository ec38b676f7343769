//! Events on their way in one request, and what the server says of each.
//!
//! Bounds: [`LINES_MAX`] events, [`BYTES_MAX`]; of events that were not taken the first [`REFUSED_TOLD_MAX`] are kept.

use crate::command::Failure;
use crate::command::remote::Server;
use serde_json::Value;

/// Events of a request.
pub const LINES_MAX: usize = 5_000;
/// Bytes of a request, about.
const BYTES_MAX: usize = 6 << 20;
/// The most events that were not taken and are told one by one.
pub const REFUSED_TOLD_MAX: usize = 20;
/// How long the server may take to fold a batch.
const WAIT_MS: u32 = 60_000;

/// Events, one a line.
#[derive(Debug, Default)]
pub struct Batch {
    text: String,
    events: Vec<Event>,
}

/// What an answer needs to be told by.
#[derive(Clone, Debug)]
struct Event {
    id: String,
    merchant: String,
    /// The number of the line that it tells of; none of what is no line of the file.
    line: Option<u64>,
}

impl Batch {
    /// Takes in another event.
    pub fn push(&mut self, text: &str, id: &str, merchant: &str, line: Option<u64>) {
        self.text.push_str(text);
        self.text.push('\n');
        self.events.push(Event { id: id.to_owned(), merchant: merchant.to_owned(), line });
    }

    /// Whether there is no room for another.
    pub fn is_full(&self) -> bool {
        self.events.len() >= LINES_MAX || self.text.len() >= BYTES_MAX
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The numbers of the first and the last line of the file that the events tell of.
    pub fn lines(&self) -> Option<(u64, u64)> {
        let mut lines = self.events.iter().filter_map(|event| event.line);
        let first = lines.next()?;
        Some((first, lines.next_back().unwrap_or(first)))
    }
}

/// An event that the ledger did not take.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The number of its line.
    pub line: Option<u64>,
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub merchant: String,
    /// The code that the server gave.
    pub code: String,
    /// The same, for people.
    pub detail: String,
    /// Whether it was set aside: it is in the log, and in the quarantine.
    pub is_quarantined: bool,
}

/// What became of the events that were sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// New ones.
    pub posted: u64,
    /// Those that were there before.
    pub seen: u64,
    /// Those that the ledger did not take: the first ones of the file.
    pub refused: Vec<Refused>,
    /// How many of them there are.
    pub refused_count: u64,
}

impl Sent {
    /// Takes in what became of others.
    pub fn add(&mut self, other: Self) {
        (self.posted, self.seen, self.refused_count) = (self.posted + other.posted, self.seen + other.seen, self.refused_count + other.refused_count);
        self.refused.extend(other.refused);
        self.refused.sort_by_key(|refused| refused.line);
        self.refused.truncate(REFUSED_TOLD_MAX);
    }

    /// How many were answered.
    pub fn count(&self) -> u64 {
        self.posted + self.seen + self.refused_count
    }
}

/// Why a request was not answered event by event.
#[derive(Debug)]
pub struct NotTaken {
    /// Why.
    pub why: Failure,
    /// Whether it is known that nothing of it was taken: the server said so. One that went away may have appended all of it.
    pub is_known: bool,
}

/// Sends events, and tells what became of them.
pub fn post(server: &Server, batch: &Batch) -> Result<Sent, NotTaken> {
    let mut sent = Sent::default();
    if batch.is_empty() {
        return Ok(sent);
    }
    let (status, body) = server.post_lines(&format!("/v1/events?wait=true&wait_ms={WAIT_MS}"), &batch.text).map_err(|why| NotTaken { why, is_known: false })?;
    let results = body.get("results").and_then(Value::as_array).filter(|_| (200..300).contains(&status));
    let results = results.ok_or_else(|| NotTaken { why: server.problem(status, &body), is_known: (400..500).contains(&status) })?;
    for (event, result) in batch.events.iter().zip(results) {
        let text = |key: &str| result.get(key).and_then(Value::as_str);
        match text("outcome") {
            Some("posted") => sent.posted += 1,
            Some("duplicate") => sent.seen += 1,
            // Not folded in time: it will be.
            None if text("code").is_none() => sent.posted += 1,
            outcome => {
                sent.refused_count += 1;
                if sent.refused.len() < REFUSED_TOLD_MAX {
                    sent.refused.push(Refused {
                        line: event.line,
                        id: event.id.clone(),
                        merchant: event.merchant.clone(),
                        code: text("code").or(outcome).unwrap_or_default().to_owned(),
                        detail: text("detail").unwrap_or_default().to_owned(),
                        is_quarantined: outcome == Some("quarantined"),
                    });
                }
            }
        }
    }
    Ok(sent)
}
