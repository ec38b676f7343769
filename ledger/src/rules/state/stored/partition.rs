//! The partition's own row, ids of events, what waits in the park, and versions of contracts.

use crate::format::bytes::{Bytes, Unreadable, put_bytes, put_number, put_signed, put_text};
use crate::format::contract::{put_contract, put_list, put_option, take_contract, take_id, take_list, take_option};
use crate::format::stored::Stored;
use crate::format::when::{put_days, take_days};
use crate::rules::state::{Calendars, Erasures, IdRecord, IdState, Opened, Parked, Partition, Step, Unfinished};
use schemas::contract::Contract;
use schemas::ids::{CalendarId, MerchantId};
use schemas::time::Date;
use std::collections::BTreeSet;

/// What dates of a row are told relative to.
const EPOCH: Date = Date::from_days(0);

impl Stored for Partition {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { opened, next_entry, calendars, opening, erasures: Erasures { by_bank, by_merchants }, unfinished } = self;
        put_number(out, *next_entry);
        put_option(out, opened.as_ref(), |out, Opened { date, time_zone }| {
            put_days(out, *date, EPOCH);
            put_text(out, time_zone);
        });
        put_calendars(out, calendars);
        out.extend_from_slice(&opening.to_be_bytes());
        put_number(out, *by_bank);
        put_number(out, *by_merchants);
        put_option(out, unfinished.as_ref(), |out, Unfinished { offset, step }| {
            put_signed(out, (*offset).into());
            out.push(match step {
                Step::Expire => 1,
                Step::Move => 2,
                Step::Park => 3,
            });
        });
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            next_entry: bytes.number()?,
            opened: take_option(bytes, |bytes| Ok(Opened { date: take_days(bytes, EPOCH)?, time_zone: bytes.text()?.to_owned() }))?,
            calendars: take_calendars(bytes)?,
            opening: u128::from_be_bytes(bytes.array()?),
            erasures: Erasures { by_bank: bytes.number()?, by_merchants: bytes.number()? },
            unfinished: take_option(bytes, |bytes| {
                let offset = bytes.signed_narrow()?;
                let step = match bytes.byte()? {
                    1 => Step::Expire,
                    2 => Step::Move,
                    3 => Step::Park,
                    number => return Err(Unreadable(format!("no step of a record {number}"))),
                };
                Ok(Unfinished { offset, step })
            })?,
        })
    }
}

/// A list of years, each with its calendar; the dates of each of its lists relative to the one before.
fn put_calendars(out: &mut Vec<u8>, calendars: &Calendars) {
    let years: Vec<_> = calendars.years().collect();
    put_list(out, &years, |out, (name, year, (closed, open))| {
        put_text(out, name.as_str());
        put_signed(out, (*year).into());
        put_dates(out, closed);
        put_dates(out, open);
    });
}

fn take_calendars(bytes: &mut Bytes<'_>) -> Result<Calendars, Unreadable> {
    let mut calendars = Calendars::default();
    for _ in 0..bytes.count()? {
        let (name, year) = (take_id(bytes, CalendarId::new)?, bytes.signed_narrow()?);
        calendars.set(name, year, take_dates(bytes)?, take_dates(bytes)?);
    }
    Ok(calendars)
}

fn put_dates(out: &mut Vec<u8>, dates: &BTreeSet<Date>) {
    put_number(out, dates.len() as u64);
    let mut before = EPOCH;
    for date in dates {
        put_days(out, *date, before);
        before = *date;
    }
}

fn take_dates(bytes: &mut Bytes<'_>) -> Result<Vec<Date>, Unreadable> {
    let mut before = EPOCH;
    take_list(bytes, |bytes| {
        before = take_days(bytes, before)?;
        Ok(before)
    })
}

/// The state of an id is the lower half of its first byte; these are the upper.
const DUPLICATES: u8 = 0x10;
const CONFLICTS: u8 = 0x20;

impl Stored for IdRecord {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { content, offset, entry, state, duplicates, conflicts } = self;
        let state = match state {
            IdState::Posted => 1,
            IdState::Parked => 2,
            IdState::Refused => 3,
        };
        out.push(state | if *duplicates > 0 { DUPLICATES } else { 0 } | if *conflicts > 0 { CONFLICTS } else { 0 });
        out.extend_from_slice(&content.to_be_bytes());
        put_signed(out, (*offset).into());
        put_number(out, *entry);
        [*duplicates, *conflicts].into_iter().filter(|count| *count > 0).for_each(|count| put_number(out, count));
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let first = bytes.byte()?;
        let state = match first & !(DUPLICATES | CONFLICTS) {
            1 => IdState::Posted,
            2 => IdState::Parked,
            3 => IdState::Refused,
            number => return Err(Unreadable(format!("no state of an id {number}"))),
        };
        let (content, offset, entry) = (u128::from_be_bytes(bytes.array()?), bytes.signed_narrow()?, bytes.number()?);
        let duplicates = if first & DUPLICATES == 0 { 0 } else { bytes.number()? };
        let conflicts = if first & CONFLICTS == 0 { 0 } else { bytes.number()? };
        Ok(Self { content, offset, entry, state, duplicates, conflicts })
    }
}

impl Stored for Parked {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { merchant, since, wait, value } = self;
        put_text(out, merchant.as_str());
        put_days(out, *since, EPOCH);
        put_text(out, wait);
        put_bytes(out, value);
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let (merchant, since) = (take_id(bytes, MerchantId::new)?, take_days(bytes, EPOCH)?);
        Ok(Self { merchant, since, wait: bytes.text()?.to_owned(), value: bytes.bytes()?.to_vec() })
    }
}

impl Stored for Contract {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        put_contract(out, self);
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        take_contract(bytes)
    }
}
