//! Pairs of a partition that may be breaks, in the order in which breaks are told: rows of several groups, each in that order, merged.
//!
//! A row is passed over by its key where that says enough: another merchant, kind or report, a day out of range, a pair that is not closed
//! where closed ones are asked for. Where rows of the wrong kind or merchant lie between, they are jumped over. What a row says of the day and id
//! is as the pair stands, or comes before it in the order, so whoever reads the rows knows what cannot come any more.

use super::asked::{PairKey, PairQuery};
use super::context::Context;
use super::shelves::Shelves;
use super::state::State;
use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{
    APART_MAX, GAP_MAX, MIXED, NodeKey, OPEN, Open, OpenKey, PAYOUTS, SHELVES_KEPT, Seen, ShelfKey, fees_group, read_answered_group, report_hash,
};
use crate::views::{Key, Order, Scan, Within};
use schemas::ids::CalendarId;
use schemas::report::ReportKind;
use schemas::time::Date;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Merchants, beyond which rows are not jumped over but looked at.
const JUMPS_MAX: usize = 64;

/// The place of a break in the order of answers: its day, the newest first, and its id.
pub type Place = (Reverse<Date>, String);

/// What is asked, as far as keys of rows say.
pub struct Wanted<'a> {
    context: &'a Context<'a>,
    query: &'a PairQuery,
    /// What ids begin with, in order; nothing where anything may.
    begins: Vec<String>,
    /// Days, both inclusive.
    days: (Date, Date),
    /// Rows before this place were told.
    after: Option<&'a (Date, String)>,
    report: Option<u32>,
}

impl<'a> Wanted<'a> {
    /// What is asked of merchants, after a place.
    pub fn new(context: &'a Context<'a>, query: &'a PairQuery, owners: Option<&BTreeSet<String>>, after: Option<&'a (Date, String)>) -> Self {
        let value = |key: PairKey| query.filters.iter().find(|(of, _)| *of == key).map(|(_, value)| value.as_str());
        let mut kinds: Vec<&str> =
            ReportKind::ALL.into_iter().map(ReportKind::as_str).filter(|kind| value(PairKey::Kind).is_none_or(|only| only == *kind)).collect();
        kinds.sort_unstable();
        let owners = owners.filter(|owners| owners.len() <= JUMPS_MAX);
        let begins = match owners {
            None if value(PairKey::Kind).is_none() => Vec::new(),
            None => kinds.iter().map(|kind| format!("{kind}/")).collect(),
            Some(owners) => {
                let mut begins: Vec<String> = kinds.iter().flat_map(|kind| owners.iter().map(move |owner| format!("{kind}/{owner}/"))).collect();
                begins.sort_unstable();
                begins
            }
        };
        let of_age = value(PairKey::Age).and_then(|age| age.parse().ok()).map(|age: i32| Date::from_days(context.as_of.days().saturating_sub(age)));
        let one_day = of_age.or_else(|| value(PairKey::Day).and_then(Date::parse));
        let first = [query.from, one_day].into_iter().flatten().max().unwrap_or(Date::from_days(-i32::MAX));
        let last = [query.to, one_day, after.map(|(day, _)| *day)].into_iter().flatten().min().unwrap_or(Date::from_days(i32::MAX));
        Self { context, query, begins, days: (first, last), after, report: value(PairKey::Report).map(report_hash) }
    }

    /// Whether pairs of a reason may be in the state that is asked for.
    fn may_be(&self, why: Open) -> bool {
        let Some((_, state)) = self.query.filters.iter().find(|(key, _)| *key == PairKey::State) else { return true };
        match why {
            Open::Ours | Open::Answered => state == State::MissingThere.as_str(),
            Open::Theirs => state == State::MissingHere.as_str(),
            Open::Fees => state == State::Fee.as_str(),
            Open::Break | Open::Partly | Open::Odd | Open::Large | Open::Payout => true,
        }
    }

