//! The bank's and the PSPs' own events: settlements, partners, taxes, what PSPs pay.

use crate::entry::{Account, Code, Leg, cash, own_cash};
use crate::rules::draft::{Draft, Move};
use crate::source::Error;
use schemas::event::{Book, House, HouseOpening};
use schemas::ids::PspId;
use schemas::money::Money;

fn book_of(psp: Option<&PspId>) -> Book {
    psp.map_or(Book::Bank, |psp| Book::Psp(psp.clone()))
}

/// Posts a house event.
pub fn post(draft: &mut Draft, event: &House) -> Result<(), Error> {
    match event {
        House::SchemeSettled { scheme, amount, psp } => {
            let book = book_of(psp.as_ref());
            let (cash, receivable) = (Account::plain(cash(&book)), Account::scheme(Code::SchemeReceivable, scheme));
            draft.house(&book, amount.currency, Move::new(Leg::SchemeSettled, cash, receivable, amount.minor.into()))
        }
        House::PartnerPaid { partner, amount, psp } => {
            let book = book_of(psp.as_ref());
            let (payable, cash) = (Account::partner(Code::PartnerPayable, partner), Account::plain(own_cash(&book)));
            draft.house(&book, amount.currency, Move::new(Leg::PartnerPaid, payable, cash, amount.minor.into()))
        }
        House::TaxPaid { amount, psp } => {
            let book = book_of(psp.as_ref());
            let (tax, cash) = (Account::plain(Code::OutputVat), Account::plain(own_cash(&book)));
            draft.house(&book, amount.currency, Move::new(Leg::TaxPaid, tax, cash, amount.minor.into()))
        }
        House::PspPaidBank { psp, amount } => {
            let theirs = Book::Psp(psp.clone());
            let (due, cash) = (Account::plain(Code::DueToBank), Account::plain(own_cash(&theirs)));
            draft.house(&theirs, amount.currency, Move::new(Leg::PspPaidBank, due, cash, amount.minor.into()))?;
            let (cash, due) = (Account::plain(Code::SettlementCash), Account::psp(Code::DueFromPsp, psp));
            draft.house(&Book::Bank, amount.currency, Move::new(Leg::PspPaidBank, cash, due, amount.minor.into()))
        }
        House::Opening { item, amount, psp } => opening(draft, item, *amount, psp.as_ref()),
        House::FeesSwept { psp, amount } => {
            let (own, clients) = (Account::plain(Code::OwnCash), Account::plain(Code::ClientReserve));
            draft.house(&Book::Psp(psp.clone()), amount.currency, Move::new(Leg::FeesSwept, own, clients, amount.minor.into()))
        }
    }
}

/// `opening_balance` of `@house`: what is there against suspense. What a PSP owes the bank is in the book of each.
fn opening(draft: &mut Draft, item: &HouseOpening, amount: Money, psp: Option<&PspId>) -> Result<(), Error> {
    let (book, suspense) = (book_of(psp), Account::plain(Code::Suspense));
    let mut post = |book: &Book, debit, credit| draft.house(book, amount.currency, Move::new(Leg::Opening, debit, credit, amount.minor.into()));
    match item {
        HouseOpening::Cash => post(&book, Account::plain(cash(&book)), suspense),
        HouseOpening::Receivable(scheme) => post(&book, Account::scheme(Code::SchemeReceivable, scheme), suspense),
        HouseOpening::Partner(partner) => post(&book, suspense, Account::partner(Code::PartnerPayable, partner)),
        HouseOpening::Vat => post(&book, suspense, Account::plain(Code::OutputVat)),
        HouseOpening::DueFromPsp(psp) => {
            post(&Book::Bank, Account::psp(Code::DueFromPsp, psp), suspense.clone())?;
            post(&Book::Psp(psp.clone()), suspense, Account::plain(Code::DueToBank))
        }
    }
}
