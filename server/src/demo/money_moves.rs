//! What happens to merchants' money beside purchases: payouts, holds, early releases, fees, debts, adjustments.

use super::agenda::Agenda;
use super::books::{Books, Funds};
use super::calendar::{is_business_day, later};
use super::city::{City, Merchant};
use super::dice::Dice;
use super::event::{Ids, amount, event};
use super::terms::{pays_monthly, settles_early};
use jiff::civil::Date;
use schemas::contract::Model;
use serde_json::{Value, json};

/// The smallest payout, in minor units.
const PAYOUT_MIN: u64 = 5_000;
/// The moments of a day: the day's payouts are decided in the morning and told by other banks in the afternoon.
const MORNING: u32 = 9 * 3600;
const AFTERNOON: u32 = 15 * 3600;
/// Fees are charged after the day's payouts, so that some merchants owe them until they sell again.
const CHARGED_AT: u32 = 16 * 3600;
/// Days of a month on which merchants are charged, helped, and adjusted.
const MONTHLY_FEE: i8 = 5;
const MAINTENANCE: i8 = 8;
const RENTAL: i8 = 10;
const WAIVERS: i8 = 12;
const TIERS: i8 = 16;

/// Plans the money moves of one date.
pub struct MoneyMoves<'a> {
    /// Whose money.
    pub city: &'a City,
    /// What the ledger says.
    pub books: &'a Books,
    /// Chance.
    pub dice: &'a mut Dice,
    /// Ids of events.
    pub ids: &'a mut Ids,
    /// Where everything is planned.
    pub agenda: &'a mut Agenda,
    /// The date.
    pub date: Date,
}

