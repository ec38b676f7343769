//! Fee income between two dates, by any of its keys.
//!
//! It reads the coarsest table that knows every key asked for. Bounds: [`GROUPS_MAX`](super::GROUPS_MAX) groups while reading,
//! [`ROWS_MAX`](super::ROWS_MAX) rows in the end, where not only the first are told. Divisions come last, after merging.

mod key;

pub use key::IncomeKey;

use super::calendar::{monday, month_text};
use super::group::{GROUPS_MAX, GroupValue, check_rows, keys_of_rows, rows_max};
use super::ratio::ratio;
use super::{Cut, Error, Shard, book_name};
use crate::folds::fee_income::{BY_INSTRUMENT, BY_MCC, BY_PARTNER, CUBE, FINE, Income, InstrumentKey};
use crate::views::{Key, Order, Table, Within};
use schemas::contract::Model;
use schemas::event::{Book, Card, EntryMode};
use schemas::ids::{EventId, MerchantId, PartnerId, SchemeId, TerminalId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Merchants that are sought date by date; of more, every merchant's cells are read.
const MERCHANTS_ONE_BY_ONE_MAX: usize = 20;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomeQuery {
    /// The first date.
    pub from: Date,
    /// The last date.
    pub to: Date,
    /// Keys of the rows, in the order asked; book and currency are added where they are missing.
    pub group_by: Vec<IncomeKey>,
    /// Only what has these values.
    pub filters: Vec<(IncomeKey, String)>,
    /// Whether only the first rows will be told, so that there may be [`GROUPS_MAX`] of them.
    pub limited: bool,
}

impl IncomeQuery {
    /// The keys of each row, in order.
    pub fn keys(&self) -> Vec<IncomeKey> {
        keys_of_rows(&self.group_by, &[IncomeKey::Book, IncomeKey::Currency])
    }

    fn filter(&self, key: IncomeKey) -> Option<&str> {
        self.filters.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }
}

/// Where a cell stands. What its table does not know is absent, and not asked for.
struct Place<'a> {
    date: Date,
    merchant: Option<&'a MerchantId>,
    version: Option<&'a EventId>,
    mcc: Option<&'a str>,
    card: Option<Card>,
    entry_mode: Option<EntryMode>,
    terminal: Option<&'a TerminalId>,
    partner: Option<&'a PartnerId>,
    scheme: Option<&'a SchemeId>,
    model: Option<Model>,
    book: &'a Book,
    currency: Currency,
}

impl<'a> Place<'a> {
    const fn new(date: Date, book: &'a Book, currency: Currency) -> Self {
        Self {
            date,
            merchant: None,
            version: None,
            mcc: None,
            card: None,
            entry_mode: None,
            terminal: None,
            partner: None,
            scheme: None,
            model: None,
            book,
            currency,
        }
    }

    fn with_instrument(mut self, instrument: &'a InstrumentKey) -> Self {
        (self.card, self.entry_mode, self.scheme) = (instrument.0, instrument.1, instrument.2.as_ref());
        self
    }

    fn value(&self, key: IncomeKey) -> GroupValue {
        match key {
            IncomeKey::Day => GroupValue::Text(self.date.to_string()),
            IncomeKey::Week => GroupValue::Text(monday(self.date).to_string()),
            IncomeKey::Month => GroupValue::Text(month_text(self.date)),
            IncomeKey::Merchant => GroupValue::of(self.merchant.map(MerchantId::as_str)),
            IncomeKey::ContractVersion => GroupValue::of(self.version.map(EventId::as_str)),
            IncomeKey::Mcc => GroupValue::of(self.mcc),
            IncomeKey::Card => GroupValue::of(self.card.map(Card::as_str)),
            IncomeKey::EntryMode => GroupValue::of(self.entry_mode.map(EntryMode::as_str)),
            IncomeKey::Terminal => GroupValue::of(self.terminal.map(TerminalId::as_str)),
            IncomeKey::Partner => GroupValue::of(self.partner.map(PartnerId::as_str)),
            IncomeKey::Scheme => GroupValue::of(self.scheme.map(SchemeId::as_str)),
            IncomeKey::Model => GroupValue::of(self.model.map(Model::as_str)),
            IncomeKey::Book => GroupValue::Text(book_name(self.book)),
            IncomeKey::Currency => GroupValue::of(Some(self.currency.code())),
        }
    }
}

