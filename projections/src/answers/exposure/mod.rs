//! Fund-hold exposure as of now, or of a moment of the past: what is held, for whom, why and how long; what it may have to pay for.
//!
//! | file | what it knows |
//! |---|---|
//! | `reason` | reasons, ages, keys |
//! | `liability` | the estimate of one purse |
//! | `summary` | what is told of one purse, and sums |
//! | `concentration` | the largest, and HHI |
//! | `board` | the sums of a shard in memory |
//! | `alerts` | what lasts, and what happened lately |
//!
//! A shard's [`Board`] is brought up to its views, or made of a past moment, then asked. Answers of shards merge in any order; dividing and rounding
//! come last. Bounds: [`ROWS_MAX`](super::ROWS_MAX) rows, a board's merchants.

mod alerts;
mod board;
mod concentration;
mod liability;
mod reason;
mod summary;

pub use alerts::{ALERT_KINDS, MerchantAlert, Safeguarding, Severity, Shortfall};
pub use board::Board;
pub use concentration::{By, Shares};
pub use liability::{Liability, Parameters};
pub use reason::{Age, ExposureKey, Reason};
pub use summary::Amounts;

use super::group::{GroupValue, ROWS_MAX, check_rows, keys_of_rows, rows_max};
use super::{Cut, Error, book_name};
use board::{Place, Standing};
use schemas::event::Book;
use schemas::ids::{MerchantId, PartnerId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};
use summary::Summary;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExposureQuery {
    /// Keys of the rows, in the order asked; currency is added where it is missing.
    pub group_by: Vec<ExposureKey>,
    /// Only what has these values. Liability, ladder and retention know no reason and no age; scheme receivables and
    /// safeguarding only the holder and the currency; the other alerts, and merchants that stopped trading, only the merchant, and by its
    /// contract in force the category and the partner, alerts with a currency that one, too.
    pub filters: Vec<(ExposureKey, String)>,
    /// Whether only the first rows will be told, so that there may be [`GROUPS_MAX`](super::GROUPS_MAX) of them.
    pub limited: bool,
    /// Keys of the ladder's rows besides the date and the currency: of the purse alone.
    pub ladder_by: Vec<ExposureKey>,
}

impl ExposureQuery {
    /// The keys of each row, in order.
    pub fn keys(&self) -> Vec<ExposureKey> {
        keys_of_rows(&self.group_by, &[ExposureKey::Currency])
    }

    /// The keys of liability.
    pub fn liability_keys(&self) -> Vec<ExposureKey> {
        self.keys().into_iter().filter(|key| key.is_of_purse()).collect()
    }

    /// The count of a row: by age, what has money of that age, else everything once.
    pub fn count(&self, amounts: &Amounts) -> i64 {
        if self.group_by.contains(&ExposureKey::Age) || self.filter(ExposureKey::Age).is_some() { amounts.of_age } else { amounts.count }
    }

    fn asks(&self, key: ExposureKey) -> bool {
        self.group_by.contains(&key) || self.ladder_by.contains(&key) || self.filters.iter().any(|(filter, _)| *filter == key)
    }

    fn filter(&self, key: ExposureKey) -> Option<&str> {
        self.filters.iter().find(|(filter, _)| *filter == key).map(|(_, value)| value.as_str())
    }

    /// Whether a reason and age are asked for.
    fn wants_item(&self, (reason, age): (Reason, Age)) -> bool {
        self.filter(ExposureKey::Reason).is_none_or(|asked| asked == reason.as_str()) && self.filter(ExposureKey::Age).is_none_or(|asked| asked == age.name())
    }

    /// Whether a merchant is asked for, and in the cut of whoever asks: by its contract in force, whether it has money or not.
    fn wants_merchant(&self, cut: &Cut, merchant: &MerchantId, standing: &Standing) -> bool {
        let is = |key: ExposureKey, value: Option<&str>| self.filter(key).is_none_or(|asked| value == Some(asked));
        let partner = standing.partner.as_ref();
        cut.names(merchant)
            && cut.carries(&standing.mcc, partner)
            && is(ExposureKey::Merchant, Some(merchant.as_str()))
            && is(ExposureKey::Mcc, Some(&standing.mcc))
            && is(ExposureKey::Partner, partner.map(PartnerId::as_str))
    }

