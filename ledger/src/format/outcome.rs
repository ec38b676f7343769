//! What became of a record.

use super::bytes::{Bytes, Unreadable, put_signed, put_text};
use super::codes::Numbered;
use super::contract::take_flag;
use super::note::{put_wait, take_wait};
use crate::entry::Outcome;

/// Appends an outcome.
pub fn put_outcome(out: &mut Vec<u8>, outcome: &Outcome) {
    match outcome {
        Outcome::Posted => out.push(0),
        Outcome::Duplicate { of } => {
            out.push(1);
            put_signed(out, (*of).into());
        }
        Outcome::Parked(wait) => {
            out.push(2);
            put_wait(out, wait);
        }
        Outcome::Refused { code, detail } => {
            out.push(3);
            out.push(code.number());
            put_text(out, detail);
        }
        Outcome::Quarantined { code, detail, value, masked } => {
            out.push(4);
            out.push(code.number());
            put_text(out, detail);
            put_text(out, value);
            out.push((*masked).into());
        }
    }
}

/// Reads one; what was posted is told by a flag and has no bytes.
pub fn take_outcome(bytes: &mut Bytes<'_>) -> Result<Outcome, Unreadable> {
    Ok(match bytes.byte()? {
        1 => Outcome::Duplicate { of: bytes.signed_narrow()? },
        2 => Outcome::Parked(take_wait(bytes)?),
        3 => Outcome::Refused { code: Numbered::numbered(bytes.byte()?)?, detail: bytes.text()?.to_owned() },
        4 => Outcome::Quarantined {
            code: Numbered::numbered(bytes.byte()?)?,
            detail: bytes.text()?.to_owned(),
            value: bytes.text()?.to_owned(),
            masked: take_flag(bytes)?,
        },
        _ => return Err(Unreadable::new("no such outcome")),
    })
}
