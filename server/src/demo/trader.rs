//! The trader: plays one day after the other into the log.
//!
//! First some weeks of history, as fast as the ledger takes them, so that answers are full within seconds; then days on a
//! fast clock. Each morning it waits until the views have the night's day close and reads the balances, so what it pays is
//! what the ledger says may be paid. One thread; bounds: the events of a day ([`EVENTS_PER_DAY_MAX`]), every wait.

use super::agenda::Agenda;
use super::board::{Board, Phase};
use super::books::Books;
use super::calendar;
use super::city::{City, Merchant};
use super::dice::Dice;
use super::disorder;
use super::event::{DAY_SECONDS, Ids, Planned, Record, TIME_ZONE, Target, event};
use super::gate::Gate;
use super::house::House;
use super::money_moves::MoneyMoves;
use super::purchases::Purchases;
use super::reporters::Reporters;
use super::terms::contract_set;
use super::{EXAMPLE_EVENT, EXAMPLE_PAYMENT, EXAMPLE_PAYOUT, Settings};
use crate::node::{Error, Node, Scope};
use crate::shape::Position;
use jiff::civil::Date;
use ledger::entry::Outcome;
use ledger::shard::State;
use schemas::ids::EventId;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most events of a day.
pub const EVENTS_PER_DAY_MAX: u64 = 200_000;
/// The most of a day of history, so that weeks of it take seconds.
const HISTORY_EVENTS_PER_DAY_MAX: u64 = 3_000;
/// Of 100 events, those that are purchases; the others follow from them.
const PURCHASES_PERCENT: u64 = 75;
/// Which chance is the reporters', by the day of the year.
const REPORTERS: u64 = 1_000;
/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(50);
/// Between two looks at shards that are not ready yet.
const LOOK: Duration = Duration::from_millis(20);
/// How long the log and its shards may take until they follow.
const OPENING_WAIT_MAX: Duration = Duration::from_secs(300);
/// How long the views may take until they have a day close.
const BOOKS_WAIT_MAX: Duration = Duration::from_secs(60);
/// The event by which that payment is disputed, so that there is a dispute to be found.
const EXAMPLE_DISPUTE: &str = "01JDY2M7Q5";
/// The sale that went astray.
const EXAMPLE_ASTRAY: &str = "01JDY2M7Q3";
/// The second of the day at which the payment of the document's examples is sold: a quarter past ten.
const EXAMPLE_AT: u32 = 10 * 3600 + 15 * 60;
/// The id of the event that opens a demonstration's ledger, by which it is known again.
const OPENED: &str = "demo-opened";
/// When contracts were signed.
const SIGNED: Date = Date::constant(2026, 11, 1);

/// Plays days.
pub struct Trader {
    node: Arc<Node>,
    board: Arc<Board>,
    gate: Gate,
    settings: Settings,
    city: City,
    dice: Dice,
    ids: Ids,
    agenda: Agenda,
}

impl Trader {
    /// A trader of a city, who has not begun.
    pub fn new(node: Arc<Node>, board: Arc<Board>, settings: Settings) -> Self {
        let gate = Gate::new(Arc::clone(&node), Arc::clone(&board));
        let (city, dice) = (City::new(settings.seed, settings.merchants), Dice::new(settings.seed, 1));
        let ids = Ids::new(format!("d{}", settings.seed));
        Self { node, board, gate, settings, city, dice, ids, agenda: Agenda::default() }
    }

    /// Plays until it is told to stop, or as many days as were asked for.
    pub fn run(mut self) {
        let failure = self.play().err().map(|error| error.to_string());
        if let Some(failure) = &failure {
            tracing::error!(failure, "the city stands still");
        }
        self.board.end(failure);
    }

    fn play(&mut self) -> Result<(), Error> {
        let Some(found) = self.open()? else { return Ok(()) };
        let history = if found.is_none() { self.settings.history_days } else { 0 };
        let mut date = found.unwrap_or(self.settings.from);
        let mut day = 0;
        while self.settings.days.is_none_or(|days| day < days) {
            let live = day >= history;
            self.board.tell(|told| {
                told.phase = if live { Phase::Live } else { Phase::History };
                told.date = Some(date.to_string());
            });
            let plan = self.plan(date, live)?;
            if !self.trade(&plan, live)? {
                return Ok(());
            }
            let close = json!({"id": self.ids.next(), "type": "day_closed", "date": date.to_string()});
            let positions = self.gate.send([Record::of(&close)].iter())?;
            if !self.reached(&positions)? {
                return Ok(());
            }
            day += 1;
            self.board.tell(|told| told.days = day);
            // Somebody else may have closed a day, too.
            date = self.open_date().unwrap_or_else(|| calendar::later(date, 1));
        }
        Ok(())
    }

