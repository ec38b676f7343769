//! Events that are right, one of each type and more, and ways to make them wrong.
#![allow(dead_code, reason = "each test takes what it needs")]

use schemas::decode::{Decoded, decode};
use schemas::error::Unreadable;
use schemas::event::TerminalEvent;
use serde_json::{Value, json};

/// The contract of the published example.
pub fn contract() -> Value {
    serde_json::from_str(
        r#"{
  "name":"Lao Wang Noodles","mcc":"5812","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY",
  "funds_flow":{"kind":"via_psp","psp":"psp-7","licensed":true,"gateway":{"percent":"0.05"},"channel":{"percent":"0.02"}},
  "partner":{"kind":"referral","id":"isv-9","share_percent":"50"},
  "rates":[{"when":{"card":"debit"},"percent":"0.50","cap":"20.00"},{"percent":"0.60"}],
  "costs":[{"when":{"card":"debit"},"interchange":{"percent":"0.35","cap":"13.00"},"scheme_fee":{"percent":"0.0325","cap":"3.25"}},
           {"interchange":{"percent":"0.45"},"scheme_fee":{"percent":"0.0325"}}],
  "cost_settlement":"net","vat_percent":"6","rounding":"half_up","refund_fee":{"kind":"return"},"refund_costs":false,
  "settlement":{"delay_days":1,"calendar":"CN","days":"business","early_fee":{"percent":"0.02"}},
  "reserve":{"percent":"10","days":180},"on_shortfall":"owe","plan":"standard-2026"}"#,
    )
    .expect("the example is JSON")
}

/// The sale of the published example.
pub fn sale() -> Value {
    json!({"id":"01JDY2M7Q4", "type":"sale", "merchant":"M100001", "terminal":"T0000017", "payment":"P-88231",
        "occurred_at":"2026-11-23T10:15:00.250+08:00", "currency":"CNY", "amount":"128.50",
        "card":"debit", "scheme":"unionpay", "entry_mode":"insert", "customer":"c_9f2c…"})
}