/// The keys that a table must know for an answer to be cut.
fn cut_keys(cut: &Cut) -> impl Iterator<Item = IncomeKey> {
    let Cut { merchants, partner, mcc } = cut;
    let keys = [(merchants.is_some(), IncomeKey::Merchant), (partner.is_some(), IncomeKey::Partner), (mcc.is_some(), IncomeKey::Mcc)];
    keys.into_iter().filter(|(is_cut, _)| *is_cut).map(|(_, key)| key)
}

/// Whether a cell is in what an answer is cut to.
fn has(cut: &Cut, place: &Place) -> bool {
    let named = cut.merchants.is_none() || place.merchant.is_some_and(|merchant| cut.names(merchant));
    named && cut.carries(place.mcc.unwrap_or_default(), place.partner)
}

/// The merchants whose cells are enough; none where all of them are read.
fn merchants(cut: &Cut, query: &IncomeQuery) -> Option<Vec<MerchantId>> {
    match (query.filter(IncomeKey::Merchant), &cut.merchants) {
        (Some(text), _) => Some(MerchantId::new(text).into_iter().collect()),
        (None, Some(merchants)) if merchants.len() <= MERCHANTS_ONE_BY_ONE_MAX => Some(merchants.iter().cloned().collect()),
        (None, _) => None,
    }
}

/// Fee income by the values of its keys; cells are sums, so shards merge in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncomeRows {
    /// The keys of each row, in order.
    pub keys: Vec<IncomeKey>,
    /// The rows, in the order of their keys.
    pub rows: BTreeMap<Vec<GroupValue>, (Currency, Income)>,
}

impl IncomeRows {
    /// Adds the rows of another shard.
    pub fn merge(&mut self, other: Self) {
        if self.keys.is_empty() {
            self.keys = other.keys;
        }
        for (key, (currency, income)) in other.rows {
            self.rows.entry(key).or_insert((currency, Income::default())).1.add(&income);
        }
    }

    /// Leaves out rows of zeros; to be called when everything is merged.
    ///
    /// # Errors
    /// [`Error::TooManyRows`].
    pub fn finish(mut self, query: &IncomeQuery) -> Result<Self, Error> {
        self.rows.retain(|_, (_, income)| !income.is_zero());
        check_rows(self.rows.len(), rows_max(query.limited))?;
        Ok(self)
    }

    fn add(&mut self, shard: &Shard, query: &IncomeQuery, place: &Place, income: &Income) -> Result<(), Error> {
        if !has(&shard.cut, place) || query.filters.iter().any(|(key, value)| place.value(*key).as_str() != Some(value)) {
            return Ok(());
        }
        let key = self.keys.iter().map(|key| place.value(*key)).collect();
        self.rows.entry(key).or_insert((place.currency, Income::default())).1.add(income);
        // Zeros among them are left out in the end.
        if self.rows.len() > GROUPS_MAX { Err(Error::TooManyRows(rows_max(query.limited))) } else { Ok(()) }
    }
}

/// What the merchants paid per hundred of sales, in hundredths of a percent; then of sales less refunds.
pub fn effective_percents(income: &Income) -> (Option<i128>, Option<i128>) {
    let of = |volume: i128| ratio(income.merchant_fees, volume, 10_000);
    (of(income.sales.amount), of(income.sales.amount - income.refunds.amount))
}

/// Chargebacks per hundred of sales, by count and by amount, in hundredths of a percent: those that arrived over the range, won
/// later or not, against the sales booked over the same range.
pub fn chargeback_percents(income: &Income) -> (Option<i128>, Option<i128>) {
    let by_count = ratio(i128::from(income.chargebacks.count), i128::from(income.sales.count), 10_000);
    (by_count, ratio(income.chargebacks.amount, income.sales.amount, 10_000))
}

