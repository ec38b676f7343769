//! The world: its time, what happens in it and in which order. One seed is one history, on one thread.

use super::ask::{Asked, Question};
use super::check::{Checker, Counts};
use super::clock::Clock;
use super::faults::{self, Fault};
use super::group::Group;
use super::journal::Journal;
use super::net::{FromKafka, Reply, Request, ToKafka, Waits, Way, Why};
use super::node::{Is, Node};
use load_tests::lives::dice::Dice;
use load_tests::load::traffic::Traffic;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// When things begin to go wrong, and when they end, in milliseconds.
const TROUBLE_FROM: u64 = 6000;
const TROUBLE_TO: u64 = 30_000;
/// The last record.
const RECORDS_TO: u64 = 32_000;
/// So long after the last fault and the last record all is as it should be: a session, sharing out, standing by, and what is kept.
const WHOLE_WITHIN: u64 = 60_000;
/// How long it takes until the log is opened.
const QUIET: u64 = 4000;

/// A mistake that is planted, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Who owned a partition once goes on answering for it, from what it has.
    AnswersOnceTaken,
    /// A sum without the partition that nobody has.
    SumsWhatThereIs,
    /// An answer that is not compared with what was demanded.
    ForgetsAtLeast,
    /// Kafka takes what a fenced producer writes.
    FencesNobody,
}

/// What a node does by its own clock.
#[derive(Clone)]
pub enum Timer {
    Look,
    Share,
    Report(String),
    Fetch,
    View,
    Heartbeat,
    Members,
    Write,
    Question(u64),
    Wait {
        request: u64,
        partition: u32,
        offset: i64,
        until: u64,
    },
    /// No reply has come.
    Missed(u64),
}

/// What happens.
#[derive(Clone)]
pub enum Event {
    Of { node: usize, run: u32, timer: Timer },
    Request { node: usize, number: u64, request: Request },
    Reply { number: u64, reply: Reply },
    Client { node: usize, asked: Asked },
    AtKafka { node: usize, run: u32, says: ToKafka },
    FromKafka { node: usize, run: u32, says: FromKafka },
    Records,
    GroupTurn,
    Ask,
    Begins(Fault, u64),
    Ends(Fault, u32),
    Start(usize),
    Upgrade(usize),
    Heal,
    IsWhole,
}

pub struct World {
    pub now: u64,
    order: u64,
    queue: BTreeMap<(u64, u64), Event>,
    pub dice: Dice,
    pub mistake: Option<Mistake>,
    pub max_lag: u64,
    pub standby: usize,
    pub nodes: Vec<Node>,
    /// Between each two nodes, by the lower one.
    pub ways: BTreeMap<(usize, usize), Way>,
    pub to_kafka: Vec<Way>,
    pub log: Vec<Vec<Vec<u8>>>,
    /// The model: each partition's log, folded by somebody whom nothing happens to.
    pub model: Vec<Journal>,
    pub group: Group,
    /// Of each partition: the epoch of its producer, and the entries that were written.
    pub outputs: Vec<(u64, Vec<blake3::Hash>)>,
    pub questions: BTreeMap<u64, Question>,
    pub waits: BTreeMap<u64, Waits>,
    pub checker: Checker,
    pub counts: Counts,
    traffic: Traffic,
    pub over: bool,
}

/// What happened in the world of a seed; the first violation, if there was one.
pub fn run(seed: u64, mistake: Option<Mistake>) -> Result<Counts, String> {
    let mut world = World::new(seed, mistake);
    while let Some(((now, _), event)) = world.queue.pop_first() {
        world.now = now;
        world.happens(event);
        if let Some(violation) = world.checker.violation.take() {
            return Err(format!("seed {seed} at {} ms: {violation}", world.now));
        }
        if world.over {
            break;
        }
    }
    Ok(world.counts)
}

