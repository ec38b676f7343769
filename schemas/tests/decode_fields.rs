//! One row for each rule of a field: what is wrong, the code, and the field that the detail names.

mod support;

use schemas::event::{Book, Subject};
use schemas::ids::*;
use schemas::wire::event_type::RULES;
use schemas::wire::field::Field;
use serde_json::{Value, json};
use support::*;

fn repeated(text: &str, count: usize) -> Value {
    json!(text.repeat(count))
}

#[test]
fn wrong_fields_are_told_apart_and_named() {
    let rows: Vec<(&str, Value, &str, &str)> = vec![
        ("sale", json!({"type":"sales"}), "unknown_type", "type"),
        ("sale", json!({"type":""}), "unknown_type", "type"),
        ("sale", json!({"type":7}), "bad_field", "type"),
        ("sale", json!({"id":""}), "bad_field", "id"),
        ("sale", json!({"id":"e 1"}), "bad_field", "id"),
        ("sale", json!({"id":"é"}), "bad_field", "id"),
        ("sale", json!({"id":repeated("e", 65)}), "bad_field", "id"),
        ("sale", json!({"id":17}), "bad_field", "id"),
        ("sale", json!({"merchant":"M/1"}), "bad_field", "merchant"),
        ("sale", json!({"merchant":repeated("M", 33)}), "bad_field", "merchant"),
        ("sale", json!({"merchant":"@house"}), "bad_field", "merchant"),
        ("tax_paid", json!({"merchant":"M1"}), "bad_field", "merchant"),
        ("day_closed", json!({"merchant":"M1"}), "bad_field", "merchant"),
        ("day_closed", json!({"merchant":"@house"}), "bad_field", "merchant"),
        ("sale", json!({"occurred_at":"2026-11-23T10:15:00"}), "bad_field", "occurred_at"),
        ("sale", json!({"occurred_at":"2026-02-30T10:15:00Z"}), "bad_field", "occurred_at"),
        ("sale", json!({"occurred_at":1_763_000_000}), "bad_field", "occurred_at"),
        ("sale", json!({"currency":"cny"}), "bad_field", "currency"),
        ("sale", json!({"currency":"XAU"}), "bad_field", "currency"),
        ("void", json!({"currency":"???"}), "bad_field", "currency"),
        ("sale", json!({"amount":128.5}), "bad_amount", "amount"),
        ("sale", json!({"amount":"0"}), "bad_amount", "amount"),
        ("sale", json!({"amount":"0.00"}), "bad_amount", "amount"),
        ("sale", json!({"amount":"-1"}), "bad_amount", "amount"),
        ("sale", json!({"amount":"1.234"}), "bad_amount", "amount"),
        ("sale", json!({"amount":"1e2"}), "bad_amount", "amount"),
        ("sale", json!({"amount":" 1"}), "bad_amount", "amount"),
        ("sale", json!({"amount":""}), "bad_amount", "amount"),
        ("sale", json!({"amount":"1.0","currency":"JPY"}), "bad_amount", "amount"),
        ("sale", json!({"amount":"99999999999999999"}), "bad_amount", "amount"),
        ("void", json!({"amount":"1.00"}), "missing_field", "currency"),
        ("void", json!({"amount":"x","currency":"CNY"}), "bad_amount", "amount"),
        ("reversal", json!({"amount":"1.00"}), "missing_field", "currency"),
        ("sale", json!({"payment":"P 1"}), "bad_field", "payment"),
        ("sale", json!({"payment":repeated("P", 65)}), "bad_field", "payment"),
        ("hold_released", json!({"hold":""}), "bad_field", "hold"),
        ("payout_paid", json!({"payout":["O1"]}), "bad_field", "payout"),
        ("payout_initiated", json!({"payout":"next"}), "bad_field", "payout"),
        ("payout_returned", json!({"payout":"next"}), "bad_field", "payout"),
        ("dispute_won", json!({"dispute":"D\u{7}"}), "bad_field", "dispute"),
        ("opening_balance", json!({"bucket":"cash"}), "bad_field", "bucket"),
        ("opening_balance", json!({"bucket":"held"}), "bad_field", "bucket"),
        ("opening_balance", json!({"bucket":"pending"}), "missing_field", "date"),
        ("opening_balance", json!({"bucket":"reserve","date":"soon"}), "bad_field", "date"),
        ("opening_balance", json!({"merchant":"@house"}), "bad_field", "bucket"),
        ("opening_balance", json!({"merchant":"@house","bucket":"receivable"}), "missing_field", "scheme"),
        ("opening_balance", json!({"merchant":"@house","bucket":"partner"}), "missing_field", "partner"),
        ("opening_balance", json!({"merchant":"@house","bucket":"due_from_psp"}), "missing_field", "psp"),
        ("opening_payment", json!({"booked_on":"2026-11-31"}), "bad_field", "booked_on"),
        ("opening_payment", json!({"refunded":"-1"}), "bad_amount", "refunded"),
        ("opening_payment", json!({"charged_back":"1.234"}), "bad_amount", "charged_back"),
        ("opening_payment", json!({"fees":[{"kind":"mdr","amount":"1.234"}]}), "bad_amount", "fees[0].amount"),
        ("standalone_chargeback", json!({"dispute_fee":"x"}), "bad_amount", "dispute_fee"),
        ("standalone_refund", json!({"card":null}), "missing_field", "card"),
        ("refund_failed", json!({"refund":"r,1"}), "bad_field", "refund"),
        ("sale", json!({"reference":"R 1"}), "bad_field", "reference"),
        ("refund", json!({"reference":""}), "bad_field", "reference"),
        ("void", json!({"reference":7}), "bad_field", "reference"),
        ("dispute_won", json!({"reference":repeated("R", 65)}), "bad_field", "reference"),
        // 13 to 19 digits alone: whether they pass the check of a card number or not.
        ("sale", json!({"reference":"1234567890123"}), "bad_field", "reference"),
        ("chargeback", json!({"reference":"9999999999999999999"}), "bad_field", "reference"),
        ("sale", json!({"terminal":repeated("T", 17)}), "bad_field", "terminal"),
        ("void", json!({"terminal":""}), "bad_field", "terminal"),
        ("sale", json!({"card":"Debit"}), "bad_field", "card"),
        ("sale", json!({"scheme":""}), "bad_field", "scheme"),
        ("sale", json!({"scheme":repeated("s", 33)}), "bad_field", "scheme"),
        ("sale", json!({"entry_mode":"nfc"}), "bad_field", "entry_mode"),
        ("sale", json!({"customer":""}), "bad_field", "customer"),
        ("sale", json!({"customer":repeated("c", 65)}), "bad_field", "customer"),
        ("sale", json!({"tip":1}), "bad_amount", "tip"),
        ("sale", json!({"tip":"1.234"}), "bad_amount", "tip"),
        ("sale", json!({"fees":{}}), "bad_field", "fees"),
        ("sale", json!({"fees":"1"}), "bad_field", "fees"),
        ("sale", json!({"fees":["1"]}), "bad_field", "fees[0]"),
        ("sale", json!({"fees":[{"amount":"1"}]}), "missing_field", "fees[0].kind"),
        ("sale", json!({"fees":[{"kind":"mdr","amount":"1"},{"kind":"vat"}]}), "missing_field", "fees[1].amount"),
        ("sale", json!({"fees":[{"kind":"tax","amount":"1"}]}), "bad_field", "fees[0].kind"),
        ("sale", json!({"fees":[{"kind":"mdr","amount":1}]}), "bad_amount", "fees[0].amount"),
        ("sale", json!({"fees":[{"kind":"mdr","amount":"1.234"}]}), "bad_amount", "fees[0].amount"),
        ("sale", json!({"fees":[{"kind":"mdr","amount":"9999999999999"},{"kind":"mdr","amount":"9999999999999"}]}), "bad_amount", "fees[1].amount"),
        ("sale", json!({"settled_currency":"USD"}), "bad_field", "settled_currency"),
        ("sale", json!({"rate":"7"}), "bad_field", "rate"),
        ("sale", json!({"settled_currency":"USD","rate":"0"}), "bad_field", "rate"),
        ("sale", json!({"settled_currency":"USD","rate":7}), "bad_field", "rate"),
        ("sale", json!({"settled_currency":"USD","rate":"0.1234567890123"}), "bad_field", "rate"),
        ("sale", json!({"settled_currency":"CNY","rate":"x"}), "bad_field", "rate"),
        ("sale", json!({"settled_currency":"U$D","rate":"1"}), "bad_field", "settled_currency"),
        ("sale", json!({"book":"psp:"}), "bad_field", "book"),
        ("sale", json!({"book":"house"}), "bad_field", "book"),
        ("fee_waived", json!({"book":"bank","psp":"psp-7"}), "bad_field", "book"),
        ("tax_paid", json!({"book":"psp:psp-7"}), "bad_field", "book"),
        ("tax_paid", json!({"book":"bank","psp":"psp-7"}), "bad_field", "book"),
        ("fees_swept", json!({"book":"psp:psp-8"}), "bad_field", "book"),
        ("chargeback", json!({"dispute_fee":15}), "bad_amount", "dispute_fee"),
        ("chargeback", json!({"dispute_fee":"1.2.3"}), "bad_amount", "dispute_fee"),
        ("chargeback", json!({"dispute_fee":".5"}), "bad_amount", "dispute_fee"),
        ("chargeback", json!({"dispute_fee":"100000000001"}), "bad_amount", "dispute_fee"),
        ("hold_placed", json!({"reason":"payout_returned"}), "bad_field", "reason"),
        ("hold_placed", json!({"reason":"anger"}), "bad_field", "reason"),
        ("hold_placed", json!({"expected_release":"2026-12-1"}), "bad_field", "expected_release"),
        ("hold_placed", json!({"sweep":"true"}), "bad_field", "sweep"),
        ("hold_seized", json!({"order":7}), "bad_field", "order"),
        ("fee_charged", json!({"fee":"yearly"}), "bad_field", "fee"),
        ("tier_adjusted", json!({"direction":"credit"}), "bad_field", "direction"),
        ("adjustment", json!({"direction":"rebate"}), "bad_field", "direction"),
        ("adjustment", json!({"maker":""}), "bad_field", "maker"),
        ("adjustment", json!({"checker":""}), "bad_field", "checker"),
        ("adjustment", json!({"reason":""}), "bad_field", "reason"),
        ("batch_closed", json!({"count":"3"}), "bad_field", "count"),
        ("batch_closed", json!({"count":-3}), "bad_field", "count"),
        ("batch_closed", json!({"count":1.5}), "bad_field", "count"),
        ("batch_closed", json!({"sum":"-1.00"}), "bad_amount", "sum"),
        ("batch_closed", json!({"sum":30}), "bad_amount", "sum"),
        ("partner_paid", json!({"partner":"isv 9"}), "bad_field", "partner"),
        ("psp_paid_bank", json!({"psp":"psp:7"}), "bad_field", "psp"),
        ("ledger_opened", json!({"date":"2026-02-29"}), "bad_field", "date"),
        ("ledger_opened", json!({"time_zone":"Mars/Base"}), "bad_field", "time_zone"),
        ("calendar_set", json!({"year":"2018"}), "bad_field", "year"),
        ("calendar_set", json!({"year":1899}), "bad_field", "year"),
        ("calendar_set", json!({"calendar":"C N"}), "bad_field", "calendar"),
        ("calendar_set", json!({"closed":"2018-02-15"}), "bad_field", "closed"),
        ("calendar_set", json!({"closed":["2018-02-15",20180216]}), "bad_field", "closed[1]"),
        ("calendar_set", json!({"closed":["2019-02-15"]}), "bad_field", "closed[0]"),
        ("calendar_set", json!({"closed":["2018-02-11"]}), "bad_field", "closed[0]"),
        ("calendar_set", json!({"open":["2018-02-12"]}), "bad_field", "open[0]"),
        ("calendar_set", json!({"open":["2018-02-15"]}), "bad_field", "open[0]"),
    ];
    for (name, patch, code, field) in rows {
        let event = patched(&one(name), &patch);
        let (found, detail) = wrong(&event);
        assert_eq!((found, detail.split(": ").next()), (code, Some(field)), "{detail}: {event}");
    }
}

