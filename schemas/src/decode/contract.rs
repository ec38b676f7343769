//! Makes a contract of its JSON: first every member against the table, then what the table cannot say.

use super::check::{self, Bad};
use super::fault::Fault;
use super::scan::Value;
use super::slots::Slots;
use super::tree::Node;
use crate::contract::*;
use crate::error::QuarantineCode;
use crate::event::{Body, Card, EntryMode};
use crate::ids::*;
use crate::money::{AMOUNT_MINOR_MAX, Currency, parse_scaled};
use crate::wire::contract_shape::CONTRACT;
use crate::wire::field::Field;

/// The body of a `contract_set`.
pub fn body(slots: &Slots<'_>) -> Result<Body, Fault> {
    let bad = |bad: Bad| Fault::new(QuarantineCode::BadContract, format!("{}: {}", bad.path, bad.why));
    let Some(Value::Nested(json)) = slots.get(Field::Contract) else {
        return Err(bad(Bad::new("contract", "must be an object")));
    };
    let node = Node::read(json).map_err(|_| bad(Bad::new("contract", "must be an object")))?;
    let contract = read(&node).map_err(bad)?;
    Ok(Body::ContractSet { contract: Box::new(contract), json: json.to_owned() })
}

/// Reads members of a contract whose table has been checked, so what is absent here was optional.
struct Terms {
    currency: Currency,
}

fn read(node: &Node<'_>) -> Result<Contract, Bad> {
    // The currency comes first: it says how many decimals every amount may have.
    let currency = node.text("currency").and_then(Currency::from_code);
    check::members(CONTRACT, node, "contract", currency)?;
    let incomplete = |name: &str| Bad::new(&format!("contract.{name}"), "is needed");
    let currency = currency.ok_or_else(|| incomplete("currency"))?;
    let terms = Terms { currency };
    let text = |name: &str| node.text(name).map(str::to_owned).ok_or_else(|| incomplete(name));
    let settlement = node.get("settlement").ok_or_else(|| incomplete("settlement"))?;
    Ok(Contract {
        name: text("name")?,
        mcc: text("mcc")?,
        region: text("region")?,
        time_zone: text("time_zone")?,
        currency,
        funds_flow: node.get("funds_flow").map_or(Ok(FundsFlow::Direct), |flow| terms.funds_flow(flow))?,
        partner: node.get("partner").map(|partner| terms.partner(partner)).transpose()?,
        rates: terms.rates(node)?,
        costs: terms.costs(node)?,
        cost_settlement: if node.text("cost_settlement") == Some("gross") { CostSettlement::Gross } else { CostSettlement::Net },
        vat: percent(node, "vat_percent").unwrap_or_default(),
        rounding: if node.text("rounding") == Some("half_even") { Rounding::HalfEven } else { Rounding::HalfUp },
        refund_fee: node.get("refund_fee").map_or(RefundFee::Return, |fee| terms.refund_fee(fee)),
        refund_costs: flag(node, "refund_costs").unwrap_or(false),
        settlement: terms.settlement(settlement)?,
        reserve: node
            .get("reserve")
            .map(|reserve| Reserve { percent: percent(reserve, "percent").unwrap_or_default(), days: days(reserve, "days").unwrap_or(0) }),
        on_shortfall: if node.text("on_shortfall") == Some("owe") { OnShortfall::Owe } else { OnShortfall::Refuse },
        personal: flag(node, "personal").unwrap_or(false),
        customer_scope: if node.text("customer_scope") == Some("merchant") { CustomerScope::Merchant } else { CustomerScope::Bank },
        risk: node.get("risk").map(risk),
        plan: node.text("plan").map(str::to_owned),
    })
}

impl Terms {
    fn minor(&self, node: &Node<'_>, name: &str) -> Option<u64> {
        parse_scaled(node.text(name)?, self.currency.exponent(), AMOUNT_MINOR_MAX).ok()
    }

    fn price(&self, node: Option<&Node<'_>>, path: &str) -> Result<Price, Bad> {
        let Some(node) = node else { return Ok(Price::default()) };
        let price = Price {
            percent: percent(node, "percent").unwrap_or_default(),
            fixed: self.minor(node, "fixed").unwrap_or(0),
            floor: self.minor(node, "floor"),
            cap: self.minor(node, "cap"),
        };
        match (price.floor, price.cap) {
            (Some(floor), Some(cap)) if floor > cap => Err(Bad::new(&format!("{path}.floor"), "is above cap")),
            _ => Ok(price),
        }
    }

    fn optional_price(&self, node: &Node<'_>, name: &str, path: &str) -> Result<Option<Price>, Bad> {
        node.get(name).map(|price| self.price(Some(price), &format!("{path}.{name}"))).transpose()
    }

