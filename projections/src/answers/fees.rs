//! What each date charged a merchant, the newest first.

use super::{Cursor, Error, Page, Shard, Window};
use crate::folds::charges::Kind;
use crate::folds::objects::{DAYS, FeeDay};
use crate::views::{Key, Order, Within};
use schemas::ids::MerchantId;
use schemas::money::Currency;
use schemas::time::Date;

/// What a date charged a merchant, of one kind and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeRow {
    /// The business date.
    pub day: Date,
    /// For what.
    pub kind: Kind,
    /// In what.
    pub currency: Currency,
    /// How much.
    pub fee: FeeDay,
}

/// Fees by day, kind and currency, the newest day first.
pub fn fees(shard: &Shard, merchant: &MerchantId, window: &Window) -> Result<Page<FeeRow>, Error> {
    let mut below = window.to.map(|to| (merchant.clone(), to.plus_days(1)).bytes());
    let mut told = None;
    if let Some(cursor) = &window.cursor {
        // The row that the page before ended with; what stands above it is not told again.
        let last: (Date, Kind, Currency) = cursor.key()?;
        let until = (merchant.clone(), last.0.plus_days(1)).bytes();
        below = Some(below.map_or(until.clone(), |below| below.min(until)));
        told = Some(last);
    }
    let within = Within { from: window.from.map(|from| (merchant.clone(), from).bytes()), below };
    let mut page: Page<FeeRow> = Page { rows: Vec::new(), next: None };
    for row in shard.snapshot.range(&DAYS, merchant, within, Order::Descending)? {
        let ((_, day), of_day) = row?;
        for ((kind, currency), fee) in of_day.fees.iter().rev() {
            if told.is_some_and(|told| (day, *kind, *currency) >= told) {
                continue;
            }
            if page.rows.len() >= window.rows_max() {
                page.next = page.rows.last().map(|last| Cursor::at(&(last.day, last.kind, last.currency)));
                return Ok(page);
            }
            page.rows.push(FeeRow { day, kind: *kind, currency: *currency, fee: *fee });
        }
    }
    Ok(page)
}
