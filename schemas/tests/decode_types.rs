//! Every type of event: its example is read, and what it needs is needed.

mod support;

use schemas::event::*;
use schemas::ids::*;
use schemas::money::{Currency, Money};
use schemas::time::{Date, OccurredAt};
use schemas::wire::event_type::{RULES, Scope};
use serde_json::{Value, json};
use support::*;

fn cny(minor: u64) -> Money {
    Money { currency: Currency::from_code("CNY").expect("a currency"), minor }
}

fn payment() -> PaymentId {
    PaymentId::new("P1").expect("an id")
}

fn dispute(id: &str) -> DisputeId {
    DisputeId::new(id).expect("an id")
}

fn hold() -> HoldId {
    HoldId::new("H1").expect("an id")
}

#[test]
fn the_published_example_is_read_whole() {
    let event = right(&sale());
    let expected = TerminalEvent {
        id: EventId::new("01JDY2M7Q4").expect("an id"),
        subject: Subject::Merchant(MerchantId::new("M100001").expect("an id")),
        occurred_at: OccurredAt::parse("2026-11-23T10:15:00.250+08:00"),
        terminal: TerminalId::new("T0000017"),
        book: None,
        reference: None,
        currency: Currency::from_code("CNY"),
        body: Body::Payment(
            PaymentId::new("P-88231").expect("an id"),
            PaymentEvent::Sale {
                instrument: Instrument { card: Card::Debit, scheme: SchemeId::new("unionpay").expect("an id"), entry_mode: Some(EntryMode::Insert) },
                capture: Capture { amount: cny(12_850), fees: CarriedFees::default(), conversion: None, customer: CustomerToken::new("c_9f2c…") },
            },
        ),
    };
    assert_eq!(event, expected);
}

#[test]
fn every_type_has_an_example_that_is_read_as_that_type() {
    let examples = one_of_each();
    assert_eq!(examples.len(), RULES.len());
    for rule in RULES {
        let event = right(&one(rule.name));
        assert_eq!(event.body.event_type(), rule.event_type);
        let expected = match rule.scope {
            Scope::Control => Subject::Partition,
            Scope::House => Subject::House,
            Scope::Merchant | Scope::MerchantOrHouse => Subject::Merchant(MerchantId::new("M1").expect("an id")),
        };
        assert_eq!(event.subject, expected, "{}", rule.name);
    }
}

#[test]
fn what_a_type_needs_is_needed_absent_or_null() {
    for rule in RULES {
        let example = one(rule.name);
        let mut needs = vec!["id", "type"];
        if rule.scope != Scope::Control {
            needs.extend(["merchant", "occurred_at"]);
        }
        needs.extend(rule.needs.iter().map(|field| field.name()));
        for name in needs {
            for event in [without(&example, name), with(&example, name, Value::Null)] {
                assert_eq!(wrong(&event), ("missing_field", format!("{name}: is needed")), "{event}");
            }
        }
    }
}

#[test]
fn what_a_type_may_have_may_be_null() {
    for rule in RULES {
        let example = one(rule.name);
        let nulls = rule.may.iter().fold(example.clone(), |event, field| with(&event, field.name(), Value::Null));
        assert_eq!(right(&nulls), right(&example), "{}", rule.name);
    }
}

