//! A client's question at a node, and what the node does for it: hands it on, waits for what it demands, reads each partition where the
//! rules say. As `server/src/node` and `http/forward` do it, without their threads.

use super::journal::Content;
use super::net::{Reply, Request, Why};
use super::node::Is;
use super::world::{Event, Mistake, Timer, World};
use server::cluster::answering::Route;
use std::collections::BTreeMap;
use std::time::Instant;

/// How long a snapshot of another node is waited for, in milliseconds.
const OPEN_WAIT: u64 = 2000;
/// How long another node is asked to wait at a time, and how long its answer may take then.
const WAIT: u64 = 2000;
const ASK_WAIT: u64 = 5000;
/// How long a question that was handed on may be without an answer, and how often it is looked whether who has it is there.
const HAND_ON_WAIT: u64 = 75_000;
const LOOK_EVERY: u64 = 200;
/// How often another node is asked where one does not answer.
const AGAIN: usize = 3;

/// What was read of a partition, and by which node.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub partition: u32,
    pub position: i64,
    pub content: Content,
    pub by: usize,
}

/// What a client asks.
#[derive(Clone, Debug)]
pub struct Asked {
    pub partitions: Vec<u32>,
    /// About everything, and not about one merchant.
    pub whole: bool,
    pub at_least: BTreeMap<u32, i64>,
    /// How long it may wait for that, in milliseconds.
    pub wait: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    HandOn,
    Reach(usize),
    Keep(usize),
}

/// A request to another node: its number, where it went, and when.
type Sent = (u64, String, Instant);

/// A question under way.
#[derive(Clone)]
pub struct Question {
    pub node: usize,
    pub run: u32,
    pub asked: Asked,
    /// When it began.
    pub begun: u64,
    until: u64,
    /// The request of another node that is to be answered by it.
    for_other: Option<u64>,
    step: Step,
    again: usize,
    /// The request that it waits for.
    waits: Option<Sent>,
    pub taken: Vec<Taken>,
    /// Where it was handed on to, which chose again by what it hears.
    pub handed_to: Option<String>,
}

impl World {
    /// A question comes to a node; from another one, where that handed it on.
    pub fn asked(&mut self, node: usize, asked: Asked, for_other: Option<u64>) {
        let (begun, run) = (self.now, self.nodes[node].run);
        let step = if asked.whole || for_other.is_some() { Step::Reach(0) } else { Step::HandOn };
        let until = begun + asked.wait;
        let question = Question { node, run, asked, begun, until, for_other, step, again: AGAIN, waits: None, taken: Vec::new(), handed_to: None };
        let number = self.number();
        self.questions.insert(number, question);
        self.go_on(number);
    }

    /// Who answers, as a node has it.
    pub fn route(&self, node: usize, partition: u32) -> Route {
        let of = &self.nodes[node];
        // The planted mistake: who owned it once goes on answering, from what it has.
        if self.mistake == Some(Mistake::AnswersOnceTaken) && of.owned_once.contains(&partition) && self.lies_here(node, partition).is_some() {
            return Route::Here;
        }
        of.look.route(of.local(self.now), partition)
    }

    /// What a node has of a partition.
    pub fn lies_here(&self, node: usize, partition: u32) -> Option<Taken> {
        let of = &self.nodes[node];
        let kept = || of.kept.get(&partition).copied().filter(|_| self.mistake == Some(Mistake::AnswersOnceTaken));
        of.replicas.get(&partition).map(|replica| replica.taken(partition, node)).or_else(kept)
    }

    /// Does what a question needs until it waits or is over.
    pub fn go_on(&mut self, number: u64) {
        let Some(mut question) = self.questions.remove(&number) else { return };
        let node = question.node;
        if self.nodes[node].run != question.run || self.nodes[node].is == Is::Down {
            return;
        }
        loop {
            match self.step(number, &mut question) {
                Next::Step(step) => question.step = step,
                Next::Waits => {
                    self.questions.insert(number, question);
                    return;
                }
                Next::Over(result) => return self.over(question, result),
            }
        }
    }

