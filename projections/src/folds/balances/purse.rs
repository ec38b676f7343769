//! What a row is: a merchant's purses.

use super::CHANGES_PER_VERSION;
use litemap::LiteMap;
use schemas::event::{Book, HoldReason};
use schemas::ids::HoldId;
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// One merchant's money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances {
    /// The entry of the `contract_set` in force.
    pub contract: Option<u64>,
    /// By currency and book: each in which anything ever moved.
    pub purses: LiteMap<(Currency, Book), Purse>,
    /// Entries that changed it.
    pub(super) changes: u32,
}

impl Balances {
    /// What is kept of it as it is now; `None` where it is not due.
    pub(super) fn version(&self) -> Option<Self> {
        self.changes.is_multiple_of(CHANGES_PER_VERSION).then(|| self.clone())
    }
}

/// A merchant's money in one currency and book, in minor units. No empty buckets. Bounded by dates with money, whatever is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse {
    /// 2010, by `available_on`.
    pub pending: LiteMap<Date, i128>,
    /// 2020.
    pub available: i128,
    /// 2030, by `release_on`.
    pub reserve: LiteMap<Date, i128>,
    /// 2040.
    pub holds: Holds,
    /// 2045, of all payments.
    pub disputed: i128,
    /// 2050, of all payouts.
    pub in_transit: i128,
    /// 1050.
    pub owed: i128,
    /// 9010.
    pub preauthorised: i128,
}

/// The open holds of an answer: the first ones, in order of placing. Lists tell all.
pub const HOLDS_TOLD_MAX: usize = 100;
/// The open holds that a row keeps: of so many, what is told is left after all the changes from one of a merchant's versions to the
/// next, each of which closes one at most.
pub(super) const HOLDS_KEPT_MAX: usize = HOLDS_TOLD_MAX + CHANGES_PER_VERSION as usize;

/// Open holds: their sum and number, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    /// What is in all of them.
    pub amount: i128,
    /// How many are open.
    pub open: u64,
    /// The first open ones, in order of placing.
    pub first: Vec<Hold>,
    /// How many were ever placed: the place of the next one.
    pub(super) placed: u64,
    /// Open holds whose place is below this are all among the first.
    pub(super) covered: u64,
}

impl Holds {
    /// The same as it is told.
    pub(crate) fn told(mut self) -> Self {
        self.first.truncate(HOLDS_TOLD_MAX);
        self.covered = 0;
        self
    }

    /// How many open holds are not among the first, and what is in them.
    pub fn rest(&self) -> (u64, i128) {
        let told: i128 = self.first.iter().map(|hold| hold.amount).sum();
        (self.open - self.first.len() as u64, self.amount - told)
    }

    /// The hold at a place, among the first.
    pub(super) fn at(&self, place: u64) -> Result<usize, usize> {
        self.first.binary_search_by_key(&place, |hold| hold.place)
    }

    /// Puts a hold that is open, or was opened, where it belongs. Only what is covered, and what follows it at once, is kept.
    pub(super) fn keep(&mut self, hold: Hold) {
        let place = hold.place;
        match self.at(place) {
            Ok(at) => self.first[at] = hold,
            Err(at) if place < self.covered => self.first.insert(at, hold),
            Err(_) if place == self.covered && self.first.len() < HOLDS_KEPT_MAX => {
                self.first.push(hold);
                self.covered += 1;
            }
            Err(_) => {}
        }
        if self.first.len() > HOLDS_KEPT_MAX
            && let Some(beyond) = self.first.pop()
        {
            self.covered = beyond.place;
        }
    }

    /// Takes a hold out that is closed.
    pub(super) fn forget(&mut self, place: u64) {
        if let Ok(at) = self.at(place) {
            self.first.remove(at);
        }
        if place == self.covered {
            self.covered += 1;
        }
    }

    /// The place to look at next, while there is room for more and more are there.
    pub(super) fn wanted(&self) -> Option<u64> {
        (self.first.len() < HOLDS_KEPT_MAX && self.covered < self.placed).then_some(self.covered)
    }
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Which.
    pub hold: HoldId,
    /// Its place among all that were ever placed in its currency and book: holds are in this order.
    pub place: u64,
    /// Why.
    pub reason: HoldReason,
    /// What is in it.
    pub amount: i128,
    /// The date on which it was placed.
    pub since: Date,
    /// Until when, as far as one knows.
    pub expected_release: Option<Date>,
    /// What a sweep still misses.
    pub missing: i128,
}

/// A hold as it is now, and when it was open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The hold.
    pub hold: Hold,
    /// In what.
    pub currency: Currency,
    /// Whose book.
    pub book: Book,
    /// The entries that opened and closed it, in turn: it is closed once, opened once more at most (by a payout that came back under its
    /// id), and closed again.
    pub turns: Vec<u64>,
}

impl Kept {
    /// Whether it was open when an entry came.
    pub fn was_open_at(&self, entry: u64) -> bool {
        self.turns.iter().filter(|turn| **turn < entry).count() % 2 == 1
    }
}

impl Purse {
    /// Everything in 2010.
    pub fn pending_total(&self) -> i128 {
        self.pending.values().sum()
    }
    /// Everything in 2030.
    pub fn reserve_total(&self) -> i128 {
        self.reserve.values().sum()
    }
    /// What can be paid out.
    pub fn payable(&self) -> i128 {
        (self.available - self.owed).max(0)
    }
    /// All buckets less what is owed.
    pub fn total(&self) -> i128 {
        self.pending_total() + self.available + self.reserve_total() + self.holds.amount + self.disputed + self.in_transit - self.owed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(place: u64) -> Hold {
        let id = HoldId::new(&format!("H{place}")).expect("an id");
        Hold { hold: id, place, reason: HoldReason::Risk, amount: 1, since: Date::from_days(1), expected_release: None, missing: 0 }
    }

    #[test]
    fn the_first_open_holds_are_kept_and_no_others() {
        let mut holds = Holds::default();
        let max = HOLDS_KEPT_MAX as u64;
        for place in 0..max + 50 {
            holds.placed += 1;
            holds.keep(hold(place));
        }
        let places = |holds: &Holds| holds.first.iter().map(|hold| hold.place).collect::<Vec<_>>();
        assert_eq!((places(&holds), holds.covered, holds.wanted()), ((0..max).collect(), max, None));
        // One that closes makes room for the next one; one beyond is not kept.
        holds.forget(3);
        holds.forget(max + 5);
        assert_eq!(holds.wanted(), Some(max));
        holds.keep(hold(max));
        assert_eq!((holds.first.len() as u64, holds.covered), (max, max + 1));
        // One that is opened again drives the last one out.
        holds.keep(hold(3));
        assert_eq!((places(&holds), holds.covered), ((0..max).collect(), max));
    }
}
