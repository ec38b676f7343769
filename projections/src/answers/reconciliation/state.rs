//! The state of a pair as of a date: the first that holds, in the order of the accounting's page.

use super::context::Context;
use super::gather::Group;
use super::wait::Calendars;
use crate::folds::reconciliation::{Item, Side, Standing, standing};
use schemas::ids::{CalendarId, PaymentId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeSet;

/// How a pair stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum State {
    Currency,
    Duplicate,
    MissingThere,
    MissingHere,
    Awaited,
    Amount,
    Fee,
    Late,
    Matched,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::Currency, Self::Duplicate, Self::MissingThere, Self::MissingHere, Self::Awaited, Self::Amount, Self::Fee, Self::Late, Self::Matched];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Currency => "currency",
            Self::Duplicate => "duplicate",
            Self::MissingThere => "missing_there",
            Self::MissingHere => "missing_here",
            Self::Awaited => "awaited",
            Self::Amount => "amount",
            Self::Fee => "fee",
            Self::Late => "late",
            Self::Matched => "matched",
        }
    }

    /// Whether somebody must look.
    pub const fn is_break(self) -> bool {
        match self {
            Self::Currency | Self::Duplicate | Self::MissingThere | Self::MissingHere | Self::Amount | Self::Fee => true,
            Self::Awaited | Self::Late | Self::Matched => false,
        }
    }
}

/// A pair as of a date.
#[derive(Clone, Debug)]
pub struct Stood<'a> {
    /// Its state.
    pub state: State,
    /// In what it stands.
    pub currency: Currency,
    /// What ours add up to.
    pub ours: i128,
    /// What theirs add up to; nothing where they are in another currency.
    pub theirs: i128,
    /// Its sides.
    pub sides: Standing<'a>,
    /// Our first booking date, else the date of the first line.
    pub day: Date,
}

impl Stood<'_> {
    /// The fees of both sides, where they are told.
    pub fn fees(&self) -> (Option<i128>, Option<i128>) {
        if self.state == State::Currency { (self.sides.fees().0, None) } else { self.sides.fees() }
    }
}

/// How a pair stands as of a date, without the entries of payments that nobody expects then; `None` where that is all of it.
pub fn stand<'a>(context: &Context<'_>, group: &'a Group, by_nobody: &BTreeSet<PaymentId>, as_of: Date) -> Option<Stood<'a>> {
    let (partition, source) = (group.partition, group.source.as_str());
    let mut sides = standing(&group.items, by_nobody);
    if sides.theirs.is_empty() {
        let first = context.first(source)?;
        sides.ours.retain(|item| item.date >= first);
    }
    let first = *sides.ours.first().or(sides.theirs.first())?;
    let currency = first.currency;
    let wait = Wait { calendars: &context.calendars, calendar: context.calendar(partition, source, &sides), days: context.terms.expect_days(source) };
    let of_one = sides.is_of_one_currency();
    let (ours, theirs) = if of_one { sides.sums() } else { (sides.ours.iter().filter(|item| item.currency == currency).map(|item| item.minor).sum(), 0) };
    let is_over = |item: Option<&&Item>| item.is_some_and(|item| wait.end(item) < as_of);
    let (entries, lines) = (sides.ours.len(), sides.theirs.len());
    let state = if !of_one {
        State::Currency
    } else if entries == 0 {
        if is_over(sides.theirs.first()) { State::MissingHere } else { State::Awaited }
    } else if ours != theirs && lines > entries {
        State::Duplicate
    } else if ours != theirs && lines < entries {
        if is_over(sides.ours.get(lines)) { State::MissingThere } else { State::Awaited }
    } else if ours != theirs {
        State::Amount
    } else if sides.fees_apart() > context.terms.fee_tolerance(source) {
        State::Fee
    } else if wait.is_late(&sides) {
        State::Late
    } else {
        State::Matched
    };
    let day = match (&first.side, first.date) {
        (Side::Ours { .. }, booked) => booked,
        (Side::Theirs { date, .. }, _) => *date,
    };
    Some(Stood { state, currency, ours, theirs, sides, day })
}

/// How long an answer is waited for.
struct Wait<'a> {
    calendars: &'a Calendars,
    calendar: Option<CalendarId>,
    days: u16,
}

impl Wait<'_> {
    /// The last date of the wait for an answer to an item.
    fn end(&self, item: &Item) -> Date {
        self.calendars.after(self.calendar.as_ref(), item.date, self.days)
    }

    /// Whether an answer came after its wait had ended, on either side. Where one side has more, its last ones answer the other's last.
    fn is_late(&self, sides: &Standing<'_>) -> bool {
        let count = sides.ours.len().max(sides.theirs.len());
        let at = |side: &[&Item], index: usize| side.get(index).or(side.last()).map(|item| (self.end(item), item.date));
        (0..count).any(|index| match (at(&sides.ours, index), at(&sides.theirs, index)) {
            (Some((end, date)), Some((their_end, their_date))) => their_date > end || date > their_end,
            _ => false,
        })
    }
}
