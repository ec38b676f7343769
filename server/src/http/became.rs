//! What became of an event, as it is told: its outcome, what it waits for, what became of the first of its id; and of an event that
//! went to every partition, each of them.

use super::one_or_many::OneOrMany;
use crate::node::FoundEvent;
use crate::shape::{OutcomeName, code_of, detail_of, entry_text, outcome_name, position_text};
use ledger::entry::{Outcome, Recorded, Wait};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of an event on all partitions that it went to. Of one record it is documented as this, too: generated clients of
/// Go have one constant for `posted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Outcome)]
pub enum EventOutcome {
    /// Booked, perhaps without lines; of an event that went to every partition: on each, now or before.
    Posted,
    /// The same content was here before.
    Duplicate,
    /// It waits for something that has not come.
    Parked,
    /// A business rule said no.
    Refused,
    /// It could not be read, or another event has its id.
    Quarantined,
    /// Not the same on every partition: `partitions` has each.
    Mixed,
}

impl From<OutcomeName> for EventOutcome {
    fn from(name: OutcomeName) -> Self {
        match name {
            OutcomeName::Posted => Self::Posted,
            OutcomeName::Duplicate => Self::Duplicate,
            OutcomeName::Parked => Self::Parked,
            OutcomeName::Refused => Self::Refused,
            OutcomeName::Quarantined => Self::Quarantined,
        }
    }
}

/// What a parked event waits for; one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitsFor {
    /// Its merchant's contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant: Option<String>,
    /// Its payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<String>,
    /// Its hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<String>,
    /// Its payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    payout: Option<String>,
    /// Its dispute.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispute: Option<String>,
    /// The refund that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<String>,
}

impl From<&Wait> for WaitsFor {
    fn from(wait: &Wait) -> Self {
        let nothing = Self::default();
        match wait {
            Wait::Merchant(id) => Self { merchant: Some(id.to_string()), ..nothing },
            Wait::Payment(id) => Self { payment: Some(id.to_string()), ..nothing },
            Wait::Hold(id) => Self { hold: Some(id.to_string()), ..nothing },
            Wait::Payout(id) => Self { payout: Some(id.to_string()), ..nothing },
            Wait::Dispute(id) => Self { dispute: Some(id.to_string()), ..nothing },
            Wait::Refund(id) => Self { refund: Some(id.to_string()), ..nothing },
        }
    }
}

impl WaitsFor {
    /// What a parked event waits for.
    fn of(outcome: &Outcome) -> Option<Self> {
        if let Outcome::Parked(wait) = outcome { Some(wait.into()) } else { None }
    }
}

/// What has become of the event that has the id, up to now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct First {
    /// Where its record lies.
    #[schema(example = "3:3")]
    position: String,
    /// What became of it.
    #[schema(value_type = EventOutcome)]
    outcome: OutcomeName,
    /// What it waits for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<WaitsFor>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "insufficient_funds")]
    code: Option<&'static str>,
    /// The same, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The entry that tells it.
    #[schema(example = "3:3")]
    entry: String,
}

impl From<&FoundEvent> for First {
    fn from(found: &FoundEvent) -> Self {
        let row = &found.recorded.row;
        Self {
            position: position_text(found.partition, row.record),
            outcome: outcome_name(&row.outcome),
            waits_for: WaitsFor::of(&row.outcome),
            code: code_of(&row.outcome),
            detail: detail_of(&row.outcome).map(str::to_owned),
            entry: entry_text(found.partition, found.recorded.number),
        }
    }
}

/// What became of an event on one of the partitions that it went to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OnPartition {
    /// Which partition.
    partition: u32,
    /// Where its record lies.
    #[schema(example = "3:1482211")]
    position: String,
    /// What became of it; absent where it was not folded in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<EventOutcome>)]
    outcome: Option<OutcomeName>,
    /// The entry that tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3:99120")]
    entry: Option<String>,
    /// Why it was refused or quarantined.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The same, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Of a duplicate, and of a conflict: what became of the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<First>,
}

/// What became of one record of an event.
pub struct Became {
    /// Its partition.
    pub partition: u32,
    /// Its offset.
    pub offset: i64,
    /// The entry that tells it; `None` where it was not folded in time.
    pub recorded: Option<Recorded>,
    /// What became of the first of its id, where it is not the first.
    pub of: Option<FoundEvent>,
}

impl Became {
    fn told(&self) -> OnPartition {
        let outcome = self.recorded.as_ref().map(|recorded| &recorded.row.outcome);
        OnPartition {
            partition: self.partition,
            position: position_text(self.partition, self.offset),
            outcome: outcome.map(outcome_name),
            entry: self.recorded.as_ref().map(|recorded| entry_text(self.partition, recorded.number)),
            code: outcome.and_then(code_of),
            detail: outcome.and_then(detail_of).map(str::to_owned),
            of: self.of.as_ref().map(First::from),
        }
    }
}

