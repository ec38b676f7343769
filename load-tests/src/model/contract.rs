//! A merchant's contract, read from its JSON, and what it charges.

use super::money::{Decimal, Rounding, minor};
use schemas::money::Currency;
use serde_json::Value;

/// Percentages are kept in millionths of a percent; this many are one whole.
pub const WHOLE: i128 = 100_000_000;

/// `clamp(round(A × percent/100 + fixed), floor, cap)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Millionths of a percent.
    pub percent: i128,
    /// Minor units.
    pub fixed: i128,
    /// Minor units.
    pub floor: Option<i128>,
    /// Minor units.
    pub cap: Option<i128>,
}

impl Price {
    /// The price of an amount in minor units.
    pub fn of(&self, amount: i128, rounding: Rounding) -> i128 {
        let mut price = rounding.divide(amount * self.percent + self.fixed * WHOLE, WHOLE);
        if let Some(floor) = self.floor {
            price = price.max(floor);
        }
        if let Some(cap) = self.cap {
            price = price.min(cap);
        }
        price
    }
}

/// What a refund does to the merchant discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundFee {
    /// It comes back in proportion.
    Return,
    /// It stays.
    Keep,
    /// It stays, and this much more is taken, in minor units.
    KeepPlusFixed(i128),
}

/// A partner.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Which one.
    pub id: String,
    /// Whether it maintains terminals (else it brought the merchant).
    pub joint_build: bool,
    /// Its share, in millionths of a percent.
    pub share: Option<i128>,
    /// What it gets for maintenance, in minor units.
    pub maintenance: Option<i128>,
}

/// The payment company that the money goes through.
#[derive(Clone, Debug)]
pub struct Psp {
    /// Which one.
    pub id: String,
    /// Whether it has a licence.
    pub licensed: bool,
    /// What it takes from the merchant on top.
    pub gateway: Price,
    /// What it pays the bank.
    pub channel: Price,
}

/// What a rule depends on.
#[derive(Clone, Debug, Default)]
pub struct Instrument {
    /// The card.
    pub card: String,
    /// The scheme.
    pub scheme: String,
    /// The entry mode, where it is known.
    pub entry_mode: Option<String>,
}

/// One version of a contract.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The event that set it.
    pub version: String,
    /// What the merchant is paid in.
    pub currency: Currency,
    /// None where the bank pays the merchant itself.
    pub psp: Option<Psp>,
    /// A natural person.
    pub personal: bool,
    /// Who else earns.
    pub partner: Option<Partner>,
    rates: Vec<(Value, Price)>,
    costs: Vec<(Value, Price, Price)>,
    /// Whether costs are billed rather than kept back.
    pub gross: bool,
    /// VAT in every fee, in millionths of a percent.
    pub vat: i128,
    /// How everything under it is rounded.
    pub rounding: Rounding,
    /// What a refund does to the discount.
    pub refund_fee: RefundFee,
    /// Whether costs come back with a refund.
    pub refund_costs: bool,
    /// Days from booking to available.
    pub delay_days: i32,
    /// Whether every day counts.
    pub natural_days: bool,
    /// Which calendar says what a business day is.
    pub calendar: String,
    /// What an early release costs.
    pub early_fee: Option<Price>,
    /// Share put by (millionths of a percent), and for how many days.
    pub reserve: Option<(i128, i32)>,
    /// Whether a refund may leave a debt.
    pub owe: bool,
}

