//! Random contracts, biased towards what is awkward: caps that bind, fees above sales, whole reserves, no delay.

use super::dice::Dice;
use serde_json::{Map, Value, json};

/// The schemes that payments go through.
pub const SCHEMES: &[&str] = &["unionpay", "visa", "alipay"];
/// The payment companies.
pub const PSPS: &[&str] = &["psp-1", "psp-2", "psp-7"];
/// The partners.
pub const PARTNERS: &[&str] = &["isv-1", "isv-9"];
/// How a payment is funded.
pub const CARDS: &[&str] = &["debit", "credit", "prepaid", "wallet"];
/// How a card is read.
pub const ENTRY_MODES: &[&str] = &["insert", "tap", "qr", "keyed"];

/// A random contract.
pub fn contract(dice: &mut Dice, merchant: &str) -> Value {
    let currency = dice.weighted(&[("CNY", 70), ("USD", 14), ("JPY", 8), ("KWD", 8)]);
    let mut contract = json!({
        "name": format!("Shop {merchant}"), "mcc": dice.pick(&["5812", "5411", "7011"]), "region": dice.pick(&["CN-31", "CN-11"]),
        "time_zone": dice.pick(&["Asia/Shanghai", "Europe/Berlin"]), "currency": currency,
        "funds_flow": funds_flow(dice, currency), "rates": rates(dice, currency), "settlement": settlement(dice, currency),
    });
    let mut set = |name: &str, value: Value| contract[name] = value;
    if dice.chance(60) {
        set("partner", partner(dice, currency));
    } else if dice.chance(10) {
        set("partner", Value::Null);
    }
    if dice.chance(85) {
        set("costs", costs(dice, currency));
    }
    if dice.chance(60) {
        set("cost_settlement", json!(dice.pick(&["net", "gross", "gross"])));
    }
    if dice.chance(80) {
        set("vat_percent", json!(dice.pick(&["6", "6", "13", "0.5", "100"])));
    }
    if dice.chance(60) {
        set("rounding", json!(dice.pick(&["half_even", "half_even", "half_up"])));
    }
    if dice.chance(70) {
        let fixed = small(dice, currency);
        set("refund_fee", dice.pick(&[json!({"kind": "return"}), json!({"kind": "keep"}), json!({"kind": "keep_plus_fixed", "fixed": fixed})]));
    }
    if dice.chance(60) {
        set("refund_costs", json!(dice.chance(75)));
    }
    if dice.chance(60) {
        let (percent, days) = (dice.pick(&["5", "10", "30", "33.333333", "100"]), dice.pick(&[0, 1, 2, 2, 5, 180]));
        set("reserve", json!({"percent": percent, "days": days}));
    }
    if dice.chance(75) {
        set("on_shortfall", json!(dice.pick(&["owe", "owe", "refuse"])));
    }
    if dice.chance(20) {
        set("personal", json!(true));
    }
    contract
}

fn funds_flow(dice: &mut Dice, currency: &str) -> Value {
    if dice.chance(50) {
        return json!({"kind": "direct"});
    }
    let mut flow = json!({"kind": "via_psp", "psp": dice.pick(PSPS)});
    if dice.chance(25) {
        flow["licensed"] = json!(dice.chance(25));
    }
    for name in ["gateway", "channel"] {
        if dice.chance(75) {
            flow[name] = price(dice, currency);
        }
    }
    flow
}

fn partner(dice: &mut Dice, currency: &str) -> Value {
    let mut partner = json!({"kind": dice.pick(&["referral", "joint_build"]), "id": dice.pick(PARTNERS)});
    if dice.chance(80) {
        partner["share_percent"] = json!(dice.pick(&["50", "50", "33.333333", "7.5", "100", "0"]));
    }
    if partner["kind"] == "joint_build" && dice.chance(60) {
        partner["maintenance"] = json!(small(dice, currency));
    }
    partner
}

fn settlement(dice: &mut Dice, currency: &str) -> Value {
    let mut settlement = json!({"delay_days": dice.weighted(&[(0, 25), (1, 40), (2, 20), (3, 10), (9, 5)])});
    if dice.chance(40) {
        settlement["days"] = json!("natural");
    } else {
        settlement["calendar"] = json!(dice.pick(&["CN", "CN", "XX"]));
    }
    if dice.chance(60) {
        settlement["early_fee"] = price(dice, currency);
    }
    settlement
}

fn rates(dice: &mut Dice, currency: &str) -> Value {
    let count = dice.weighted(&[(0, 3), (1, 50), (2, 30), (3, 17)]);
    let rules = (0..count).map(|index| {
        let mut rule = price(dice, currency);
        // The last one mostly matches everything.
        if index + 1 < count || dice.chance(10) {
            rule["when"] = when(dice);
        }
        rule
    });
    rules.collect()
}

fn costs(dice: &mut Dice, currency: &str) -> Value {
    let count = dice.weighted(&[(0, 5), (1, 60), (2, 35)]);
    let rules = (0..count).map(|index| {
        let mut rule = json!({"interchange": price(dice, currency)});
        if dice.chance(85) {
            rule["scheme_fee"] = price(dice, currency);
        }
        if index + 1 < count {
            rule["when"] = when(dice);
        }
        rule
    });
    rules.collect()
}

fn when(dice: &mut Dice) -> Value {
    let mut when = Map::new();
    if dice.chance(60) {
        when.insert("card".into(), json!(dice.pick(CARDS)));
    }
    if dice.chance(30) {
        when.insert("scheme".into(), json!(dice.pick(SCHEMES)));
    }
    if dice.chance(30) {
        when.insert("entry_mode".into(), json!(dice.pick(ENTRY_MODES)));
    }
    Value::Object(when)
}

fn price(dice: &mut Dice, currency: &str) -> Value {
    let mut price = Map::new();
    if dice.chance(90) {
        let percent = dice.pick(&["0.60", "0.5", "0.0325", "0.35", "1.25", "2.999999", "12.5", "0.02", "3", "45", "100", "0"]);
        price.insert("percent".into(), json!(percent));
    }
    if dice.chance(25) {
        price.insert("fixed".into(), json!(small(dice, currency)));
    }
    let floor = dice.chance(12).then(|| dice.between(0, 300));
    if let Some(floor) = floor {
        price.insert("floor".into(), json!(text(currency, floor)));
    }
    if dice.chance(30) {
        let cap = floor.unwrap_or(0) + dice.between(0, 500);
        price.insert("cap".into(), json!(text(currency, cap)));
    }
    Value::Object(price)
}

fn small(dice: &mut Dice, currency: &str) -> String {
    let minor = dice.pick(&[0, 1, 5, 30, 50, 99, 200, 500]);
    text(currency, minor)
}

/// Minor units of a currency of the lives as a decimal string.
pub fn text(currency: &str, minor: u64) -> String {
    match currency {
        "JPY" => minor.to_string(),
        "KWD" => format!("{}.{:03}", minor / 1000, minor % 1000),
        _ => format!("{}.{:02}", minor / 100, minor % 100),
    }
}
