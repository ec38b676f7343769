//! Sums of single pairs, by their dates: how they stand as of a date follows from when they were booked, and when and how answered.

use super::asked::PairKey;
use super::context::Context;
use super::state::State;
use super::sum::{Fees, PairSum};
use crate::answers::group::GroupValue;
use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{Answer, SUMS, Sum, SumKey, kind_of_number};
use crate::views::Order;
use schemas::ids::CalendarId;
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;

/// Pairs that were booked, and answered, on the same dates.
pub struct Dated {
    source: String,
    kind: ReportKind,
    state: State,
    age: i32,
    /// When they were booked.
    pub day: Date,
    /// In what.
    pub currency: Currency,
}

/// Whether dates tell a key.
pub const fn tells(key: PairKey) -> bool {
    match key {
        PairKey::Source | PairKey::Kind | PairKey::State | PairKey::Day | PairKey::Age | PairKey::Currency => true,
        PairKey::Merchant | PairKey::Report => false,
    }
}

impl Dated {
    /// The value of a key that dates tell.
    pub fn value(&self, key: PairKey) -> GroupValue {
        match key {
            PairKey::Source => GroupValue::of(Some(&self.source)),
            PairKey::Kind => GroupValue::of(Some(self.kind.as_str())),
            PairKey::State => GroupValue::of(Some(self.state.as_str())),
            PairKey::Day => GroupValue::of(Some(&self.day.to_string())),
            PairKey::Age => GroupValue::Number(self.age.into()),
            PairKey::Currency => GroupValue::of(Some(self.currency.code())),
            PairKey::Merchant | PairKey::Report => GroupValue::Null,
        }
    }
}

/// Visits what pairs of a partition come to as of the date.
pub fn each(context: &Context<'_>, shard: &Shard<'_>, mut visit: impl FnMut(&Dated, PairSum) -> Result<(), Error>) -> Result<(), Error> {
    for row in shard.snapshot.scan::<_, SumKey, Sum>(&SUMS, &(), Order::Ascending)? {
        let ((source, kind, currency, day, came, calendar, answer), sum) = row?;
        let (Some(kind), answer) = (kind_of_number(kind), Answer::of_number(answer)) else { continue };
        let begun = if answer == Answer::Line { came.unwrap_or(day) } else { day };
        if begun > context.until {
            continue;
        }
        let calendar = context.terms.calendar(&source).cloned().or_else(|| CalendarId::new(&calendar));
        let end = context.calendars.after(calendar.as_ref(), begun, context.terms.expect_days(&source));
        let answered = came.filter(|came| *came <= context.until);
        let state = match (answered, answer) {
            (_, Answer::Line) if end < context.as_of => State::MissingHere,
            (_, Answer::Line) => State::Awaited,
            (Some(_), Answer::Amount) => State::Amount,
            (Some(_), Answer::Apart(units)) if u64::from(units) > context.terms.fee_tolerance(&source) => State::Fee,
            (Some(came), Answer::Apart(_)) if came > end => State::Late,
            (Some(_), Answer::Apart(_)) => State::Matched,
            // Nothing is expected of what was booked before the source's first date.
            (None, _) if context.first(&source).is_none_or(|first| day < first) => continue,
            (None, _) if end < context.as_of => State::MissingThere,
            (None, _) => State::Awaited,
        };
        let fees = |(pairs, minor): (i64, i128)| Fees::of(pairs, minor);
        let told = PairSum {
            count: sum.count,
            ours: sum.ours,
            theirs: if answered.is_some() { sum.theirs } else { 0 },
            fees_ours: fees(sum.fees_ours),
            fees_theirs: if answered.is_some() { fees(sum.fees_theirs) } else { Fees::default() },
        };
        visit(&Dated { source, kind, state, age: context.as_of.days() - day.days(), day, currency }, told)?;
    }
    Ok(())
}
