//! Events of one merchant: the checks in their order, then the rule.
//!
//! Checked in this order: contract known (else parked); order, maker; id free; payment, hold or payout known (else parked, or
//! refused where its making was); currency; the other waits; state; date; amount; whether a refund or dispute has come.

use super::closed::Thing;
use super::customers::Whose;
use super::draft::{Draft, Purview};
use super::events::funds::OnMerchant;
use super::events::{hold, payout, same_currency, signed};
use super::fold::{Fold, Posted};
use super::state::{Batch, Held, Hold, Merchant, scoped_key};
use super::verdict::{Stop, Verdict, refuse};
use crate::entry::{Alert, Code, HoldTerms, Note, RefusalCode, Wait};
use crate::source::{Error, Source};
use schemas::contract::Contract;
use schemas::event::{Body, TerminalEvent};
use schemas::ids::{HoldId, MerchantId, PayoutId};
use schemas::money::{Currency, Money};
use schemas::time::Date;
use std::sync::Arc;

impl Fold {
    /// Posts an event of a merchant, or says why not.
    pub(super) fn merchant_event(&mut self, source: &dyn Source, event: &TerminalEvent, name: &MerchantId, open: Date) -> Result<Verdict<Posted>, Error> {
        let held = self.merchants.take(source, name.as_str())?;
        if let Body::ContractSet { contract, json } = &event.body {
            let mut held = held.unwrap_or_else(|| Held::new(Merchant::default()));
            let entry = self.state.next_entry;
            self.contracts.set(entry, contract.as_ref().clone());
            held.value.contract = Some(entry);
            held.dirty = true;
            self.merchants.put(name.as_str().into(), held);
            let note = Note::Contract { contract: contract.clone(), json: json.clone() };
            return Ok(Ok(Posted { contract: Some(entry), note, ..Posted::default() }));
        }
        let Some(mut held) = held else { return Ok(Err(Stop::Park(Wait::Merchant(name.clone())))) };
        let Some(entry) = held.value.contract else {
            self.merchants.put(name.as_str().into(), held);
            return Ok(Err(Stop::Park(Wait::Merchant(name.clone()))));
        };
        let in_force = self.contracts.get(source, entry)?;
        let verdict = match people(&event.body) {
            Err(stop) => Ok(Err(stop)),
            Ok(()) if event.body.payment().is_some() => self.payment_event(source, event, name, &mut held.value, (entry, in_force), open),
            Ok(()) => self.without_payment(source, event, name, &mut held.value, (entry, in_force)),
        };
        if let Ok(Ok(posted)) = &verdict {
            self.due.note(name, &posted.opened);
            held.dirty = true;
        }
        self.merchants.put(name.as_str().into(), held);
        verdict
    }

    fn without_payment(
        &mut self,
        source: &dyn Source,
        event: &TerminalEvent,
        name: &MerchantId,
        merchant: &mut Merchant,
        in_force: (u64, Arc<Contract>),
    ) -> Result<Verdict<Posted>, Error> {
        let (entry, contract) = in_force;
        let mut draft = Draft::default();
        let note = match &event.body {
            Body::HoldPlaced { .. } | Body::HoldReleased { .. } | Body::HoldSeized { .. } => {
                self.hold_event(source, event, name, merchant, &contract, &mut draft)?
            }
            Body::PayoutInitiated { .. } | Body::PayoutPaid { .. } | Body::PayoutFailed { .. } | Body::PayoutReturned { .. } => {
                self.payout_event(source, event, name, merchant, &contract, &mut draft)?
            }
            Body::CustomerErased { customer: token } => {
                let whose = Whose { token, merchant: name, scope: contract.customer_scope };
                Ok(Note::Erased { customer: self.customers.erase_at_merchant(source, &mut self.state.erasures, whose)? })
            }
            _ => funds_event(event, merchant, &contract, &mut draft),
        };
        Ok(note.map(|note| {
            draft.settle(merchant);
            Posted { lines: draft.lines, opened: draft.opened, alerts: draft.alerts, contract: Some(entry), note, ..Posted::default() }
        }))
    }

