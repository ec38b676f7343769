//! Why each line of a payment's entries has its amount.
//!
//! Nothing is stored for it: the formulas are computed when they are asked for, from the contract that is pinned to the
//! payment and from its entries, the oldest first. A formula is told only where it comes to exactly what was booked, so an
//! explanation is never wrong; a price that is not the rule's was brought by its event.
//!
//! | file | what it does |
//! |---|---|
//! | `why` | what is told of a line |
//! | `topic` | what a line is about, from its accounts |
//! | `life` | what was booked of the payment before an entry |
//! | `formula` | fees, shares, VAT and reserve of sales, tips, part reversals and refunds, recomputed |
//!
//! Bounded by the entries of one payment that an answer tells. Pure.

mod formula;
mod life;
mod topic;
mod why;

pub use why::{Binding, Formula, Source, Why};

use formula::{Case, Formulas, changed, refunded, vat};
use ledger::entry::{Code, Detail, Outcome, Posting, Recorded, Row};
use life::{Life, Sums};
use schemas::contract::{Contract, RefundFee};
use schemas::event::EventType;
use topic::{Sorted, Topic, is_purse, topics};

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
    let keeps_plus_fixed = contract.is_some_and(|contract| matches!(contract.refund_fee, RefundFee::KeepPlusFixed(_)));
    let refund_fee = keeps_plus_fixed && matches!(row.event_type, Some(EventType::Refund | EventType::RefundFailed));
    row.lines
        .iter()
        .zip(&sorted)
        .map(|(line, Sorted { topic, .. })| {
            let renamed = |name: &'static str| if refund_fee && name == "mdr" { "refund_fee" } else { name };
            let source = source(row, line, *topic, life);
            let formula = formulas.iter().find(|(of, _)| of == topic).map(|(_, formula)| formula.clone());
            let rounds = formula.as_ref().is_some_and(|formula| !matches!(formula, Formula::Carried { .. } | Formula::Again | Formula::Mirrored));
            Why {
                what: renamed(topic.name()),
                fee: topic.vat_of().map(renamed),
                rounding: contract.filter(|_| rounds).map(|contract| contract.rounding),
                vat: vat_of(*topic).map(|vat| sums.get(vat).unsigned_abs()).filter(|vat| *vat > 0),
                part_of: source.and_then(|_| part_of(row, line, *topic, &sorted)),
                formula,
                source,
            }
        })
        .collect()
}

/// The formulas of an entry; `life` is then as it is after it.
fn formulas(row: &Row, contract: &Contract, sums: &Sums, life: &mut Life) -> Formulas {
    let mut formulas = Formulas::new();
    let mut reserve = life.reserve;
    let every = |formula: &Formula| -> Formulas { topics(row).iter().filter(|line| !follows(line.topic)).map(|line| (line.topic, formula.clone())).collect() };
    match (row.event_type, row.facts.as_deref()) {
        _ if row.volumes.sales_count < 0 => formulas = every(&Formula::Mirrored),
        (Some(EventType::Sale | EventType::PreauthCompleted | EventType::TipAdjusted | EventType::Reversal), Some(facts)) => {
            reserve = changed(&Case { contract, instrument: &facts.instrument, row, sums }, life, &mut formulas);
        }
        (Some(EventType::Refund), Some(facts)) => refunded(&Case { contract, instrument: &facts.instrument, row, sums }, life, &mut formulas),
        (Some(EventType::RefundFailed), _) => {
            formulas = every(&Formula::Again);
            formulas.retain(|(topic, _)| !matches!(topic, Topic::Named(_)));
        }
        (Some(EventType::Chargeback), _) => {
            let fee = sums.get(Topic::DisputeFee) + sums.get(Topic::DisputeFeeVat);
            formulas.push((Topic::DisputeFeeVat, vat(contract, fee.unsigned_abs(), 0)));
        }
        _ => {}
    }
    // Where more VAT moves than fee, the lines of the two do not come to their formulas one by one.
    for (income, pair) in [
        (Code::MdrIncome, [Topic::Mdr, Topic::MdrVat]),
        (Code::GatewayIncome, [Topic::Gateway, Topic::GatewayVat]),
        (Code::ChannelIncome, [Topic::Channel, Topic::ChannelVat]),
    ] {
        if sums.get(Topic::VatMoved(income)) != 0 {
            formulas.retain(|(topic, formula)| !pair.contains(topic) || matches!(formula, Formula::Mirrored | Formula::Again));
        }
    }
    life.apply(row, sums, reserve);
    formulas
}

/// Whether a line is no part of the event, but follows from it: debts are repaid, holds are fed.
fn follows(topic: Topic) -> bool {
    matches!(topic, Topic::Named("repayment" | "hold"))
}

const fn vat_of(topic: Topic) -> Option<Topic> {
    match topic {
        Topic::Mdr => Some(Topic::MdrVat),
        Topic::Gateway => Some(Topic::GatewayVat),
        Topic::Channel => Some(Topic::ChannelVat),
        Topic::DisputeFee => Some(Topic::DisputeFeeVat),
        _ => None,
    }
}

/// Where the merchant's money of a line came from. What the payment itself put by is counted along.
fn source(row: &Row, line: &Posting, topic: Topic, life: &mut Life) -> Option<Source> {
    let amount = line.amount.get();
    let release_on = |detail: &Detail| if let Detail::Date(date) = detail { Some(*date) } else { None };
    if topic == Topic::Reserve {
        match line.credit.code {
            Code::Reserve => {
                life.own_reserve += amount;
                life.release_on = release_on(&line.credit.detail);
            }
            _ => life.own_reserve = life.own_reserve.saturating_sub(amount),
        }
    }
    if !is_purse(&line.debit) || is_purse(&line.credit) {
        return None;
    }
    match line.debit.code {
        Code::Pending => Some(Source::OwnPending),
        Code::Available => Some(Source::Available),
        // Own reserve comes before that of others, also in the bucket that they share.
        Code::Reserve if life.own_reserve > 0 && release_on(&line.debit.detail) == life.release_on && row.event_type != Some(EventType::RefundFailed) => {
            life.own_reserve = life.own_reserve.saturating_sub(amount);
            Some(Source::OwnReserve)
        }
        Code::Reserve => Some(Source::OtherReserve),
        Code::MerchantReceivable => Some(Source::Owed),
        _ => None,
    }
}

/// What the lines of a topic come to, where there are several in the line's book and currency.
fn part_of(row: &Row, line: &Posting, topic: Topic, sorted: &[Sorted]) -> Option<u128> {
    let parts = row.lines.iter().zip(sorted).filter(|(other, sorted)| sorted.topic == topic && other.book == line.book && other.currency == line.currency);
    let amounts: Vec<i128> = parts.map(|(_, sorted)| sorted.signed).collect();
    (amounts.len() > 1).then(|| amounts.iter().sum::<i128>().unsigned_abs())
}
