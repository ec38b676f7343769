//! What payouts consist of: the causes of the money in a merchant's pools, and which of them each payout took.
//!
//! A pool is 2020, or 2010 or 2030 of a date, in one book and currency: a list of causes with amounts whose sum is its
//! balance. A pool's list lies in *runs*, and what is moved is a run, by its number: at the close of its date a dated pool's
//! run becomes the last one of 2020, and a payout takes all runs of 2020, however many causes are in them.
//!
//! | file | what it knows |
//! |---|---|
//! | `cause` | causes, and the parts of a payment's amount |
//! | `run` | runs: their causes in order, their totals, and where each cause stands |
//! | `moves` | causes from one pool to another |
//!
//! Bounds: an entry changes the rows of its own causes and of the runs that they stand in. What is more, it costs once in the
//! life of a cause: a cause that stands in two runs is put together when both come into 2020 before a payout.

mod cause;
mod moves;
mod run;

pub use cause::{Cause, CauseKind, CauseName, Parts};
pub use run::{CAUSES, CAUSES_PER_PACK, Home, Known, PACKS, PAID, Place, RUNS, Run, Sum, Totals};

use crate::folds::objects::PayoutState;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Account, Code, Detail, Note, Outcome, Party, Recorded};
use ledger::places::Places;
use litemap::LiteMap;
use run::At;
use schemas::event::{Beginning, Book, EventType, Subject};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// The projection.
pub const ID: Id = Id::new(11, "payouts", 2);

/// The pools of a merchant in one currency and book.
pub const POOLS: Table<(MerchantId, Currency, Book), Pools> = Table::new(ID, 0);
/// What each payout took, by the entry that initiated it.
pub const COMPOSED: Table<(MerchantId, u64), Option<Composed>> = Table::new(ID, 5).passing();
/// Runs of dated pools by their date, so that a day close finds those that have no line.
const DUE: Table<(Date, MerchantId, Currency, Book, u32), ()> = Table::new(ID, 6).passing();

/// The pools of a merchant in one currency and book: which runs are in each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pools {
    /// Runs that were ever made: the number of the next.
    pub runs: u32,
    /// What the last payout left in 2020.
    pub carried: i128,
    /// What came into 2020 since, in order of arrival.
    pub available: Vec<u32>,
    /// 2010 and 2030 of each date. A run that was emptied by lines stays until its date comes.
    pub dated: LiteMap<Dated, u32>,
}

/// A pool with a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Dated {
    /// 2010, by `available_on`.
    Pending(Date),
    /// 2030, by `release_on`.
    Reserve(Date),
}

impl Dated {
    const fn date(self) -> Date {
        match self {
            Self::Pending(date) | Self::Reserve(date) => date,
        }
    }
}

/// A pool of a merchant in one currency and book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pool {
    /// 2020.
    Available,
    /// 2010 or 2030 of a date.
    Dated(Dated),
}

impl Pool {
    /// The pool that an account is; `None` where it is another account.
    pub fn of(account: &Account) -> Option<Self> {
        match (account.code, &account.party, &account.detail) {
            (Code::Available, Party::Merchant, _) => Some(Self::Available),
            (Code::Pending, Party::Merchant, Detail::Date(date)) => Some(Self::Dated(Dated::Pending(*date))),
            (Code::Reserve, Party::Merchant, Detail::Date(date)) => Some(Self::Dated(Dated::Reserve(*date))),
            _ => None,
        }
    }
}

/// What a payout took. `amount` is `carried_over` and the net of its totals, less `carried_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composed {
    /// In what.
    pub currency: Currency,
    /// Whose book.
    pub book: Book,
    /// How much was paid out.
    pub amount: i128,
    /// What the payout before had left.
    pub carried_over: i128,
    /// What this one left.
    pub carried_on: i128,
    /// Its causes.
    pub runs: Vec<u32>,
    /// All of them, summed up.
    pub totals: Totals,
}

/// The fold.
pub struct Payouts;

impl Projection for Payouts {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        match (&row.outcome, &row.subject) {
            (Outcome::Posted, Some(Subject::Merchant(merchant))) => fold(entry, merchant, rows),
            (Outcome::Posted, _) => {
                if let Note::Closed { date } = &row.note {
                    moves::due(date.plus_days(1), rows)?;
                }
                Ok(())
            }
            (Outcome::Duplicate { .. } | Outcome::Parked(_) | Outcome::Refused { .. } | Outcome::Quarantined { .. }, _) => Ok(()),
        }
    }
}

/// What lines of an entry add to causes in pools, until it is written; each list in the order in which lines come to it.
#[derive(Default)]
struct Added<'a> {
    causes: Vec<CauseAt<'a>>,
    places_of_causes: Places,
    /// By the place of a cause among the causes, and the pool.
    parts: Vec<((usize, Pool), Parts)>,
    places_of_parts: Places,
}

/// A cause in one currency and book.
type CauseAt<'a> = ((Currency, &'a Book), CauseName<'a>);

