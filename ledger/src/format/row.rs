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

use super::bytes::{Bytes, Unreadable, put_number, put_signed, put_text, put_wide};
use super::codes::Numbered;
use super::contract::take_flag;
use super::facts::{Pinned, is_usual, put_facts, put_standing};
use super::ids::put_id;
use super::names::{Kind, Named, Naming, Number, Numbering, put_name, put_numbered, take_name, take_named};
use super::note::{identifier, put_note, put_said, put_wait, take_note, take_said, take_wait};
use super::template::{Parameters, Template, shape};
use crate::entry::{Amount, Leg, Note, Outcome, Posting, Row, Volumes};
use schemas::event::{EventType, Subject};
use schemas::ids::*;
use schemas::time::{Date, OccurredAt};
use std::sync::Arc;

/// A shape above this many bytes stands for itself: days that close many dates of one merchant are no two alike.
const SHAPE_BYTES_MAX: usize = 256;

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

/// A name that is a text.
pub fn text_of(name: &[u8]) -> Option<&str> {
    std::str::from_utf8(name).ok()
}

/// Where a merchant's money came from or went to by the event itself: what the lines of a leg come to.
fn moved(lines: &[Posting], leg: Leg) -> Option<i128> {
    lines.iter().filter(|line| line.leg == leg).try_fold(0i128, |sum, line| sum.checked_add(line.amount.signed()))
}

/// The volumes of most entries follow from their lines: a sale's money in, a refund's money out, else nothing.
fn usual_volumes(event_type: Option<EventType>, lines: &[Posting]) -> Volumes {
    let (sale, refund) = (
        matches!(event_type, Some(EventType::Sale | EventType::PreauthCompleted)) && !lines.is_empty(),
        event_type == Some(EventType::Refund) && !lines.is_empty(),
    );
    match (sale, refund) {
        (true, _) => moved(lines, Leg::MoneyIn).map_or_else(Volumes::default, |sales| Volumes { sales_count: 1, sales, ..Volumes::default() }),
        (_, true) => moved(lines, Leg::MoneyOut).map_or_else(Volumes::default, |refunds| Volumes { refunds_count: 1, refunds, ..Volumes::default() }),
        (false, false) => Volumes::default(),
    }
}

/// The note of most entries is what the first line moves.
fn usual_note(lines: &[Posting]) -> Note {
    let first = lines.first().and_then(|line| Some((line.currency, u64::try_from(line.amount.get()).ok()?)));
    first.map_or(Note::None, |(currency, minor)| Note::Amount { currency, minor })
}

fn put_lines<N: Numbering>(out: &mut Vec<u8>, row: &Row, names: &mut N) -> Result<(), N::Error> {
    let (shape, parameters) = shape(&row.lines, row.facts.as_deref());
    if shape.len() > SHAPE_BYTES_MAX {
        put_numbered(out, Number::Without, &shape);
    } else {
        put_name(out, names, Kind::Template, &shape)?;
    }
    let Parameters { psps, schemes, partners, dates, holds, payouts } = &parameters;
    for psp in psps {
        put_name(out, names, Kind::Psp, psp.as_str().as_bytes())?;
    }
    for scheme in schemes {
        put_name(out, names, Kind::Scheme, scheme.as_str().as_bytes())?;
    }
    for partner in partners {
        put_name(out, names, Kind::Partner, partner.as_str().as_bytes())?;
    }
    dates.iter().for_each(|date| put_days(out, *date, row.date));
    holds.iter().for_each(|hold| put_id(out, hold.as_str()));
    payouts.iter().for_each(|payout| put_id(out, payout.as_str()));
    row.lines.iter().for_each(|line| put_wide(out, line.amount.get()));
    Ok(())
}

fn take_lines<N: Naming>(bytes: &mut Bytes<'_>, date: Date, pinned: Option<&Pinned>, names: &mut N) -> Result<Vec<Posting>, N::Error> {
    let template = match take_named(bytes, names, Kind::Template)? {
        Named::Number(number) => names.template(number)?,
        Named::Itself(shape) => Arc::new(Template::read(shape)?),
    };
    let counts = template.counts;
    let mut parameters = Parameters::default();
    for _ in 0..counts.psps {
        parameters.psps.push(take_name(bytes, names, Kind::Psp, |name| text_of(name).and_then(PspId::new))?);
    }
    for _ in 0..counts.schemes {
        parameters.schemes.push(take_name(bytes, names, Kind::Scheme, |name| text_of(name).and_then(SchemeId::new))?);
    }
    for _ in 0..counts.partners {
        parameters.partners.push(take_name(bytes, names, Kind::Partner, |name| text_of(name).and_then(PartnerId::new))?);
    }
    for _ in 0..counts.dates {
        parameters.dates.push(take_days(bytes, date)?);
    }
    for _ in 0..counts.holds {
        parameters.holds.push(identifier(bytes, HoldId::new)?);
    }
    for _ in 0..counts.payouts {
        parameters.payouts.push(identifier(bytes, PayoutId::new)?);
    }
    let mut amounts = Vec::with_capacity(template.lines());
    for _ in 0..template.lines() {
        amounts.push(Amount::new(bytes.wide()?).ok_or_else(|| Unreadable::new("a line of no amount, or too much"))?);
    }
    Ok(template.fill(&parameters, pinned, &amounts)?)
}

