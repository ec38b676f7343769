//! What is to be looked at, as rows: shortfalls of payment companies, what happened at merchants, control events that partitions
//! lack.

use super::parts::AlertRow;
use crate::http::names::MerchantNames;
use crate::node::controls::{Fault, Gap};
use crate::shape::amount;
use projections::answers::exposure::{MerchantAlert, Severity, Shortfall};

/// The most severe first, of equal ones what has lasted longest.
pub fn rank(alert: &AlertRow) -> impl Ord + use<'_> {
    (Severity::of(alert.kind), &alert.since, alert.kind, &alert.psp, &alert.merchant)
}

/// Less is held for merchants than a payment company owes them.
pub fn of_shortfall(shortfall: &Shortfall) -> AlertRow {
    AlertRow {
        kind: "safeguarding",
        severity: Severity::of("safeguarding").as_str(),
        psp: Some(shortfall.psp.to_string()),
        merchant: None,
        merchant_name: None,
        partition: None,
        event: None,
        event_type: None,
        since: shortfall.since.to_string(),
        last: None,
        count: None,
        currency: Some(shortfall.currency.code().to_owned()),
        amount: Some(amount(shortfall.amount, shortfall.currency)),
    }
}

/// A partition lacks a control event, or had it later than others.
pub fn of_control(gap: &Gap) -> AlertRow {
    let kind = match gap.fault {
        Fault::Missing => "control_missing",
        Fault::OutOfOrder => "control_out_of_order",
    };
    AlertRow {
        kind,
        severity: Severity::of(kind).as_str(),
        psp: None,
        merchant: None,
        merchant_name: None,
        partition: Some(gap.partition),
        event: Some(gap.event.to_string()),
        event_type: Some(gap.event_type.as_str()),
        since: gap.since.to_string(),
        last: None,
        count: None,
        currency: None,
        amount: None,
    }
}

/// Something that happened at a merchant, or is so.
pub fn of_merchant(alert: &MerchantAlert, names: &MerchantNames) -> AlertRow {
    AlertRow {
        kind: alert.kind,
        severity: Severity::of(alert.kind).as_str(),
        psp: None,
        merchant: Some(alert.merchant.to_string()),
        merchant_name: names.get(&alert.merchant).cloned(),
        partition: None,
        event: None,
        event_type: None,
        since: alert.since.to_string(),
        last: alert.happened.map(|(last, _)| last.to_string()),
        count: alert.happened.map(|(_, count)| count),
        currency: alert.amount.map(|(currency, _)| currency.code().to_owned()),
        amount: alert.amount.map(|(currency, minor)| amount(minor, currency)),
    }
}