#[test]
fn longest_and_oddest_right_fields_are_read() {
    let rows: Vec<(&str, Value)> = vec![
        ("sale", json!({"id":repeated("e", 64)})),
        ("sale", json!({"id":"Az09._:@/-"})),
        ("sale", json!({"merchant":repeated("M", 32)})),
        ("sale", json!({"amount":"10000000000000.00"})),
        ("sale", json!({"amount":"1","currency":"JPY"})),
        ("sale", json!({"amount":"0.001","currency":"KWD"})),
        ("sale", json!({"terminal":repeated("T", 16)})),
        ("sale", json!({"scheme":repeated("银", 32)})),
        ("sale", json!({"customer":repeated("客", 64)})),
        ("sale", json!({"fees":[]})),
        ("sale", json!({"tip":"0.00"})),
        ("sale", json!({"loyalty":{"points":[1,2,{"deep":null}]},"psp":7,"reason":false})),
        ("sale", json!({"occurred_at":"2026-11-23T10:15:00.123456789Z"})),
        ("refund", json!({"fees":"whatever","rate":9})),
        ("void", json!({"amount":"1.00","currency":"CNY"})),
        ("psp_paid_bank", json!({"book":"bank"})),
        ("psp_paid_bank", json!({"book":"psp:psp-7"})),
        ("tax_paid", json!({"book":"bank"})),
        ("chargeback", json!({"dispute_fee":"0.12345"})),
        ("chargeback", json!({"dispute_fee":"100000000000"})),
    ];
    for (name, patch) in rows {
        right(&patched(&one(name), &patch));
    }
}