/// What became of an event: of its one record, or of those on every partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The one outcome; `None` where not every record was folded.
    pub outcome: Option<EventOutcome>,
    /// The entries that tell it.
    pub entry: Option<OneOrMany>,
    /// What it waits for.
    pub waits_for: Option<WaitsFor>,
    /// Why it was refused or quarantined.
    pub code: Option<&'static str>,
    /// The same, for people; of a mixed outcome, each partition.
    pub detail: Option<String>,
    /// What became of the first of its id.
    pub of: Option<First>,
    /// Each partition, of an event that went to all.
    pub partitions: Option<Vec<OnPartition>>,
    /// What has become of it in the end, and why: of a duplicate, what became of the first.
    pub in_the_end: Option<End>,
}

/// What has become of an event in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// What.
    pub outcome: EventOutcome,
    /// Why it was not booked.
    pub code: Option<&'static str>,
    /// The same, for people.
    pub detail: Option<String>,
}

impl End {
    /// Of entries on several partitions.
    fn of(entries: &[(u32, &Recorded)]) -> Option<Self> {
        let (_, first) = entries.first()?;
        let mut outcomes: Vec<EventOutcome> = entries.iter().map(|(_, recorded)| outcome_name(&recorded.row.outcome).into()).collect();
        outcomes.sort_unstable();
        outcomes.dedup();
        let (code, detail) = (code_of(&first.row.outcome), detail_of(&first.row.outcome));
        let codes_agree = entries.iter().all(|(_, recorded)| code_of(&recorded.row.outcome) == code);
        Some(match outcomes.as_slice() {
            // What some had before and the others have now, all have.
            [EventOutcome::Posted, EventOutcome::Duplicate] => Self { outcome: EventOutcome::Posted, code: None, detail: None },
            [one] if codes_agree => Self { outcome: *one, code, detail: detail.map(str::to_owned) },
            _ => Self { outcome: EventOutcome::Mixed, code: None, detail: Some(each(entries)) },
        })
    }
}

impl Told {
    /// Of the records of one event; `everywhere`: it went to every partition.
    pub fn new(records: &[Became], everywhere: bool) -> Self {
        let partitions = everywhere.then(|| records.iter().map(Became::told).collect());
        let folded: Vec<(u32, &Recorded)> = records.iter().filter_map(|became| Some((became.partition, became.recorded.as_ref()?))).collect();
        let entries = folded.iter().map(|(partition, recorded)| entry_text(*partition, recorded.number));
        let entry = OneOrMany::of(entries, everywhere);
        let end = End::of(&folded).filter(|_| folded.len() == records.len());
        // One that was refused where it was folded may yet be posted elsewhere.
        let (Some(End { outcome, code, detail }), Some(first)) = (end, records.first()) else {
            return Self { entry, partitions, ..Self::default() };
        };
        let last = |became: &'_ Became| -> Option<(u32, Recorded)> {
            let recorded = became.recorded.clone()?;
            let of = became.of.as_ref().filter(|_| matches!(recorded.row.outcome, Outcome::Duplicate { .. }));
            Some((became.partition, of.map_or(recorded, |of| of.recorded.clone())))
        };
        let last: Vec<(u32, Recorded)> = records.iter().filter_map(last).collect();
        let in_the_end = End::of(&last.iter().map(|(partition, recorded)| (*partition, recorded)).collect::<Vec<_>>());
        let is_one = in_the_end.as_ref().is_some_and(|end| end.outcome != EventOutcome::Mixed);
        Self {
            outcome: Some(outcome),
            entry,
            waits_for: first.recorded.as_ref().and_then(|recorded| WaitsFor::of(&recorded.row.outcome)).filter(|_| outcome == EventOutcome::Parked),
            code,
            detail,
            of: first.of.as_ref().map(First::from).filter(|_| is_one && outcome != EventOutcome::Posted),
            partitions,
            in_the_end,
        }
    }
}

/// "posted on 1, 2; refused (wrong_date) on 0: 2026-11-21 is open".
fn each(entries: &[(u32, &Recorded)]) -> String {
    let mut groups: Vec<(EventOutcome, Option<&str>, Option<&str>, Vec<String>)> = Vec::new();
    for (partition, recorded) in entries {
        let outcome = &recorded.row.outcome;
        let (name, code, detail) = (EventOutcome::from(outcome_name(outcome)), code_of(outcome), detail_of(outcome));
        match groups.iter_mut().find(|group| (group.0, group.1, group.2) == (name, code, detail)) {
            Some(group) => group.3.push(partition.to_string()),
            None => groups.push((name, code, detail, vec![partition.to_string()])),
        }
    }
    let group = |(name, code, detail, partitions): &(EventOutcome, Option<&str>, Option<&str>, Vec<String>)| {
        let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
        let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        let name = match name {
            EventOutcome::Posted => "posted",
            EventOutcome::Duplicate => "duplicate",
            EventOutcome::Parked => "parked",
            EventOutcome::Refused => "refused",
            EventOutcome::Quarantined => "quarantined",
            EventOutcome::Mixed => "mixed",
        };
        format!("{name}{code} on {}{detail}", partitions.join(", "))
    };
    groups.iter().map(group).collect::<Vec<_>>().join("; ")
}