    /// Whether a purse is asked for, and in the cut of whoever asks.
    fn wants(&self, cut: &Cut, merchant: Option<&MerchantId>, place: &Place) -> bool {
        let is_in_cut = merchant.is_none_or(|merchant| cut.names(merchant)) && cut.carries(&place.mcc, place.partner.as_ref());
        let mut of_purse = self.filters.iter().filter(|(key, _)| key.is_of_purse());
        is_in_cut && of_purse.all(|(key, value)| value_of(*key, merchant, place, None).as_str() == Some(value))
    }
}

fn value_of(key: ExposureKey, merchant: Option<&MerchantId>, place: &Place, item: Option<(Reason, Age)>) -> GroupValue {
    match key {
        ExposureKey::Holder => GroupValue::Text(book_name(&place.book)),
        ExposureKey::Merchant => GroupValue::of(merchant.map(MerchantId::as_str)),
        ExposureKey::Mcc => GroupValue::of(Some(&place.mcc)),
        ExposureKey::Partner => GroupValue::of(place.partner.as_ref().map(|partner| partner.as_str())),
        ExposureKey::Reason => GroupValue::of(item.map(|(reason, _)| reason.as_str())),
        ExposureKey::Age => item.map_or(GroupValue::Null, |(_, age)| age.value()),
        ExposureKey::Currency => GroupValue::of(Some(place.currency.code())),
    }
}

/// What a PSP holds, and how long the money was there that it paid lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// In minor units.
    pub amount: i128,
    /// What payouts that were paid over the last 30 dates took, by age in days.
    pub paid: BTreeMap<u32, i128>,
}

impl Retention {
    /// The age at a percentile of the money paid, nearest rank; `None` where none was paid.
    pub fn days_to_pay(&self, percent: u8) -> Option<u32> {
        let total: i128 = self.paid.values().sum();
        let rank = (total * i128::from(percent) + 99) / 100;
        let mut below = 0;
        self.paid
            .iter()
            .find(|(_, amount)| {
                below += **amount;
                below >= rank
            })
            .map(|(age, _)| *age)
    }
}

/// The answer: sums in minor units, of one shard or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// The open date; of many shards, the oldest.
    pub business_date: Option<Date>,
    /// The rows, in the order of their keys.
    pub rows: BTreeMap<Vec<GroupValue>, (Currency, Amounts)>,
    /// By [`ExposureQuery::liability_keys`].
    pub liability: BTreeMap<Vec<GroupValue>, (Currency, Liability)>,
    /// Reserve by `release_on`, and by [`ExposureQuery::ladder_by`].
    pub ladder: BTreeMap<(Date, Vec<GroupValue>, Currency), i128>,
    /// 1010, debits less credits.
    pub scheme_receivable: BTreeMap<(SchemeId, Book, Currency), i128>,
    /// Who has most.
    pub concentration: BTreeMap<(By, Currency), Shares>,
    /// Of each PSP.
    pub retention: BTreeMap<(PspId, Currency), Retention>,
    /// What each PSP has less what it owes its merchants.
    pub safeguarding: Safeguarding,
    /// What is to be looked at of merchants.
    pub alerts: Vec<MerchantAlert>,
    /// Merchants that traded and stopped, the latest first; at most [`STOPPED_MAX`].
    pub stopped: Vec<Stopped>,
}

/// The most merchants that are told to have stopped trading.
pub const STOPPED_MAX: usize = 1000;

/// A merchant that traded and stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Which.
    pub merchant: MerchantId,
    /// The last date with a sale.
    pub last_sale: Date,
    /// On how many of the 30 dates up to that one it sold.
    pub sale_dates: u32,
    /// Weekdays that have passed since.
    pub silent_weekdays: i32,
}