/// The fee income of one shard.
///
/// # Errors
/// [`Error::TooManyRows`], and what the views say.
pub fn fee_income(shard: &Shard, query: &IncomeQuery) -> Result<IncomeRows, Error> {
    use IncomeKey::{Card, ContractVersion, EntryMode, Mcc, Merchant, Model, Partner, Scheme, Terminal};
    let mut rows = IncomeRows { keys: query.keys(), rows: BTreeMap::new() };
    let asked: Vec<IncomeKey> = rows.keys.iter().copied().chain(query.filters.iter().map(|(key, _)| *key)).chain(cut_keys(&shard.cut)).collect();
    let within = |known: &[IncomeKey]| {
        let always = [IncomeKey::Day, IncomeKey::Week, IncomeKey::Month, IncomeKey::Book, IncomeKey::Currency];
        asked.iter().all(|key| always.contains(key) || known.contains(key))
    };
    if asked.iter().any(|key| matches!(key, Merchant | ContractVersion | Terminal)) {
        let of_contract = asked.iter().any(|key| matches!(key, ContractVersion | Mcc | Partner | Model));
        fine(shard, query, of_contract, &mut rows)?;
    } else if within(&[Card, EntryMode, Scheme]) {
        between(shard, &BY_INSTRUMENT, query, |(date, instrument, book, currency), income| {
            rows.add(shard, query, &Place::new(date, &book, currency).with_instrument(&instrument), income)
        })?;
    } else if within(&[Mcc]) {
        between(shard, &BY_MCC, query, |(date, mcc, book, currency), income| {
            rows.add(shard, query, &Place { mcc: Some(&mcc), ..Place::new(date, &book, currency) }, income)
        })?;
    } else if within(&[Partner, Model]) {
        between(shard, &BY_PARTNER, query, |(date, (partner, model), book, currency), income| {
            rows.add(shard, query, &Place { partner: partner.as_ref(), model: Some(model), ..Place::new(date, &book, currency) }, income)
        })?;
    } else {
        between(shard, &CUBE, query, |(date, (mcc, partner, model), instrument, book, currency), income| {
            let place = Place { mcc: Some(&mcc), partner: partner.as_ref(), model: Some(model), ..Place::new(date, &book, currency) };
            rows.add(shard, query, &place.with_instrument(&instrument), income)
        })?;
    }
    Ok(rows)
}

/// Visits the cells of a table, whose keys begin with the date, between the dates asked for.
fn between<K: Key>(shard: &Shard, table: &Table<K, Income>, query: &IncomeQuery, mut visit: impl FnMut(K, &Income) -> Result<(), Error>) -> Result<(), Error> {
    let within = Within { from: Some(query.from.bytes()), below: Some(query.to.plus_days(1).bytes()) };
    for row in shard.snapshot.range(table, &(), within, Order::Ascending)? {
        let (key, income) = row?;
        visit(key, &income)?;
    }
    Ok(())
}

/// What the finest cells leave out of a contract.
struct Terms {
    version: EventId,
    mcc: String,
    partner: Option<PartnerId>,
    model: Model,
}

fn terms(shard: &Shard, number: u64) -> Result<Terms, Error> {
    let version = shard.contract(number)?.ok_or_else(|| crate::views::Error::Corrupt(format!("the contract of entry {number} is gone")))?;
    let contract = &version.contract;
    let partner = contract.partner.as_ref().map(|partner| partner.id.clone());
    Ok(Terms { version: version.event.clone(), mcc: contract.mcc.clone(), partner, model: contract.model() })
}

type FineKey = (Date, MerchantId, u64, Option<TerminalId>, InstrumentKey, Book, Currency);

/// Reads the finest cells: of one merchant date by date, else all. Contracts tell what the cells leave out; they are read where that is asked
/// for, since nearly every merchant has one of its own.
fn fine(shard: &Shard, query: &IncomeQuery, of_contract: bool, rows: &mut IncomeRows) -> Result<(), Error> {
    let mut known: BTreeMap<u64, Terms> = BTreeMap::new();
    let mut visit = |(date, merchant, number, terminal, instrument, book, currency): FineKey, income: &Income| {
        let place = Place { merchant: Some(&merchant), terminal: terminal.as_ref(), ..Place::new(date, &book, currency) }.with_instrument(&instrument);
        if !of_contract {
            return rows.add(shard, query, &place, income);
        }
        let Terms { version, mcc, partner, model } = match known.entry(number) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(terms(shard, number)?),
        };
        let place = Place { version: Some(version), mcc: Some(mcc), partner: partner.as_ref(), model: Some(*model), ..place };
        rows.add(shard, query, &place, income)
    };
    let Some(merchants) = merchants(&shard.cut, query) else { return between(shard, &FINE, query, visit) };
    for date in dates(shard, query)? {
        for merchant in &merchants {
            for row in shard.snapshot.scan(&FINE, &(date, merchant.clone()), Order::Ascending)? {
                let (key, income) = row?;
                visit(key, &income)?;
            }
        }
    }
    Ok(())
}

/// The business dates that are asked for and have begun.
fn dates(shard: &Shard, query: &IncomeQuery) -> Result<Vec<Date>, Error> {
    let day = shard.day()?;
    let (Some(first), Some(last)) = (day.opened_on, day.open) else { return Ok(Vec::new()) };
    let (first, last) = (first.max(query.from), last.min(query.to));
    Ok((first.days()..=last.days()).map(Date::from_days).collect())
}
