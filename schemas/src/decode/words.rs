//! Words that events may use where the ledger knows more of them, or fewer.

use crate::event::HoldReason;

/// Why an event may hold money. `payout_returned` is the ledger's alone.
pub fn hold_reason(text: &str) -> Option<HoldReason> {
    HoldReason::from_name(text).filter(|_| HoldReason::OF_EVENTS.contains(&text))
}

/// One of two words: whether it is the first.
pub fn first_of(text: &str, first: &str, second: &str) -> Option<bool> {
    if text == first { Some(true) } else { (text == second).then_some(false) }
}
