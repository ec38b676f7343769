//! The bank's and the PSPs' own events: settlements, partners, taxes, what PSPs pay.

use crate::entry::{Account, Code, cash, own_cash};
use crate::rules::draft::Draft;
use schemas::event::{Body, Book};
use schemas::ids::PspId;

fn book_of(psp: Option<&PspId>) -> Book {
    psp.map_or(Book::Bank, |psp| Book::Psp(psp.clone()))
}

/// Posts a house event; a body that is none posts nothing.
pub fn post(draft: &mut Draft, body: &Body) {
    match body {
        Body::SchemeSettled { scheme, amount, psp } => {
            let book = book_of(psp.as_ref());
            draft.house(&book, amount.currency, Account::plain(cash(&book)), Account::scheme(Code::SchemeReceivable, scheme), amount.minor.into());
        }
        Body::PartnerPaid { partner, amount, psp } => {
            let book = book_of(psp.as_ref());
            draft.house(&book, amount.currency, Account::partner(Code::PartnerPayable, partner), Account::plain(own_cash(&book)), amount.minor.into());
        }
        Body::TaxPaid { amount, psp } => {
            let book = book_of(psp.as_ref());
            draft.house(&book, amount.currency, Account::plain(Code::OutputVat), Account::plain(own_cash(&book)), amount.minor.into());
        }
        Body::PspPaidBank { psp, amount } => {
            let theirs = Book::Psp(psp.clone());
            draft.house(&theirs, amount.currency, Account::plain(Code::DueToBank), Account::plain(own_cash(&theirs)), amount.minor.into());
            draft.house(&Book::Bank, amount.currency, Account::plain(Code::SettlementCash), Account::psp(Code::DueFromPsp, psp), amount.minor.into());
        }
        Body::FeesSwept { psp, amount } => {
            let theirs = Book::Psp(psp.clone());
            draft.house(&theirs, amount.currency, Account::plain(Code::OwnCash), Account::plain(Code::ClientReserve), amount.minor.into());
        }
        _ => {}
    }
}