    fn funds_flow(&self, node: &Node<'_>) -> Result<FundsFlow, Bad> {
        if node.text("kind") != Some("via_psp") {
            return Ok(FundsFlow::Direct);
        }
        let path = "contract.funds_flow";
        let psp = node.text("psp").and_then(PspId::new).ok_or_else(|| Bad::new("contract.funds_flow.psp", "is needed"))?;
        Ok(FundsFlow::ViaPsp {
            psp,
            licensed: flag(node, "licensed").unwrap_or(true),
            gateway: self.optional_price(node, "gateway", path)?,
            channel: self.optional_price(node, "channel", path)?,
        })
    }

    fn partner(&self, node: &Node<'_>) -> Result<Partner, Bad> {
        let id = node.text("id").and_then(PartnerId::new).ok_or_else(|| Bad::new("contract.partner.id", "is needed"))?;
        let share = percent(node, "share_percent");
        Ok(match node.text("kind") {
            Some("joint_build") => Partner { kind: PartnerKind::JointBuild, id, share, maintenance: self.minor(node, "maintenance") },
            // Only who maintains terminals is paid for it.
            _ => Partner { kind: PartnerKind::Referral, id, share, maintenance: None },
        })
    }

    fn rates(&self, contract: &Node<'_>) -> Result<Vec<Rule<Price>>, Bad> {
        let rates = contract.get("rates").map(Node::elements).unwrap_or_default();
        rates.iter().enumerate().map(|(index, rate)| Ok(rule(rate, self.price(Some(rate), &format!("contract.rates[{index}]"))?))).collect()
    }

    fn costs(&self, contract: &Node<'_>) -> Result<Vec<Rule<Costs>>, Bad> {
        let costs = contract.get("costs").map(Node::elements).unwrap_or_default();
        let read = |(index, cost): (usize, &Node<'_>)| {
            let path = format!("contract.costs[{index}]");
            let interchange = self.price(cost.get("interchange"), &format!("{path}.interchange"))?;
            let scheme_fee = self.price(cost.get("scheme_fee"), &format!("{path}.scheme_fee"))?;
            Ok(rule(cost, Costs { interchange, scheme_fee }))
        };
        costs.iter().enumerate().map(read).collect()
    }

    fn refund_fee(&self, node: &Node<'_>) -> RefundFee {
        match node.text("kind") {
            Some("keep") => RefundFee::Keep,
            Some("keep_plus_fixed") => RefundFee::KeepPlusFixed(self.minor(node, "fixed").unwrap_or(0)),
            _ => RefundFee::Return,
        }
    }

    fn settlement(&self, node: &Node<'_>) -> Result<Settlement, Bad> {
        let settlement = Settlement {
            delay_days: days(node, "delay_days").unwrap_or(0),
            calendar: node.text("calendar").and_then(CalendarId::new),
            days: if node.text("days") == Some("natural") { DayCount::Natural } else { DayCount::Business },
            early_fee: self.optional_price(node, "early_fee", "contract.settlement")?,
        };
        if settlement.days == DayCount::Business && settlement.calendar.is_none() {
            return Err(Bad::new("contract.settlement.calendar", "is needed where days are business days"));
        }
        Ok(settlement)
    }
}

fn rule<T>(node: &Node<'_>, then: T) -> Rule<T> {
    let when = node.get("when");
    let text = |name: &str| when.and_then(|when| when.text(name));
    Rule {
        card: text("card").and_then(Card::from_name),
        scheme: text("scheme").and_then(SchemeId::new),
        entry_mode: text("entry_mode").and_then(EntryMode::from_name),
        then,
    }
}

fn risk(node: &Node<'_>) -> Risk {
    let delivery = |list: &Node<'_>| {
        let element = |node: &Node<'_>| Delivery { percent: percent(node, "percent").unwrap_or_default(), days: days(node, "days").unwrap_or(0) };
        list.elements().iter().map(element).collect()
    };
    Risk {
        chargeback_percent: percent(node, "chargeback_percent"),
        chargeback_days: days(node, "chargeback_days"),
        refund_percent: percent(node, "refund_percent"),
        refund_days: days(node, "refund_days"),
        delivery: node.get("delivery").map(delivery),
    }
}

fn percent(node: &Node<'_>, name: &str) -> Option<Percent> {
    parse_scaled(node.text(name)?, Percent::DECIMALS, Percent::WHOLE.0).ok().map(Percent)
}

fn flag(node: &Node<'_>, name: &str) -> Option<bool> {
    match node.get(name) {
        Some(Node::Flag(flag)) => Some(*flag),
        _ => None,
    }
}

fn days(node: &Node<'_>, name: &str) -> Option<u16> {
    match node.get(name) {
        Some(Node::Number(text)) => super::content::whole(text).and_then(|days| u16::try_from(days).ok()),
        _ => None,
    }
}