#[test]
fn an_event_carries_the_book_and_currency_that_it_names() {
    let event = right(&patched(&one("void"), &json!({"currency":"USD","book":"psp:psp-7"})));
    assert_eq!((event.currency.map(|currency| currency.to_string()), event.book), (Some("USD".into()), PspId::new("psp-7").map(Book::Psp)));
    assert_eq!(right(&patched(&one("tax_paid"), &json!({"book":"psp:psp-7","psp":"psp-7"}))).book, None);
    let erased = right(&with(&one("customer_erased"), "merchant", json!("@house")));
    assert_eq!(erased.subject, Subject::House);
}

#[test]
fn details_say_what_was_sent_and_what_would_be_right() {
    assert_eq!(wrong(&with(&one("sale"), "amount", json!("1.234"))).1, "amount: 1.234: CNY has two decimals");
    assert_eq!(wrong(&with(&one("sale"), "card", json!("Debit"))).1, "card: Debit: must be one of debit, credit, prepaid, wallet");
    assert_eq!(wrong(&with(&one("sale"), "customer", json!("a\nb"))).1, "customer: not a token: must be 1 to 64 characters");
    let long = wrong(&with(&one("sale"), "entry_mode", repeated("n", 90))).1;
    assert_eq!(long.split(": ").nth(1).map(|shown| shown.chars().count()), Some(41));
    // Thirteen digits that pass Luhn are struck out, also where they are no card number.
    assert_eq!(wrong(&with(&one("sale"), "card", json!("x9999999999999995"))).1.split(": ").nth(1), Some("x****************"));
}

#[test]
fn a_reference_is_how_the_outside_names_an_event_of_a_payment() {
    let named = |event: &Value, reference: &str| right(&with(event, "reference", json!(reference))).reference.map(|reference| reference.to_string());
    for name in RULES.iter().filter(|rule| rule.needs.contains(&Field::Payment)).map(|rule| rule.name) {
        for reference in ["RRN-4200", "t4200000000000001", "123456789012", "12345678901234567890"] {
            assert_eq!(named(&one(name), reference).as_deref(), Some(reference), "{name}");
        }
        assert_eq!(right(&with(&one(name), "reference", Value::Null)).reference, None, "{name}");
    }
    // Elsewhere it is a field that the type does not list, whatever it holds.
    assert_eq!(right(&with(&one("payout_paid"), "reference", json!({"any": "thing"}))).reference, None);
    let (_, detail) = wrong(&with(&sale(), "reference", json!("1234567890123")));
    assert!(detail.contains("with a letter before them"), "{detail}");
}
