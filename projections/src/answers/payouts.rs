//! What a payout consists of: what it carried over, its items, what it carried on; and what would go if all of `payable` were
//! paid out now.
//!
//! Items are read as they are asked for, the last arrival first: a page costs its rows, however many there are.

use super::{Cursor, Error, Page, Shard, Window};
use crate::folds::balances::BALANCES;
use crate::folds::objects::{PAYMENTS, PAYOUT_NUMBERS, PAYOUTS, Payout, Stage};
use crate::folds::payouts::{CAUSES, CAUSES_PER_PACK, COMPOSED, Cause, Home, Known, PACKS, PAID, POOLS, Parts, Pools, RUNS, Run, Totals};
use crate::views;
use schemas::event::Book;
use schemas::ids::{MerchantId, PaymentId, PayoutId, Reference, TerminalId};
use schemas::money::Currency;
use schemas::time::OccurredAt;

/// Which payout of a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichPayout {
    /// One that was initiated.
    Initiated(PayoutId),
    /// What would go now, in a currency and book; without them, in those of the contract in force.
    Next {
        /// In what.
        currency: Option<Currency>,
        /// Whose book.
        book: Option<Book>,
    },
}

/// A payout and what it consists of. `amount` is `carried_over` and the net of its totals, less `carried_on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposedPayout {
    /// Whose.
    pub merchant: MerchantId,
    /// In what.
    pub currency: Currency,
    /// Whose book.
    pub book: Book,
    /// The payout and the entry that initiated it; `None` of what would go now.
    pub payout: Option<(Payout, u64)>,
    /// How much.
    pub amount: i128,
    /// What the payout before left.
    pub carried_over: i128,
    /// What this one leaves.
    pub carried_on: i128,
    /// Its items, summed up by kind.
    pub totals: Totals,
    runs: Vec<u32>,
}

impl ComposedPayout {
    /// What no item and nothing carried explains: always nothing.
    pub fn unattributed(&self) -> i128 {
        self.amount - (self.carried_over + self.totals.net() - self.carried_on)
    }
}

/// An item of a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutItem {
    /// What it is of.
    pub cause: Cause,
    /// Its parts; what is of no payment has none but its net.
    pub parts: Parts,
    /// Of a payment: when its sale or completion happened.
    pub occurred_at: Option<OccurredAt>,
    /// Of a payment: its terminal.
    pub terminal: Option<TerminalId>,
    /// Of a payment: how the outside names its sale or completion.
    pub reference: Option<Reference>,
}

/// A payout of a merchant.
///
/// # Errors
/// [`Error::NotFound`] where there is none.
pub fn composed_payout(shard: &Shard<'_>, merchant: &MerchantId, which: &WhichPayout) -> Result<ComposedPayout, Error> {
    match which {
        WhichPayout::Initiated(payout) => initiated(shard, merchant, payout),
        WhichPayout::Next { currency, book } => next(shard, merchant, *currency, book.clone()),
    }
}

fn initiated(shard: &Shard<'_>, merchant: &MerchantId, id: &PayoutId) -> Result<ComposedPayout, Error> {
    let number = shard.snapshot.get(&PAYOUT_NUMBERS, &(merchant.clone(), id.clone()))?.ok_or(Error::NotFound)?;
    let payout = shard.snapshot.get(&PAYOUTS, &(merchant.clone(), number))?.flatten().ok_or(Error::NotFound)?;
    let found = shard.snapshot.get(&COMPOSED, &(merchant.clone(), number))?.flatten().ok_or(Error::NotFound)?;
    Ok(ComposedPayout {
        merchant: merchant.clone(),
        currency: found.currency,
        book: found.book,
        payout: Some((payout, number)),
        amount: found.amount,
        carried_over: found.carried_over,
        carried_on: found.carried_on,
        totals: found.totals,
        runs: found.runs,
    })
}