    /// Waits for the shards and opens the ledger where it is not open. Answers the date that was open before, if any;
    /// nothing at all where it was told to stop.
    fn open(&mut self) -> Result<Option<Option<Date>>, Error> {
        let deadline = Instant::now() + OPENING_WAIT_MAX;
        loop {
            let statuses = self.node.statuses();
            if let Some(halted) = statuses.iter().find(|status| status.state == State::Halted && !self.may_come(status.code)) {
                return Err(Error::Unavailable { partition: halted.partition, code: halted.code, detail: halted.detail.clone().unwrap_or_default() });
            }
            if !statuses.is_empty() && statuses.iter().all(|status| status.state == State::Following && status.lag == 0) {
                break;
            }
            if Instant::now() > deadline {
                return Err(self.node.trouble().map_or(Error::NoLog, Error::Log));
            }
            if self.board.pause(LOOK) {
                return Ok(None);
            }
        }
        let found = self.open_date();
        if found.is_some() && !self.settings.anywhere && !self.opened_by_a_demo()? {
            return Err(Error::Failed(format!(
                "this ledger is not a demonstration's: {} merchants would be added to it, and its days closed. Nothing was changed. \
                 Name another --data directory (with Kafka another --topic, too), or say --yes",
                self.city.merchants.len()
            )));
        }
        // Ids of this run differ from those of runs before it on the same log.
        let records = self.node.places().iter().map(|place| self.node.log().watermarks(place.partition()).map(|marks| marks.high)).sum::<Result<i64, _>>()?;
        self.ids = Ids::new(format!("d{}-{records:x}", self.settings.seed));
        let mut records = Vec::new();
        if found.is_none() {
            records.push(Record::of(&json!({"id": OPENED, "type": "ledger_opened", "date": self.settings.from.to_string(), "time_zone": TIME_ZONE})));
            records.extend(self.city.merchants.first().map(|first| self.astray(first)));
        }
        records.extend(self.example_records(found.is_none()).iter().map(Record::of));
        let positions = self.gate.send(records.iter())?;
        Ok(self.reached(&positions)?.then_some(found))
    }

    /// A sale that comes to another merchant's partition, right after the opening: so it lies at [`super::EXAMPLE_SET_ASIDE`].
    fn astray(&self, merchant: &Merchant) -> Record {
        let mut sale = self.example_sale(EXAMPLE_ASTRAY, merchant);
        sale["payment"] = json!(format!("P-{EXAMPLE_ASTRAY}"));
        Record { target: Target::Astray(merchant.id.clone()), value: sale.to_string().into_bytes() }
    }

    fn example_sale(&self, id: &str, merchant: &Merchant) -> Value {
        let mut sale = event(id, "sale", &merchant.id, self.settings.from, EXAMPLE_AT);
        for (name, value) in [("payment", EXAMPLE_PAYMENT), ("terminal", "T0000017"), ("amount", "128.50"), ("currency", merchant.currency.0)] {
            sale[name] = json!(value);
        }
        for (name, value) in [("card", "debit"), ("scheme", "unionpay"), ("entry_mode", "insert"), ("customer", "c_9f2c")] {
            sale[name] = json!(value);
        }
        sale
    }

    /// Calendars, contracts, and in a `new` ledger what the examples of the API's document name.
    fn example_records(&mut self, new: bool) -> Vec<Value> {
        let mut records = calendar::events();
        records.extend(self.city.merchants.iter().map(|merchant| contract_set(merchant, SIGNED, &self.settings.seed.to_string())));
        if let Some(first) = self.city.merchants.first().filter(|_| new) {
            records.push(self.example_sale(EXAMPLE_EVENT, first));
            let mut dispute = event(EXAMPLE_DISPUTE, "dispute_opened", &first.id, self.settings.from, EXAMPLE_AT);
            for (name, value) in [("payment", EXAMPLE_PAYMENT), ("amount", "28.50"), ("currency", first.currency.0)] {
                dispute[name] = json!(value);
            }
            records.push(dispute);
            // A part of it is paid out at once, so that there is a payout to look into.
            for (kind, payout) in [("early_release", false), ("payout_initiated", true), ("payout_paid", true)] {
                let mut moved = event(&self.ids.next(), kind, &first.id, self.settings.from, EXAMPLE_AT);
                (moved["amount"], moved["currency"]) = (json!(if payout { "20.00" } else { "28.50" }), json!(first.currency.0));
                if payout {
                    moved["payout"] = json!(EXAMPLE_PAYOUT);
                }
                records.push(moved);
            }
        }
        records
    }

