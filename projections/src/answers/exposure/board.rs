//! The sums of one shard in memory, brought up to the views by reading anew who changed.
//!
//! Ages and estimates change with the date for every merchant, so they are not in the views; and a bank has too many
//! merchants to add them up for every question. A board reads all merchants when it is new and once a date, else those that
//! the views say have changed. Bounded by merchants with money, sales or alerts: about a kilobyte each.

use super::liability::Parameters;
use super::summary::Summary;
use crate::answers::{Error, Moment, Shard};
use crate::folds::exposure::{
    CHANGED, MERCHANTS, Merchant, MoneyRefused, NET_SALES, Occurrences, Purse, Replay, SAFEGUARDED, SCHEMES, Trading, at_close, chunk_of, date_in_chunk,
    span_of,
};
use crate::views::{self, Key, Order, Scan, Snapshot, Within};
use ledger::entry::Alert;
use schemas::event::Book;
use schemas::ids::{MerchantId, PartnerId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What a merchant takes of a board, about.
const MERCHANT_BYTES: usize = 1024;
/// Entries of the past that are read at once.
const REPLAYED_AT_ONCE: usize = 4096;

/// What sums without merchants are kept by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub currency: Currency,
    pub book: Book,
    pub mcc: Arc<str>,
    pub partner: Option<PartnerId>,
}

/// What is told of one merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Of the contract in force; empty before the first one. Its parts have the same text.
    pub mcc: Arc<str>,
    /// Likewise.
    pub partner: Option<PartnerId>,
    pub parts: Vec<(Place, Summary)>,
    /// Everything that is held, by currency.
    pub held: Vec<(Currency, i128)>,
    pub second_clearing_since: Option<Date>,
    pub occurrences: Vec<(Alert, Occurrences)>,
    pub money_refused: Vec<(Option<Currency>, MoneyRefused)>,
    /// On which dates it sold, where it has stopped.
    pub stopped: Option<Trading>,
}

impl Standing {
    /// Whether there is nothing to tell, so that it need not be kept: what its contract says is of no interest by itself.
    const fn is_empty(&self) -> bool {
        let Self { mcc: _, partner: _, parts, held, second_clearing_since, occurrences, money_refused, stopped } = self;
        parts.is_empty() && held.is_empty() && second_clearing_since.is_none() && occurrences.is_empty() && money_refused.is_empty() && stopped.is_none()
    }
}

/// The sums of one shard.
#[derive(Default)]
pub struct Board {
    /// The parameters that the estimates are by.
    parameters: Parameters,
    /// The next entry that it does not know.
    next_entry: u64,
    /// The position that it is at.
    position: i64,
    /// The open date that ages are measured to; `None`: nothing is known yet.
    pub(super) today: Option<Date>,
    pub(super) merchants: BTreeMap<MerchantId, Standing>,
    pub(super) sums: BTreeMap<Place, Summary>,
    pub(super) schemes: BTreeMap<(SchemeId, Book, Currency), i128>,
    /// What each date changed of what a PSP has less what it owes its merchants.
    pub(super) safeguarded: BTreeMap<(PspId, Currency), BTreeMap<Date, i128>>,
}

impl Board {
    /// A board that knows nothing yet; `parameters` hold where a contract has none of its own.
    pub fn new(parameters: Parameters) -> Self {
        Self { parameters, position: -1, ..Self::default() }
    }

    /// The open date that it tells ages of; `None` before the first refresh.
    pub const fn date(&self) -> Option<Date> {
        self.today
    }

    /// Bytes that it takes, about.
    pub fn bytes(&self) -> usize {
        self.merchants.len() * MERCHANT_BYTES
    }

    /// The position of what it tells.
    pub const fn position(&self) -> i64 {
        self.position
    }

    /// Brings it up to the views.
    pub fn refresh(&mut self, shard: &Shard) -> Result<(), Error> {
        let checkpoint = shard.checkpoint();
        let Some(today) = checkpoint.open else {
            // Before the ledger is opened there is nothing to tell, up to where the log is.
            *self = Self::new(std::mem::take(&mut self.parameters));
            self.position = checkpoint.position;
            return Ok(());
        };
        if self.today == Some(today) && self.next_entry == checkpoint.next_entry {
            // The log may have gone on without a record.
            self.position = checkpoint.position;
            return Ok(());
        }
        let snapshot = &shard.snapshot;
        if self.today == Some(today) && self.next_entry < checkpoint.next_entry {
            self.read_changed(snapshot, today)?;
            self.read_houses(snapshot, Some(today))?;
        } else {
            // A new date, or views that were made anew. Should reading fail half-way, all is read again the next time.
            *self = Self::new(std::mem::take(&mut self.parameters));
            let mut sales = sales(snapshot)?;
            for row in snapshot.scan(&MERCHANTS, &(), Order::Ascending)? {
                let (id, merchant) = row?;
                self.put(&mut sales, id, &merchant, None, today)?;
            }
            self.read_houses(snapshot, None)?;
        }
        self.today = Some(today);
        (self.next_entry, self.position) = (checkpoint.next_entry, checkpoint.position);
        Ok(())
    }

