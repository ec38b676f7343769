//! Control and house events: they move the partition, or a house's own accounts.

use super::draft::Draft;
use super::events::{day, house};
use super::fold::{At, Fold, Posted};
use super::state::Opened;
use super::verdict::{Stop, Verdict, refuse};
use crate::entry::{Note, Outcome, RefusalCode, Row};
use crate::source::{Error, Source};
use schemas::event::{Body, Control, House, Subject, TerminalEvent};
use schemas::ids::CustomerToken;
use schemas::time::Date;

/// An event that was parked so many days before the date that is closed is refused.
pub(super) const PARK_DAYS: i32 = 3;

impl Fold {
    /// The first record of a partition.
    pub(super) fn open_ledger(&mut self, event: &TerminalEvent) -> Verdict<Posted> {
        let Body::Control(Control::LedgerOpened { date, time_zone }) = &event.body else {
            return refuse(RefusalCode::NotOpen, "the partition has no ledger_opened yet");
        };
        self.state.opened = Some(Opened { date: *date, time_zone: time_zone.clone() });
        Ok(Posted { note: Note::Opened { date: *date, time_zone: time_zone.clone() }, ..Posted::default() })
    }

    /// `day_closed` moves the date here, before its rows are made; what it moves of merchants' money comes after its
    /// own row, in the steps of [`Fold::part`].
    pub(super) fn control(&mut self, event: &Control, open: Date) -> Verdict<Posted> {
        match event {
            Control::DayClosed { date } => {
                if *date != open {
                    return refuse(RefusalCode::WrongDate, format!("{open} is open"));
                }
                if let Some(opened) = &mut self.state.opened {
                    opened.date = open.plus_days(1);
                }
                Ok(Posted { note: Note::Closed { date: *date }, ..Posted::default() })
            }
            Control::CalendarSet { calendar, year, closed, open } => {
                self.state.calendars.set(calendar.clone(), *year, closed.clone(), open.clone());
                Ok(Posted {
                    note: Note::CalendarDays { calendar: calendar.clone(), year: *year, closed: closed.clone(), open: open.clone() },
                    ..Posted::default()
                })
            }
            // A second one is quarantined before it comes here.
            Control::LedgerOpened { .. } => Err(Stop::Broken(Error("a ledger is opened that is open".to_owned()))),
        }
    }

    /// Moves what a day close makes due, an entry a merchant, in byte order, until so many rows are there. Whether all was moved.
    pub(super) fn move_due(&mut self, source: &dyn Source, at: At, event: &TerminalEvent, rows: &mut Vec<Row>, rows_max: usize) -> Result<bool, Error> {
        let Some(open) = self.open_date() else { return Ok(true) };
        let mut due = match self.closing.take() {
            Some(due) => due,
            None => self.due.until(source, open)?.into_iter(),
        };
        while rows.len() < rows_max {
            let Some(name) = due.next() else { return Ok(true) };
            let Some(mut held) = self.merchants.take(source, name.as_str())? else { continue };
            let mut draft = Draft::default();
            for at in day::due_in(&held.value, open) {
                day::move_due(&mut draft, &mut held.value, &at, open)?;
                self.settle(source, &name, &mut draft, &mut held.value)?;
            }
            let next = held.value.first_date();
            self.due.move_to(&name, &mut held.value.due_on, next);
            let contract = held.value.contract;
            held.dirty = true;
            self.merchants.put(name.as_str(), held);
            if !draft.lines.is_empty() {
                let row = Row {
                    subject: Some(Subject::Merchant(name)),
                    payment: None,
                    lines: draft.lines,
                    contract,
                    ..self.event_row(at, event.clone(), Outcome::Posted)
                };
                self.push(rows, row);
            }
        }
        self.closing = Some(due);
        Ok(false)
    }

    /// House events: always posted.
    pub(super) fn house(event: &House, note: Note) -> Verdict<Posted> {
        let mut draft = Draft::default();
        house::post(&mut draft, event)?;
        Ok(Posted { lines: draft.lines, note, ..Posted::default() })
    }

    /// A customer is forgotten by the house: whoever its token was known to.
    pub(super) fn erase_everywhere(&mut self, source: &dyn Source, customer: &CustomerToken) -> Verdict<Posted> {
        let customer = self.customers.erase_everywhere(source, &mut self.state.erasures, customer)?;
        Ok(Posted { note: Note::Erased { customer }, ..Posted::default() })
    }
}
