//! Lines of reports, ends of reports and closed breaks: what they hold, and what is refused under which code.

mod support;

use schemas::event::*;
use schemas::ids::*;
use schemas::money::{Currency, Money};
use schemas::report::*;
use schemas::time::Date;
use serde_json::{Value, json};
use support::*;

fn cny(minor: u64) -> Money {
    Money { currency: Currency::from_code("CNY").expect("a currency"), minor }
}

fn line() -> Value {
    one("report_line")
}

#[test]
fn a_line_is_read_whole() {
    let whole = patched(
        &line(),
        &json!({"merchant":"@house","reference":"R123","payment":"P1","payout":"O1","fee":"0.00600","scheme":"visa","text":"中文 text","amount":"0.00","direction":"debit"}),
    );
    let event = right(&whole);
    assert_eq!((event.subject, event.reference), (Subject::House, Reference::new("R123")));
    let expected = ReportLine {
        source: ReportSource::Scheme(SchemeId::new("visa").expect("an id")),
        report: ReportName::new("F1").expect("a name"),
        line: 17,
        kind: ReportKind::Sale,
        credit: false,
        amount: cny(0),
        date: Date::parse("2026-11-22").expect("a date"),
        payment: PaymentId::new("P1"),
        payout: PayoutId::new("O1"),
        fee: Some(1),
        scheme: SchemeId::new("visa"),
        text: Some("中文 text".into()),
    };
    assert_eq!(event.body, Body::Reported(Reported::Line(Box::new(expected))));
    let longest = "报".repeat(ReportName::MAX_LENGTH);
    right(&with(&line(), "report", json!(longest)));
}

#[test]
fn a_report_is_closed_and_so_is_a_break() {
    let closed = right(&with(&one("report_closed"), "debits", json!("3.50")));
    let expected = ReportClosed {
        source: ReportSource::Scheme(SchemeId::new("visa").expect("an id")),
        report: ReportName::new("F1").expect("a name"),
        date: Date::parse("2026-11-22").expect("a date"),
        count: 1,
        credits: cny(1000),
        debits: cny(350),
    };
    assert_eq!(closed.body, Body::Reported(Reported::Closed(Box::new(expected))));
    let closed = right(&with(&one("break_closed"), "event", json!("adj-1")));
    let expected = BreakClosed {
        id: BreakId::new("scheme:visa/sale/M1/R1").expect("an id"),
        maker: "li".into(),
        checker: "wang".into(),
        reason: "told twice".into(),
        event: EventId::new("adj-1"),
    };
    assert_eq!(closed.body, Body::Reported(Reported::BreakClosed(Box::new(expected))));
}

#[test]
fn what_cannot_be_meant_has_a_code_and_names_its_field() {
    for (patch, code, field) in [
        (json!({"source":"visa"}), "bad_field", "source"),
        (json!({"source":"bank:"}), "bad_field", "source"),
        (json!({"report":""}), "bad_field", "report"),
        (json!({"report":"a\u{7}b"}), "bad_field", "report"),
        (json!({"report":"x".repeat(129)}), "bad_field", "report"),
        (json!({"line":0}), "bad_field", "line"),
        (json!({"line":"1"}), "bad_field", "line"),
        (json!({"kind":"purchase"}), "bad_field", "kind"),
        (json!({"direction":"rebate"}), "bad_field", "direction"),
        (json!({"amount":"-1.00"}), "bad_amount", "amount"),
        (json!({"amount":"1.234"}), "bad_amount", "amount"),
        (json!({"date":"20261122"}), "bad_field", "date"),
        (json!({"fee":"1,00"}), "bad_amount", "fee"),
        (json!({"fee":0.48}), "bad_amount", "fee"),
        (json!({"fee":"--1"}), "bad_amount", "fee"),
        (json!({"reference":"4200001234567890"}), "bad_field", "reference"),
        (json!({"text":"x".repeat(141)}), "bad_field", "text"),
        (json!({"text":""}), "bad_field", "text"),
        (json!({"payment":"a b"}), "bad_field", "payment"),
    ] {
        let (told, detail) = wrong(&patched(&line(), &patch));
        assert_eq!((told, detail.split(':').next()), (code, Some(field)), "{patch}");
    }
    assert_eq!(wrong(&with(&one("report_closed"), "merchant", json!("M1"))).0, "bad_field");
    assert_eq!(wrong(&with(&one("report_closed"), "credits", json!("-1"))).0, "bad_amount");
    assert_eq!(wrong(&with(&one("break_closed"), "break", json!("x".repeat(257)))).0, "bad_field");
    assert_eq!(wrong(&with(&one("break_closed"), "reason", json!(""))).0, "bad_field");
}

#[test]
fn a_contract_may_say_how_reports_name_its_merchant() {
    let aliased = |aliases: Value| {
        let mut event = one("contract_set");
        event["contract"]["aliases"] = aliases;
        event
    };
    right(&aliased(json!({"unionpay":"898310000000001","psp-7":["sub-1","sub-2"],"visa":null})));
    for (aliases, path) in [
        (json!("898"), "contract.aliases"),
        (json!({"unionpay":898}), "contract.aliases.unionpay"),
        (json!({"unionpay":""}), "contract.aliases.unionpay"),
        (json!({"unionpay":["a",""]}), "contract.aliases.unionpay[1]"),
        (json!({"unionpay":{"a":"b"}}), "contract.aliases.unionpay"),
        (json!({"unionpay":"x".repeat(65)}), "contract.aliases.unionpay"),
    ] {
        let (code, detail) = wrong(&aliased(aliases.clone()));
        assert_eq!((code, detail.split(": ").next()), ("bad_contract", Some(path)), "{aliases}");
    }
}
