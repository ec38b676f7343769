//! A contract: the published example, its defaults, and one row for each thing that can be wrong in it.

mod support;

use schemas::contract::*;
use schemas::decode::mistyped_contract;
use schemas::event::{Body, Card};
use schemas::ids::*;
use schemas::wire::contract_shape::CONTRACT;
use serde_json::{Value, json};
use support::*;

fn set(contract: &Value) -> Value {
    with(&one("contract_set"), "contract", contract.clone())
}

fn read_contract(sent: &Value) -> Contract {
    match right(&set(sent)).body {
        Body::ContractSet { contract, json } => {
            assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), *sent);
            *contract
        }
        body => panic!("{body:?}"),
    }
}

fn price(percent: u64, cap: Option<u64>) -> Price {
    Price { percent: Percent(percent), cap, ..Price::default() }
}

#[test]
fn the_published_example_is_read_whole() {
    let contract = read_contract(&contract());
    assert_eq!((contract.name.as_str(), contract.mcc.as_str(), contract.region.as_str()), ("Lao Wang Noodles", "5812", "CN-31"));
    assert_eq!(
        contract.funds_flow,
        FundsFlow::ViaPsp { psp: PspId::new("psp-7").expect("an id"), licensed: true, gateway: Some(price(50_000, None)), channel: Some(price(20_000, None)) }
    );
    let partner = contract.partner.clone().expect("a partner");
    assert_eq!((partner.kind, partner.share, partner.maintenance), (PartnerKind::Referral, Some(Percent(50_000_000)), None));
    assert_eq!(
        contract.rates.iter().map(|rule| (rule.card, rule.then)).collect::<Vec<_>>(),
        [(Some(Card::Debit), price(500_000, Some(2000))), (None, price(600_000, None))]
    );
    assert_eq!(contract.costs[0].then, Costs { interchange: price(350_000, Some(1300)), scheme_fee: price(32_500, Some(325)) });
    assert_eq!((contract.vat, contract.rounding, contract.refund_fee), (Percent(6_000_000), Rounding::HalfUp, RefundFee::Return));
    assert_eq!(
        contract.settlement,
        Settlement { delay_days: 1, calendar: CalendarId::new("CN"), days: DayCount::Business, early_fee: Some(price(20_000, None)) }
    );
    assert_eq!(contract.reserve, Some(Reserve { percent: Percent(10_000_000), days: 180 }));
    assert_eq!((contract.on_shortfall, contract.plan.as_deref()), (OnShortfall::Owe, Some("standard-2026")));
    assert_eq!(contract.model(), Model::ThirdPartyPos);
}

#[test]
fn the_contract_is_kept_byte_by_byte() {
    let inside = r#"{ "name" : "N\u0061me","mcc":"5812" , "region":"CN-31","time_zone":"Asia/Shanghai","currency":"JPY","funds_flow":{"kind":"direct"},
        "rates":[],"settlement":{"delay_days":0,"days":"natural"} }"#;
    let record = format!(r#"{{"id":"c","type":"contract_set","merchant":"M1","occurred_at":"2026-11-01T00:00:00Z","contract":{inside} ,"note":1}}"#);
    match schemas::decode::decode(record.as_bytes()).expect("right").event.body {
        Body::ContractSet { contract, json } => assert_eq!((json.as_str(), contract.name.as_str()), (inside, "Name")),
        body => panic!("{body:?}"),
    }
}

#[test]
fn what_is_absent_has_its_default() {
    let least = json!({"name":"N","mcc":"5812","region":"CN-31","time_zone":"Asia/Shanghai","currency":"CNY","funds_flow":{"kind":"direct"},
        "rates":[],"settlement":{"delay_days":1,"calendar":"CN"},"partner":null});
    let contract = read_contract(&least);
    assert_eq!(contract.funds_flow, FundsFlow::Direct);
    assert_eq!((contract.partner, contract.reserve, contract.risk, contract.plan), (None, None, None, None));
    assert_eq!((contract.cost_settlement, contract.vat, contract.rounding), (CostSettlement::Net, Percent(0), Rounding::HalfUp));
    assert_eq!((contract.refund_fee, contract.refund_costs, contract.on_shortfall), (RefundFee::Return, false, OnShortfall::Refuse));
    assert_eq!((contract.settlement.days, contract.personal, contract.customer_scope), (DayCount::Business, false, CustomerScope::Bank));
}

