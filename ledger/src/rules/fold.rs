//! The fold of one partition: takes a record, decides what becomes of it, and writes it down as rows.
//!
//! Every record ends in exactly one of posted, duplicate, parked, refused, quarantined. What of the past is in memory is for
//! `caches` to say; what a bounded cache has forgotten is read back from the [`Source`].

use super::awaited::wait_key;
use super::closed::End;
use super::contracts::Contracts;
use super::control::PARK_DAYS;
use super::customers::Customers;
use super::due::Due;
use super::park::Park;
use super::rows::amount_note;
use super::state::{
    Batch, Dispute, Hold, IdRecord, IdState, Key, Live, Merchant, Packed, Partition, Payment, Payout, Refund, RefusedMaking, Step, Unfinished, id_key,
};
use super::verdict::{Stop, Verdict};
use crate::entry::{Alert, Note, Outcome, PaymentFacts, Posting, Row, Volumes};
use crate::source::{Error, Source};
use schemas::decode::{Decoded, decode};
use schemas::error::QuarantineCode;
use schemas::event::{Body, Control, HOUSE, Subject, TerminalEvent};
use schemas::ids::{EventId, MerchantId};
use schemas::partition::partition_of;
use schemas::time::Date;
use std::collections::BTreeSet;

/// The fold of one partition. A table of state that is added here is asked for in `caches`.
pub struct Fold {
    pub(super) partition: u32,
    pub(super) partitions: u32,
    pub(super) state: Partition,
    pub(super) merchants: Live<Merchant>,
    pub(super) payments: Packed<Payment>,
    pub(super) payouts: Packed<Payout>,
    pub(super) holds: Packed<Hold>,
    pub(super) refunds: Packed<Refund>,
    pub(super) disputes: Packed<Dispute>,
    pub(super) batches: Live<Batch>,
    pub(super) refused_makings: Packed<RefusedMaking>,
    pub(super) ids: Packed<IdRecord>,
    pub(super) contracts: Contracts,
    pub(super) customers: Customers,
    pub(super) park: Park,
    pub(super) due: Due,
    /// Parked events whose waiting may be over.
    pub(super) candidates: BTreeSet<i64>,
    /// The merchants that the close which is being folded has not moved yet; none before it has looked who is due.
    pub(super) closing: Option<std::collections::btree_set::IntoIter<MerchantId>>,
}

/// Rows after which a record that makes very many is put down: they are committed, and the fold goes on.
pub const PART_ROWS: usize = 4_096;

/// What a rule made of an event.
#[derive(Default)]
pub(super) struct Posted {
    pub lines: Vec<Posting>,
    /// Dates whose bucket of the merchant was empty before.
    pub opened: Vec<Date>,
    pub alerts: Vec<Alert>,
    pub volumes: Volumes,
    pub facts: Option<Box<PaymentFacts>>,
    pub contract: Option<u64>,
    pub note: Note,
}

/// An event of a merchant that is asked to be posted.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Where committed state is read back from.
    pub source: &'a dyn Source,
    /// The event.
    pub event: &'a TerminalEvent,
    /// Whose it is.
    pub merchant: &'a MerchantId,
    /// The open business date.
    pub open: Date,
}

/// A record being folded.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// The record that is being folded.
    pub offset: i64,
    /// The record that the row is about.
    pub record: i64,
}

