//! Disputes: opened, charged back, contested, won and lost, also after each other.

use super::life::Life;
use super::payments::{part_of, set_amount};
use super::terms::text;
use crate::model::state::{DisputeState, Payment};
use serde_json::json;

/// One event of a dispute.
pub fn step(life: &mut Life) {
    let name = life.some_merchant();
    let kind = life.dice.weighted(&[("dispute_opened", 20), ("chargeback", 30), ("chargeback_represented", 18), ("dispute_won", 22), ("dispute_lost", 20)]);
    let wanted: &[DisputeState] = match kind {
        "chargeback" => &[DisputeState::Opened, DisputeState::Withdrawn],
        "chargeback_represented" => &[DisputeState::Charged],
        "dispute_won" => &[DisputeState::Charged, DisputeState::Represented, DisputeState::Opened],
        "dispute_lost" => &[DisputeState::Charged, DisputeState::Represented, DisputeState::Won],
        _ => &[],
    };
    let fits = |payment: &Payment| payment.disputes.values().any(|dispute| wanted.contains(&dispute.state));
    let is_new = matches!(kind, "dispute_opened" | "chargeback") && life.dice.chance(70);
    let payment = if is_new || life.dice.chance(7) { None } else { life.some_payment(&name, fits) };
    let Some(payment) = payment.or_else(|| life.some_payment(&name, |payment| payment.captured > 0)).or_else(|| life.some_payment(&name, |_| true)) else {
        return;
    };
    let known: Vec<String> = payment.disputes.iter().filter(|(_, dispute)| wanted.contains(&dispute.state)).map(|(id, _)| id.clone()).collect();
    let aimed = life.dice.place(known.len()).and_then(|place| known.get(place).cloned()).filter(|_| !is_new && life.dice.chance(93));
    let dispute = aimed.or_else(|| match life.dice.below(10) {
        // Absent, it is the payment's own id.
        0..4 => None,
        4..7 => Some(format!("D{}", life.dice.between(1, 3))),
        _ => Some(life.new_id("D")),
    });
    let mut event = life.event(kind, &name);
    event["payment"] = json!(payment.id);
    if let Some(dispute) = dispute.filter(|dispute| *dispute != payment.id || life.dice.chance(50)) {
        event["dispute"] = json!(dispute);
    }
    let room = u64::try_from(payment.room()).unwrap_or(0);
    let amount = matches!(kind, "dispute_opened" | "chargeback").then(|| match life.dice.below(8) {
        0 => room + life.dice.between(1, 500),
        1 => u64::try_from(payment.captured).unwrap_or(0).max(1),
        _ => part_of(life, room),
    });
    set_amount(life, &mut event, &payment, amount);
    if kind == "chargeback" && life.dice.chance(45) {
        let fee = life.dice.pick(&[0, 1, 7, 500, 1500]);
        let fee = text(payment.settled_currency().code(), fee);
        event["dispute_fee"] = json!(if life.dice.chance(4) { "1.2345".to_owned() } else { fee });
    }
    if life.dice.chance(40) {
        life.focus = (name, payment.id);
    }
    life.send_or_hold(event);
}