    /// Whether the ledger was opened by a demonstration, this one or one before it.
    fn opened_by_a_demo(&self) -> Result<bool, Error> {
        let Some(id) = EventId::new(OPENED) else { return Ok(false) };
        let found = self.node.find_event(Some(&Scope::Partition), &id)?;
        Ok(found.iter().any(|found| matches!(found.recorded.row.outcome, Outcome::Posted)))
    }

    /// Kafka may be away for a while; whatever else halts a shard needs an operator.
    fn may_come(&self, code: Option<&str>) -> bool {
        self.node.config().brokers.is_some() && code == Some(ledger::log::Code::KafkaUnreachable.as_str())
    }

    fn open_date(&self) -> Option<Date> {
        self.node.statuses().iter().filter_map(|status| status.business_date).max().map(schemas::time::Date::to_civil)
    }

    /// Waits until the views have these positions. Whether it may go on.
    fn reached(&self, positions: &[Position]) -> Result<bool, Error> {
        let deadline = Instant::now() + BOOKS_WAIT_MAX;
        let there = |position: &Position| self.node.place(position.partition).is_some_and(|place| place.progress().now().viewed > position.offset);
        while let Some(missing) = positions.iter().find(|position| !there(position)) {
            if Instant::now() > deadline {
                let reached = self.node.place(missing.partition).map_or(-1, |place| place.progress().now().viewed - 1);
                if self.node.config().brokers.is_none() {
                    return Err(Error::NotCaughtUp { partition: missing.partition, asked: missing.offset, reached });
                }
                // Kafka may be away; the day goes on with what is known.
                tracing::warn!(partition = missing.partition, "the views are behind");
                return Ok(true);
            }
            if self.board.pause(LOOK) {
                return Ok(false);
            }
        }
        Ok(!self.board.pause(Duration::ZERO))
    }

    fn plan(&mut self, date: Date, live: bool) -> Result<Vec<Planned>, Error> {
        let books = Books::read(&self.node, &self.city)?;
        let Self { node, city, dice, ids, agenda, settings, .. } = self;
        // Chance of their own: the city trades the same whether anybody reports of it or not.
        let mut chance = Dice::new(settings.seed, REPORTERS + u64::from(date.day_of_year().unsigned_abs()));
        Reporters { node, dice: &mut chance, ids, agenda, date }.plan()?;
        MoneyMoves { city, books: &books, dice, ids, agenda, date }.plan();
        House { city, books: &books, dice, ids, agenda, date }.plan();
        let day_max = if live { EVENTS_PER_DAY_MAX } else { HISTORY_EVENTS_PER_DAY_MAX };
        let events = settings.rate.saturating_mul(settings.day_seconds).clamp(1, day_max);
        let mut purchases = Purchases { city, dice, ids, agenda, date };
        for _ in 0..events * PURCHASES_PERCENT / 100 {
            purchases.purchase();
        }
        disorder::plan(city, dice, ids, agenda, date);
        House { city, books: &books, dice, ids, agenda, date }.close_batches();
        let mut plan = agenda.take(date);
        disorder::send_again(dice, &mut plan);
        Ok(plan)
    }

    /// Sends a day's plan, at once or on the clock. Whether it was not told to stop.
    fn trade(&self, plan: &[Planned], live: bool) -> Result<bool, Error> {
        if !live {
            self.gate.send(plan.iter().map(|planned| &planned.record))?;
            return Ok(!self.board.pause(Duration::ZERO));
        }
        let (begun, day) = (Instant::now(), Duration::from_secs(self.settings.day_seconds.max(1)));
        let mut left = plan;
        loop {
            let elapsed = begun.elapsed();
            // A day is below 2^32 milliseconds, and so is what passed of it.
            let second = u32::try_from(elapsed.as_millis() * u128::from(DAY_SECONDS) / day.as_millis()).unwrap_or(DAY_SECONDS);
            let (due, later) = left.split_at(left.partition_point(|planned| planned.second <= second));
            self.gate.send(due.iter().map(|planned| &planned.record))?;
            left = later;
            if self.board.pause(TICK.min(day.saturating_sub(elapsed))) {
                return Ok(false);
            }
            if elapsed >= day {
                return Ok(true);
            }
        }
    }
}
