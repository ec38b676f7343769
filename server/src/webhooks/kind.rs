//! What a webhook tells of: `payout.paid`, `payment.refund_failed` and so on. A type is named by what the event names, and by the
//! event's own name without that word.

use schemas::event::EventType;
use schemas::wire::event_type::{RULES, Scope};
use schemas::wire::field::Field;

/// A payout whose items are known, right after it was initiated.
pub const COMPOSED: &str = "payout.composed";
/// A figure of the balances fell below a threshold.
pub const BELOW: &str = "balance.below";
/// The merchant owes something, and did not before.
pub const OWED: &str = "balance.owed";

/// The type of a merchant's event; none of one that is never about a merchant.
pub fn kind_of(event_type: EventType) -> Option<String> {
    let rule = RULES.iter().find(|rule| rule.event_type == event_type)?;
    if matches!(rule.scope, Scope::House | Scope::Control) {
        return None;
    }
    let words = [("payout", Field::Payout), ("hold", Field::Hold), ("dispute", Field::Dispute), ("payment", Field::Payment)];
    let without = |word: &str| {
        let rest = rule.name.strip_prefix(word).map(|rest| rest.trim_start_matches('_'));
        rest.or_else(|| rule.name.strip_suffix(word).map(|rest| rest.trim_end_matches('_'))).filter(|rest| !rest.is_empty())
    };
    let named = words.iter().find_map(|(word, _)| Some((*word, without(word)?)));
    let (word, rest) = named.unwrap_or_else(|| {
        let needed = words.iter().find(|(_, field)| rule.needs.contains(field));
        (needed.map_or("merchant", |(word, _)| word), without("merchant").unwrap_or(rule.name))
    });
    Some(format!("{word}.{rest}"))
}

/// Every type that a hook may ask for.
pub fn all() -> Vec<String> {
    let mut kinds: Vec<String> = RULES.iter().filter_map(|rule| kind_of(rule.event_type)).collect();
    kinds.extend([COMPOSED, BELOW, OWED].map(str::to_owned));
    kinds.sort();
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_what_the_event_names_and_the_rest_of_its_name() {
        for (event, kind) in [
            (EventType::PayoutPaid, "payout.paid"),
            (EventType::HoldPlaced, "hold.placed"),
            (EventType::RefundFailed, "payment.refund_failed"),
            (EventType::DisputeOpened, "dispute.opened"),
            (EventType::Chargeback, "payment.chargeback"),
            (EventType::Sale, "payment.sale"),
            (EventType::ContractSet, "merchant.contract_set"),
            (EventType::FeeCharged, "merchant.fee_charged"),
        ] {
            assert_eq!(kind_of(event).as_deref(), Some(kind));
        }
        assert_eq!(kind_of(EventType::DayClosed), None);
        let all = all();
        let mut distinct = all.clone();
        distinct.dedup();
        assert_eq!(all, distinct, "two events of one type could not be told apart");
    }
}
