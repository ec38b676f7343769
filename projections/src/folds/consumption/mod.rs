//! Consumption: who buys what, when and how, without saying who they are.
//!
//! A *purchase* is a sale or a completed pre-authorisation. It stands on the local date and hour of its `occurred_at` in
//! the time zone of the contract that its payment pinned, and stays there: whatever changes its net later changes the
//! figures of that date and hour. A *visit* is a purchase, whatever became of it; its *net* is captured less refunded.
//!
//! | file | what it knows |
//! |---|---|
//! | `local` | the local date and hour of an instant |
//! | `changes` | purchases and what changed their nets, hundreds of them a row |
//!
//! | table | key | row |
//! |---|---|---|
//! | [`BY_DATE`] | date | changes of all merchants: for questions about the whole bank |
//! | [`BY_MERCHANT`] | merchant, date | the same changes: for questions about one merchant |
//! | [`HISTORY`] | customer, date, contract version, hour and card | – : the way from a customer to its visits |
//! | [`SHOPS`] | entry of a `contract_set` | what a question needs of a contract |
//!
//! What a question groups by and adds up is decided when it is asked; the fold writes each change down and reads nothing.
//! A customer is the key that the journal has for it: the ledger makes it of the token, and another one after an erasure
//! (`ledger/src/rules/customers.rs`), so here is nothing to be forgotten. Bounded by purchases and their changes.
//! Tables 0 to 4 were those of versions 1 and 2.

mod changes;
mod local;

pub use changes::{Change, Changes, Pack};
pub use local::Zones;

use super::reference::terms;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Note, Outcome, PaymentFacts, Recorded, Row};
use schemas::contract::{Contract, CustomerScope};
use schemas::event::{Card, EntryMode, EventType, Subject};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Consumption.
pub const ID: Id = Id::new(10, "consumption", 4);

/// A customer, by the bits of its key.
pub type CustomerNumber = u64;

/// What was bought, by local date.
pub const BY_DATE: Changes<Date> = Changes { heads: Table::new(ID, 5), packs: Table::new(ID, 6), full_bytes: 4096 };
/// What was bought, by merchant and local date. A head is written again with every commit in which it grew, and there are as many
/// as merchants: so they are short.
pub const BY_MERCHANT: Changes<(MerchantId, Date)> = Changes { heads: Table::new(ID, 7), packs: Table::new(ID, 8), full_bytes: 256 };
/// The visits of a customer: local date, contract version, local hour, card, entry mode and currency.
pub const HISTORY: Table<(CustomerNumber, Date, u64, u8, Card, Option<EntryMode>, Currency), ()> = Table::new(ID, 9);
/// Contract versions, by the entry of their `contract_set`.
pub const SHOPS: Table<u64, Option<Shop>> = Table::new(ID, 10);

/// What a question needs of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// Whose it is.
    pub merchant: MerchantId,
    /// Its category.
    pub mcc: String,
    /// Its region.
    pub region: String,
    /// What its merchant is paid in.
    pub currency: Currency,
    /// Where its customers' tokens mean something.
    pub customer_scope: CustomerScope,
}

impl Shop {
    fn of(merchant: &MerchantId, contract: &Contract) -> Self {
        Self {
            merchant: merchant.clone(),
            mcc: contract.mcc.clone(),
            region: contract.region.clone(),
            currency: contract.currency,
            customer_scope: contract.customer_scope,
        }
    }
}

/// The fold. What it keeps besides rows are time zones, which are the binary's.
#[derive(Default)]
pub struct Consumption {
    zones: Zones,
    /// Changes, one after the other.
    bytes: Vec<u8>,
    /// Those that go to [`BY_DATE`] with the next commit, in order then: date, entry, and which bytes they are.
    by_date: Vec<(Date, u64, Range<usize>)>,
}

impl Projection for Consumption {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        if row.outcome != Outcome::Posted {
            return Ok(());
        }
        let Some(Subject::Merchant(merchant)) = &row.subject else { return Ok(()) };
        if let Note::Contract { contract, .. } = &row.note {
            rows.append(&SHOPS, entry.number, &Some(Shop::of(merchant, contract)))?;
        }
        match changed(row) {
            Some(Changed { facts, purchased_at, is_purchase }) => self.change(rows, merchant, entry.number, facts, purchased_at, is_purchase),
            None => Ok(()),
        }
    }

    fn settle(&mut self, rows: &mut Rows) -> Result<(), Error> {
        self.by_date.sort_unstable_by_key(|(date, entry, _)| (*date, *entry));
        for (date, entry, bytes) in self.by_date.drain(..) {
            BY_DATE.push(rows, date, entry, self.bytes.get(bytes).unwrap_or_default())?;
        }
        self.bytes.clear();
        Ok(())
    }
}

/// A purchase, or a change of one, as an entry tells it.
pub struct Changed<'a> {
    /// What the payment's sale pinned.
    pub facts: &'a PaymentFacts,
    /// When it was bought.
    pub purchased_at: OccurredAt,
    /// Whether the entry is the purchase itself.
    pub is_purchase: bool,
}

/// The purchase that a posted entry makes, or whose net it changes.
pub fn changed(row: &Row) -> Option<Changed<'_>> {
    let facts = row.facts.as_deref().filter(|_| row.outcome == Outcome::Posted)?;
    let purchased_at = facts.purchased_at.filter(|_| facts.purchased)?;
    let is_purchase = row.event_type.is_some_and(EventType::is_purchase);
    (is_purchase || facts.net_before != facts.net_after).then_some(Changed { facts, purchased_at, is_purchase })
}

impl Consumption {
    /// Writes down that a purchase's net became another one.
    fn change(
        &mut self,
        rows: &mut Rows,
        merchant: &MerchantId,
        entry: u64,
        facts: &PaymentFacts,
        purchased_at: OccurredAt,
        is_purchase: bool,
    ) -> Result<(), Error> {
        let terms = terms(rows, facts.contract)?;
        let (date, hour) = self.zones.local(&terms.time_zone, purchased_at);
        let change = Change {
            contract: facts.contract,
            hour,
            card: facts.instrument.card,
            entry_mode: facts.instrument.entry_mode,
            is_purchase,
            customer: facts.customer,
            other_currency: Some(facts.currency).filter(|currency| *currency != terms.currency),
            // Before the purchase there was no ticket, whatever a pre-authorisation held.
            net_before: if is_purchase { 0 } else { facts.net_before },
            net_after: facts.net_after,
        };
        let start = self.bytes.len();
        self.bytes = postcard::to_extend(&change, std::mem::take(&mut self.bytes))?;
        self.by_date.push((date, entry, start..self.bytes.len()));
        BY_MERCHANT.push(rows, (merchant, date), entry, self.bytes.get(start..).unwrap_or_default())?;
        match facts.customer.filter(|_| is_purchase) {
            Some(customer) => {
                let visit = (customer.bits(), date, change.contract, hour, change.card, change.entry_mode, facts.currency);
                rows.append(&HISTORY, visit, &())
            }
            None => Ok(()),
        }
    }
}
