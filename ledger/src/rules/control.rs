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
const PARK_DAYS: i32 = 3;

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
    /// own row, in [`Fold::close_day`].
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

    /// What a day close does after its own row: what waited too long is refused, then each merchant's money moves.
    pub(super) fn close_day(&mut self, source: &dyn Source, at: At, event: &TerminalEvent, date: Date, rows: &mut Vec<Row>) -> Result<(), Error> {
        let open = date.plus_days(1);
        let awaited = self.expire(source, at, date.plus_days(-PARK_DAYS), rows)?;
        for name in self.due.take(open) {
            let Some(mut held) = self.merchants.take(source, name.as_str())? else { continue };
            let mut draft = Draft::default();
            day::move_due(&mut draft, &mut held.value, open);
            let moved = !draft.lines.is_empty();
            let contract = held.value.contract;
            held.dirty |= moved;
            self.merchants.put(name.as_str().into(), held);
            if moved {
                let row =
                    Row { subject: Some(Subject::Merchant(name)), payment: None, lines: draft.lines, contract, ..self.event_row(at, event, Outcome::Posted) };
                self.push(rows, row);
            }
        }
        self.scan_park(source, at, || awaited, rows)
    }

    /// House events: always posted.
    pub(super) fn house(event: &House, note: Note) -> Posted {
        let mut draft = Draft::default();
        house::post(&mut draft, event);
        Posted { lines: draft.lines, note, ..Posted::default() }
    }

    /// A customer is forgotten by the house: whoever its token was known to.
    pub(super) fn erase_everywhere(&mut self, source: &dyn Source, customer: &CustomerToken) -> Verdict<Posted> {
        let customer = self.customers.erase_everywhere(source, &mut self.state.erasures, customer)?;
        Ok(Posted { note: Note::Erased { customer }, ..Posted::default() })
    }
}