#[test]
fn optional_fields_are_read() {
    let fees = json!([{"kind":"mdr","amount":"0.60"},{"kind":"vat","amount":"0"},{"kind":"mdr","amount":"0.05","note":"late"}]);
    let rows: Vec<(&str, Value, Body)> = vec![
        ("reversal", json!({"amount":"4.00","currency":"CNY"}), Body::Payment(payment(), PaymentEvent::Reversal { amount: Some(cny(400)) })),
        (
            "preauth_completed",
            json!({"fees":fees,"customer":"c_1"}),
            Body::Payment(
                payment(),
                PaymentEvent::PreauthCompleted {
                    capture: Capture {
                        amount: cny(1000),
                        fees: CarriedFees { mdr: Some(65), vat: Some(0), ..CarriedFees::default() },
                        conversion: None,
                        customer: CustomerToken::new("c_1"),
                    },
                },
            ),
        ),
        (
            "preauth_placed",
            json!({"customer":"c_1","tip":"0.00","entry_mode":"tap"}),
            Body::Payment(
                payment(),
                PaymentEvent::PreauthPlaced {
                    instrument: Instrument { card: Card::Credit, scheme: SchemeId::new("visa").expect("an id"), entry_mode: Some(EntryMode::Tap) },
                    amount: cny(1000),
                    customer: CustomerToken::new("c_1"),
                },
            ),
        ),
        (
            "chargeback",
            json!({"dispute":"D7","dispute_fee":"15.0000"}),
            Body::Dispute(payment(), dispute("D7"), DisputeEvent::Chargeback { amount: cny(1000), fee: Some(DecimalText("15.0000".into())) }),
        ),
        ("dispute_won", json!({}), Body::Dispute(payment(), dispute("P1"), DisputeEvent::Won)),
        (
            "hold_placed",
            json!({"reason":"legal","expected_release":"2026-12-01","sweep":true}),
            Body::Hold(hold(), HoldEvent::Placed { amount: cny(1000), reason: HoldReason::Legal, expected_release: Date::parse("2026-12-01"), sweep: true }),
        ),
        (
            "hold_seized",
            json!({"order":"court 7","amount":"1","currency":"CNY"}),
            Body::Hold(hold(), HoldEvent::Seized { amount: Some(cny(100)), order: Some("court 7".into()) }),
        ),
        ("hold_seized", json!({"order":""}), Body::Hold(hold(), HoldEvent::Seized { amount: None, order: None })),
        ("maintenance_due", json!({"amount":"30.00","currency":"CNY"}), Body::Funds(Funds::MaintenanceDue { amount: Some(cny(3000)) })),
        ("tier_adjusted", json!({"direction":"surcharge"}), Body::Funds(Funds::TierAdjusted { rebate: false, amount: cny(1000) })),
        ("tax_paid", json!({"psp":"psp-7"}), Body::House(House::TaxPaid { amount: cny(1000), psp: PspId::new("psp-7") })),
        (
            "batch_closed",
            json!({"count":3.0,"sum":"0.00"}),
            Body::Funds(Funds::BatchClosed { terminal: TerminalId::new("T1").expect("an id"), count: 3, sum: cny(0) }),
        ),
        (
            "calendar_set",
            json!({"closed":["2018-02-16","2018-02-15","2018-02-15"],"open":[]}),
            Body::Control(Control::CalendarSet {
                calendar: CalendarId::new("CN").expect("an id"),
                year: 2018,
                closed: ["2018-02-15", "2018-02-16"].map(|date| Date::parse(date).expect("a date")).to_vec(),
                open: vec![],
            }),
        ),
    ];
    for (name, patch, expected) in rows {
        assert_eq!(right(&patched(&one(name), &patch)).body, expected, "{name} {patch}");
    }
}

#[test]
fn a_sale_may_be_settled_in_another_currency() {
    let conversion = |patch: Value| match right(&patched(&one("sale"), &patch)).body {
        Body::Payment(_, PaymentEvent::Sale { capture, .. }) => (capture.conversion, capture.fees.mdr),
        body => panic!("{body:?}"),
    };
    let usd = Currency::from_code("USD").expect("a currency");
    let rate = |digits, decimals| Rate { digits, decimals };
    let expected = Conversion { settled: usd, rate: rate(1385, 4) };
    assert_eq!(conversion(json!({"settled_currency":"USD","rate":"0.138500"})), (Some(expected), None));
    assert_eq!(conversion(json!({"settled_currency":"CNY","rate":"1"})), (None, None));
    assert_eq!(conversion(json!({"settled_currency":"CNY"})), (None, None));
    // Fees have the decimals of the settled currency.
    let fees = json!([{"kind":"mdr","amount":"0.123"}]);
    assert_eq!(conversion(json!({"settled_currency":"KWD","rate":"20","fees":fees})).1, Some(123));
    assert_eq!(wrong(&patched(&one("sale"), &json!({"settled_currency":"JPY","rate":"20","fees":fees}))).0, "bad_amount");
}

#[test]
fn control_events_may_say_when_they_happened() {
    let opened = with(&one("ledger_opened"), "occurred_at", json!("2026-11-20T00:00:00Z"));
    assert_eq!(right(&opened).occurred_at, OccurredAt::parse("2026-11-20T00:00:00Z"));
    assert_eq!(wrong(&with(&opened, "occurred_at", json!("yesterday"))).0, "bad_field");
}
