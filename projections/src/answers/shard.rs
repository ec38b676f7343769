//! One shard to read from.

use super::{Cut, Error};
use crate::folds::merchants::MERCHANTS;
use crate::folds::reference::{CONTRACTS, ContractVersion, DAY, Day, IN_FORCE, TERMS, Terms};
use crate::follower::Entries;
use crate::views::{Checkpoint, Order, Snapshot, Views};
use schemas::ids::MerchantId;
use std::sync::Arc;

/// A snapshot of a shard's views, and the journal beside it.
pub struct Shard<'a> {
    /// Which partition.
    pub partition: u32,
    /// Its views at one commit.
    pub snapshot: Snapshot<'a>,
    /// Its journal, which may be ahead of the views.
    pub entries: &'a dyn Entries,
    /// What whoever asks is cut to: every answer that is made of several merchants is made of these alone.
    pub cut: Cut,
    /// How far the log was read when there were so many entries.
    passed: Option<(u64, i64)>,
}

impl<'a> Shard<'a> {
    /// A shard as of its last commit.
    pub fn new(partition: u32, views: &'a Views, entries: &'a dyn Entries) -> Result<Self, Error> {
        Ok(Self { partition, snapshot: views.snapshot()?, entries, cut: Cut::default(), passed: entries.passed() })
    }

    /// One of a snapshot that was taken already, also by another process.
    pub fn of(partition: u32, snapshot: Snapshot<'a>, entries: &'a dyn Entries) -> Self {
        Self { partition, snapshot, entries, cut: Cut::default(), passed: entries.passed() }
    }

    /// The same, for somebody who is cut to a part of it.
    pub fn cut_to(mut self, cut: &Cut) -> Self {
        self.cut = cut.clone();
        self
    }

    /// The merchants of this shard that are in the cut, in their order; none where nothing is cut away.
    pub fn merchants_of_cut(&self) -> Result<Option<Vec<MerchantId>>, Error> {
        if !self.cut.has_attributes() {
            return Ok(self.cut.merchants.as_ref().map(|merchants| merchants.iter().cloned().collect()));
        }
        let mut found = Vec::new();
        for row in self.snapshot.scan(&MERCHANTS, &(), Order::Ascending)? {
            let (merchant, listing) = row?;
            if self.cut.names(&merchant) && listing.is_some_and(|listing| self.cut.carries(&listing.mcc, listing.partner.as_ref())) {
                found.push(merchant);
            }
        }
        Ok(Some(found))
    }

    /// How far the views are: the position of every answer without `as_of`. Where they have all entries, that is as far as
    /// the log was read, also over offsets that are no records.
    pub fn checkpoint(&self) -> Checkpoint {
        let at = self.snapshot.checkpoint();
        match self.passed {
            Some((entries, position)) if at.next_entry >= entries => Checkpoint { position: position.max(at.position), ..at },
            _ => at,
        }
    }

    /// The partition's own state.
    pub fn day(&self) -> Result<Day, Error> {
        Ok(self.snapshot.get(&DAY, &())?.unwrap_or_default())
    }

    /// The contract that an entry set.
    pub fn contract(&self, number: u64) -> Result<Option<Arc<ContractVersion>>, Error> {
        Ok(self.snapshot.get(&CONTRACTS, &number)?.and_then(|version| version.0))
    }

    /// What most answers need of the contract that an entry set.
    pub fn terms(&self, number: u64) -> Result<Option<Arc<Terms>>, Error> {
        Ok(self.snapshot.get(&TERMS, &number)?.and_then(|terms| terms.0))
    }

    /// The contract in force of a merchant.
    pub fn contract_in_force(&self, merchant: &MerchantId) -> Result<Option<Arc<ContractVersion>>, Error> {
        match self.snapshot.get(&IN_FORCE, merchant)? {
            None => Ok(None),
            Some(number) => self.contract(number),
        }
    }
}
