//! What goes wrong, and when: from the seed.

use load_tests::lives::dice::Dice;

/// Something that goes wrong for a while.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// A node is killed, and starts again; without its disk, where that is gone, too.
    Kill { node: usize, has_disk: bool },
    /// A node stands still; its clock, too, where its machine does.
    Freeze { node: usize, stops_clock: bool },
    /// Two nodes do not reach each other.
    Cut { one: usize, other: usize },
    /// What two nodes say to each other takes long, or is lost.
    Slow { one: usize, other: usize },
    /// A node reaches no other one.
    CutOff { node: usize },
    /// A node does not reach Kafka.
    CutFromKafka { node: usize },
    /// Nobody does.
    KafkaGone,
    /// A node folds slower than records come.
    SlowFold { node: usize },
    /// The views of a node stay where they are.
    ViewsStall { node: usize },
}

/// What goes wrong from when to when, in milliseconds; when nodes are stopped to start again as another version, one after the other.
pub struct Plan {
    pub faults: Vec<(u64, u64, Fault)>,
    pub upgrade: Option<u64>,
}

pub fn plan(dice: &mut Dice, nodes: usize, begin: u64, end: u64) -> Plan {
    let upgrade = dice.chance(15).then(|| dice.between(begin, end - 8000));
    let faults = (0..dice.between(2, 9)).map(|_| {
        let at = dice.between(begin, end - 1000);
        // Short ones are near the bounds of the rules; long ones are beyond Kafka's session.
        let time = if dice.chance(60) { dice.between(50, 4000) } else { dice.between(4000, 14_000) };
        (at, (at + time).min(end), fault(dice, nodes))
    });
    Plan { faults: faults.collect(), upgrade }
}

fn fault(dice: &mut Dice, nodes: usize) -> Fault {
    let node = dice.place(nodes).expect("a node");
    let other = (node + 1 + dice.place(nodes - 1).expect("another node")) % nodes;
    match dice.below(100) {
        0..18 => Fault::Kill { node, has_disk: true },
        18..26 => Fault::Kill { node, has_disk: false },
        26..46 => Fault::Freeze { node, stops_clock: false },
        46..52 => Fault::Freeze { node, stops_clock: true },
        52..60 => Fault::Cut { one: node, other },
        60..66 => Fault::Slow { one: node, other },
        66..72 => Fault::CutOff { node },
        72..87 => Fault::CutFromKafka { node },
        87..90 => Fault::KafkaGone,
        90..96 => Fault::SlowFold { node },
        _ => Fault::ViewsStall { node },
    }
}
