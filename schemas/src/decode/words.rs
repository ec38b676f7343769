//! Words of the wire that are enums here.

use crate::event::{Book, Card, EntryMode, FeeKind, HoldReason};
use crate::ids::PspId;

/// How it was funded.
pub fn card(text: &str) -> Option<Card> {
    Some(match text {
        "debit" => Card::Debit,
        "credit" => Card::Credit,
        "prepaid" => Card::Prepaid,
        "wallet" => Card::Wallet,
        _ => return None,
    })
}

/// How it came into the terminal.
pub fn entry_mode(text: &str) -> Option<EntryMode> {
    Some(match text {
        "swipe" => EntryMode::Swipe,
        "insert" => EntryMode::Insert,
        "tap" => EntryMode::Tap,
        "qr" => EntryMode::Qr,
        "mobile" => EntryMode::Mobile,
        "face" => EntryMode::Face,
        "keyed" => EntryMode::Keyed,
        "credential_on_file" => EntryMode::CredentialOnFile,
        _ => return None,
    })
}

/// Why an event may hold money. `payout_returned` is the ledger's alone.
pub fn hold_reason(text: &str) -> Option<HoldReason> {
    Some(match text {
        "risk" => HoldReason::Risk,
        "legal" => HoldReason::Legal,
        "kyc" => HoldReason::Kyc,
        _ => return None,
    })
}

/// What a fee is for.
pub fn fee_kind(text: &str) -> Option<FeeKind> {
    Some(match text {
        "monthly" => FeeKind::Monthly,
        "rental" => FeeKind::Rental,
        "other" => FeeKind::Other,
        _ => return None,
    })
}

/// Whose book.
pub fn book(text: &str) -> Option<Book> {
    match text.strip_prefix("psp:") {
        Some(psp) => PspId::new(psp).map(Book::Psp),
        None => (text == "bank").then_some(Book::Bank),
    }
}

/// One of two words: whether it is the first.
pub fn first_of(text: &str, first: &str, second: &str) -> Option<bool> {
    if text == first { Some(true) } else { (text == second).then_some(false) }
}
