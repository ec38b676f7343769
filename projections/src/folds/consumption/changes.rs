//! What was bought, change by change: a purchase, and later whatever changes its net.
//!
//! Changes of one place (a date, or a merchant's date) follow each other in a *head*, which grows, and in full *packs*,
//! which never change. So a change is written once and costs some twenty bytes, and an answer reads hundreds of them from
//! one value.

use crate::views::{Error, Key, Names, Order, Rows, Snapshot, Table};
use ledger::entry::CustomerKey;
use schemas::event::{Card, EntryMode};
use schemas::money::Currency;
use serde::{Deserialize, Serialize};

/// A purchase, or a change of its net.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The entry of the `contract_set` that the payment pinned: merchant, MCC, region and scope of tokens follow from it.
    pub contract: u64,
    /// The local hour of the purchase, 0 to 23.
    pub hour: u8,
    /// How it was paid.
    pub card: Card,
    /// How card or code was read.
    pub entry_mode: Option<EntryMode>,
    /// Whether this is the purchase itself.
    pub is_purchase: bool,
    /// Whose it is, where that is known.
    pub customer: Option<CustomerKey>,
    /// What its merchant is paid in, where that is not the contract's currency.
    pub other_currency: Option<Currency>,
    /// The purchase's net before, in minor units; 0 for the purchase itself.
    pub net_before: i128,
    /// The same after.
    pub net_after: i128,
}

/// Changes, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// The entry of the first.
    first: u64,
    #[serde(with = "super::super::numbers::bytes")]
    bytes: Vec<u8>,
}

impl Pack {
    /// Visits its changes, in order.
    pub fn each<E: From<Error>>(&self, mut visit: impl FnMut(&Change) -> Result<(), E>) -> Result<(), E> {
        let mut rest = self.bytes.as_slice();
        while !rest.is_empty() {
            let (change, after) = postcard::take_from_bytes::<Change>(rest).map_err(Error::from)?;
            visit(&change)?;
            rest = after;
        }
        Ok(())
    }
}

/// Changes by place.
pub struct Changes<K> {
    /// What grows.
    pub heads: Table<K, Pack>,
    /// What is full, by the entry of its first change.
    pub packs: Table<(K, u64), Pack>,
    /// Bytes from which on a pack is full.
    pub full_bytes: usize,
}

impl<K: Key> Changes<K> {
    /// Appends a change, as bytes.
    pub fn push(&self, rows: &mut Rows, key: impl Names<K> + Copy, entry: u64, change: &[u8]) -> Result<(), Error> {
        let head = rows.row(&self.heads, key)?;
        if head.bytes.is_empty() {
            head.first = entry;
        }
        head.bytes.extend_from_slice(change);
        if head.bytes.len() >= self.full_bytes {
            let full = std::mem::take(head);
            rows.append(&self.packs, (key, full.first), &full)?;
        }
        Ok(())
    }

    /// Visits the packs of a place, in order.
    pub fn each<E: From<Error>>(&self, snapshot: &Snapshot, key: &K, mut visit: impl FnMut(&Pack) -> Result<(), E>) -> Result<(), E> {
        let Some(head) = snapshot.get(&self.heads, key)? else { return Ok(()) };
        for pack in snapshot.scan(&self.packs, key, Order::Ascending)? {
            visit(&pack?.1)?;
        }
        visit(&head)
    }
}
