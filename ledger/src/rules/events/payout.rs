//! Payouts: initiated, then paid or failed; what was paid may come back.

use crate::entry::{Account, Code, Detail, Leg, RefusalCode, Wait, cash};
use crate::rules::draft::{Draft, Move, Purview};
use crate::rules::state::{Hold, Merchant, Payout, PayoutStage};
use crate::rules::verdict::{Stop, Verdict, refuse, refuse_above};
use schemas::event::HoldReason;
use schemas::ids::{HoldId, PayoutId};

fn account(id: &PayoutId) -> Account {
    Account::merchant_detail(Code::PayoutInTransit, Detail::Payout(id.clone()))
}

fn purview(payout: &Payout) -> Purview {
    Purview { book: payout.book.clone(), currency: payout.currency }
}

/// `payout_initiated`: at most what is payable.
pub fn initiated(draft: &mut Draft, merchant: &mut Merchant, at: &Purview, id: &PayoutId, amount: u64) -> Verdict<Payout> {
    let payable = draft.purse(merchant, at).payable();
    if u128::from(amount) > payable {
        return refuse_above(RefusalCode::InsufficientFunds, payable, at.currency, "is payable");
    }
    draft.post(merchant, at, Move::new(Leg::Payout, Account::merchant(Code::Available), account(id), u128::from(amount)))?;
    Ok(Payout { book: at.book.clone(), currency: at.currency, amount, stage: PayoutStage::Initiated })
}

fn closed<T>(stage: PayoutStage) -> Verdict<T> {
    let name = match stage {
        PayoutStage::Initiated => "initiated",
        PayoutStage::Paid => "paid",
        PayoutStage::Failed => "failed",
        PayoutStage::Returned => "returned",
    };
    refuse(RefusalCode::NotOpen, format!("the payout is {name}"))
}

/// `payout_paid`.
pub fn paid(draft: &mut Draft, merchant: &mut Merchant, id: &PayoutId, payout: &mut Payout) -> Verdict {
    match payout.stage {
        PayoutStage::Initiated => {}
        stage @ (PayoutStage::Paid | PayoutStage::Failed | PayoutStage::Returned) => return closed(stage),
    }
    payout.stage = PayoutStage::Paid;
    let paid = Move::new(Leg::PayoutPaid, account(id), Account::plain(cash(&payout.book)), u128::from(payout.amount));
    draft.post(merchant, &purview(payout), paid)?;
    Ok(())
}

/// `payout_failed`: the money is available again.
pub fn failed(draft: &mut Draft, merchant: &mut Merchant, id: &PayoutId, payout: &mut Payout) -> Verdict {
    match payout.stage {
        PayoutStage::Initiated => {}
        stage @ (PayoutStage::Paid | PayoutStage::Failed | PayoutStage::Returned) => return closed(stage),
    }
    payout.stage = PayoutStage::Failed;
    let back = Move::new(Leg::PayoutFailed, account(id), Account::merchant(Code::Available), u128::from(payout.amount));
    draft.post(merchant, &purview(payout), back)?;
    Ok(())
}

/// `payout_returned`: the money came back and is held under the payout's id until somebody knows why. `hold` is the
/// hold that has this id already, if any. Answers the hold.
pub fn returned(draft: &mut Draft, merchant: &mut Merchant, id: &PayoutId, payout: &mut Payout, hold: Option<Hold>) -> Verdict<(HoldId, Hold)> {
    match payout.stage {
        PayoutStage::Initiated => return Err(Stop::Park(Wait::Payout(id.clone()))),
        PayoutStage::Paid => {}
        stage @ (PayoutStage::Failed | PayoutStage::Returned) => return closed(stage),
    }
    let at = purview(payout);
    let Some(hold_id) = HoldId::new(id.as_str()) else { return closed(payout.stage) };
    let mut hold = match hold {
        Some(hold) => {
            if hold.book != at.book || hold.currency != at.currency {
                return refuse(RefusalCode::CurrencyMismatch, "a hold with the payout's id is in another book or currency");
            }
            hold
        }
        None => Hold { book: at.book.clone(), currency: at.currency, reason: HoldReason::PayoutReturned, amount: 0, missing: 0, next: None },
    };
    payout.stage = PayoutStage::Returned;
    hold.amount += u128::from(payout.amount);
    let held = Account::merchant_detail(Code::Hold, Detail::Hold(hold_id.clone()));
    draft.post(merchant, &at, Move::new(Leg::PayoutReturned, Account::plain(cash(&at.book)), held, u128::from(payout.amount)))?;
    Ok((hold_id, hold))
}
