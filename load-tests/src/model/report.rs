//! The model's figures in the shapes of the service's answers: balances and the trial balance.

use super::Model;
use super::money::text;
use super::purse::Purse;
use super::state::{Hold, Merchant};
use schemas::money::Currency;
use serde_json::{Value, json};

impl Model {
    /// The balances of a merchant, one row per currency and book in which anything ever moved, or was to be held.
    pub fn balances(&self, name: &str) -> Value {
        let Some(merchant) = self.merchants.get(name) else { return Value::Null };
        let moved = |book: &str, currency: Currency| {
            self.accounts.keys().any(|(at, code, of, party, _)| at == book && *of == currency && party.as_deref() == Some(name) && is_shown(*code))
        };
        let has_hold = |book: &str, currency: Currency| merchant.holds.iter().any(|hold| hold.book == book && hold.currency == currency);
        // A dispute that is only notified moves a memo; a hold may wait for money where there has been none.
        let mut all = merchant.purses.clone();
        for (book, _, currency, ..) in self.accounts.keys() {
            all.entry((book.clone(), *currency)).or_default();
        }
        for hold in &merchant.holds {
            all.entry((hold.book.clone(), hold.currency)).or_default();
        }
        let mut purses: Vec<_> = all.iter().filter(|((book, currency), _)| moved(book, *currency) || has_hold(book, *currency)).collect();
        purses.sort_by_key(|((book, currency), _)| (*currency, book.clone()));
        let rows: Vec<Value> = purses.into_iter().map(|((book, currency), purse)| balance(merchant, book, *currency, purse)).collect();
        json!({"merchant": name, "business_date": self.open.map(|date| date.to_string()), "balances": rows})
    }

    /// The trial balance, one row per account.
    pub fn trial_balance(&self) -> Value {
        let row = |((book, code, currency, party, detail), (debits, credits)): (&super::Place, &(i128, i128))| {
            json!({"book": book, "code": code.to_string(), "currency": currency.code(), "party": party, "detail": detail,
                "debits": text(*debits, *currency), "credits": text(*credits, *currency), "balance": text(debits - credits, *currency)})
        };
        Value::Array(self.accounts.iter().map(row).collect())
    }
}

/// Open holds that an answer tells one by one.
const HOLDS_TOLD: usize = 100;

const fn is_shown(code: u16) -> bool {
    matches!(code, 1050 | 2010 | 2020 | 2030 | 2040 | 2045 | 2050 | 9010 | 9011 | 9020 | 9021)
}

fn balance(merchant: &Merchant, book: &str, currency: Currency, purse: &Purse) -> Value {
    let amount = |minor: i128| text(minor, currency);
    let pending: Vec<Value> = purse.pending.iter().map(|(date, has)| json!({"available_on": date.to_string(), "amount": amount(*has)})).collect();
    let reserve: Vec<Value> = purse.reserve.iter().map(|(date, has)| json!({"release_on": date.to_string(), "amount": amount(*has)})).collect();
    let open: Vec<&Hold> = merchant.holds.iter().filter(|hold| hold.book == book && hold.currency == currency && !hold.closed).collect();
    let (told, rest) = open.split_at(open.len().min(HOLDS_TOLD));
    let mut row = json!({
        "currency": currency.code(), "book": book,
        "pending": amount(purse.pending.values().sum()), "pending_by_date": pending,
        "available": amount(purse.available), "payable": amount((purse.available - purse.owed).max(0)),
        "reserved": amount(purse.reserve.values().sum()), "reserved_by_date": reserve,
        "held": amount(purse.held.values().sum()), "holds": told.iter().map(|one| hold(one)).collect::<Vec<_>>(),
        "disputed": amount(purse.disputed.values().sum()), "in_transit": amount(purse.in_transit.values().sum()),
        "owed": amount(purse.owed), "preauthorised": amount(purse.preauthorised),
    });
    if !rest.is_empty() {
        row["holds_rest"] = json!({"count": rest.len(), "amount": amount(rest.iter().map(|hold| hold.amount).sum())});
    }
    row
}

fn hold(hold: &Hold) -> Value {
    json!({"hold": hold.id, "reason": hold.reason, "amount": text(hold.amount, hold.currency), "since": hold.since.to_string(),
        "expected_release": hold.expected_release.map(|date| date.to_string()), "missing": text(hold.missing, hold.currency)})
}
