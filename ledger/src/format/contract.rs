//! A contract as it lies on disk. Optional parts have a byte before them: 1 where they are there, else 0.

use super::bytes::{Bytes, Unreadable, put_number, put_text};
use super::codes::Numbered;
use super::template::{put_currency, take_currency};
use schemas::contract::{Contract, Costs, Delivery, FundsFlow, Partner, Percent, Price, RefundFee, Reserve, Risk, Rule, Settlement};
use schemas::ids::{CalendarId, PartnerId, PspId, SchemeId};

/// Appends a contract.
pub fn put_contract(out: &mut Vec<u8>, contract: &Contract) {
    let Contract { name, mcc, region, time_zone, currency, funds_flow, partner, rates, costs, cost_settlement, vat, rounding, .. } = contract;
    let Contract { refund_fee, refund_costs, settlement, reserve, on_shortfall, personal, customer_scope, risk, plan, .. } = contract;
    for text in [name, mcc, region, time_zone] {
        put_text(out, text);
    }
    put_currency(out, *currency);
    match funds_flow {
        FundsFlow::Direct => out.push(1),
        FundsFlow::ViaPsp { psp, licensed, gateway, channel } => {
            out.push(2);
            put_text(out, psp.as_str());
            out.push((*licensed).into());
            put_option(out, gateway.as_ref(), put_price);
            put_option(out, channel.as_ref(), put_price);
        }
    }
    put_option(out, partner.as_ref(), |out, Partner { kind, id, share, maintenance }| {
        out.push(kind.number());
        put_text(out, id.as_str());
        put_option(out, share.as_ref(), |out, share| put_number(out, share.0));
        put_option(out, maintenance.as_ref(), |out, minor| put_number(out, *minor));
    });
    put_list(out, rates, |out, rule| put_rule(out, rule, put_price));
    put_list(out, costs, |out, rule| {
        put_rule(out, rule, |out, Costs { interchange, scheme_fee }| {
            put_price(out, interchange);
            put_price(out, scheme_fee);
        });
    });
    out.push(cost_settlement.number());
    put_number(out, vat.0);
    out.push(rounding.number());
    match refund_fee {
        RefundFee::Return => out.push(1),
        RefundFee::Keep => out.push(2),
        RefundFee::KeepPlusFixed(minor) => {
            out.push(3);
            put_number(out, *minor);
        }
    }
    out.push((*refund_costs).into());
    let Settlement { delay_days, calendar, days, early_fee } = settlement;
    put_number(out, (*delay_days).into());
    put_option(out, calendar.as_ref(), |out, calendar| put_text(out, calendar.as_str()));
    out.push(days.number());
    put_option(out, early_fee.as_ref(), put_price);
    put_option(out, reserve.as_ref(), |out, Reserve { percent, days }| {
        put_number(out, percent.0);
        put_number(out, (*days).into());
    });
    out.push(on_shortfall.number());
    out.push((*personal).into());
    out.push(customer_scope.number());
    put_option(out, risk.as_ref(), put_risk);
    put_option(out, plan.as_ref(), |out, plan| put_text(out, plan));
}

/// Reads a contract.
pub fn take_contract(bytes: &mut Bytes<'_>) -> Result<Contract, Unreadable> {
    let mut text = || bytes.text().map(str::to_owned);
    let (name, mcc, region, time_zone) = (text()?, text()?, text()?, text()?);
    let currency = take_currency(bytes)?;
    let funds_flow = match bytes.byte()? {
        1 => FundsFlow::Direct,
        2 => FundsFlow::ViaPsp {
            psp: take_id(bytes, PspId::new)?,
            licensed: take_flag(bytes)?,
            gateway: take_option(bytes, take_price)?,
            channel: take_option(bytes, take_price)?,
        },
        _ => return Err(Unreadable::new("no such flow of funds")),
    };
    let partner = take_option(bytes, |bytes| {
        Ok(Partner {
            kind: Numbered::numbered(bytes.byte()?)?,
            id: take_id(bytes, PartnerId::new)?,
            share: take_option(bytes, take_percent)?,
            maintenance: take_option(bytes, Bytes::number)?,
        })
    })?;
    let rates = take_list(bytes, |bytes| take_rule(bytes, take_price))?;
    let costs = take_list(bytes, |bytes| take_rule(bytes, |bytes| Ok(Costs { interchange: take_price(bytes)?, scheme_fee: take_price(bytes)? })))?;
    let cost_settlement = Numbered::numbered(bytes.byte()?)?;
    let vat = take_percent(bytes)?;
    let rounding = Numbered::numbered(bytes.byte()?)?;
    let refund_fee = match bytes.byte()? {
        1 => RefundFee::Return,
        2 => RefundFee::Keep,
        3 => RefundFee::KeepPlusFixed(bytes.number()?),
        _ => return Err(Unreadable::new("no such rule of refunds")),
    };
    let refund_costs = take_flag(bytes)?;
    let settlement = Settlement {
        delay_days: bytes.narrow()?,
        calendar: take_option(bytes, |bytes| take_id(bytes, CalendarId::new))?,
        days: Numbered::numbered(bytes.byte()?)?,
        early_fee: take_option(bytes, take_price)?,
    };
    let reserve = take_option(bytes, |bytes| Ok(Reserve { percent: take_percent(bytes)?, days: bytes.narrow()? }))?;
    Ok(Contract {
        name,
        mcc,
        region,
        time_zone,
        currency,
        funds_flow,
        partner,
        rates,
        costs,
        cost_settlement,
        vat,
        rounding,
        refund_fee,
        refund_costs,
        settlement,
        reserve,
        on_shortfall: Numbered::numbered(bytes.byte()?)?,
        personal: take_flag(bytes)?,
        customer_scope: Numbered::numbered(bytes.byte()?)?,
        risk: take_option(bytes, take_risk)?,
        plan: take_option(bytes, |bytes| bytes.text().map(str::to_owned))?,
    })
}

