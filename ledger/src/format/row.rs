//! An entry as it lies in its block.
//!
//! What a usual sale says is said by its being one, so a row begins with flags for what is otherwise. In order:
//!
//! | what | how | where |
//! |---|---|---|
//! | type of event | its number; 0 is none | always |
//! | flags | a number of the bits of [`Flags`] | always |
//! | offset | a signed number: less that of the block's first row | always |
//! | date | days, signed, likewise | `DATE` |
//! | occurred at | see [`Moment`], likewise | not `NO_TIME` |
//! | record | signed, less the offset | `RECORD` |
//! | outcome | a byte, and what it says | `OUTCOME` |
//! | subject | a merchant by its name; else a byte: 0 nobody, 1 the house, 2 the partition | `SUBJECT` for the byte |
//! | event · payment | ids | not `NO_EVENT` · not `NO_PAYMENT` |
//! | terminal | by its name | not `NO_TERMINAL` |
//! | contract | a number | `CONTRACT` |
//! | what the payment's sale pinned | [`super::facts`] | not `NO_FACTS`; with flags before it where `FACTS` |
//! | lines | their shape, its parameters, then the amounts | not `NO_LINES` |
//! | volumes | where they do not follow from the lines | `VOLUMES` |
//! | how the payment stands | [`super::facts`] | `FACTS` |
//! | note | where it is not the first line's amount | `NOTE` |
//! | alerts · reference · said | a count and bytes · an id · texts | `ALERTS` · `REFERENCE` · `SAID` |

use super::bytes::{Bytes, Unreadable, put_number, put_signed};
use super::codes::Numbered;
use super::facts::{Pinned, is_usual, put_facts, put_standing};
use super::ids::put_id;
use super::lines::{put_lines, take_lines};
use super::names::{Kind, Naming, Numbering, put_name, take_name, text_of};
use super::note::{identifier, put_note, put_said, take_note, take_said};
use super::outcome::{put_outcome, take_outcome};
use super::usual::{put_volumes, take_volumes, usual_note, usual_volumes};
use super::when::{Moment, put_days, take_days};
use crate::entry::{Outcome, Row};
use schemas::event::{EventType, Subject};
use schemas::ids::*;
use schemas::time::{Date, OccurredAt};

/// What a row is not, or has besides.
struct Flags;

impl Flags {
    const NO_TERMINAL: u64 = 1;
    const VOLUMES: u64 = 1 << 1;
    const NOTE: u64 = 1 << 2;
    const FACTS: u64 = 1 << 3;
    const NO_FACTS: u64 = 1 << 4;
    const NO_PAYMENT: u64 = 1 << 5;
    const NO_LINES: u64 = 1 << 6;
    const DATE: u64 = 1 << 7;
    const RECORD: u64 = 1 << 8;
    const OUTCOME: u64 = 1 << 9;
    const SUBJECT: u64 = 1 << 10;
    const NO_EVENT: u64 = 1 << 11;
    const NO_TIME: u64 = 1 << 12;
    const CONTRACT: u64 = 1 << 13;
    const ALERTS: u64 = 1 << 14;
    const REFERENCE: u64 = 1 << 15;
    const SAID: u64 = 1 << 16;
    const ALL: u64 = (1 << 17) - 1;
}

/// What the rows of a block are told relative to: where its first row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    offset: i64,
    date: Date,
    at: OccurredAt,
}

impl Base {
    /// Of the first row itself.
    pub const ZERO: Self = Self { offset: 0, date: Date::from_days(0), at: OccurredAt { micros: 0, offset_minutes: None } };

    /// For the rows after the first.
    pub fn of(first: &Row) -> Self {
        Self { offset: first.offset, date: first.date, at: first.occurred_at.unwrap_or(Self::ZERO.at) }
    }

    /// The same, of the bytes of the first row.
    pub fn read(first: &[u8]) -> Result<Self, Unreadable> {
        let head = Head::take(&mut Bytes::new(first), &Self::ZERO)?;
        Ok(Self { offset: head.offset, date: head.date, at: head.occurred_at.unwrap_or(Self::ZERO.at) })
    }
}

