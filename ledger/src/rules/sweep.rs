//! What ends an entry: what is available repays what is owed, then feeds sweeping holds in order of placing.
//!
//! Feeding begins at the first hold that sweeps and stops when the money is gone, so it costs what it feeds, however many wait.

use super::draft::{Draft, Move, Purview};
use super::fold::Fold;
use super::state::{Hold, Merchant, Object, Sweeping};
use crate::entry::{Account, Code, Detail, Leg};
use crate::source::{Error, Source};
use schemas::ids::{HoldId, MerchantId};

impl Fold {
    /// Ends an entry in every book and currency that it touched.
    pub(super) fn settle(&mut self, source: &dyn Source, name: &MerchantId, draft: &mut Draft, merchant: &mut Merchant) -> Result<(), Error> {
        for at in draft.take_touched() {
            draft.repay(merchant, &at)?;
            self.feed(source, name, draft, merchant, &at)?;
        }
        Ok(())
    }

    fn feed(&mut self, source: &dyn Source, name: &MerchantId, draft: &mut Draft, merchant: &mut Merchant, at: &Purview) -> Result<(), Error> {
        loop {
            let purse = draft.purse(merchant, at);
            let available = purse.available;
            let Some(first) = purse.sweeping.as_ref().filter(|_| available > 0).map(|sweeping| sweeping.first.clone()) else { return Ok(()) };
            let mut hold = self.sweeping_hold(source, name, &first)?;
            let amount = available.min(hold.missing);
            hold.missing -= amount;
            hold.amount += amount;
            if hold.missing == 0 {
                match (hold.next.take(), &mut draft.purse_to_change(merchant, at).sweeping) {
                    (Some(next), Some(sweeping)) => sweeping.first = next,
                    (_, sweeping) => *sweeping = None,
                }
            }
            self.holds.put(Object::Hold.key(name, first.as_str()), &hold);
            let held = Account::merchant_detail(Code::Hold, Detail::Hold(first));
            draft.post(merchant, at, Move::new(Leg::Sweep, Account::merchant(Code::Available), held, amount))?;
        }
    }

    /// Keeps a hold that was placed; one that sweeps is fed after those that sweep already.
    pub(super) fn keep_placed(&mut self, source: &dyn Source, name: &MerchantId, merchant: &mut Merchant, id: &HoldId, hold: &Hold) -> Result<(), Error> {
        self.holds.put(Object::Hold.key(name, id.as_str()), hold);
        if hold.missing == 0 {
            return Ok(());
        }
        let purse = crate::few::entry(&mut merchant.purses, (hold.book.clone(), hold.currency));
        match &mut purse.sweeping {
            None => purse.sweeping = Some(Sweeping { first: id.clone(), last: id.clone() }),
            Some(Sweeping { last, .. }) => {
                let before = std::mem::replace(last, id.clone());
                let mut hold = self.sweeping_hold(source, name, &before)?;
                hold.next = Some(id.clone());
                self.holds.put(Object::Hold.key(name, before.as_str()), &hold);
            }
        }
        Ok(())
    }

    /// Whether a hold waits for money that becomes available there. Holds whose sweep has ended stay in the list until feeding comes by.
    pub(super) fn sweeps(&mut self, source: &dyn Source, name: &MerchantId, merchant: &Merchant, at: &Purview) -> Result<bool, Error> {
        let purse = merchant.purses.get(&(at.book.clone(), at.currency));
        let mut next = purse.and_then(|purse| purse.sweeping.as_ref()).map(|sweeping| sweeping.first.clone());
        while let Some(id) = next {
            let hold = self.sweeping_hold(source, name, &id)?;
            if hold.missing > 0 {
                return Ok(true);
            }
            next = hold.next;
        }
        Ok(false)
    }

    fn sweeping_hold(&mut self, source: &dyn Source, name: &MerchantId, id: &HoldId) -> Result<Hold, Error> {
        let hold = self.holds.get(source, &Object::Hold.key(name, id.as_str()))?;
        hold.ok_or_else(|| Error(format!("hold {id} of {name} sweeps and is not there")))
    }
}