fn put_price(out: &mut Vec<u8>, Price { percent, fixed, floor, cap }: &Price) {
    put_number(out, percent.0);
    put_number(out, *fixed);
    put_option(out, floor.as_ref(), |out, minor| put_number(out, *minor));
    put_option(out, cap.as_ref(), |out, minor| put_number(out, *minor));
}

fn take_price(bytes: &mut Bytes<'_>) -> Result<Price, Unreadable> {
    let (percent, fixed) = (take_percent(bytes)?, bytes.number()?);
    Ok(Price { percent, fixed, floor: take_option(bytes, Bytes::number)?, cap: take_option(bytes, Bytes::number)? })
}

fn put_rule<T>(out: &mut Vec<u8>, Rule { card, scheme, entry_mode, then }: &Rule<T>, put: impl FnOnce(&mut Vec<u8>, &T)) {
    put_option(out, card.as_ref(), |out, card| out.push(card.number()));
    put_option(out, scheme.as_ref(), |out, scheme| put_text(out, scheme.as_str()));
    put_option(out, entry_mode.as_ref(), |out, mode| out.push(mode.number()));
    put(out, then);
}

fn take_rule<T>(bytes: &mut Bytes<'_>, take: impl FnOnce(&mut Bytes<'_>) -> Result<T, Unreadable>) -> Result<Rule<T>, Unreadable> {
    Ok(Rule {
        card: take_option(bytes, |bytes| Numbered::numbered(bytes.byte()?))?,
        scheme: take_option(bytes, |bytes| take_id(bytes, SchemeId::new))?,
        entry_mode: take_option(bytes, |bytes| Numbered::numbered(bytes.byte()?))?,
        then: take(bytes)?,
    })
}

fn put_risk(out: &mut Vec<u8>, Risk { chargeback_percent, chargeback_days, refund_percent, refund_days, delivery }: &Risk) {
    for (percent, days) in [(chargeback_percent, chargeback_days), (refund_percent, refund_days)] {
        put_option(out, percent.as_ref(), |out, percent| put_number(out, percent.0));
        put_option(out, days.as_ref(), |out, days| put_number(out, (*days).into()));
    }
    put_option(out, delivery.as_ref(), |out, delivery| {
        put_list(out, delivery, |out, Delivery { percent, days }| {
            put_number(out, percent.0);
            put_number(out, (*days).into());
        });
    });
}

fn take_risk(bytes: &mut Bytes<'_>) -> Result<Risk, Unreadable> {
    Ok(Risk {
        chargeback_percent: take_option(bytes, take_percent)?,
        chargeback_days: take_option(bytes, Bytes::narrow)?,
        refund_percent: take_option(bytes, take_percent)?,
        refund_days: take_option(bytes, Bytes::narrow)?,
        delivery: take_option(bytes, |bytes| take_list(bytes, |bytes| Ok(Delivery { percent: take_percent(bytes)?, days: bytes.narrow()? })))?,
    })
}

fn take_percent(bytes: &mut Bytes<'_>) -> Result<Percent, Unreadable> {
    bytes.number().map(Percent)
}

/// Appends what may be absent.
pub fn put_option<T>(out: &mut Vec<u8>, value: Option<&T>, put: impl FnOnce(&mut Vec<u8>, &T)) {
    out.push(value.is_some().into());
    if let Some(value) = value {
        put(out, value);
    }
}

/// Reads what may be absent.
pub fn take_option<'a, T>(bytes: &mut Bytes<'a>, take: impl FnOnce(&mut Bytes<'a>) -> Result<T, Unreadable>) -> Result<Option<T>, Unreadable> {
    if take_flag(bytes)? { take(bytes).map(Some) } else { Ok(None) }
}

/// Reads a flag: 0 or 1.
pub fn take_flag(bytes: &mut Bytes<'_>) -> Result<bool, Unreadable> {
    match bytes.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(Unreadable(format!("a flag of {other}"))),
    }
}

/// Appends a list: how many, then each.
pub fn put_list<T>(out: &mut Vec<u8>, list: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    put_number(out, list.len() as u64);
    list.iter().for_each(|value| put(out, value));
}

/// Reads a list.
pub fn take_list<T>(bytes: &mut Bytes<'_>, mut take: impl FnMut(&mut Bytes<'_>) -> Result<T, Unreadable>) -> Result<Vec<T>, Unreadable> {
    let count = bytes.count()?;
    (0..count).map(|_| take(bytes)).collect()
}

/// Reads an identifier that is written as a text.
pub fn take_id<T>(bytes: &mut Bytes<'_>, new: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
    new(bytes.text()?).ok_or_else(|| Unreadable::new("a text that is no identifier"))
}
