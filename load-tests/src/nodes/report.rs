//! What came of a run, as it is told.

use super::disturb::{Outcome, seconds};
use super::end::End;
use super::fault::Fault;
use std::fmt::Write;
use std::time::Duration;

/// After a kill all is answered again within this, at the median and at the 99th percentile.
pub const WHOLE_MAX: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(10)];

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Of each fault, in the order in which they were done.
    pub outcomes: Vec<Outcome>,
    /// What is left.
    pub end: End,
    /// Whole-bank answers, and answers about merchants.
    pub answers: [u64; 2],
    /// Wrong or smaller answers.
    pub wrongs: u64,
    /// The first of them, in words.
    pub wrong: Vec<String>,
    /// Questions that were not answered.
    pub failed: usize,
    /// Questions that went from node to node until one answered, and those that none did.
    pub anywhere: [u64; 2],
    /// The most records that an answer without a demand was behind the furthest before it.
    pub behind: i64,
    /// How long it took.
    pub took: Duration,
    /// How busy the machine was in the end, as the system says.
    pub load: String,
}

/// The value at a percentile of sorted times.
pub fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied()
}

impl Outcome {
    /// As one line.
    pub fn line(&self, round: u32) -> String {
        let Self { fault, whole, last_failed, failed, lost, answers, shared, note } = self;
        let mut line = format!("round {round}, {}: whole again after {}", fault.as_str(), seconds(*whole));
        let _ = match last_failed {
            Some((at, said)) => write!(line, ", {failed} not answered, the last after {}: {said}", seconds(Some(*at))),
            None => write!(line, ", each was answered"),
        };
        let _ = write!(line, "; {answers} answers, {lost} lost; shared out {} after its end", seconds(Some(*shared)));
        if !note.is_empty() {
            let _ = write!(line, "; {note}");
        }
        line
    }
}

impl Report {
    /// How long it took until all was answered again, of faults of a kind, sorted; nothing where one never was.
    fn whole(&self, which: impl Fn(Fault) -> bool) -> Option<Vec<Duration>> {
        let of_kind = self.outcomes.iter().filter(|outcome| which(outcome.fault));
        let mut times = of_kind.map(|outcome| outcome.whole).collect::<Option<Vec<_>>>()?;
        times.sort();
        Some(times)
    }

    /// A line for each kind of fault.
    pub fn table(&self) -> String {
        let mut table = format!("{:<14}{:>7}{:>10}{:>10}{:>10}{:>14}{:>7}", "fault", "times", "median", "p99", "worst", "not answered", "lost");
        for fault in Fault::ALL {
            let of_kind: Vec<&Outcome> = self.outcomes.iter().filter(|outcome| outcome.fault == fault).collect();
            if of_kind.is_empty() {
                continue;
            }
            let (failed, lost): (usize, usize) = (of_kind.iter().map(|one| one.failed).sum(), of_kind.iter().map(|one| one.lost).sum());
            let times = self.whole(|other| other == fault);
            let at = |percent| seconds(times.as_ref().and_then(|times| percentile(times, percent)));
            let _ = write!(table, "\n{:<14}{:>7}{:>10}{:>10}{:>10}{failed:>14}{lost:>7}", fault.as_str(), of_kind.len(), at(50), at(99), at(100));
        }
        table
    }

    /// Whatever is wrong, in words, however long anything took.
    pub fn faulty(&self) -> Vec<String> {
        let mut faulty: Vec<String> = self.wrong.iter().map(|wrong| format!("wrong or smaller: {wrong}")).collect();
        faulty.extend(self.end.differences.iter().map(|difference| format!("in the end: {difference}")));
        faulty.extend(self.outcomes.iter().filter(|one| one.whole.is_none()).map(|one| format!("{}: never whole again", one.fault.as_str())));
        faulty
    }

    /// Everything that is not as it should be, in words.
    pub fn broken(&self) -> Vec<String> {
        let mut broken = self.faulty();
        let kills = self.whole(Fault::is_a_kill).unwrap_or_default();
        for (percent, most) in [50, 99].into_iter().zip(WHOLE_MAX) {
            if let Some(time) = percentile(&kills, percent).filter(|time| *time > most) {
                broken.push(format!("after a kill all was answered again after {} (p{percent}), {} s are the most", seconds(Some(time)), most.as_secs()));
            }
        }
        for upgrade in self.outcomes.iter().filter(|one| one.fault == Fault::Upgrade && one.lost > 0) {
            broken.push(format!("{} questions were answered by no node during the upgrade", upgrade.lost));
        }
        broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(fault: Fault, millis: Option<u64>) -> Outcome {
        let whole = millis.map(Duration::from_millis);
        Outcome { fault, whole, last_failed: None, failed: 1, lost: 0, answers: 7, shared: Duration::ZERO, note: String::new() }
    }

    #[test]
    fn percentiles_are_of_what_was_seen() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        let at = |percent| percentile(&times, percent).map(|time| time.as_millis());
        assert_eq!((at(50), at(99), at(100)), (Some(100), Some(198), Some(200)));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn what_is_not_as_it_should_be_is_named() {
        let mut report = Report { outcomes: vec![outcome(Fault::Kill, Some(900)), outcome(Fault::KillTwo, Some(12_000))], ..Report::default() };
        assert_eq!(report.broken(), Vec::<String>::new(), "two at once have no bound");
        assert!(report.table().contains("kill-two") && !report.table().contains("upgrade"), "{}", report.table());
        report.outcomes.push(outcome(Fault::KillInClose, Some(11_000)));
        assert_eq!((report.broken().len(), report.faulty().len()), (1, 0), "the p99");
        report.outcomes.push(outcome(Fault::Stop, None));
        report.outcomes.push(Outcome { lost: 1, ..outcome(Fault::Upgrade, Some(1)) });
        report.wrong.push("node a".to_owned());
        report.end.differences.push("node b".to_owned());
        assert_eq!(report.broken().len(), 5, "{:?}", report.broken());
    }
}