/// What a row begins with.
struct Head {
    event_type: Option<EventType>,
    flags: u64,
    offset: i64,
    date: Date,
    occurred_at: Option<OccurredAt>,
}

impl Head {
    fn take(bytes: &mut Bytes<'_>, base: &Base) -> Result<Self, Unreadable> {
        let event_type = match bytes.byte()? {
            0 => None,
            number => Some(EventType::from_number(number).ok_or_else(|| Unreadable(format!("no type of event {number}")))?),
        };
        let flags = bytes.number()?;
        if flags & !Flags::ALL != 0 {
            return Err(Unreadable(format!("flags of {flags:#x}")));
        }
        let offset = i128::from(base.offset) + bytes.signed_narrow::<i64>().map(i128::from)?;
        let offset = i64::try_from(offset).map_err(|_| Unreadable::new("an offset above 64 bits"))?;
        let date = if flags & Flags::DATE == 0 { base.date } else { take_days(bytes, base.date)? };
        let occurred_at = if flags & Flags::NO_TIME == 0 { Some(Moment::take(bytes, base.at)?) } else { None };
        Ok(Self { event_type, flags, offset, date, occurred_at })
    }
}

/// Appends a row.
pub fn write<N: Numbering>(row: &Row, base: &Base, names: &mut N, out: &mut Vec<u8>) -> Result<(), N::Error> {
    let flags = flags(row, base);
    let has = |flag: u64| flags & flag != 0;
    out.push(row.event_type.map_or(0, EventType::number));
    put_number(out, flags);
    put_signed(out, i128::from(row.offset) - i128::from(base.offset));
    if has(Flags::DATE) {
        put_days(out, row.date, base.date);
    }
    if let Some(at) = row.occurred_at {
        Moment::put(out, at, base.at);
    }
    if has(Flags::RECORD) {
        put_signed(out, i128::from(row.record) - i128::from(row.offset));
    }
    if has(Flags::OUTCOME) {
        put_outcome(out, &row.outcome);
    }
    match &row.subject {
        Some(Subject::Merchant(merchant)) => put_name(out, names, Kind::Merchant, merchant.as_str().as_bytes())?,
        None => out.push(0),
        Some(Subject::House) => out.push(1),
        Some(Subject::Partition) => out.push(2),
    }
    if let Some(event) = &row.event {
        put_id(out, event.as_str());
    }
    if let Some(payment) = &row.payment {
        put_id(out, payment.as_str());
    }
    if let Some(terminal) = &row.terminal {
        put_name(out, names, Kind::Terminal, terminal.as_str().as_bytes())?;
    }
    if let Some(contract) = row.contract {
        put_number(out, contract);
    }
    if let Some(facts) = &row.facts {
        put_facts(out, facts, row, names)?;
    }
    if !row.lines.is_empty() {
        put_lines(out, row, names)?;
    }
    if has(Flags::VOLUMES) {
        put_volumes(out, &row.volumes);
    }
    if let Some(facts) = &row.facts {
        put_standing(out, facts, row);
    }
    if has(Flags::NOTE) {
        put_note(out, &row.note);
    }
    if has(Flags::ALERTS) {
        put_number(out, row.alerts.len() as u64);
        out.extend(row.alerts.iter().map(|alert| alert.number()));
    }
    if let Some(reference) = &row.reference {
        put_id(out, reference.as_str());
    }
    if let Some(said) = &row.said {
        put_said(out, said);
    }
    Ok(())
}

