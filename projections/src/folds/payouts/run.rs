//! Runs: lists of causes in the order in which they first came, with their totals; and where each cause stands.

use super::cause::{Cause, CauseKind, Parts};
use super::{DUE, Dated, ID, POOLS, Pool};
use crate::views::{Error, Rows, Table};
use ledger::few;
use litemap::LiteMap;
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// Runs by their number.
pub const RUNS: Table<(MerchantId, Currency, Book, u32), Run> = Table::new(ID, 1);
/// Causes of a run, so many a row: those that the run's own row has no room for.
pub const PACKS: Table<(MerchantId, Currency, Book, u32, u32), Vec<Cause>> = Table::new(ID, 2).passing();
/// Where a cause stands, in runs that were not paid out when it last changed.
pub const CAUSES: Table<(MerchantId, Currency, Book, Cause), Known> = Table::new(ID, 3).passing();
/// What a cause was in a run that was paid out, where it came again later.
pub const PAID: Table<(MerchantId, Currency, Book, Cause, u32), Parts> = Table::new(ID, 4);

/// Causes of one row. Those that do not fill one yet are written again with each commit in which the run grew, so they are few.
pub const CAUSES_PER_PACK: u32 = 8;
/// Causes that a run and another have in common which are known one by one; of more, the whole run is looked through when
/// both come together.
const COMMON_MAX: usize = 16;

/// A list of causes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Where it is.
    pub home: Home,
    /// All of its causes, summed up.
    pub totals: Totals,
    /// Full rows of [`PACKS`].
    pub packs: u32,
    /// The causes behind those.
    pub last: Vec<Cause>,
    /// No cause before this place is above zero.
    pub(super) spent: u32,
    /// Other runs with a cause of this one, and which; `None`: too many to name.
    pub(super) common: LiteMap<u32, Option<Vec<Cause>>>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Home {
    /// In 2020.
    #[default]
    Available,
    /// In a pool with a date.
    Dated(Dated),
    /// In a payout.
    Paid,
}

impl Run {
    /// How many causes it ever had.
    pub fn len(&self) -> u32 {
        self.packs * CAUSES_PER_PACK + u32::try_from(self.last.len()).unwrap_or(u32::MAX)
    }

    /// Whether it never had any.
    pub fn is_empty(&self) -> bool {
        self.packs == 0 && self.last.is_empty()
    }
}

/// Causes summed up by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals(pub LiteMap<CauseKind, Sum>);

/// Causes of a kind, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// How many are told.
    pub count: u64,
    /// Their parts.
    pub parts: Parts,
}

impl Totals {
    /// All of it.
    pub fn net(&self) -> i128 {
        self.0.values().map(|sum| sum.parts.net()).sum()
    }

    /// A cause that was `before` is now `after`.
    fn change(&mut self, kind: CauseKind, before: &Parts, after: &Parts) {
        let sum = few::entry(&mut self.0, kind);
        sum.count = sum.count + u64::from(after.is_listed()) - u64::from(before.is_listed()).min(sum.count);
        sum.parts.add(after);
        sum.parts.add(&before.negative());
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        for (kind, theirs) in other.0.iter() {
            let sum = few::entry(&mut self.0, *kind);
            sum.count += theirs.count;
            sum.parts.add(&theirs.parts);
        }
    }
}

/// Where a cause stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// One for each run; in each pool it stands once.
    pub places: Vec<Place>,
}

/// A cause in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which run.
    pub run: u32,
    /// Its place there, from 0.
    pub at: u32,
    /// What it is there.
    pub parts: Parts,
}

/// A merchant in one currency and book.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub merchant: &'a MerchantId,
    pub currency: Currency,
    pub book: &'a Book,
}

impl<'a> At<'a> {
    /// The name of its pools.
    pub const fn pools(self) -> (&'a MerchantId, Currency, &'a Book) {
        (self.merchant, self.currency, self.book)
    }

    /// The name of a run.
    pub const fn of_run(self, run: u32) -> (&'a MerchantId, Currency, &'a Book, u32) {
        (self.merchant, self.currency, self.book, run)
    }

    /// The name of a cause.
    pub const fn of_cause(self, cause: &'a Cause) -> (&'a MerchantId, Currency, &'a Book, &'a Cause) {
        (self.merchant, self.currency, self.book, cause)
    }

    /// The name of a dated run's day.
    pub const fn of_due(self, date: Date, run: u32) -> (Date, &'a MerchantId, Currency, &'a Book, u32) {
        (date, self.merchant, self.currency, self.book, run)
    }

    /// Where a cause stands; what was paid out meanwhile is put aside.
    pub fn known(self, cause: &Cause, rows: &mut Rows) -> Result<Known, Error> {
        let name = At::of_cause(At { merchant: self.merchant, currency: self.currency, book: self.book }, cause);
        let Some(mut known) = rows.get(&CAUSES, name)?.cloned() else { return Ok(Known::default()) };
        let mut at = 0;
        while let Some(place) = known.places.get(at).copied() {
            if self.home(place.run, rows)? == Home::Paid {
                known.places.remove(at);
                rows.append(&PAID, (self.merchant, self.currency, self.book, cause, place.run), &place.parts)?;
            } else {
                at += 1;
            }
        }
        Ok(known)
    }