    /// Where to go on after a row that was told with a page before: at what comes after that page, or at the next day.
    fn told_until(&self, key: &OpenKey) -> Option<Option<String>> {
        let (_, after) = self.after.filter(|(day, after)| key.day() == *day && key.full_id().is_some_and(|id| id < *after))?;
        Some(after.strip_prefix(key.source.as_str()).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned))
    }

    /// Whether a row may be of a break that is asked for.
    fn fits(&self, key: &OpenKey, seen: Seen) -> bool {
        let is_open = self.query.open == Some(false) && key.full_id().is_some_and(|id| self.context.closings(&id).is_empty());
        let is_of_another = self.report.is_some_and(|report| seen.report != 0 && seen.report != report);
        // It got another item since: it is looked at as what it was.
        let has_changed =
            self.context.is_past && key.why != Open::Answered as u8 && key.why != Open::Ours as u8 && seen.last.is_some_and(|last| last > self.context.until);
        !is_open && !is_of_another && !has_changed
    }
}

/// Where what is looked at is kept.
enum Kept<'a> {
    /// A row each.
    Rows(Scan<'a, OpenKey, Seen>),
    /// Many in a row.
    Shelves(Box<Shelves<'a>>),
}

impl Kept<'_> {
    fn next(&mut self) -> Result<Option<(OpenKey, Seen)>, Error> {
        match self {
            Self::Rows(scan) => Ok(scan.next().transpose()?),
            Self::Shelves(shelves) => shelves.next(),
        }
    }

    /// Goes on at the first row whose key begins so, or comes after it; without a begin at the next day.
    fn skip_to(&mut self, key: OpenKey, begin: Option<String>) {
        let place = match begin {
            Some(begin) => (key.why, key.source, key.group, key.back, begin),
            None => (key.why, key.source, key.group, key.back.saturating_add(1), String::new()),
        };
        match self {
            Self::Rows(scan) => scan.skip_to(&place),
            Self::Shelves(shelves) => shelves.skip_to(place),
        }
    }
}

/// What one group has, in the order of answers.
struct Stream<'a> {
    kept: Kept<'a>,
    head: Option<(OpenKey, Seen)>,
    place: Place,
}

/// All groups, merged.
pub struct Ordered<'a> {
    wanted: &'a Wanted<'a>,
    streams: Vec<Stream<'a>>,
}

impl<'a> Ordered<'a> {
    /// Begins to read.
    pub fn new(shard: &'a Shard<'a>, wanted: &'a Wanted<'a>) -> Result<Self, Error> {
        let mut ordered = Self { wanted, streams: Vec::new() };
        let context = wanted.context;
        let only = wanted.query.filters.iter().find(|(key, _)| *key == PairKey::Source).map(|(_, source)| source);
        for source in context.sources().filter(|source| only.is_none_or(|only| only == *source)) {
            let days = context.terms.expect_days(source);
            for why in [Open::Break, Open::Partly, Open::Fees, Open::Theirs, Open::Ours, Open::Answered].into_iter().filter(|why| wanted.may_be(*why)) {
                if why == Open::Answered && !context.is_past {
                    continue;
                }
                for group in groups(shard, why, source)? {
                    if let Some(days) = ordered.days_of(why, source, &group, days) {
                        ordered.open(shard, (why, source, &group), days)?;
                    }
                }
            }
        }
        ordered.payouts(shard)?;
        Ok(ordered)
    }

    /// Payouts that wait for an answer: whose source reports of them, the configuration tells.
    fn payouts(&mut self, shard: &'a Shard<'a>) -> Result<(), Error> {
        let context = self.wanted.context;
        let Some(first) = context.sources().filter(|source| !source.starts_with("scheme:")).filter_map(|source| context.first(source)).min() else {
            return Ok(());
        };
        let last = context.waited(context.terms.fewest_days()).plus_days(-1);
        for group in groups(shard, Open::Ours, PAYOUTS)? {
            self.open(shard, (Open::Ours, PAYOUTS, &group), (first, last))?;
        }
        if context.is_past {
            for group in groups(shard, Open::Answered, PAYOUTS)? {
                let gap = read_answered_group(&group).map_or(GAP_MAX, |(gap, _)| gap);
                self.open(shard, (Open::Answered, PAYOUTS, &group), (first.max(self.answered_since(gap)), last))?;
            }
        }
        Ok(())
    }

