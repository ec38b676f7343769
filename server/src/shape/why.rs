//! Why a line has its amount, as it is told: one object with the fields that its formula has.

use super::amount;
use projections::answers::explain::{Formula, Why};
use schemas::contract::{Percent, Rounding};
use schemas::money::{Currency, format_scaled};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a line has its amount. Lines of one `what` and `fee` come to `result` less `before`, less `vat`; amounts are in the
/// line's currency unless a field says another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Why)]
pub struct WhyForm {
    /// What it is: `mdr`, `gateway`, `channel`, `interchange`, `scheme_fee`, `partner_share`, `vat`, `reserve`, `refund_fee`,
    /// `dispute_fee`, `repayment`, `hold`, `exchange`, … or the type of the event whose money it is.
    #[schema(example = "mdr")]
    what: String,
    /// Of `vat`: the fee that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<String>,
    /// The rule of the contract, its place in a list from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "rates[1]")]
    rule: Option<String>,
    /// The percentage that applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.60")]
    percent: Option<String>,
    /// Added to the percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<String>,
    /// The rule's floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<String>,
    /// The rule's cap.
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<String>,
    /// What decided in place of the percentage: `cap`, `floor`, `net` (what fees leave of the sale) or `there` (what there was).
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<String>,
    /// What it is taken of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1000.00")]
    of: Option<String>,
    /// Of a partner's share: the discount, …
    #[serde(skip_serializing_if = "Option::is_none")]
    mdr: Option<String>,
    /// … less interchange, …
    #[serde(skip_serializing_if = "Option::is_none")]
    interchange: Option<String>,
    /// … less the scheme fee, not below zero: `of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme_fee: Option<String>,
    /// Of a refund: refunded with this one, in the sale's currency. `result` is `of` × `cumulated` ÷ `captured`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cumulated: Option<String>,
    /// Of a refund: captured, in the sale's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<String>,
    /// Of a reserve: the sale less its fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    net: Option<String>,
    /// Of a price that is scaled: what the payment comes to, …
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<String>,
    /// … and came to before. `result` is `of` × `settled` ÷ `settled_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_before: Option<String>,
    /// What the formula comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "6.00")]
    result: Option<String>,
    /// What had been booked (of a refund: come back) before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// The VAT in it, which other lines have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.34")]
    vat: Option<String>,
    /// How it is rounded: `half_up` or `half_even`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "half_up")]
    rounding: Option<String>,
    /// The event that set the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    contract_version: Option<String>,
    /// Whether the event brought its price.
    #[serde(skip_serializing_if = "Option::is_none")]
    carried: Option<bool>,
    /// Whether a failed refund's lines are booked the other way.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<bool>,
    /// Whether the payment is undone: the net of its lines, the other way.
    #[serde(skip_serializing_if = "Option::is_none")]
    mirrored: Option<bool>,
    /// Where the merchant's money came from: `own_pending`, `available`, `own_reserve`, `other_reserve` or `owed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "own_pending")]
    source: Option<String>,
    /// What the lines of this come to, where the money came from several places.
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<String>,
}

impl WhyForm {
    /// The form of an explanation of a line in this currency, under this version of the contract.
    pub fn new(why: &Why, currency: Currency, contract_version: Option<&str>) -> Self {
        let text = |minor: u128| money(minor, currency);
        let formula = why.formula.as_ref().map(|formula| of_formula(formula, currency)).unwrap_or_default();
        Self {
            what: why.what.to_owned(),
            fee: why.fee.map(str::to_owned),
            vat: why.vat.map(text),
            rounding: why.rounding.map(|rounding| rounding_name(rounding).to_owned()),
            contract_version: why.rounding.and(contract_version).map(str::to_owned),
            source: why.source.map(|source| source.as_str().to_owned()),
            part_of: why.part_of.map(text),
            ..formula
        }
    }
}

fn of_formula(formula: &Formula, currency: Currency) -> WhyForm {
    let text = |minor: &u128| Some(money(*minor, currency));
    let none = WhyForm::default();
    match formula {
        Formula::Priced { rule, price, binding, of, result, before } => WhyForm {
            rule: Some(rule.clone()),
            percent: Some(percent_text(price.percent)),
            fixed: (price.fixed > 0).then(|| money(price.fixed.into(), currency)),
            floor: price.floor.map(|floor| money(floor.into(), currency)),
            cap: price.cap.map(|cap| money(cap.into(), currency)),
            binding: binding.map(|binding| binding.as_str().to_owned()),
            of: text(of),
            result: text(result),
            before: text(before),
            ..none
        },
        Formula::Share { percent, mdr, interchange, scheme_fee, of, result, before } => WhyForm {
            rule: Some("partner.share_percent".to_owned()),
            percent: Some(percent_text(*percent)),
            mdr: text(mdr),
            interchange: text(interchange),
            scheme_fee: text(scheme_fee),
            of: text(of),
            result: text(result),
            before: text(before),
            ..none
        },
        Formula::Vat { percent, of, result, before } => WhyForm {
            rule: Some("vat_percent".to_owned()),
            percent: Some(percent_text(*percent)),
            of: text(of),
            result: text(result),
            before: text(before),
            ..none
        },
        Formula::Reserve { percent, of, net, binding, result, before } => WhyForm {
            rule: Some("reserve".to_owned()),
            percent: Some(percent_text(*percent)),
            binding: binding.map(|binding| binding.as_str().to_owned()),
            of: text(of),
            net: text(net),
            result: text(result),
            before: text(before),
            ..none
        },
        Formula::Carried { result } => WhyForm { carried: Some(true), result: text(result), ..none },
        Formula::Scaled { of, settled, settled_before, result } => WhyForm {
            carried: Some(true),
            of: text(of),
            settled: text(settled),
            settled_before: text(settled_before),
            result: text(result),
            before: text(of),
            ..none
        },
        Formula::Back { of, cumulated, captured, currency: sale, result, before, binding } => WhyForm {
            of: text(of),
            cumulated: Some(money(*cumulated, *sale)),
            captured: Some(money(*captured, *sale)),
            binding: binding.map(|binding| binding.as_str().to_owned()),
            result: text(result),
            before: text(before),
            ..none
        },
        Formula::Again => WhyForm { again: Some(true), ..none },
        Formula::Mirrored => WhyForm { mirrored: Some(true), ..none },
    }
}

/// Amounts are far below 2^127.
fn money(minor: u128, currency: Currency) -> String {
    amount(i128::try_from(minor).unwrap_or(i128::MAX), currency)
}

/// A percentage with as many decimals as it needs, at least two.
fn percent_text(percent: Percent) -> String {
    let mut text = format_scaled(percent.0.into(), Percent::DECIMALS);
    while text.ends_with('0') && text.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 2) {
        text.pop();
    }
    text
}

const fn rounding_name(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::HalfUp => "half_up",
        Rounding::HalfEven => "half_even",
    }
}
