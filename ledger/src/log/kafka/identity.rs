//! Whether the topic is still the one that it was when it was first seen.
//!
//! A topic that is deleted, made again and filled past our cursor would be read on without an error: librdkafka follows
//! the name. So before records are handed out, the topic's id is asked again, at most every [`BUSY_INTERVAL`] for all
//! readers together. A deletion alone stops a consumer for longer than that, so no record of another topic gets through.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::Error;
use super::super::preflight::recreated;
use super::failure::{self, Retry};
use super::metadata::{Answer, Asker};
use super::options::SETTLE_WAIT_MAX;

/// Between two questions while records come.
const BUSY_INTERVAL: Duration = Duration::from_millis(250);
/// Between two questions while none come.
const IDLE_INTERVAL: Duration = Duration::from_secs(2);

/// Watches over one topic.
pub(super) struct Watch {
    brokers: String,
    topic: String,
    /// Over TLS or SASL we cannot ask for the id; the last folded record is compared instead.
    plain_text: bool,
    state: Mutex<State>,
}

struct State {
    asker: Asker,
    /// What was first seen.
    first: Option<String>,
    /// The last question and what came of it.
    asked: Option<(Instant, Result<(), Error>)>,
    /// Since when the topic is said to be missing.
    missing_since: Option<Instant>,
}

impl Watch {
    pub(super) fn new(brokers: &str, topic: &str, plain_text: bool) -> Self {
        let state = State { asker: Asker::new(brokers), first: None, asked: None, missing_since: None };
        Self { brokers: brokers.to_owned(), topic: topic.to_owned(), plain_text, state: Mutex::new(state) }
    }

    /// The topic's identity now.
    pub(super) fn identity(&self) -> Result<String, Error> {
        let mut retry = Retry::within(SETTLE_WAIT_MAX);
        loop {
            let answer = self.ask(&mut self.lock())?;
            match answer {
                Some(identity) => return Ok(identity),
                None if retry.again() => {}
                None => return Err(failure::missing(&self.brokers, &self.topic)),
            }
        }
    }

    /// What was seen first.
    pub(super) fn first(&self) -> Option<String> {
        self.lock().first.clone()
    }

    /// Whether the topic is still the same, asked again where the last answer is too old for that.
    pub(super) fn same(&self, records_came: bool) -> Result<(), Error> {
        if !self.plain_text {
            return Ok(());
        }
        let interval = if records_came { BUSY_INTERVAL } else { IDLE_INTERVAL };
        let mut state = self.lock();
        if let Some((at, outcome)) = &state.asked
            && at.elapsed() < interval
        {
            return outcome.clone();
        }
        let asked_at = Instant::now();
        let outcome = self.compare(&mut state);
        state.asked = Some((asked_at, outcome.clone()));
        outcome
    }

    fn compare(&self, state: &mut State) -> Result<(), Error> {
        match (self.ask(state)?, &state.first) {
            (Some(found), Some(first)) if super::super::preflight::differ(first, &found) => Err(recreated(first, &found)),
            (Some(_), _) => {
                state.missing_since = None;
                Ok(())
            }
            // A broker that has just started may not know its topics yet.
            (None, _) if state.missing_since.get_or_insert_with(Instant::now).elapsed() < SETTLE_WAIT_MAX => {
                Err(failure::unreachable(&self.brokers, &format!("the topic {} is not known there now", self.topic)))
            }
            (None, _) => Err(failure::missing(&self.brokers, &self.topic)),
        }
    }

    /// One question; `None` where the topic is said to be missing.
    fn ask(&self, state: &mut State) -> Result<Option<String>, Error> {
        let answer = if self.plain_text { state.asker.ask(&self.topic) } else { Ok(Answer::Unknown) };
        let identity = match answer.map_err(|what| failure::unreachable(&self.brokers, &what))? {
            Answer::Id(id) => format!("id:{id}"),
            Answer::Unknown => format!("name:{}", self.topic),
            Answer::Missing => return Ok(None),
        };
        if state.first.as_ref().is_none_or(|first| !first.starts_with("id:")) {
            state.first = Some(identity.clone());
        }
        Ok(Some(identity))
    }

    /// A panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
