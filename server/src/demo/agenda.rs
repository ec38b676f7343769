//! What is to happen: the plan of the open date, and what was promised for later dates.
//!
//! Bounded by the events of a day and the longest promise: a dispute that follows a refund, some six weeks.

use super::event::{DAY_SECONDS, Planned, Record};
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;

/// When terminals close their batches: after the last sale of the day.
pub const BATCHES_AT: u32 = 23 * 3600 + 1800;

/// A terminal's merchant, the terminal, and the currency it takes.
pub type TerminalKey = (String, String, &'static str);

/// What a terminal takes: how many sales, and their sum in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Sales less voids.
    pub count: i64,
    /// Their amounts, with tips and part reversals.
    pub sum: i64,
}

/// Everything planned.
#[derive(Debug, Default)]
pub struct Agenda {
    dates: BTreeMap<Date, Vec<(Planned, Option<(TerminalKey, Taken)>)>>,
}

impl Agenda {
    /// Plans an event.
    pub fn plan(&mut self, date: Date, second: u32, event: &Value) {
        self.add(date, second, Record::of(event), None);
    }

    /// Plans an event that changes what its terminal takes.
    pub fn plan_taking(&mut self, date: Date, second: u32, event: &Value, terminal: TerminalKey, taken: Taken) {
        self.add(date, second, Record::of(event), Some((terminal, taken)));
    }

    /// Plans a record, whatever it is.
    pub fn plan_record(&mut self, date: Date, second: u32, record: Record) {
        self.add(date, second, record, None);
    }

    fn add(&mut self, date: Date, second: u32, record: Record, taken: Option<(TerminalKey, Taken)>) {
        let second = second.min(DAY_SECONDS - 1);
        self.dates.entry(date).or_default().push((Planned { second, record }, taken));
    }

    /// What each terminal takes on a date, up to the closing of batches.
    pub fn taken(&self, date: Date) -> BTreeMap<TerminalKey, Taken> {
        let mut all = BTreeMap::<_, Taken>::new();
        for (planned, taken) in self.dates.get(&date).into_iter().flatten() {
            if let Some((terminal, taken)) = taken
                && planned.second < BATCHES_AT
            {
                let sum = all.entry(terminal.clone()).or_default();
                sum.count += taken.count;
                sum.sum += taken.sum;
            }
        }
        all
    }

    /// Takes a date's plan, in the order of its moments; what came first stays first within a second.
    pub fn take(&mut self, date: Date) -> Vec<Planned> {
        let mut plan: Vec<Planned> = self.dates.remove(&date).unwrap_or_default().into_iter().map(|(planned, _)| planned).collect();
        plan.sort_by_key(|planned| planned.second);
        plan
    }
}
