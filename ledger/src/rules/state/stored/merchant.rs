//! Merchants, and what is a row of its own beside them: holds, payouts, terminals' batches, refusals of what would have made something.

use super::{put_book, take_book};
use crate::format::bytes::{Bytes, Unreadable, put_number, put_signed, put_text, put_wide};
use crate::format::codes::Numbered;
use crate::format::contract::{put_option, take_id, take_option};
use crate::format::stored::Stored;
use crate::format::template::{put_currency, take_currency};
use crate::format::when::{put_days, take_days};
use crate::rules::state::{Batch, Hold, Merchant, Payout, PayoutStage, Purse, RefusedMaking, Sweeping};
use litemap::LiteMap;
use schemas::ids::{EventId, HoldId};
use schemas::time::Date;

/// What dates of a row are told relative to.
const EPOCH: Date = Date::from_days(0);

impl Stored for Merchant {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { contract, purses, due_on } = self;
        put_option(out, contract.as_ref(), |out, entry| put_number(out, *entry));
        put_option(out, due_on.as_ref(), |out, date| put_days(out, *date, EPOCH));
        put_number(out, purses.len() as u64);
        for ((book, currency), Purse { pending, available, reserve, owed, sweeping }) in purses.iter() {
            put_book(out, book);
            put_currency(out, *currency);
            put_buckets(out, pending);
            put_wide(out, *available);
            put_buckets(out, reserve);
            put_wide(out, *owed);
            put_option(out, sweeping.as_ref(), |out, Sweeping { first, last }| {
                put_text(out, first.as_str());
                put_text(out, last.as_str());
            });
        }
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let contract = take_option(bytes, Bytes::number)?;
        let due_on = take_option(bytes, |bytes| take_days(bytes, EPOCH))?;
        // Most have one.
        let mut purses = LiteMap::with_capacity(1);
        for _ in 0..bytes.count()? {
            let key = (take_book(bytes)?, take_currency(bytes)?);
            let purse = Purse {
                pending: take_buckets(bytes)?,
                available: bytes.wide()?,
                reserve: take_buckets(bytes)?,
                owed: bytes.wide()?,
                sweeping: take_option(bytes, |bytes| Ok(Sweeping { first: take_id(bytes, HoldId::new)?, last: take_id(bytes, HoldId::new)? }))?,
            };
            purses.insert(key, purse);
        }
        Ok(Self { contract, purses, due_on })
    }
}

/// A merchant's row without the purses that have nothing in them; `None` where it is not what this program writes of what it says.
pub(super) fn without_empty_purses(row: &[u8]) -> Option<Vec<u8>> {
    let mut merchant = Merchant::read(row).ok()?;
    let mut bytes = Vec::with_capacity(row.len());
    merchant.write(&mut bytes);
    if bytes != row {
        return None;
    }
    merchant.purses.retain(|_, purse| *purse != Purse::default());
    bytes.clear();
    merchant.write(&mut bytes);
    Some(bytes)
}

/// Buckets by date: each date is told relative to the one before it.
fn put_buckets(out: &mut Vec<u8>, buckets: &LiteMap<Date, u128>) {
    put_number(out, buckets.len() as u64);
    let mut before = EPOCH;
    for (date, amount) in buckets.iter() {
        put_days(out, *date, before);
        put_wide(out, *amount);
        before = *date;
    }
}

fn take_buckets(bytes: &mut Bytes<'_>) -> Result<LiteMap<Date, u128>, Unreadable> {
    let (mut buckets, mut before) = (LiteMap::new(), EPOCH);
    for _ in 0..bytes.count()? {
        before = take_days(bytes, before)?;
        buckets.insert(before, bytes.wide()?);
    }
    Ok(buckets)
}

impl Stored for Hold {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { book, currency, reason, amount, missing, next } = self;
        put_book(out, book);
        put_currency(out, *currency);
        out.push(reason.number());
        put_wide(out, *amount);
        put_wide(out, *missing);
        put_option(out, next.as_ref(), |out, next| put_text(out, next.as_str()));
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let (book, currency, reason) = (take_book(bytes)?, take_currency(bytes)?, Numbered::numbered(bytes.byte()?)?);
        Ok(Self { book, currency, reason, amount: bytes.wide()?, missing: bytes.wide()?, next: take_option(bytes, |bytes| take_id(bytes, HoldId::new))? })
    }
}

impl Stored for Payout {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        let Self { book, currency, amount, stage } = self;
        put_book(out, book);
        put_currency(out, *currency);
        put_number(out, *amount);
        out.push(match stage {
            PayoutStage::Initiated => 1,
            PayoutStage::Paid => 2,
            PayoutStage::Failed => 3,
            PayoutStage::Returned => 4,
        });
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        let (book, currency, amount) = (take_book(bytes)?, take_currency(bytes)?, bytes.number()?);
        let stage = match bytes.byte()? {
            1 => PayoutStage::Initiated,
            2 => PayoutStage::Paid,
            3 => PayoutStage::Failed,
            4 => PayoutStage::Returned,
            number => return Err(Unreadable(format!("no stage of a payout {number}"))),
        };
        Ok(Self { book, currency, amount, stage })
    }
}

impl Stored for Batch {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        put_signed(out, self.count.into());
        put_signed(out, self.sum);
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        Ok(Self { count: bytes.signed_narrow()?, sum: bytes.signed()? })
    }
}

impl Stored for RefusedMaking {
    const VERSION: u8 = 1;

    fn put(&self, out: &mut Vec<u8>) {
        put_text(out, self.event.as_str());
        out.push(self.code.number());
    }

    fn take(bytes: &mut Bytes<'_>) -> Result<Self, Unreadable> {
        Ok(Self { event: take_id(bytes, EventId::new)?, code: Numbered::numbered(bytes.byte()?)? })
    }
}
