//! The `[risk]` section: parameters of the liability estimate where a contract has none of its own.

use super::{Error, Layers, Setting};
use schemas::contract::{Delivery, Percent};
use schemas::money::parse_scaled;

/// The longest window, in days.
const DAYS_MAX: u64 = 3650;

/// Parameters of the liability estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risk {
    /// The share of sales that comes back as chargebacks.
    pub chargeback_percent: Percent,
    /// The window in which a chargeback may come, in days.
    pub chargeback_days: u16,
    /// The share of sales that is refunded.
    pub refund_percent: Percent,
    /// The window in which a refund may come, in days.
    pub refund_days: u16,
    /// Shares of sales that are delivered later.
    pub delivery: Vec<Delivery>,
}

impl Risk {
    /// Reads the section.
    pub(super) fn read(layers: &Layers) -> Result<Self, Error> {
        Ok(Self {
            chargeback_percent: percent(&layers.required("risk.chargeback_percent")?)?,
            chargeback_days: days(&layers.required("risk.chargeback_days")?, 1)?,
            refund_percent: percent(&layers.required("risk.refund_percent")?)?,
            refund_days: days(&layers.required("risk.refund_days")?, 0)?,
            delivery: delivery(&layers.required("risk.delivery")?)?,
        })
    }
}

fn percent(setting: &Setting) -> Result<Percent, Error> {
    percent_of(&setting.text).ok_or_else(|| setting.wrong())
}

fn percent_of(text: &str) -> Option<Percent> {
    parse_scaled(text, Percent::DECIMALS, Percent::WHOLE.0).ok().map(Percent)
}

fn days(setting: &Setting, min: u64) -> Result<u16, Error> {
    Ok(u16::try_from(setting.whole(min, DAYS_MAX)?).unwrap_or(u16::MAX))
}

fn delivery(setting: &Setting) -> Result<Vec<Delivery>, Error> {
    let part = |text: &str| {
        let (percent, days) = text.split_once(':')?;
        let days = days.parse::<u16>().ok().filter(|days| u64::from(*days) <= DAYS_MAX)?;
        Some(Delivery { percent: percent_of(percent)?, days })
    };
    let parts = setting.text.split(',').filter(|text| !text.is_empty());
    parts.map(|text| part(text).ok_or_else(|| setting.wrong())).collect()
}

/// An element of the TOML list as `percent:days`; `None` where it has other members, or of other kinds.
pub(super) fn delivery_text(value: &toml::Value) -> Option<String> {
    let table = value.as_table().filter(|table| table.len() == 2)?;
    Some(format!("{}:{}", table.get("percent")?.as_str()?, table.get("days")?.as_integer()?))
}
