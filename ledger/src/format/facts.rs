//! What an entry says of its payment, as it lies on disk.
//!
//! Usually the terminal, the instant, the date and the net follow from the entry; then only what the sale pinned is written:
//! the contract, the instrument by its name, the customer, when the money becomes available. Otherwise flags come first.

use super::bytes::{Bytes, Unreadable, put_number, put_signed};
use super::codes::Numbered;
use super::contract::{put_option, take_flag, take_option};
use super::names::{Kind, Naming, Numbering, put_name, take_name, text_of};
use super::template::{put_currency, take_currency};
use super::when::{Moment, put_days, take_days};
use crate::entry::{CustomerKey, PaymentFacts, Row};
use schemas::event::Instrument;
use schemas::ids::{SchemeId, TerminalId};
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};

const TERMINAL: u64 = 1;
const PURCHASED_AT: u64 = 1 << 1;
const BOOKED_ON: u64 = 1 << 2;
const CURRENCY: u64 = 1 << 3;
const NET_BEFORE: u64 = 1 << 4;
const NET_AFTER: u64 = 1 << 5;
const NO_CUSTOMER: u64 = 1 << 6;
const PURCHASED: u64 = 1 << 7;
const ALL: u64 = (1 << 8) - 1;

/// The instant that differences of instants are from, where the entry has none.
const EPOCH: OccurredAt = OccurredAt { micros: 0, offset_minutes: None };

/// The currency that the lines of most entries are in.
fn usual_currency(row: &Row) -> Option<Currency> {
    row.lines.last().map(|line| line.currency)
}

/// What is captured less refunded after most entries.
const fn usual_net(before: i128, row: &Row) -> Option<i128> {
    match before.checked_add(row.volumes.sales) {
        Some(net) => net.checked_sub(row.volumes.refunds),
        None => None,
    }
}

fn flags(facts: &PaymentFacts, row: &Row) -> u64 {
    [
        (TERMINAL, facts.terminal != row.terminal),
        (PURCHASED_AT, facts.purchased_at != row.occurred_at),
        (BOOKED_ON, facts.booked_on != row.date),
        (CURRENCY, usual_currency(row) != Some(facts.currency)),
        (NET_BEFORE, facts.net_before != 0),
        (NET_AFTER, usual_net(facts.net_before, row) != Some(facts.net_after)),
        (NO_CUSTOMER, facts.customer.is_none()),
        (PURCHASED, facts.purchased != facts.purchased_at.is_some()),
    ]
    .into_iter()
    .fold(0, |flags, (flag, set)| if set { flags | flag } else { flags })
}

/// Whether all that can follow from the entry does.
pub fn is_usual(facts: &PaymentFacts, row: &Row) -> bool {
    flags(facts, row) == 0
}

/// Appends what the sale pinned.
pub fn put_facts<N: Numbering>(out: &mut Vec<u8>, facts: &PaymentFacts, row: &Row, names: &mut N) -> Result<(), N::Error> {
    let flags = flags(facts, row);
    let has = |flag: u64| flags & flag != 0;
    if flags != 0 {
        put_number(out, flags);
    }
    if has(TERMINAL) {
        out.push(facts.terminal.is_some().into());
        if let Some(terminal) = &facts.terminal {
            put_name(out, names, Kind::Terminal, terminal.as_str().as_bytes())?;
        }
    }
    if has(PURCHASED_AT) {
        put_option(out, facts.purchased_at.as_ref(), |out, at| Moment::put(out, *at, row.occurred_at.unwrap_or(EPOCH)));
    }
    if has(BOOKED_ON) {
        put_days(out, facts.booked_on, row.date);
    }
    put_number(out, facts.contract);
    put_name(out, names, Kind::Instrument, &instrument_name(&facts.instrument))?;
    if let Some(customer) = facts.customer {
        out.extend_from_slice(&customer.bits().to_be_bytes());
    }
    put_days(out, facts.available_on, facts.booked_on);
    Ok(())
}

