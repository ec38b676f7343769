//! Consumption: who buys what, when and how, without saying who they are.
//!
//! A *purchase* is a sale or a completed pre-authorisation. It stands on the local date and hour of its `occurred_at` in
//! the time zone of the contract that its payment pinned, and stays there: whatever changes its net later changes the
//! figures of that date and hour. A *visit* is a purchase, whatever became of it; its *net* is captured less refunded.
//!
//! | file | what it knows |
//! |---|---|
//! | `local` | the local date and hour of an instant |
//! | `tickets` | a multiset of amounts from which amounts can be removed |
//!
//! | table | key | row |
//! |---|---|---|
//! | [`CELLS`] | date, merchant, [`Cell`] | visits, sales, tickets |
//! | [`VISITORS`] | date, merchant, customer | what this customer did there on that date, by [`Cell`] |
//! | [`HISTORY`] | customer, date, merchant | – : the way from a customer to its visits |
//!
//! A customer is the key that the journal has for it: the ledger makes it of the token, and another one after an erasure
//! (`ledger/src/rules/customers.rs`), so here is nothing to be forgotten. Distinct customers are counted exactly, from
//! [`VISITORS`]. Bounded by merchants × dates × cells and by visits; a cell's tickets are bounded by
//! [`tickets::EXACT_AMOUNTS_MAX`]. Tables 3 and 4 were those of version 1.

mod local;
pub mod tickets;

use super::reference::contract;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{CustomerKey, Outcome, PaymentFacts, Recorded};
use local::Zones;
use schemas::event::{Card, EntryMode, EventType, Subject};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};
use serde::{Deserialize, Serialize};
use tickets::Tickets;

/// Consumption.
pub const ID: Id = Id::new(10, "consumption", 2);

/// A customer, by the bits of its key.
pub type CustomerNumber = u64;

/// What was bought: by local date, merchant, contract version, local hour, card, entry mode and currency.
pub const CELLS: Table<CellKey, Bought> = Table::new(ID, 0);
/// Who bought it: a customer's visits by local date and merchant.
pub const VISITORS: Table<(Date, MerchantId, CustomerNumber), Vec<Visits>> = Table::new(ID, 1).passing();
/// The dates and merchants of a customer.
pub const HISTORY: Table<(CustomerNumber, Date, MerchantId), ()> = Table::new(ID, 2);

/// Key of [`CELLS`]: the local date, the merchant, and the parts of a [`Cell`].
pub type CellKey = (Date, MerchantId, u64, u8, Card, Option<EntryMode>, Currency);

/// What tells purchases of one merchant and date apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The entry of the `contract_set` that the payment pinned: MCC, region and scope of tokens follow from it.
    pub contract: u64,
    /// The local hour, 0 to 23.
    pub hour: u8,
    /// How it was paid.
    pub card: Card,
    /// How card or code was read.
    pub entry_mode: Option<EntryMode>,
    /// What its merchant is paid in.
    pub currency: Currency,
}

/// What was bought in a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// Purchases, whatever became of them.
    pub visits: u64,
    /// The sum of their nets, in minor units.
    pub sales: i128,
    /// Their nets above zero.
    pub tickets: Tickets,
}

/// A customer's purchases in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    /// Which.
    pub cell: Cell,
    /// How many.
    pub visits: u32,
    /// The sum of their nets, in minor units.
    pub net: i128,
}

/// The fold. What it keeps besides rows are time zones, which are the binary's.
#[derive(Default)]
pub struct Consumption {
    zones: Zones,
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
        let (Some(Subject::Merchant(merchant)), Some(facts)) = (&row.subject, &row.facts) else { return Ok(()) };
        let Some(purchased_at) = facts.purchased_at.filter(|_| facts.purchased) else { return Ok(()) };
        let is_purchase = matches!(row.event_type, Some(EventType::Sale | EventType::PreauthCompleted));
        if !is_purchase && facts.net_before == facts.net_after {
            return Ok(());
        }
        self.purchase(rows, merchant, facts, purchased_at, is_purchase)
    }
}

impl Consumption {
    /// Moves the figures of a purchase from its net before the entry to its net after it.
    fn purchase(&mut self, rows: &mut Rows, merchant: &MerchantId, facts: &PaymentFacts, purchased_at: OccurredAt, is_purchase: bool) -> Result<(), Error> {
        let version = contract(rows, facts.contract)?;
        let (date, hour) = self.zones.local(&version.contract.time_zone, purchased_at);
        let cell = Cell { contract: facts.contract, hour, card: facts.instrument.card, entry_mode: facts.instrument.entry_mode, currency: facts.currency };
        let visits = u32::from(is_purchase);
        // Before the purchase there was no ticket, whatever a pre-authorisation held.
        let net_before = if is_purchase { 0 } else { facts.net_before };
        let difference = facts.net_after - net_before;
        let key = (date, merchant, cell.contract, cell.hour, cell.card, cell.entry_mode, cell.currency);
        let bought = rows.row(&CELLS, key)?;
        bought.visits += u64::from(visits);
        bought.sales += difference;
        bought.tickets.change(net_before, facts.net_after);
        let Some(customer) = facts.customer.map(CustomerKey::bits) else { return Ok(()) };
        let known = rows.row(&VISITORS, (date, merchant, customer))?;
        let is_first = known.is_empty();
        match known.iter_mut().find(|other| other.cell == cell) {
            Some(there) => {
                there.visits += visits;
                there.net += difference;
            }
            None => known.push(Visits { cell, visits, net: difference }),
        }
        if is_first {
            rows.append(&HISTORY, (customer, date, merchant), &())?;
        }
        Ok(())
    }
}