impl World {
    fn new(seed: u64, mistake: Option<Mistake>) -> Self {
        let mut dice = Dice::new(seed);
        let count = usize::try_from(dice.between(2, 5)).expect("few");
        let partitions = u32::try_from(dice.between(1, 6)).expect("few");
        let (max_lag, standby) = (dice.between(2, 6), usize::try_from(dice.weighted(&[(0, 10), (1, 70), (2, 20)])).expect("few"));
        let base = Instant::now();
        let node = |place: usize| {
            let clock = Clock::new(base, dice.between(970, 1030));
            Node::new(0, ["a", "b", "c", "d", "e"][place].to_owned(), clock, max_lag, dice.between(2000, 8000))
        };
        let nodes: Vec<Node> = (0..count).map(node).collect();
        let ways = (0..count).flat_map(|one| (one + 1..count).map(move |other| ((one, other), Way::default()))).collect();
        let plan = faults::plan(&mut dice, count, TROUBLE_FROM, TROUBLE_TO);
        let merchants = dice.between(u64::from(partitions), u64::from(partitions) * 3);
        let mut world = Self {
            now: 0,
            order: 0,
            queue: BTreeMap::new(),
            mistake,
            max_lag,
            standby,
            checker: Checker::new(count, partitions),
            nodes,
            ways,
            to_kafka: vec![Way::default(); count],
            log: (0..partitions).map(|_| Vec::new()).collect(),
            model: (0..partitions).map(|partition| Journal::new(partition, partitions)).collect(),
            group: Group::new(partitions),
            outputs: (0..partitions).map(|_| (0, Vec::new())).collect(),
            questions: BTreeMap::new(),
            waits: BTreeMap::new(),
            counts: Counts::default(),
            traffic: Traffic::new(seed, merchants, partitions),
            over: false,
            dice,
        };
        for record in Traffic::opening(partitions, "2026-11-20") {
            world.produce(record.partition, record.value);
        }
        for place in 0..count {
            let at = world.dice.below(3000);
            world.at(at, Event::Start(place));
        }
        for (from, to, fault) in plan.faults {
            world.at(from, Event::Begins(fault, to));
        }
        if let Some(at) = plan.upgrade {
            (0..count).for_each(|place| world.at(at + place as u64 * 2500, Event::Upgrade(place)));
        }
        for (at, event) in [(100, Event::Records), (0, Event::GroupTurn), (QUIET, Event::Ask), (TROUBLE_TO, Event::Heal), (RECORDS_TO + 500, Event::IsWhole)] {
            world.at(at, event);
        }
        world
    }

    pub fn at(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.queue.insert((at, self.order), event);
    }

