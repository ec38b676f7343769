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
    /// The state that events of a type bring a payout to; none where they are about no payout.
    pub const fn by(event_type: EventType) -> Option<Self> {
        match event_type {
            EventType::PayoutInitiated => Some(Self::Initiated),
            EventType::PayoutPaid => Some(Self::Paid),
            EventType::PayoutFailed => Some(Self::Failed),
            EventType::PayoutReturned => Some(Self::Returned),
            EventType::LedgerOpened | EventType::DayClosed | EventType::CalendarSet | EventType::ContractSet | EventType::CustomerErased => None,
            EventType::Sale | EventType::PreauthPlaced | EventType::PreauthIncreased | EventType::PreauthReleased | EventType::PreauthCompleted => None,
            EventType::TipAdjusted | EventType::Void | EventType::Reversal | EventType::Refund | EventType::RefundFailed => None,
            EventType::InstalmentSubsidy | EventType::DisputeOpened | EventType::Chargeback | EventType::ChargebackRepresented => None,
            EventType::DisputeWon | EventType::DisputeLost | EventType::HoldPlaced | EventType::HoldReleased | EventType::HoldSeized => None,
            EventType::ReserveReleased | EventType::EarlyRelease | EventType::FeeCharged | EventType::FeeWaived | EventType::TierAdjusted => None,
            EventType::DebtRepaid | EventType::DebtWrittenOff | EventType::Adjustment | EventType::MaintenanceDue | EventType::BatchClosed => None,
            EventType::SchemeSettled | EventType::PartnerPaid | EventType::TaxPaid | EventType::PspPaidBank | EventType::FeesSwept => None,
            EventType::ReportLine | EventType::ReportClosed | EventType::BreakClosed => None,
            EventType::OpeningBalance | EventType::OpeningPayment | EventType::StandaloneRefund | EventType::StandaloneChargeback => None,
        }
    }

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
    let state = entry.row.event_type.and_then(PayoutState::by).ok_or_else(|| fault(entry, "a payout changed by an event of another type"))?;
    if state == PayoutState::Initiated {
        rows.put(&PAYOUT_NUMBERS, key, entry.number)?;
        let new = Payout {
            payout: payout.clone(),
            currency: *currency,
            amount: i128::from(*amount),
            state,
            destination: destination.clone(),
            initiated_on: entry.row.date,
            closed_on: None,
        };
        return rows.put(&PAYOUTS, (merchant.clone(), entry.number), Some(new));
    }
    let number = *rows.get(&PAYOUT_NUMBERS, &key)?.ok_or_else(|| fault(entry, "a payout that was not initiated"))?;
    let known = rows.row(&PAYOUTS, (merchant.clone(), number))?.as_mut().ok_or_else(|| fault(entry, "a payout that is not there"))?;
    known.state = state;
    known.closed_on = Some(entry.row.date);
    Ok(())
}
