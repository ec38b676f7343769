//! Pairs as they are told one by one. What is asked is in `asked`, sums of them in `sums`, pages of them in `page`.

use super::asked::{PairKey, PairQuery};
use super::context::Context;
use super::gather::{Group, HousePayouts, Scope, Which, each, house_payouts};
use super::nobody::by_nobody;
use super::state::{State, Stood, stand};
use super::terms::ReconciliationTerms;
use crate::answers::group::GroupValue;
use crate::answers::{Error, Shard};
use crate::folds::reconciliation::{Closing, Item, Side};
use schemas::money::Currency;
use schemas::report::ReportKind;
use schemas::time::Date;
use std::collections::BTreeSet;

/// A pair, told by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Its id.
    pub id: String,
    /// Who reports.
    pub source: String,
    /// What it is about.
    pub kind: ReportKind,
    /// How it stands.
    pub state: State,
    /// The merchant, or `@house`.
    pub owner: String,
    /// The payment.
    pub payment: Option<String>,
    /// The payout.
    pub payout: Option<String>,
    /// How the source names it.
    pub reference: Option<String>,
    /// In what it stands.
    pub currency: Currency,
    /// What ours add up to.
    pub ours: i128,
    /// What theirs add up to.
    pub theirs: i128,
    /// The fees of ours.
    pub fees_ours: Option<i128>,
    /// The fees of theirs, where every line has one.
    pub fees_theirs: Option<i128>,
    /// Days since its own.
    pub age: i32,
    /// Our first booking date, else the date of the first line.
    pub day: Date,
    /// Our first entry, with its partition and offset.
    pub entry: Option<(u32, u64, i64)>,
    /// Their first line: report, number, and where its record lies.
    pub line: Option<(String, u64, (u32, i64))>,
    /// When it was closed, and by whom.
    pub closed: Option<(Date, Closing)>,
}

/// A pair that somebody asked for.
pub struct Pair<'g> {
    group: &'g Group,
    /// How it stands.
    pub stood: Stood<'g>,
    id: String,
    age: i32,
}

impl Pair<'_> {
    /// The value of one of its keys.
    pub fn value(&self, key: PairKey) -> GroupValue {
        match key {
            PairKey::Source => GroupValue::of(Some(&self.group.source)),
            PairKey::Kind => GroupValue::of(Some(self.group.kind.as_str())),
            PairKey::State => GroupValue::of(Some(self.stood.state.as_str())),
            PairKey::Day => GroupValue::of(Some(&self.stood.day.to_string())),
            PairKey::Age => GroupValue::Number(self.age.into()),
            PairKey::Merchant => GroupValue::of(Some(&self.group.owner)),
            PairKey::Report => GroupValue::of(self.line().map(|(report, ..)| report).as_deref()),
            PairKey::Currency => GroupValue::of(Some(self.stood.currency.code())),
        }
    }

    fn line(&self) -> Option<(String, u64, &Item)> {
        let first = *self.stood.sides.theirs.first()?;
        match &first.side {
            Side::Theirs { report, line, .. } => Some((report.to_string(), *line, first)),
            Side::Ours { .. } => None,
        }
    }
}

/// The id of a break: its source, kind and merchant, and the first that there is of a reference, payment, payout, event, and line.
fn id(group: &Group, stood: &Stood<'_>) -> String {
    let sides = || stood.sides.ours.iter().chain(&stood.sides.theirs);
    let reference = sides().find_map(|item| item.reference.as_ref()).map(ToString::to_string);
    let payment = || sides().find_map(|item| item.payment.as_ref()).map(|payment| format!("payment:{payment}"));
    let payout = || group.payout.as_ref().map(|payout| format!("payout:{payout}"));
    let event = || group.event.as_ref().map(|event| format!("event:{event}"));
    let line = || {
        stood.sides.theirs.first().and_then(|item| match &item.side {
            Side::Theirs { report, line, .. } => Some(format!("{report}:{line}")),
            Side::Ours { .. } => None,
        })
    };
    let rest = reference.or_else(payment).or_else(payout).or_else(event).or_else(line).unwrap_or_default();
    format!("{}/{}/{}/{rest}", group.source, group.kind.as_str(), group.owner)
}

/// What is asked, with what every partition needs to answer.
pub struct Question<'a> {
    /// What is read once.
    pub context: Context<'a>,
    /// What is asked.
    pub query: &'a PairQuery,
    /// Lines of the house that name a merchant's payout.
    pub payouts: HousePayouts,
    /// Only states that are breaks.
    breaks: bool,
}

