//! What nodes do by their clocks, what they answer, and what Kafka does for them.

use super::net::{FromKafka, Reply, Request, ToKafka, Why};
use super::node::{Is, Node, Writer};
use super::world::{Event, Mistake, Timer, World};
use server::cluster::sharing::plan;
use server::cluster::wire::Report;

/// As in `server/src/node/nodes`, in milliseconds.
const LOOK_EVERY: u64 = 200;
const SHARE_EVERY: u64 = 300;
const ASK_EVERY: u64 = 250;
const MEMBERS_EVERY: u64 = 1000;
const REPORT_WAIT: u64 = 1000;
const HEARTBEAT_EVERY: u64 = 1500;
/// How often what is owned is written, and how long a transaction, or a new producer, is waited for.
const WRITE_EVERY: u64 = 250;
const WRITE_WAIT: u64 = 3000;
/// Entries of a transaction.
const ENTRIES: usize = 24;

impl World {
    pub fn start(&mut self, node: usize) {
        if self.nodes[node].is != Is::Down {
            return;
        }
        let empty = Node::new(self.now, String::new(), self.nodes[node].clock.clone(), 0, 0);
        let old = std::mem::replace(&mut self.nodes[node], empty);
        self.nodes[node] = old.started(self.now, self.max_lag);
        // A node opens at once what lies on its disk.
        let here: Vec<u32> = self.nodes[node].disk.keys().copied().collect();
        here.into_iter().for_each(|partition| self.nodes[node].open(partition));
        for timer in [Timer::Look, Timer::Share, Timer::Fetch, Timer::View, Timer::Heartbeat, Timer::Members, Timer::Write] {
            let soon = self.dice.between(1, 300);
            self.timer(node, soon, timer);
        }
        self.note(node);
    }

    pub fn does(&mut self, node: usize, timer: Timer) {
        match timer {
            Timer::Look => self.look(node),
            Timer::Share => self.share(node),
            Timer::Report(name) => {
                let of = &self.nodes[node];
                let (asked, own) = (of.local(self.now), Box::new(of.look.own().clone()));
                if let Some(url) = of.peers.url(&name) {
                    self.request(node, &url, Request::Report(own), REPORT_WAIT, Why::Report { asked });
                }
            }
            Timer::Fetch => {
                let most = if self.nodes[node].slow_folds > 0 { usize::from(self.dice.chance(15)) } else { 16 };
                let log = self.to_kafka[node].is_good().then_some(self.log.as_slice());
                self.nodes[node].fetch(self.now, log, most);
                let next = self.dice.between(40, 160);
                self.timer(node, next, Timer::Fetch);
            }
            Timer::View => {
                if self.nodes[node].stalled_views == 0 {
                    let dice = &mut self.dice;
                    self.nodes[node].view(|| if dice.chance(25) { 1 } else { 0 });
                    self.note(node);
                }
                let next = self.dice.between(20, 150);
                self.timer(node, next, Timer::View);
            }
            Timer::Heartbeat => {
                let owned = self.nodes[node].owned.clone();
                self.tell_kafka(node, ToKafka::Heartbeat(owned));
                self.timer(node, HEARTBEAT_EVERY, Timer::Heartbeat);
            }
            Timer::Members => {
                if self.to_kafka[node].is_good() {
                    let (of, now) = (&self.nodes[node], self.nodes[node].local(self.now));
                    for name in self.group.members().filter(|name| *name != of.name) {
                        of.peers.meet(now, name, &format!("http://{name}"));
                    }
                }
                self.timer(node, MEMBERS_EVERY, Timer::Members);
            }
            Timer::Write => self.write(node),
            Timer::Question(number) => self.question_timer(number),
            Timer::Wait { request, partition, offset, until } => self.wait_for_other(node, request, partition, offset, until),
            Timer::Missed(number) => self.has_reply(number, Reply::Silent),
        }
    }

    fn look(&mut self, node: usize) {
        self.compare_heads(node);
        let of = &mut self.nodes[node];
        let now = of.clock.now(self.now);
        let others = of.peers.answering(now);
        for (name, url) in others.iter().flat_map(|other| &other.knows).filter(|(name, _)| *name != of.name) {
            of.peers.meet(now, name, url);
        }
        let own = of.report(self.now);
        of.look.look(now, own, &others);
        let names = of.peers.names();
        for name in names {
            if !self.nodes[node].met.contains_key(&name) {
                self.nodes[node].met.insert(name.clone(), self.now);
                self.timer(node, 1, Timer::Report(name));
            }
        }
        self.timer(node, LOOK_EVERY, Timer::Look);
    }

    fn share(&mut self, node: usize) {
        let of = &mut self.nodes[node];
        let now = of.clock.now(self.now);
        let own = Report { owns: of.owned.iter().copied().collect(), ..of.look.own().clone() };
        let mut reports = vec![own];
        reports.extend(of.peers.answering(now));
        let plan = plan(&of.name, &reports, of.partitions, self.standby, self.max_lag);
        let due = of.sharing.due(now, &plan, &of.has(), &of.owned);
        of.leaving = due.leave;
        due.open.into_iter().for_each(|partition| of.open(partition));
        due.close.into_iter().for_each(|partition| of.close(partition, node));
        let owned = of.owned.clone();
        of.writers.retain(|partition, _| owned.contains(partition));
        self.note(node);
        self.timer(node, SHARE_EVERY, Timer::Share);
    }

