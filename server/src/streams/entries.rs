//! The topic of entries: every entry of whatever outcome, as the bank is told it by HTTP, with its number and the balances after it.
//!
//! Balances come from sums that are kept by merchant and changed by the lines of each entry, as a reader of the topic would
//! do it; a merchant that is not among them is looked up in the views, as it was just before the entry. Bounded by
//! [`MERCHANTS_MAX`].

use super::envelope::{Envelope, JSON};
use super::wallet::{Sums, Wallet, wallet_before};
use super::{Render, Sources};
use crate::shape::{Entry, LineForm, Lines, OutcomeName, amount, business_date, code_of, detail_of, outcome_name, position_text};
use ledger::entry::{Outcome, Recorded};
use ledger::journal::Reader;
use ledger::log::kafka::Outgoing;
use ledger::log::{self, Code};
use projections::answers::Shard;
use projections::follower::Follower;
use schemas::event::{Book, HOUSE, Subject};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// Merchants whose sums are kept; when there are more, all are looked up again.
const MERCHANTS_MAX: usize = 65_536;
/// What kind of record it is.
const KIND: &str = "ledger.entry.v1";

/// A record of the topic.
#[derive(Debug, Serialize)]
struct EntryValue {
    entry: String,
    position: String,
    partition: u32,
    sequence: u64,
    outcome: OutcomeName,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    event: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<&'static str>,
    business_date: Option<String>,
    occurred_at: Option<String>,
    merchant: Option<String>,
    payment: Option<String>,
    reference: Option<String>,
    terminal: Option<String>,
    currency: Option<String>,
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    lines: Vec<LineForm>,
    balances_after: Vec<BalanceAfter>,
}

/// What a merchant has after an entry, in a currency and book that the entry moved.
#[derive(Debug, Serialize)]
struct BalanceAfter {
    currency: String,
    book: String,
    pending: String,
    available: String,
    payable: String,
    reserved: String,
    held: String,
    disputed: String,
    in_transit: String,
    owed: String,
    preauthorised: String,
}

/// Makes the records.
pub struct Entries {
    partition: u32,
    journal: Reader,
    follower: Arc<Follower>,
    envelope: Envelope,
    wallets: HashMap<MerchantId, Wallet>,
    /// The entry up to which the sums are kept; an output that goes back looks all of them up again.
    next: u64,
}

impl Entries {
    /// Of a partition.
    pub fn new(partition: u32, sources: &Sources, envelope: Envelope) -> Self {
        let (journal, follower) = (sources.journal.clone(), Arc::clone(&sources.follower));
        Self { partition, journal, follower, envelope, wallets: HashMap::new(), next: 0 }
    }

    /// The balances after an entry, in what it moved; its sums are changed.
    fn balances_after(&mut self, entry: &Recorded) -> Result<Vec<BalanceAfter>, log::Error> {
        let Some(Subject::Merchant(merchant)) = &entry.row.subject else { return Ok(Vec::new()) };
        let moved = Wallet::moved(entry);
        if moved.is_empty() {
            return Ok(Vec::new());
        }
        if !self.wallets.contains_key(merchant) {
            let wallet = self.wallet_before(merchant, entry)?;
            if self.wallets.len() >= MERCHANTS_MAX {
                self.wallets.clear();
            }
            self.wallets.insert(merchant.clone(), wallet);
        }
        let wallet = self.wallets.entry(merchant.clone()).or_default();
        wallet.post(entry);
        Ok(moved.into_iter().map(|key| BalanceAfter::of(wallet.sums(&key), key.0, &key.1)).collect())
    }

    fn wallet_before(&self, merchant: &MerchantId, entry: &Recorded) -> Result<Wallet, log::Error> {
        let behind = |detail: String| log::Error::new(Code::ViewsBehind, format!("balances are told by the views: {detail}"));
        let views = self.follower.views().ok_or_else(|| behind("they are being opened".to_owned()))?;
        let shard = Shard::new(self.partition, &views, &self.journal).map_err(|error| behind(error.to_string()))?;
        wallet_before(&shard, merchant, entry).map_err(|error| behind(error.to_string()))
    }
}

impl Render for Entries {
    fn render(&mut self, entry: &Recorded, records: &mut Vec<Outgoing>) -> Result<(), log::Error> {
        if entry.number != self.next {
            self.wallets.clear();
        }
        // What fails in the middle is begun anew.
        self.next = u64::MAX;
        let balances_after = self.balances_after(entry)?;
        let (row, key) = (&entry.row, key_of(entry));
        let told = Entry::of(self.partition, entry, Lines::Every);
        let of = match &row.outcome {
            Outcome::Duplicate { of } => Some(position_text(self.partition, *of)),
            Outcome::Posted | Outcome::Parked(_) | Outcome::Refused { .. } | Outcome::Quarantined { .. } => None,
        };
        let value = EntryValue {
            entry: told.entry,
            position: told.position,
            partition: self.partition,
            sequence: entry.number,
            outcome: outcome_name(&row.outcome),
            code: code_of(&row.outcome),
            detail: detail_of(&row.outcome).map(str::to_owned),
            of,
            event: told.event,
            event_type: told.event_type,
            business_date: business_date(row).map(|date| date.to_string()),
            occurred_at: told.occurred_at,
            merchant: key.clone(),
            payment: told.payment,
            reference: told.reference,
            terminal: told.terminal,
            currency: told.currency,
            amount: told.amount,
            maker: told.maker,
            checker: told.checker,
            reason: told.reason,
            order: told.order,
            lines: told.lines,
            balances_after,
        };
        let headers = self.envelope.headers(self.envelope.ledger()?, KIND, entry.number, row.occurred_at, JSON);
        let value = serde_json::to_vec(&value).map_err(|error| log::Error::new(Code::Corrupt, error.to_string()))?;
        records.push(Outgoing { key: key.map(String::into_bytes), value: Some(value), headers, ..Outgoing::default() });
        self.next = entry.number + 1;
        Ok(())
    }
}

/// The key of an entry's record: its merchant, `@house`, or none for control events and what was set aside.
pub fn key_of(entry: &Recorded) -> Option<String> {
    match (&entry.row.outcome, &entry.row.subject) {
        (Outcome::Quarantined { .. }, _) | (_, Some(Subject::Partition) | None) => None,
        (_, Some(Subject::Merchant(merchant))) => Some(merchant.as_str().to_owned()),
        (_, Some(Subject::House)) => Some(HOUSE.to_owned()),
    }
}

impl BalanceAfter {
    fn of(sums: Sums, currency: Currency, book: &Book) -> Self {
        let text = |minor: i128| amount(minor, currency);
        Self {
            currency: currency.code().to_owned(),
            book: book.to_string(),
            pending: text(sums.pending),
            available: text(sums.available),
            payable: text(sums.payable()),
            reserved: text(sums.reserved),
            held: text(sums.held),
            disputed: text(sums.disputed),
            in_transit: text(sums.in_transit),
            owed: text(sums.owed),
            preauthorised: text(sums.preauthorised),
        }
    }
}
