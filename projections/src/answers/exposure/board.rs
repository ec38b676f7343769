//! The sums of one shard in memory, brought up to the views by reading anew who changed.
//!
//! Ages and estimates change with the date for every merchant, so they are not in the views; and a bank has too many
//! merchants to add them up for every question. A board reads all merchants when it is new and once a date, else those that
//! the views say have changed. Bounded by merchants with money, sales or alerts: about a kilobyte each.

use super::liability::Parameters;
use super::summary::Summary;
use crate::answers::{Error, Shard};
use crate::folds::exposure::{
    CHANGED, MERCHANTS, Merchant, MoneyRefused, NET_SALES, Occurrences, Purse, SAFEGUARDED, SCHEMES, chunk_of, date_in_chunk, span_of,
};
use crate::views::{Key, Order, Scan, Snapshot, Within};
use ledger::entry::Alert;
use schemas::event::Book;
use schemas::ids::{MerchantId, PartnerId, PspId, SchemeId};
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a merchant takes of a board, about.
const MERCHANT_BYTES: usize = 1024;

/// What sums without merchants are kept by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub currency: Currency,
    pub book: Book,
    pub mcc: Arc<str>,
    pub partner: Option<PartnerId>,
}

/// What is told of one merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub parts: Vec<(Place, Summary)>,
    /// Everything that is held, by currency.
    pub held: Vec<(Currency, i128)>,
    pub second_clearing_since: Option<Date>,
    pub occurrences: Vec<(Alert, Occurrences)>,
    pub money_refused: Vec<(Option<Currency>, MoneyRefused)>,
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
        let Some(today) = checkpoint.open else { return Ok(()) };
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
                self.put(&mut sales, id, &merchant, today)?;
            }
            self.read_houses(snapshot, None)?;
        }
        self.today = Some(today);
        (self.next_entry, self.position) = (checkpoint.next_entry, checkpoint.position);
        Ok(())
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
                self.put(&mut sales, id, &merchant, today)?;
            }
        }
        Ok(())
    }

    fn read_houses(&mut self, snapshot: &Snapshot, since: Option<Date>) -> Result<(), Error> {
        self.schemes = snapshot.scan(&SCHEMES, &(), Order::Ascending)?.collect::<Result<_, _>>()?;
        let within = Within { from: since.map(|date| date.bytes()), below: None };
        for row in snapshot.range(&SAFEGUARDED, &(), within, Order::Ascending)? {
            let ((date, psp, currency), change) = row?;
            self.safeguarded.entry((psp, currency)).or_default().insert(date, change);
        }
        Ok(())
    }

    /// Puts a merchant as it is now in the place of what was told of it.
    fn put(&mut self, sales: &mut Sales, id: MerchantId, merchant: &Merchant, today: Date) -> Result<(), Error> {
        let standing = standing(sales, &id, merchant, &self.parameters, today)?;
        for (place, summary) in &standing.parts {
            match self.sums.get_mut(place) {
                Some(sum) => sum.add(summary, 1),
                None => {
                    self.sums.insert(place.clone(), summary.clone());
                }
            }
        }
        let old = if standing == Standing::default() { self.merchants.remove(&id) } else { self.merchants.insert(id, standing) };
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

fn standing(sales: &mut Sales, id: &MerchantId, merchant: &Merchant, parameters: &Parameters, today: Date) -> Result<Standing, Error> {
    let parameters = parameters.with(merchant.risk.as_ref());
    let mcc: Arc<str> = Arc::from(merchant.mcc.as_str());
    let mut parts = Vec::with_capacity(merchant.purses.len());
    for ((currency, book), purse) in &merchant.purses {
        let net_sales = net_sales(sales, id, (*currency, book), purse, today, parameters.dates())?;
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
    Ok(Standing { parts, held: held.into_iter().collect(), second_clearing_since: merchant.second_clearing_since, occurrences, money_refused })
}

/// Sales less refunds of so many dates, today included.
fn net_sales(
    sales: &mut Sales,
    id: &MerchantId,
    (currency, book): (Currency, &Book),
    purse: &Purse,
    today: Date,
    dates: u16,
) -> Result<Vec<(Date, i128)>, Error> {
    let first = today.plus_days(1 - i32::from(dates));
    let mut found = Vec::with_capacity(purse.sold.len());
    if purse.sold_before.is_some_and(|last| last >= first) {
        sales.skip_to(&(id.clone(), currency, book.clone(), chunk_of(first).0));
        for row in sales.by_ref() {
            let ((merchant, of, within, chunk), dates) = row?;
            if merchant != *id || of != currency || within != *book {
                break;
            }
            found.extend(dates.into_iter().map(|(place, net)| (date_in_chunk(chunk, place), net)));
        }
    }
    found.extend(purse.sold.iter().map(|(date, net)| (*date, *net)));
    found.retain(|(date, _)| *date >= first);
    Ok(found)
}
