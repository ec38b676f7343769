//! The park: events that wait for something that has not come.
//!
//! After each record the park is scanned from the oldest, and whenever one leaves the scan starts again. Here every
//! event is listed under what it waits for, so that only those are tried whose waiting may be over; the smallest offset
//! first, which is the one that a whole scan would find first. Bounded by the days that an event may wait.

use super::closed::{End, Thing, made_by};
use super::state::Parked;
use super::state::stored::{read, write};
use crate::entry::Wait;
use crate::source::{Changes, Error, Source, Table};
use schemas::event::{Body, PaymentEvent, PayoutEvent, TerminalEvent};
use schemas::ids::{EventId, MerchantId, PaymentId};
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What parked events wait for: a merchant and a key within it.
pub type Awaited = (MerchantId, String);

/// The waiting events of a partition.
#[derive(Default)]
pub struct Park {
    events: BTreeMap<i64, Place>,
    waiting: BTreeMap<Awaited, BTreeSet<i64>>,
    dirty: BTreeSet<i64>,
}

struct Place {
    merchant: MerchantId,
    since: Date,
    wait: String,
    /// The record, until it is committed; afterwards it is read from the source.
    value: Option<Vec<u8>>,
}

/// The key under which an event waits.
pub fn wait_key(wait: &Wait, event: &TerminalEvent) -> String {
    match wait {
        Wait::Merchant(_) => MERCHANT.to_owned(),
        Wait::Payment(payment) => payment_key(payment),
        Wait::Hold(hold) => key_of(&Thing::Hold(hold.clone())),
        Wait::Payout(payout) => key_of(&Thing::Payout(payout)),
        Wait::Refund(refund) => refund_key(refund),
        Wait::Dispute(dispute) => event.body.payment().map_or_else(|| MERCHANT.to_owned(), |payment| key_of(&Thing::Dispute(payment, dispute))),
    }
}

const MERCHANT: &str = "M";

fn payment_key(payment: &PaymentId) -> String {
    key_of(&Thing::Payment(payment))
}

fn refund_key(event: &EventId) -> String {
    format!("R{event}")
}

/// No identifier has a NUL.
fn key_of(thing: &Thing) -> String {
    match thing {
        Thing::Payment(payment) => format!("P{payment}"),
        Thing::Hold(hold) => format!("H{hold}"),
        Thing::Payout(payout) => format!("O{payout}"),
        Thing::Dispute(payment, dispute) => format!("D{payment}\0{dispute}"),
    }
}

/// What an event that ended may bring for those that wait: exactly where it can end their waiting, so that nobody is tried in vain.
pub fn brings(event: &TerminalEvent, end: End) -> Vec<String> {
    let mut keys = vec![refund_key(&event.id)];
    match end {
        End::Posted | End::Closed => keys.extend(made_by(&event.body).iter().map(key_of)),
        End::Refused => {}
    }
    if end == End::Posted {
        // While a pre-authorisation is open, what needs a captured payment waits; nothing waits for it afterwards.
        if let Body::Payment(payment, PaymentEvent::PreauthCompleted { .. } | PaymentEvent::PreauthReleased) = &event.body {
            keys.push(payment_key(payment));
        }
        // What came back waits until it was paid.
        if let Body::Payout(payout, PayoutEvent::Paid | PayoutEvent::Failed) = &event.body {
            keys.push(key_of(&Thing::Payout(payout)));
        }
        if let Body::ContractSet { .. } = &event.body {
            keys.push(MERCHANT.to_owned());
        }
    }
    keys
}

impl Park {
    /// Reads the park back.
    pub fn open(source: &dyn Source) -> Result<Self, Error> {
        let mut park = Self::default();
        let mut broken = None;
        source.scan(Table::Park, &[], &mut |key, value| match (<[u8; 8]>::try_from(key), read::<Parked>(Table::Park, value)) {
            (Ok(key), Ok(Parked { merchant, since, wait, .. })) => {
                park.list(i64::from_be_bytes(key), Place { merchant, since, wait, value: None });
                true
            }
            _ => {
                broken = Some(Error("a row of the park cannot be read".to_owned()));
                false
            }
        })?;
        broken.map_or(Ok(park), Err)
    }