fn flags(row: &Row, base: &Base) -> u64 {
    let facts_are_usual = row.facts.as_deref().is_none_or(|facts| is_usual(facts, row));
    [
        (Flags::NO_TERMINAL, row.terminal.is_none()),
        (Flags::VOLUMES, row.volumes != usual_volumes(row.event_type, &row.lines)),
        (Flags::NOTE, row.note != usual_note(&row.lines)),
        (Flags::FACTS, !facts_are_usual),
        (Flags::NO_FACTS, row.facts.is_none()),
        (Flags::NO_PAYMENT, row.payment.is_none()),
        (Flags::NO_LINES, row.lines.is_empty()),
        (Flags::DATE, row.date != base.date),
        (Flags::RECORD, row.record != row.offset),
        (Flags::OUTCOME, row.outcome != Outcome::Posted),
        (Flags::SUBJECT, !matches!(row.subject, Some(Subject::Merchant(_)))),
        (Flags::NO_EVENT, row.event.is_none()),
        (Flags::NO_TIME, row.occurred_at.is_none()),
        (Flags::CONTRACT, row.contract.is_some()),
        (Flags::ALERTS, !row.alerts.is_empty()),
        (Flags::REFERENCE, row.reference.is_some()),
        (Flags::SAID, row.said.is_some()),
    ]
    .into_iter()
    .fold(0, |flags, (flag, set)| if set { flags | flag } else { flags })
}

/// Reads the bytes of one row.
pub fn read<N: Naming>(bytes: &[u8], base: &Base, names: &mut N) -> Result<Row, N::Error> {
    let mut bytes = Bytes::new(bytes);
    let bytes = &mut bytes;
    let Head { event_type, flags, offset, date, occurred_at } = Head::take(bytes, base)?;
    let has = |flag: u64| flags & flag != 0;
    let record = if has(Flags::RECORD) { offset.checked_add(bytes.signed_narrow::<i64>()?).ok_or_else(too_far)? } else { offset };
    let outcome = if has(Flags::OUTCOME) { take_outcome(bytes)? } else { Outcome::Posted };
    let subject = if has(Flags::SUBJECT) {
        match bytes.byte()? {
            0 => None,
            1 => Some(Subject::House),
            2 => Some(Subject::Partition),
            _ => return Err(Unreadable::new("no such subject").into()),
        }
    } else {
        Some(Subject::Merchant(take_name(bytes, names, Kind::Merchant, |name| text_of(name).and_then(MerchantId::new))?))
    };
    let event = if has(Flags::NO_EVENT) { None } else { Some(identifier(bytes, EventId::new)?) };
    let payment = if has(Flags::NO_PAYMENT) { None } else { Some(identifier(bytes, PaymentId::new)?) };
    let terminal = if has(Flags::NO_TERMINAL) { None } else { Some(take_name(bytes, names, Kind::Terminal, |name| text_of(name).and_then(TerminalId::new))?) };
    let contract = if has(Flags::CONTRACT) { Some(bytes.number()?) } else { None };
    let mut row = Row { subject, event, event_type, occurred_at, terminal, contract, payment, ..Row::of(offset, record, date, outcome) };
    let pinned = if has(Flags::NO_FACTS) { None } else { Some(Pinned::take(bytes, has(Flags::FACTS), &row, names)?) };
    if !has(Flags::NO_LINES) {
        row.lines = take_lines(bytes, date, pinned.as_ref(), names)?;
    }
    row.volumes = if has(Flags::VOLUMES) { take_volumes(bytes)? } else { usual_volumes(event_type, &row.lines) };
    row.facts = pinned.map(|pinned| pinned.standing(bytes, &row)).transpose()?.map(Box::new);
    row.note = if has(Flags::NOTE) { take_note(bytes)? } else { usual_note(&row.lines) };
    if has(Flags::ALERTS) {
        let count = bytes.count()?;
        row.alerts = bytes.take(count)?.iter().map(|number| Numbered::numbered(*number)).collect::<Result<_, Unreadable>>()?;
    }
    row.reference = if has(Flags::REFERENCE) { Some(identifier(bytes, Reference::new)?) } else { None };
    row.said = if has(Flags::SAID) { Some(Box::new(take_said(bytes)?)) } else { None };
    bytes.end()?;
    Ok(row)
}

fn too_far() -> Unreadable {
    Unreadable::new("an offset above 64 bits")
}