/// A right event of every type, with everything that it needs and nothing else.
pub fn one_of_each() -> Vec<Value> {
    let merchant = [
        json!({"type":"contract_set","contract":contract()}),
        json!({"type":"sale","payment":"P1","amount":"10.00","currency":"CNY","card":"credit","scheme":"visa"}),
        json!({"type":"preauth_placed","payment":"P1","amount":"10.00","currency":"CNY","card":"credit","scheme":"visa"}),
        json!({"type":"preauth_increased","payment":"P1","amount":"10.00","currency":"CNY"}),
        json!({"type":"preauth_released","payment":"P1"}),
        json!({"type":"preauth_completed","payment":"P1","amount":"10.00","currency":"CNY"}),
        json!({"type":"tip_adjusted","payment":"P1","amount":"1.00","currency":"CNY"}),
        json!({"type":"void","payment":"P1"}),
        json!({"type":"reversal","payment":"P1"}),
        json!({"type":"refund","payment":"P1","amount":"10.00","currency":"CNY"}),
        json!({"type":"refund_failed","payment":"P1","refund":"r1"}),
        json!({"type":"instalment_subsidy","payment":"P1","amount":"10.00","currency":"CNY"}),
        json!({"type":"dispute_opened","payment":"P1","amount":"10.00","currency":"CNY"}),
        json!({"type":"chargeback","payment":"P1","amount":"10.00","currency":"CNY"}),
        json!({"type":"chargeback_represented","payment":"P1"}),
        json!({"type":"dispute_won","payment":"P1"}),
        json!({"type":"dispute_lost","payment":"P1"}),
        json!({"type":"hold_placed","hold":"H1","amount":"10.00","currency":"CNY"}),
        json!({"type":"hold_released","hold":"H1"}),
        json!({"type":"hold_seized","hold":"H1"}),
        json!({"type":"reserve_released","amount":"10.00","currency":"CNY"}),
        json!({"type":"early_release","amount":"10.00","currency":"CNY"}),
        json!({"type":"payout_initiated","payout":"O1","amount":"10.00","currency":"CNY"}),
        json!({"type":"payout_paid","payout":"O1"}),
        json!({"type":"payout_failed","payout":"O1"}),
        json!({"type":"payout_returned","payout":"O1"}),
        json!({"type":"fee_charged","fee":"monthly","amount":"10.00","currency":"CNY"}),
        json!({"type":"fee_waived","amount":"10.00","currency":"CNY"}),
        json!({"type":"tier_adjusted","direction":"rebate","amount":"10.00","currency":"CNY"}),
        json!({"type":"debt_repaid","amount":"10.00","currency":"CNY"}),
        json!({"type":"debt_written_off","amount":"10.00","currency":"CNY"}),
        json!({"type":"adjustment","direction":"credit","amount":"10.00","currency":"CNY","maker":"li","checker":"wang","reason":"typo"}),
        json!({"type":"maintenance_due"}),
        json!({"type":"batch_closed","terminal":"T1","count":3,"sum":"30.00","currency":"CNY"}),
        json!({"type":"customer_erased","customer":"c_1"}),
        json!({"type":"report_line","source":"scheme:visa","report":"F1","line":17,"kind":"sale","direction":"credit","amount":"10.00","currency":"CNY",
            "date":"2026-11-22"}),
        json!({"type":"opening_balance","bucket":"available","amount":"10.00","currency":"CNY"}),
        json!({"type":"opening_payment","payment":"P1","amount":"10.00","currency":"CNY","card":"credit","scheme":"visa","booked_on":"2026-11-01"}),
        json!({"type":"standalone_refund","payment":"P1","amount":"10.00","currency":"CNY","card":"credit","scheme":"visa"}),
        json!({"type":"standalone_chargeback","payment":"P1","amount":"10.00","currency":"CNY","card":"credit","scheme":"visa"}),
    ];
    let house = [
        json!({"type":"scheme_settled","scheme":"visa","amount":"10.00","currency":"CNY"}),
        json!({"type":"partner_paid","partner":"isv-9","amount":"10.00","currency":"CNY"}),
        json!({"type":"tax_paid","amount":"10.00","currency":"CNY"}),
        json!({"type":"psp_paid_bank","psp":"psp-7","amount":"10.00","currency":"CNY"}),
        json!({"type":"fees_swept","psp":"psp-7","amount":"10.00","currency":"CNY"}),
        json!({"type":"report_closed","source":"scheme:visa","report":"F1","date":"2026-11-22","count":1,"credits":"10.00","debits":"0.00","currency":"CNY"}),
        json!({"type":"break_closed","break":"scheme:visa/sale/M1/R1","maker":"li","checker":"wang","reason":"told twice"}),
    ];
    let control = [
        json!({"type":"ledger_opened","date":"2026-11-20","time_zone":"Asia/Shanghai"}),
        json!({"type":"day_closed","date":"2026-11-20"}),
        json!({"type":"calendar_set","calendar":"CN","year":2018,"closed":["2018-02-15"],"open":["2018-02-11"]}),
    ];
    let about = |event: &Value, merchant: Option<&str>| {
        let event = with(event, "id", json!("e-1"));
        match merchant {
            Some(merchant) => with(&with(&event, "merchant", json!(merchant)), "occurred_at", json!("2026-11-23T10:15:00+08:00")),
            None => event,
        }
    };
    let mut events: Vec<_> = merchant.iter().map(|event| about(event, Some("M1"))).collect();
    events.extend(house.iter().map(|event| about(event, Some("@house"))));
    events.extend(control.iter().map(|event| about(event, None)));
    events
}

/// The event of a type, as [`one_of_each`] has it.
pub fn one(name: &str) -> Value {
    one_of_each().into_iter().find(|event| event["type"] == name).unwrap_or_else(|| panic!("no example of {name}"))
}

/// The event with a member set.
pub fn with(event: &Value, name: &str, value: Value) -> Value {
    let mut event = event.clone();
    event[name] = value;
    event
}

/// The event with members set as in an object.
pub fn patched(event: &Value, patch: &Value) -> Value {
    patch.as_object().expect("a patch is an object").iter().fold(event.clone(), |event, (name, value)| with(&event, name, value.clone()))
}

/// The event without a member.
pub fn without(event: &Value, name: &str) -> Value {
    let mut event = event.clone();
    event.as_object_mut().expect("an event is an object").shift_remove(name);
    event
}

/// Decodes it.
pub fn read(event: &Value) -> Result<Decoded, Unreadable> {
    decode(event.to_string().as_bytes())
}

/// The event, which must be right.
#[track_caller]
pub fn right(event: &Value) -> TerminalEvent {
    read(event).unwrap_or_else(|error| panic!("{error}: {event}")).event
}

/// Its code and detail, which must be wrong.
#[track_caller]
pub fn wrong(event: &Value) -> (&'static str, String) {
    match read(event) {
        Ok(decoded) => panic!("was read: {:?} from {event}", decoded.event),
        Err(error) => (error.code.as_str(), error.detail),
    }
}
