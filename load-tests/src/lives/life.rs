//! A life being written: its dice, its merchants, and the model that says where things stand.

use super::dice::Dice;
use super::record::{Content, Record};
use super::terms;
use super::{disorder, disputes, everyday, market, money_moves, payments, refused, reports};
use crate::figures::Chronicle;
use crate::figures::exposure::batches;
use crate::model::Model;
use crate::model::state::{Merchant, Payment};
use schemas::event::EventType;
use schemas::time::Date;
use schemas::wire::field::Field;
use serde_json::{Value, json};

/// The most events that are held back at a time, to come in wrong order.
const HELD_BACK_MAX: usize = 12;

/// A life being written.
pub struct Life {
    pub(super) dice: Dice,
    pub(super) model: Model,
    /// The merchants' names, also of those whose contract is still to come.
    pub(super) names: Vec<String>,
    /// The merchant and payment that things happen to for a while.
    pub(super) focus: (String, String),
    /// Events that come later than they should.
    held_back: Vec<Value>,
    records: Vec<Record>,
    count: u64,
    objects: u64,
    /// Whether customers come back, and days go by quickly.
    is_market: bool,
}

impl Life {
    /// The records of a seed.
    pub fn records(seed: u64, events: usize) -> Vec<Record> {
        Self::written(seed, events, false)
    }

    /// The records of a seed in which there is something to tell of: customers who come back and go from shop to shop,
    /// several trades and regions, terms of risk, batches that are right, and many days.
    pub fn market(seed: u64, events: usize) -> Vec<Record> {
        Self::written(seed, events, true)
    }

    fn written(seed: u64, events: usize, is_market: bool) -> Vec<Record> {
        let mut life = Self {
            dice: Dice::new(seed),
            model: Model::default(),
            names: Vec::new(),
            focus: Default::default(),
            held_back: Vec::new(),
            records: Vec::new(),
            count: 0,
            objects: 0,
            is_market,
        };
        disorder::before_opening(&mut life);
        disorder::open(&mut life);
        life.people();
        while life.records.len() < events {
            if is_market && life.dice.chance(60) {
                market::step(&mut life);
            } else {
                life.step();
            }
        }
        life.records.truncate(events);
        life.records
    }

    fn people(&mut self) {
        let count = self.dice.between(6, 12);
        for index in 0..count {
            let prefix = self.dice.pick(&["M", "m-", "M1", "_", "a."]);
            let name = format!("{prefix}{index}");
            self.names.push(name.clone());
            // A few come without a contract; what is about them waits.
            if self.dice.chance(85) {
                self.set_contract(&name);
            }
        }
    }

    /// Sends a contract of the merchant, mostly the same flow and currency as before.
    pub(super) fn set_contract(&mut self, name: &str) {
        let mut contract = terms::contract(&mut self.dice, name);
        let before = self.model.merchants.get(name).and_then(|merchant| merchant.contract.clone());
        if let Some(before) = before.filter(|_| self.dice.chance(50)) {
            // Another currency would misread this one's amounts, so prices are taken only where it is the same.
            if contract["currency"] == before.currency.code() {
                contract["funds_flow"] = match &before.psp {
                    None => json!({"kind": "direct"}),
                    Some(psp) => json!({"kind": "via_psp", "psp": psp.id, "gateway": {"percent": "0.5"}, "channel": {"percent": "0.02"}}),
                };
            }
        }
        if self.is_market {
            market::terms(&mut self.dice, &mut contract);
        }
        let mut event = self.event("contract_set", name);
        event["contract"] = contract;
        self.send(event);
    }

    fn step(&mut self) {
        if self.dice.chance(12) {
            self.release_one();
        }
        if self.dice.chance(6) {
            self.new_focus();
        }
        match self.dice.below(100) {
            0..48 => payments::step(self),
            48..52 => refused::step(self),
            52..68 => disputes::step(self),
            68..86 => money_moves::step(self),
            86..91 => everyday::step(self),
            91..95 => reports::step(self),
            _ => disorder::step(self),
        }
    }

    /// Picks what things happen to for a while.
    fn new_focus(&mut self) {
        let name = self.some_merchant();
        let ids: Vec<String> = self.merchant(&name).map(|merchant| merchant.payments.keys().cloned().collect()).unwrap_or_default();
        let payment = self.dice.place(ids.len()).and_then(|place| ids.get(place).cloned());
        self.focus = (name, payment.unwrap_or_default());
    }