impl MoneyMoves<'_> {
    /// Everything for every merchant.
    pub fn plan(&mut self) {
        let city = self.city;
        for (place, merchant) in city.merchants.iter().enumerate() {
            let funds = self.books.of(place);
            if is_business_day(self.date) {
                self.hold_and_pay(merchant, funds);
                self.debts(merchant, funds);
            }
            self.early_release(merchant, funds);
            self.monthly(merchant);
            if self.dice.per_mille(4) {
                self.adjustment(merchant);
            }
        }
    }

    fn event(&mut self, merchant: &Merchant, event_type: &str, date: Date, second: u32, minor: Option<u64>) -> Value {
        let mut event = event(&self.ids.next(), event_type, &merchant.id, date, second);
        if let Some(minor) = minor {
            event["currency"] = json!(merchant.currency.0);
            event["amount"] = json!(amount(minor, merchant.currency.1));
        }
        event
    }

    /// Plans an event of today about nothing but an amount.
    fn simple(&mut self, merchant: &Merchant, event_type: &str, second: u32, minor: u64) {
        if minor > 0 {
            let event = self.event(merchant, event_type, self.date, second, Some(minor));
            self.agenda.plan(self.date, second, &event);
        }
    }

    fn hold_and_pay(&mut self, merchant: &Merchant, funds: Funds) {
        let mut payable = funds.available.saturating_sub(funds.owed);
        if payable > PAYOUT_MIN && self.dice.per_mille(40) {
            let sweeps = self.dice.chance(25);
            let held = if sweeps { payable * 2 } else { payable * self.dice.between(10, 40) / 100 };
            self.hold(merchant, held, sweeps);
            payable = payable.saturating_sub(held);
        }
        if funds.reserved > PAYOUT_MIN && self.dice.per_mille(8) {
            self.simple(merchant, "reserve_released", MORNING + 900, funds.reserved / 10);
        }
        // Once in a while a merchant leaves its money for the next day.
        if payable < PAYOUT_MIN || self.dice.chance(6) {
            return;
        }
        let payout = format!("O-{}", self.ids.next());
        let mut initiated = self.event(merchant, "payout_initiated", self.date, MORNING + 1800, Some(payable));
        initiated["payout"] = json!(payout);
        initiated["destination"] = json!(format!("account-of-{}", merchant.id));
        self.agenda.plan(self.date, MORNING + 1800, &initiated);
        let told = |moves: &mut Self, event_type: &str, days: u32| {
            let date = later(moves.date, days);
            let mut event = moves.event(merchant, event_type, date, AFTERNOON, None);
            event["payout"] = json!(payout);
            moves.agenda.plan(date, AFTERNOON, &event);
        };
        match self.dice.below(100) {
            0..3 => told(self, "payout_failed", 0),
            3..5 => {
                told(self, "payout_paid", 0);
                told(self, "payout_returned", 1);
                // The right account is found, and what came back may be paid again.
                let date = later(self.date, self.days(3, 8));
                let mut released = self.event(merchant, "hold_released", date, MORNING, None);
                released["hold"] = json!(payout);
                self.agenda.plan(date, MORNING, &released);
            }
            // Some banks tell a day later, so that there is money in transit.
            5..12 => told(self, "payout_paid", 1),
            _ => told(self, "payout_paid", 0),
        }
    }

    fn hold(&mut self, merchant: &Merchant, minor: u64, sweeps: bool) {
        let hold = format!("H-{}", self.ids.next());
        let reason = self.dice.pick(["risk", "risk", "legal", "legal", "kyc"]);
        let days = self.days(2, 14);
        let mut placed = self.event(merchant, "hold_placed", self.date, MORNING, Some(minor.max(1)));
        placed["hold"] = json!(hold);
        placed["reason"] = json!(reason);
        placed["expected_release"] = json!(later(self.date, days).to_string());
        if sweeps {
            placed["sweep"] = json!(true);
        }
        self.agenda.plan(self.date, MORNING, &placed);
        let date = later(self.date, days + self.days(0, 3));
        let seized = reason == "legal" && self.dice.chance(50);
        let mut ends = self.event(merchant, if seized { "hold_seized" } else { "hold_released" }, date, MORNING, None);
        ends["hold"] = json!(hold);
        if seized {
            ends["order"] = json!(format!("court-order-{}", self.dice.between(1000, 9999)));
        }
        self.agenda.plan(date, MORNING, &ends);
    }

    fn debts(&mut self, merchant: &Merchant, funds: Funds) {
        if funds.owed > 0 {
            match self.dice.below(100) {
                0..40 => self.simple(merchant, "debt_repaid", MORNING + 3600, (funds.owed / 2).max(1)),
                40..80 => self.simple(merchant, "debt_written_off", MORNING + 3600, (funds.owed / 4).max(1)),
                _ => {}
            }
        }
    }

    fn early_release(&mut self, merchant: &Merchant, funds: Funds) {
        if settles_early(merchant) && funds.pending > PAYOUT_MIN && self.dice.chance(6) {
            self.simple(merchant, "early_release", MORNING + 5400, funds.pending / 2);
        }
    }

    fn monthly(&mut self, merchant: &Merchant) {
        let every = |count: u32| merchant.number.is_multiple_of(count);
        let yuan = |count: u64| merchant.price(count * 100);
        match self.date.day() {
            MONTHLY_FEE if pays_monthly(merchant) => self.charge(merchant, "monthly", yuan(30), false),
            RENTAL if every(2) => self.charge(merchant, "rental", yuan(10), true),
            RENTAL if every(17) => self.charge(merchant, "other", yuan(5), false),
            MAINTENANCE if merchant.model == Model::JointBuild => {
                let due = self.event(merchant, "maintenance_due", self.date, MORNING, None);
                self.agenda.plan(self.date, MORNING, &due);
            }
            WAIVERS if pays_monthly(merchant) && every(6) => self.simple(merchant, "fee_waived", MORNING, yuan(30)),
            TIERS if every(7) || every(10) => {
                let mut event = self.event(merchant, "tier_adjusted", self.date, MORNING, Some(yuan(8)));
                event["direction"] = json!(if every(7) { "rebate" } else { "surcharge" });
                self.agenda.plan(self.date, MORNING, &event);
            }
            _ => {}
        }
    }

    fn charge(&mut self, merchant: &Merchant, fee: &str, minor: u64, of_terminal: bool) {
        let mut charged = self.event(merchant, "fee_charged", self.date, CHARGED_AT, Some(minor.max(1)));
        charged["fee"] = json!(fee);
        if let (true, Some(terminal)) = (of_terminal, merchant.terminals.first()) {
            charged["terminal"] = json!(terminal);
        }
        self.agenda.plan(self.date, CHARGED_AT, &charged);
    }

    fn adjustment(&mut self, merchant: &Merchant) {
        let second = MORNING + 7200;
        let minor = merchant.price(self.dice.between(100, 5_000)).max(1);
        let mut event = self.event(merchant, "adjustment", self.date, second, Some(minor));
        event["direction"] = json!(self.dice.pick(["credit", "debit"]));
        event["maker"] = json!("operations-1");
        // Now and then somebody tries to approve alone, and is refused.
        event["checker"] = json!(self.dice.pick(["operations-2", "operations-3", "operations-2", "operations-1"]));
        event["reason"] = json!("difference found in reconciliation");
        self.agenda.plan(self.date, second, &event);
    }

    fn days(&mut self, first: u32, last: u32) -> u32 {
        u32::try_from(self.dice.between(first.into(), last.into())).unwrap_or(first)
    }
}
