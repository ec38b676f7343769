//! Every posted entry of merchants and the house, with its lines.

use super::{Filter, Listed};
use crate::answers::{Error, Shard};
use crate::folds::numbers::newest_first;
use crate::folds::objects::{PAYMENT_ENTRIES, PAYMENTS};
use ledger::entry::{Note, Outcome, Recorded, Row};
use schemas::event::EventType;
use schemas::ids::MerchantId;
use schemas::money::Currency;

/// The list of entries. It knows every filter but state, available_on and reason.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entries;

/// An event's own amount, or that of the hold, payout or dispute that it is about; `None` where it has none.
pub fn own_amount(row: &Row) -> Option<(Currency, i128)> {
    match &row.note {
        Note::Dispute { currency, amount, .. } | Note::Payout { currency, amount, .. } => Some((*currency, i128::from(*amount))),
        Note::Hold { currency, amount, .. } => Some((*currency, i128::try_from(*amount).unwrap_or(i128::MAX))),
        note => note.amount(),
    }
}

impl Listed for Entries {
    type Row = Recorded;

    fn types(&self, filter: &Filter) -> Vec<EventType> {
        filter.types.clone()
    }

    fn row(&mut self, _shard: &Shard<'_>, entry: Recorded, _counted: u64, filter: &Filter) -> Result<Option<Recorded>, Error> {
        let row = &entry.row;
        let amount = own_amount(row);
        let is_row = row.outcome == Outcome::Posted
            && filter.fits_owner(row)
            && filter.fits_payment(row)
            && (filter.types.is_empty() || row.event_type.is_some_and(|event_type| filter.types.contains(&event_type)))
            && (filter.reference.is_none() || row.reference == filter.reference)
            && filter.amount.fits(amount)
            && filter
                .currency
                .is_none_or(|asked| amount.map_or_else(|| row.lines.iter().any(|line| line.currency == asked), |(currency, _)| currency == asked));
        Ok(is_row.then_some(entry))
    }

    fn stands_for_itself(&self) -> bool {
        true
    }

    /// The entries of one payment of one merchant.
    fn found_by_name(&self, shard: &Shard<'_>, filter: &Filter) -> Result<Option<Vec<u64>>, Error> {
        let (Some(owner), Some(payment)) = (&filter.owner, &filter.payment) else { return Ok(None) };
        let mut numbers = Vec::new();
        if let Some(merchant) = MerchantId::new(owner) {
            let key = (merchant, payment.clone());
            if let Some(row) = shard.snapshot.get(&PAYMENTS, &key)? {
                newest_first(&shard.snapshot, &row.entries, &PAYMENT_ENTRIES, &key, 0..u64::MAX, |number| {
                    numbers.push(number);
                    Ok(true)
                })?;
            }
        }
        Ok(Some(numbers))
    }
}
