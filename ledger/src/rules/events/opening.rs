//! What is taken over from before: a merchant's balances against suspense, and payments that go on.

use super::OnPayment;
use super::funds::OnMerchant;
use super::refund::comes_back;
use crate::entry::{Account, Code, Leg, Note, OpenedPayment, RefusalCode};
use crate::rules::draft::Move;
use crate::rules::price;
use crate::rules::state::{Payment, Stage};
use crate::rules::verdict::{Verdict, refuse};
use crate::rules::waterfall::dated;
use schemas::event::{Opening, OpeningPayment};
use schemas::time::Date;

/// `opening_balance` of a merchant; `sweeps` says whether a hold of its book and currency waits for money.
pub fn balance(on: &mut OnMerchant, bucket: Opening, amount: u128, sweeps: bool, open: Date) -> Verdict {
    let purse = on.draft.purse(on.merchant, &on.at);
    let (available, owed) = (purse.available, purse.owed);
    let suspense = Account::plain(Code::Suspense);
    let (debit, credit) = match bucket {
        // It repays and feeds nothing, so there must be nothing to repay and to feed.
        Opening::Available if owed > 0 || sweeps => return refuse(RefusalCode::NotOpen, "something is owed, or a hold sweeps: bring that in last"),
        Opening::Owed if available > 0 => return refuse(RefusalCode::NotOpen, "something is available: nothing is owed meanwhile"),
        Opening::Pending(date) | Opening::Reserve(date) if date <= open => {
            return refuse(RefusalCode::WrongDate, format!("{date} is not after {open}, which is open"));
        }
        Opening::Available => (suspense, Account::merchant(Code::Available)),
        Opening::Pending(date) => (suspense, dated(Code::Pending, date)),
        Opening::Reserve(date) => (suspense, dated(Code::Reserve, date)),
        Opening::Owed => (Account::merchant(Code::MerchantReceivable), suspense),
    };
    on.draft.post(on.merchant, &on.at, Move::new(Leg::Opening, debit, credit, amount))?;
    Ok(())
}

/// `opening_payment`: no lines. It is captured and cleared, has nothing left in any bucket, and goes on like any other.
pub fn payment(on: &mut OnPayment, opening: &OpeningPayment) -> Verdict<Note> {
    if opening.booked_on >= on.open {
        return refuse(RefusalCode::WrongDate, format!("{} is not before {}, which is open", opening.booked_on, on.open));
    }
    let (captured, refunded, charged_back) = (u128::from(opening.amount.minor), u128::from(opening.refunded), u128::from(opening.charged_back));
    if refunded + charged_back > captured {
        return refuse(RefusalCode::ExceedsCaptured, "more went back than was captured");
    }
    // No alert: what it cost was told elsewhere.
    let (fees, _) = price::fees(on.contract, &on.payment.instrument, &opening.fees, captured);
    let payment = &mut *on.payment;
    payment.stage = Stage::Captured;
    payment.booked_on = opening.booked_on;
    payment.available_on = opening.booked_on;
    payment.carried = !opening.fees.is_empty();
    (payment.captured, payment.settled, payment.fees) = (captured, captured, fees);
    on.payment.back = comes_back(on, refunded);
    (on.payment.refunded, on.payment.refunded_settled, on.payment.charged_back) = (refunded, refunded, charged_back);
    let Payment { book, fees, back, .. } = &*on.payment;
    let (currency, minor, refunded, charged_back) = (opening.amount.currency, opening.amount.minor, opening.refunded, opening.charged_back);
    let payment = OpenedPayment { book: book.clone(), currency, minor, refunded, charged_back, fees: *fees, back: *back };
    Ok(Note::Opening { payment: Box::new(payment) })
}
