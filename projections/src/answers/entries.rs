//! The journal's lines about a merchant, the house, or a payment.

use super::{Cursor, Error, Page, Shard, Window};
use crate::folds::entries::{HOUSE, LISTS};
use crate::folds::numbers::newest_first;
use crate::folds::objects::{PAYMENT_ENTRIES, PAYMENTS};
use crate::views;
use ledger::entry::{Outcome, Recorded};
use schemas::event::EventType;
use schemas::ids::{MerchantId, PaymentId};

/// Entries that a filter may pass over before a page ends early; the cursor goes on from there.
const LOOKED_AT_MAX: usize = 20_000;

/// Which entries.
#[derive(Clone, Debug)]
pub struct EntryQuery {
    /// Of a merchant; `None`: of the house.
    pub merchant: Option<MerchantId>,
    /// Of one of its payments only.
    pub payment: Option<PaymentId>,
    /// Of one type only.
    pub event_type: Option<EventType>,
    /// Which part of the list.
    pub window: Window,
}

/// Posted entries, the newest first.
pub fn entries(shard: &Shard, query: &EntryQuery) -> Result<Page<Recorded>, Error> {
    let within = query.window.numbers(shard)?;
    let mut page = Paging::new(shard, query);
    match (&query.merchant, &query.payment) {
        (Some(merchant), Some(payment)) => {
            let key = (merchant.clone(), payment.clone());
            if let Some(row) = shard.snapshot.get(&PAYMENTS, &key)? {
                newest_first(&shard.snapshot, &row.entries, &PAYMENT_ENTRIES, &key, within, |number| page.take(number))?;
            }
        }
        // The house has no payments.
        (None, Some(_)) => {}
        (merchant, None) => {
            let owner = merchant.as_ref().map_or(HOUSE, MerchantId::as_str).to_owned();
            LISTS.newest_first(&shard.snapshot, &(owner, query.event_type), within, |number| page.take(number))?;
        }
    }
    Ok(Page { rows: page.rows, next: page.next })
}

struct Paging<'a, 'b> {
    shard: &'a Shard<'b>,
    event_type: Option<EventType>,
    limit: usize,
    rows: Vec<Recorded>,
    looked_at: usize,
    next: Option<Cursor>,
}

impl<'a, 'b> Paging<'a, 'b> {
    fn new(shard: &'a Shard<'b>, query: &EntryQuery) -> Self {
        Self { shard, event_type: query.event_type, limit: query.window.rows_max(), rows: Vec::new(), looked_at: 0, next: None }
    }

    fn take(&mut self, number: u64) -> Result<bool, views::Error> {
        if self.rows.len() >= self.limit || self.looked_at >= LOOKED_AT_MAX {
            // The cursor is above this number, so that the next page begins with it.
            self.next = Some(Cursor::at(&(number + 1)));
            return Ok(false);
        }
        self.looked_at += 1;
        let entry = self.shard.entries.entry(number)?.ok_or_else(|| views::Error::Entries(format!("entry {number} is gone")))?;
        if entry.row.outcome == Outcome::Posted && self.event_type.is_none_or(|wanted| entry.row.event_type == Some(wanted)) {
            self.rows.push(entry);
        }
        Ok(true)
    }
}
