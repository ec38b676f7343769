//! Events that were not booked: a list over all shards, newest business date first, then by partition, then newest first; and their
//! counts and sums.
//!
//! A page costs the classes (outcome, code, type) that are asked for and its rows, whatever else there is: see
//! [`LISTED`](crate::folds::events::LISTED). Sums are kept by date and class. Bounds: [`Window::rows_max`], [`ROWS_MAX`].

use super::group::{GroupValue, ROWS_MAX, check_rows, keys_of_rows};
use super::{Cursor, Error, Page, Shard, Window};
use crate::folds::events::{Class, LISTED, SUMS, Sum, Unbooked};
use crate::views::{Key, Order, Within};
use schemas::event::EventType;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::{BTreeMap, BinaryHeap};

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnbookedQuery {
    /// How they ended; empty: in any of these ways.
    pub outcomes: Vec<Unbooked>,
    /// Of this merchant, or of `@house`.
    pub owner: Option<String>,
    /// Of this type.
    pub event_type: Option<EventType>,
    /// With this code.
    pub code: Option<String>,
    /// Only those that tell of money that has moved outside.
    pub money: bool,
}

impl UnbookedQuery {
    fn wants(&self, (outcome, code, event_type): &Class) -> bool {
        (self.outcomes.is_empty() || self.outcomes.iter().any(|asked| *asked as u8 == *outcome))
            && self.event_type.is_none_or(|asked| *event_type == Some(asked))
            && self.code.as_ref().is_none_or(|asked| asked == code)
            && (!self.money || event_type.is_some_and(EventType::tells_of_moved_money))
    }
}

/// An event of the list: where its record lies, and the entry that tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbookedEvent {
    /// The business date that it is told on.
    pub date: Date,
    /// Its partition.
    pub partition: u32,
    /// The offset of its record.
    pub offset: i64,
    /// The number of the entry.
    pub entry: u64,
}

type ListedKey = (Option<String>, u8, String, Option<EventType>, Date, i64);

/// Whose lists are read: everybody's, one owner's, or those of the merchants that whoever asks is cut to.
fn owners(shard: &Shard, query: &UnbookedQuery) -> Result<Vec<Option<String>>, Error> {
    match (&query.owner, shard.merchants_of_cut()?) {
        (None, Some(merchants)) => Ok(merchants.into_iter().map(|merchant| Some(merchant.to_string())).collect()),
        (owner, _) => Ok(vec![owner.clone()]),
    }
}

/// The classes of an owner's list that are asked for.
fn classes(shard: &Shard, query: &UnbookedQuery, owner: &Option<String>) -> Result<Vec<Class>, Error> {
    let mut classes = Vec::new();
    let mut rows = shard.snapshot.range::<_, ListedKey, _>(&LISTED, owner, Within::default(), Order::Ascending)?;
    while let Some(row) = rows.next().transpose()? {
        let (whose, outcome, code, event_type, ..) = row.0;
        // No record has such a date, so this is the first row of the next class.
        rows.skip_to(&(whose, outcome, code.clone(), event_type, Date::from_days(i32::MAX)));
        classes.push((outcome, code, event_type));
    }
    classes.retain(|class| query.wants(class));
    Ok(classes)
}

/// The newest events of a shard, one more than the page has, so that the merge knows whether there are more.
///
/// # Errors
/// [`Error::BadCursor`], and what the views say.
pub fn unbooked(shard: &Shard, query: &UnbookedQuery, window: &Window) -> Result<Vec<UnbookedEvent>, Error> {
    let cursor: Option<(Date, u32, i64)> = window.cursor.as_ref().map(Cursor::key).transpose()?;
    let mut streams = Vec::new();
    let mut heap = BinaryHeap::new();
    let mut asked = Vec::new();
    for owner in owners(shard, query)? {
        let of_owner = classes(shard, query, &owner)?;
        asked.extend(of_owner.into_iter().map(|(outcome, code, event_type)| (owner.clone(), outcome, code, event_type)));
    }
    for class in asked {
        let at = |date: Date| (class.0.clone(), class.1, class.2.clone(), class.3, date).bytes();
        // Of the cursor's date, partitions before its own are done, and those after it are not begun.
        let after_cursor = cursor.map(|(date, partition, offset)| match shard.partition.cmp(&partition) {
            std::cmp::Ordering::Less => at(date),
            std::cmp::Ordering::Equal => [at(date), offset.bytes()].concat(),
            std::cmp::Ordering::Greater => at(date.plus_days(1)),
        });
        let below = [window.to.map(|to| at(to.plus_days(1))), after_cursor].into_iter().flatten().min();
        let within = Within { from: window.from.map(at), below };
        let mut rows = shard.snapshot.range::<_, ListedKey, u64>(&LISTED, &class, within, Order::Descending)?;
        if let Some(row) = rows.next().transpose()? {
            let ((.., date, offset), entry) = row;
            heap.push((date, offset, entry, streams.len()));
            streams.push(rows);
        }
    }
    let mut found = Vec::new();
    while let Some((date, offset, entry, stream)) = heap.pop() {
        found.push(UnbookedEvent { date, partition: shard.partition, offset, entry });
        if found.len() > window.rows_max() {
            break;
        }
        if let Some(row) = streams.get_mut(stream).and_then(Iterator::next).transpose()? {
            let ((.., date, offset), entry) = row;
            heap.push((date, offset, entry, stream));
        }
    }
    Ok(found)
}