fn put_outcome(out: &mut Vec<u8>, outcome: &Outcome) {
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

fn take_outcome(bytes: &mut Bytes<'_>) -> Result<Outcome, Unreadable> {
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

fn put_volumes(out: &mut Vec<u8>, volumes: &Volumes) {
    let Volumes { sales_count, sales, refunds_count, refunds, chargebacks_count, chargebacks } = volumes;
    for number in [(*sales_count).into(), *sales, (*refunds_count).into(), *refunds, (*chargebacks_count).into(), *chargebacks] {
        put_signed(out, number);
    }
}

fn take_volumes(bytes: &mut Bytes<'_>) -> Result<Volumes, Unreadable> {
    Ok(Volumes {
        sales_count: bytes.signed_narrow()?,
        sales: bytes.signed()?,
        refunds_count: bytes.signed_narrow()?,
        refunds: bytes.signed()?,
        chargebacks_count: bytes.signed_narrow()?,
        chargebacks: bytes.signed()?,
    })
}

/// Appends a date, relative to another.
pub fn put_days(out: &mut Vec<u8>, date: Date, base: Date) {
    put_signed(out, i128::from(date.days()) - i128::from(base.days()));
}

/// Reads a date that was written relative to another.
pub fn take_days(bytes: &mut Bytes<'_>, base: Date) -> Result<Date, Unreadable> {
    let days = bytes.signed_narrow::<i64>()?.checked_add(base.days().into()).and_then(|days| i32::try_from(days).ok());
    days.map(Date::from_days).ok_or_else(|| Unreadable::new("a date that is too far"))
}

/// When something happened, relative to another instant: the difference in the largest of seconds, milliseconds and
/// microseconds that fits, times eight; plus which of them (0, 1, 2); plus four where the offset from UTC is another. That
/// follows then: 0 for none, else minutes, zigzag, plus one.
pub struct Moment;

impl Moment {
    /// Appends one.
    pub fn put(out: &mut Vec<u8>, at: OccurredAt, base: OccurredAt) {
        let difference = i128::from(at.micros) - i128::from(base.micros);
        let (unit, number) = match difference {
            _ if difference % 1_000_000 == 0 => (0, difference / 1_000_000),
            _ if difference % 1_000 == 0 => (1, difference / 1_000),
            _ => (2, difference),
        };
        let other = at.offset_minutes != base.offset_minutes;
        put_signed_with(out, number, unit + if other { 4 } else { 0 });
        if other {
            put_wide(out, at.offset_minutes.map_or(0, |minutes| zigzag(minutes.into()) + 1));
        }
    }

    /// Reads one.
    pub fn take(bytes: &mut Bytes<'_>, base: OccurredAt) -> Result<OccurredAt, Unreadable> {
        let wide = bytes.wide()?;
        let (number, with) = (unzigzag(wide >> 3), wide & 7);
        let unit = match with & 3 {
            0 => 1_000_000,
            1 => 1_000,
            2 => 1,
            _ => return Err(Unreadable::new("no such unit of time")),
        };
        let micros = number.checked_mul(unit).and_then(|micros| i64::try_from(micros.checked_add(base.micros.into())?).ok());
        let micros = micros.ok_or_else(|| Unreadable::new("an instant that is too far"))?;
        let offset_minutes = if with & 4 == 0 {
            base.offset_minutes
        } else {
            let minutes = bytes.wide()?.checked_sub(1).map(unzigzag);
            minutes.map(|minutes| i16::try_from(minutes).map_err(|_| Unreadable::new("an offset from UTC that is too far"))).transpose()?
        };
        Ok(OccurredAt { micros, offset_minutes })
    }
}

fn put_signed_with(out: &mut Vec<u8>, number: i128, with: u128) {
    // Differences of instants have 65 bits at most.
    put_wide(out, zigzag(number) << 3 | with);
}

const fn zigzag(number: i128) -> u128 {
    ((number << 1) ^ (number >> 127)).cast_unsigned()
}

const fn unzigzag(number: u128) -> i128 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