#[test]
fn every_choice_is_read() {
    let read = |patch: Value| read_contract(&patched(&contract(), &patch));
    assert_eq!(read(json!({"cost_settlement":"gross"})).cost_settlement, CostSettlement::Gross);
    assert_eq!(read(json!({"rounding":"half_even"})).rounding, Rounding::HalfEven);
    assert_eq!(read(json!({"refund_fee":{"kind":"keep"}})).refund_fee, RefundFee::Keep);
    assert_eq!(read(json!({"refund_fee":{"kind":"keep_plus_fixed","fixed":"1.50"}})).refund_fee, RefundFee::KeepPlusFixed(150));
    assert!(read(json!({"refund_costs":true})).refund_costs);
    assert_eq!(read(json!({"customer_scope":"merchant"})).customer_scope, CustomerScope::Merchant);
    assert_eq!(read(json!({"personal":true})).model(), Model::PersonalPos);
    assert_eq!(read(json!({"funds_flow":{"kind":"via_psp","psp":"p","licensed":false},"personal":true})).model(), Model::SecondClearing);
    let joint = read(json!({"funds_flow":{"kind":"direct"},"partner":{"kind":"joint_build","id":"v","maintenance":"30.00"}}));
    assert_eq!((joint.model(), joint.partner.and_then(|partner| partner.maintenance)), (Model::JointBuild, Some(3000)));
    let rule =
        read(json!({"rates":[{"when":{"scheme":"visa","entry_mode":"tap"},"percent":"1.123456","fixed":"0.10","floor":"0.20","cap":"0.20"}]})).rates.remove(0);
    assert_eq!(rule.then, Price { percent: Percent(1_123_456), fixed: 10, floor: Some(20), cap: Some(20) });
    let risk = json!({"chargeback_percent":"0.10","chargeback_days":120,"refund_percent":"2.00","refund_days":30,"delivery":[{"percent":"60","days":30}]});
    assert_eq!(
        read(json!({"risk":risk})).risk,
        Some(Risk {
            chargeback_percent: Some(Percent(100_000)),
            chargeback_days: Some(120),
            refund_percent: Some(Percent(2_000_000)),
            refund_days: Some(30),
            delivery: Some(vec![Delivery { percent: Percent(60_000_000), days: 30 }])
        })
    );
}

#[test]
fn wrong_contracts_are_refused_with_a_path() {
    let rows: Vec<(Value, &str)> = vec![
        (json!({"name":""}), "name"),
        (json!({"mcc":"581"}), "mcc"),
        (json!({"mcc":5812}), "mcc"),
        (json!({"mcc":"58l2"}), "mcc"),
        (json!({"time_zone":"Asia/Peking"}), "time_zone"),
        (json!({"currency":"RMB"}), "currency"),
        (json!({"currency":"JPY"}), "rates[0].cap"),
        (json!({"funds_flow":{"kind":"other"}}), "funds_flow.kind"),
        (json!({"funds_flow":{}}), "funds_flow.kind"),
        (json!({"funds_flow":"direct"}), "funds_flow"),
        (json!({"funds_flow":{"kind":"via_psp"}}), "funds_flow.psp"),
        (json!({"funds_flow":{"kind":"via_psp","psp":"a b"}}), "funds_flow.psp"),
        (json!({"funds_flow":{"kind":"via_psp","psp":"p","licensed":"yes"}}), "funds_flow.licensed"),
        (json!({"funds_flow":{"kind":"via_psp","psp":"p","gateway":{"percent":"101"}}}), "funds_flow.gateway.percent"),
        (json!({"funds_flow":{"kind":"via_psp","psp":"p","channel":{"floor":"2","cap":"1"}}}), "funds_flow.channel.floor"),
        (json!({"partner":{"kind":"friend","id":"x"}}), "partner.kind"),
        (json!({"partner":{"kind":"referral"}}), "partner.id"),
        (json!({"partner":{"kind":"referral","id":"x","share_percent":"100.1"}}), "partner.share_percent"),
        (json!({"partner":{"kind":"joint_build","id":"x","maintenance":"0.001"}}), "partner.maintenance"),
        (json!({"rates":{}}), "rates"),
        (json!({"rates":[{},{"percent":"0.1234567"}]}), "rates[1].percent"),
        (json!({"rates":[{"percent":0.6}]}), "rates[0].percent"),
        (json!({"rates":[{"percent":"-1"}]}), "rates[0].percent"),
        (json!({"rates":[{"fixed":"0.001"}]}), "rates[0].fixed"),
        (json!({"rates":[{"floor":"5.00","cap":"4.99"}]}), "rates[0].floor"),
        (json!({"rates":[{"when":{"card":"gold"}}]}), "rates[0].when.card"),
        (json!({"rates":[{"when":{"entry_mode":"nfc"}}]}), "rates[0].when.entry_mode"),
        (json!({"rates":[{"when":[]}]}), "rates[0].when"),
        (json!({"costs":[{"interchange":"0.35"}]}), "costs[0].interchange"),
        (json!({"costs":[{"scheme_fee":{"floor":"1","cap":"0"}}]}), "costs[0].scheme_fee.floor"),
        (json!({"cost_settlement":"both"}), "cost_settlement"),
        (json!({"vat_percent":6}), "vat_percent"),
        (json!({"rounding":"down"}), "rounding"),
        (json!({"refund_fee":{"kind":"keep_plus_fixed"}}), "refund_fee.fixed"),
        (json!({"refund_costs":"no"}), "refund_costs"),
        (json!({"settlement":{}}), "settlement.delay_days"),
        (json!({"settlement":{"delay_days":366,"calendar":"CN"}}), "settlement.delay_days"),
        (json!({"settlement":{"delay_days":"1","calendar":"CN"}}), "settlement.delay_days"),
        (json!({"settlement":{"delay_days":1}}), "settlement.calendar"),
        (json!({"settlement":{"delay_days":1,"days":"working"}}), "settlement.days"),
        (json!({"settlement":{"delay_days":1,"days":"natural","early_fee":{"cap":"x"}}}), "settlement.early_fee.cap"),
        (json!({"reserve":{"percent":"10"}}), "reserve.days"),
        (json!({"reserve":{"days":10}}), "reserve.percent"),
        (json!({"on_shortfall":"ask"}), "on_shortfall"),
        (json!({"personal":1}), "personal"),
        (json!({"customer_scope":"world"}), "customer_scope"),
        (json!({"risk":{"chargeback_days":0}}), "risk.chargeback_days"),
        (json!({"risk":{"delivery":[{"percent":"60"}]}}), "risk.delivery[0].days"),
        (json!({"plan":7}), "plan"),
    ];
    for (patch, path) in rows {
        let (code, detail) = wrong(&set(&patched(&contract(), &patch)));
        assert_eq!((code, detail.split(": ").next()), ("bad_contract", Some(format!("contract.{path}").as_str())), "{detail}: {patch}");
    }
    for contract in [json!("c-1"), json!([]), json!(7)] {
        assert_eq!(wrong(&set(&contract)).0, "bad_contract", "{contract}");
    }
}