    fn step(&mut self, number: u64, question: &mut Question) -> Next {
        let node = question.node;
        let left = question.until.saturating_sub(self.now);
        match question.step {
            Step::HandOn => match self.route(node, question.asked.partitions[0]) {
                Route::At(url) => {
                    let request = Request::HandedOn(Asked { wait: left, ..question.asked.clone() });
                    question.waits = Some(self.sends(number, node, url, request, HAND_ON_WAIT));
                    self.timer(node, LOOK_EVERY, Timer::Question(number));
                    Next::Waits
                }
                Route::Here | Route::Nobody(..) => Next::Step(Step::Reach(0)),
            },
            Step::Reach(place) => {
                let Some(partition) = question.asked.partitions.get(place).copied() else { return Next::Step(Step::Keep(0)) };
                let Some(offset) = question.asked.at_least.get(&partition).copied().filter(|_| self.mistake != Some(Mistake::ForgetsAtLeast)) else {
                    return Next::Step(Step::Reach(place + 1));
                };
                let there = self.lies_here(node, partition).map(|taken| taken.position >= offset);
                match (self.route(node, partition), there) {
                    (Route::At(url), _) => {
                        let wait = left.min(WAIT);
                        question.waits = Some(self.sends(number, node, url, Request::Wait { partition, offset, wait }, ASK_WAIT + wait));
                        Next::Waits
                    }
                    (Route::Here | Route::Nobody(..), Some(true)) => Next::Step(Step::Reach(place + 1)),
                    (Route::Here, None) => Next::Over(Err(partition)),
                    (Route::Here | Route::Nobody(..), _) if left == 0 => Next::Over(Err(partition)),
                    (Route::Here | Route::Nobody(..), _) => {
                        self.timer(node, left.min(20), Timer::Question(number));
                        Next::Waits
                    }
                }
            }
            Step::Keep(place) => {
                let Some(partition) = question.asked.partitions.get(place).copied() else { return Next::Over(Ok(())) };
                match self.route(node, partition) {
                    Route::Here => {
                        let Some(taken) = self.lies_here(node, partition) else { return Next::Over(Err(partition)) };
                        question.taken.push(taken);
                        question.again = AGAIN;
                        Next::Step(Step::Keep(place + 1))
                    }
                    Route::At(url) => {
                        question.waits = Some(self.sends(number, node, url, Request::Open(partition), OPEN_WAIT));
                        Next::Waits
                    }
                    // The planted mistake: a sum of what there is.
                    Route::Nobody(..) if question.asked.whole && self.mistake == Some(Mistake::SumsWhatThereIs) => Next::Step(Step::Keep(place + 1)),
                    Route::Nobody(..) => Next::Over(Err(partition)),
                }
            }
        }
    }

    fn sends(&mut self, question: u64, node: usize, url: String, request: Request, within: u64) -> Sent {
        let asked = self.nodes[node].local(self.now);
        (self.request(node, &url, request, within, Why::Question(question)), url, asked)
    }

    /// A timer of a question: it looks whether who has it is still there, or looks again at what it waits for.
    pub fn question_timer(&mut self, number: u64) {
        let Some(question) = self.questions.get(&number) else { return };
        let (node, now) = (question.node, self.nodes[question.node].local(self.now));
        match question.waits.clone() {
            Some((sent, url, _)) if question.step == Step::HandOn => {
                if self.nodes[node].peers.is_there(now, &url) {
                    self.timer(node, LOOK_EVERY, Timer::Question(number));
                } else if self.waits.remove(&sent).is_some() {
                    self.replied(number, Reply::Silent);
                }
            }
            // It waits for another node.
            Some(_) => {}
            None => self.go_on(number),
        }
    }