/// One page of what all shards have.
pub fn merge_unbooked(window: &Window, shards: impl IntoIterator<Item = Vec<UnbookedEvent>>) -> Page<UnbookedEvent> {
    let mut rows: Vec<UnbookedEvent> = shards.into_iter().flatten().collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.date), row.partition, std::cmp::Reverse(row.offset)));
    let more = rows.len() > window.rows_max();
    rows.truncate(window.rows_max());
    let next = rows.last().filter(|_| more).map(|last| Cursor::at(&(last.date, last.partition, last.offset)));
    Page { rows, next }
}

/// What events that were not booked are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum UnbookedKey {
    Outcome,
    Code,
    Type,
    Day,
    Currency,
}

impl UnbookedKey {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Outcome, Self::Code, Self::Type, Self::Day, Self::Currency];

    /// The key with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Code => "code",
            Self::Type => "type",
            Self::Day => "day",
            Self::Currency => "currency",
        }
    }
}

/// Counts and sums by the values of their keys; sums, so shards merge in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnbookedSums {
    /// The keys of each row, in order.
    pub keys: Vec<UnbookedKey>,
    /// The rows, in the order of their keys; without a currency where no amount is told.
    pub rows: BTreeMap<Vec<GroupValue>, (Option<Currency>, Sum)>,
}

impl UnbookedSums {
    /// Adds the rows of another shard.
    pub fn merge(&mut self, other: Self) {
        if self.keys.is_empty() {
            self.keys = other.keys;
        }
        for (key, (currency, sum)) in other.rows {
            self.rows.entry(key).or_insert((currency, Sum::default())).1.add(sum);
        }
    }

    /// Leaves out what is not there any more: events that waited and left. To be called when everything is merged.
    ///
    /// # Errors
    /// [`Error::TooManyRows`].
    pub fn finish(mut self) -> Result<Self, Error> {
        self.rows.retain(|_, (_, sum)| sum.count != 0);
        check_rows(self.rows.len(), ROWS_MAX)?;
        Ok(self)
    }
}

/// The counts and sums of one shard between two dates, by `keys`; currency is added where it is missing.
///
/// # Errors
/// [`Error::TooManyRows`], and what the views say.
pub fn unbooked_sums(shard: &Shard, query: &UnbookedQuery, keys: &[UnbookedKey], (from, to): (Option<Date>, Option<Date>)) -> Result<UnbookedSums, Error> {
    let mut sums = UnbookedSums { keys: keys_of_rows(keys, &[UnbookedKey::Currency]), rows: BTreeMap::new() };
    for owner in owners(shard, query)? {
        add_sums(shard, query, &owner, (from, to), &mut sums)?;
    }
    Ok(sums)
}

/// Adds the counts and sums of one owner.
fn add_sums(
    shard: &Shard,
    query: &UnbookedQuery,
    owner: &Option<String>,
    (from, to): (Option<Date>, Option<Date>),
    sums: &mut UnbookedSums,
) -> Result<(), Error> {
    let at = |date: Date| (owner.clone(), date).bytes();
    let within = Within { from: from.map(at), below: to.map(|to| at(to.plus_days(1))) };
    for row in shard.snapshot.range(&SUMS, owner, within, Order::Ascending)? {
        let ((_, date, outcome, code, event_type, currency), sum) = row?;
        if !query.wants(&(outcome, code.clone(), event_type)) {
            continue;
        }
        let value = |key: &UnbookedKey| match key {
            UnbookedKey::Outcome => GroupValue::of(Unbooked::from_number(outcome).map(Unbooked::as_str)),
            UnbookedKey::Code => GroupValue::of(Some(code.as_str()).filter(|code| !code.is_empty())),
            UnbookedKey::Type => GroupValue::of(event_type.map(EventType::as_str)),
            // What came before the opening is of no date; the fold writes day 0.
            UnbookedKey::Day => GroupValue::of(Some(date.to_string()).filter(|_| date != Date::from_days(0)).as_deref()),
            UnbookedKey::Currency => GroupValue::of(currency.as_ref().map(Currency::code)),
        };
        let key = sums.keys.iter().map(value).collect();
        sums.rows.entry(key).or_insert((currency, Sum::default())).1.add(sum);
        check_rows(sums.rows.len(), ROWS_MAX)?;
    }
    Ok(())
}
