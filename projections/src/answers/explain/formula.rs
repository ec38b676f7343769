//! The formulas of an entry: recomputed from the pinned contract, and told only where they come to what was booked.

use super::life::{Life, Sums, event_amount};
use super::topic::Topic;
use super::why::{Binding, Formula};
use ledger::entry::Row;
use ledger::rules::price::{self, proportion};
use ledger::rules::state::Fees;
use schemas::contract::{Contract, Costs, FundsFlow, Price, RefundFee, Rounding, Rule};
use schemas::event::{EventType, Instrument};

/// The formulas of one entry, by topic.
pub type Formulas = Vec<(Topic, Formula)>;

/// What an entry is explained with.
pub struct Case<'a> {
    /// The contract that is pinned to the payment.
    pub contract: &'a Contract,
    /// Card, scheme and entry mode.
    pub instrument: &'a Instrument,
    /// The entry.
    pub row: &'a Row,
    /// Its lines, added up.
    pub sums: &'a Sums,
}

/// What is booked of one fee: before and after the entry.
#[derive(Clone, Copy)]
struct Booked {
    before: u128,
    after: u128,
}

/// A sale, completion, tip or part reversal: every fee by difference. Answers what the reserve rule says now.
pub fn changed(case: &Case, life: &mut Life, formulas: &mut Formulas) -> u128 {
    let contract = case.contract;
    let (old, new) = (life.fees, case.sums.fees().after(&life.fees));
    let (settled_before, settled) = (life.settled, life.settled.saturating_add_signed(case.row.volumes.sales));
    let capture = case.row.event_type.is_some_and(EventType::is_purchase);
    let priced = rules(contract, case.instrument);
    let other = |booked: Booked| {
        let scaled = proportion(booked.before, settled, settled_before, contract.rounding);
        if capture {
            Some(Formula::Carried { result: booked.after })
        } else if scaled == booked.after {
            Some(Formula::Scaled { of: booked.before, settled, settled_before, result: scaled })
        } else {
            None
        }
    };
    let carried_before = life.carried;
    let mut tell = |topic: Topic, booked: Booked, by_rule: Option<Formula>| {
        // A sale whose price is not the rule's brought it; what such a sale is charged is scaled with it.
        life.carried |= capture && by_rule.as_ref().map_or(0, result) != booked.after;
        let by_rule = by_rule.filter(|formula| result(formula) == booked.after);
        let chosen = if carried_before { other(booked).or(by_rule) } else { by_rule.or_else(|| other(booked)) };
        formulas.extend(chosen.map(|formula| (topic, formula)));
    };
    for (topic, get, rule) in &priced {
        let booked = Booked { before: get(&old), after: get(&new) };
        let formula = rule.as_ref().map(|(name, price)| priced_at(name.clone(), *price, settled, booked.before, contract.rounding));
        tell(*topic, booked, formula.clone());
        if *topic == Topic::Channel {
            tell(Topic::ChannelCost, booked, formula);
        }
    }
    let share = contract.partner.as_ref().and_then(|partner| partner.share).map(|percent| {
        let of = new.mdr.saturating_sub(new.interchange).saturating_sub(new.scheme);
        let result = price::share(of, percent, contract.rounding);
        Formula::Share { percent, mdr: new.mdr, interchange: new.interchange, scheme_fee: new.scheme, of, result, before: old.partner }
    });
    tell(Topic::PartnerShare, Booked { before: old.partner, after: new.partner }, share);
    for (topic, fee, before, after) in [
        (Topic::MdrVat, new.mdr, old.mdr_vat, new.mdr_vat),
        (Topic::GatewayVat, new.gateway, old.gateway_vat, new.gateway_vat),
        (Topic::ChannelVat, new.channel, old.channel_vat, new.channel_vat),
    ] {
        tell(topic, Booked { before, after }, Some(vat(contract, fee, before)));
    }
    reserve(case, life, &new, settled, formulas)
}

/// What the reserve rule says of a changed sale, and why.
fn reserve(case: &Case, life: &Life, fees: &Fees, settled: u128, formulas: &mut Formulas) -> u128 {
    let Some(rule) = case.contract.reserve else { return 0 };
    let net = settled.saturating_sub(fees.mdr).saturating_sub(fees.gateway);
    let result = price::reserve(case.contract, settled, fees);
    let booked = case.sums.get(Topic::Reserve).unsigned_abs();
    let binding = if booked != result.abs_diff(life.reserve) {
        Some(Binding::There)
    } else {
        (price::share(settled, rule.percent, case.contract.rounding) > net).then_some(Binding::Net)
    };
    formulas.push((Topic::Reserve, Formula::Reserve { percent: rule.percent, of: settled, net, binding, result, before: life.reserve }));
    result
}

