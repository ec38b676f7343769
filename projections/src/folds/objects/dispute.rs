//! Disputes: where each is in its life, and what it took.

use super::payment::PAYMENTS;
use super::{ID, fault};
use crate::folds::charges::{merchant_side, minor};
use crate::views::{Error, Rows, Table};
use ledger::entry::{DisputeStage, Leg, Note, Recorded};
use schemas::ids::{DisputeId, MerchantId, PaymentId};
use schemas::money::Currency;
use schemas::time::Date;
use serde::{Deserialize, Serialize};

/// The entry that made a dispute.
pub const DISPUTE_NUMBERS: Table<(MerchantId, PaymentId, DisputeId), u64> = Table::new(ID, 2);
/// Disputes, by the entry that made them.
pub const DISPUTES: Table<(MerchantId, u64), Option<Dispute>> = Table::new(ID, 3);

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Which.
    pub dispute: DisputeId,
    /// Of which payment.
    pub payment: PaymentId,
    /// The currency of its amount: the sale's.
    pub currency: Currency,
    /// Where it is in its life.
    pub stage: DisputeStage,
    /// What is disputed.
    pub amount: i128,
    /// The dispute fee, in the currency that the merchant is paid in.
    pub fee: i128,
    /// The currency of the fee.
    pub fee_currency: Currency,
    /// What it took from the merchant, in the currency of the fee.
    pub taken: i128,
    /// The business date on which it came.
    pub opened_on: Date,
    /// The business date of its last change.
    pub changed_on: Date,
}

/// Whether what a dispute took counts as charged back.
const fn counts(stage: DisputeStage) -> bool {
    match stage {
        DisputeStage::Charged | DisputeStage::Represented | DisputeStage::Lost => true,
        DisputeStage::Opened | DisputeStage::Dropped | DisputeStage::Won => false,
    }
}

impl Dispute {
    /// Its state as on the wire.
    pub const fn state(&self) -> &'static str {
        self.stage.as_str()
    }
}

/// Folds an entry that changed a dispute, and what is charged back of its payment.
pub fn fold(entry: &Recorded, merchant: &MerchantId, rows: &mut Rows) -> Result<(), Error> {
    let row = &entry.row;
    let (Note::Dispute { dispute, state, amount, currency, fee }, Some(payment)) = (&row.note, &row.payment) else { return Ok(()) };
    let settled_in = row.facts.as_ref().map(|facts| facts.currency).ok_or_else(|| fault(entry, "a dispute without its payment's facts"))?;
    let key = (merchant.clone(), payment.clone(), dispute.clone());
    let number = match rows.get(&DISPUTE_NUMBERS, &key)? {
        Some(number) => *number,
        None => {
            rows.put(&DISPUTE_NUMBERS, key, entry.number)?;
            entry.number
        }
    };
    let known = rows.row(&DISPUTES, (merchant.clone(), number))?;
    let (counted, taken_before) = known.as_ref().map_or((false, 0), |known| (counts(known.stage), known.taken));
    let taken = match (counted, counts(*state)) {
        (false, true) => taken_by(entry, settled_in),
        _ => taken_before,
    };
    let opened_on = known.as_ref().map_or(row.date, |known| known.opened_on);
    *known = Some(Dispute {
        dispute: dispute.clone(),
        payment: payment.clone(),
        currency: *currency,
        stage: *state,
        amount: i128::from(*amount),
        fee: i128::try_from(*fee).map_err(|_| fault(entry, "a dispute fee of 2^127 or more"))?,
        fee_currency: settled_in,
        taken,
        opened_on,
        changed_on: row.date,
    });
    let change = if counts(*state) { taken } else { 0 } - if counted { taken_before } else { 0 };
    if change != 0 {
        rows.row(&PAYMENTS, (merchant.clone(), payment.clone()))?.charged_back += change;
    }
    Ok(())
}

/// What an entry took from the merchant for the scheme.
fn taken_by(entry: &Recorded, settled_in: Currency) -> i128 {
    let taken = |line: &&ledger::entry::Posting| line.leg == Leg::Chargeback && line.currency == settled_in && merchant_side(line) == Some(true);
    entry.row.lines.iter().filter(taken).map(minor).sum()
}
