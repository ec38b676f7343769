//! Customers of the range by recency, frequency and spending.

use super::Told;
use super::crowd::{Count, Crowd, Gathering};
use super::people::{Person, people};
use super::query::{KEYS_MAX, Query, Refused};
use super::rows::row_of;
use super::suppression::left_out;
use crate::answers::{Error, Shard};
use schemas::money::Currency;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What segments are told apart by where nothing is asked.
pub const SEGMENT_KEYS_DEFAULT: [SegmentKey; 2] = [SegmentKey::Recency, SegmentKey::Frequency];
/// Segments of each key.
const RANKS: usize = 4;

/// What customers are segmented by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SegmentKey {
    /// Days from the last visit to the last date asked.
    Recency,
    /// Dates with a visit.
    Frequency,
    /// The sum of the nets, in whole units of the currency.
    Monetary,
}

/// A segment: a key, and the place of its range among the key's, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// Of which key.
    pub key: SegmentKey,
    rank: usize,
}

/// Customers of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRow {
    /// One for each key asked, in order.
    pub segments: Vec<Segment>,
    /// What amounts are in.
    pub currency: Currency,
    /// Distinct customers.
    pub customers: Count,
    /// Dates with a visit, of all of them together.
    pub visit_days: u64,
    /// The sum of the nets, in minor units.
    pub sales: i128,
}

impl SegmentKey {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Recency, Self::Frequency, Self::Monetary];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recency => "recency",
            Self::Frequency => "frequency",
            Self::Monetary => "monetary",
        }
    }

    /// The last number of each range but the last, and the names of all.
    const fn ranges(self) -> ([i128; RANKS - 1], [&'static str; RANKS]) {
        match self {
            Self::Recency => ([7, 30, 90], ["0-7", "8-30", "31-90", ">90"]),
            Self::Frequency => ([1, 3, 9], ["1", "2-3", "4-9", ">9"]),
            Self::Monetary => ([99, 499, 1999], ["0-99", "100-499", "500-1999", ">1999"]),
        }
    }

    /// The names of its segments, from the lowest.
    pub const fn names(self) -> [&'static str; 4] {
        self.ranges().1
    }

    /// The segment of this name.
    pub fn parse(self, name: &str) -> Option<Segment> {
        self.ranges().1.iter().position(|other| *other == name).map(|rank| Segment { key: self, rank })
    }

    /// The segment of a customer.
    fn of(self, person: &Person, query: &Query, currency: Currency) -> Segment {
        let number = match self {
            Self::Recency => person.dates.last().map_or(0, |last| i128::from(query.to.days()) - i128::from(last.days())),
            Self::Frequency => person.dates.len() as i128,
            // Parts of a unit are dropped: 99.99 is within 0 to 99.
            Self::Monetary => person.net.div_euclid(10i128.pow(currency.exponent().into())),
        };
        Segment { key: self, rank: self.ranges().0.iter().take_while(|last| number > **last).count() }
    }
}

impl Segment {
    /// As on the wire.
    pub fn name(self) -> &'static str {
        self.key.ranges().1.get(self.rank).copied().unwrap_or_default()
    }
}

/// Reads `group_by` of segments.
pub fn parse_segment_keys(text: &str) -> Result<Vec<SegmentKey>, Refused> {
    let mut keys: Vec<SegmentKey> = Vec::new();
    for name in text.split(',') {
        let found = SegmentKey::ALL.into_iter().find(|key| key.as_str() == name);
        let key = found.ok_or_else(|| Refused::group_by(format!("no key {name:?}")))?;
        if keys.contains(&key) {
            return Err(Refused::group_by(format!("{name} stands twice")));
        }
        if keys.len() == KEYS_MAX {
            return Err(Refused::group_by(format!("{name} is one key more than {KEYS_MAX}")));
        }
        keys.push(key);
    }
    Ok(keys)
}

struct Sum {
    customers: Gathering,
    visit_days: u64,
    sales: i128,
}

/// Customers by segment; `only` are segments that a customer must be in. The query's own keys are not used.
///
/// # Errors
/// Views that do not answer.
pub fn segments(shards: &[Shard], query: &Query, keys: &[SegmentKey], only: &[Segment]) -> Result<Told<SegmentRow>, Error> {
    let mut sums: BTreeMap<Currency, BTreeMap<Vec<Segment>, Sum>> = BTreeMap::new();
    people(shards, query, true, |people| {
        for ((currency, customer), person) in people {
            let Some(currency) = *currency else { continue };
            if only.iter().any(|segment| segment.key.of(person, query, currency) != *segment) {
                continue;
            }
            let segment = keys.iter().map(|key| key.of(person, query, currency)).collect();
            let sum = match sums.entry(currency).or_default().entry(segment) {
                Entry::Occupied(sum) => sum.into_mut(),
                Entry::Vacant(place) => place.insert(Sum { customers: Gathering::new()?, visit_days: 0, sales: 0 }),
            };
            sum.customers.add(*customer);
            sum.visit_days += person.dates.len() as u64;
            sum.sales += person.net;
        }
        Ok(())
    })?;
    let mut shown = BTreeMap::new();
    let mut suppressed = 0;
    for (currency, sums) in sums {
        let sums: Vec<(Vec<Segment>, Crowd, u64, i128)> =
            sums.into_iter().map(|(segments, sum)| (segments, sum.customers.crowd(), sum.visit_days, sum.sales)).collect();
        let given: Vec<_> = sums.iter().map(|(segments, customers, ..)| row_of(segments, customers)).collect();
        for ((segments, customers, visit_days, sales), hidden) in sums.iter().zip(left_out(&given, query.k())) {
            if hidden {
                suppressed += 1;
                continue;
            }
            let row = SegmentRow { segments: segments.clone(), currency, customers: customers.count(), visit_days: *visit_days, sales: *sales };
            shown.insert((segments.clone(), currency), row);
        }
    }
    Ok(Told { rows: shown.into_values().collect(), suppressed })
}
