//! The life of one payment.

use super::explain::{Why, explain};
use super::lists::own_amount;
use super::{Error, Shard};
use crate::folds::numbers::newest_first;
use crate::folds::objects::{PAYMENT_ENTRIES, PAYMENTS, Payment};
use crate::folds::reference::ContractVersion;
use crate::views;
use ledger::entry::{Outcome, Recorded};
use schemas::event::EventType;
use schemas::ids::{EventId, MerchantId, PaymentId};
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};
use std::sync::Arc;

/// The most events of a payment that an answer tells: the newest.
pub const EVENTS_MAX: usize = 1000;

/// A payment and its events.
#[derive(Clone, Debug)]
pub struct PaymentAnswer {
    /// How it stands. `terms` is `None` where every event was parked or refused.
    pub payment: Payment,
    /// The contract that prices it.
    pub contract: Option<Arc<ContractVersion>>,
    /// What happened to it, the oldest first: refused and parked events too, each as it ended.
    pub events: Vec<PaymentEvent>,
}

/// An event of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentEvent {
    /// Its id.
    pub event: EventId,
    /// Its type.
    pub event_type: EventType,
    /// Its own amount, where it has one and was posted.
    pub amount: Option<(Currency, i128)>,
    /// The business date on which it was booked, parked or refused.
    pub business_date: Date,
    /// When it happened.
    pub occurred_at: Option<OccurredAt>,
    /// What became of it.
    pub outcome: Outcome,
    /// The offset of its record.
    pub position: i64,
    /// The entry that says so, with its lines.
    pub recorded: Recorded,
    /// Why each of its lines has its amount.
    pub why: Vec<Why>,
}

/// A payment of a merchant.
///
/// # Errors
/// [`Error::NotFound`] where no event was ever about it.
pub fn payment(shard: &Shard, merchant: &MerchantId, id: &PaymentId) -> Result<PaymentAnswer, Error> {
    let key = (merchant.clone(), id.clone());
    let payment = shard.snapshot.get(&PAYMENTS, &key)?.ok_or(Error::NotFound)?;
    let mut newest = Vec::new();
    newest_first(&shard.snapshot, &payment.entries, &PAYMENT_ENTRIES, &key, 0..u64::MAX, |number| {
        newest.push(shard.entries.entry(number)?.ok_or_else(|| views::Error::Entries(format!("entry {number} is gone")))?);
        Ok(newest.len() < EVENTS_MAX)
    })?;
    let contract = match &payment.terms {
        Some(terms) => shard.contract(terms.contract)?,
        None => None,
    };
    newest.reverse();
    // Without the oldest entries there is nothing to compare the others with.
    let whole = newest.len() < EVENTS_MAX;
    let whys = explain(&newest, contract.as_ref().filter(|_| whole).map(|version| &version.contract));
    let mut events: Vec<PaymentEvent> = Vec::with_capacity(newest.len());
    for (entry, why) in newest.into_iter().zip(whys) {
        let Some(event) = event_of(entry, why) else { continue };
        // An event that was parked has another entry when it leaves: that one tells what became of it.
        match events.iter_mut().find(|known| known.position == event.position) {
            Some(known) => *known = event,
            None => events.push(event),
        }
    }
    Ok(PaymentAnswer { payment, contract, events })
}

fn event_of(entry: Recorded, why: Vec<Why>) -> Option<PaymentEvent> {
    let row = &entry.row;
    Some(PaymentEvent {
        event: row.event.clone()?,
        event_type: row.event_type?,
        amount: own_amount(row),
        business_date: row.date,
        occurred_at: row.occurred_at,
        outcome: row.outcome.clone(),
        position: row.record,
        why,
        recorded: entry,
    })
}
