//! The park: events that wait for something that has not come.
//!
//! After each record the park is scanned from the oldest, and whenever one leaves the scan starts again. Here every
//! event is listed under what it waits for, so that only those are tried whose waiting may be over; the smallest offset
//! first, which is the one that a whole scan would find first. Bounded by the days that an event may wait.

use super::state::Parked;
use crate::entry::Wait;
use crate::source::{Change, Error, Source, Table};
use schemas::event::{Body, HoldEvent, PayoutEvent, TerminalEvent};
use schemas::ids::MerchantId;
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
        Wait::Merchant(_) => "M".to_owned(),
        Wait::Payment(payment) => format!("P{payment}"),
        Wait::Hold(hold) => format!("H{hold}"),
        Wait::Payout(payout) => format!("O{payout}"),
        Wait::Refund(refund) => format!("R{refund}"),
        // A dispute is its payment's, so whatever happens to the payment may end the waiting.
        Wait::Dispute(_) => event.body.payment().map_or_else(|| "M".to_owned(), |payment| format!("P{payment}")),
    }
}

/// What the outcome of an event may bring for those that wait.
pub fn brings(event: &TerminalEvent) -> Vec<String> {
    let mut keys = vec![format!("R{}", event.id)];
    match &event.body {
        Body::ContractSet { .. } => keys.push("M".to_owned()),
        Body::Payment(payment, _) | Body::Dispute(payment, _, _) => keys.push(format!("P{payment}")),
        Body::Hold(hold, HoldEvent::Placed { .. }) => keys.push(format!("H{hold}")),
        Body::Payout(payout, PayoutEvent::Returned) => keys.extend([format!("O{payout}"), format!("H{payout}")]),
        Body::Payout(payout, PayoutEvent::Initiated { .. } | PayoutEvent::Paid | PayoutEvent::Failed) => keys.push(format!("O{payout}")),
        Body::Hold(_, HoldEvent::Released { .. } | HoldEvent::Seized { .. })
        | Body::Control(_)
        | Body::House(_)
        | Body::CustomerErased { .. }
        | Body::Funds(_)
        | Body::Reported(_) => {}
    }
    keys
}

impl Park {
    /// Reads the park back.
    pub fn open(source: &dyn Source) -> Result<Self, Error> {
        let mut park = Self::default();
        let mut broken = None;
        source.scan(Table::Park, &[], &mut |key, value| match (<[u8; 8]>::try_from(key), postcard::from_bytes::<Parked>(value)) {
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
        let parked: Parked = postcard::from_bytes(&bytes).map_err(|e| Error(format!("parked record {offset}: {e}")))?;
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

    /// The events that have waited since a date or longer, oldest first.
    pub fn since(&self, date: Date) -> Vec<i64> {
        self.events.iter().filter(|(_, place)| place.since <= date).map(|(offset, _)| *offset).collect()
    }

    /// What changed since the last call; records are read from the source from then on.
    pub fn drain(&mut self, changes: &mut Vec<Change>) -> Result<(), Error> {
        for offset in std::mem::take(&mut self.dirty) {
            let key = offset.to_be_bytes().to_vec();
            let value = match self.events.get_mut(&offset) {
                None => None,
                Some(place) => {
                    let Some(value) = place.value.take() else { continue };
                    let parked = Parked { merchant: place.merchant.clone(), since: place.since, wait: place.wait.clone(), value };
                    Some(postcard::to_stdvec(&parked).map_err(|e| Error(e.to_string()))?)
                }
            };
            changes.push(Change { table: Table::Park, key, value });
        }
        Ok(())
    }
}
