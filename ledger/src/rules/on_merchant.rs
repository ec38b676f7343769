//! Events of one merchant: the checks in their order, then the rule.
//!
//! Checked in this order: contract known (else parked); order, maker; id free; payment, hold or payout known (else parked, or
//! refused where its making was); currency; the other waits; state; date; amount; whether a refund or dispute has come.

use super::customers::Whose;
use super::draft::{Draft, Purview};
use super::events::funds::OnMerchant;
use super::events::{opening, same_currency};
use super::fold::{Asked, Fold, Posted};
use super::income::Fee;
use super::rows::amount_note;
use super::state::{Batch, Held, Merchant, Object};
use super::verdict::{Stop, Verdict, refuse};
use crate::entry::{Alert, Note, RefusalCode, Wait};
use crate::source::Error;
use schemas::contract::Contract;
use schemas::event::{Body, Funds, HoldEvent, Opening, TerminalEvent};
use schemas::ids::{CustomerToken, TerminalId};
use schemas::money::{Currency, Money};
use std::sync::Arc;

/// A contract that is in force: the entry of its `contract_set`, and what it says.
pub(super) type InForce = (u64, Arc<Contract>);

impl Fold {
    /// Posts an event of a merchant, or says why not.
    pub(super) fn merchant_event(&mut self, asked: &Asked) -> Verdict<Posted> {
        let name = asked.merchant;
        let held = self.merchants.take(asked.source, name.as_str())?;
        if let Body::ContractSet { contract, json } = &asked.event.body {
            let mut held = held.unwrap_or_else(|| Held::new(Merchant::default()));
            let entry = self.state.next_entry;
            self.contracts.set(entry, contract.as_ref().clone());
            held.value.contract = Some(entry);
            held.dirty = true;
            self.merchants.put(name.as_str(), held);
            let note = Note::Contract { contract: contract.clone(), json: json.clone() };
            return Ok(Posted { contract: Some(entry), note, ..Posted::default() });
        }
        let Some(mut held) = held else { return Err(Stop::Park(Wait::Merchant(name.clone()))) };
        let verdict = self.under_contract(asked, &mut held.value);
        if let Ok(posted) = &verdict {
            self.due.note(name, &mut held.value.due_on, &posted.opened);
            held.dirty = true;
        }
        self.merchants.put(name.as_str(), held);
        verdict
    }

    fn under_contract(&mut self, asked: &Asked, merchant: &mut Merchant) -> Verdict<Posted> {
        let Some(entry) = merchant.contract else { return Err(Stop::Park(Wait::Merchant(asked.merchant.clone()))) };
        let in_force = (entry, self.contracts.get(asked.source, entry)?);
        people(&asked.event.body)?;
        let mut draft = Draft::default();
        let note = match &asked.event.body {
            Body::Payment(id, event) => return self.payment_event(asked, id, event, merchant, &in_force),
            Body::Dispute(payment, id, event) => return self.dispute_event(asked, (payment, id), event, merchant, &in_force),
            Body::Hold(id, event) => self.hold_event(asked, (id, event), merchant, &in_force.1, &mut draft)?,
            Body::Payout(id, event) => self.payout_event(asked, (id, event), merchant, &in_force.1, &mut draft)?,
            Body::Funds(Funds::BatchClosed { terminal, count, sum }) => self.close_batch(asked, &mut draft, terminal, *count, *sum)?,
            Body::Funds(Funds::Opening { bucket, amount }) => self.opening_balance(asked, *bucket, *amount, merchant, &in_force.1, &mut draft)?,
            Body::Funds(event) => funds_event(asked.event, event, merchant, &in_force.1, &mut draft)?,
            Body::CustomerErased { customer } => self.erase(asked, customer, &in_force.1)?,
            Body::Control(_) | Body::House(_) | Body::ContractSet { .. } | Body::Reported(_) => return Ok(Posted::default()),
        };
        self.settle(asked.source, asked.merchant, &mut draft, merchant)?;
        Ok(Posted { lines: draft.lines, opened: draft.opened, alerts: draft.alerts, contract: Some(entry), note, ..Posted::default() })
    }

    /// A balance from before; what is available meets holds that sweep.
    fn opening_balance(
        &mut self,
        asked: &Asked,
        bucket: Opening,
        amount: Money,
        merchant: &mut Merchant,
        contract: &Contract,
        draft: &mut Draft,
    ) -> Verdict<Note> {
        same_currency(amount.currency, contract.currency)?;
        let at = purview(asked.event, contract, amount.currency);
        let sweeps = bucket == Opening::Available && self.sweeps(asked.source, asked.merchant, merchant, &at)?;
        let mut on = OnMerchant { at, draft, merchant, contract };
        opening::balance(&mut on, bucket, u128::from(amount.minor), sweeps, asked.open)?;
        Ok(amount_note(asked.event))
    }

