//! Every dispute, by the date on which it came.

use super::{Filter, Listed};
use crate::answers::{Error, Shard};
use crate::folds::objects::{DISPUTE_NUMBERS, DISPUTES, Dispute};
use ledger::entry::{Note, Recorded};
use schemas::event::{EventType, Subject};
use schemas::ids::MerchantId;

/// The states of a dispute.
pub const DISPUTE_STATES: [&str; 5] = ["opened", "charged", "represented", "won", "lost"];

/// The list of disputes. It knows merchant, currency, amount, state, payment, terminal, and the reference of any of the
/// dispute's events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disputes;

impl Listed for Disputes {
    type Row = (MerchantId, Dispute);

    fn types(&self, _filter: &Filter) -> Vec<EventType> {
        vec![EventType::DisputeOpened, EventType::Chargeback, EventType::StandaloneChargeback]
    }

    fn row(&mut self, shard: &Shard<'_>, entry: Recorded, _counted: u64, filter: &Filter) -> Result<Option<Self::Row>, Error> {
        let Some(Subject::Merchant(merchant)) = entry.row.subject.clone() else { return Ok(None) };
        if filter.owner.as_ref().is_some_and(|asked| asked != merchant.as_str()) || !filter.fits_payment(&entry.row) {
            return Ok(None);
        }
        // A chargeback of one that had been opened made none.
        let Some(dispute) = shard.snapshot.get(&DISPUTES, &(merchant.clone(), entry.number))?.flatten() else { return Ok(None) };
        let is_row = filter.fits(dispute.currency, dispute.state()) && filter.amount.fits(Some((dispute.currency, dispute.amount)));
        Ok(is_row.then_some((merchant, dispute)))
    }

    fn stands_for(&self, shard: &Shard<'_>, entry: &Recorded) -> Result<Option<u64>, Error> {
        match (&entry.row.note, &entry.row.subject, &entry.row.payment) {
            (Note::Dispute { dispute, .. }, Some(Subject::Merchant(merchant)), Some(payment)) => {
                Ok(shard.snapshot.get(&DISPUTE_NUMBERS, &(merchant.clone(), payment.clone(), dispute.clone()))?)
            }
            _ => Ok(None),
        }
    }
}
