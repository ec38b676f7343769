//! Holds: what each took, gave back and lost.

use super::{ID, fault};
use crate::folds::charges::minor;
use crate::views::{Error, Rows, Table};
use ledger::entry::{Code, Detail, HoldTerms, Leg, Note, Recorded};
use schemas::event::HoldReason;
use schemas::ids::{HoldId, MerchantId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// The entry that placed a hold.
pub const HOLD_NUMBERS: Table<(MerchantId, HoldId), u64> = Table::new(ID, 4);
/// Holds, by the entry that placed them.
pub const HOLDS: Table<(MerchantId, u64), Option<Hold>> = Table::new(ID, 5);

/// A hold. `placed − released − seized` is what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Which.
    pub hold: HoldId,
    /// Why.
    pub reason: HoldReason,
    /// In what.
    pub currency: Currency,
    /// All that ever went in.
    pub placed: i128,
    /// What was given back.
    pub released: i128,
    /// What was taken on an order.
    pub seized: i128,
    /// What a sweep still misses.
    pub missing: i128,
    /// The business date on which it was placed.
    pub since: Date,
    /// Until when, as far as one knows.
    pub expected_release: Option<Date>,
}

impl Hold {
    /// What is in it.
    pub const fn amount(&self) -> i128 {
        self.placed - self.released - self.seized
    }

    /// Its state as on the wire.
    pub const fn state(&self) -> &'static str {
        if self.is_open() { "open" } else { "closed" }
    }

    /// Whether something is in it or awaited.
    pub const fn is_open(&self) -> bool {
        self.amount() > 0 || self.missing > 0
    }
}

fn row<'a>(
    entry: &Recorded,
    merchant: &MerchantId,
    hold: &HoldId,
    currency: Currency,
    terms: Option<&HoldTerms>,
    rows: &'a mut Rows,
) -> Result<&'a mut Hold, Error> {
    let key = (merchant.clone(), hold.clone());
    let number = match rows.get(&HOLD_NUMBERS, &key)? {
        Some(number) => *number,
        None => {
            rows.put(&HOLD_NUMBERS, key, entry.number)?;
            entry.number
        }
    };
    let known = rows.row(&HOLDS, (merchant.clone(), number))?;
    Ok(known.get_or_insert_with(|| Hold {
        hold: hold.clone(),
        // Only a payout that came back places a hold without an event of its own.
        reason: terms.map_or(HoldReason::PayoutReturned, |terms| terms.reason),
        currency,
        placed: 0,
        released: 0,
        seized: 0,
        missing: 0,
        since: entry.row.date,
        expected_release: terms.and_then(|terms| terms.expected_release),
    }))
}

/// Folds the lines of an entry that touch holds, and what it says of its own.
pub fn fold(entry: &Recorded, merchant: &MerchantId, rows: &mut Rows) -> Result<(), Error> {
    if let Note::Hold { hold, placed, missing, currency, .. } = &entry.row.note {
        row(entry, merchant, hold, *currency, placed.as_ref(), rows)?.missing =
            i128::try_from(*missing).map_err(|_| fault(entry, "a hold misses 2^127 or more"))?;
    }
    for line in &entry.row.lines {
        if let (Code::Hold, Detail::Hold(hold)) = (line.credit.code, &line.credit.detail) {
            let held = row(entry, merchant, hold, line.currency, None, rows)?;
            held.placed += minor(line);
            if line.leg == Leg::Sweep {
                held.missing = (held.missing - minor(line)).max(0);
            }
        }
        if let (Code::Hold, Detail::Hold(hold)) = (line.debit.code, &line.debit.detail) {
            let held = row(entry, merchant, hold, line.currency, None, rows)?;
            if line.leg == Leg::HoldReleased {
                held.released += minor(line);
            } else if line.leg == Leg::HoldSeized {
                held.seized += minor(line);
            } else {
                return Err(fault(entry, &format!("money left a hold as {}", line.leg.as_str())));
            }
        }
    }
    Ok(())
}