    /// Another node has answered, or has not.
    pub fn replied(&mut self, number: u64, reply: Reply) {
        let Some(mut question) = self.questions.remove(&number) else { return };
        let Some((_, url, asked)) = question.waits.take() else { return };
        let node = question.node;
        let (Step::Reach(place) | Step::Keep(place)) = question.step else {
            match reply {
                Reply::Answered(result) => {
                    (question.taken, question.handed_to) = (result.clone().unwrap_or_default(), Some(url));
                    return self.over(question, result.map(|_| ()));
                }
                _ => {
                    self.failed(node, (&url, asked), &reply);
                    question.again -= 1;
                    if question.again == 0 {
                        let partition = question.asked.partitions[0];
                        return self.over(question, Err(partition));
                    }
                }
            }
            self.questions.insert(number, question);
            return self.go_on(number);
        };
        let partition = question.asked.partitions[place];
        match (question.step, reply) {
            (Step::Reach(_), Reply::Reached(true)) => question.step = Step::Reach(place + 1),
            (Step::Reach(_), Reply::Reached(false)) if self.now >= question.until => return self.over(question, Err(partition)),
            (Step::Keep(_), Reply::Opened(taken)) => {
                question.taken.push(taken);
                question.again = AGAIN;
                question.step = Step::Keep(place + 1);
            }
            (Step::Reach(_), Reply::Reached(false) | Reply::Refused) if self.now < question.until => {}
            (Step::Reach(_), reply) => {
                self.failed(node, (&url, asked), &reply);
                if self.now >= question.until {
                    return self.over(question, Err(partition));
                }
            }
            (_, reply) => {
                self.failed(node, (&url, asked), &reply);
                if self.route(node, partition) == Route::At(url) || question.again == 0 {
                    return self.over(question, Err(partition));
                }
                question.again -= 1;
            }
        }
        self.questions.insert(number, question);
        self.go_on(number);
    }

    /// Who was not reached is left out.
    fn failed(&mut self, node: usize, (url, asked): (&str, Instant), reply: &Reply) {
        let (of, now) = (&mut self.nodes[node], self.now);
        if matches!(reply, Reply::Silent) {
            of.peers.lost(url, asked);
        }
        let now = of.local(now);
        of.look.again(now, &of.peers.answering(now));
    }

    fn over(&mut self, question: Question, result: Result<(), u32>) {
        // Whoever answers may be another one than who was waited for.
        let short = |taken: &Taken| question.asked.at_least.get(&taken.partition).is_some_and(|offset| taken.position < *offset);
        let short = question.taken.iter().find(|taken| short(taken)).filter(|_| self.mistake != Some(Mistake::ForgetsAtLeast));
        let result = short.map_or(result, |taken| Err(taken.partition));
        match question.for_other {
            Some(request) => self.reply(question.node, request, Reply::Answered(result.map(|()| question.taken))),
            None => match result {
                Ok(()) => self.check(&question),
                Err(_) => self.counts.unavailable += 1,
            },
        }
    }

    /// Another node waits until this one has an offset.
    pub fn wait_for_other(&mut self, node: usize, request: u64, partition: u32, offset: i64, until: u64) {
        match self.lies_here(node, partition).map(|taken| taken.position >= offset) {
            None => self.reply(node, request, Reply::Refused),
            Some(there) if there || self.now >= until => self.reply(node, request, Reply::Reached(there)),
            Some(_) => {
                let (run, at) = (self.nodes[node].run, self.now + 20);
                self.at(at, Event::Of { node, run, timer: Timer::Wait { request, partition, offset, until } });
            }
        }
    }

    /// Another node asks for a snapshot.
    pub fn open_for_other(&mut self, node: usize, request: u64, partition: u32) {
        let of = &self.nodes[node];
        let gives = of.look.gives(of.local(self.now), partition).is_ok();
        let reply = self.lies_here(node, partition).filter(|_| gives).map_or(Reply::Refused, Reply::Opened);
        self.reply(node, request, reply);
    }
}

enum Next {
    Step(Step),
    Waits,
    Over(Result<(), u32>),
}
