//! A trial balance at a moment, by any of its keys.

use super::group::{check_rows, keys_of_rows, rows_max};
use super::{AsOf, Error, Moment, Shard, moment};
use crate::folds::accounts::{AccountKey, DETAILED, DetailKey, PLAIN, PartyKey, Sums, TOTALS, key_of, sides};
use crate::views::{self, Key};
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;

/// The most rows of a grouped answer.
pub const ROWS_MAX: usize = 10_000;
/// Entries that are read at a time.
const REPLAY_PAGE: usize = 4096;

/// What accounts are grouped and filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum AccountKeyName {
    Book,
    Code,
    Currency,
    Party,
    Detail,
    Merchant,
}

impl AccountKeyName {
    /// The key with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Book, Self::Code, Self::Currency, Self::Party, Self::Detail, Self::Merchant].into_iter().find(|key| key.as_str() == name)
    }

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Code => "code",
            Self::Currency => "currency",
            Self::Party => "party",
            Self::Detail => "detail",
            Self::Merchant => "merchant",
        }
    }

    /// Whether the sums by book, code and currency know it.
    const fn is_in_totals(self) -> bool {
        matches!(self, Self::Book | Self::Code | Self::Currency)
    }

    fn of(self, key: &AccountKey) -> KeyValue {
        KeyValue::from(match self {
            Self::Book => Some(book_name(&key.book)),
            Self::Code => Some(key.code.number().to_string()),
            Self::Currency => Some(key.currency.code().to_owned()),
            Self::Party => key.party.as_str().map(str::to_owned),
            Self::Detail => key.detail.text(),
            Self::Merchant => key.party.merchant().map(ToString::to_string),
        })
    }
}

/// A book as on the wire.
pub fn book_name(book: &Book) -> String {
    match book {
        Book::Bank => "bank".to_owned(),
        Book::Psp(psp) => format!("psp:{psp}"),
    }
}

/// The value of a key in a row; `null` sorts last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyValue {
    /// A value.
    Text(String),
    /// None.
    Null,
}

impl From<Option<String>> for KeyValue {
    fn from(value: Option<String>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct AccountQuery {
    /// Keys of the rows, in the order asked; `currency` is added where it is missing.
    pub group_by: Vec<AccountKeyName>,
    /// Only accounts with these values.
    pub filters: Vec<(AccountKeyName, String)>,
    /// Whether only the first rows will be told, so that there may be [`GROUPS_MAX`](super::GROUPS_MAX) of them.
    pub limited: bool,
}

impl AccountQuery {
    /// The keys of each row, in order.
    pub fn keys(&self) -> Vec<AccountKeyName> {
        keys_of_rows(&self.group_by, &[AccountKeyName::Currency])
    }
}

/// Rows of a trial balance, by the values of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountRows {
    /// The keys of each row, in order.
    pub keys: Vec<AccountKeyName>,
    /// The rows, in the order of their keys.
    pub rows: BTreeMap<Vec<KeyValue>, (Currency, Sums)>,
    /// The most of them.
    rows_max: usize,
}

impl AccountRows {
    /// No rows yet.
    pub fn of(query: &AccountQuery) -> Self {
        Self { keys: query.keys(), rows: BTreeMap::new(), rows_max: rows_max(query.limited) }
    }

    /// Adds the rows of another shard.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        for (key, (currency, sums)) in other.rows {
            self.add(key, currency, sums)?;
        }
        Ok(())
    }

    fn add(&mut self, key: Vec<KeyValue>, currency: Currency, sums: Sums) -> Result<(), Error> {
        if sums == Sums::default() {
            return Ok(());
        }
        self.rows.entry(key).or_insert((currency, Sums::default())).1.add(sums);
        check_rows(self.rows.len(), self.rows_max)
    }
}

/// The trial balance of a shard, and its moment.
///
/// # Errors
/// [`Error::TooManyRows`], and [`Error::NotCaughtUp`] where the shard has not got there.
pub fn accounts(shard: &Shard, query: &AccountQuery, as_of: AsOf) -> Result<(AccountRows, Moment), Error> {
    let keys = query.keys();
    let moment = moment(shard, as_of)?;
    let mut rows = AccountRows::of(query);
    let mut add = |key: &AccountKey, sums: Sums| {
        let is_in_cut = shard.cut.merchants.is_none() || matches!(&key.party, PartyKey::Merchant(merchant) if shard.cut.names(merchant));
        let wanted = is_in_cut && query.filters.iter().all(|(name, value)| matches!(name.of(key), KeyValue::Text(text) if text == *value));
        if wanted { rows.add(keys.iter().map(|name| name.of(key)).collect(), key.currency, sums) } else { Ok(()) }
    };
    let mut failed = None;
    let mut add_row = |key: &AccountKey, sums: Sums| {
        if failed.is_none() {
            failed = add(key, sums).err();
        }
        Ok(())
    };
    if shard.cut.merchants.is_none() && keys.iter().chain(query.filters.iter().map(|(name, _)| name)).all(|name| name.is_in_totals()) {
        TOTALS.scan(&shard.snapshot, &(), moment.closed, |(book, currency), codes| {
            let key = |code| AccountKey { book: book.clone(), code, currency, party: PartyKey::None, detail: DetailKey::None };
            codes.iter().try_for_each(|(code, sums)| add_row(&key(*code), *sums))
        })?;
    } else {
        // A merchant's accounts lie together.
        let merchant = query.filters.iter().find(|(name, _)| *name == AccountKeyName::Merchant).map(|(_, value)| MerchantId::new(value));
        match (merchant, &shard.cut.merchants) {
            (None, None) => all(shard, &(), moment.closed, &mut add_row)?,
            (None, Some(merchants)) => {
                for merchant in merchants.iter() {
                    all(shard, &PartyKey::Merchant(merchant.clone()), moment.closed, &mut add_row)?;
                }
            }
            (Some(None), _) => {}
            (Some(Some(merchant)), _) => all(shard, &PartyKey::Merchant(merchant), moment.closed, &mut add_row)?,
        }
    }
    let mut next = moment.replay.start;
    while next < moment.replay.end {
        let limit = usize::try_from(moment.replay.end - next).unwrap_or(usize::MAX).min(REPLAY_PAGE);
        let page = shard.entries.read(next, limit)?;
        if page.is_empty() {
            return Err(views::Error::Entries(format!("entry {next} is gone")).into());
        }
        for entry in &page {
            for line in &entry.row.lines {
                for (side, sums) in sides(line) {
                    add_row(&key_of(entry, line, side)?, sums)?;
                }
            }
        }
        next += page.len() as u64;
    }
    match failed {
        None => Ok((rows, moment)),
        Some(error) => Err(error),
    }
}

/// Visits every account whose party is as `prefix` says.
fn all<P: Key>(shard: &Shard, prefix: &P, closed: Option<Date>, visit: &mut impl FnMut(&AccountKey, Sums) -> Result<(), views::Error>) -> Result<(), Error> {
    PLAIN.scan(&shard.snapshot, prefix, closed, |(party, book, currency), codes| {
        let key = |code| AccountKey { book: book.clone(), code, currency, party: party.clone(), detail: DetailKey::None };
        codes.iter().try_for_each(|(code, sums)| visit(&key(*code), *sums))
    })?;
    Ok(DETAILED.scan(&shard.snapshot, prefix, closed, |key, sums| visit(&key, sums))?)
}