impl Exposure {
    /// Adds another shard's answer to the same query.
    ///
    /// # Errors
    /// [`Error::TooManyRows`].
    pub fn merge(&mut self, query: &ExposureQuery, other: Self) -> Result<(), Error> {
        self.business_date = self.business_date.into_iter().chain(other.business_date).min();
        for (key, (currency, amounts)) in other.rows {
            self.rows.entry(key).or_insert((currency, Amounts::default())).1.add(&amounts, 1);
        }
        for (key, (currency, liability)) in other.liability {
            self.liability.entry(key).or_insert((currency, Liability::default())).1.add(&liability, 1);
        }
        other.ladder.into_iter().for_each(|(key, amount)| *self.ladder.entry(key).or_default() += amount);
        other.scheme_receivable.into_iter().for_each(|(key, amount)| *self.scheme_receivable.entry(key).or_default() += amount);
        other.concentration.into_iter().for_each(|(key, shares)| self.concentration.entry(key).or_default().merge(shares));
        for (key, retention) in other.retention {
            let sum = self.retention.entry(key).or_default();
            sum.amount += retention.amount;
            retention.paid.into_iter().for_each(|(age, amount)| *sum.paid.entry(age).or_default() += amount);
        }
        self.safeguarding.merge(other.safeguarding);
        self.alerts.extend(other.alerts);
        self.alerts.sort();
        self.stopped.extend(other.stopped);
        self.sort_stopped();
        self.check(query)
    }

    fn sort_stopped(&mut self) {
        self.stopped.sort_by(|a, b| b.last_sale.cmp(&a.last_sale).then_with(|| a.merchant.cmp(&b.merchant)));
        self.stopped.truncate(STOPPED_MAX);
    }

    fn check(&self, query: &ExposureQuery) -> Result<(), Error> {
        check_rows(self.ladder.len(), ROWS_MAX)?;
        check_rows(self.rows.len().max(self.liability.len()), rows_max(query.limited))
    }

    fn add(&mut self, query: &ExposureQuery, keys: &[ExposureKey], merchant: Option<&MerchantId>, place: &Place, summary: &Summary) -> Result<(), Error> {
        let mut held = 0;
        for (item, amounts) in summary.items.iter().filter(|(item, _)| query.wants_item(*item)) {
            let key = keys.iter().map(|key| value_of(*key, merchant, place, Some(*item))).collect();
            self.rows.entry(key).or_insert((place.currency, Amounts::default())).1.add(amounts, 1);
            held += amounts.amount;
        }
        if !summary.liability.is_zero() {
            let key = keys.iter().filter(|key| key.is_of_purse()).map(|key| value_of(*key, merchant, place, None)).collect();
            self.liability.entry(key).or_insert((place.currency, Liability::default())).1.add(&summary.liability, 1);
        }
        for (date, amount) in &summary.ladder {
            let key = query.ladder_by.iter().map(|key| value_of(*key, merchant, place, None)).collect();
            *self.ladder.entry((*date, key, place.currency)).or_default() += amount;
        }
        self.concentration.entry((By::Mcc, place.currency)).or_default().add(&place.mcc, held);
        if let Some(partner) = &place.partner {
            self.concentration.entry((By::Partner, place.currency)).or_default().add(partner.as_str(), held);
        }
        if let Book::Psp(psp) = &place.book {
            self.concentration.entry((By::Psp, place.currency)).or_default().add(psp.as_str(), held);
            let retention = self.retention.entry((psp.clone(), place.currency)).or_default();
            retention.amount += summary.amount();
            summary.paid.iter().for_each(|(age, amount)| *retention.paid.entry(*age).or_default() += amount);
        }
        self.check(query)
    }
}

impl Board {
    /// What it tells.
    ///
    /// # Errors
    /// [`Error::TooManyRows`].
    pub fn answer(&self, query: &ExposureQuery) -> Result<Exposure, Error> {
        self.answer_cut(query, &Cut::default())
    }

