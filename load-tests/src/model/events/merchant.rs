//! Events about a merchant: its contract, fees, releases, debts, corrections and maintenance.

use super::{agree, amount, merchant_wallet};
use crate::model::account::Account;
use crate::model::contract::Contract;
use crate::model::desk::{Desk, Handled, Stop};
use serde_json::Value;
use std::sync::Arc;

/// `contract_set`: a new version at once.
pub fn contract_set(desk: &mut Desk<'_>) -> Handled {
    let value = desk.event.get("contract").unwrap_or(&Value::Null);
    desk.merchant.contract = Contract::read(&desk.event.id, value).map(Arc::new).or(desk.merchant.contract.take());
    Ok(())
}

/// `reserve_released`: early, oldest release first.
pub fn reserve_released(desk: &mut Desk<'_>) -> Handled {
    let (wallet, amount) = (merchant_wallet(desk)?, amount(desk));
    let tranches = desk.purse(&wallet).reserve.clone();
    if amount > tranches.values().sum() {
        return Err(Stop::Refuse("insufficient_funds"));
    }
    let mut left = amount;
    for (release_on, has) in tranches {
        let taken = left.min(has);
        desk.post(&wallet, desk.own_detailed(2030, &release_on.to_string()), desk.own(2020), taken);
        left -= taken;
    }
    Ok(())
}

/// `early_release`: pending becomes available, then its fee is taken.
pub fn early_release(desk: &mut Desk<'_>) -> Handled {
    let (wallet, amount, contract) = (merchant_wallet(desk)?, amount(desk), desk.contract()?);
    let pending = desk.purse(&wallet).pending.clone();
    if amount > pending.values().sum() {
        return Err(Stop::Refuse("insufficient_funds"));
    }
    let mut left = amount;
    for (available_on, has) in pending {
        let taken = left.min(has);
        desk.post(&wallet, desk.own_detailed(2010, &available_on.to_string()), desk.own(2020), taken);
        left -= taken;
    }
    let fee = contract.early_fee.map_or(0, |price| price.of(amount, contract.rounding));
    let income = desk.own(4040);
    desk.take_fee(&wallet, None, income, fee, contract.vat_in(fee));
    desk.expect(wallet.currency, -fee);
    Ok(())
}

/// `fee_charged`: monthly, rental, other.
pub fn fee_charged(desk: &mut Desk<'_>) -> Handled {
    charge(desk, 4020)
}

/// `fee_waived`: a fee given back.
pub fn fee_waived(desk: &mut Desk<'_>) -> Handled {
    give(desk, 4090)
}

/// `tier_adjusted`: the discount settled afterwards, for a volume reached or missed.
pub fn tier_adjusted(desk: &mut Desk<'_>) -> Handled {
    if desk.event.text("direction") == Some("rebate") { give(desk, 4010) } else { charge(desk, 4010) }
}

fn charge(desk: &mut Desk<'_>, income: u16) -> Handled {
    let (wallet, amount, contract) = (merchant_wallet(desk)?, amount(desk), desk.contract()?);
    let income = desk.own(income);
    desk.take_fee(&wallet, None, income, amount, contract.vat_in(amount));
    desk.expect(wallet.currency, -amount);
    Ok(())
}

fn give(desk: &mut Desk<'_>, income: u16) -> Handled {
    let (wallet, amount, contract) = (merchant_wallet(desk)?, amount(desk), desk.contract()?);
    let (to, income) = (desk.own(2020), desk.own(income));
    desk.give_fee(&wallet, &to, income, amount, contract.vat_in(amount));
    desk.expect(wallet.currency, amount);
    Ok(())
}

/// `debt_repaid`: money from the merchant; more than is owed is available.
pub fn debt_repaid(desk: &mut Desk<'_>) -> Handled {
    let (wallet, amount) = (merchant_wallet(desk)?, amount(desk));
    desk.post(&wallet, wallet.cash(), desk.own(2020), amount);
    desk.expect(wallet.currency, amount);
    Ok(())
}

/// `debt_written_off`: at most what is owed.
pub fn debt_written_off(desk: &mut Desk<'_>) -> Handled {
    let (wallet, amount) = (merchant_wallet(desk)?, amount(desk));
    if amount > desk.purse(&wallet).owed {
        return Err(Stop::Refuse("exceeds_owed"));
    }
    desk.post(&wallet, desk.own(5040), desk.own(1050), amount);
    desk.expect(wallet.currency, amount);
    Ok(())
}

/// `adjustment`: a correction that two people made.
pub fn adjustment(desk: &mut Desk<'_>) -> Handled {
    let (wallet, amount) = (merchant_wallet(desk)?, amount(desk));
    if desk.event.text("direction") == Some("credit") {
        desk.post(&wallet, Account::plain(2120), desk.own(2020), amount);
        desk.expect(wallet.currency, amount);
    } else {
        let sources = desk.draw(&wallet, None, amount, true);
        desk.pay(&wallet, sources, vec![(Account::plain(2120), amount)]);
        desk.expect(wallet.currency, -amount);
    }
    Ok(())
}

/// `maintenance_due`: what a joint-build partner gets.
pub fn maintenance_due(desk: &mut Desk<'_>) -> Handled {
    let contract = desk.contract()?;
    agree(desk.event.currency(), contract.currency)?;
    let Some(partner) = contract.partner.as_ref().filter(|partner| partner.joint_build) else {
        return Err(Stop::Refuse("not_open"));
    };
    // Where neither the event nor the contract names an amount, nothing is ever due.
    let amount = desk.event.amount().or(partner.maintenance).ok_or(Stop::Refuse("not_open"))?;
    let wallet = merchant_wallet(desk)?;
    desk.post(&wallet, Account::of(5035, &partner.id), Account::of(2080, &partner.id), amount);
    Ok(())
}
