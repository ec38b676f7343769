//! The independent model: the accounting of one partition, written from the specification alone, to judge the service by.
//!
//! It is plain and slow on purpose: everything stays in memory, in big ordered maps, and money is `i128` minor units.
//! Read on in this order: [`money`], [`calendar`], [`event`], [`contract`] and [`pricing`] (what things are),
//! [`state`] (what is remembered), [`desk`] (how lines are written and money is drawn), `events` (what each type
//! posts), then here: how a record comes in, waits, and leaves. `README.md` lists what the specification left open.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod account;
pub mod calendar;
pub mod closed;
pub mod contract;
pub mod day;
pub mod desk;
pub mod event;
mod events;
pub mod ids;
pub mod invariants;
pub mod money;
pub mod park;
pub mod pricing;
pub mod purse;
pub mod report;
pub mod said;
pub mod state;
pub mod wallet;

use account::{Account, Line};
use calendar::Calendars;
use desk::{Desk, Stop};
use event::{Event, HOUSE};
use ids::{Claim, Fate, Ids};
use park::Parked;
use said::{Outcome, Said};
use schemas::money::Currency;
use schemas::time::Date;
use state::Merchant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An account of the trial balance.
pub type Place = (String, u16, Currency, Option<String>, Option<String>);

/// One partition.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The open business date.
    pub open: Option<Date>,
    /// Its calendars.
    pub calendars: Calendars,
    /// Its merchants, also those whose contract has not come.
    pub merchants: BTreeMap<String, Merchant>,
    /// Debits and credits of every account, since the beginning.
    pub accounts: BTreeMap<Place, (i128, i128)>,
    /// What waits, oldest first.
    pub park: Vec<Parked>,
    house_ids: Ids,
    control_ids: Ids,
}

impl Model {
    /// Takes the next record and answers what became of it, and of what had waited for it.
    pub fn apply(&mut self, offset: i64, bytes: &[u8]) -> Vec<Said> {
        let event = match self.read(offset, bytes) {
            Ok(event) => event,
            Err(said) => return vec![*said],
        };
        let mut all = Vec::new();
        match event.subject.as_deref() {
            None => self.control(&event, &mut all),
            Some(HOUSE) => self.house(&event, &mut all),
            Some(_) => self.merchant(&event, &mut all),
        }
        self.scan_park(&mut all);
        all
    }

    /// Reads a record, and sets it aside where it cannot be read or its id is taken.
    fn read(&self, offset: i64, bytes: &[u8]) -> Result<Event, Box<Said>> {
        let quarantined = |event: Option<&Event>, code: &str| Box::new(Said::new(offset, event, Outcome::Quarantined, Some(code), self.open));
        if let Err(unreadable) = schemas::decode::decode(bytes) {
            // Anything before the opening is `not_opened`, readable or not.
            return Err(quarantined(None, if self.open.is_some() { unreadable.code.as_str() } else { "not_opened" }));
        }
        let value = serde_json::from_slice(bytes).map_err(|_| quarantined(None, "malformed"))?;
        let event = Event::new(offset, value);
        match self.ids(&event).map_or(Claim::Free, |ids| ids.claim(&event.id, &event.value)) {
            Claim::Duplicate => return Err(Box::new(Said::new(offset, Some(&event), Outcome::Duplicate, None, self.open))),
            Claim::Conflict => return Err(quarantined(Some(&event), "conflict")),
            Claim::Free => {}
        }
        if self.open.is_some() == (event.kind == "ledger_opened") {
            return Err(quarantined(Some(&event), if self.open.is_some() { "already_opened" } else { "not_opened" }));
        }
        Ok(event)
    }

    fn ids(&self, event: &Event) -> Option<&Ids> {
        match event.subject.as_deref() {
            None => Some(&self.control_ids),
            Some(HOUSE) => Some(&self.house_ids),
            Some(merchant) => self.merchants.get(merchant).map(|merchant| &merchant.ids),
        }
    }

