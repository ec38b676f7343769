//! A version of a contract with what the accounting does not need: trade, region, time zone, scope and risk.

use crate::model::contract::Contract;
use crate::model::event::Event;
use crate::model::money::Decimal;
use serde_json::Value;

/// One version of a merchant's contract.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What the accounting needs of it.
    pub contract: Contract,
    /// The merchant category.
    pub mcc: String,
    /// The region.
    pub region: Option<String>,
    /// The time zone that local dates are in.
    pub time_zone: String,
    /// Whether its customers' tokens mean nothing elsewhere.
    pub customers_are_its_own: bool,
    /// Parameters of the liability.
    pub risk: Risk,
}

/// Parameters of the liability; percentages in millionths of a percent.
#[derive(Clone, Debug)]
pub struct Risk {
    /// Of sales that are charged back.
    pub chargeback_percent: i128,
    /// For so many days.
    pub chargeback_days: i128,
    /// Of sales that are refunded.
    pub refund_percent: i128,
    /// For so many days.
    pub refund_days: i128,
    /// What part of sales is delivered after how many days.
    pub delivery: Vec<(i128, i128)>,
}

impl Risk {
    /// A contract's own, and the published defaults where it says nothing.
    fn read(value: Option<&Value>) -> Self {
        let risk = value.unwrap_or(&Value::Null);
        let member = |name: &str| risk.get(name).filter(|value| !value.is_null());
        let percent = |value: &Value| value.as_str().and_then(Decimal::read).and_then(|percent| percent.scaled(6)).unwrap_or(0);
        let days = |value: &Value| i128::from(value.as_i64().unwrap_or(0));
        let part = |part: &Value| (percent(part.get("percent").unwrap_or(&Value::Null)), days(part.get("days").unwrap_or(&Value::Null)));
        Self {
            chargeback_percent: member("chargeback_percent").map_or(100_000, percent),
            chargeback_days: member("chargeback_days").map_or(120, days),
            refund_percent: member("refund_percent").map_or(2_000_000, percent),
            refund_days: member("refund_days").map_or(30, days),
            delivery: member("delivery").and_then(Value::as_array).into_iter().flatten().map(part).collect(),
        }
    }
}

impl Terms {
    /// Those of a `contract_set`; none where it cannot be read.
    pub fn read(event: &Event) -> Option<Self> {
        let value = event.get("contract")?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            contract: Contract::read(&event.id, value)?,
            mcc: text("mcc").unwrap_or_default(),
            region: text("region"),
            time_zone: text("time_zone").unwrap_or_default(),
            customers_are_its_own: text("customer_scope").as_deref() == Some("merchant"),
            risk: Risk::read(value.get("risk")),
        })
    }

    /// Its partner, where it has one.
    pub fn partner(&self) -> Option<&str> {
        self.contract.partner.as_ref().map(|partner| partner.id.as_str())
    }
}