fn next(shard: &Shard<'_>, merchant: &MerchantId, currency: Option<Currency>, book: Option<Book>) -> Result<ComposedPayout, Error> {
    let version = shard.contract_in_force(merchant)?.ok_or(Error::NotFound)?;
    let (currency, book) = (currency.unwrap_or(version.contract.currency), book.unwrap_or_else(|| version.contract.book()));
    let Pools { available, carried, .. } = shard.snapshot.get(&POOLS, &(merchant.clone(), currency, book.clone()))?.unwrap_or_default();
    let mut totals = Totals::default();
    for number in &available {
        totals.add(&run(shard, merchant, currency, &book, *number)?.totals);
    }
    let balances = BALANCES.now(&shard.snapshot, merchant)?.unwrap_or_default();
    let amount = balances.purses.get(&(currency, book.clone())).map_or(0, crate::folds::balances::Purse::payable);
    let carried_on = carried + totals.net() - amount;
    Ok(ComposedPayout { merchant: merchant.clone(), currency, book, payout: None, amount, carried_over: carried, carried_on, totals, runs: available })
}

fn run(shard: &Shard<'_>, merchant: &MerchantId, currency: Currency, book: &Book, number: u32) -> Result<Run, Error> {
    let key = (merchant.clone(), currency, book.clone(), number);
    Ok(shard.snapshot.get(&RUNS, &key)?.ok_or_else(|| views::Error::Corrupt(format!("run {number} of {merchant} is gone")))?)
}

/// Where an item stands among those of a payout: its run, and its place in it. A cursor is the last one that was told.
type Place = (u32, u32);

/// Items of a payout, the last arrival first. The dates of the window are not looked at.
///
/// # Errors
/// [`Error::BadCursor`] where the cursor is of no item that there ever was.
pub fn payout_items(shard: &Shard<'_>, payout: &ComposedPayout, window: &Window) -> Result<Page<PayoutItem>, Error> {
    let told = match &window.cursor {
        None => None,
        Some(cursor) => Some(cursor.key::<Place>()?),
    };
    let mut runs: Vec<u32> = payout.runs.clone();
    if let Some((last, _)) = told {
        match runs.iter().position(|run| *run == last) {
            Some(at) => runs.truncate(at + 1),
            // What is older than what was told has been paid out since.
            None => runs.clear(),
        }
    }
    let mut items = Items { shard, payout, rows: Vec::new(), rows_max: window.rows_max() };
    for number in runs.into_iter().rev() {
        let below = told.filter(|(run, _)| *run == number).map(|(_, at)| at);
        if let Some(place) = items.read(number, below)? {
            return Ok(Page { rows: items.rows, next: Some(Cursor::at(&place)) });
        }
    }
    Ok(Page { rows: items.rows, next: None })
}

struct Items<'a, 'b> {
    shard: &'a Shard<'b>,
    payout: &'a ComposedPayout,
    rows: Vec<PayoutItem>,
    rows_max: usize,
}

impl Items<'_, '_> {
    /// Reads the items of a run below a place. Answers the place of the last one that fits, where there is one more behind it.
    fn read(&mut self, number: u32, below: Option<u32>) -> Result<Option<Place>, Error> {
        let ComposedPayout { merchant, currency, book, .. } = self.payout;
        let run = run(self.shard, merchant, *currency, book, number)?;
        let mut end = below.unwrap_or_else(|| run.len());
        let mut last = None;
        while end > 0 {
            let pack = (end - 1) / CAUSES_PER_PACK;
            let first = pack * CAUSES_PER_PACK;
            let causes = if pack == run.packs {
                run.last.clone()
            } else {
                self.shard.snapshot.get(&PACKS, &(merchant.clone(), *currency, book.clone(), number, pack))?.unwrap_or_default()
            };
            let wanted = usize::try_from(end - first).unwrap_or(usize::MAX);
            for (at, cause) in (first..end).zip(causes.into_iter().take(wanted)).rev() {
                let Some(parts) = self.parts(&cause, number)?.filter(Parts::is_listed) else { continue };
                if self.rows.len() == self.rows_max {
                    // The one before may be of a run that came later; then this run begins anew.
                    return Ok(Some(last.unwrap_or((number, at + 1))));
                }
                self.rows.push(self.item(cause, parts)?);
                last = Some((number, at));
            }
            end = first;
        }
        Ok(None)
    }