#[test]
fn what_the_table_requires_is_required() {
    for member in CONTRACT {
        let result = read(&set(&without(&contract(), member.name)));
        assert_eq!(result.is_err(), member.required, "{}: {result:?}", member.name);
        if let Err(error) = result {
            assert_eq!(error.to_string(), format!("bad_contract: contract.{}: is needed", member.name));
        }
    }
}

#[test]
fn a_name_that_is_mistyped_is_found() {
    let rows: Vec<(Value, &str)> = vec![
        (json!({"rates":[{"when":{"crd":"debit"},"percent":"0.50"}]}), "rates[0].when.crd: is no member of When; did you mean card?"),
        (json!({"rates":[{"percent":"0.60"},{"percnt":"0.50"}]}), "rates[1].percnt: is no member of Rate; did you mean percent?"),
        (json!({"rates":[{"Percent":"0.60"}]}), "rates[0].Percent: is no member of Rate; did you mean percent?"),
        (json!({"costs":[{"intrchange":{"percent":"0.35"}}]}), "costs[0].intrchange: is no member of Cost; did you mean interchange?"),
        (json!({"costs":[{"scheme_fee":{"percnet":"0.35"}}]}), "costs[0].scheme_fee.percnet: is no member of Price; did you mean percent?"),
        (json!({"vat_percent":null,"vatPercent":"6"}), "vatPercent: is no member of Contract; did you mean vat_percent?"),
        (json!({"funds_flow":{"kind":"via_psp","psp":"p","licenced":false}}), "funds_flow.licenced: is no member of FundsFlowViaPsp; did you mean licensed?"),
        (
            json!({"partner":{"kind":"joint_build","id":"x","maintenence":"30.00"}}),
            "partner.maintenence: is no member of JointBuildPartner; did you mean maintenance?",
        ),
        (json!({"risk":{"chargeback_day":90}}), "risk.chargeback_day: is no member of RiskParameters; did you mean chargeback_days?"),
        (
            json!({"settlement":{"delay_days":1,"days":"natural","early_fees":{"percent":"1"}}}),
            "settlement.early_fees: is no member of Settlement; did you mean early_fee?",
        ),
    ];
    for (patch, said) in rows {
        let sent = patched(&contract(), &patch);
        assert_eq!(mistyped_contract(&sent.to_string()), Some(format!("contract.{said}")), "{patch}");
        assert!(read(&set(&sent)).is_ok(), "{patch}: the fold makes of it what it always did");
    }
}

#[test]
fn a_name_that_no_table_has_yet_is_left_alone() {
    for patch in [
        json!({}),
        json!({"note":"x","rate":"y","segment":"z","internal":{"percnt":"1"}}),
        // Beside the one that it might have been.
        json!({"rates":[{"percent":"0.60","percnt":"0.50","link":"l"}]}),
        json!({"rates":[{"percent":"0.60","fixd":null}]}),
        // Of another kind.
        json!({"partner":{"kind":"referral","id":"x","maintenance":"30.00"}}),
        json!({"refund_fee":{"kind":"keep","fixed":"1.00"}}),
        json!({"aliases":{"kind":"x","percnt":["a","b"]}}),
    ] {
        let sent = patched(&contract(), &patch);
        assert!(read(&set(&sent)).is_ok(), "{patch}");
        assert_eq!(mistyped_contract(&sent.to_string()), None, "{patch}");
    }
}
