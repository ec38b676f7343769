//! What the bank and the payment companies do for themselves: schemes settle, partners, taxes and companies are paid, fees
//! are swept; customers ask to be forgotten; terminals close their batches.

use super::agenda::{Agenda, BATCHES_AT};
use super::books::{Account, Books, is_merchants};
use super::calendar::is_business_day;
use super::city::{City, UNLICENSED_PSP};
use super::dice::Dice;
use super::event::{Ids, event};
use crate::node::HOUSE_KEY;
use jiff::civil::{Date, Weekday};
use schemas::money::{Currency, format_minor};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// When the house settles: after the day's first payouts.
const SETTLEMENT: u32 = 10 * 3600;
/// The day of the month on which taxes are paid.
const TAXES: i8 = 15;
/// What the company without a licence takes beyond its fees, in minor units: merchants' money.
const TAKEN_BEYOND_FEES: i128 = 400_000;
/// Batches that are told wrongly, of 1000.
const WRONG_BATCHES: u64 = 15;

/// Plans what the house does on one date.
pub struct House<'a> {
    /// Who sells and buys.
    pub city: &'a mut City,
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

impl House<'_> {
    /// Everything but batches.
    pub fn plan(&mut self) {
        if is_business_day(self.date) {
            self.schemes_settle();
            match self.date.weekday() {
                Weekday::Monday => self.pay("partner_paid", 2080, "partner"),
                Weekday::Wednesday => self.sweep_fees(),
                Weekday::Friday => self.pay("psp_paid_bank", 1045, "psp"),
                _ => {}
            }
        }
        if self.date.day() == TAXES {
            self.pay("tax_paid", 2090, "");
        }
        if self.dice.chance(40) {
            self.forget_a_customer();
        }
    }

    fn add(&mut self, event_type: &str, psp: Option<&str>, currency: &str, minor: i128, more: &[(&str, &str)]) {
        let Some(currency) = Currency::from_code(currency).filter(|_| minor > 0) else { return };
        let mut event = event(&self.ids.next(), event_type, HOUSE_KEY, self.date, SETTLEMENT);
        event["currency"] = json!(currency.code());
        event["amount"] = json!(format_minor(minor, currency));
        for (name, value) in psp.map(|psp| ("psp", psp)).iter().chain(more) {
            event[*name] = json!(value);
        }
        self.agenda.plan(self.date, SETTLEMENT, &event);
    }

    /// Schemes pay what they owed in the morning.
    fn schemes_settle(&mut self) {
        let books = self.books;
        for Account { psp, currency, party, balance, .. } in books.accounts.iter().filter(|account| account.code == 1010) {
            if let Some(scheme) = party {
                self.add("scheme_settled", psp.as_deref(), currency, *balance, &[("scheme", scheme)]);
            }
        }
    }

    /// Pays what an account owes to each of its parties.
    fn pay(&mut self, event_type: &str, code: u16, party_field: &str) {
        let books = self.books;
        for Account { psp, currency, party, balance, .. } in books.accounts.iter().filter(|account| account.code == code) {
            // What others owe is debit-balanced, what we owe is credit-balanced.
            let minor = if code == 1045 { *balance } else { -*balance };
            match party {
                Some(party) => self.add(event_type, psp.as_deref(), currency, minor, &[(party_field, party)]),
                None if party_field.is_empty() => self.add(event_type, psp.as_deref(), currency, minor, &[]),
                None => {}
            }
        }
    }

    /// A payment company takes its fees out of the reserve: what is there beyond merchants' money. One takes more.
    fn sweep_fees(&mut self) {
        let mut beyond = BTreeMap::<(String, String), i128>::new();
        let mut cash = BTreeMap::<(String, String), i128>::new();
        for account in &self.books.accounts {
            let Some(psp) = &account.psp else { continue };
            let key = (psp.clone(), account.currency.clone());
            if is_merchants(account.code) || matches!(account.code, 1010 | 1030 | 2130) {
                // Liabilities have negative balances, so the sum is what is left.
                *beyond.entry(key.clone()).or_default() += account.balance;
            }
            if account.code == 1030 {
                *cash.entry(key).or_default() += account.balance;
            }
        }
        for ((psp, currency), left) in beyond {
            let there = cash.get(&(psp.clone(), currency.clone())).copied().unwrap_or(0);
            let wanted = if psp == UNLICENSED_PSP && self.date.day() > 7 { left.max(0) + TAKEN_BEYOND_FEES } else { left * 9 / 10 };
            self.add("fees_swept", None, &currency, wanted.min(there), &[("psp", &psp)]);
        }
    }

    fn forget_a_customer(&mut self) {
        let place = self.dice.place(self.city.customers.len());
        let Some(customer) = self.city.customers.get_mut(place) else { return };
        customer.erased = true;
        let mut erased: Value = event(&self.ids.next(), "customer_erased", HOUSE_KEY, self.date, SETTLEMENT + 3600);
        erased["customer"] = json!(customer.token);
        self.agenda.plan(self.date, SETTLEMENT + 3600, &erased);
    }

    /// Every terminal tells what it took since its last batch. To be called when the day is otherwise planned.
    pub fn close_batches(&mut self) {
        for ((merchant, terminal, currency), taken) in self.agenda.taken(self.date) {
            // A terminal whose voids outweigh its sales cannot tell a negative number; it tells what it can.
            let (mut count, sum) = (taken.count.max(0), taken.sum.max(0));
            if self.dice.per_mille(WRONG_BATCHES) {
                count += 1;
            }
            let mut batch = event(&self.ids.next(), "batch_closed", &merchant, self.date, BATCHES_AT);
            let sum = Currency::from_code(currency).map(|currency| format_minor(i128::from(sum), currency)).unwrap_or_default();
            for (name, value) in [("terminal", json!(terminal)), ("count", json!(count)), ("sum", json!(sum)), ("currency", json!(currency))] {
                batch[name] = value;
            }
            self.agenda.plan(self.date, BATCHES_AT, &batch);
        }
    }
}
