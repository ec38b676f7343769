//! Purchases as they stand now.

use crate::figures::chronicle::{Chronicle, PaymentName};
use crate::figures::entry::Entry;
use schemas::money::Currency;
use schemas::time::{Date, OccurredAt};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Everything that purchases can be grouped and filtered by.
pub const KEYS: &[&str] = &["day", "week", "month", "weekday", "hour", "merchant", "mcc", "region", "card", "entry_mode"];

/// A sale or a completed pre-authorisation, whatever became of it.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Where it was.
    pub merchant: String,
    /// The merchant category that its sale pinned.
    pub mcc: String,
    /// The region.
    pub region: Option<String>,
    /// How it was funded.
    pub card: String,
    /// How the card was read.
    pub entry_mode: Option<String>,
    /// What its merchant is paid in.
    pub currency: Currency,
    /// The local date.
    pub date: Date,
    /// The local hour.
    pub hour: i8,
    /// Who bought; one token may be several customers, one after the other.
    pub customer: Option<String>,
    /// Whether the token means nothing elsewhere.
    pub is_scoped: bool,
    /// Captured less refunded, minor units.
    pub net: i128,
}

/// Every purchase.
pub fn purchases(chronicle: &Chronicle) -> Vec<Purchase> {
    let (mut erased, mut purchases) = (Erased::default(), Vec::new());
    let mut placed = BTreeMap::<PaymentName, Somebody>::new();
    for entry in chronicle.posted() {
        match entry.kind() {
            "customer_erased" => erased.note(entry),
            "sale" | "preauth_placed" | "preauth_completed" => {
                let name = (entry.merchant().unwrap_or_default().to_owned(), entry.payment_id().unwrap_or_default().to_owned());
                // A completion that names nobody is of whom the pre-authorisation was, and was then.
                let customer = erased.customer(entry).or_else(|| placed.get(&name).cloned());
                if entry.kind() == "preauth_placed" {
                    placed.extend(customer.map(|customer| (name, customer)));
                } else {
                    purchases.extend(purchase(chronicle, entry, &name, customer));
                }
            }
            _ => {}
        }
    }
    purchases
}

/// A customer, and whether its token means nothing elsewhere.
type Somebody = (String, bool);

fn purchase(chronicle: &Chronicle, entry: &Entry, name: &PaymentName, customer: Option<Somebody>) -> Option<Purchase> {
    let payment = chronicle.model.merchants.get(&name.0)?.payments.get(&name.1)?;
    let terms = chronicle.terms_of(&name.0, payment)?;
    let zone = jiff::tz::TimeZone::get(&terms.time_zone).ok()?;
    let local = zone.to_datetime(OccurredAt::parse(entry.event.as_ref()?.need("occurred_at"))?.timestamp());
    let refunded: i128 = payment.refunds.values().filter(|refund| !refund.failed).map(|refund| refund.settled).sum();
    Some(Purchase {
        merchant: name.0.clone(),
        mcc: terms.mcc.clone(),
        region: terms.region.clone(),
        card: payment.instrument.card.clone(),
        entry_mode: payment.instrument.entry_mode.clone(),
        currency: payment.settled_currency(),
        date: Date::from_civil(local.date()),
        hour: local.hour(),
        is_scoped: customer.as_ref().is_some_and(|(_, is_scoped)| *is_scoped),
        customer: customer.map(|(customer, _)| customer),
        net: payment.settled - refunded,
    })
}

/// How often each token was erased: then it is another customer's. The bank erases it wherever it is known, a merchant
/// for itself.
#[derive(Debug, Default)]
struct Erased {
    by_bank: BTreeMap<String, u64>,
    by_merchant: BTreeMap<(String, String), u64>,
}

impl Erased {
    fn note(&mut self, entry: &Entry) {
        let Some(token) = entry.event.as_ref().and_then(|event| event.text("customer")) else { return };
        match entry.merchant() {
            Some(merchant) => *self.by_merchant.entry((merchant.to_owned(), token.to_owned())).or_insert(0) += 1,
            None => *self.by_bank.entry(token.to_owned()).or_insert(0) += 1,
        }
    }

    /// Who an event names, under the contract in force when it came.
    fn customer(&self, entry: &Entry) -> Option<Somebody> {
        let (merchant, token) = (entry.merchant()?, entry.event.as_ref()?.text("customer")?);
        let is_scoped = entry.in_force.as_ref()?.customers_are_its_own;
        Some((self.identity(merchant, is_scoped, token), is_scoped))
    }

    /// Who a token is at a merchant: somebody of its own where the token means nothing elsewhere, or was erased there.
    fn identity(&self, merchant: &str, is_scoped: bool, token: &str) -> String {
        let by_bank = self.by_bank.get(token).copied().unwrap_or(0);
        let by_merchant = self.by_merchant.get(&(merchant.to_owned(), token.to_owned())).copied().unwrap_or(0);
        if is_scoped || by_merchant > 0 {
            format!("{token} at {merchant}, {}, {by_bank}, {by_merchant}", if is_scoped { "its own" } else { "the bank's" })
        } else {
            format!("{token}, {by_bank}")
        }
    }
}

impl Purchase {
    /// The value of a key as it is told.
    pub fn value(&self, key: &str) -> Value {
        match key {
            "day" => json!(self.date.to_string()),
            "week" => json!(week(self.date).to_string()),
            "month" => json!(month(self.date)),
            "weekday" => json!(self.date.weekday()),
            "hour" => json!(self.hour),
            "merchant" => json!(self.merchant),
            "mcc" => json!(self.mcc),
            "region" => json!(self.region),
            "card" => json!(self.card),
            "entry_mode" => json!(self.entry_mode),
            _ => json!(self.currency.code()),
        }
    }
}

/// The Monday of a date's week.
pub fn week(date: Date) -> Date {
    date.plus_days(1 - i32::from(date.weekday()))
}

/// A date's month, such as `2026-11`.
pub fn month(date: Date) -> String {
    date.to_string().get(..7).unwrap_or_default().to_owned()
}

/// The first day of a date's month.
pub fn month_start(date: Date) -> Date {
    Date::parse(&format!("{}-01", month(date))).unwrap_or(date)
}
