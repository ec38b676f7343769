//! Which partitions a node folds: those that it owns, and those for which its rank says so. What it does not need any more it closes,
//! once the nodes that should have it are near the end and all were told, and never because one of them is not heard. Rules over what nodes said, which are
//! given the moment.

use super::rank::standbys;
use super::wire::Report;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// What is not needed is kept for so long: whoever comes and goes moves nothing.
pub const KEPT_FOR: Duration = Duration::from_secs(20);
/// So long before it is closed others are told that it will be: longer than what they heard of it counts, so that nobody asks for it any
/// more when it is.
pub const LEAVES_FOR: Duration = Duration::from_secs(3);
/// What another node owns is folded here once that has been so for so long: one that was not heard for a moment moves nothing.
pub const STANDS_BY_AFTER: Duration = Duration::from_secs(3);

/// What a node is to do with partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To fold.
    pub wanted: BTreeSet<u32>,
    /// That others fold enough of.
    pub spare: BTreeSet<u32>,
}

/// What is to be done now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// To be opened; one that cannot be is due again.
    pub open: BTreeSet<u32>,
    /// To be closed soon: others are told.
    pub leave: BTreeSet<u32>,
    /// To be closed.
    pub close: BTreeSet<u32>,
}

/// For how long what is to be done has been so.
#[derive(Debug, Default)]
pub struct Sharing {
    wanted_since: BTreeMap<u32, Instant>,
    spare_since: BTreeMap<u32, Instant>,
}

impl Sharing {
    /// What is due, by a plan, what lies here and what is owned.
    pub fn due(&mut self, now: Instant, plan: &Plan, here: &BTreeSet<u32>, owned: &BTreeSet<u32>) -> Due {
        self.wanted_since.retain(|partition, _| plan.wanted.contains(partition));
        self.spare_since.retain(|partition, _| plan.spare.contains(partition));
        let mut due = Due::default();
        for partition in plan.wanted.difference(here) {
            let since = *self.wanted_since.entry(*partition).or_insert(now);
            if owned.contains(partition) || now.saturating_duration_since(since) >= STANDS_BY_AFTER {
                due.open.insert(*partition);
            }
        }
        for partition in &plan.spare {
            let since = *self.spare_since.entry(*partition).or_insert(now);
            let spare_for = now.saturating_duration_since(since);
            if here.contains(partition) && spare_for >= KEPT_FOR + LEAVES_FOR {
                self.spare_since.remove(partition);
                due.close.insert(*partition);
            } else if here.contains(partition) && spare_for >= KEPT_FOR {
                due.leave.insert(*partition);
            }
        }
        due
    }
}

/// What a node is to do, by what all that answer say, itself first.
pub fn plan(own: &str, reports: &[Report], partitions: u32, standby: usize, max_lag: u64) -> Plan {
    // Nobody's for a moment: whoever has it keeps it.
    let owner = |partition| reports.iter().filter(|report| report.owns.contains(&partition)).map(|report| (partition, report.node.as_str())).min();
    let owners: BTreeMap<u32, &str> = (0..partitions).filter_map(owner).collect();
    let mut plan = Plan::default();
    for (partition, standbys) in standbys(&owners, reports.iter().map(|report| report.node.as_str()), standby) {
        let owns = |report: &&Report| report.node == own && report.owns.contains(&partition);
        if reports.iter().any(|report| owns(&report)) || standbys.contains(&own) {
            plan.wanted.insert(partition);
            continue;
        }
        let is_near =
            |report: &&Report| report.node != own && report.held(partition).is_some_and(|held| held.settled && held.state != "halted" && held.lag < max_lag);
        let has = |node: &str| reports.iter().find(|report| report.node == node).filter(is_near).is_some();
        if has(owners[&partition]) && standbys.into_iter().all(has) {
            plan.spare.insert(partition);
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::wire::Held;

    fn report(node: &str, owns: &[u32], holds: &[u32]) -> Report {
        let held = |partition: &u32| Held { partition: *partition, state: "following".to_owned(), settled: true, ..Held::default() };
        Report { node: node.to_owned(), owns: owns.to_vec(), holds: holds.iter().map(held).collect(), ..Report::default() }
    }

    fn numbers(set: &BTreeSet<u32>) -> Vec<u32> {
        set.iter().copied().collect()
    }

    #[test]
    fn each_partition_is_wanted_by_its_owner_and_by_as_many_others_as_are_to_stand_by() {
        let reports = [report("a", &[0, 1], &[]), report("b", &[2, 3], &[]), report("c", &[4, 5], &[])];
        for standby in 0..3 {
            let mut count = BTreeMap::<u32, usize>::new();
            for own in ["a", "b", "c"] {
                let plan = plan(own, &reports, 6, standby, 1000);
                plan.wanted.iter().for_each(|partition| *count.entry(*partition).or_default() += 1);
                assert!(reports.iter().find(|report| report.node == own).expect("there").owns.iter().all(|owned| plan.wanted.contains(owned)));
            }
            assert!(count.len() == 6 && count.values().all(|count| *count == standby + 1), "{standby}: {count:?}");
        }
    }

    #[test]
    fn what_is_not_needed_is_kept_until_those_who_should_have_it_are_near() {
        let alone = [report("a", &[0, 1], &[0, 1])];
        assert_eq!(plan("a", &alone, 2, 1, 1000), Plan { wanted: [0, 1].into(), spare: BTreeSet::new() });
        let mut three = [report("a", &[], &[0, 1]), report("b", &[0, 1], &[]), report("c", &[], &[])];
        let spare = |reports: &[Report]| numbers(&plan("a", reports, 2, 0, 1000).spare);
        assert_eq!(spare(&three), Vec::<u32>::new(), "the owner does not have it yet");
        three[1] = report("b", &[0, 1], &[0, 1]);
        assert_eq!(spare(&three), [0, 1]);
        three[1].holds[0].lag = 1000;
        assert_eq!(spare(&three), [1], "the owner is behind");
        three[1].owns = vec![0];
        assert_eq!(spare(&three), Vec::<u32>::new(), "nobody's for a moment");
    }

    #[test]
    fn what_is_owned_is_opened_at_once_and_all_else_is_awaited() {
        let start = Instant::now();
        let mut sharing = Sharing::default();
        let plan = Plan { wanted: [0, 1].into(), spare: [2].into() };
        let (owned, here) = ([0].into(), [2].into());
        assert_eq!(sharing.due(start, &plan, &here, &owned), Due { open: [0].into(), ..Due::default() });
        assert_eq!(sharing.due(start + STANDS_BY_AFTER, &plan, &here, &owned).open, [0, 1].into());
        let due = sharing.due(start + KEPT_FOR, &plan, &here, &owned);
        assert_eq!((due.leave, due.close), ([2].into(), BTreeSet::new()), "who heard of it a moment ago still asks for it");
        let due = sharing.due(start + KEPT_FOR + LEAVES_FOR, &plan, &here, &owned);
        assert_eq!((due.leave, due.close), (BTreeSet::new(), [2].into()));
        let other = Plan::default();
        assert_eq!(sharing.due(start + KEPT_FOR, &other, &here, &owned), Due::default());
        let due = sharing.due(start + KEPT_FOR * 2, &plan, &here, &owned);
        assert_eq!((due.leave, due.close), (BTreeSet::new(), BTreeSet::new()), "it counts anew");
    }
}
