//! Which hook has its turn next: the one that is due first, unless too many like it have one.
//!
//! A thread waits for the receiver's answer, a quarter of a minute where none comes. So that receivers that do not answer leave threads to
//! the others, hooks of one merchant have at most [`OF_MERCHANT_MAX`] turns at once, and hooks whose last attempt failed at most
//! [`FAILING_MAX`]. One that must wait for such a turn has it when another one ends.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Instant;

/// Messages that are on their way at once.
pub const THREADS: usize = 8;
/// Of one merchant.
pub const OF_MERCHANT_MAX: usize = THREADS / 4;
/// Of hooks whose last attempt failed.
pub const FAILING_MAX: usize = THREADS / 2;

/// What turns are counted by.
pub(super) struct Lane {
    /// Of whom the hook tells.
    pub merchant: String,
    /// Whether its last attempt failed.
    pub is_failing: bool,
}

/// Hooks that are due, and those that have a turn.
#[derive(Default)]
pub(super) struct Schedule {
    /// When which is due, the first one first.
    due: BinaryHeap<Reverse<(Instant, String)>>,
    /// How many turns a merchant's hooks have, and those that wait for one.
    merchants: HashMap<String, (usize, VecDeque<(Instant, String)>)>,
    failing: usize,
    failing_wait: VecDeque<(Instant, String)>,
}

impl Schedule {
    /// A hook is due at a moment.
    pub fn put(&mut self, at: Instant, id: String) {
        self.due.push(Reverse((at, id)));
    }

