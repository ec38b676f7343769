//! What may be asked: a range of local dates, keys that go together, filters, and who asks.

use super::key::{Key, Seen, Value};
use crate::answers::Cut;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::nearest::nearest;
use schemas::time::Date;

/// Keys that an answer may have at most.
pub const KEYS_MAX: usize = 2;
/// The fewest customers that are told, where the configuration does not say.
pub const FEWEST_CUSTOMERS: u32 = 10;
/// Customers that are in memory one by one, where nobody says otherwise: about 150 MB.
pub const CUSTOMERS_AT_ONCE: usize = 1 << 20;
/// Rows that an answer may have at most, those left out included.
pub const ROWS_MAX: usize = 10_000;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The bank, marketing included.
    Bank,
    /// A merchant, which sees its own purchases only.
    Merchant(MerchantId),
}

/// Which purchases are asked about, and by whom.
#[derive(Clone, Debug)]
pub struct Query {
    /// The first local date.
    pub from: Date,
    /// The last local date.
    pub to: Date,
    /// What rows are told apart by, in order.
    pub group_by: Vec<Key>,
    /// Values that purchases must have.
    pub filters: Vec<(Key, Value)>,
    /// The currency that they must be in.
    pub currency: Option<Currency>,
    /// Who asks.
    pub audience: Audience,
    /// What it is cut to: merchants by name, and by the category that a purchase carries. A partner is none of a purchase; see
    /// [`Cut::by_merchants`].
    pub cut: Cut,
    /// The fewest customers that are told.
    pub fewest_customers: u32,
    /// Customers that are looked at one by one, at most so many at a time.
    pub customers_at_once: usize,
}

/// A query that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// The parameter that is wrong.
    pub parameter: &'static str,
    /// What is wrong with it.
    pub detail: String,
}

impl Refused {
    pub(super) fn group_by(detail: impl Into<String>) -> Self {
        Self { parameter: "group_by", detail: detail.into() }
    }
}

impl Query {
    /// Everything in a range of dates, as the bank sees it.
    pub fn new(from: Date, to: Date) -> Self {
        Self {
            from,
            to,
            group_by: Vec::new(),
            filters: Vec::new(),
            currency: None,
            audience: Audience::Bank,
            cut: Cut::default(),
            fewest_customers: FEWEST_CUSTOMERS,
            customers_at_once: CUSTOMERS_AT_ONCE,
        }
    }

    /// Whether a visit has what the filters ask, dates of the range aside.
    pub fn matches(&self, seen: &Seen) -> bool {
        let is_own = match &self.audience {
            Audience::Bank => true,
            Audience::Merchant(merchant) => *merchant == seen.shop.merchant,
        };
        is_own
            && self.cut.names(&seen.shop.merchant)
            && self.cut.carries(&seen.shop.mcc, None)
            && self.currency.is_none_or(|currency| currency == seen.currency)
            && self.filters.iter().all(|(key, value)| key.is(seen, value))
    }

    /// Whether a date has what the filters ask of dates.
    pub fn matches_date(&self, date: Date) -> bool {
        self.filters.iter().all(|(key, value)| key.on(date).is_none_or(|of_date| of_date == *value))
    }

    /// The same without filters by date.
    pub fn without_dates(&self) -> Self {
        let mut query = self.clone();
        query.filters.retain(|(key, _)| !key.is_calendar());
        query
    }

    /// The merchant whose purchases alone are asked about.
    pub fn merchant(&self) -> Option<MerchantId> {
        let filter = self.filters.iter().find_map(|(key, value)| match (key, value) {
            (Key::Merchant, Value::Text(text)) => MerchantId::new(text),
            _ => None,
        });
        match &self.audience {
            Audience::Merchant(merchant) => Some(merchant.clone()),
            Audience::Bank => filter.or_else(|| self.cut.merchants.as_ref().filter(|merchants| merchants.len() == 1)?.first().cloned()),
        }
    }

    /// The number below which a row is left out.
    pub(super) fn k(&self) -> usize {
        usize::try_from(self.fewest_customers).unwrap_or(usize::MAX)
    }
}

/// Reads `group_by`: at most [`KEYS_MAX`] keys that go together.
pub fn parse_keys(text: &str) -> Result<Vec<Key>, Refused> {
    let mut keys: Vec<Key> = Vec::new();
    for name in text.split(',') {
        let key = Key::find(name).ok_or_else(|| Refused::group_by(no_key(name)))?;
        if keys.contains(&key) {
            return Err(Refused::group_by(format!("{name} stands twice")));
        }
        if let Some(other) = keys.iter().find(|other| !go_together(**other, key)) {
            return Err(Refused::group_by(format!("{name} does not go with {}", other.as_str())));
        }
        if keys.len() == KEYS_MAX {
            return Err(Refused::group_by(format!("{name} is one key more than {KEYS_MAX}")));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn no_key(name: &str) -> String {
    let names = Key::ALL.map(Key::as_str);
    let meant = nearest(name, names).map_or_else(String::new, |meant| format!("did you mean {meant}? "));
    format!("no key {name:?}; {meant}there are {}", names.join(", "))
}

/// Two of day, week, month and weekday say the same; a merchant has one MCC and one region.
const fn go_together(a: Key, b: Key) -> bool {
    let one_shop_twice = matches!((a, b), (Key::Merchant, Key::Mcc | Key::Region) | (Key::Mcc | Key::Region, Key::Merchant));
    let one_date_twice = a.is_calendar() && b.is_calendar();
    !one_shop_twice && !one_date_twice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_do_not_go_together_are_refused_by_name() {
        assert_eq!(parse_keys("weekday,hour"), Ok(vec![Key::Weekday, Key::Hour]));
        assert_eq!(parse_keys("mcc,region"), Ok(vec![Key::Mcc, Key::Region]));
        for (text, detail) in [
            ("brand", "no key \"brand\"; there are day, week, month, weekday, hour, merchant, mcc, region, card, entry_mode"),
            ("hours", "no key \"hours\"; did you mean hour? there are day, week, month, weekday, hour, merchant, mcc, region, card, entry_mode"),
            ("hour,hour", "hour stands twice"),
            ("day,month", "month does not go with day"),
            ("week,weekday", "weekday does not go with week"),
            ("merchant,region", "region does not go with merchant"),
            ("mcc,merchant", "merchant does not go with mcc"),
            ("hour,card,entry_mode", "entry_mode is one key more than 2"),
        ] {
            assert_eq!(parse_keys(text), Err(Refused::group_by(detail)), "{text}");
        }
    }
}