    /// From when on pairs that were answered after so many days had no answer as of the date.
    fn answered_since(&self, gap: u8) -> Date {
        if gap == GAP_MAX { Date::from_days(-i32::MAX) } else { self.wanted.context.as_of.plus_days(1 - i32::from(gap)) }
    }

    /// The days of a group whose pairs may be breaks as of the date, both inclusive.
    fn days_of(&self, why: Open, source: &str, group: &str, days: u16) -> Option<(Date, Date)> {
        let context = self.wanted.context;
        let always = (Date::from_days(-i32::MAX), Date::from_days(i32::MAX));
        let over = |calendar: &str| {
            let calendar = context.terms.calendar(source).cloned().or_else(|| CalendarId::new(calendar));
            context.over(calendar.as_ref(), days)
        };
        match why {
            Open::Break | Open::Partly => Some(always),
            Open::Fees => {
                let tolerance = context.terms.fee_tolerance(source);
                (tolerance >= APART_MAX || group > fees_group(tolerance).as_str()).then_some(always)
            }
            Open::Theirs => (Date::parse(group)? <= over("")).then_some(always),
            Open::Ours => {
                let last = if group == MIXED { context.waited(days).plus_days(-1) } else { over(group) };
                Some((context.first(source)?, last))
            }
            Open::Answered => {
                let (gap, calendar) = read_answered_group(group)?;
                Some((context.first(source)?.max(self.answered_since(gap)), over(calendar)))
            }
            Open::Odd | Open::Large | Open::Payout => None,
        }
    }

    fn open(&mut self, shard: &'a Shard<'a>, (why, source, group): (Open, &str, &str), days: (Date, Date)) -> Result<(), Error> {
        let (first, last) = (self.wanted.days.0.max(days.0), self.wanted.days.1.min(days.1));
        if first > last {
            return Ok(());
        }
        let prefix = (why as u8, source.to_owned(), group.to_owned());
        let at = |back: i32| (why as u8, source.to_owned(), group.to_owned(), back).bytes();
        let within = Within { from: Some(at(-last.days())), below: (-first.days()).checked_add(1).map(at) };
        let rows = shard.snapshot.range::<_, OpenKey, Seen>(&OPEN, &prefix, within.clone(), Order::Ascending)?;
        let mut kept = vec![Kept::Rows(rows)];
        if matches!(why, Open::Ours | Open::Theirs) {
            kept.push(Kept::Shelves(Box::new(Shelves::new(shard, &prefix, within)?)));
        }
        for kept in kept {
            let mut stream = Stream { kept, head: None, place: (Reverse(last), String::new()) };
            stream.go_on(self.wanted)?;
            if stream.head.is_some() {
                self.streams.push(stream);
            }
        }
        Ok(())
    }

    /// What can still come is at this place, or after it.
    pub fn place(&self) -> Option<&Place> {
        self.streams.iter().map(|stream| &stream.place).min()
    }

    /// A node of the next pair.
    pub fn next(&mut self) -> Result<Option<NodeKey>, Error> {
        let Some((at, stream)) = self.streams.iter_mut().enumerate().min_by(|(_, one), (_, other)| one.place.cmp(&other.place)) else { return Ok(None) };
        let found = stream.head.take().map(|(key, _)| key.place);
        stream.go_on(self.wanted)?;
        if stream.head.is_none() {
            self.streams.swap_remove(at);
        }
        Ok(found)
    }
}