    /// What it told at a moment of the past, with these parameters.
    pub fn past(shard: &Shard, moment: &Moment, parameters: Parameters) -> Result<Self, Error> {
        let (snapshot, mut board) = (&shard.snapshot, Self::new(parameters));
        board.position = moment.position;
        let (Some(closed), Some(today)) = (moment.closed, moment.business_date) else { return Ok(board) };
        let mut replay = Replay::upon(snapshot, closed);
        let mut next = moment.replay.start;
        while next < moment.replay.end {
            let limit = usize::try_from(moment.replay.end - next).unwrap_or(usize::MAX).min(REPLAYED_AT_ONCE);
            let entries = shard.entries.read(next, limit)?;
            let last = entries.last().ok_or_else(|| views::Error::Entries(format!("entry {next} is gone")))?;
            next = last.number + 1;
            entries.iter().try_for_each(|entry| replay.apply(entry))?;
        }
        let mut sales = sales(snapshot)?;
        for row in snapshot.scan(&MERCHANTS, &(), Order::Ascending)? {
            let (id, now) = row?;
            let past = match replay.merchants.remove(&id) {
                Some(replayed) => Some(replayed),
                None => at_close(snapshot, &id, &now, closed)?,
            };
            if let Some(past) = past {
                board.put(&mut sales, id, &past, Some((&now, closed)), today)?;
            }
        }
        board.schemes = schemes(snapshot, Some(closed))?;
        replay.schemes.into_iter().for_each(|(key, change)| *board.schemes.entry(key).or_default() += change);
        for row in snapshot.range(&SAFEGUARDED, &(), Within { from: None, below: Some(closed.plus_days(1).bytes()) }, Order::Ascending)? {
            let ((date, psp, currency), change) = row?;
            board.safeguarded.entry((psp, currency)).or_default().insert(date, change);
        }
        for (key, change) in replay.safeguarded {
            *board.safeguarded.entry(key).or_default().entry(today).or_default() += change;
        }
        board.today = Some(today);
        Ok(board)
    }

    fn read_changed(&mut self, snapshot: &Snapshot, today: Date) -> Result<(), Error> {
        let mut sales = sales(snapshot)?;
        let since = Within { from: Some(span_of(self.next_entry).bytes()), below: None };
        for row in snapshot.range(&CHANGED, &(), since, Order::Ascending)? {
            let ((_, id), last) = row?;
            if last < self.next_entry {
                continue;
            }
            if let Some(merchant) = snapshot.get(&MERCHANTS, &id)? {
                self.put(&mut sales, id, &merchant, None, today)?;
            }
        }
        Ok(())
    }

    fn read_houses(&mut self, snapshot: &Snapshot, since: Option<Date>) -> Result<(), Error> {
        self.schemes = schemes(snapshot, None)?;
        let within = Within { from: since.map(|date| date.bytes()), below: None };
        for row in snapshot.range(&SAFEGUARDED, &(), within, Order::Ascending)? {
            let ((date, psp, currency), change) = row?;
            self.safeguarded.entry((psp, currency)).or_default().insert(date, change);
        }
        Ok(())
    }

    /// Puts a merchant as it is, or was, in the place of what was told of it. `now`: for one of the past, the merchant as it
    /// is, which knows its sales, and the date until which they count.
    fn put(&mut self, sales: &mut Sales, id: MerchantId, merchant: &Merchant, now: Option<(&Merchant, Date)>, today: Date) -> Result<(), Error> {
        let standing = standing(sales, &id, merchant, now, &self.parameters, today)?;
        for (place, summary) in &standing.parts {
            match self.sums.get_mut(place) {
                Some(sum) => sum.add(summary, 1),
                None => {
                    self.sums.insert(place.clone(), summary.clone());
                }
            }
        }
        let old = if standing.is_empty() { self.merchants.remove(&id) } else { self.merchants.insert(id, standing) };
        for (place, summary) in old.iter().flat_map(|old| &old.parts) {
            if let Some(sum) = self.sums.get_mut(place) {
                sum.add(summary, -1);
                if sum.is_zero() {
                    self.sums.remove(place);
                }
            }
        }
        Ok(())
    }
}

/// Rows of [`NET_SALES`], which are sought for one merchant after the other.
type Sales<'a> = Scan<'a, (MerchantId, Currency, Book, i32), Vec<(u8, i128)>>;

fn sales<'a>(snapshot: &'a Snapshot) -> Result<Sales<'a>, Error> {
    Ok(snapshot.range(&NET_SALES, &(), Within::default(), Order::Ascending)?)
}

fn schemes(snapshot: &Snapshot, closed: Option<Date>) -> Result<BTreeMap<(SchemeId, Book, Currency), i128>, Error> {
    let mut found = BTreeMap::new();
    SCHEMES.scan(snapshot, &(), closed, |key, amount| {
        found.insert(key, amount);
        Ok(())
    })?;
    Ok(found)
}