impl<'a> Added<'a> {
    fn add(&mut self, cause: CauseAt<'a>, pool: Pool, parts: &Parts) {
        let of_cause = self.places_of_causes.find(&self.causes, &cause, |known| known).unwrap_or_else(|| {
            self.causes.push(cause);
            self.causes.len() - 1
        });
        let known = self.places_of_parts.find(&self.parts, &(of_cause, pool), |(known, _)| known);
        match known.and_then(|at| self.parts.get_mut(at)) {
            Some((_, sum)) => sum.add(parts),
            None => self.parts.push(((of_cause, pool), *parts)),
        }
    }
}

fn fold(entry: &Recorded, merchant: &MerchantId, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let mut added = Added::default();
    let initiates_payout = row.event_type.and_then(PayoutState::by) == Some(PayoutState::Initiated);
    for line in &row.lines {
        let whose = (line.currency, &line.book);
        match (Pool::of(&line.debit), Pool::of(&line.credit)) {
            (None, None) => {}
            (Some(Pool::Available), None) if initiates_payout => {
                write(entry, merchant, &mut added, rows)?;
                let at = At { merchant, currency: line.currency, book: &line.book };
                moves::take(entry, at, crate::folds::charges::minor(line), rows)?;
            }
            (Some(from), Some(Pool::Available)) if row.payment.is_none() => {
                write(entry, merchant, &mut added, rows)?;
                let at = At { merchant, currency: line.currency, book: &line.book };
                let Pool::Dated(from) = from else { return Err(fault(entry, "money that moves within 2020")) };
                moves::to_available(entry, at, from, crate::folds::charges::minor(line), rows)?;
            }
            (debit, credit) => {
                for (pool, other, is_credit) in [(debit, &line.credit, false), (credit, &line.debit, true)] {
                    let Some(pool) = pool else { continue };
                    let cause = CauseName::of(row, other).ok_or_else(|| fault(entry, "a line of a pool without a cause"))?;
                    let parts = Parts::of_line(row, cause, other, line, is_credit);
                    added.add((whose, cause), pool, &parts);
                }
            }
        }
    }
    write(entry, merchant, &mut added, rows)
}

/// Writes what lines added: the row of each cause once.
fn write(entry: &Recorded, merchant: &MerchantId, added: &mut Added<'_>, rows: &mut Rows) -> Result<(), Error> {
    let Added { causes, mut parts, .. } = std::mem::take(added);
    // A stable sort: the pools of a cause stay in their order.
    parts.sort_by_key(|((cause, _), _)| *cause);
    for of_cause in parts.chunk_by(|((one, _), _), ((other, _), _)| one == other) {
        let first = of_cause.first().and_then(|((cause, _), _)| causes.get(*cause));
        let Some(((currency, book), name)) = first.copied() else { continue };
        let cause = name.to_cause();
        let at = At { merchant, currency, book };
        // A sale's payment is new: whatever came for it before was refused or waits, and moved nothing.
        let begins = entry.row.event_type.and_then(EventType::begins_payment) == Some(Beginning::New);
        let is_new = begins && matches!(name, CauseName::Payment(_));
        let mut known = if is_new { Known::default() } else { at.known(&cause, rows)? };
        for ((_, pool), parts) in of_cause {
            at.add(&mut known, &cause, *pool, parts, rows)?;
        }
        if is_new { rows.begin(&CAUSES, at.of_cause(&cause), known)? } else { rows.put(&CAUSES, at.of_cause(&cause), known)? }
    }
    Ok(())
}

fn fault(entry: &Recorded, what: &str) -> Error {
    Error::Fold { projection: ID.name, entry: entry.number, detail: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::ids::HoldId;

    #[test]
    fn what_very_many_lines_add_stands_by_cause_and_pool_in_the_order_of_the_lines() {
        let holds: Vec<HoldId> = (0..3_000).map(|at| HoldId::new(&format!("hold-{at}")).expect("an id")).collect();
        let (currency, book) = (Currency::from_code("CNY").expect("a currency"), Book::Bank);
        let dated = Pool::Dated(Dated::Pending(Date::from_days(20_000)));
        let mut added = Added::default();
        // Each hold comes four times, in another order the second time, from two pools.
        for (pool, amount) in [(Pool::Available, 1), (dated, 10)] {
            for hold in holds.iter().chain(holds.iter().rev()) {
                added.add(((currency, &book), CauseName::Hold(hold)), pool, &Parts { other: amount, ..Parts::default() });
            }
        }
        let causes: Vec<CauseName<'_>> = added.causes.iter().map(|(_, cause)| *cause).collect();
        assert_eq!(causes, holds.iter().map(CauseName::Hold).collect::<Vec<_>>());
        let sums: Vec<(usize, Pool, i128)> = added.parts.iter().map(|((cause, pool), parts)| (*cause, *pool, parts.net())).collect();
        let expected = (0..holds.len()).map(|cause| (cause, Pool::Available, 2)).chain((0..holds.len()).map(|cause| (cause, dated, 20)));
        assert_eq!(sums, expected.collect::<Vec<_>>());
    }
}