    fn control(&mut self, event: &Event, all: &mut Vec<Said>) {
        let date = event.date("date");
        let mut code = None;
        match event.kind.as_str() {
            "ledger_opened" => self.open = date,
            "calendar_set" => {
                let year = event.get("year").and_then(|year| year.as_i64()).and_then(|year| i16::try_from(year).ok()).unwrap_or(0);
                self.calendars.set(event.need("calendar"), year, event.dates("closed"), event.dates("open"));
            }
            "day_closed" if date == self.open => self.open = date.map(|date| date.plus_days(1)),
            "day_closed" => code = Some("wrong_date"),
            kind => unreachable!("the model knows no control event {kind}"),
        }
        let (outcome, fate) = if code.is_some() { (Outcome::Refused, Fate::Refused) } else { (Outcome::Posted, Fate::Posted) };
        self.control_ids.own(&event.id, &event.value, fate);
        all.push(Said::new(event.offset, Some(event), outcome, code, self.open));
        if event.kind == "day_closed" && code.is_none() {
            self.close_day(event, all);
        }
    }

    fn house(&mut self, event: &Event, all: &mut Vec<Said>) {
        if event.kind == "break_closed" && event.need("maker") == event.need("checker") {
            self.house_ids.own(&event.id, &event.value, Fate::Refused);
            return all.push(Said::new(event.offset, Some(event), Outcome::Refused, Some("same_maker_checker"), self.open));
        }
        self.house_ids.own(&event.id, &event.value, Fate::Posted);
        let lines = events::house::lines(event);
        self.book(&lines);
        all.push(Said { lines, ..Said::new(event.offset, Some(event), Outcome::Posted, None, self.open) });
    }

    fn merchant(&mut self, event: &Event, all: &mut Vec<Said>) {
        if event.kind == "report_line" {
            // It waits for nothing, not even its merchant's contract, and is refused for nothing.
            self.own(event, Fate::Posted);
            return all.push(Said::new(event.offset, Some(event), Outcome::Posted, None, self.open));
        }
        match self.attempt(event) {
            Err(waits_for) => {
                self.own(event, Fate::Parked);
                all.push(Said::new(event.offset, Some(event), Outcome::Parked, None, self.open));
                self.park.push(Parked { event: event.clone(), since: self.open, waits_for });
            }
            Ok(said) => all.push(said),
        }
    }

    /// Posts or refuses an event, or says what it waits for.
    fn attempt(&mut self, event: &Event) -> Result<Said, &'static str> {
        let Some(today) = self.open else { return Err("ledger_opened") };
        let name = event.subject.clone().unwrap_or_default();
        let merchant = self.merchants.entry(name.clone()).or_default();
        let mut desk = Desk { event, name: &name, merchant, today, calendars: &self.calendars, lines: Vec::new() };
        match events::handle(&mut desk) {
            Ok(()) => {
                desk.settle();
                let lines = desk.lines;
                self.book(&lines);
                self.own(event, Fate::Posted);
                let payment = event.text("payment").and_then(|id| self.merchants.get(&name)?.payments.get(id)).cloned().map(Arc::new);
                Ok(Said { lines, payment, ..Said::new(event.offset, Some(event), Outcome::Posted, None, self.open) })
            }
            Err(Stop::Refuse(code)) => {
                closed::close(desk.merchant, event);
                self.own(event, Fate::Refused);
                Ok(Said::new(event.offset, Some(event), Outcome::Refused, Some(code), self.open))
            }
            Err(Stop::Wait(what)) => Err(what),
        }
    }

    fn own(&mut self, event: &Event, fate: Fate) {
        let name = event.subject.clone().unwrap_or_default();
        self.merchants.entry(name).or_default().ids.own(&event.id, &event.value, fate);
    }

    /// Adds lines to the trial balance.
    fn book(&mut self, lines: &[Line]) {
        let place =
            |line: &Line, account: &Account| -> Place { (line.book.clone(), account.code, line.currency, account.party.clone(), account.detail.clone()) };
        for line in lines {
            self.accounts.entry(place(line, &line.debit)).or_default().0 += line.amount;
            self.accounts.entry(place(line, &line.credit)).or_default().1 += line.amount;
        }
    }
}
