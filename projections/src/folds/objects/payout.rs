//! Payouts: initiated, then paid or failed; what was paid may come back.

use super::{ID, fault};
use crate::views::{Error, Rows, Table};
use ledger::entry::{Note, Recorded};
use schemas::event::EventType;
use schemas::ids::{MerchantId, PayoutId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// The entry that initiated a payout.
pub const PAYOUT_NUMBERS: Table<(MerchantId, PayoutId), u64> = Table::new(ID, 6);
/// Payouts, by the entry that initiated them.
pub const PAYOUTS: Table<(MerchantId, u64), Option<Payout>> = Table::new(ID, 7);

/// A payout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// Which.
    pub payout: PayoutId,
    /// In what.
    pub currency: Currency,
    /// How much.
    pub amount: i128,
    /// Where it is in its life.
    pub state: PayoutState,
    /// To where.
    pub destination: Option<String>,
    /// The business date on which it was initiated.
    pub initiated_on: Date,
    /// The business date on which it was paid, failed or returned.
    pub closed_on: Option<Date>,
}

/// Where a payout is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as on the wire")]
pub enum PayoutState {
    Initiated,
    Paid,
    Failed,
    Returned,
}

impl PayoutState {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }
}

/// Folds an entry that changed a payout.
pub fn fold(entry: &Recorded, merchant: &MerchantId, rows: &mut Rows) -> Result<(), Error> {
    let Note::Payout { payout, currency, amount, destination } = &entry.row.note else { return Ok(()) };
    let key = (merchant.clone(), payout.clone());
    let state = match entry.row.event_type {
        Some(EventType::PayoutInitiated) => {
            rows.put(&PAYOUT_NUMBERS, key, entry.number)?;
            let new = Payout {
                payout: payout.clone(),
                currency: *currency,
                amount: i128::from(*amount),
                state: PayoutState::Initiated,
                destination: destination.clone(),
                initiated_on: entry.row.date,
                closed_on: None,
            };
            return rows.put(&PAYOUTS, (merchant.clone(), entry.number), Some(new));
        }
        Some(EventType::PayoutPaid) => PayoutState::Paid,
        Some(EventType::PayoutFailed) => PayoutState::Failed,
        Some(EventType::PayoutReturned) => PayoutState::Returned,
        _ => return Err(fault(entry, "a payout changed by an event of another type")),
    };
    let number = *rows.get(&PAYOUT_NUMBERS, &key)?.ok_or_else(|| fault(entry, "a payout that was not initiated"))?;
    let known = rows.row(&PAYOUTS, (merchant.clone(), number))?.as_mut().ok_or_else(|| fault(entry, "a payout that is not there"))?;
    known.state = state;
    known.closed_on = Some(entry.row.date);
    Ok(())
}