    /// What a cause is in a run; `None` where it stands elsewhere.
    fn parts(&self, cause: &Cause, number: u32) -> Result<Option<Parts>, Error> {
        let ComposedPayout { merchant, currency, book, .. } = self.payout;
        let Known { places } = self.shard.snapshot.get(&CAUSES, &(merchant.clone(), *currency, book.clone(), cause.clone()))?.unwrap_or_default();
        match places.iter().find(|place| place.run == number) {
            Some(place) => Ok(Some(place.parts)),
            None => Ok(self.shard.snapshot.get(&PAID, &(merchant.clone(), *currency, book.clone(), cause.clone(), number))?),
        }
    }

    fn item(&self, cause: Cause, parts: Parts) -> Result<PayoutItem, Error> {
        match &cause {
            Cause::Payment(payment) => {
                let (occurred_at, terminal, reference) = sold(self.shard, &self.payout.merchant, payment)?;
                Ok(PayoutItem { cause, parts, occurred_at, terminal, reference })
            }
            Cause::Hold(_) | Cause::Payout(_) | Cause::Debt | Cause::Event(..) => {
                Ok(PayoutItem { cause, parts, occurred_at: None, terminal: None, reference: None })
            }
        }
    }
}

/// When, where and under which reference a payment was sold or completed.
type Sold = (Option<OccurredAt>, Option<TerminalId>, Option<Reference>);

fn sold(shard: &Shard<'_>, merchant: &MerchantId, payment: &PaymentId) -> Result<Sold, Error> {
    let terms = shard.snapshot.get(&PAYMENTS, &(merchant.clone(), payment.clone()))?.and_then(|payment| payment.terms);
    let Some(terms) = terms.filter(|terms| matches!(terms.stage, Stage::Captured | Stage::Voided)) else { return Ok((None, None, None)) };
    let entry = shard.entries.entry(terms.listed)?;
    Ok((entry.and_then(|entry| entry.row.occurred_at), terms.terminal, terms.reference))
}

/// A pool and its causes, for whoever checks that they are its balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolCauses {
    /// Which pool.
    pub home: Home,
    /// Its causes and what each is there, in order.
    pub causes: Vec<(Cause, Parts)>,
}

/// The causes in every pool of a merchant in one currency and book, and what 2020 carries besides.
///
/// # Errors
/// Those of reading.
pub fn pool_causes(shard: &Shard<'_>, merchant: &MerchantId, currency: Currency, book: &Book) -> Result<(i128, Vec<PoolCauses>), Error> {
    let pools = shard.snapshot.get(&POOLS, &(merchant.clone(), currency, book.clone()))?.unwrap_or_default();
    let mut found = Vec::new();
    for number in pools.available.iter().chain(pools.dated.values()) {
        let run = run(shard, merchant, currency, book, *number)?;
        let payout = ComposedPayout {
            merchant: merchant.clone(),
            currency,
            book: book.clone(),
            payout: None,
            amount: 0,
            carried_over: 0,
            carried_on: 0,
            totals: run.totals.clone(),
            runs: vec![*number],
        };
        let mut items = Items { shard, payout: &payout, rows: Vec::new(), rows_max: usize::MAX };
        items.read(*number, None)?;
        found.push(PoolCauses { home: run.home, causes: items.rows.into_iter().rev().map(|item| (item.cause, item.parts)).collect() });
    }
    Ok((pools.carried, found))
}

/// What each pool of a merchant in one currency and book has by the totals of its causes: 2020 with what it carries, 2010 and
/// 2030 of all dates.
///
/// # Errors
/// Those of reading.
pub(super) fn pool_sums(shard: &Shard<'_>, merchant: &MerchantId, currency: Currency, book: &Book) -> Result<[i128; 3], Error> {
    use crate::folds::payouts::Dated;
    let pools = shard.snapshot.get(&POOLS, &(merchant.clone(), currency, book.clone()))?.unwrap_or_default();
    let mut sums = [pools.carried, 0, 0];
    for number in pools.available.iter().chain(pools.dated.values()) {
        let run = run(shard, merchant, currency, book, *number)?;
        let at = match run.home {
            Home::Available => 0,
            Home::Dated(Dated::Pending(_)) => 1,
            Home::Dated(Dated::Reserve(_)) => 2,
            Home::Paid => continue,
        };
        if let Some(sum) = sums.get_mut(at) {
            *sum += run.totals.net();
        }
    }
    Ok(sums)
}
