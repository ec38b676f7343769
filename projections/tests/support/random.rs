//! Random lives: a few merchants of every model, and events of every type in every order, on a seed.

use crate::support::{Life, contract, date};
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// The merchants of every life.
pub const MERCHANTS: [&str; 4] = ["MA", "MB", "MC", "MD"];

/// A life of so many records.
pub fn life(seed: u64, records: usize) -> Life {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut life = Life::opened("2026-11-20");
    let mut open = date("2026-11-20");
    let mut sent: Vec<Value> = Vec::new();
    for (n, merchant) in MERCHANTS.iter().enumerate() {
        if rng.random_range(0..4) > 0 {
            life.event(terms(&mut rng, merchant, &format!("c{n}")));
        }
    }
    for n in 0..records {
        let id = format!("e{n}");
        match rng.random_range(0..100) {
            0..=3 => {
                life.close(open);
                open = open.plus_days(1);
            }
            4 => _ = life.bytes(b"{\"id\": \"broken\""),
            5 => {
                let merchant = pick(&mut rng, &MERCHANTS);
                life.event(terms(&mut rng, merchant, &id));
            }
            6 if !sent.is_empty() => {
                let mut again = sent[rng.random_range(0..sent.len())].clone();
                if rng.random_range(0..2) == 0 {
                    again["note"] = json!("other content");
                }
                life.event(again);
            }
            7 => {
                let kind = pick(&mut rng, &["scheme_settled", "tax_paid", "fees_swept", "psp_paid_bank"]);
                life.event(
                    json!({"id": id, "type": kind, "merchant": "@house", "scheme": "unionpay", "psp": "psp-7", "amount": amount(&mut rng), "currency": "CNY"}),
                );
            }
            _ => {
                let mut event = event(&mut rng, &id);
                follow_up(&mut rng, &mut event, &sent);
                sent.push(event.clone());
                life.event(event);
            }
        }
    }
    life
}

fn pick<'a>(rng: &mut ChaCha8Rng, of: &[&'a str]) -> &'a str {
    of[rng.random_range(0..of.len())]
}

