//! Events for tests: the contract and the sales of the published example.

use serde_json::{Value, json};

pub fn opened(date: &str) -> Value {
    json!({"id": format!("open-{date}"), "type": "ledger_opened", "date": date, "time_zone": "Asia/Shanghai"})
}

pub fn closed(date: &str) -> Value {
    json!({"id": format!("close-{date}"), "type": "day_closed", "date": date})
}

/// The published contract under `direct`, with a partner's share of a half and a reserve of a tenth.
pub fn contract() -> Value {
    json!({
        "name": "Lao Wang Noodles", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY",
        "funds_flow": {"kind": "direct"},
        "partner": {"kind": "referral", "id": "isv-9", "share_percent": "50"},
        "rates": [{"when": {"card": "debit"}, "percent": "0.50", "cap": "20.00"}, {"percent": "0.60"}],
        "costs": [
            {"when": {"card": "debit"}, "interchange": {"percent": "0.35", "cap": "13.00"}, "scheme_fee": {"percent": "0.0325", "cap": "3.25"}},
            {"interchange": {"percent": "0.45"}, "scheme_fee": {"percent": "0.0325"}}],
        "cost_settlement": "net", "vat_percent": "6", "rounding": "half_up", "refund_fee": {"kind": "return"}, "refund_costs": false,
        "settlement": {"delay_days": 1, "calendar": "CN", "days": "business", "early_fee": {"percent": "0.02"}},
        "reserve": {"percent": "10", "days": 180}, "on_shortfall": "owe", "plan": "standard-2026",

    })
}

pub fn contract_set(id: &str, merchant: &str, contract: Value) -> Value {
    json!({"id": id, "type": "contract_set", "merchant": merchant, "occurred_at": "2026-11-01T00:00:00+08:00", "contract": contract})
}

pub fn sale(id: &str, merchant: &str, payment: &str, amount: &str, card: &str, occurred_at: &str) -> Value {
    json!({"id": id, "type": "sale", "merchant": merchant, "terminal": "T1", "payment": payment, "occurred_at": occurred_at,
        "currency": "CNY", "amount": amount, "card": card, "scheme": "unionpay", "entry_mode": "insert"})
}
