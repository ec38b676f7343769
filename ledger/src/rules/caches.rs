//! What of a partition's past is in memory: restored, bounded, counted, and written with the next commit.
//!
//! Each of these names every field of the fold, so that the compiler asks of another table whether it is bounded, counted and written.

use super::contracts::Contracts;
use super::customers::Customers;
use super::due::Due;
use super::fold::Fold;
use super::park::Park;
use super::state::stored::{read, write};
use super::state::{Generation, Live, Packed, Partition};
use crate::source::{Changes, Error, Source, Table};
use std::collections::BTreeSet;

/// Rows of a generation: merchants, payments, other objects of each kind. An id is asked for once, mostly in vain, and not kept; nor
/// are refusals.
const HOT_MERCHANTS: usize = 50_000;
const HOT_PAYMENTS: usize = 200_000;
const HOT_OBJECTS: usize = 50_000;
const HOT_IDS: usize = 0;
const HOT_REFUSALS: usize = 0;

impl Fold {
    /// Restores the fold of one partition from what was committed.
    pub fn open(partition: u32, partitions: u32, source: &dyn Source) -> Result<Self, Error> {
        let state = match source.get(Table::Partition, &[])? {
            Some(bytes) => read(Table::Partition, &bytes)?,
            None => Partition::default(),
        };
        let park = Park::open(source)?;
        // Whose waiting was over is not known any more: one whose waiting is not, is tried in vain.
        let candidates = if state.unfinished.is_some() { park.all().collect() } else { BTreeSet::new() };
        Ok(Self {
            customers: Customers::open(source, state.opening, &state.erasures)?,
            partition,
            partitions,
            state,
            merchants: Live::new(Table::Merchants, Generation::of_rows(HOT_MERCHANTS)),
            payments: Packed::new(Table::Payments, Generation::of_rows(HOT_PAYMENTS)),
            payouts: Packed::new(Table::Objects, Generation::of_rows(HOT_OBJECTS)),
            holds: Packed::new(Table::Objects, Generation::of_rows(HOT_OBJECTS)),
            refunds: Packed::new(Table::Objects, Generation::of_rows(HOT_OBJECTS)),
            disputes: Packed::new(Table::Objects, Generation::of_rows(HOT_OBJECTS)),
            batches: Live::new(Table::Objects, Generation::of_rows(HOT_OBJECTS)),
            refused_makings: Packed::new(Table::Objects, Generation::of_rows(HOT_REFUSALS)),
            ids: Packed::new(Table::Ids, Generation::of_rows(HOT_IDS)),
            contracts: Contracts::default(),
            park,
            due: Due::default(),
            candidates,
            closing: None,
        })
    }

    /// Bounds the state that stays in memory once it is committed, in bytes: three eighths of it are merchants', a quarter each
    /// contracts' and payments', the rest other objects'. What waits in the park comes on top.
    pub const fn bound(&mut self, bytes: usize) {
        let Self {
            merchants,
            payments,
            payouts,
            holds,
            refunds,
            disputes,
            batches,
            contracts,
            // Kept for a commit alone, or bounded by themselves.
            state: _,
            refused_makings: _,
            ids: _,
            customers: _,
            due: _,
            park: _,
            candidates: _,
            closing: _,
            partition: _,
            partitions: _,
        } = self;
        // An eighth is left for what a commit adds at once.
        let bytes = bytes / 8 * 7;
        // Each has two generations.
        let sixteenth = Generation { rows: usize::MAX, bytes: bytes / 32 };
        merchants.bound(Generation { rows: usize::MAX, bytes: bytes * 3 / 16 });
        contracts.bound(bytes / 8);
        payments.bound(Generation { rows: usize::MAX, bytes: bytes / 8 });
        batches.bound(sixteenth);
        payouts.bound(Generation { rows: usize::MAX, bytes: bytes / 128 });
        holds.bound(Generation { rows: usize::MAX, bytes: bytes / 128 });
        refunds.bound(Generation { rows: usize::MAX, bytes: bytes / 128 });
        disputes.bound(Generation { rows: usize::MAX, bytes: bytes / 128 });
    }
    /// Bytes of the state that is in memory, about.
    pub fn bytes(&self) -> usize {
        let Self {
            merchants,
            payments,
            payouts,
            holds,
            refunds,
            disputes,
            batches,
            contracts,
            park,
            // Empty between commits, or small.
            state: _,
            refused_makings: _,
            ids: _,
            customers: _,
            due: _,
            candidates: _,
            closing: _,
            partition: _,
            partitions: _,
        } = self;
        let objects = payouts.bytes() + holds.bytes() + refunds.bytes() + disputes.bytes() + batches.bytes();
        merchants.bytes() + contracts.bytes() + payments.bytes() + objects + park.bytes()
    }

    /// Adds what changed since the last call, to be committed with the rows.
    pub fn changes(&mut self, changes: &mut Changes) {
        let Self {
            state,
            merchants,
            payments,
            payouts,
            holds,
            refunds,
            disputes,
            batches,
            refused_makings,
            ids,
            contracts,
            customers,
            park,
            due,
            // Made anew where a record goes on.
            candidates: _,
            closing: _,
            partition: _,
            partitions: _,
        } = self;
        write(changes, Table::Partition, &[], state);
        merchants.drain(changes);
        payments.drain(changes);
        payouts.drain(changes);
        holds.drain(changes);
        refunds.drain(changes);
        disputes.drain(changes);
        batches.drain(changes);
        refused_makings.drain(changes);
        ids.drain(changes);
        contracts.drain(changes);
        customers.drain(changes);
        park.drain(changes);
        due.drain(changes);
    }
}