    /// A number that was never given.
    pub fn number(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    /// A node is to do something in so many milliseconds of its clock.
    pub fn timer(&mut self, node: usize, time: u64, timer: Timer) {
        let (at, run) = (self.now + self.nodes[node].clock.takes(Duration::from_millis(time)), self.nodes[node].run);
        self.at(at, Event::Of { node, run, timer });
    }

    fn happens(&mut self, event: Event) {
        let node = match &event {
            Event::Of { node, .. } | Event::Request { node, .. } | Event::FromKafka { node, .. } | Event::Client { node, .. } => Some(*node),
            Event::Reply { number, .. } => self.waits.get(number).map(|waits| waits.node),
            _ => None,
        };
        // What comes for a process that stands still waits in its machine.
        if let Some(node) = node
            && self.nodes[node].is == Is::Frozen
        {
            self.nodes[node].waiting.push(event);
            return;
        }
        match event {
            Event::Of { node, run, timer } if self.nodes[node].run == run && self.nodes[node].is == Is::Up => self.does(node, timer),
            Event::FromKafka { node, run, says } if self.nodes[node].run == run && self.nodes[node].is == Is::Up => self.hears_kafka(node, says),
            Event::Of { .. } | Event::FromKafka { .. } => {}
            Event::Request { node, number, request } if self.nodes[node].is == Is::Up => self.requested(node, number, request),
            Event::Request { node, number, .. } => self.reply(node, number, Reply::Silent),
            Event::Reply { number, reply } => self.has_reply(number, reply),
            Event::Client { node, asked } if self.nodes[node].is == Is::Up => self.asked(node, asked, None),
            Event::Client { .. } => {}
            Event::AtKafka { node, run, says } => self.at_kafka(node, run, says),
            Event::Records => self.records(),
            Event::GroupTurn => {
                self.group.turn(self.now, &mut self.dice);
                self.at(self.now + 100, Event::GroupTurn);
            }
            Event::Ask => self.client(),
            Event::Begins(fault, to) => self.begins(fault, to),
            Event::Ends(fault, run) => self.ends(fault, run),
            Event::Start(node) => self.start(node),
            Event::Upgrade(node) => self.upgrade(node),
            Event::Heal => (0..self.nodes.len()).for_each(|node| self.heal(node)),
            Event::IsWhole => self.is_whole(),
        }
    }

    fn produce(&mut self, partition: u32, value: Vec<u8>) {
        let place = partition as usize;
        self.model[place].commit([value.as_slice()]);
        self.log[place].push(value);
    }

    fn records(&mut self) {
        let count = if self.dice.chance(10) { self.dice.between(5, 25) } else { self.dice.between(0, 3) };
        for _ in 0..count {
            let record = self.traffic.next().expect("it has no end");
            self.produce(record.partition, record.value);
        }
        // A day is closed now and then.
        if self.dice.chance(1) {
            let date = 20 + self.counts.closes;
            self.counts.closes += 1;
            for partition in 0..self.group.partitions {
                self.produce(partition, format!(r#"{{"id":"close-{date}","type":"day_closed","date":"2026-11-{date}"}}"#).into_bytes());
            }
        }
        let next = self.now + self.dice.between(100, 500);
        if next < RECORDS_TO {
            self.at(next, Event::Records);
        }
    }

    /// Somebody asks some node, about everything or about one merchant; mostly at least what they have seen before.
    fn client(&mut self) {
        let node = self.dice.place(self.nodes.len()).expect("a node");
        let partitions = self.group.partitions;
        let whole = self.dice.chance(40);
        let of: Vec<u32> = if whole { (0..partitions).collect() } else { vec![u32::try_from(self.dice.below(u64::from(partitions))).expect("few")] };
        let seen = if self.dice.chance(50) { self.checker.seen.clone() } else { BTreeMap::new() };
        let at_least = seen.into_iter().filter(|(partition, _)| of.contains(partition)).collect();
        let wait = self.dice.pick(&[0, 200, 2000]);
        self.at(self.now, Event::Client { node, asked: Asked { partitions: of, whole, at_least, wait } });
        let next = self.now + self.dice.between(10, 120);
        self.at(next, Event::Ask);
    }

    fn is_whole(&mut self) {
        match self.not_whole() {
            None => {
                self.counts.whole_after = self.now - RECORDS_TO;
                self.over = true;
            }
            Some(why) if self.now > RECORDS_TO + WHOLE_WITHIN => self.checker.violated(format!("{WHOLE_WITHIN} ms after all was well again: {why}")),
            Some(_) => self.at(self.now + 500, Event::IsWhole),
        }
    }

    /// A node asks another one; answers the number of the request.
    pub fn request(&mut self, node: usize, url: &str, request: Request, within: u64, why: Why) -> u64 {
        let number = self.number();
        let to = self.nodes.iter().position(|other| other.url == url).expect("an address of a node");
        self.waits.insert(number, Waits { node, run: self.nodes[node].run, to, why });
        self.timer(node, within, Timer::Missed(number));
        if let Some(delay) = self.delay(node, to) {
            self.at(self.now + delay, Event::Request { node: to, number, request });
        }
        number
    }

    /// A node answers what it was asked.
    pub fn reply(&mut self, node: usize, number: u64, reply: Reply) {
        let Some(waits) = self.waits.get(&number) else { return };
        if let Some(delay) = self.delay(node, waits.node) {
            self.at(self.now + delay, Event::Reply { number, reply });
        }
    }

    /// How long what one says to the other takes; nothing where it is lost.
    fn delay(&mut self, one: usize, other: usize) -> Option<u64> {
        let way = self.ways.get(&(one.min(other), one.max(other))).copied().unwrap_or_default();
        match way {
            Way { cuts: 1.., .. } => None,
            Way { slows: 1.., .. } if self.dice.chance(15) => None,
            Way { slows: 1.., .. } => Some(self.dice.between(100, 1200)),
            Way { .. } => Some(self.dice.between(1, 25)),
        }
    }

    /// The same to Kafka and back.
    pub fn delay_to_kafka(&mut self, node: usize) -> Option<u64> {
        let slow = self.dice.chance(3);
        self.to_kafka[node].is_good().then(|| if slow { self.dice.between(200, 1500) } else { self.dice.between(1, 25) })
    }
}
