//! What others say of the same money: noted, and compared by the views. No line is posted, and nothing is waited for.

use crate::entry::{Note, RefusalCode};
use crate::rules::fold::Posted;
use crate::rules::verdict::{Verdict, refuse};
use schemas::event::Reported;

/// What is kept of it.
pub fn note(event: &Reported) -> Note {
    match event {
        Reported::Line(line) => Note::ReportLine { line: line.clone() },
        Reported::Closed(closed) => Note::ReportClosed { closed: closed.clone() },
        Reported::BreakClosed(closed) => Note::BreakClosed { id: closed.id.clone(), event: closed.event.clone() },
    }
}

/// Posts it without lines. A break is closed by two people, whether or not there is one.
pub(in crate::rules) fn posted(event: &Reported) -> Verdict<Posted> {
    match event {
        Reported::BreakClosed(closed) if closed.maker == closed.checker => {
            refuse(RefusalCode::SameMakerChecker, "who checks that a break is closed must be another than who made it")
        }
        Reported::Line(_) | Reported::Closed(_) | Reported::BreakClosed(_) => Ok(Posted { note: note(event), ..Posted::default() }),
    }
}
