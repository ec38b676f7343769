//! What a sale costs whom: every fee of it, by the contract's rules or as the event carried it.

use super::contract::{Contract, Instrument};
use super::event::Event;
use super::money::minor;
use serde_json::Value;
use std::collections::BTreeMap;

/// Every price of a sale, in minor units of the settled currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// Merchant discount, VAT included.
    pub mdr: i128,
    /// The VAT in it.
    pub mdr_vat: i128,
    /// To the issuer.
    pub interchange: i128,
    /// To the scheme.
    pub scheme: i128,
    /// To the partner.
    pub partner: i128,
    /// To the PSP, VAT included.
    pub gateway: i128,
    /// The VAT in it.
    pub gateway_vat: i128,
    /// From the PSP to the bank, VAT included.
    pub channel: i128,
    /// The VAT in it.
    pub channel_vat: i128,
    /// Put by.
    pub reserve: i128,
}

impl Fees {
    /// Each price less that of another, where it may fall below zero.
    pub fn less(&self, other: &Self) -> Self {
        Self {
            mdr: self.mdr - other.mdr,
            mdr_vat: self.mdr_vat - other.mdr_vat,
            interchange: self.interchange - other.interchange,
            scheme: self.scheme - other.scheme,
            partner: self.partner - other.partner,
            gateway: self.gateway - other.gateway,
            gateway_vat: self.gateway_vat - other.gateway_vat,
            channel: self.channel - other.channel,
            channel_vat: self.channel_vat - other.channel_vat,
            reserve: self.reserve - other.reserve,
        }
    }
}

/// Prices that came with an event, by kind; equal kinds are added up.
pub fn carried(event: &Event, contract: &Contract) -> BTreeMap<String, i128> {
    let mut fees = BTreeMap::new();
    for fee in event.get("fees").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| fee.get(name).and_then(Value::as_str).unwrap_or_default();
        *fees.entry(text("kind").to_owned()).or_insert(0) += minor(text("amount"), contract.currency).unwrap_or(0);
    }
    fees
}

/// Prices an amount in the settled currency. What is carried stands; rules price what is left out.
pub fn price(contract: &Contract, instrument: &Instrument, amount: i128, carried: &BTreeMap<String, i128>) -> Fees {
    let rounding = contract.rounding;
    let kind = |name: &str| carried.get(name).copied();
    let (interchange_rule, scheme_rule) = contract.cost(instrument);
    let mdr = kind("mdr").unwrap_or_else(|| contract.rate(instrument).of(amount, rounding));
    let interchange = kind("interchange").unwrap_or_else(|| interchange_rule.of(amount, rounding));
    let scheme = kind("scheme").unwrap_or_else(|| scheme_rule.of(amount, rounding));
    let mut fees = Fees { mdr, interchange, scheme, mdr_vat: kind("vat").unwrap_or_else(|| contract.vat_in(mdr)), ..Fees::default() };
    // A carried share of a partner that has none in the contract is ignored.
    if let Some(share) = contract.partner.as_ref().and_then(|partner| partner.share) {
        fees.partner = kind("partner").unwrap_or_else(|| contract.share_of((mdr - interchange - scheme).max(0), share));
    }
    // So is a carried gateway or channel fee where no PSP is in between.
    if let Some(psp) = &contract.psp {
        fees.gateway = kind("gateway").unwrap_or_else(|| psp.gateway.of(amount, rounding));
        fees.gateway_vat = contract.vat_in(fees.gateway);
        fees.channel = kind("channel").unwrap_or_else(|| psp.channel.of(amount, rounding));
        fees.channel_vat = contract.vat_in(fees.channel);
    }
    fees.reserve = reserve(contract, amount, &fees);
    fees
}

/// Scales every carried or derived price by `new ÷ old`, one rounding each; the reserve follows its rule.
pub fn scale(contract: &Contract, fees: &Fees, new: i128, old: i128) -> Fees {
    // A sale that was worth nothing in the settled currency says nothing of proportions: its prices stay.
    let scaled = |fee: i128| if old == 0 { fee } else { contract.rounding.divide(fee * new, old) };
    let mut result = Fees {
        mdr: scaled(fees.mdr),
        mdr_vat: scaled(fees.mdr_vat),
        interchange: scaled(fees.interchange),
        scheme: scaled(fees.scheme),
        partner: scaled(fees.partner),
        gateway: scaled(fees.gateway),
        gateway_vat: scaled(fees.gateway_vat),
        channel: scaled(fees.channel),
        channel_vat: scaled(fees.channel_vat),
        reserve: 0,
    };
    result.reserve = reserve(contract, new, &result);
    result
}

/// `min(round(A × percent), max(0, A − F − G))`.
fn reserve(contract: &Contract, amount: i128, fees: &Fees) -> i128 {
    let Some((percent, _)) = contract.reserve else { return 0 };
    contract.share_of(amount, percent).min((amount - fees.mdr - fees.gateway).max(0))
}