    /// When the first one is due.
    pub fn first(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// The first one.
    pub fn take(&mut self) -> Option<(Instant, String)> {
        self.due.pop().map(|Reverse(first)| first)
    }

    /// Whether a hook that was taken has its turn now; else it is put back when there is one. Where it was put back for a turn that it cannot
    /// have, since it waits for one of another kind as well, the next one that waits for that turn is due.
    pub fn begin(&mut self, lane: &Lane, at: Instant, id: &str) -> bool {
        if lane.is_failing && self.failing >= FAILING_MAX {
            self.failing_wait.push_back((at, id.to_owned()));
            if let Some((_, wait)) = self.merchants.get_mut(&lane.merchant).filter(|(turns, _)| *turns < OF_MERCHANT_MAX) {
                self.due.extend(wait.pop_front().map(Reverse));
                self.tidy(&lane.merchant);
            }
            return false;
        }
        let (turns, wait) = self.merchants.entry(lane.merchant.clone()).or_default();
        if *turns >= OF_MERCHANT_MAX {
            wait.push_back((at, id.to_owned()));
            if lane.is_failing {
                self.due.extend(self.failing_wait.pop_front().map(Reverse));
            }
            return false;
        }
        *turns += 1;
        self.failing += usize::from(lane.is_failing);
        true
    }

    /// A hook that may have waited is gone, or is due at another moment: nobody ends the turn that it would have been given, so all who wait
    /// are looked at again.
    pub fn look_again(&mut self) {
        let waiting = self.merchants.values_mut().flat_map(|(_, wait)| std::mem::take(wait));
        self.due.extend(waiting.chain(std::mem::take(&mut self.failing_wait)).map(Reverse));
        self.merchants.retain(|_, (turns, _)| *turns > 0);
    }

    /// A turn has ended. Whether a hook that waited for it is due now.
    pub fn done(&mut self, lane: &Lane) -> bool {
        let mut freed = None;
        if let Some((turns, wait)) = self.merchants.get_mut(&lane.merchant) {
            *turns = turns.saturating_sub(1);
            freed = wait.pop_front();
            self.tidy(&lane.merchant);
        }
        let mut again: Vec<(Instant, String)> = freed.into_iter().collect();
        if lane.is_failing {
            self.failing = self.failing.saturating_sub(1);
        }
        if self.failing < FAILING_MAX {
            again.extend(self.failing_wait.pop_front());
        }
        let is_some = !again.is_empty();
        self.due.extend(again.into_iter().map(Reverse));
        is_some
    }

    /// Forgets a merchant of whom no hook has a turn or waits for one.
    fn tidy(&mut self, merchant: &str) {
        if self.merchants.get(merchant).is_some_and(|(turns, wait)| *turns == 0 && wait.is_empty()) {
            self.merchants.remove(merchant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(merchant: &str, is_failing: bool) -> Lane {
        Lane { merchant: merchant.to_owned(), is_failing }
    }

    #[test]
    fn one_merchant_has_a_few_turns_and_the_next_when_one_ends() {
        let (mut schedule, now) = (Schedule::default(), Instant::now());
        let of = lane("M1", false);
        let begun = (0..OF_MERCHANT_MAX + 2).filter(|number| schedule.begin(&of, now, &format!("h{number}"))).count();
        assert_eq!(begun, OF_MERCHANT_MAX);
        assert!(schedule.begin(&lane("M2", false), now, "other"), "others have theirs");
        assert!(schedule.first().is_none(), "who waits is not looked at");
        assert!(schedule.done(&of));
        let next = schedule.take().expect("the one that waited longest");
        assert_eq!((next.0, next.1), (now, format!("h{OF_MERCHANT_MAX}")), "still due when it was");
        assert!(schedule.begin(&of, now, "h"));
    }

    #[test]
    fn those_that_fail_leave_half_of_the_threads() {
        let (mut schedule, now) = (Schedule::default(), Instant::now());
        let begun = (0..THREADS).filter(|number| schedule.begin(&lane(&format!("M{number}"), true), now, &format!("h{number}"))).count();
        assert_eq!(begun, FAILING_MAX);
        assert!(schedule.begin(&lane("M99", false), now, "well"));
        assert!(schedule.done(&lane("M0", true)));
        assert_eq!(schedule.take().map(|(_, id)| id), Some(format!("h{FAILING_MAX}")));
    }

    #[test]
    fn a_turn_of_a_merchant_that_one_that_fails_cannot_have_is_the_next_ones() {
        let (mut schedule, now, well) = (Schedule::default(), Instant::now(), lane("M1", false));
        (0..OF_MERCHANT_MAX).for_each(|number| assert!(schedule.begin(&well, now, &format!("h{number}"))));
        assert!(!schedule.begin(&lane("M1", true), now, "fails") && !schedule.begin(&well, now, "well"));
        (0..FAILING_MAX).for_each(|number| assert!(schedule.begin(&lane(&format!("X{number}"), true), now, "x")));
        assert!(schedule.done(&well));
        let mut begun = Vec::new();
        while let Some((at, id)) = schedule.take() {
            let is_failing = id == "fails";
            if schedule.begin(&lane("M1", is_failing), at, &id) {
                begun.push(id);
            }
        }
        assert_eq!(begun, ["well"], "though one that has to wait was before it");
        // Nor is a turn of those that fail kept by one whose merchant has none left.
        assert!(!schedule.begin(&lane("Y", true), now, "y"));
        assert!(schedule.begin(&lane("Z", false), now, "z"));
        assert!(schedule.done(&lane("X0", true)));
        while let Some((at, id)) = schedule.take() {
            if schedule.begin(&lane(if id == "y" { "Y" } else { "M1" }, true), at, &id) {
                begun.push(id);
            }
        }
        assert_eq!(begun, ["well", "y"]);
    }

    #[test]
    fn who_waits_behind_one_that_is_gone_is_not_forgotten() {
        let (mut schedule, now, of) = (Schedule::default(), Instant::now(), lane("M1", false));
        let ids: Vec<String> = (0..OF_MERCHANT_MAX * 2 + 1).map(|number| format!("h{number}")).collect();
        ids.iter().for_each(|id| _ = schedule.begin(&of, now, id));
        // Those that would have the next turns are removed: they are taken, and begin nothing.
        schedule.look_again();
        (0..OF_MERCHANT_MAX).for_each(|_| _ = schedule.done(&of));
        let looked_at: Vec<String> = std::iter::from_fn(|| schedule.take()).map(|(_, id)| id).collect();
        assert_eq!(looked_at, ids[OF_MERCHANT_MAX..]);
        assert!(schedule.merchants.is_empty());
    }

    #[test]
    fn nobody_who_waits_is_forgotten() {
        let (mut schedule, now, of) = (Schedule::default(), Instant::now(), lane("M1", true));
        (0..20).for_each(|number| schedule.put(now, format!("h{number}")));
        let (mut told, mut running) = (0, 0);
        while told < 20 {
            while let Some((at, id)) = schedule.take() {
                running += usize::from(schedule.begin(&of, at, &id));
            }
            assert!((1..=OF_MERCHANT_MAX).contains(&running), "{told} of 20, {running} run");
            schedule.done(&of);
            (told, running) = (told + 1, running - 1);
        }
        assert!(schedule.merchants.is_empty() && schedule.failing == 0 && schedule.failing_wait.is_empty());
    }
}