    /// Bytes in memory, about: a place, its names twice, and its place in two trees.
    pub fn bytes(&self) -> usize {
        self.events.len() * (size_of::<(i64, Place)>() + size_of::<(Awaited, BTreeSet<i64>)>() + 192)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Parks an event.
    pub fn park(&mut self, offset: i64, merchant: &MerchantId, since: Date, wait: String, value: &[u8]) {
        self.dirty.insert(offset);
        self.list(offset, Place { merchant: merchant.clone(), since, wait, value: Some(value.to_vec()) });
    }

    fn list(&mut self, offset: i64, place: Place) {
        self.waiting.entry((place.merchant.clone(), place.wait.clone())).or_default().insert(offset);
        self.events.insert(offset, place);
    }

    /// The events that wait for something.
    pub fn waiting_for(&self, awaited: &Awaited) -> impl Iterator<Item = i64> + '_ {
        self.waiting.get(awaited).into_iter().flatten().copied()
    }

    /// The record of a parked event.
    pub fn value(&self, source: &dyn Source, offset: i64) -> Result<Vec<u8>, Error> {
        if let Some(value) = self.events.get(&offset).and_then(|place| place.value.as_ref()) {
            return Ok(value.clone());
        }
        let bytes = source.get(Table::Park, &offset.to_be_bytes())?.ok_or_else(|| Error(format!("parked record {offset} is missing")))?;
        let parked: Parked = read(Table::Park, &bytes)?;
        Ok(parked.value)
    }

    /// Lists an event under something else that it waits for now.
    pub fn wait_again(&mut self, source: &dyn Source, offset: i64, wait: String) -> Result<(), Error> {
        if self.events.get(&offset).is_none_or(|place| place.wait == wait) {
            return Ok(());
        }
        let value = self.value(source, offset)?;
        if let Some(place) = self.remove(offset) {
            self.park(offset, &place.0, place.1, wait, &value);
        }
        Ok(())
    }

    /// Takes an event out; answers whose it was and since when.
    pub fn remove(&mut self, offset: i64) -> Option<(MerchantId, Date)> {
        let place = self.events.remove(&offset)?;
        let awaited = (place.merchant, place.wait);
        if let Some(offsets) = self.waiting.get_mut(&awaited) {
            offsets.remove(&offset);
            if offsets.is_empty() {
                self.waiting.remove(&awaited);
            }
        }
        self.dirty.insert(offset);
        Some((awaited.0, place.since))
    }

    /// The event that has waited longest, if that is since a date or longer. Who came later has not waited longer.
    pub fn oldest_since(&self, date: Date) -> Option<i64> {
        self.events.first_key_value().filter(|(_, place)| place.since <= date).map(|(offset, _)| *offset)
    }

    /// Whether an event still waits.
    pub fn waits(&self, offset: i64) -> bool {
        self.events.contains_key(&offset)
    }

    /// Everything that waits, oldest first.
    pub fn all(&self) -> impl Iterator<Item = i64> + '_ {
        self.events.keys().copied()
    }

    /// What changed since the last call; records are read from the source from then on.
    pub fn drain(&mut self, changes: &mut Changes) {
        for offset in std::mem::take(&mut self.dirty) {
            let key = offset.to_be_bytes();
            let Some(place) = self.events.get_mut(&offset) else {
                changes.remove(Table::Park, &key);
                continue;
            };
            let Some(value) = place.value.take() else { continue };
            let parked = Parked { merchant: place.merchant.clone(), since: place.since, wait: place.wait.clone(), value };
            write(changes, Table::Park, &key, &parked);
        }
    }
}