impl Fold {
    /// Folds one record: appends the rows that it makes, at least one. On which partition it belongs is judged by the event's merchant:
    /// nobody asks for the record's own key.
    pub fn record(&mut self, source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<(), Error> {
        while !self.part(source, offset, value, rows)? {}
        Ok(())
    }

    /// Folds one record, or goes on with it: appends rows, about [`PART_ROWS`] at most. Whether all that it makes were made; else it is
    /// asked again with the same record, also by a fold that was restored in between.
    pub fn part(&mut self, source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<bool, Error> {
        let rows_max = rows.len() + PART_ROWS;
        match self.state.unfinished {
            None => self.begin(source, offset, value, rows)?,
            Some(unfinished) if unfinished.offset == offset => {}
            Some(unfinished) => return Err(Error(format!("record {} was folded in part, and record {offset} came", unfinished.offset))),
        }
        let at = At { offset, record: offset };
        while let Some(Unfinished { step, .. }) = self.state.unfinished {
            let (is_done, next) = match step {
                Step::Expire => {
                    let since = self.open_date().unwrap_or(Date::from_days(i32::MIN)).plus_days(-1 - PARK_DAYS);
                    (self.expire(source, at, since, rows, rows_max)?, Some(Step::Move))
                }
                Step::Move => {
                    let Ok(Decoded { event, .. }) = decode(value) else { return Err(Error(format!("record {offset} cannot be read again"))) };
                    (self.move_due(source, at, &event, rows, rows_max)?, Some(Step::Park))
                }
                Step::Park => (self.scan_park(source, at, rows, rows_max)?, None),
            };
            if !is_done {
                return Ok(false);
            }
            self.state.unfinished = next.map(|step| Unfinished { offset, step });
        }
        Ok(true)
    }

    fn begin(&mut self, source: &dyn Source, offset: i64, value: &[u8], rows: &mut Vec<Row>) -> Result<(), Error> {
        let at = At { offset, record: offset };
        match decode(value) {
            Err(unreadable) if self.state.opened.is_some() => {
                let mut row = self.row(at, self.quarantined(unreadable.code, unreadable.detail, value));
                row.event = unreadable.id;
                row.subject = unreadable.merchant.map(Subject::Merchant);
                self.push(rows, row);
                Ok(())
            }
            Err(unreadable) => {
                let mut row = self.row(at, self.quarantined(QuarantineCode::NotOpened, before_opening(), value));
                row.event = unreadable.id;
                row.subject = unreadable.merchant.map(Subject::Merchant);
                self.push(rows, row);
                Ok(())
            }
            Ok(Decoded { event, content }) => self.event(source, at, event, content, value, rows),
        }
    }

    /// The number of the next entry.
    pub const fn next_entry(&self) -> u64 {
        self.state.next_entry
    }

    /// The open business date; `None` before `ledger_opened`.
    pub fn open_date(&self) -> Option<Date> {
        self.state.opened.as_ref().map(|opened| opened.date)
    }

    fn event(&mut self, source: &dyn Source, at: At, event: TerminalEvent, content: u128, value: &[u8], rows: &mut Vec<Row>) -> Result<(), Error> {
        if let Some((code, detail)) = self.misplaced(&event) {
            let row = self.event_row(at, event, self.quarantined(code, detail, value));
            self.push(rows, row);
            return Ok(());
        }
        let key = id_key(&event.subject, &event.id);
        if let Some(mut owner) = self.ids.get(source, &key)? {
            let outcome = if owner.content == content {
                owner.duplicates += 1;
                Outcome::Duplicate { of: owner.offset }
            } else {
                owner.conflicts += 1;
                self.quarantined(QuarantineCode::Conflict, format!("another event with the id {} was here first, at offset {}", event.id, owner.offset), value)
            };
            self.ids.put(key, &owner);
            let row = self.event_row(at, event, outcome);
            self.push(rows, row);
            return Ok(());
        }
        if matches!(event.body, Body::Control(Control::LedgerOpened { .. })) && self.state.opened.is_some() {
            let row = self.event_row(at, event, self.quarantined(QuarantineCode::AlreadyOpened, opened_before(self.open_date()), value));
            self.push(rows, row);
            return Ok(());
        }
        if matches!(event.body, Body::Control(Control::LedgerOpened { .. })) {
            self.state.opening = content;
            self.customers.opened(content);
        }
        let entry = self.state.next_entry;
        let is_close = matches!(event.body, Body::Control(Control::DayClosed { .. }));
        let (state, row) = match self.post(source, &event) {
            Err(Stop::Broken(error)) => return Err(error),
            Ok(posted) => {
                self.call(&event, End::Posted);
                (IdState::Posted, self.posted_row(at, event, posted))
            }
            Err(Stop::Refuse(code, detail)) => {
                let end = self.note_refusal(source, &event, code)?;
                self.call(&event, end);
                (IdState::Refused, self.event_row(at, event, Outcome::Refused { code, detail }))
            }
            Err(Stop::Park(wait)) => {
                if let (Subject::Merchant(merchant), Some(open)) = (&event.subject, self.open_date()) {
                    self.park.park(at.record, merchant, open, wait_key(&wait, &event), value);
                }
                (IdState::Parked, self.event_row(at, event, Outcome::Parked(wait)))
            }
        };
        self.push(rows, row);
        self.ids.put(key, &IdRecord { content, offset: at.record, entry, state, duplicates: 0, conflicts: 0 });
        let closes = is_close && state == IdState::Posted;
        let step = if closes { Some(Step::Expire) } else { (!self.candidates.is_empty()).then_some(Step::Park) };
        self.state.unfinished = step.map(|step| Unfinished { offset: at.offset, step });
        Ok(())
    }

    /// Whether a record should not be here at all.
    fn misplaced(&self, event: &TerminalEvent) -> Option<(QuarantineCode, String)> {
        if self.state.opened.is_none() && !matches!(event.body, Body::Control(Control::LedgerOpened { .. })) {
            return Some((QuarantineCode::NotOpened, before_opening()));
        }
        let key = match (&event.subject, &event.body) {
            (Subject::Merchant(merchant), _) => merchant.as_str(),
            (Subject::House, Body::CustomerErased { .. }) | (Subject::Partition, _) => return None,
            (Subject::House, _) => HOUSE,
        };
        let right = partition_of(key.as_bytes(), self.partitions);
        (right != self.partition).then(|| (QuarantineCode::WrongPartition, format!("the key {key} belongs on partition {right} of {}", self.partitions)))
    }

    /// Posts an event, or says why not.
    pub(super) fn post(&mut self, source: &dyn Source, event: &TerminalEvent) -> Verdict<Posted> {
        let Some(open) = self.open_date() else {
            return self.open_ledger(event);
        };
        match (&event.body, &event.subject) {
            (Body::Control(control), _) => self.control(control, open),
            (Body::House(house), _) => Self::house(house, amount_note(event)),
            (Body::Reported(reported), _) => super::events::reports::posted(reported),
            (Body::CustomerErased { customer }, Subject::House) => self.erase_everywhere(source, customer),
            (
                Body::ContractSet { .. }
                | Body::CustomerErased { .. }
                | Body::Payment(..)
                | Body::Dispute(..)
                | Body::Hold(..)
                | Body::Payout(..)
                | Body::Funds(_),
                Subject::Merchant(merchant),
            ) => self.merchant_event(&Asked { source, event, merchant, open }),
            (_, Subject::House | Subject::Partition) => Err(Stop::Broken(Error(format!("a {} of no merchant", event.body.event_type().as_str())))),
        }
    }
}

fn opened_before(open: Option<Date>) -> String {
    let open = open.map_or_else(String::new, |open| format!("; {open} is open now"));
    format!("the partition was opened before, by another event, and is opened once{open}")
}

fn before_opening() -> String {
    "the partition has no ledger_opened yet: post one, and send this event again".to_owned()
}

/// The refund that a `refund_failed` names, in the ids.
pub(super) fn refund_key(merchant: &MerchantId, refund: &EventId) -> Key {
    id_key(&Subject::Merchant(merchant.clone()), refund)
}
