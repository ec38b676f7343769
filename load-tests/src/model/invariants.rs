//! What always holds (section 7: 1, 2, 3 and 5), checked on the model's own state.

use super::Model;
use super::account::Line;
use super::purse::Purse;
use super::state::{Merchant, Payment};
use std::collections::BTreeMap;

/// The first rule that an entry broke, in words.
pub type Broken = String;

/// Checks the lines of an entry: every one is above zero, and so it balances per book and currency by its form.
pub fn check_lines(lines: &[Line]) -> Result<(), Broken> {
    match lines.iter().find(|line| line.amount <= 0 || line.debit == line.credit) {
        Some(line) => Err(format!("1: a line that moves nothing: {line}")),
        None => Ok(()),
    }
}

/// Checks one merchant after an entry of its own.
pub fn check_merchant(model: &Model, name: &str) -> Result<(), Broken> {
    let Some(merchant) = model.merchants.get(name) else { return Ok(()) };
    for ((book, currency), purse) in &merchant.purses {
        check_purse(purse).map_err(|why| format!("2: {name} {book} {currency}: {why}"))?;
    }
    check_total(merchant).map_err(|why| format!("3: {name}: {why}"))?;
    check_holds(merchant).map_err(|why| format!("holds: {name}: {why}"))?;
    merchant.payments.values().try_for_each(check_payment).map_err(|why| format!("5: {name}: {why}"))
}

/// Checks the whole trial balance: debits are credits, per book and currency.
pub fn check_ledger(model: &Model) -> Result<(), Broken> {
    let mut sums = BTreeMap::<_, i128>::new();
    for ((book, _, currency, ..), (debits, credits)) in &model.accounts {
        *sums.entry((book, currency)).or_default() += debits - credits;
    }
    match sums.iter().find(|(_, sum)| **sum != 0) {
        Some(((book, currency), sum)) => Err(format!("1: {book} {currency} is out by {sum}")),
        None => Ok(()),
    }
}

fn check_purse(purse: &Purse) -> Result<(), Broken> {
    let details = [&purse.held, &purse.disputed, &purse.in_transit];
    let lowest = purse.pending.values().chain(purse.reserve.values()).chain(details.into_iter().flat_map(|map| map.values())).min();
    let lowest = lowest.copied().unwrap_or(0).min(purse.available).min(purse.preauthorised);
    if lowest < 0 {
        return Err(format!("a bucket is debit-balanced by {lowest}"));
    }
    if purse.owed < 0 {
        return Err(format!("owed is {}", purse.owed));
    }
    if purse.owed > 0 && purse.available > 0 {
        return Err(format!("{} is owed while {} is available", purse.owed, purse.available));
    }
    Ok(())
}

fn check_total(merchant: &Merchant) -> Result<(), Broken> {
    let mut totals = BTreeMap::<_, i128>::new();
    for ((_, currency), purse) in &merchant.purses {
        *totals.entry(*currency).or_default() += purse.total();
    }
    for (currency, expected) in &merchant.expected {
        let total = totals.get(currency).copied().unwrap_or(0);
        if total != *expected {
            return Err(format!("{currency} is {total}, the events make {expected}"));
        }
    }
    Ok(())
}

fn check_holds(merchant: &Merchant) -> Result<(), Broken> {
    for hold in &merchant.holds {
        let purse = merchant.purses.get(&(hold.book.clone(), hold.currency));
        let held = purse.and_then(|purse| purse.held.get(&hold.id)).copied().unwrap_or(0);
        let available = purse.map_or(0, |purse| purse.available);
        if held != hold.amount || hold.missing < 0 || (hold.missing > 0 && available > 0) {
            return Err(format!("{}: {held} is held, the hold says {}, {} missing, {available} available", hold.id, hold.amount, hold.missing));
        }
    }
    Ok(())
}

fn check_payment(payment: &Payment) -> Result<(), Broken> {
    let (refunded, charged_back, captured) = (payment.refunded(), payment.charged_back(), payment.captured);
    let own = payment.own_pending.min(payment.own_reserve);
    // Of captured payments: what stands alone has captured nothing.
    if (refunded + charged_back > captured && payment.alone.is_none()) || own < 0 {
        return Err(format!("{}: {refunded} refunded and {charged_back} charged back of {captured}; own {own}", payment.id));
    }
    Ok(())
}
