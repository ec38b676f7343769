//! Events of a payout: the checks in their order (see `on_merchant`), then the rule.

use super::closed::Thing;
use super::draft::Draft;
use super::events::payout;
use super::fold::{Asked, Fold};
use super::on_hold::hold_key;
use super::on_merchant::{agrees, purview};
use super::state::{Key, Merchant, Object};
use super::verdict::{Verdict, refuse};
use crate::entry::{Note, RefusalCode, Wait};
use schemas::contract::Contract;
use schemas::event::PayoutEvent;
use schemas::ids::{MerchantId, PayoutId};

impl Fold {
    pub(super) fn payout_event(
        &mut self,
        asked: &Asked,
        (id, event): (&PayoutId, &PayoutEvent),
        merchant: &mut Merchant,
        contract: &Contract,
        draft: &mut Draft,
    ) -> Verdict<Note> {
        let key = payout_key(asked.merchant, id);
        let known = self.payouts.get(asked.source, &key)?;
        if let PayoutEvent::Initiated { amount, destination } = event {
            if known.is_some() {
                return refuse(RefusalCode::AlreadyExists, format!("payout {id} exists"));
            }
            let at = purview(asked.event, contract, amount.currency);
            let payout = payout::initiated(draft, merchant, &at, id, amount.minor)?;
            self.payouts.put(key, &payout);
            return Ok(Note::Payout { payout: id.clone(), currency: amount.currency, amount: amount.minor, destination: destination.clone() });
        }
        let Some(mut known) = known else {
            return Err(self.without(asked, &Thing::Payout(id), Wait::Payout(id.clone()))?);
        };
        agrees(asked.event, known.currency)?;
        match event {
            PayoutEvent::Initiated { .. } => {}
            PayoutEvent::Paid => payout::paid(draft, merchant, id, &mut known)?,
            PayoutEvent::Failed => payout::failed(draft, merchant, id, &mut known)?,
            PayoutEvent::Returned => {
                let hold = self.hold_of_payout(asked.source, asked.merchant, id)?;
                let (held_under, hold) = payout::returned(draft, merchant, id, &mut known, hold)?;
                self.holds.put(hold_key(asked.merchant, &held_under), &hold);
            }
        }
        self.payouts.put(key, &known);
        Ok(Note::Payout { payout: id.clone(), currency: known.currency, amount: known.amount, destination: None })
    }
}

pub(super) fn payout_key(name: &MerchantId, id: &PayoutId) -> Key {
    Object::Payout.key(name, id.as_str())
}
