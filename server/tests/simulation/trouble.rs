//! What goes wrong begins and ends: ways that are cut, processes that are killed or stand still, and upgrades.

use super::faults::Fault;
use super::node::Is;
use super::world::{Event, World};

impl World {
    /// Whom a fault is between: two nodes, or a node and Kafka.
    fn cut(&mut self, fault: Fault, by: impl Fn(u32) -> u32) {
        let now = self.now;
        match fault {
            Fault::Cut { one, other } | Fault::Slow { one, other } => {
                let way = self.ways.get_mut(&(one.min(other), one.max(other))).expect("two nodes");
                let which = if matches!(fault, Fault::Cut { .. }) { &mut way.cuts } else { &mut way.slows };
                (*which, way.since) = (by(*which), now);
            }
            Fault::CutOff { node } => {
                for (_, way) in self.ways.iter_mut().filter(|((one, other), _)| *one == node || *other == node) {
                    (way.cuts, way.since) = (by(way.cuts), now);
                }
            }
            Fault::CutFromKafka { node } => self.to_kafka[node].cuts = by(self.to_kafka[node].cuts),
            Fault::KafkaGone => self.to_kafka.iter_mut().for_each(|way| way.cuts = by(way.cuts)),
            Fault::SlowFold { node } => self.nodes[node].slow_folds = by(self.nodes[node].slow_folds),
            Fault::ViewsStall { node } => self.nodes[node].stalled_views = by(self.nodes[node].stalled_views),
            Fault::Kill { .. } | Fault::Freeze { .. } => {}
        }
    }

    pub fn begins(&mut self, fault: Fault, to: u64) {
        match fault {
            Fault::Kill { node, .. } | Fault::Freeze { node, .. } if self.nodes[node].is != Is::Up => return,
            // Two in one breath are as one that lasts longer, which the promise does not know.
            Fault::Freeze { node, .. } if self.nodes[node].steady_since + 5000 > self.now => return,
            Fault::Kill { node, has_disk } => self.kill(node, has_disk),
            Fault::Freeze { node, stops_clock } => {
                self.nodes[node].is = Is::Frozen;
                if stops_clock {
                    self.nodes[node].clock.stop(self.now);
                }
            }
            _ => self.cut(fault, |count| count + 1),
        }
        self.counts.faults += 1;
        let run = if let Fault::Kill { node, .. } | Fault::Freeze { node, .. } = fault { self.nodes[node].run } else { 0 };
        self.at(to, Event::Ends(fault, run));
    }

    pub fn ends(&mut self, fault: Fault, run: u32) {
        match fault {
            Fault::Kill { node, .. } | Fault::Freeze { node, .. } => {
                if self.nodes[node].run == run {
                    self.heal(node);
                }
            }
            _ => self.cut(fault, |count| count - 1),
        }
    }

    fn kill(&mut self, node: usize, has_disk: bool) {
        self.nodes[node].killed(has_disk);
        self.nodes[node].clock.go_on(self.now);
        self.note(node);
    }

    /// It goes on, or starts again.
    pub fn heal(&mut self, node: usize) {
        match self.nodes[node].is {
            Is::Up => {}
            Is::Down => self.start(node),
            Is::Frozen => {
                let now = self.now;
                let of = &mut self.nodes[node];
                (of.is, of.steady_since) = (Is::Up, now);
                if of.clock.is_stopped() {
                    of.clock.go_on(now);
                    of.clock_since = now;
                }
                // What waited comes in the order in which it came.
                std::mem::take(&mut of.waiting).into_iter().for_each(|event| self.at(now, event));
            }
        }
    }

    /// The node ends and starts again as the next version.
    pub fn upgrade(&mut self, node: usize) {
        "2".clone_into(&mut self.nodes[node].layout);
        if self.nodes[node].is != Is::Down {
            self.kill(node, true);
            self.at(self.now + 1000, Event::Start(node));
        }
    }
}
