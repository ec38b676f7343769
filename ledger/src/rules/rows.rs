//! Rows: what the fold writes down of a record.

use super::fold::{At, Fold, Posted};
use crate::entry::{Note, Outcome, Row, Said};
use schemas::decode::mask;
use schemas::error::QuarantineCode;
use schemas::event::{Body, Funds, HoldEvent, Reported, TerminalEvent};
use schemas::time::Date;

/// Who wanted what an event asks for, and why, where it says so.
fn said(event: &TerminalEvent) -> Option<Box<Said>> {
    if let Body::Funds(Funds::Adjustment { maker, checker, reason, .. }) = &event.body {
        let said = Said { maker: Some(maker.clone()), checker: Some(checker.clone()), reason: Some(reason.clone()), order: None };
        return Some(Box::new(said));
    }
    if let Body::Reported(Reported::BreakClosed(closed)) = &event.body {
        let (maker, checker, reason) = (closed.maker.clone(), closed.checker.clone(), closed.reason.clone());
        return Some(Box::new(Said { maker: Some(maker), checker: Some(checker), reason: Some(reason), order: None }));
    }
    let Body::Hold(_, HoldEvent::Seized { order: Some(order), .. }) = &event.body else { return None };
    Some(Box::new(Said { order: Some(order.clone()), ..Said::default() }))
}

/// The event's own amount, or what a report says.
pub(super) fn amount_note(event: &TerminalEvent) -> Note {
    if let Body::Reported(reported) = &event.body {
        return super::events::reports::note(reported);
    }
    event.body.amount().map_or(Note::None, |money| Note::Amount { currency: money.currency, minor: money.minor.into() })
}

impl Fold {
    pub(super) fn quarantined(&self, code: QuarantineCode, detail: String, value: &[u8]) -> Outcome {
        let masked = mask(value);
        Outcome::Quarantined { code, detail, value: masked.text, masked: masked.masked }
    }

    /// A row without anything but its place.
    pub(super) fn row(&self, at: At, outcome: Outcome) -> Row {
        Row::of(at.offset, at.record, self.open_date().unwrap_or(Date::from_days(0)), outcome)
    }

    /// A row about an event that could be read, and is not booked.
    pub(super) fn event_row(&self, at: At, event: TerminalEvent, outcome: Outcome) -> Row {
        let posted = Posted { note: amount_note(&event), ..Posted::default() };
        self.row_of(at, event, outcome, posted)
    }

    pub(super) fn posted_row(&self, at: At, event: TerminalEvent, posted: Posted) -> Row {
        self.row_of(at, event, Outcome::Posted, posted)
    }

    /// A row of an event and what became of it. What the event says is moved there, for nobody needs the event any more.
    fn row_of(&self, At { offset, record }: At, event: TerminalEvent, outcome: Outcome, posted: Posted) -> Row {
        let Posted { lines, alerts, volumes, facts, contract, note, opened: _ } = posted;
        let said = said(&event);
        let TerminalEvent { id, subject, occurred_at, terminal, reference, body, book: _, currency: _ } = event;
        Row {
            offset,
            record,
            date: self.open_date().unwrap_or(Date::from_days(0)),
            outcome,
            subject: Some(subject),
            event: Some(id),
            event_type: Some(body.event_type()),
            occurred_at,
            terminal,
            lines,
            contract,
            payment: body.into_payment(),
            facts,
            volumes,
            alerts,
            note,
            reference,
            said,
        }
    }

    /// Numbers a row.
    pub(super) fn push(&mut self, rows: &mut Vec<Row>, row: Row) {
        // 2^64 entries of one partition take 500 000 years at a million a second.
        self.state.next_entry += 1;
        rows.push(row);
    }
}
