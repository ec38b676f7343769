//! Everything that was ever posted, refused or parked, in order, each entry with its event.

use super::entry::Entry;
use super::payment_facts::Facts;
use super::terms::Terms;
use crate::model::Model;
use crate::model::event::Event;
use crate::model::said::Outcome;
use crate::model::state::Payment;
use schemas::time::Date;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A payment of a merchant.
pub type PaymentName = (String, String);

/// The life so far.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    /// The model after the last record.
    pub model: Model,
    /// Every entry.
    pub entries: Vec<Entry>,
    /// Every record, so that the model of an earlier moment can be had again.
    records: Vec<Vec<u8>>,
    events: BTreeMap<i64, Arc<Event>>,
    in_force: BTreeMap<String, Arc<Terms>>,
    versions: BTreeMap<(String, String), Arc<Terms>>,
    payments: BTreeMap<PaymentName, Arc<Payment>>,
    facts: BTreeMap<PaymentName, Facts>,
}

impl Chronicle {
    /// Takes the next record; its offset is how many there were. Answers how many entries it made.
    pub fn apply(&mut self, bytes: &[u8]) -> usize {
        let at = i64::try_from(self.records.len()).unwrap_or(i64::MAX);
        self.records.push(bytes.to_vec());
        if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
            self.events.insert(at, Arc::new(Event::new(at, value)));
        }
        let all = self.model.apply(at, bytes);
        let count = all.len();
        for said in all {
            let event = self.events.get(&said.offset).cloned();
            let merchant = said.subject.clone().unwrap_or_default();
            if let (Some(event), "contract_set", Outcome::Posted) = (&event, said.kind.as_deref().unwrap_or_default(), said.outcome)
                && let Some(terms) = Terms::read(event).map(Arc::new)
            {
                self.versions.insert((merchant.clone(), event.id.clone()), terms.clone());
                self.in_force.insert(merchant.clone(), terms);
            }
            let mut entry = Entry { at, in_force: self.in_force.get(&merchant).cloned(), before: None, event, said };
            if let Some(payment) = entry.said.payment.clone() {
                let name = (merchant, payment.id.clone());
                self.facts.entry(name.clone()).or_default().note(&entry);
                entry.before = self.payments.insert(name, payment);
            }
            self.entries.push(entry);
        }
        count
    }

    /// The offset of the last record; -1 before the first.
    pub fn position(&self) -> i64 {
        i64::try_from(self.records.len()).unwrap_or(i64::MAX) - 1
    }

    /// The open date.
    pub fn today(&self) -> Date {
        self.model.open.unwrap_or(Date::from_days(0))
    }

    /// Entries that were posted.
    pub fn posted(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_posted())
    }

    /// Every date that was closed, with the position of the last record before its close.
    pub fn closed(&self) -> Vec<(Date, i64)> {
        let closes = self.posted().filter(|entry| entry.kind() == "day_closed" && entry.said.subject.is_none());
        closes.filter_map(|entry| Some((entry.event.as_ref()?.date("date")?, entry.at - 1))).collect()
    }

    /// The model as it was after the record at a position.
    pub fn model_at(&self, position: i64) -> Model {
        let mut model = Model::default();
        for (offset, bytes) in (0..=position).zip(&self.records) {
            model.apply(offset, bytes);
        }
        model
    }

    /// The life as it was after the record at a position.
    pub fn until(&self, position: i64) -> Self {
        let mut earlier = Self::default();
        for (_, bytes) in (0..=position).zip(&self.records) {
            earlier.apply(bytes);
        }
        earlier
    }

    /// The contract of a merchant that is in force, or was after the record at a position.
    pub fn contract_at(&self, merchant: &str, position: i64) -> Option<Arc<Terms>> {
        let mut sets = self.posted().filter(|entry| entry.at <= position && entry.kind() == "contract_set" && entry.merchant() == Some(merchant));
        sets.next_back().and_then(|entry| entry.in_force.clone())
    }

    /// The contract in force.
    pub fn contract(&self, merchant: &str) -> Option<&Arc<Terms>> {
        self.in_force.get(merchant)
    }

    /// Merchants that have a contract.
    pub fn merchants(&self) -> Vec<String> {
        self.in_force.keys().cloned().collect()
    }

    /// Every payment that came to be.
    pub fn payments(&self) -> impl Iterator<Item = (&PaymentName, &Arc<Payment>)> {
        self.payments.iter()
    }

    /// What the sale of a payment pinned.
    pub fn facts(&self, name: &PaymentName) -> Option<&Facts> {
        self.facts.get(name)
    }

    /// The contract that a payment is priced by, in full.
    pub fn terms_of(&self, merchant: &str, payment: &Payment) -> Option<&Arc<Terms>> {
        self.versions.get(&(merchant.to_owned(), payment.contract.version.clone()))
    }
}