/// A refund: everything comes back cumulatively; a fixed fee is taken.
pub fn refunded(case: &Case, life: &Life, formulas: &mut Formulas) {
    let Some(currency) = life.currency else { return };
    let (contract, rounding) = (case.contract, case.contract.rounding);
    let cumulated = life.refunded + event_amount(case.row).0;
    let back = |of: u128, before: u128| {
        let result = proportion(of, cumulated, life.captured, rounding);
        Formula::Back { of, cumulated, captured: life.captured, currency, result, before, binding: None }
    };
    let change = case.sums.fees();
    if let RefundFee::KeepPlusFixed(_) = contract.refund_fee {
        fixed_fee(case, formulas);
    } else {
        push_if(formulas, Topic::Mdr, back(life.fees.mdr, life.back.mdr), -change.mdr);
        push_if(formulas, Topic::MdrVat, back(life.fees.mdr_vat, life.back.mdr_vat), -change.mdr_vat);
    }
    push_if(formulas, Topic::Interchange, back(life.fees.interchange, life.back.interchange), -change.interchange);
    push_if(formulas, Topic::SchemeFee, back(life.fees.scheme, life.back.scheme), -change.scheme);
    push_if(formulas, Topic::PartnerShare, back(life.fees.partner, life.back.partner), -change.partner);
    let mut formula = back(life.reserve, life.reserve_back);
    let short = formula_amount(&formula) != -case.sums.get(Topic::Reserve);
    if let Formula::Back { binding, .. } = &mut formula {
        *binding = short.then_some(Binding::There);
    }
    formulas.push((Topic::Reserve, formula));
}

/// The fixed fee of a refund, where the contract has one.
pub fn fixed_fee(case: &Case, formulas: &mut Formulas) {
    let RefundFee::KeepPlusFixed(fixed) = case.contract.refund_fee else { return };
    let (fee, price) = (u128::from(fixed), Price { fixed, ..Price::default() });
    let formula = Formula::Priced { rule: "refund_fee".to_owned(), price, binding: None, of: event_amount(case.row).0, result: fee, before: 0 };
    let booked = (case.sums.get(Topic::RefundFee), case.sums.get(Topic::RefundFeeVat));
    push_if(formulas, Topic::RefundFee, formula, booked.0 + booked.1);
    push_if(formulas, Topic::RefundFeeVat, vat(case.contract, fee, 0), booked.1);
}

/// The VAT in a fee.
pub fn vat(contract: &Contract, of: u128, before: u128) -> Formula {
    Formula::Vat { percent: contract.vat, of, result: price::vat_in(of, contract), before }
}

fn push_if(formulas: &mut Formulas, topic: Topic, formula: Formula, booked: i128) {
    if formula_amount(&formula) == booked {
        formulas.push((topic, formula));
    }
}

/// Amounts are far below 2^127.
fn formula_amount(formula: &Formula) -> i128 {
    formula.amount().and_then(|amount| i128::try_from(amount).ok()).unwrap_or(-1)
}

fn result(formula: &Formula) -> u128 {
    match formula {
        Formula::Priced { result, .. } | Formula::Share { result, .. } | Formula::Vat { result, .. } => *result,
        _ => u128::MAX,
    }
}

/// A price, and whether its floor or cap decides.
fn priced_at(rule: String, price: Price, of: u128, before: u128, rounding: Rounding) -> Formula {
    let result = price::price(&price, of, rounding);
    let free = price::price(&Price { floor: None, cap: None, ..price }, of, rounding);
    let binding = match result.cmp(&free) {
        std::cmp::Ordering::Less => Some(Binding::Cap),
        std::cmp::Ordering::Greater => Some(Binding::Floor),
        std::cmp::Ordering::Equal => None,
    };
    Formula::Priced { rule, price, binding, of, result, before }
}

type Get = fn(&Fees) -> u128;

/// What the contract prices by a rule: the topic, where its fee is kept, and the rule with its place.
fn rules(contract: &Contract, instrument: &Instrument) -> [(Topic, Get, Option<(String, Price)>); 5] {
    let rate = place(&contract.rates, instrument).map(|(at, price)| (format!("rates[{at}]"), *price));
    let costs = place(&contract.costs, instrument);
    let cost = |name: &str, of: fn(&Costs) -> Price| costs.map(|(at, costs)| (format!("costs[{at}].{name}"), of(costs)));
    let (gateway, channel) = match &contract.funds_flow {
        FundsFlow::Direct => (None, None),
        FundsFlow::ViaPsp { gateway, channel, .. } => (*gateway, *channel),
    };
    [
        (Topic::Mdr, |fees| fees.mdr, rate),
        (Topic::Interchange, |fees| fees.interchange, cost("interchange", |costs| costs.interchange)),
        (Topic::SchemeFee, |fees| fees.scheme, cost("scheme_fee", |costs| costs.scheme_fee)),
        (Topic::Gateway, |fees| fees.gateway, gateway.map(|price| ("funds_flow.gateway".to_owned(), price))),
        (Topic::Channel, |fees| fees.channel, channel.map(|price| ("funds_flow.channel".to_owned(), price))),
    ]
}

/// The first rule that applies, and which of the list it is.
fn place<'a, T>(rules: &'a [Rule<T>], instrument: &Instrument) -> Option<(usize, &'a T)> {
    let found = price::matching(rules, instrument)?;
    rules.iter().position(|rule| std::ptr::eq(&rule.then, found)).map(|at| (at, found))
}
