//! Events of a hold: the checks in their order (see `on_merchant`), then the rule.

use super::closed::Thing;
use super::draft::Draft;
use super::events::hold;
use super::fold::{Asked, Fold};
use super::on_merchant::{agrees, purview};
use super::state::{Hold, Key, Merchant, Object};
use super::verdict::{Verdict, refuse};
use crate::entry::{HoldTerms, Note, RefusalCode, Wait};
use crate::source::{Error, Source};
use schemas::contract::Contract;
use schemas::event::HoldEvent;
use schemas::ids::{HoldId, MerchantId, PayoutId};

impl Fold {
    pub(super) fn hold_event(
        &mut self,
        asked: &Asked,
        (id, event): (&HoldId, &HoldEvent),
        merchant: &mut Merchant,
        contract: &Contract,
        draft: &mut Draft,
    ) -> Verdict<Note> {
        if let HoldEvent::Placed { amount, reason, expected_release, sweep } = event {
            if self.holds.get(asked.source, &hold_key(asked.merchant, id))?.is_some() {
                return refuse(RefusalCode::AlreadyExists, format!("hold {id} exists"));
            }
            let at = purview(asked.event, contract, amount.currency);
            let hold = hold::placed(draft, merchant, &at, id, amount.minor.into(), *reason, *sweep)?;
            self.keep_placed(asked.source, asked.merchant, merchant, id, &hold)?;
            let missing = hold.missing;
            let terms = HoldTerms { reason: *reason, expected_release: *expected_release };
            let (book, currency) = (at.book, amount.currency);
            return Ok(Note::Hold { hold: id.clone(), placed: Some(terms), missing, open: true, book, currency, amount: amount.minor.into() });
        }
        let mut hold = self.open_hold(asked, id)?;
        let amount = match event {
            HoldEvent::Placed { .. } => 0,
            HoldEvent::Released { amount } => hold::released(draft, merchant, id, &mut hold, amount.map(|money| money.minor))?,
            HoldEvent::Seized { amount, .. } => hold::seized(draft, merchant, id, &mut hold, amount.map(|money| money.minor))?,
        };
        let (book, currency) = (hold.book.clone(), hold.currency);
        let note = Note::Hold { hold: id.clone(), placed: None, missing: hold.missing, open: hold.is_open(), book, currency, amount };
        self.holds.put(hold_key(asked.merchant, id), &hold);
        Ok(note)
    }

    /// An open hold; a closed one is refused, one that is not there waited for.
    fn open_hold(&mut self, asked: &Asked, id: &HoldId) -> Verdict<Hold> {
        let Some(hold) = self.holds.get(asked.source, &hold_key(asked.merchant, id))? else {
            return Err(self.without(asked, &Thing::Hold(id.clone()), Wait::Hold(id.clone()))?);
        };
        agrees(asked.event, hold.currency)?;
        if hold.is_open() { Ok(hold) } else { refuse(RefusalCode::NotOpen, "the hold is closed") }
    }

    /// The hold that has a payout's id already, open or closed.
    pub(super) fn hold_of_payout(&mut self, source: &dyn Source, name: &MerchantId, id: &PayoutId) -> Result<Option<Hold>, Error> {
        let Some(id) = HoldId::new(id.as_str()) else { return Ok(None) };
        self.holds.get(source, &hold_key(name, &id))
    }
}

pub(super) fn hold_key(name: &MerchantId, id: &HoldId) -> Key {
    Object::Hold.key(name, id.as_str())
}
