//! Every hold, by the date on which it was placed.

use super::{Filter, Listed};
use crate::answers::{Error, Shard};
use crate::folds::objects::{HOLDS, Hold};
use ledger::entry::Recorded;
use schemas::event::{EventType, Subject};
use schemas::ids::MerchantId;

/// The states of a hold.
pub const HOLD_STATES: [&str; 2] = ["open", "closed"];

/// The list of holds. It knows merchant, currency, amount (what is in it), state and reason.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holds;

impl Listed for Holds {
    type Row = (MerchantId, Hold);

    /// A payout that came back places one, too.
    fn types(&self, _filter: &Filter) -> Vec<EventType> {
        vec![EventType::HoldPlaced, EventType::PayoutReturned]
    }

    fn row(&mut self, shard: &Shard<'_>, entry: Recorded, _counted: u64, filter: &Filter) -> Result<Option<Self::Row>, Error> {
        let Some(Subject::Merchant(merchant)) = entry.row.subject.clone() else { return Ok(None) };
        // One that added to a hold made none.
        let Some(hold) = shard.snapshot.get(&HOLDS, &(merchant.clone(), entry.number))?.flatten() else { return Ok(None) };
        let is_row = filter.fits(hold.currency, hold.state())
            && filter.amount.fits(Some((hold.currency, hold.amount())))
            && filter.reason.is_none_or(|asked| asked == hold.reason);
        Ok(is_row.then_some((merchant, hold)))
    }
}