    fn hold_event(
        &mut self,
        source: &dyn Source,
        event: &TerminalEvent,
        name: &MerchantId,
        merchant: &mut Merchant,
        contract: &Contract,
        draft: &mut Draft,
    ) -> Result<Verdict<Note>, Error> {
        if let Body::HoldPlaced { hold: id, amount, reason, expected_release, sweep } = &event.body {
            let key = hold_key(name, id);
            if merchant.holds.contains_key(id) || self.closed_holds.get(source, &key)?.is_some() {
                return Ok(refuse(RefusalCode::AlreadyExists, format!("hold {id} exists")));
            }
            let at = purview(event, contract, amount.currency);
            if let Err(stop) = hold::placed(draft, merchant, &at, id, amount.minor.into(), *reason, *sweep) {
                return Ok(Err(stop));
            }
            let missing = merchant.holds.get(id).map_or(0, |hold| hold.missing);
            let terms = HoldTerms { reason: *reason, expected_release: *expected_release };
            let (book, currency) = (at.book, amount.currency);
            return Ok(Ok(Note::Hold { hold: id.clone(), placed: Some(terms), missing, open: true, book, currency, amount: amount.minor.into() }));
        }
        let (Body::HoldReleased { hold: id, amount } | Body::HoldSeized { hold: id, amount, .. }) = &event.body else { return Ok(Ok(Note::None)) };
        let Some(mut hold) = merchant.holds.get(id).cloned() else {
            let closed = self.closed_holds.get(source, &hold_key(name, id))?.map(|hold| hold.currency);
            return Ok(match closed {
                None => Err(self.without(source, name, &Thing::Hold(id.clone()), Wait::Hold(id.clone()))?),
                Some(currency) => agrees(event, currency).and_then(|()| refuse(RefusalCode::NotOpen, "the hold is closed")),
            });
        };
        if let Err(stop) = agrees(event, hold.currency) {
            return Ok(Err(stop));
        }
        let part = amount.map(|money| money.minor);
        let moved = match &event.body {
            Body::HoldSeized { .. } => hold::seized(draft, merchant, id, &mut hold, part),
            _ => hold::released(draft, merchant, id, &mut hold, part),
        };
        let amount = match moved {
            Ok(amount) => amount,
            Err(stop) => return Ok(Err(stop)),
        };
        let (book, currency) = (hold.book.clone(), hold.currency);
        let note = Note::Hold { hold: id.clone(), placed: None, missing: hold.missing, open: hold.is_open(), book, currency, amount };
        if hold.is_open() {
            merchant.holds.insert(id.clone(), hold);
        } else {
            merchant.holds.remove(id);
            self.closed_holds.put(hold_key(name, id), &hold)?;
        }
        Ok(Ok(note))
    }

    fn payout_event(
        &mut self,
        source: &dyn Source,
        event: &TerminalEvent,
        name: &MerchantId,
        merchant: &mut Merchant,
        contract: &Contract,
        draft: &mut Draft,
    ) -> Result<Verdict<Note>, Error> {
        let (Body::PayoutInitiated { payout: id, .. }
        | Body::PayoutPaid { payout: id }
        | Body::PayoutFailed { payout: id }
        | Body::PayoutReturned { payout: id }) = &event.body
        else {
            return Ok(Ok(Note::None));
        };
        let key = payout_key(name, id);
        let known = self.payouts.get(source, &key)?;
        if let Body::PayoutInitiated { amount, destination, .. } = &event.body {
            if known.is_some() {
                return Ok(refuse(RefusalCode::AlreadyExists, format!("payout {id} exists")));
            }
            let at = purview(event, contract, amount.currency);
            let payout = match payout::initiated(draft, merchant, &at, id, amount.minor) {
                Ok(payout) => payout,
                Err(stop) => return Ok(Err(stop)),
            };
            self.payouts.put(key, &payout)?;
            return Ok(Ok(Note::Payout { payout: id.clone(), currency: amount.currency, amount: amount.minor, destination: destination.clone() }));
        }
        let Some(mut known) = known else {
            return Ok(Err(self.without(source, name, &Thing::Payout(id), Wait::Payout(id.clone()))?));
        };
        let verdict = match agrees(event, known.currency) {
            Err(stop) => Err(stop),
            Ok(()) => match &event.body {
                Body::PayoutPaid { .. } => payout::paid(draft, merchant, id, &mut known),
                Body::PayoutFailed { .. } => payout::failed(draft, merchant, id, &mut known),
                _ => {
                    let hold = self.hold_of_payout(source, name, merchant, id)?;
                    payout::returned(draft, merchant, id, &mut known, hold)
                }
            },
        };
        let note = verdict.map(|()| Note::Payout { payout: id.clone(), currency: known.currency, amount: known.amount, destination: None });
        if note.is_ok() {
            self.payouts.put(key, &known)?;
        }
        Ok(note)
    }

    /// The hold that has a payout's id already, open or closed.
    fn hold_of_payout(&mut self, source: &dyn Source, name: &MerchantId, merchant: &Merchant, id: &PayoutId) -> Result<Option<Hold>, Error> {
        let Some(id) = HoldId::new(id.as_str()) else { return Ok(None) };
        match merchant.holds.get(&id) {
            Some(hold) => Ok(Some(hold.clone())),
            None => self.closed_holds.get(source, &hold_key(name, &id)),
        }
    }
}