    /// Where a run is.
    pub fn home(self, run: u32, rows: &mut Rows) -> Result<Home, Error> {
        Ok(rows.get(&RUNS, self.of_run(run))?.map_or(Home::Paid, |run| run.home))
    }

    /// Adds to a cause in a pool.
    pub fn add(self, known: &mut Known, cause: &Cause, pool: Pool, parts: &Parts, rows: &mut Rows) -> Result<(), Error> {
        let wanted = match pool {
            Pool::Available => Home::Available,
            Pool::Dated(dated) => Home::Dated(dated),
        };
        let mut others = Vec::new();
        for place in &mut known.places {
            let home = self.home(place.run, rows)?;
            if home == wanted {
                return self.change(place, cause, parts, rows);
            }
            others.push((place.run, home));
        }
        let run = self.run_of(pool, rows)?;
        let place = self.begin(run, cause, parts, rows)?;
        // Nearly every cause stands in one run, and in as few more as there are pools.
        known.places.reserve_exact(1);
        known.places.push(place);
        for (other, home) in others {
            // What comes into 2020 later remembers what both have in common.
            let (later, earlier) = if comes_after(home, wanted) { (other, run) } else { (run, other) };
            self.note_common(later, earlier, Some(std::slice::from_ref(cause)), rows)?;
        }
        Ok(())
    }

    /// Adds to a cause where it stands.
    pub fn change(self, place: &mut Place, cause: &Cause, parts: &Parts, rows: &mut Rows) -> Result<(), Error> {
        let run = rows.row(&RUNS, self.of_run(place.run))?;
        let before = place.parts;
        place.parts.add(parts);
        run.totals.change(cause.kind(), &before, &place.parts);
        if place.parts.net() > 0 {
            run.spent = run.spent.min(place.at);
        }
        Ok(())
    }

    /// The run that takes what comes into a pool; a new one where there is none.
    fn run_of(self, pool: Pool, rows: &mut Rows) -> Result<u32, Error> {
        let there = rows.get(&POOLS, self.pools())?.and_then(|pools| match pool {
            Pool::Available => pools.available.last().copied(),
            Pool::Dated(dated) => pools.dated.get(&dated).copied(),
        });
        if let Some(run) = there {
            return Ok(run);
        }
        let pools = rows.row(&POOLS, self.pools())?;
        let run = pools.runs;
        pools.runs += 1;
        let home = match pool {
            Pool::Available => {
                pools.available.push(run);
                Home::Available
            }
            Pool::Dated(dated) => {
                pools.dated.insert(dated, run);
                rows.put(&DUE, self.of_due(dated.date(), run), ())?;
                Home::Dated(dated)
            }
        };
        rows.put(&RUNS, self.of_run(run), Run { home, ..Run::default() })?;
        Ok(run)
    }

    /// Puts a cause behind the others of a run; answers its place.
    fn begin(self, number: u32, cause: &Cause, parts: &Parts, rows: &mut Rows) -> Result<Place, Error> {
        let run = rows.row(&RUNS, self.of_run(number))?;
        let at = run.len();
        run.totals.change(cause.kind(), &Parts::default(), parts);
        if parts.net() > 0 {
            run.spent = run.spent.min(at);
        }
        run.last.push(cause.clone());
        if run.last.len() >= CAUSES_PER_PACK as usize {
            let (pack, full) = (run.packs, std::mem::take(&mut run.last));
            run.packs += 1;
            rows.put(&PACKS, (self.merchant, self.currency, self.book, number, pack), full)?;
        }
        Ok(Place { run: number, at, parts: *parts })
    }

    /// The causes of a run from a place on, to the end of the row that they stand in; none at the end of the run.
    pub fn causes(self, run: u32, from: u32, rows: &mut Rows) -> Result<Vec<Cause>, Error> {
        let skip = (from % CAUSES_PER_PACK) as usize;
        let pack = from / CAUSES_PER_PACK;
        let there = rows.get(&RUNS, self.of_run(run))?;
        let is_full = there.is_some_and(|run| pack < run.packs);
        let whole = match (is_full, there) {
            (true, _) => rows.get(&PACKS, (self.merchant, self.currency, self.book, run, pack))?.map(Vec::as_slice),
            (false, Some(there)) if pack == there.packs => Some(there.last.as_slice()),
            (false, _) => None,
        };
        Ok(whole.and_then(|whole| whole.get(skip..)).map(<[Cause]>::to_vec).unwrap_or_default())
    }

    /// Remembers causes that a run has in common with another; `None`: more than can be named.
    pub fn note_common(self, run: u32, other: u32, causes: Option<&[Cause]>, rows: &mut Rows) -> Result<(), Error> {
        let run = rows.row(&RUNS, self.of_run(run))?;
        let known = run.common.entry(other).or_insert_with(|| Some(Vec::new()));
        match (known.as_mut(), causes) {
            (Some(named), Some(causes)) if named.len() + causes.len() <= COMMON_MAX => named.extend_from_slice(causes),
            _ => *known = None,
        }
        Ok(())
    }
}

/// Whether a run at one home comes into 2020 after one at the other.
fn comes_after(home: Home, other: Home) -> bool {
    match (home, other) {
        (Home::Dated(dated), Home::Dated(other)) => (dated.date(), dated) > (other.date(), other),
        (Home::Dated(_), Home::Available | Home::Paid) => true,
        (Home::Available | Home::Paid, _) => false,
    }
}