impl Stream<'_> {
    /// Reads on to the next row that may be asked for.
    fn go_on(&mut self, wanted: &Wanted<'_>) -> Result<(), Error> {
        let mut next = self.kept.next()?;
        while let Some((key, seen)) = next {
            if let Some(begin) = wanted.told_until(&key).or_else(|| jump(&wanted.begins, &key)) {
                self.kept.skip_to(key, begin);
            } else if wanted.fits(&key, seen) {
                self.place = (Reverse(key.day()), key.full_id().unwrap_or_default());
                self.head = Some((key, seen));
                return Ok(());
            }
            next = self.kept.next()?;
        }
        Ok(())
    }
}

/// Where to go on where a row is not asked for: at what an id of the same day begins with, or at the next day.
fn jump(begins: &[String], key: &OpenKey) -> Option<Option<String>> {
    if begins.is_empty() || key.id.is_empty() {
        return None;
    }
    let after = begins.partition_point(|begin| *begin <= key.id);
    let is_asked = after.checked_sub(1).and_then(|at| begins.get(at)).is_some_and(|begin| key.id.starts_with(begin.as_str()));
    (!is_asked).then(|| begins.get(after).cloned())
}

/// The groups of a reason and source that there are: one seek each.
fn groups(shard: &Shard<'_>, why: Open, source: &str) -> Result<BTreeSet<String>, Error> {
    let mut groups = BTreeSet::new();
    let prefix = (why as u8, source.to_owned());
    // No text has the first character in it, so this is after every row of a group.
    let after = |group: &str| (why as u8, source.to_owned(), format!("{group}\u{1}"));
    let mut rows = shard.snapshot.scan::<_, OpenKey, Seen>(&OPEN, &prefix, Order::Ascending)?;
    while let Some((key, _)) = rows.next().transpose()? {
        rows.skip_to(&after(&key.group));
        groups.insert(key.group);
    }
    if matches!(why, Open::Ours | Open::Theirs) {
        let mut shelves = shard.snapshot.scan::<_, ShelfKey, bool>(&SHELVES_KEPT, &prefix, Order::Ascending)?;
        while let Some(((_, _, group, ..), _)) = shelves.next().transpose()? {
            shelves.skip_to(&after(&group));
            groups.insert(group);
        }
    }
    Ok(groups)
}

/// Nodes that no order has, each to be looked at before anything is told: what the fold does not walk over, payouts that stand otherwise than
/// by entries without an answer, and of a past date what has many items and got another since.
pub fn unordered(shard: &Shard<'_>, context: &Context<'_>) -> Result<Vec<NodeKey>, Error> {
    let mut found = Vec::new();
    let mut read = |from: Vec<u8>, below: Option<Vec<u8>>| -> Result<(), Error> {
        let within = Within { from: Some(from), below };
        for row in shard.snapshot.range::<_, OpenKey, Seen>(&OPEN, &(), within, Order::Ascending)? {
            found.push(row?.0.place);
        }
        Ok(())
    };
    read((Open::Large as u8).bytes(), Some((Open::Large as u8 + 1).bytes()))?;
    for why in [Open::Break, Open::Theirs, Open::Fees, Open::Partly] {
        // Lines of payouts that are not waited for any longer, whoever reports of them.
        let below = if why == Open::Theirs { context.waited(context.terms.fewest_days()).to_string() } else { "\u{10ffff}".to_owned() };
        read((why as u8, PAYOUTS.to_owned()).bytes(), Some((why as u8, PAYOUTS.to_owned(), below).bytes()))?;
    }
    if context.is_past {
        for source in context.sources().map(String::as_str).chain([PAYOUTS]) {
            let from = (Open::Odd as u8, source.to_owned(), context.until.plus_days(1).to_string()).bytes();
            read(from, Some((Open::Odd as u8, source.to_owned(), "\u{10ffff}".to_owned()).bytes()))?;
        }
    }
    Ok(found)
}
