//! A model to be asked: one merchant, the contract `c-1` of the contract's section 2, direct.

use load_tests::model::Model;
use load_tests::model::money;
use load_tests::model::said::Outcome;
use schemas::money::Currency;
use serde_json::{Map, Value, json};

/// A partition with one merchant.
pub struct Book {
    model: Model,
    offset: i64,
}

impl Book {
    /// Opened on a date, without a contract.
    pub fn opened(date: &str) -> Self {
        let mut book = Self { model: Model::default(), offset: 0 };
        book.send(json!({"id": "open", "type": "ledger_opened", "merchant": null, "date": date, "time_zone": "Asia/Shanghai"}));
        book
    }

    /// Opened, with `c-1` but for these terms.
    pub fn with(terms: Value) -> Self {
        let mut book = Self::opened("2026-11-23");
        book.contract(terms);
        book
    }

    /// Sets `c-1` but for these terms.
    pub fn contract(&mut self, terms: Value) {
        let mut contract = json!({"name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY",
            "funds_flow": {"kind": "direct"}, "partner": {"kind": "referral", "id": "isv-9", "share_percent": "50"},
            "rates": [{"when": {"card": "debit"}, "percent": "0.50", "cap": "20.00"}, {"percent": "0.60"}],
            "costs": [{"when": {"card": "debit"}, "interchange": {"percent": "0.35", "cap": "13.00"}, "scheme_fee": {"percent": "0.0325", "cap": "3.25"}},
                {"interchange": {"percent": "0.45"}, "scheme_fee": {"percent": "0.0325"}}],
            "cost_settlement": "net", "vat_percent": "6", "rounding": "half_up", "refund_fee": {"kind": "return"}, "refund_costs": false,
            "settlement": {"delay_days": 1, "calendar": "CN", "days": "business", "early_fee": {"percent": "0.02"}},
            "reserve": {"percent": "10", "days": 180}, "on_shortfall": "owe", "plan": "standard-2026"});
        for (name, term) in terms.as_object().cloned().unwrap_or_default() {
            contract[name] = term;
        }
        self.send(json!({"id": "c-1", "type": "contract_set", "contract": contract}));
    }

    /// Sells.
    pub fn sale(&mut self, payment: &str, amount: &str, card: &str) {
        self.send(
            json!({"id": format!("s-{payment}"), "type": "sale", "payment": payment, "amount": amount, "currency": "CNY", "card": card, "scheme": "unionpay"}),
        );
    }

    /// Closes a date.
    pub fn close(&mut self, date: &str) {
        self.send(json!({"id": format!("close-{date}"), "type": "day_closed", "merchant": null, "date": date}));
    }

    /// Sends an event of M1, which must be posted; answers its lines.
    pub fn send(&mut self, event: Value) -> Value {
        let mut whole = Map::new();
        whole.insert("merchant".into(), json!("M1"));
        whole.insert("occurred_at".into(), json!("2026-11-23T12:05:00+08:00"));
        whole.extend(event.as_object().cloned().unwrap_or_default());
        let said = self.model.apply(self.offset, Value::Object(whole).to_string().as_bytes());
        self.offset += 1;
        let first = said.first().expect("every record is answered");
        assert_eq!(first.outcome, Outcome::Posted, "{event}: {first}");
        first.json()["lines"].clone()
    }

    /// The only row of the merchant's balances.
    pub fn balances(&self) -> Value {
        self.model.balances("M1")["balances"][0].clone()
    }

    /// Minor units of a text.
    pub fn minor(&self, text: &str) -> i128 {
        money::minor(text, Currency::from_code("CNY").expect("CNY")).expect("an amount")
    }

    /// All debits of an account code.
    pub fn debit(&self, code: &str) -> i128 {
        self.sum(code, |(debits, _)| debits)
    }

    /// All credits of an account code.
    pub fn credit(&self, code: &str) -> i128 {
        self.sum(code, |(_, credits)| credits)
    }

    /// The balance of an account code, whatever its side.
    pub fn turnover(&self, code: &str) -> i128 {
        (self.debit(code) - self.credit(code)).abs()
    }

    fn sum(&self, code: &str, side: impl Fn((i128, i128)) -> i128) -> i128 {
        self.model.accounts.iter().filter(|((_, at, ..), _)| at.to_string() == code).map(|(_, balance)| side(*balance)).sum()
    }
}