    /// What it tells somebody who is cut to a part of it. The house's own, which is of no merchant, is told to nobody who is cut.
    ///
    /// # Errors
    /// [`Error::TooManyRows`].
    pub fn answer_cut(&self, query: &ExposureQuery, cut: &Cut) -> Result<Exposure, Error> {
        let mut exposure = Exposure { business_date: self.today, ..Exposure::default() };
        let keys = query.keys();
        if query.asks(ExposureKey::Merchant) || cut.merchants.is_some() {
            let one = query.filter(ExposureKey::Merchant).map(MerchantId::new);
            let merchants: Box<dyn Iterator<Item = _>> = match &one {
                None => Box::new(self.merchants.iter()),
                Some(id) => Box::new(id.iter().filter_map(|id| self.merchants.get_key_value(id))),
            };
            for (id, standing) in merchants {
                for (place, summary) in standing.parts.iter().filter(|(place, _)| query.wants(cut, Some(id), place)) {
                    exposure.add(query, &keys, Some(id), place, summary)?;
                }
            }
        } else {
            for (place, summary) in self.sums.iter().filter(|(place, _)| query.wants(cut, None, place)) {
                exposure.add(query, &keys, None, place, summary)?;
            }
        }
        self.concentrate(query, cut, &mut exposure);
        let of_house = |key: ExposureKey, value: &str| cut.is_everything() && query.filter(key).is_none_or(|filter| filter == value);
        for ((scheme, book, currency), amount) in &self.schemes {
            if of_house(ExposureKey::Holder, &book_name(book)) && of_house(ExposureKey::Currency, currency.code()) {
                exposure.scheme_receivable.insert((scheme.clone(), book.clone(), *currency), *amount);
            }
        }
        if let Some(today) = self.today {
            let asked = |psp: &PspId, currency: Currency| {
                of_house(ExposureKey::Holder, &book_name(&Book::Psp(psp.clone()))) && of_house(ExposureKey::Currency, currency.code())
            };
            let changes = self.safeguarded.iter().filter(|((psp, currency), _)| asked(psp, *currency));
            exposure.safeguarding = Safeguarding::of(changes, today);
            exposure.alerts = alerts::of_merchants(self, query, cut);
            exposure.stopped = self.stopped(query, cut, today);
            exposure.sort_stopped();
        }
        Ok(exposure)
    }

    /// Merchants that stopped trading, are asked for and are in a cut.
    fn stopped(&self, query: &ExposureQuery, cut: &Cut, today: Date) -> Vec<Stopped> {
        let asked = self.merchants.iter().filter(|(merchant, standing)| query.wants_merchant(cut, merchant, standing));
        let told = asked.filter_map(|(merchant, standing)| {
            let trading = standing.stopped?;
            let silent_weekdays = board::weekdays_between(trading.last, today);
            Some(Stopped { merchant: merchant.clone(), last_sale: trading.last, sale_dates: trading.dates(), silent_weekdays })
        });
        told.collect()
    }

    /// Concentration by merchant, which looks at all of them.
    fn concentrate(&self, query: &ExposureQuery, cut: &Cut, exposure: &mut Exposure) {
        let currencies: BTreeSet<Currency> = self.sums.keys().map(|place| place.currency).collect();
        for currency in currencies {
            let of = |id: &MerchantId, standing: &Standing| -> i128 {
                if query.filters.is_empty() && cut.is_everything() {
                    return standing.held.iter().find(|(held, _)| *held == currency).map_or(0, |(_, amount)| *amount);
                }
                let parts = standing.parts.iter().filter(|(place, _)| place.currency == currency && query.wants(cut, Some(id), place));
                parts.map(|(_, summary)| summary.items.iter().filter(|(key, _)| query.wants_item(*key)).map(|(_, amounts)| amounts.amount).sum::<i128>()).sum()
            };
            let shares = Shares::whole(self.merchants.iter().map(|(id, standing)| (id.as_str(), of(id, standing))));
            exposure.concentration.insert((By::Merchant, currency), shares);
        }
    }
}