/// Fees, waivers, debts, adjustments, releases, batches.
fn funds_event(event: &TerminalEvent, merchant: &mut Merchant, contract: &Contract, draft: &mut Draft) -> Verdict<Note> {
    if let Body::BatchClosed { terminal, count, sum } = &event.body {
        let batch: Batch = merchant.batches.remove(&(terminal.clone(), sum.currency)).unwrap_or_default();
        if batch.count != i64::try_from(*count).unwrap_or(i64::MAX) || batch.sum != i128::from(sum.minor) {
            draft.alerts.push(Alert::OutOfBalance);
        }
        return Ok(Note::Amount { currency: sum.currency, minor: sum.minor });
    }
    let currency = event.currency.unwrap_or(contract.currency);
    if matches!(event.body, Body::MaintenanceDue { .. }) {
        same_currency(currency, contract.currency)?;
    }
    let mut on = OnMerchant { at: purview(event, contract, currency), draft, merchant, contract };
    let minor = |amount: &Money| u128::from(amount.minor);
    match &event.body {
        Body::ReserveReleased { amount } => on.release_reserve(minor(amount))?,
        Body::EarlyRelease { amount } => on.release_early(minor(amount))?,
        Body::FeeCharged { amount, .. } => on.charge(Code::OtherFeeIncome, minor(amount)),
        Body::FeeWaived { amount } => on.give_back(Code::FeeWaivers, minor(amount)),
        Body::TierAdjusted { rebate: true, amount } => on.give_back(Code::MdrIncome, minor(amount)),
        Body::TierAdjusted { rebate: false, amount } => on.charge(Code::MdrIncome, minor(amount)),
        Body::DebtRepaid { amount } => on.repay_debt(minor(amount)),
        Body::DebtWrittenOff { amount } => on.write_off(minor(amount))?,
        Body::Adjustment { credit, amount, .. } => on.adjust(*credit, minor(amount)),
        Body::MaintenanceDue { amount } => on.maintenance(amount.map(|money| money.minor))?,
        _ => {}
    }
    Ok(amount_note(event))
}

/// The checks of people: a seizure needs an order, an adjustment two of them.
fn people(body: &Body) -> Verdict {
    match body {
        Body::HoldSeized { order: None, .. } => refuse(RefusalCode::MissingOrder, "a seizure needs the order that it follows"),
        Body::Adjustment { maker, checker, .. } if maker == checker => {
            refuse(RefusalCode::SameMakerChecker, "who checks an adjustment must be another than who made it")
        }
        _ => Ok(()),
    }
}

/// The book that the event names, else its contract's; and the currency it is in.
fn purview(event: &TerminalEvent, contract: &Contract, currency: Currency) -> Purview {
    Purview { book: event.book.clone().unwrap_or_else(|| contract.book()), currency }
}

/// Refuses a currency that the event names and its object is not in.
pub(super) fn agrees(event: &TerminalEvent, currency: Currency) -> Verdict {
    event.currency.map_or(Ok(()), |named| same_currency(named, currency))
}

pub(super) fn hold_key(name: &MerchantId, id: &HoldId) -> compact_str::CompactString {
    scoped_key(name, &format!("H{id}"))
}

pub(super) fn payout_key(name: &MerchantId, id: &PayoutId) -> compact_str::CompactString {
    scoped_key(name, &format!("O{id}"))
}

/// The event's own amount.
pub(super) fn amount_note(event: &TerminalEvent) -> Note {
    event_amount(&event.body).map_or(Note::None, |money| Note::Amount { currency: money.currency, minor: money.minor })
}

const fn event_amount(body: &Body) -> Option<Money> {
    match body {
        Body::Sale { capture, .. } | Body::PreauthCompleted { capture, .. } => Some(capture.amount),
        Body::PreauthPlaced { amount, .. }
        | Body::DisputeOpened { amount, .. }
        | Body::Chargeback { amount, .. }
        | Body::PreauthIncreased { amount, .. }
        | Body::TipAdjusted { amount, .. }
        | Body::Refund { amount, .. }
        | Body::InstalmentSubsidy { amount, .. }
        | Body::HoldPlaced { amount, .. }
        | Body::PayoutInitiated { amount, .. }
        | Body::ReserveReleased { amount }
        | Body::EarlyRelease { amount }
        | Body::FeeCharged { amount, .. }
        | Body::FeeWaived { amount }
        | Body::TierAdjusted { amount, .. }
        | Body::DebtRepaid { amount }
        | Body::DebtWrittenOff { amount }
        | Body::Adjustment { amount, .. }
        | Body::SchemeSettled { amount, .. }
        | Body::PartnerPaid { amount, .. }
        | Body::TaxPaid { amount, .. }
        | Body::PspPaidBank { amount, .. }
        | Body::FeesSwept { amount, .. } => Some(*amount),
        Body::Reversal { amount, .. } | Body::HoldReleased { amount, .. } | Body::HoldSeized { amount, .. } | Body::MaintenanceDue { amount } => *amount,
        Body::LedgerOpened { .. }
        | Body::DayClosed { .. }
        | Body::CalendarSet { .. }
        | Body::ContractSet { .. }
        | Body::PreauthReleased { .. }
        | Body::Void { .. }
        | Body::RefundFailed { .. }
        | Body::ChargebackRepresented { .. }
        | Body::DisputeWon { .. }
        | Body::DisputeLost { .. }
        | Body::PayoutPaid { .. }
        | Body::PayoutFailed { .. }
        | Body::PayoutReturned { .. }
        | Body::BatchClosed { .. }
        | Body::CustomerErased { .. } => None,
    }
}

/// A change of captured less refunded, for views.
pub(super) fn net(amount: u128) -> i128 {
    signed(amount)
}
