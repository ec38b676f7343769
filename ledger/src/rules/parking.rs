//! How parked events leave: posted or refused when what they waited for has come, refused when it has not in time.
//!
//! A record may free very many: they leave in parts, see [`Fold::part`].

use super::awaited::{Awaited, brings, wait_key};
use super::closed::End;
use super::fold::{At, Fold};
use super::state::{IdState, id_key};
use super::verdict::Stop;
use crate::entry::{Outcome, RefusalCode, Row};
use crate::source::{Error, Source};
use schemas::decode::{Decoded, decode};
use schemas::event::{Subject, TerminalEvent};
use schemas::time::Date;

impl Fold {
    /// Notes an event that ended: who waited for it is to be tried.
    pub(super) fn call(&mut self, event: &TerminalEvent, end: End) {
        if !self.park.is_empty() {
            let Self { park, candidates, .. } = self;
            candidates.extend(awaited_of(event, end).iter().flat_map(|key| park.waiting_for(key)));
        }
    }

    /// Tries those whose waiting may be over, oldest first, until so many rows are there; whenever one leaves, what waited for it is
    /// tried. Whether all were tried.
    pub(super) fn scan_park(&mut self, source: &dyn Source, at: At, rows: &mut Vec<Row>, rows_max: usize) -> Result<bool, Error> {
        while let Some(record) = self.candidates.first().copied() {
            if rows.len() >= rows_max {
                return Ok(false);
            }
            self.candidates.pop_first();
            if !self.park.waits(record) {
                continue;
            }
            let event = self.parked(source, record)?;
            let place = At { offset: at.offset, record };
            let (row, end) = match self.post(source, &event) {
                Err(Stop::Broken(error)) => return Err(error),
                Err(Stop::Park(wait)) => {
                    self.park.wait_again(source, record, wait_key(&wait, &event))?;
                    continue;
                }
                Ok(posted) => (self.posted_row(place, event.clone(), posted), End::Posted),
                Err(Stop::Refuse(code, detail)) => {
                    let end = self.note_refusal(source, &event, code)?;
                    (self.event_row(place, event.clone(), Outcome::Refused { code, detail }), end)
                }
            };
            self.leave_park(source, &event, row, rows)?;
            self.call(&event, end);
        }
        Ok(true)
    }

    /// Refuses what has waited since a date or longer, until so many rows are there. Whether all was.
    pub(super) fn expire(&mut self, source: &dyn Source, at: At, since: Date, rows: &mut Vec<Row>, rows_max: usize) -> Result<bool, Error> {
        while let Some(record) = self.park.oldest_since(since) {
            if rows.len() >= rows_max {
                return Ok(false);
            }
            let event = self.parked(source, record)?;
            let (code, detail) = (RefusalCode::ExpiredInPark, "what it waited for did not come in three days".to_owned());
            let end = self.note_refusal(source, &event, code)?;
            let row = self.event_row(At { offset: at.offset, record }, event.clone(), Outcome::Refused { code, detail });
            self.leave_park(source, &event, row, rows)?;
            self.call(&event, end);
        }
        Ok(true)
    }

    fn parked(&self, source: &dyn Source, record: i64) -> Result<TerminalEvent, Error> {
        let value = self.park.value(source, record)?;
        match decode(&value) {
            Ok(Decoded { event, .. }) => Ok(event),
            Err(_) => Err(Error(format!("parked record {record} cannot be read again"))),
        }
    }

    /// Writes down how a parked event left.
    fn leave_park(&mut self, source: &dyn Source, event: &TerminalEvent, row: Row, rows: &mut Vec<Row>) -> Result<(), Error> {
        self.park.remove(row.record);
        let state = if matches!(row.outcome, Outcome::Posted) { IdState::Posted } else { IdState::Refused };
        let key = id_key(&event.subject, &event.id);
        if let Some(mut owner) = self.ids.get(source, &key)? {
            owner.state = state;
            owner.entry = self.state.next_entry;
            self.ids.put(key, &owner);
        }
        self.push(rows, row);
        Ok(())
    }
}

/// What an event that ended may bring for its merchant's parked events.
fn awaited_of(event: &TerminalEvent, end: End) -> Vec<Awaited> {
    match &event.subject {
        Subject::Merchant(merchant) => brings(event, end).into_iter().map(|key| (merchant.clone(), key)).collect(),
        Subject::House | Subject::Partition => Vec::new(),
    }
}
