//! Every payout, by the date on which it was initiated.

use super::{Filter, Listed};
use crate::answers::{Error, Shard};
use crate::folds::objects::{PAYOUTS, Payout};
use ledger::entry::Recorded;
use schemas::event::{EventType, Subject};
use schemas::ids::MerchantId;

/// The states of a payout.
pub const PAYOUT_STATES: [&str; 4] = ["initiated", "paid", "failed", "returned"];

/// The list of payouts. It knows merchant, currency, amount and state.
#[derive(Clone, Copy, Debug, Default)]
pub struct Payouts;

impl Listed for Payouts {
    type Row = (MerchantId, Payout);

    fn types(&self, _filter: &Filter) -> Vec<EventType> {
        vec![EventType::PayoutInitiated]
    }

    fn row(&mut self, shard: &Shard<'_>, entry: Recorded, _counted: u64, filter: &Filter) -> Result<Option<Self::Row>, Error> {
        let Some(Subject::Merchant(merchant)) = entry.row.subject.clone() else { return Ok(None) };
        let Some(payout) = shard.snapshot.get(&PAYOUTS, &(merchant.clone(), entry.number))?.flatten() else { return Ok(None) };
        let is_row = filter.fits(payout.currency, payout.state.as_str()) && filter.amount.fits(Some((payout.currency, payout.amount)));
        Ok(is_row.then_some((merchant, payout)))
    }
}
