//! Why each line of a payment's entries has its amount.
//!
//! Nothing is stored for it: the formulas are computed when they are asked for, from the contract that is pinned to the
//! payment and from its entries, the oldest first. A formula is told only where it comes to exactly what was booked, so an
//! explanation is never wrong; a price that is not the rule's was brought by its event.
//!
//! | file | what it does |
//! |---|---|
//! | `why` | what is told of a line |
//! | `topic` | what a line is about, from its leg |
//! | `life` | what was booked of the payment before an entry |
//! | `formula` | fees, shares, VAT and reserve of sales, tips, part reversals and refunds, recomputed |
//!
//! Bounded by the entries of one payment that an answer tells. Pure.

mod formula;
mod life;
mod topic;
mod why;

pub use why::{Binding, Formula, Why};

use formula::{Case, Formulas, changed, fixed_fee, refunded, vat};
pub use ledger::entry::Source;
use ledger::entry::{Leg, Outcome, Posting, Recorded, Row};
use life::{Life, Sums};
use schemas::contract::Contract;
use schemas::event::EventType;
use topic::{Sorted, Topic, topics};

/// Why each line of each entry has its amount: for each entry, one `Why` a line.
///
/// `entries` are all of one payment, the oldest first. Where some are missing, or there is no contract, lines are named
/// without a formula.
pub fn explain<'a>(entries: impl IntoIterator<Item = &'a Recorded>, contract: Option<&Contract>) -> Vec<Vec<Why>> {
    let mut life = Life::default();
    entries.into_iter().map(|entry| explain_entry(&entry.row, contract, &mut life)).collect()
}

fn explain_entry(row: &Row, contract: Option<&Contract>, life: &mut Life) -> Vec<Why> {
    if row.outcome != Outcome::Posted {
        return Vec::new();
    }
    let sorted = topics(row);
    let sums = Sums::of(&sorted);
    let formulas = contract.map_or_else(Formulas::new, |contract| formulas(row, contract, &sums, life));
    row.lines
        .iter()
        .zip(&sorted)
        .map(|(line, Sorted { topic, .. })| {
            let formula = formulas.iter().find(|(of, _)| of == topic).map(|(_, formula)| formula.clone());
            let rounds = formula.as_ref().is_some_and(|formula| !matches!(formula, Formula::Carried { .. } | Formula::Again | Formula::Mirrored));
            Why {
                what: topic.name(),
                fee: topic.vat_of(),
                rounding: contract.filter(|_| rounds).map(|contract| contract.rounding),
                vat: vat_of(*topic).map(|vat| sums.get(vat).unsigned_abs()).filter(|vat| *vat > 0),
                part_of: line.source.and_then(|_| part_of(row, line, *topic, &sorted)),
                formula,
                source: line.source,
            }
        })
        .collect()
}

/// The formulas of an entry; `life` is then as it is after it.
fn formulas(row: &Row, contract: &Contract, sums: &Sums, life: &mut Life) -> Formulas {
    let mut formulas = Formulas::new();
    let mut reserve = life.reserve;
    let every = |formula: &Formula| -> Formulas {
        topics(row).iter().zip(&row.lines).filter(|(_, line)| !follows(line.leg)).map(|(sorted, _)| (sorted.topic, formula.clone())).collect()
    };
    match (row.event_type, row.facts.as_deref()) {
        _ if row.volumes.sales_count < 0 => formulas = every(&Formula::Mirrored),
        (Some(EventType::Sale | EventType::PreauthCompleted | EventType::TipAdjusted | EventType::Reversal), Some(facts)) => {
            reserve = changed(&Case { contract, instrument: &facts.instrument, row, sums }, life, &mut formulas);
        }
        (Some(EventType::Refund), Some(facts)) => refunded(&Case { contract, instrument: &facts.instrument, row, sums }, life, &mut formulas),
        (Some(EventType::StandaloneRefund), Some(facts)) => fixed_fee(&Case { contract, instrument: &facts.instrument, row, sums }, &mut formulas),
        (Some(EventType::RefundFailed), _) => {
            formulas = every(&Formula::Again);
            formulas.retain(|(topic, _)| !matches!(topic, Topic::Named(_)));
        }
        (Some(EventType::Chargeback | EventType::StandaloneChargeback), _) => {
            let fee = sums.get(Topic::DisputeFee) + sums.get(Topic::DisputeFeeVat);
            formulas.push((Topic::DisputeFeeVat, vat(contract, fee.unsigned_abs(), 0)));
        }
        _ => {}
    }
    // Where more VAT moves than fee, the lines of the two do not come to their formulas one by one.
    for (vat, pair) in [
        (Leg::MdrVat, [Topic::Mdr, Topic::MdrVat]),
        (Leg::GatewayVat, [Topic::Gateway, Topic::GatewayVat]),
        (Leg::ChannelVat, [Topic::Channel, Topic::ChannelVat]),
    ] {
        if sums.get(Topic::VatMoved(vat)) != 0 {
            formulas.retain(|(topic, formula)| !pair.contains(topic) || matches!(formula, Formula::Mirrored | Formula::Again));
        }
    }
    life.apply(row, sums, reserve);
    formulas
}

const fn vat_of(topic: Topic) -> Option<Topic> {
    match topic {
        Topic::Mdr => Some(Topic::MdrVat),
        Topic::Gateway => Some(Topic::GatewayVat),
        Topic::Channel => Some(Topic::ChannelVat),
        Topic::RefundFee => Some(Topic::RefundFeeVat),
        Topic::DisputeFee => Some(Topic::DisputeFeeVat),
        Topic::MdrVat
        | Topic::GatewayVat
        | Topic::ChannelVat
        | Topic::ChannelCost
        | Topic::Interchange
        | Topic::SchemeFee
        | Topic::PartnerShare
        | Topic::Reserve
        | Topic::RefundFeeVat
        | Topic::DisputeFeeVat
        | Topic::Vat
        | Topic::VatMoved(_)
        | Topic::Named(_) => None,
    }
}

/// Whether a line is no part of the event, but follows from it: debts are repaid, holds are fed.
fn follows(leg: Leg) -> bool {
    leg == Leg::Repayment || leg == Leg::Sweep
}

/// What the lines of a topic come to, where there are several in the line's book and currency.
fn part_of(row: &Row, line: &Posting, topic: Topic, sorted: &[Sorted]) -> Option<u128> {
    let parts = row.lines.iter().zip(sorted).filter(|(other, sorted)| sorted.topic == topic && other.book == line.book && other.currency == line.currency);
    let amounts: Vec<i128> = parts.map(|(_, sorted)| sorted.signed).collect();
    (amounts.len() > 1).then(|| amounts.iter().sum::<i128>().unsigned_abs())
}
