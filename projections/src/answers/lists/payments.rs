//! Every payment, by the date of its sale or completion, before that by the date on which it was placed.

use super::{Filter, Listed};
use crate::answers::{Error, Shard};
use crate::folds::objects::{PAYMENTS, Payment, Terms};
use ledger::entry::Recorded;
use schemas::event::{EventType, Subject};
use schemas::ids::{EventId, MerchantId, PaymentId};
use std::collections::BTreeMap;

/// The states of a payment.
pub const PAYMENT_STATES: [&str; 4] = ["authorised", "captured", "voided", "released"];
/// Names of contracts that a page remembers.
const VERSIONS_MAX: usize = 4096;

/// The list of payments. It knows every filter but type and reason; amount is that of the sale or completion, and the
/// reference may be any of the payment's events'.
#[derive(Clone, Debug, Default)]
pub struct Payments {
    /// Names of the contracts that were met: by partition and entry.
    versions: BTreeMap<(u32, u64), Option<EventId>>,
}

/// A payment as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRow {
    /// Whose.
    pub merchant: MerchantId,
    /// Which.
    pub id: PaymentId,
    /// How it stands.
    pub payment: Payment,
    /// What it is about.
    pub terms: Terms,
    /// The event that set the contract that prices it.
    pub contract_version: Option<EventId>,
}

impl Payments {
    fn version(&mut self, shard: &Shard<'_>, number: u64) -> Result<Option<EventId>, Error> {
        if self.versions.len() > VERSIONS_MAX {
            self.versions.clear();
        }
        if let Some(known) = self.versions.get(&(shard.partition, number)) {
            return Ok(known.clone());
        }
        let version = shard.contract(number)?.map(|version| version.event.clone());
        self.versions.insert((shard.partition, number), version.clone());
        Ok(version)
    }
}

/// Whether a payment is told at the entry `at`: where it is listed now; or, where it was listed when the first page was
/// read, if it has moved up since, beyond the entries that the pages are of.
const fn is_told_at(at: u64, listed: u64, counted: u64) -> bool {
    listed == at || (listed > at && listed >= counted)
}

impl Listed for Payments {
    type Row = PaymentRow;

    fn types(&self, _filter: &Filter) -> Vec<EventType> {
        vec![
            EventType::Sale,
            EventType::PreauthPlaced,
            EventType::PreauthCompleted,
            EventType::OpeningPayment,
            EventType::StandaloneRefund,
            EventType::StandaloneChargeback,
        ]
    }

    fn row(&mut self, shard: &Shard<'_>, entry: Recorded, counted: u64, filter: &Filter) -> Result<Option<PaymentRow>, Error> {
        let (Some(Subject::Merchant(merchant)), Some(id)) = (entry.row.subject.clone(), entry.row.payment.clone()) else { return Ok(None) };
        if filter.owner.as_ref().is_some_and(|asked| asked != merchant.as_str()) || !filter.fits_payment(&entry.row) {
            return Ok(None);
        }
        let Some(payment) = shard.snapshot.get(&PAYMENTS, &(merchant.clone(), id.clone()))? else { return Ok(None) };
        let Some(terms) = payment.terms.clone().filter(|terms| is_told_at(entry.number, terms.listed, counted)) else { return Ok(None) };
        let is_row = filter.fits(terms.currency, terms.stage.as_str())
            && filter.amount.fits(Some((terms.currency, terms.amount)))
            && filter.available_on.is_none_or(|asked| terms.is_captured() && Some(asked) == terms.available_on);
        if !is_row {
            return Ok(None);
        }
        let contract_version = self.version(shard, terms.contract)?;
        Ok(Some(PaymentRow { merchant, id, payment, terms, contract_version }))
    }

    fn stands_for(&self, shard: &Shard<'_>, entry: &Recorded) -> Result<Option<u64>, Error> {
        let (Some(Subject::Merchant(merchant)), Some(payment)) = (&entry.row.subject, &entry.row.payment) else { return Ok(None) };
        listed(shard, merchant, payment)
    }

    fn found_by_name(&self, shard: &Shard<'_>, filter: &Filter) -> Result<Option<Vec<u64>>, Error> {
        let (Some(owner), Some(payment)) = (&filter.owner, &filter.payment) else { return Ok(None) };
        let number = MerchantId::new(owner).map(|merchant| listed(shard, &merchant, payment)).transpose()?.flatten();
        Ok(Some(number.into_iter().collect()))
    }
}

fn listed(shard: &Shard<'_>, merchant: &MerchantId, payment: &PaymentId) -> Result<Option<u64>, Error> {
    let row = shard.snapshot.get(&PAYMENTS, &(merchant.clone(), payment.clone()))?;
    Ok(row.and_then(|row| row.terms).map(|terms| terms.listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_that_moves_up_between_two_pages_is_told_where_it_was() {
        // Placed at 10, completed at 50.
        assert!(!is_told_at(10, 50, 60), "the first page had it at 50");
        assert!(is_told_at(10, 50, 40), "it was completed after the first page was read");
        assert!(is_told_at(50, 50, 60) && is_told_at(10, 10, 60));
    }
}