fn standing(
    sales: &mut Sales,
    id: &MerchantId,
    merchant: &Merchant,
    now: Option<(&Merchant, Date)>,
    parameters: &Parameters,
    today: Date,
) -> Result<Standing, Error> {
    let parameters = parameters.with(merchant.risk.as_ref());
    let mcc: Arc<str> = Arc::from(merchant.mcc.as_str());
    let mut parts = Vec::with_capacity(merchant.purses.len());
    for ((currency, book), purse) in &merchant.purses {
        let first = today.plus_days(1 - i32::from(parameters.dates()));
        let mut net_sales = match now {
            None => net_sales(sales, id, (*currency, book), purse, first..=today)?,
            Some((now, until)) => match now.purses.get(&(*currency, book.clone())) {
                Some(purse) => net_sales(sales, id, (*currency, book), purse, first..=until)?,
                None => Vec::new(),
            },
        };
        if now.is_some() {
            // What was replayed is of today; what is known besides ends with the date before.
            net_sales.extend(purse.sold.iter().map(|(date, net)| (*date, *net)));
        }
        let summary = Summary::of(purse, &parameters, &net_sales, today);
        if !summary.is_zero() {
            parts.push((Place { currency: *currency, book: book.clone(), mcc: Arc::clone(&mcc), partner: merchant.partner.clone() }, summary));
        }
    }
    let mut held: BTreeMap<Currency, i128> = BTreeMap::new();
    parts.iter().for_each(|(place, summary)| *held.entry(place.currency).or_default() += summary.amount());
    let occurrences = merchant.occurrences.iter().filter(|(_, told)| told.is_told_on(today)).map(|(alert, told)| (*alert, *told)).collect();
    let refused = merchant.money_refused.iter().filter(|(_, refused)| refused.occurrences.is_told_on(today));
    let money_refused = refused.map(|(currency, refused)| (*currency, *refused)).collect();
    let stopped = merchant.trading.filter(|trading| has_stopped(trading, today, parameters.chargeback_days));
    let (partner, held, second_clearing_since) = (merchant.partner.clone(), held.into_iter().collect(), merchant.second_clearing_since);
    Ok(Standing { mcc, partner, parts, held, second_clearing_since, occurrences, money_refused, stopped })
}

/// Sales less refunds of dates.
fn net_sales(
    sales: &mut Sales,
    id: &MerchantId,
    (currency, book): (Currency, &Book),
    purse: &Purse,
    within: RangeInclusive<Date>,
) -> Result<Vec<(Date, i128)>, Error> {
    let mut found = Vec::with_capacity(purse.sold.len());
    if purse.sold_before.is_some_and(|last| last >= *within.start()) {
        sales.skip_to(&(id.clone(), currency, book.clone(), chunk_of(*within.start()).0));
        for row in sales.by_ref() {
            let ((merchant, of, of_book, chunk), dates) = row?;
            if merchant != *id || of != currency || of_book != *book || chunk > chunk_of(*within.end()).0 {
                break;
            }
            found.extend(dates.into_iter().map(|(place, net)| (date_in_chunk(chunk, place), net)));
        }
    }
    found.extend(purse.sold.iter().map(|(date, net)| (*date, *net)));
    found.retain(|(date, _)| within.contains(date));
    Ok(found)
}

/// Weekdays without a sale after which a merchant that traded has stopped.
const SILENT_WEEKDAYS: i32 = 5;
/// Dates with a sale, of the 30 up to the last one, that make a merchant one that traded.
const TRADED_DATES: u32 = 5;

/// Whether a merchant that traded has stopped: it sold on five dates or more of the thirty up to its last sale, since then
/// five weekdays (Monday to Friday) or more have passed, and a chargeback of that sale may still come.
fn has_stopped(trading: &Trading, today: Date, chargeback_days: u16) -> bool {
    trading.dates() >= TRADED_DATES
        && weekdays_between(trading.last, today) >= SILENT_WEEKDAYS
        && today.days().saturating_sub(trading.last.days()) < i32::from(chargeback_days)
}

/// Mondays to Fridays after one date and before another.
pub(super) fn weekdays_between(after: Date, before: Date) -> i32 {
    let whole = (before.days() - after.days() - 1).max(0);
    let rest = (0..whole % 7).map(|n| after.plus_days(1 + n)).filter(|date| date.weekday() <= 5).count();
    whole / 7 * 5 + i32::try_from(rest).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_between_two_dates() {
        let date = |text: &str| Date::parse(text).expect("a date");
        // 2026-11-20 is a Friday.
        for (after, before, expected) in [
            ("2026-11-20", "2026-11-20", 0),
            ("2026-11-20", "2026-11-21", 0),
            ("2026-11-20", "2026-11-23", 0),
            ("2026-11-20", "2026-11-24", 1),
            ("2026-11-20", "2026-11-27", 4),
            ("2026-11-20", "2026-11-28", 5),
            ("2026-11-20", "2026-12-21", 20),
            ("2026-11-22", "2026-11-30", 5),
        ] {
            assert_eq!(weekdays_between(date(after), date(before)), expected, "{after} {before}");
        }
    }
}