impl<'a> Question<'a> {
    /// Reads what is needed.
    pub fn new(shards: &'a [Shard<'a>], terms: &'a ReconciliationTerms, query: &'a PairQuery, open: Date, breaks: bool) -> Result<Self, Error> {
        let context = Context::read(shards, terms, query.as_of, open)?;
        let payouts = house_payouts(&context)?;
        Ok(Self { context, query, payouts, breaks })
    }

    /// Which pairs of a partition are looked at.
    pub fn scope(&self, shard: &Shard<'_>, which: Which) -> Result<Scope, Error> {
        let cut = shard.merchants_of_cut()?.map(|merchants| merchants.iter().map(ToString::to_string).collect::<BTreeSet<_>>());
        let asked = self.query.filters.iter().find(|(key, _)| *key == PairKey::Merchant).map(|(_, merchant)| merchant.clone());
        let owners = match (cut, asked) {
            (None, None) => None,
            (Some(cut), None) => Some(cut),
            (None, Some(asked)) => Some(BTreeSet::from([asked])),
            (Some(cut), Some(asked)) => Some(cut.into_iter().filter(|merchant| *merchant == asked).collect()),
        };
        Ok(Scope { owners, which })
    }

    /// Visits the pairs that are asked for.
    pub fn each(&self, shard: &Shard<'_>, which: Which, mut visit: impl FnMut(&Pair<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let scope = self.scope(shard, which)?;
        each(&self.context, shard, &scope, &self.payouts, &mut |group| self.pair(&group).map_or(Ok(()), |pair| visit(&pair)))
    }

    /// A pair as of the date, if it is asked for.
    fn pair<'g>(&self, group: &'g Group) -> Option<Pair<'g>> {
        let stood = stand(&self.context, group, &group.by_nobody, self.context.as_of)?;
        let is_hidden = self.query.is_merchants && stood.state == State::Fee && group.source.starts_with("scheme:");
        let is_outside = self.query.from.is_some_and(|from| stood.day < from) || self.query.to.is_some_and(|to| stood.day > to);
        if is_hidden || is_outside || (self.breaks && !stood.state.is_break()) {
            return None;
        }
        let pair = Pair { id: id(group, &stood), group, age: self.context.as_of.days() - stood.day.days(), stood };
        self.query.filters.iter().all(|(key, wanted)| pair.value(*key).to_text().as_deref() == Some(wanted.as_str())).then_some(pair)
    }

    /// The break of a pair, if it is one that is asked for: open or closed.
    pub fn found(&self, group: &Group) -> Result<Option<Break>, Error> {
        let Some(pair) = self.pair(group) else { return Ok(None) };
        let closed = self.closed(&pair)?;
        Ok(self.query.open.is_none_or(|open| open == closed.is_none()).then(|| self.told(&pair, closed)))
    }

    /// When a break was closed: at the end of a date after which nothing came, and on which it was one.
    pub fn closed(&self, pair: &Pair<'_>) -> Result<Option<(Date, Closing)>, Error> {
        let last = pair.group.items.iter().map(|item| item.date).max().filter(|_| pair.stood.state.is_break());
        let Some(last) = last else { return Ok(None) };
        for (date, closing) in self.context.closings(&pair.id).iter().filter(|(date, _)| *date >= last) {
            if self.was_break(pair.group, *date)? {
                return Ok(Some((*date, closing.clone())));
            }
        }
        Ok(None)
    }

    /// Whether a pair was a break at the end of a date, after which nothing came of it.
    fn was_break(&self, group: &Group, date: Date) -> Result<bool, Error> {
        let shard = self.context.shards.iter().find(|shard| shard.partition == group.partition);
        let by_nobody = match (&group.place, shard) {
            (Some(place), Some(shard)) => by_nobody(&self.context, shard, place, &group.perhaps, date)?,
            (None, _) | (_, None) => BTreeSet::new(),
        };
        Ok(stand(&self.context, group, &by_nobody, date).is_some_and(|stood| stood.state.is_break()))
    }

    fn told(&self, pair: &Pair<'_>, closed: Option<(Date, Closing)>) -> Break {
        let (group, stood) = (pair.group, &pair.stood);
        let sides = || stood.sides.ours.iter().chain(&stood.sides.theirs);
        let (fees_ours, fees_theirs) = if self.query.is_merchants { (None, None) } else { stood.fees() };
        let line = pair.line().map(|(report, line, item)| {
            let partition = match &item.side {
                Side::Theirs { hash, .. } => group.of_house.get(hash).copied().unwrap_or(group.partition),
                Side::Ours { .. } => group.partition,
            };
            (report, line, (partition, item.offset))
        });
        Break {
            id: pair.id.clone(),
            source: group.source.clone(),
            kind: group.kind,
            state: stood.state,
            owner: group.owner.clone(),
            payment: sides().find_map(|item| item.payment.as_ref()).map(ToString::to_string),
            payout: group.payout.clone(),
            reference: sides().find_map(|item| item.reference.as_ref()).map(ToString::to_string),
            currency: stood.currency,
            ours: stood.ours,
            theirs: stood.theirs,
            fees_ours,
            fees_theirs,
            age: pair.age,
            day: stood.day,
            entry: stood.sides.ours.first().map(|item| (group.partition, item.entry, item.offset)),
            line,
            closed,
        }
    }
}
