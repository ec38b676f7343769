//! The sides of a pair, and what they add up to.

use super::item::Item;
use schemas::ids::PaymentId;
use std::collections::BTreeSet;

/// Ours and theirs of a pair, in order, without what nobody expects.
#[derive(Clone, Debug, Default)]
pub struct Standing<'a> {
    /// Entries.
    pub ours: Vec<&'a Item>,
    /// Lines.
    pub theirs: Vec<&'a Item>,
}

/// Tells the sides of a pair apart. Payments that stand at nothing, and of which no line came, are left out: nobody expects them.
pub fn standing<'a>(items: impl IntoIterator<Item = &'a Item>, by_nobody: &BTreeSet<PaymentId>) -> Standing<'a> {
    let (mut ours, theirs): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.is_ours());
    if !by_nobody.is_empty() {
        ours.retain(|item| item.payment.as_ref().is_none_or(|payment| !by_nobody.contains(payment)));
    }
    Standing { ours, theirs }
}

impl Standing<'_> {
    /// Whether both sides are in one currency.
    pub fn is_of_one_currency(&self) -> bool {
        let mut currencies = self.ours.iter().chain(&self.theirs).map(|item| item.currency);
        let first = currencies.next();
        currencies.all(|currency| Some(currency) == first)
    }

    /// What ours add up to, and theirs.
    pub fn sums(&self) -> (i128, i128) {
        let sum = |items: &[&Item]| items.iter().map(|item| item.minor).sum();
        (sum(&self.ours), sum(&self.theirs))
    }

    /// The fees of ours and of theirs, where both can be compared: every line has one.
    pub fn fees(&self) -> (Option<i128>, Option<i128>) {
        let sum = |items: &[&Item]| if items.is_empty() { None } else { items.iter().map(|item| item.fee).sum::<Option<i128>>() };
        (sum(&self.ours), sum(&self.theirs))
    }

    /// How many units an entry the fees are apart, rounded up.
    pub fn fees_apart(&self) -> u64 {
        let entries = self.ours.len().max(1) as u128;
        match self.fees() {
            (Some(ours), Some(theirs)) => u64::try_from(ours.abs_diff(theirs).div_ceil(entries)).unwrap_or(u64::MAX),
            _ => 0,
        }
    }
}
