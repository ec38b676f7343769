//! What customers do: sales, pre-authorisations, tips, voids, reversals, refunds, disputes.
//!
//! A purchase throws its dice once and plans its whole life: what happens to it today, and what on later dates.

use super::agenda::{Agenda, Taken, TerminalKey};
use super::calendar::{is_weekend, later};
use super::city::{City, Merchant};
use super::dice::Dice;
use super::event::{Ids, amount, event};
use super::trade::{ELECTRONICS, HOTEL, RESTAURANT};
use jiff::civil::Date;
use serde_json::{Value, json};

/// The moment at which nothing is sold any more; what follows a sale of the same day lies before midnight.
const LAST_SALE: u32 = 23 * 3600;

/// Plans purchases of one date.
pub struct Purchases<'a> {
    /// Who buys and sells.
    pub city: &'a City,
    /// Chance.
    pub dice: &'a mut Dice,
    /// Ids of events.
    pub ids: &'a mut Ids,
    /// Where everything is planned.
    pub agenda: &'a mut Agenda,
    /// The date.
    pub date: Date,
}

/// A payment while its life is planned.
struct Payment<'a> {
    merchant: &'a Merchant,
    id: String,
    terminal: TerminalKey,
    decimals: u8,
    amount: u64,
    date: Date,
    second: u32,
}

impl Payment<'_> {
    /// An event of it, with an amount where one is given.
    fn event(&self, ids: &mut Ids, event_type: &str, date: Date, second: u32, minor: Option<u64>) -> Value {
        let mut event = event(&ids.next(), event_type, &self.merchant.id, date, second);
        event["payment"] = json!(self.id);
        if let Some(minor) = minor {
            event["currency"] = json!(self.terminal.2);
            event["amount"] = json!(amount(minor, self.decimals));
        }
        event
    }

    /// What it adds to its terminal.
    fn taken(&self, count: i64, sum: i64) -> (TerminalKey, Taken) {
        (self.terminal.clone(), Taken { count, sum })
    }
}

