//! Events of the bank itself: settlements, and what it and PSPs pay.

use crate::model::account::{Account, Line};
use crate::model::event::Event;

/// The lines of a house event; it is never refused.
pub fn lines(event: &Event) -> Vec<Line> {
    let (Some(currency), Some(amount)) = (event.currency(), event.amount()) else { return Vec::new() };
    let psp = event.text("psp");
    let book = psp.map_or_else(|| "bank".to_owned(), |psp| format!("psp:{psp}"));
    // Merchants' money at a PSP is in its client reserve; it pays from its own.
    let (clients, own) = if psp.is_some() { (1030, 1035) } else { (1020, 1020) };
    let line = |book: &str, debit: Account, credit: Account| Line { book: book.to_owned(), currency, debit, credit, amount };
    let plain = Account::plain;
    match event.kind.as_str() {
        "scheme_settled" => vec![line(&book, plain(clients), Account::of(1010, event.need("scheme")))],
        "partner_paid" => vec![line(&book, Account::of(2080, event.need("partner")), plain(own))],
        "tax_paid" => vec![line(&book, plain(2090), plain(own))],
        "psp_paid_bank" => {
            vec![line(&book, plain(2085), plain(own)), line("bank", plain(1020), Account::of(1045, event.need("psp")))]
        }
        "fees_swept" => vec![line(&book, plain(1035), plain(1030))],
        _ => Vec::new(),
    }
}
