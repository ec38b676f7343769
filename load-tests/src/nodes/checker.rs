//! Asks all the time, and compares: each answer must be what the model has at its positions, have what was demanded, and be no smaller.

use super::truth::{Sums, Truth, figures_of};
use super::{NODES, PARTITIONS};
use crate::answers::asker::encoded;
use crate::lives::dice::Dice;
use crate::service::Client;
use crate::service::client::Answer;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The question about the whole bank.
pub const BANK: &str = "/v1/accounts?group_by=book,code,currency";
/// Between two questions of one checker.
const PAUSE: Duration = Duration::from_millis(10);
/// Merchants of each partition that are asked about.
const MERCHANTS: usize = 8;
/// Of 100 questions so many are about the whole bank.
const BANK_PERCENT: u64 = 40;
/// Of 100 questions so many demand what an answer had before.
const DEMANDING_PERCENT: u64 = 75;
/// What is wrong is told so often.
const TOLD_MAX: usize = 20;

/// A question that was not answered.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Which node was asked.
    pub node: usize,
    /// When.
    pub asked: Instant,
    /// When that was known.
    pub ended: Instant,
    /// What was said instead.
    pub said: String,
}

/// What all checkers have seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// The furthest position of each partition that any answer had.
    pub furthest: BTreeMap<u32, i64>,
    /// A whole-bank answer: how far it was, and its debits.
    last: (BTreeMap<u32, i64>, i128),
    /// Answers, of the whole bank and of merchants.
    pub answers: [u64; 2],
    /// What was wrong, first ones in words.
    pub wrong: Vec<String>,
    /// How often an answer was wrong, or smaller than before.
    pub wrongs: u64,
    /// Questions that were not answered.
    pub failed: Vec<Failed>,
    /// Questions that no node answered, asked one after the other.
    pub lost: Vec<Instant>,
    /// Questions that went from node to node until one answered.
    pub anywhere: u64,
    /// The most records that an answer without a demand was behind the furthest before it.
    pub behind: i64,
}

/// What checkers share.
pub struct Checks {
    /// What every answer must be.
    pub truth: Mutex<Truth>,
    /// What was seen.
    pub seen: Mutex<Seen>,
    /// They are to end.
    pub over: AtomicBool,
    merchants: Vec<(String, u32)>,
}

/// Locks; what is kept is whole also after a panic elsewhere.
pub fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A question, and what is demanded of its answer.
#[derive(Clone, Debug)]
pub enum Question {
    /// About all merchants.
    Bank(BTreeMap<u32, i64>),
    /// About one.
    Merchant(String, u32, Option<i64>),
}

impl Question {
    /// As it is asked.
    pub fn path(&self, wait_ms: u64) -> String {
        match self {
            Self::Bank(demanded) if demanded.is_empty() => BANK.to_owned(),
            Self::Bank(demanded) => format!("{BANK}&at_least={}&wait_ms={wait_ms}", positions(demanded)),
            Self::Merchant(name, _, None) => format!("/v1/merchants/{}/balances", encoded(name)),
            Self::Merchant(name, partition, Some(offset)) => {
                format!("/v1/merchants/{}/balances?at_least={partition}:{offset}&wait_ms={wait_ms}", encoded(name))
            }
        }
    }
}

/// Positions as a question takes them.
pub fn positions(at: &BTreeMap<u32, i64>) -> String {
    at.iter().map(|(partition, offset)| format!("{partition}:{offset}")).collect::<Vec<_>>().join(",")
}

fn position(text: &Value) -> Option<(u32, i64)> {
    let (partition, offset) = text.as_str()?.split_once(':')?;
    Some((partition.parse().ok()?, offset.parse().ok()?))
}

impl Checks {
    /// By the model as it is now; some merchants that have a contract by now are asked about.
    pub fn new(mut truth: Truth) -> Self {
        let merchants = truth.follow(MERCHANTS);
        Self { truth: Mutex::new(truth), seen: Mutex::default(), over: AtomicBool::new(false), merchants }
    }

    /// One merchant of each partition.
    pub fn one_of_each(&self) -> Vec<(String, u32)> {
        (0..PARTITIONS).filter_map(|partition| self.merchants.iter().find(|(_, of)| *of == partition).cloned()).collect()
    }

    fn question(&self, dice: &mut Dice) -> Question {
        let furthest = if dice.chance(DEMANDING_PERCENT) { lock(&self.seen).furthest.clone() } else { BTreeMap::new() };
        match dice.place(self.merchants.len()).and_then(|place| self.merchants.get(place)) {
            Some((name, partition)) if !dice.chance(BANK_PERCENT) => Question::Merchant(name.clone(), *partition, furthest.get(partition).copied()),
            _ => Question::Bank(furthest),
        }
    }