impl Purchases<'_> {
    /// A customer goes shopping.
    pub fn purchase(&mut self) {
        let (customer, shop) = self.city.visit(self.dice, is_weekend(self.date));
        let (Some(customer), Some(merchant)) = (self.city.customers.get(customer), self.city.merchants.get(shop)) else { return };
        let trade = merchant.trade();
        let hour = trade.hours.get(self.dice.weighted(trade.hours.iter().map(|(_, weight)| *weight))).map_or(12, |(hour, _)| *hour);
        let second = (hour * 3600 + u32::try_from(self.dice.below(3600)).unwrap_or(0)).min(LAST_SALE);
        let (lowest, usual) = trade.price;
        let mut price = lowest + self.dice.below(usual - lowest) + self.dice.below(usual - lowest);
        if self.dice.chance(2) {
            price *= 4;
        }
        let terminal = merchant.terminals.get(self.dice.place(merchant.terminals.len())).cloned().unwrap_or_default();
        let (currency, decimals) = merchant.sale_currency();
        let terminal = (merchant.id.clone(), terminal, currency);
        let id = format!("P-{}", self.ids.next());
        let payment = Payment { merchant, id, terminal, decimals, amount: merchant.price(price).max(1), date: self.date, second };
        // Some pay as nobody: no token comes with every card. Whoever was forgotten may come back.
        let customer = (!self.dice.chance(12) && (!customer.erased || self.dice.chance(30))).then_some(customer.token.as_str());
        if merchant.trade == HOTEL && self.dice.chance(70) {
            self.stay(payment, customer);
        } else {
            self.sale(&payment, customer);
        }
    }

    fn sale(&mut self, payment: &Payment<'_>, customer: Option<&str>) {
        let (date, second, whole) = (payment.date, payment.second, payment.amount);
        let mut sale = payment.event(self.ids, "sale", date, second, Some(whole));
        self.paid_with(&mut sale, payment, customer);
        settled(&mut sale, payment.merchant);
        if payment.merchant.sells_in.is_none() && self.dice.per_mille(8) {
            // The upstream system priced it.
            let priced = |per_mille_of_percent: u64| amount(whole * per_mille_of_percent / 100_000, payment.decimals);
            sale["fees"] =
                json!([{"kind": "mdr", "amount": priced(620)}, {"kind": "interchange", "amount": priced(400)}, {"kind": "scheme", "amount": priced(33)}]);
        }
        let (terminal, taken) = payment.taken(1, signed(whole));
        self.agenda.plan_taking(date, second, &sale, terminal, taken);
        self.what_follows(payment);
    }

    fn what_follows(&mut self, payment: &Payment<'_>) {
        match self.dice.below(1000) {
            0..8 => self.undo(payment, "void"),
            8..13 => self.undo(payment, "reversal"),
            13..18 => self.reverse_a_part(payment),
            18..50 => self.refund(payment),
            50..57 => self.dispute(payment, 0),
            _ if payment.merchant.trade == RESTAURANT && self.dice.chance(15) => self.tip(payment),
            _ if payment.merchant.trade == ELECTRONICS && self.dice.chance(6) => {
                let second = payment.second + 300;
                let subsidy = payment.event(self.ids, "instalment_subsidy", payment.date, second, Some((payment.amount / 50).max(1)));
                self.agenda.plan(payment.date, second, &subsidy);
            }
            _ => {}
        }
    }

    fn undo(&mut self, payment: &Payment<'_>, event_type: &str) {
        let second = payment.second + self.seconds(30, 900);
        let event = payment.event(self.ids, event_type, payment.date, second, None);
        let (terminal, taken) = payment.taken(-1, -signed(payment.amount));
        self.agenda.plan_taking(payment.date, second, &event, terminal, taken);
    }

    fn reverse_a_part(&mut self, payment: &Payment<'_>) {
        let part = payment.amount * self.dice.between(10, 60) / 100;
        if part > 0 {
            let second = payment.second + self.seconds(30, 900);
            let event = payment.event(self.ids, "reversal", payment.date, second, Some(part));
            let (terminal, taken) = payment.taken(0, -signed(part));
            self.agenda.plan_taking(payment.date, second, &event, terminal, taken);
        }
    }

    fn tip(&mut self, payment: &Payment<'_>) {
        let tip = (payment.amount * self.dice.between(5, 15) / 100).max(1);
        let second = payment.second + self.seconds(60, 1500);
        let event = payment.event(self.ids, "tip_adjusted", payment.date, second, Some(tip));
        let (terminal, taken) = payment.taken(0, signed(tip));
        self.agenda.plan_taking(payment.date, second, &event, terminal, taken);
    }

    fn refund(&mut self, payment: &Payment<'_>) {
        let whole = self.dice.chance(50);
        let part = if whole { payment.amount } else { (payment.amount * self.dice.between(10, 70) / 100).max(1) };
        let (date, second) = (later(payment.date, self.days(1, 9)), self.seconds(10 * 3600, 20 * 3600));
        let refund = payment.event(self.ids, "refund", date, second, Some(part));
        self.agenda.plan(date, second, &refund);
        if self.dice.chance(8) {
            // The card's account is closed: the money comes back, and is sent again.
            let date = later(date, 1);
            let mut failed = payment.event(self.ids, "refund_failed", date, second, None);
            failed["refund"] = refund["id"].clone();
            self.agenda.plan(date, second, &failed);
            if self.dice.chance(60) {
                let date = later(date, 1);
                let again = payment.event(self.ids, "refund", date, second, Some(part));
                self.agenda.plan(date, second, &again);
            }
        } else if whole && self.dice.chance(3) {
            // Refunded and charged back all the same: more goes out than came in.
            self.dispute(payment, 10);
        }
    }

    fn dispute(&mut self, payment: &Payment<'_>, after_days: u32) {
        let mut date = later(payment.date, after_days + self.days(2, 8));
        let second = self.seconds(9 * 3600, 17 * 3600);
        let dispute = self.dice.chance(30).then(|| format!("D-{}", self.ids.next()));
        let of = |mut event: Value| {
            if let Some(dispute) = &dispute {
                event["dispute"] = json!(dispute);
            }
            event
        };
        let opened = self.dice.chance(60);
        if opened {
            let event = of(payment.event(self.ids, "dispute_opened", date, second, Some(payment.amount)));
            self.agenda.plan(date, second, &event);
            date = later(date, self.days(1, 3));
        }
        if opened && self.dice.chance(25) {
            let event = of(payment.event(self.ids, "dispute_won", date, second, None));
            self.agenda.plan(date, second, &event);
            return;
        }
        let mut charged = of(payment.event(self.ids, "chargeback", date, second, Some(payment.amount)));
        if payment.merchant.currency.0 == "CNY" {
            charged["dispute_fee"] = json!("20.00");
        }
        self.agenda.plan(date, second, &charged);
        if self.dice.chance(65) {
            date = later(date, self.days(1, 3));
            let event = of(payment.event(self.ids, "chargeback_represented", date, second, None));
            self.agenda.plan(date, second, &event);
        }
        // Some are not decided yet when the story ends.
        if self.dice.chance(75) {
            date = later(date, self.days(2, 6));
            let decided = self.dice.pick(["dispute_won", "dispute_won", "dispute_lost"]);
            let event = of(payment.event(self.ids, decided, date, second, None));
            self.agenda.plan(date, second, &event);
        }
    }

    /// A night or more in a hotel: an amount is reserved on the card, and captured on leaving.
    fn stay(&mut self, mut payment: Payment<'_>, customer: Option<&str>) {
        let (placed, arrived) = (payment.amount, payment.date);
        let mut event = payment.event(self.ids, "preauth_placed", arrived, payment.second, Some(placed));
        self.paid_with(&mut event, &payment, customer);
        self.agenda.plan(arrived, payment.second, &event);
        let nights = self.days(1, 3);
        let mut reserved = placed;
        if nights > 1 && self.dice.chance(25) {
            let (more, date) = ((placed / 4).max(1), later(arrived, 1));
            let event = payment.event(self.ids, "preauth_increased", date, 9 * 3600, Some(more));
            self.agenda.plan(date, 9 * 3600, &event);
            reserved += more;
        }
        (payment.date, payment.second) = (later(arrived, nights), self.seconds(8 * 3600, 12 * 3600));
        if self.dice.chance(12) {
            let event = payment.event(self.ids, "preauth_released", payment.date, payment.second, None);
            self.agenda.plan(payment.date, payment.second, &event);
            return;
        }
        payment.amount = (reserved * self.dice.between(70, 114) / 100).max(1);
        let mut event = payment.event(self.ids, "preauth_completed", payment.date, payment.second, Some(payment.amount));
        settled(&mut event, payment.merchant);
        let (terminal, taken) = payment.taken(1, signed(payment.amount));
        self.agenda.plan_taking(payment.date, payment.second, &event, terminal, taken);
        match self.dice.below(100) {
            0..4 => self.refund(&payment),
            4..5 => self.dispute(&payment, 0),
            _ => {}
        }
    }

    /// How it is paid, where, and by whom.
    fn paid_with(&mut self, event: &mut Value, payment: &Payment<'_>, customer: Option<&str>) {
        let (card, schemes) = match self.dice.below(20) {
            0..8 => ("debit", ["unionpay", "unionpay", "visa"]),
            8..14 => ("credit", ["unionpay", "visa", "mastercard"]),
            14..15 => ("prepaid", ["unionpay", "unionpay", "unionpay"]),
            _ => ("wallet", ["alipay", "wechat", "unionpay"]),
        };
        let entry_mode = if card == "wallet" {
            self.dice.pick(["qr", "qr", "mobile", "face"])
        } else {
            self.dice.pick(["insert", "tap", "tap", "swipe", "keyed", "credential_on_file"])
        };
        event["card"] = json!(card);
        event["scheme"] = json!(self.dice.pick(schemes));
        event["entry_mode"] = json!(entry_mode);
        event["terminal"] = json!(payment.terminal.1);
        if let Some(customer) = customer {
            event["customer"] = json!(customer);
        }
    }

    fn seconds(&mut self, first: u32, last: u32) -> u32 {
        u32::try_from(self.dice.between(first.into(), last.into())).unwrap_or(first)
    }

    fn days(&mut self, first: u32, last: u32) -> u32 {
        self.seconds(first, last)
    }
}

/// A merchant that is paid out in another currency tells the rate.
fn settled(event: &mut Value, merchant: &Merchant) {
    if let Some((_, _, rate)) = merchant.sells_in {
        event["settled_currency"] = json!(merchant.currency.0);
        event["rate"] = json!(rate);
    }
}

/// Prices are far below 2^63.
fn signed(minor: u64) -> i64 {
    i64::try_from(minor).unwrap_or(i64::MAX)
}
