//! What merchants are contracted for: rates, costs, settlement, reserves, partners, payment companies.

use super::calendar::CALENDAR;
use super::city::Merchant;
use super::event::{TIME_ZONE, event};
use super::trade::{HOTEL, TRAVEL};
use jiff::civil::Date;
use schemas::contract::Model;
use serde_json::{Value, json};

/// Partners that bring merchants, and vendors that keep terminals running.
const REFERRERS: [&str; 3] = ["isv-1", "isv-2", "isv-9"];
const VENDORS: [&str; 2] = ["vendor-1", "vendor-2"];

/// The merchant whose contract forgot prepaid cards: its sales by them are unpriced, and raise an alert.
const FORGETFUL: u32 = 13;

/// The event that sets a merchant's contract. `version` tells contracts of other cities and dates apart.
pub fn contract_set(merchant: &Merchant, date: Date, version: &str) -> Value {
    let mut set = event(&format!("contract-{version}-{}", merchant.id), "contract_set", &merchant.id, date, 0);
    set["contract"] = contract(merchant);
    set
}

/// The contract of a merchant. Everything follows from its place in the city.
pub fn contract(merchant: &Merchant) -> Value {
    let number = merchant.number;
    let every = |count: u32, place: u32| number % count == place;
    let mut contract = json!({
        "name": merchant.name, "mcc": merchant.trade().mcc, "region": merchant.region, "time_zone": TIME_ZONE, "currency": merchant.currency.0,
        "funds_flow": funds_flow(merchant), "rates": rates(merchant), "costs": costs(merchant), "vat_percent": "6",
        "cost_settlement": if every(5, 2) { "gross" } else { "net" }, "rounding": if every(9, 3) { "half_even" } else { "half_up" },
        "refund_fee": refund_fee(merchant), "refund_costs": every(4, 1), "settlement": settlement(merchant),
        "on_shortfall": if every(3, 0) { "refuse" } else { "owe" }, "plan": plan(merchant),
    });
    let mut set = |name: &str, value: Value| contract[name] = value;
    let partner_of = |partners: &[&'static str]| partners.get(usize::try_from(number / 2).unwrap_or(0) % partners.len().max(1)).copied();
    match merchant.model {
        Model::Referral => set("partner", json!({"kind": "referral", "id": partner_of(&REFERRERS), "share_percent": "50"})),
        Model::JointBuild => set("partner", json!({"kind": "joint_build", "id": partner_of(&VENDORS), "share_percent": "20", "maintenance": "15.00"})),
        Model::PersonalPos => set("personal", json!(true)),
        Model::BankPos | Model::ThirdPartyPos | Model::SecondClearing => {}
    }
    if merchant.trade == TRAVEL {
        set("reserve", json!({"percent": "10", "days": 180}));
        // What is sold today is delivered over the next two months.
        set(
            "risk",
            json!({"chargeback_percent": "0.50", "refund_percent": "6.00", "delivery": [{"percent": "60", "days": 30}, {"percent": "30", "days": 60}]}),
        );
    } else if every(5, 4) {
        set("reserve", json!({"percent": "5", "days": if every(2, 0) { 14 } else { 90 }}));
    }
    if every(10, 9) {
        set("customer_scope", json!("merchant"));
    }
    contract
}

/// The plan's name: what merchants are grouped by in offers.
const fn plan(merchant: &Merchant) -> &'static str {
    match merchant.model {
        Model::BankPos => "flat-2026",
        Model::PersonalPos => "personal-2026",
        _ => "standard-2026",
    }
}

/// Whether the plan has a monthly fee.
pub const fn pays_monthly(merchant: &Merchant) -> bool {
    matches!(merchant.model, Model::BankPos | Model::ThirdPartyPos) && merchant.currency.1 == 2
}

fn funds_flow(merchant: &Merchant) -> Value {
    match merchant.psp() {
        None => json!({"kind": "direct"}),
        Some(psp) => json!({"kind": "via_psp", "psp": psp, "licensed": merchant.model != Model::SecondClearing,
            "gateway": {"percent": "0.05"}, "channel": {"percent": "0.02"}}),
    }
}

fn rates(merchant: &Merchant) -> Value {
    let capped = merchant.currency.0 == "CNY";
    let (debit, other) = match merchant.model {
        Model::BankPos => ("0.45", "0.55"),
        Model::PersonalPos => ("0.80", "0.90"),
        Model::SecondClearing => ("0.38", "0.48"),
        _ => ("0.50", "0.60"),
    };
    let debit =
        if capped { json!({"when": {"card": "debit"}, "percent": debit, "cap": "20.00"}) } else { json!({"when": {"card": "debit"}, "percent": debit}) };
    if merchant.number == FORGETFUL {
        return json!([debit, {"when": {"card": "wallet"}, "percent": "0.38"}, {"when": {"card": "credit"}, "percent": other}]);
    }
    json!([debit, {"when": {"card": "wallet"}, "percent": "0.38"}, {"percent": other}])
}

fn costs(merchant: &Merchant) -> Value {
    let scheme_fee = json!({"percent": "0.0325"});
    if merchant.currency.0 == "CNY" {
        json!([{"when": {"card": "debit"}, "interchange": {"percent": "0.35", "cap": "13.00"}, "scheme_fee": {"percent": "0.0325", "cap": "3.25"}},
            {"when": {"card": "wallet"}, "interchange": {"percent": "0.20"}, "scheme_fee": {"percent": "0.02"}},
            {"interchange": {"percent": "0.45"}, "scheme_fee": scheme_fee}])
    } else {
        json!([{"interchange": {"percent": "0.30"}, "scheme_fee": scheme_fee}])
    }
}

fn refund_fee(merchant: &Merchant) -> Value {
    match merchant.number % 11 {
        1 => json!({"kind": "keep"}),
        3 if merchant.currency.1 == 2 => json!({"kind": "keep_plus_fixed", "fixed": "1.00"}),
        _ => json!({"kind": "return"}),
    }
}

fn settlement(merchant: &Merchant) -> Value {
    let (delay, days) = match (merchant.model, merchant.trade) {
        (Model::PersonalPos, _) => (3, "natural"),
        (_, HOTEL) => (2, "business"),
        _ if merchant.number % 13 == 6 => (0, "business"),
        _ => (1, "business"),
    };
    let mut settlement = json!({"delay_days": delay, "calendar": CALENDAR, "days": days});
    if settles_early(merchant) {
        settlement["early_fee"] = json!({"percent": "0.02"});
    }
    settlement
}

/// Whether the contract prices an early release.
pub const fn settles_early(merchant: &Merchant) -> bool {
    merchant.number.is_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::city::City;
    use schemas::decode::decode;
    use schemas::event::Body;

    #[test]
    fn every_contract_can_be_read_and_is_of_its_model() {
        let city = City::new(1, 120);
        for merchant in &city.merchants {
            let set = contract_set(merchant, Date::constant(2026, 11, 2), "1");
            let decoded = decode(set.to_string().as_bytes()).unwrap_or_else(|error| panic!("{set}: {error:?}"));
            let Body::ContractSet { contract, .. } = &decoded.event.body else { panic!("{set}") };
            assert_eq!(contract.model(), merchant.model, "{set}");
        }
    }
}