fn amount(rng: &mut ChaCha8Rng) -> String {
    let minor: u32 = if rng.random_range(0..3) == 0 { rng.random_range(1..200) } else { rng.random_range(1..20_000) };
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn terms(rng: &mut ChaCha8Rng, merchant: &str, id: &str) -> Value {
    let change = rng.random_range(0..6);
    let refund = pick(rng, &["return", "keep", "keep_plus_fixed"]);
    let costs = rng.random_range(0..2) == 0;
    contract(merchant, id, |c| {
        match change {
            0 => c["funds_flow"] = json!({"kind": "via_psp", "psp": "psp-7", "gateway": {"percent": "0.35"}, "channel": {"percent": "0.02"}}),
            1 => {
                c["partner"] = json!({"kind": "joint_build", "id": "vendor-1", "maintenance": "3.00"});
                c["cost_settlement"] = json!("gross");
            }
            2 => {
                c["settlement"] = json!({"delay_days": 0, "days": "natural"});
                c["reserve"] = json!({"percent": "50", "days": 1});
            }
            3 => {
                c["on_shortfall"] = json!("refuse");
                c["rounding"] = json!("half_even");
            }
            _ => {}
        }
        c["refund_fee"] = if refund == "keep_plus_fixed" { json!({"kind": refund, "fixed": "0.30"}) } else { json!({"kind": refund}) };
        c["refund_costs"] = json!(costs);
    })
}

fn event(rng: &mut ChaCha8Rng, id: &str) -> Value {
    let kind = pick(
        rng,
        &[
            "sale",
            "sale",
            "sale",
            "sale",
            "sale",
            "preauth_placed",
            "preauth_increased",
            "preauth_completed",
            "preauth_released",
            "tip_adjusted",
            "void",
            "reversal",
            "refund",
            "refund",
            "refund_failed",
            "instalment_subsidy",
            "dispute_opened",
            "chargeback",
            "chargeback",
            "chargeback_represented",
            "dispute_won",
            "dispute_lost",
            "hold_placed",
            "hold_placed",
            "hold_released",
            "hold_seized",
            "reserve_released",
            "early_release",
            "payout_initiated",
            "payout_paid",
            "payout_failed",
            "payout_returned",
            "fee_charged",
            "fee_waived",
            "tier_adjusted",
            "adjustment",
            "debt_repaid",
            "debt_written_off",
            "maintenance_due",
            "customer_erased",
            "batch_closed",
            "opening_balance",
            "opening_payment",
            "standalone_refund",
            "standalone_chargeback",
        ],
    );
    let mut event = json!({"id": id, "type": kind, "merchant": pick(rng, &MERCHANTS), "terminal": "T1"});
    let payment = format!("P{}", rng.random_range(0..60));
    let part = match kind {
        "reversal" | "hold_released" | "hold_seized" => rng.random_range(0..2) == 0,
        _ => true,
    };
    if part
        && !matches!(
            kind,
            "void"
                | "refund_failed"
                | "preauth_released"
                | "chargeback_represented"
                | "dispute_won"
                | "dispute_lost"
                | "payout_paid"
                | "payout_failed"
                | "payout_returned"
                | "maintenance_due"
                | "customer_erased"
                | "batch_closed"
        )
    {
        event["amount"] = json!(amount(rng));
        event["currency"] = json!("CNY");
    }
    match kind {
        "sale" | "preauth_placed" | "preauth_completed" => {
            event["payment"] = json!(payment);
            if kind != "preauth_completed" {
                event["card"] = json!(pick(rng, &["debit", "credit"]));
                event["scheme"] = json!("unionpay");
                event["customer"] = json!("cust");
            }
            if kind != "preauth_placed" {
                match rng.random_range(0..8) {
                    0 => {
                        event["currency"] = json!("USD");
                        event["settled_currency"] = json!("CNY");
                        event["rate"] = json!("7.1234");
                    }
                    1 => event["fees"] = json!([{"kind": "mdr", "amount": "0.50"}, {"kind": "vat", "amount": "0.60"}]),
                    _ => {}
                }
            }
        }
        "opening_balance" => {
            event["bucket"] = json!(pick(rng, &["available", "pending", "reserve", "owed"]));
            event["date"] = json!(pick(rng, &["2026-12-31", "2027-01-31"]));
        }
        "opening_payment" | "standalone_refund" | "standalone_chargeback" => {
            event["payment"] = json!(payment);
            (event["card"], event["scheme"], event["customer"]) = (json!(pick(rng, &["debit", "credit"])), json!("unionpay"), json!("cust"));
            if kind == "opening_payment" {
                event["booked_on"] = json!(pick(rng, &["2026-11-02", "2026-10-15"]));
                event["refunded"] = json!(pick(rng, &["0.00", "0.00", "0.50"]));
                event["charged_back"] = json!(pick(rng, &["0.00", "0.20"]));
            }
        }
        "refund_failed" => {
            event["payment"] = json!(payment);
            event["refund"] = json!(format!("e{}", rng.random_range(0..400)));
        }
        "dispute_opened" | "chargeback" | "chargeback_represented" | "dispute_won" | "dispute_lost" => {
            event["payment"] = json!(payment);
            if rng.random_range(0..4) == 0 {
                event["dispute"] = json!("D2");
            }
            if kind == "chargeback" && rng.random_range(0..2) == 0 {
                event["dispute_fee"] = json!("1.70");
            }
        }
        "hold_placed" | "hold_released" | "hold_seized" => {
            // Some holds have the names of payouts, whose money may be added to them.
            event["hold"] = json!(format!("{}{}", pick(rng, &["H", "O"]), rng.random_range(0..12)));
            if kind == "hold_placed" && rng.random_range(0..2) == 0 {
                event["sweep"] = json!(true);
            }
            if kind == "hold_seized" {
                event["order"] = json!("court order 7");
            }
        }
        "payout_initiated" | "payout_paid" | "payout_failed" | "payout_returned" => event["payout"] = json!(format!("O{}", rng.random_range(0..12))),
        "fee_charged" => event["fee"] = json!("monthly"),
        "tier_adjusted" => event["direction"] = json!(pick(rng, &["rebate", "surcharge"])),
        "adjustment" => {
            event["direction"] = json!(pick(rng, &["credit", "debit"]));
            event["maker"] = json!("ann");
            event["checker"] = json!("bob");
            event["reason"] = json!("mistake");
        }
        "customer_erased" => event["customer"] = json!("cust"),
        "batch_closed" => {
            event["count"] = json!(1);
            event["sum"] = json!("1.00");
            event["currency"] = json!("CNY");
        }
        "reserve_released" | "early_release" | "fee_waived" | "debt_repaid" | "debt_written_off" | "maintenance_due" => {}
        _ => event["payment"] = json!(payment),
    }
    event
}

/// Makes most events about something that was sent before: of what they follow, merchant and object are taken.
fn follow_up(rng: &mut ChaCha8Rng, event: &mut Value, sent: &[Value]) {
    let after: &[&str] = match event["type"].as_str().unwrap_or_default() {
        "refund_failed" => &["refund", "standalone_refund"],
        "chargeback_represented" => &["chargeback", "standalone_chargeback"],
        "dispute_won" | "dispute_lost" => &["chargeback", "chargeback_represented", "dispute_opened", "standalone_chargeback"],
        "refund" | "chargeback" | "dispute_opened" | "tip_adjusted" | "void" | "reversal" | "instalment_subsidy" => {
            &["sale", "preauth_completed", "opening_payment"]
        }
        "preauth_increased" | "preauth_completed" | "preauth_released" => &["preauth_placed"],
        "hold_released" | "hold_seized" => &["hold_placed"],
        "payout_paid" | "payout_failed" => &["payout_initiated"],
        "payout_returned" => &["payout_paid"],
        _ => return,
    };
    let before: Vec<&Value> = sent.iter().filter(|known| after.contains(&known["type"].as_str().unwrap_or_default())).collect();
    if before.is_empty() || rng.random_range(0..5) == 0 {
        return;
    }
    // The newer ones more often: their payments are not cleared yet.
    let newest = before.len().min(8);
    let reach = if rng.random_range(0..2) == 0 { newest } else { before.len() };
    let known = before[before.len() - 1 - rng.random_range(0..reach)];
    for field in ["merchant", "payment", "hold", "payout", "dispute"] {
        if let Some(value) = known.get(field) {
            event[field] = value.clone();
        }
    }
    if event["type"] == "refund_failed" {
        event["refund"] = known["id"].clone();
    }
}