    /// Writes on where this node owns and has a partition.
    fn write(&mut self, node: usize) {
        let (now, owned) = (self.now, self.nodes[node].owned.clone());
        for partition in owned {
            let of = &mut self.nodes[node];
            let Some(replica) = of.replicas.get(&partition) else { continue };
            let chain = replica.journal.chain();
            let says = match of.writers.get_mut(&partition) {
                Some(Writer::Begins(since)) if now < *since + WRITE_WAIT => continue,
                Some(Writer::Writes { epoch, next, since: since @ None }) if *next < chain.len() => {
                    *since = Some(now);
                    ToKafka::Write { partition, epoch: *epoch, from: *next, entries: chain[*next..chain.len().min(*next + ENTRIES)].to_vec() }
                }
                Some(Writer::Writes { since: None, .. }) => continue,
                Some(Writer::Writes { since: Some(since), .. }) if now < *since + WRITE_WAIT => continue,
                Some(Writer::Begins(_) | Writer::Writes { .. }) | None => {
                    of.writers.insert(partition, Writer::Begins(now));
                    ToKafka::Begin(partition)
                }
            };
            self.tell_kafka(node, says);
        }
        self.timer(node, WRITE_EVERY, Timer::Write);
    }

    fn tell_kafka(&mut self, node: usize, says: ToKafka) {
        if let Some(delay) = self.delay_to_kafka(node) {
            let (at, run) = (self.now + delay, self.nodes[node].run);
            self.at(at, Event::AtKafka { node, run, says });
        }
    }

    pub fn at_kafka(&mut self, node: usize, run: u32, says: ToKafka) {
        let says = match says {
            ToKafka::Heartbeat(owned) => {
                // Who is there again took the place of its former process.
                if self.nodes[node].run != run {
                    return;
                }
                FromKafka::Owns(self.group.heartbeat(self.now, &self.nodes[node].name, &owned, &mut self.dice))
            }
            ToKafka::Begin(partition) => {
                let (epoch, entries) = &mut self.outputs[partition as usize];
                *epoch += 1;
                FromKafka::Begun { partition, epoch: *epoch, next: entries.len() }
            }
            ToKafka::Write { partition, epoch, from, entries } => {
                let (current, written) = &mut self.outputs[partition as usize];
                if *current != epoch && self.mistake != Some(Mistake::FencesNobody) {
                    self.counts.fenced += 1;
                    FromKafka::Fenced { partition, epoch }
                } else {
                    if from != written.len() {
                        self.checker.violated(format!("the output of {partition} has {} entries, and entry {from} is written", written.len()));
                    }
                    written.extend(entries);
                    let next = written.len();
                    if !self.model[partition as usize].chain().starts_with(written) {
                        self.checker.violated(format!("the output of {partition} is not what its log makes, up to {next}"));
                    }
                    FromKafka::Written { partition, epoch, next }
                }
            }
        };
        if let Some(delay) = self.delay_to_kafka(node) {
            self.at(self.now + delay, Event::FromKafka { node, run, says });
        }
    }

    pub fn hears_kafka(&mut self, node: usize, says: FromKafka) {
        let of = &mut self.nodes[node];
        match says {
            FromKafka::Owns(owned) => {
                of.owned_once.extend(of.owned.difference(&owned));
                of.owned_once.retain(|partition| !owned.contains(partition));
                of.owned = owned;
            }
            FromKafka::Begun { partition, epoch, next } => {
                if let Some(writer @ Writer::Begins(_)) = of.writers.get_mut(&partition) {
                    *writer = Writer::Writes { epoch, next, since: None };
                }
            }
            FromKafka::Written { partition, epoch: by, next: to } => match of.writers.get_mut(&partition) {
                Some(Writer::Writes { epoch, next, since }) if *epoch == by => (*next, *since) = (to, None),
                _ => {}
            },
            FromKafka::Fenced { partition, epoch: by } => {
                of.writers.retain(|of, writer| !(*of == partition && matches!(writer, Writer::Writes { epoch, .. } if *epoch == by)));
            }
        }
    }

    pub fn requested(&mut self, node: usize, number: u64, request: Request) {
        match request {
            Request::Report(other) => {
                let of = &self.nodes[node];
                of.peers.meet(of.local(self.now), &other.node, &other.url);
                let own = Box::new(of.look.own().clone());
                self.reply(node, number, Reply::Report(own));
            }
            Request::Open(partition) => self.open_for_other(node, number, partition),
            Request::Wait { partition, offset, wait } => self.wait_for_other(node, number, partition, offset, self.now + wait),
            Request::HandedOn(asked) => self.asked(node, asked, Some(number)),
        }
    }

    pub fn has_reply(&mut self, number: u64, reply: Reply) {
        let Some(waits) = self.waits.remove(&number) else { return };
        let of = &self.nodes[waits.node];
        if of.run != waits.run || of.is == Is::Down {
            return;
        }
        match (waits.why, reply) {
            (Why::Question(question), reply) => self.replied(question, reply),
            (Why::Report { asked }, reply) => {
                let name = self.nodes[waits.to].name.clone();
                match reply {
                    Reply::Report(report) => of.peers.heard(&name, asked, *report),
                    _ => of.peers.lost(&self.nodes[waits.to].url, asked),
                }
                self.timer(waits.node, ASK_EVERY, Timer::Report(name));
            }
        }
    }
}