/// Appends how the payment stands, where that does not follow from lines and volumes; it comes behind them.
pub fn put_standing(out: &mut Vec<u8>, facts: &PaymentFacts, row: &Row) {
    let flags = flags(facts, row);
    if flags & CURRENCY != 0 {
        put_currency(out, facts.currency);
    }
    if flags & NET_BEFORE != 0 {
        put_signed(out, facts.net_before);
    }
    if flags & NET_AFTER != 0 {
        put_signed(out, facts.net_after);
    }
}

/// What the sale pinned, before it is known how the payment stands.
pub struct Pinned {
    flags: u64,
    contract: u64,
    /// Card, scheme and entry mode.
    pub instrument: Instrument,
    terminal: Option<TerminalId>,
    customer: Option<CustomerKey>,
    purchased_at: Option<OccurredAt>,
    booked_on: Date,
    /// When its money becomes available.
    pub available_on: Date,
}

impl Pinned {
    /// Reads what the sale pinned.
    pub fn take<N: Naming>(bytes: &mut Bytes<'_>, unusual: bool, row: &Row, names: &mut N) -> Result<Self, N::Error> {
        let flags = if unusual { bytes.number()? } else { 0 };
        if flags & !ALL != 0 || (unusual && flags == 0) {
            return Err(Unreadable(format!("flags of {flags:#x} of a payment")).into());
        }
        let has = |flag: u64| flags & flag != 0;
        let terminal = if !has(TERMINAL) {
            row.terminal.clone()
        } else if take_flag(bytes)? {
            Some(take_name(bytes, names, Kind::Terminal, |name| text_of(name).and_then(TerminalId::new))?)
        } else {
            None
        };
        let at = row.occurred_at.unwrap_or(EPOCH);
        let purchased_at = if has(PURCHASED_AT) { take_option(bytes, |bytes| Moment::take(bytes, at))? } else { row.occurred_at };
        let booked_on = if has(BOOKED_ON) { take_days(bytes, row.date)? } else { row.date };
        let contract = bytes.number()?;
        let instrument = take_name(bytes, names, Kind::Instrument, read_instrument)?;
        let customer = if has(NO_CUSTOMER) { None } else { Some(CustomerKey::new(u64::from_be_bytes(bytes.array()?))) };
        let available_on = take_days(bytes, booked_on)?;
        Ok(Self { flags, contract, instrument, terminal, customer, purchased_at, booked_on, available_on })
    }

    /// Reads how the payment stands; lines and volumes of the row are there.
    pub fn standing(self, bytes: &mut Bytes<'_>, row: &Row) -> Result<PaymentFacts, Unreadable> {
        let Self { flags, contract, instrument, terminal, customer, purchased_at, booked_on, available_on } = self;
        let has = |flag: u64| flags & flag != 0;
        let currency = if has(CURRENCY) { Some(take_currency(bytes)?) } else { usual_currency(row) };
        let net_before = if has(NET_BEFORE) { bytes.signed()? } else { 0 };
        let net_after = if has(NET_AFTER) { Some(bytes.signed()?) } else { usual_net(net_before, row) };
        Ok(PaymentFacts {
            contract,
            instrument,
            terminal,
            customer,
            purchased_at,
            booked_on,
            available_on,
            currency: currency.ok_or_else(|| Unreadable::new("a payment in no currency"))?,
            net_before,
            net_after: net_after.ok_or_else(|| Unreadable::new("a payment of too much"))?,
            purchased: purchased_at.is_some() != has(PURCHASED),
        })
    }
}

/// The name of an instrument: card, entry mode (0: none) and scheme.
fn instrument_name(instrument: &Instrument) -> Vec<u8> {
    let Instrument { card, scheme, entry_mode } = instrument;
    [&[card.number(), entry_mode.map_or(0, Numbered::number)], scheme.as_str().as_bytes()].concat()
}

fn read_instrument(name: &[u8]) -> Option<Instrument> {
    let (&[card, entry_mode], scheme) = name.split_first_chunk::<2>()?;
    let entry_mode = if entry_mode == 0 { None } else { Some(Numbered::numbered(entry_mode).ok()?) };
    Some(Instrument { card: Numbered::numbered(card).ok()?, scheme: text_of(scheme).and_then(SchemeId::new)?, entry_mode })
}
