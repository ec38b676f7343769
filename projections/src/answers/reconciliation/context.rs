//! What an answer reads once: the smallest date of each source's lines, calendars, closings, and the date that it is of.

use super::terms::ReconciliationTerms;
use super::wait::Calendars;
use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{CALENDARS, CLOSINGS, Closing, FIRST, LINES, NodeKey, Side, Standing};
use crate::views::Order;
use schemas::ids::CalendarId;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What is read once for an answer. Bounded by sources, calendars and breaks that people have closed.
pub struct Context<'a> {
    /// Every partition.
    pub shards: &'a [Shard<'a>],
    /// What is configured.
    pub terms: &'a ReconciliationTerms,
    /// The date that the answer is of.
    pub as_of: Date,
    /// Up to where items count: all of them where the answer is of now, for partitions may have different open dates.
    pub until: Date,
    /// Whether it is of a date that may have closed.
    pub is_past: bool,
    /// Calendars that were known then.
    pub calendars: Calendars,
    firsts: BTreeMap<String, Date>,
    closings: BTreeMap<String, Vec<(Date, Closing)>>,
    contracts: Mutex<BTreeMap<(u32, u64), Option<CalendarId>>>,
    by_nobody: Mutex<BTreeMap<PaymentAt, bool>>,
}

/// The partition and node of a payment, and a date.
pub type PaymentAt = (u32, NodeKey, Date);

impl<'a> Context<'a> {
    /// Reads what an answer of a date needs; `None`: of now, when `open` is the open date.
    pub fn read(shards: &'a [Shard<'a>], terms: &'a ReconciliationTerms, as_of: Option<Date>, open: Date) -> Result<Self, Error> {
        let until = as_of.unwrap_or(Date::from_days(i32::MAX));
        let (mut firsts, mut calendars, mut closings) = (BTreeMap::new(), Calendars::default(), BTreeMap::<String, Vec<_>>::new());
        for shard in shards {
            for row in shard.snapshot.scan(&FIRST, &(), Order::Ascending)? {
                let ((source, since), date) = row?;
                if let Some(date) = date.filter(|_| since <= until) {
                    let first = firsts.entry(source).or_insert(date);
                    *first = (*first).min(date);
                }
            }
            for row in shard.snapshot.scan(&CALENDARS, &(), Order::Ascending)? {
                let ((calendar, year, since), days) = row?;
                if since <= until {
                    calendars.0.insert((calendar, year), days);
                }
            }
            for row in shard.snapshot.scan(&CLOSINGS, &(), Order::Ascending)? {
                let ((id, date), closing) = row?;
                if date <= until {
                    closings.entry(id).or_default().push((date, closing));
                }
            }
        }
        Ok(Self {
            shards,
            terms,
            as_of: as_of.unwrap_or(open),
            until,
            is_past: as_of.is_some(),
            calendars,
            firsts,
            closings,
            contracts: Mutex::default(),
            by_nobody: Mutex::default(),
        })
    }

    /// The smallest date of a source's lines; `None` where there is none, and nothing is expected of it.
    pub fn first(&self, source: &str) -> Option<Date> {
        self.firsts.get(source).copied()
    }

    /// The sources that have lines.
    pub fn sources(&self) -> impl Iterator<Item = &String> {
        self.firsts.keys()
    }

    /// The date before which a wait of so many days may be over: of business days it is no shorter than of natural ones.
    pub fn waited(&self, days: u16) -> Date {
        self.as_of.plus_days(-i32::from(days))
    }

    /// Whether the configuration says of every bank whose account it reports of. Of another one nothing of ours is expected, however its
    /// lines look.
    pub fn knows_every_bank(&self) -> bool {
        self.sources().all(|source| !source.starts_with("bank:") || self.terms.account(source).is_some())
    }

    /// The calendar that the waits of a pair are counted by: the source's, else that of the payment's contract.
    pub fn calendar(&self, partition: u32, source: &str, sides: &Standing<'_>) -> Option<CalendarId> {
        if let Some(calendar) = self.terms.calendar(source) {
            return Some(calendar.clone());
        }
        let contract = sides.ours.iter().find_map(|item| match &item.side {
            Side::Ours { contract, .. } => *contract,
            Side::Theirs { .. } => None,
        })?;
        let mut known = self.contracts.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let shard = self.shards.iter().find(|shard| shard.partition == partition)?;
            shard.contract(contract).ok().flatten().and_then(|version| version.contract.settlement.calendar.clone())
        };
        known.entry((partition, contract)).or_insert_with(read).clone()
    }

    /// Whether nobody expects the entries of a payment as of a date, where that is known.
    pub fn by_nobody(&self, at: &PaymentAt) -> Option<bool> {
        self.by_nobody.lock().unwrap_or_else(PoisonError::into_inner).get(at).copied()
    }

    /// Keeps whether nobody expects the entries of a payment as of a date.
    pub fn know_by_nobody(&self, at: PaymentAt, is_by_nobody: bool) {
        self.by_nobody.lock().unwrap_or_else(PoisonError::into_inner).insert(at, is_by_nobody);
    }

    /// Whether a merchant has a line, by its hash.
    pub fn is_claimed(&self, hash: u64) -> Result<bool, Error> {
        for shard in self.shards {
            if shard.snapshot.get(&LINES, &hash)?.flatten().is_some_and(|since| since <= self.until) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The ids of breaks that somebody closed.
    pub fn closed_ids(&self) -> impl Iterator<Item = &String> {
        self.closings.keys()
    }

    /// The last day whose wait of so many days by a calendar is over as of the date.
    pub fn over(&self, calendar: Option<&CalendarId>, days: u16) -> Date {
        let mut day = self.as_of.plus_days(-1 - i32::from(days));
        // A wait of business days is longer than one of natural days by the days that are closed between, which are no more than a year.
        for _ in 0..366 {
            if self.calendars.after(calendar, day, days) < self.as_of {
                break;
            }
            day = day.plus_days(-1);
        }
        day
    }

    /// Whether anybody has closed a break.
    pub fn has_closings(&self) -> bool {
        !self.closings.is_empty()
    }

    /// When a break of an id was closed, and by whom, the first first.
    pub fn closings(&self, id: &str) -> &[(Date, Closing)] {
        self.closings.get(id).map_or(&[], Vec::as_slice)
    }
}