    fn release_one(&mut self) {
        if let Some(place) = self.dice.place(self.held_back.len()) {
            let event = self.held_back.remove(place);
            self.send(event);
        }
    }

    /// A merchant: often the one in focus.
    pub(super) fn some_merchant(&mut self) -> String {
        if self.dice.chance(45) && self.names.contains(&self.focus.0) { self.focus.0.clone() } else { self.dice.pick(&self.names.clone()) }
    }

    pub(super) fn merchant(&self, name: &str) -> Option<&Merchant> {
        self.model.merchants.get(name)
    }

    /// A payment of the merchant that fits, if there is one: the one in focus first, else late ones rather than early ones.
    pub(super) fn some_payment(&mut self, name: &str, fits: impl Fn(&Payment) -> bool) -> Option<Payment> {
        let payments = &self.model.merchants.get(name)?.payments;
        let fitting: Vec<&Payment> = payments.values().filter(|payment| fits(payment)).collect();
        let focused = fitting.iter().find(|payment| payment.id == self.focus.1 && name == self.focus.0);
        if let Some(payment) = focused.filter(|_| self.dice.chance(50)) {
            return Some((*payment).clone());
        }
        let late = fitting.len().saturating_sub(12);
        let from = if self.dice.chance(70) { fitting.get(late..)? } else { &fitting };
        self.dice.place(from.len()).map(|place| from[place].clone())
    }

    /// A new id for an object: in order of making, so that later objects sort last.
    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.objects += 1;
        format!("{prefix}{:05}", self.objects)
    }

    /// The open date; before the opening, some date.
    pub(super) fn today(&self) -> Date {
        self.model.open.unwrap_or(Date::from_days(20_000))
    }

    /// An event of a merchant, or a control event where the name is empty.
    pub(super) fn event(&mut self, kind: &str, name: &str) -> Value {
        self.count += 1;
        // Ids are a merchant's own: sometimes two merchants use the same.
        let id = if self.dice.chance(5) { format!("e{}", self.count.saturating_sub(self.dice.below(5))) } else { format!("e{}", self.count) };
        let (hour, minute) = (self.dice.below(24), self.dice.below(60));
        let mut event = json!({"id": id, "type": kind, "occurred_at": format!("{}T{hour:02}:{minute:02}:00+08:00", self.today())});
        if !name.is_empty() {
            event["merchant"] = json!(name);
        }
        let is_of_payment = EventType::from_name(kind).is_some_and(|kind| kind.rule().needs.contains(&Field::Payment));
        if is_of_payment && self.dice.chance(30) {
            // The outside names several events alike now and then.
            event["reference"] = json!(format!("{}{}", self.dice.pick(&["RRN", "t420000000000"]), self.dice.below(60)));
        }
        if !name.is_empty() && name != "@house" && self.dice.chance(2) {
            // It counts only where an event is about its merchant rather than a payment, hold or payout.
            event["book"] = json!(self.dice.pick(&["bank", "psp:psp-1", "psp:psp-2"]));
        }
        event
    }

    /// Sends an event: now, or, a few of them, later than it should.
    pub(super) fn send_or_hold(&mut self, event: Value) {
        if self.held_back.len() < HELD_BACK_MAX && self.dice.chance(6) {
            self.held_back.push(event);
        } else {
            self.send(event);
        }
    }

    /// Sends an event now.
    pub(super) fn send(&mut self, event: Value) {
        self.put(Content::Event(event));
    }

    /// Appends a record.
    pub(super) fn put(&mut self, content: Content) {
        // Offsets have gaps, as a log with transactions does.
        let next = self.records.last().map_or(0, |record| record.offset + 1);
        let offset = if self.dice.chance(2) { next + 2 } else { next };
        let record = Record { offset, content };
        self.model.apply(offset, &record.bytes());
        self.records.push(record);
    }

    /// What a terminal has done since its last batch, and 0 where a sum is below that.
    pub(super) fn batch_of(&self, name: &str, terminal: &str, currency: &str) -> (u64, u64) {
        let mut chronicle = Chronicle::default();
        for record in &self.records {
            chronicle.apply(&record.bytes());
        }
        let totals = batches::open(&chronicle);
        let found = totals.iter().find(|((merchant, at, of), _)| merchant == name && at == terminal && of.code() == currency);
        let (count, sum) = found.map(|(_, total)| *total).unwrap_or_default();
        (u64::try_from(count).unwrap_or(0), u64::try_from(sum).unwrap_or(0))
    }

    /// The records so far.
    pub(super) fn sent(&self) -> &[Record] {
        &self.records
    }
}
