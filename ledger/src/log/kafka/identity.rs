//! Whether the topic is still the one that it was when it was first seen: the same id, as many partitions.
//!
//! A topic that is deleted, made again and filled past our cursor would be read on without an error: librdkafka follows
//! the name. And partitions that are added are noticed by nobody who does not ask, while every producer sends a merchant's
//! events elsewhere at once. So before records are handed out, the topic is asked about again, at most every
//! [`BUSY_INTERVAL`] for all readers together. A deletion alone stops a consumer for longer than that, so no record of
//! another topic gets through.
//!
//! One caller asks at a time. Who waited meanwhile takes what was answered to a question that began after it came, and any failure: where
//! Kafka is silent, all of them wait as long as one question, and not one after the other.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;

use super::super::preflight::{differ, partitions_changed, recreated};
use super::super::{Code, Error};
use super::asker::{Asker, Found};
use super::failure::{self, Retry};
use super::options::SETTLE_WAIT_MAX;

/// Between two questions while records come.
const BUSY_INTERVAL: Duration = Duration::from_millis(250);
/// Between two questions while none come.
const IDLE_INTERVAL: Duration = Duration::from_secs(2);

/// Watches over one topic.
pub(super) struct Watch {
    brokers: String,
    topic: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was first seen: the identity, and how many partitions.
    first: Option<(String, u32)>,
    /// The last question and what came of it.
    asked: Option<(Instant, Result<(), Error>)>,
    /// Since when the topic is said to be missing.
    missing_since: Option<Instant>,
    /// The last question to a broker.
    last: Option<Question>,
}

/// The topic's identity and how many partitions it has; nothing where it is said to be missing.
type Answer = Result<Option<(String, u32)>, KafkaError>;

/// A question that has been answered, or has failed.
struct Question {
    began: Instant,
    ended: Instant,
    answer: Answer,
}

impl Question {
    /// Whether it answers somebody who has waited since then.
    fn answers(&self, since: Instant) -> bool {
        self.began >= since || (self.answer.is_err() && self.ended >= since)
    }
}

impl Watch {
    pub(super) fn new(brokers: &str, topic: &str) -> Self {
        Self { brokers: brokers.to_owned(), topic: topic.to_owned(), state: Mutex::default() }
    }

    /// The topic's identity now, and how many partitions it has.
    pub(super) fn now(&self, asker: &Asker) -> Result<(String, u32), Error> {
        let mut retry = Retry::within(SETTLE_WAIT_MAX);
        loop {
            let since = Instant::now();
            let answer = self.ask(asker, &mut self.lock(), since);
            match answer {
                Ok(Some(found)) => return Ok(found),
                Ok(None) if retry.again() => {}
                Ok(None) => return Err(failure::missing(&self.brokers, &self.topic)),
                Err(error) if failure::may_settle(&error) && retry.again() => {}
                Err(error) => return Err(asker.failed(&error)),
            }
        }
    }

    /// The identity that was seen first.
    pub(super) fn first(&self) -> Option<String> {
        self.lock().first.as_ref().map(|(identity, _)| identity.clone())
    }

    /// How many partitions it had when it was seen first.
    pub(super) fn partitions(&self) -> Option<u32> {
        self.lock().first.as_ref().map(|(_, partitions)| *partitions)
    }

    /// Whether the topic is still the same, asked again where the last answer is too old for that.
    pub(super) fn same(&self, asker: &Asker, records_came: bool) -> Result<(), Error> {
        let (interval, since) = (if records_came { BUSY_INTERVAL } else { IDLE_INTERVAL }, Instant::now());
        let mut state = self.lock();
        if let Some((at, outcome)) = &state.asked
            && at.elapsed() < interval
        {
            return outcome.clone();
        }
        let asked_at = Instant::now();
        let outcome = self.compare(asker, &mut state, since);
        state.asked = Some((asked_at, outcome.clone()));
        outcome
    }

    /// Whether the topic is still the same, before something is written to it: a topic that is not known for a moment after
    /// its making is waited for.
    pub(super) fn same_once_settled(&self, asker: &Asker) -> Result<(), Error> {
        // A little longer than a topic may be unknown before it is said to be missing.
        let mut retry = Retry::within(SETTLE_WAIT_MAX + BUSY_INTERVAL * 4);
        loop {
            match self.same(asker, true) {
                Err(error) if error.code == Code::KafkaUnreachable && retry.again() => {}
                outcome => return outcome,
            }
        }
    }

    fn compare(&self, asker: &Asker, state: &mut State, since: Instant) -> Result<(), Error> {
        let answer = self.ask(asker, state, since).map_err(|error| asker.failed(&error))?;
        match (answer, &state.first) {
            (Some((found, _)), Some((first, _))) if differ(first, &found) => Err(recreated(first, &found)),
            (Some((_, found)), Some((_, first))) if found != *first => Err(partitions_changed(*first, found)),
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

    /// One question, for somebody who has waited for his turn since then; `None` where the topic is said to be missing.
    fn ask(&self, asker: &Asker, state: &mut State, since: Instant) -> Answer {
        if let Some(last) = state.last.as_ref().filter(|last| last.answers(since)) {
            return last.answer.clone();
        }
        let began = Instant::now();
        let answer = self.answered(asker, state);
        state.last = Some(Question { began, ended: Instant::now(), answer: answer.clone() });
        answer
    }

    fn answered(&self, asker: &Asker, state: &mut State) -> Answer {
        let Some(Found { id, partitions }) = asker.topic()? else { return Ok(None) };
        let identity = id.map_or_else(|| format!("name:{}", self.topic), |id| format!("id:{id}"));
        if state.first.as_ref().is_none_or(|(first, _)| !first.starts_with("id:")) {
            state.first = Some((identity.clone(), partitions));
        }
        Ok(Some((identity, partitions)))
    }

    /// A panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::Connection;
    use super::super::options::{ANSWER_WAIT_MAX, Options};
    use super::*;
    use rdkafka::types::RDKafkaErrorCode as Kind;
    use std::net::TcpListener;
    use std::sync::Arc;

    #[test]
    fn who_waited_takes_a_failure_and_an_answer_to_what_was_asked_after_it_came() {
        let began = Instant::now();
        let (second, found) = (Duration::from_secs(1), Ok(Some(("id:1".to_owned(), 12))));
        let (meanwhile, ended) = (began + second, began + second * 2);
        let answered = Question { began, ended, answer: found };
        assert!(answered.answers(began) && !answered.answers(meanwhile), "it may be as old as the question");
        let failed = Question { answer: Err(KafkaError::MetadataFetch(Kind::OperationTimedOut)), ..answered };
        assert!(failed.answers(meanwhile) && !failed.answers(ended + second), "who comes later asks anew");
    }

    #[test]
    fn where_kafka_is_silent_all_wait_as_long_as_one_question() {
        // Connections are made, and nothing is answered.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let brokers = silent.local_addr().unwrap().to_string();
        let asker = Asker::new(&Options::default().with_brokers(&brokers), "t", &Arc::new(Connection::default())).unwrap();
        let watch = Watch::new(&brokers, "t");
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| assert_eq!(watch.now(&asker).unwrap_err().code, Code::KafkaUnreachable));
            }
        });
        assert!(began.elapsed() < ANSWER_WAIT_MAX * 3, "{:?}", began.elapsed());
    }
}