    /// Asks one node until it is over.
    pub fn ask_one(&self, node: usize, client: &Client, seed: u64) {
        let mut dice = Dice::new(seed);
        while !self.over.load(Ordering::Relaxed) {
            let question = self.question(&mut dice);
            if let Err(failed) = self.ask(node, client, &question, 2000) {
                lock(&self.seen).failed.push(failed);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Asks any node, and others where it does not answer, until it is over: as clients behind a balancer do.
    pub fn ask_any(&self, clients: &[Client], seed: u64) {
        let mut dice = Dice::new(seed);
        while !self.over.load(Ordering::Relaxed) {
            let (question, first) = (self.question(&mut dice), dice.place(clients.len()).unwrap_or(0));
            let mut others = (0..clients.len()).map(|turn| (first + turn) % clients.len());
            let is_answered = others.any(|node| clients.get(node).is_some_and(|client| self.ask(node, client, &question, 2000).is_ok()));
            let mut seen = lock(&self.seen);
            seen.anywhere += 1;
            if !is_answered {
                seen.lost.push(Instant::now());
            }
            drop(seen);
            std::thread::sleep(PAUSE);
        }
    }

    /// Asks a question once.
    ///
    /// # Errors
    /// It is not answered with 200.
    pub fn ask(&self, node: usize, client: &Client, question: &Question, wait_ms: u64) -> Result<(), Failed> {
        let (path, asked) = (question.path(wait_ms), Instant::now());
        let before = { lock(&self.seen).furthest.clone() };
        let said = match client.ask(&path) {
            Ok(Answer { status: 200, body }) => {
                if let Err(error) = self.judge(question, &body, &before) {
                    self.wrong(node, &path, &error);
                }
                return Ok(());
            }
            Ok(Answer { status: 503, body }) if body["partition"].is_u64() && matches!(body["code"].as_str(), Some("unavailable" | "not_caught_up")) => {
                format!("503 {} {}", body["code"].as_str().unwrap_or_default(), body["detail"].as_str().unwrap_or_default())
            }
            Ok(Answer { status, body }) => {
                self.wrong(node, &path, &format!("{status} {body}"));
                status.to_string()
            }
            // Who was killed, or is elsewhere, does not answer.
            Err(error) => error.to_string(),
        };
        Err(Failed { node, asked, ended: Instant::now(), said })
    }

    fn wrong(&self, node: usize, path: &str, what: &str) {
        let mut seen = lock(&self.seen);
        seen.wrongs += 1;
        if seen.wrong.len() < TOLD_MAX {
            seen.wrong.push(format!("node {} {path}: {what}", char::from(b'a' + u8::try_from(node % NODES).unwrap_or(0))));
        }
    }

    /// What is wrong with an answer, in words.
    fn judge(&self, question: &Question, body: &Value, before: &BTreeMap<u32, i64>) -> Result<(), String> {
        let (at, demanded) = match question {
            Question::Bank(demanded) => (self.judge_bank(body, demanded)?, demanded.clone()),
            Question::Merchant(name, partition, demanded) => {
                let (of, offset) = position(&body["position"]).ok_or_else(|| format!("no position: {body}"))?;
                let expected = lock(&self.truth).merchant(name, *partition, offset);
                let figures = figures_of(body);
                if of != *partition || expected.is_none() || figures != expected {
                    return Err(format!("at {of}:{offset} it is not what the model has: {body}"));
                }
                (BTreeMap::from([(of, offset)]), demanded.map(|offset| (*partition, offset)).into_iter().collect())
            }
        };
        if let Some((partition, offset)) = demanded.iter().find(|(partition, offset)| at.get(partition).is_none_or(|at| at < offset)) {
            return Err(format!("{partition}:{offset} was demanded, and it has {at:?}"));
        }
        let mut seen = lock(&self.seen);
        for (partition, offset) in &at {
            seen.behind = seen.behind.max(before.get(partition).map_or(0, |before| before - offset));
            let furthest = seen.furthest.entry(*partition).or_insert(*offset);
            *furthest = (*furthest).max(*offset);
        }
        seen.answers[usize::from(matches!(question, Question::Merchant(..)))] += 1;
        Ok(())
    }

    fn judge_bank(&self, body: &Value, demanded: &BTreeMap<u32, i64>) -> Result<BTreeMap<u32, i64>, String> {
        let rows = body["rows"].as_array().ok_or_else(|| format!("no rows: {body}"))?;
        let at: Option<BTreeMap<u32, i64>> = body["position"].as_array().into_iter().flatten().map(position).collect();
        let at = at.filter(|at| at.len() == PARTITIONS as usize).ok_or_else(|| format!("positions {}", body["position"]))?;
        let (sums, expected) = (Sums::of_rows(rows).ok_or("rows that cannot be read")?, lock(&self.truth).bank(&at));
        if Some(sums) != expected {
            return Err(format!("at {at:?} the trial balance has {sums:?}, and the model {expected:?}"));
        }
        // Whatever the model says: who demanded what an answer had gets no smaller sum than that one's.
        let mut seen = lock(&self.seen);
        let (last, debits) = &seen.last;
        let has_last = |of: &BTreeMap<u32, i64>| last.iter().all(|(partition, offset)| of.get(partition).is_some_and(|at| at >= offset));
        if has_last(demanded) && sums.debits < *debits {
            return Err(format!("{debits} at {last:?}, then {} at {at:?}", sums.debits));
        }
        if has_last(&at) {
            seen.last = (at.clone(), sums.debits);
        }
        Ok(at)
    }
}
