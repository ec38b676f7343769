//! The topic of consumption: purchases, and what later changed them, for marketing. Of a person it has a key and nothing else; of a
//! payment a name that leads nowhere. An erasure is a record with the key alone: whoever keeps something under it lets it go.

use super::entries::key_of;
use super::envelope::{Envelope, JSON};
use super::{Render, Sources};
use crate::shape::amount;
use ledger::entry::{Note, Outcome, Recorded};
use ledger::journal::Reader;
use ledger::log::kafka::Outgoing;
use ledger::log::{self, Code};
use ledger::rules::PurchaseNames;
use projections::folds::consumption::{Changed, Zones, changed};
use schemas::contract::Contract;
use schemas::event::Subject;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// Contracts that are kept; when there are more, all are read again.
const CONTRACTS_MAX: usize = 16_384;
/// What kinds of records there are.
const KIND: &str = "ledger.consumption.v1";
const KIND_OF_ERASURE: &str = "ledger.customer_erased.v1";

/// What a record adds: a purchase its amount and a visit, a refund less, a void the whole again; a visit stays one.
#[derive(Debug, Serialize)]
struct ConsumptionValue {
    sequence: u64,
    purchase: String,
    merchant: String,
    mcc: String,
    region: String,
    /// The local date of the purchase, which later changes keep.
    date: String,
    /// Its local hour, 0 to 23.
    hour: u8,
    card: &'static str,
    entry_mode: Option<&'static str>,
    currency: String,
    gross: String,
    net: String,
    /// A purchase is a visit, whatever becomes of it.
    visits: u8,
    customer: Option<String>,
}

#[derive(Debug, Serialize)]
struct ErasureValue {
    sequence: u64,
    customer: String,
}

/// Makes the records.
pub struct Consumption {
    journal: Reader,
    envelope: Envelope,
    zones: Zones,
    contracts: HashMap<u64, Arc<Contract>>,
    names: Option<PurchaseNames>,
}

impl Consumption {
    /// Of a partition.
    pub fn new(sources: &Sources, envelope: Envelope) -> Self {
        Self { journal: sources.journal.clone(), envelope, zones: Zones::default(), contracts: HashMap::new(), names: None }
    }

    fn contract(&mut self, number: u64) -> Result<Arc<Contract>, log::Error> {
        if let Some(contract) = self.contracts.get(&number) {
            return Ok(Arc::clone(contract));
        }
        let entry = self.journal.entry(number).map_err(|error| log::Error::new(error.code(), error.to_string()))?;
        let Some(Recorded { row, .. }) = entry else { return Err(log::Error::new(Code::Corrupt, format!("entry {number} is gone"))) };
        let Note::Contract { contract, .. } = row.note else {
            return Err(log::Error::new(Code::Corrupt, format!("entry {number} set no contract, and a payment says that it did")));
        };
        if self.contracts.len() >= CONTRACTS_MAX {
            self.contracts.clear();
        }
        let contract = Arc::new((*contract).clone());
        self.contracts.insert(number, Arc::clone(&contract));
        Ok(contract)
    }

    fn names(&mut self) -> Result<&PurchaseNames, log::Error> {
        if self.names.is_none() {
            self.names = PurchaseNames::open(&self.journal).map_err(|error| log::Error::new(Code::Corrupt, error.to_string()))?;
        }
        self.names.as_ref().ok_or_else(|| log::Error::new(Code::Corrupt, "a purchase before the ledger was opened"))
    }

    fn value(&mut self, entry: &Recorded, changed: &Changed<'_>) -> Result<Option<Vec<u8>>, log::Error> {
        let row = &entry.row;
        let (Some(Subject::Merchant(merchant)), Some(payment)) = (&row.subject, &row.payment) else { return Ok(None) };
        let facts = changed.facts;
        let contract = self.contract(facts.contract)?;
        let (date, hour) = self.zones.local(&contract.time_zone, changed.purchased_at);
        // Before the purchase there was no ticket, whatever a pre-authorisation held.
        let before = if changed.is_purchase { 0 } else { facts.net_before };
        let value = ConsumptionValue {
            sequence: entry.number,
            purchase: self.names()?.name(merchant, payment),
            merchant: merchant.to_string(),
            mcc: contract.mcc.clone(),
            region: contract.region.clone(),
            date: date.to_string(),
            hour,
            card: facts.instrument.card.as_str(),
            entry_mode: facts.instrument.entry_mode.map(|mode| mode.as_str()),
            currency: facts.currency.code().to_owned(),
            gross: amount(row.volumes.sales, facts.currency),
            net: amount(facts.net_after - before, facts.currency),
            visits: u8::from(changed.is_purchase),
            customer: facts.customer.map(|customer| format!("{:016x}", customer.bits())),
        };
        Ok(Some(json(&value)?))
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, log::Error> {
    serde_json::to_vec(value).map_err(|error| log::Error::new(Code::Corrupt, error.to_string()))
}

impl Render for Consumption {
    fn render(&mut self, entry: &Recorded, records: &mut Vec<Outgoing>) -> Result<(), log::Error> {
        let row = &entry.row;
        let (kind, value) = match (&row.outcome, &row.note, changed(row)) {
            (Outcome::Posted, Note::Erased { customer }, _) => {
                let value = ErasureValue { sequence: entry.number, customer: format!("{:016x}", customer.bits()) };
                (KIND_OF_ERASURE, Some(json(&value)?))
            }
            (_, _, Some(changed)) => (KIND, self.value(entry, &changed)?),
            (_, _, None) => return Ok(()),
        };
        if value.is_none() {
            return Ok(());
        }
        let headers = self.envelope.headers(self.envelope.ledger()?, kind, entry.number, row.occurred_at, JSON);
        records.push(Outgoing { key: key_of(entry).map(String::into_bytes), value, headers, ..Outgoing::default() });
        Ok(())
    }
}
