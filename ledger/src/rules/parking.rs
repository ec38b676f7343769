//! How parked events leave: posted or refused when what they waited for has come, refused when it has not in time.

use super::fold::{At, Fold};
use super::park::{Awaited, brings, wait_key};
use super::state::{IdState, id_key};
use super::verdict::Stop;
use crate::entry::{Outcome, RefusalCode, Row};
use crate::source::{Error, Source};
use schemas::decode::{Decoded, decode};
use schemas::event::{Subject, TerminalEvent};
use schemas::time::Date;
use std::collections::BTreeSet;

impl Fold {
    /// Tries what may have waited for something; whenever one leaves, what waited for it is tried, oldest first.
    pub(super) fn scan_park(&mut self, source: &dyn Source, at: At, awaited: impl FnOnce() -> Vec<Awaited>, rows: &mut Vec<Row>) -> Result<(), Error> {
        if self.park.is_empty() {
            return Ok(());
        }
        let mut candidates: BTreeSet<i64> = awaited().iter().flat_map(|key| self.park.waiting_for(key)).collect();
        while let Some(record) = candidates.pop_first() {
            let value = self.park.value(source, record)?;
            let Ok(Decoded { event, .. }) = decode(&value) else {
                return Err(Error(format!("parked record {record} cannot be read again")));
            };
            let place = At { offset: at.offset, record };
            let row = match self.post(source, &event) {
                Err(Stop::Broken(error)) => return Err(error),
                Err(Stop::Park(wait)) => {
                    self.park.wait_again(source, record, wait_key(&wait, &event))?;
                    continue;
                }
                Ok(posted) => self.posted_row(place, &event, posted),
                Err(Stop::Refuse(code, detail)) => {
                    self.note_refusal(source, &event, code)?;
                    self.event_row(place, &event, Outcome::Refused { code, detail })
                }
            };
            self.leave_park(source, &event, row, rows)?;
            candidates.extend(candidates_of(&event).iter().flat_map(|key| self.park.waiting_for(key)));
        }
        Ok(())
    }

    /// Writes down how a parked event left.
    pub(super) fn leave_park(&mut self, source: &dyn Source, event: &TerminalEvent, row: Row, rows: &mut Vec<Row>) -> Result<(), Error> {
        self.park.remove(row.record);
        let state = if matches!(row.outcome, Outcome::Posted) { IdState::Posted } else { IdState::Refused };
        let key = id_key(&event.subject, &event.id);
        if let Some(mut owner) = self.ids.get(source, &key)? {
            owner.state = state;
            owner.entry = self.state.next_entry;
            self.ids.put(key, &owner)?;
        }
        self.push(rows, row);
        Ok(())
    }

    /// Refuses everything that has waited too long.
    pub(super) fn expire(&mut self, source: &dyn Source, at: At, since: Date, rows: &mut Vec<Row>) -> Result<Vec<Awaited>, Error> {
        let mut awaited = Vec::new();
        for record in self.park.since(since) {
            let value = self.park.value(source, record)?;
            let Ok(Decoded { event, .. }) = decode(&value) else {
                return Err(Error(format!("parked record {record} cannot be read again")));
            };
            let (code, detail) = (RefusalCode::ExpiredInPark, "what it waited for did not come in three days".to_owned());
            self.note_refusal(source, &event, code)?;
            let row = self.event_row(At { offset: at.offset, record }, &event, Outcome::Refused { code, detail });
            self.leave_park(source, &event, row, rows)?;
            awaited.extend(candidates_of(&event));
        }
        Ok(awaited)
    }
}

/// What the outcome of an event may bring for its merchant's parked events.
pub(super) fn candidates_of(event: &TerminalEvent) -> Vec<Awaited> {
    match &event.subject {
        Subject::Merchant(merchant) => brings(event).into_iter().map(|key| (merchant.clone(), key)).collect(),
        Subject::House | Subject::Partition => Vec::new(),
    }
}