    /// A customer is forgotten by this merchant.
    fn erase(&mut self, asked: &Asked, token: &CustomerToken, contract: &Contract) -> Verdict<Note> {
        let whose = Whose { token, merchant: asked.merchant, scope: contract.customer_scope };
        Ok(Note::Erased { customer: self.customers.erase_at_merchant(asked.source, &mut self.state.erasures, whose)? })
    }

    /// Adds what an event of a payment took to its terminal's batch.
    pub(super) fn add_to_batch(&mut self, asked: &Asked, (terminal, currency): (&TerminalId, Currency), taken: Batch) -> Result<(), Error> {
        let key = Object::Batch.key_within(asked.merchant, terminal.as_str(), currency.code());
        let mut batch = self.batches.take(asked.source, &key)?.unwrap_or_else(|| Held::new(Batch::default()));
        batch.value.count += taken.count;
        batch.value.sum += taken.sum;
        batch.dirty = true;
        self.batches.put(&key, batch);
        Ok(())
    }

    /// A terminal tells what it took since its last batch; another sum than ours is an alert.
    fn close_batch(&mut self, asked: &Asked, draft: &mut Draft, terminal: &TerminalId, count: u64, sum: Money) -> Result<Note, Error> {
        let key = Object::Batch.key_within(asked.merchant, terminal.as_str(), sum.currency.code());
        let known = self.batches.take(asked.source, &key)?;
        let batch = known.as_ref().map_or_else(Batch::default, |held| held.value);
        if i128::from(batch.count) != i128::from(count) || batch.sum != i128::from(sum.minor) {
            draft.alerts.push(Alert::OutOfBalance);
        }
        if let Some(mut held) = known {
            (held.value, held.dirty) = (Batch::default(), true);
            self.batches.put(&key, held);
        }
        Ok(Note::Amount { currency: sum.currency, minor: sum.minor.into() })
    }
}

/// Fees, waivers, debts, adjustments, releases.
fn funds_event(event: &TerminalEvent, body: &Funds, merchant: &mut Merchant, contract: &Contract, draft: &mut Draft) -> Verdict<Note> {
    let currency = event.currency.unwrap_or(contract.currency);
    let minor = |amount: &Money| u128::from(amount.minor);
    let mut on = OnMerchant { at: purview(event, contract, currency), draft, merchant, contract };
    match body {
        Funds::ReserveReleased { amount } => on.release_reserve(minor(amount))?,
        Funds::EarlyRelease { amount } => on.release_early(minor(amount))?,
        Funds::FeeCharged { amount, fee } => on.charge(Fee::of_kind(*fee), minor(amount))?,
        Funds::FeeWaived { amount } => on.give_back(Fee::WAIVER, minor(amount))?,
        Funds::TierAdjusted { rebate: true, amount } => on.give_back(Fee::TIER, minor(amount))?,
        Funds::TierAdjusted { rebate: false, amount } => on.charge(Fee::TIER, minor(amount))?,
        Funds::DebtRepaid { amount } => on.repay_debt(minor(amount))?,
        Funds::DebtWrittenOff { amount } => on.write_off(minor(amount))?,
        Funds::Adjustment { credit, amount, .. } => on.adjust(*credit, minor(amount))?,
        Funds::MaintenanceDue { amount } => {
            same_currency(currency, contract.currency)?;
            on.maintenance(amount.map(|money| money.minor))?;
        }
        // Posted before: they need more than their merchant.
        Funds::BatchClosed { .. } | Funds::Opening { .. } => {}
    }
    Ok(amount_note(event))
}

/// The checks of people: a seizure needs an order, an adjustment two of them.
fn people(body: &Body) -> Verdict {
    if let Body::Hold(_, HoldEvent::Seized { order: None, .. }) = body {
        return refuse(RefusalCode::MissingOrder, "a seizure needs the order that it follows");
    }
    if let Body::Funds(Funds::Adjustment { maker, checker, .. }) = body
        && maker == checker
    {
        return refuse(RefusalCode::SameMakerChecker, "who checks an adjustment must be another than who made it");
    }
    Ok(())
}

/// The book that the event names, else its contract's; and the currency it is in.
pub(super) fn purview(event: &TerminalEvent, contract: &Contract, currency: Currency) -> Purview {
    Purview { book: event.book.clone().unwrap_or_else(|| contract.book()), currency }
}

/// Refuses a currency that the event names and its object is not in.
pub(super) fn agrees(event: &TerminalEvent, currency: Currency) -> Verdict {
    event.currency.map_or(Ok(()), |named| same_currency(named, currency))
}