impl Contract {
    /// From the `contract` of a `contract_set`; `None` where it cannot be read, which the decoder excludes.
    pub fn read(version: &str, value: &Value) -> Option<Self> {
        let currency = Currency::from_code(text(value, "currency")?)?;
        let amount = |value: &Value, name: &str| text(value, name).and_then(|text| minor(text, currency));
        let price = |value: Option<&Value>| {
            let value = value.unwrap_or(&Value::Null);
            let percent = percent(value, "percent").unwrap_or(0);
            Price { percent, fixed: amount(value, "fixed").unwrap_or(0), floor: amount(value, "floor"), cap: amount(value, "cap") }
        };
        let list = |name: &str| member(value, name).and_then(Value::as_array).cloned().unwrap_or_default();
        let when = |rule: &Value| member(rule, "when").cloned().unwrap_or(Value::Null);
        let psp = |flow: &Value| Psp {
            id: text(flow, "psp").unwrap_or_default().to_owned(),
            licensed: flag(flow, "licensed").unwrap_or(true),
            gateway: price(member(flow, "gateway")),
            channel: price(member(flow, "channel")),
        };
        let partner = |partner: &Value| Partner {
            id: text(partner, "id").unwrap_or_default().to_owned(),
            joint_build: text(partner, "kind") == Some("joint_build"),
            share: percent(partner, "share_percent"),
            maintenance: amount(partner, "maintenance"),
        };
        let settlement = member(value, "settlement")?;
        Some(Self {
            version: version.to_owned(),
            currency,
            psp: member(value, "funds_flow").filter(|flow| text(flow, "kind") == Some("via_psp")).map(psp),
            personal: flag(value, "personal").unwrap_or(false),
            partner: member(value, "partner").map(partner),
            rates: list("rates").iter().map(|rule| (when(rule), price(Some(rule)))).collect(),
            costs: list("costs").iter().map(|rule| (when(rule), price(member(rule, "interchange")), price(member(rule, "scheme_fee")))).collect(),
            gross: text(value, "cost_settlement") == Some("gross"),
            vat: percent(value, "vat_percent").unwrap_or(0),
            rounding: if text(value, "rounding") == Some("half_even") { Rounding::HalfEven } else { Rounding::HalfUp },
            refund_fee: match member(value, "refund_fee").map(|fee| (text(fee, "kind").unwrap_or_default(), amount(fee, "fixed").unwrap_or(0))) {
                Some(("keep", _)) => RefundFee::Keep,
                Some(("keep_plus_fixed", fixed)) => RefundFee::KeepPlusFixed(fixed),
                _ => RefundFee::Return,
            },
            refund_costs: flag(value, "refund_costs").unwrap_or(false),
            delay_days: days(settlement, "delay_days"),
            natural_days: text(settlement, "days") == Some("natural"),
            calendar: text(settlement, "calendar").unwrap_or_default().to_owned(),
            early_fee: member(settlement, "early_fee").map(|fee| price(Some(fee))),
            reserve: member(value, "reserve").map(|reserve| (percent(reserve, "percent").unwrap_or(0), days(reserve, "days"))),
            owe: text(value, "on_shortfall") == Some("owe"),
        })
    }

    /// The book that its payments are in.
    pub fn book(&self) -> String {
        self.psp.as_ref().map_or_else(|| "bank".to_owned(), |psp| format!("psp:{}", psp.id))
    }

    /// The merchant discount rule; zero where none matches.
    pub fn rate(&self, instrument: &Instrument) -> Price {
        self.rates.iter().find(|(when, _)| matches(when, instrument)).map(|(_, price)| *price).unwrap_or_default()
    }

    /// Whether a merchant discount rule matches, and a rule of costs.
    pub fn is_priced(&self, instrument: &Instrument) -> (bool, bool) {
        (self.rates.iter().any(|(when, _)| matches(when, instrument)), self.costs.iter().any(|(when, ..)| matches(when, instrument)))
    }

    /// Interchange and scheme fee; zero where no rule matches.
    pub fn cost(&self, instrument: &Instrument) -> (Price, Price) {
        let found = self.costs.iter().find(|(when, ..)| matches(when, instrument));
        found.map(|(_, interchange, scheme)| (*interchange, *scheme)).unwrap_or_default()
    }

    /// The VAT in a price: `round(x × t / (100 + t))`.
    pub fn vat_in(&self, price: i128) -> i128 {
        self.rounding.divide(price * self.vat, WHOLE + self.vat)
    }

    /// A share of an amount: `round(amount × share)`.
    pub fn share_of(&self, amount: i128, share: i128) -> i128 {
        self.rounding.divide(amount * share, WHOLE)
    }

    /// The form that the relationship has in the real world.
    pub fn model(&self) -> &'static str {
        match (&self.psp, &self.partner) {
            (None, None) => "bank_pos",
            (None, Some(partner)) if partner.joint_build => "joint_build",
            (None, Some(_)) => "referral",
            (Some(psp), _) if !psp.licensed => "second_clearing",
            (Some(_), _) if self.personal => "personal_pos",
            (Some(_), _) => "third_party_pos",
        }
    }
}

fn matches(when: &Value, instrument: &Instrument) -> bool {
    let agrees = |name: &str, has: Option<&str>| text(when, name).is_none_or(|wanted| has == Some(wanted));
    agrees("card", Some(&instrument.card)) && agrees("scheme", Some(&instrument.scheme)) && agrees("entry_mode", instrument.entry_mode.as_deref())
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).filter(|value| !value.is_null())
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    member(value, name).and_then(Value::as_str)
}

fn flag(value: &Value, name: &str) -> Option<bool> {
    member(value, name).and_then(Value::as_bool)
}

fn percent(value: &Value, name: &str) -> Option<i128> {
    text(value, name).and_then(Decimal::read).and_then(|percent| percent.scaled(6))
}

fn days(value: &Value, name: &str) -> i32 {
    let days = member(value, name).and_then(Value::as_u64).unwrap_or(0);
    i32::try_from(days).unwrap_or(i32::MAX)
}
