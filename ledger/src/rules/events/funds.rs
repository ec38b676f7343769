//! A merchant's events without a payment: fees, waivers, tiers, debts, adjustments, early releases.

use super::signed;
use crate::entry::{Account, Code, RefusalCode, cash};
use crate::rules::draft::{Draft, Purview};
use crate::rules::income::split;
use crate::rules::price;
use crate::rules::state::{Merchant, Purse};
use crate::rules::verdict::{Verdict, refuse};
use crate::rules::waterfall::{dated, take};
use litemap::LiteMap;
use schemas::contract::{Contract, PartnerKind};
use schemas::time::Date;

/// An event about a merchant, being posted.
pub struct OnMerchant<'a> {
    /// The entry.
    pub draft: &'a mut Draft,
    /// The merchant.
    pub merchant: &'a mut Merchant,
    /// The contract in force.
    pub contract: &'a Contract,
    /// The book and currency that the event is in.
    pub at: Purview,
}

impl OnMerchant<'_> {
    /// Takes a fee by the waterfall: `fee_charged`, a surcharge, the fee of an early release.
    pub fn charge(&mut self, income: Code, amount: u128) {
        let split = split(income, signed(amount), signed(price::vat_in(amount, self.contract)));
        take(self.draft, self.merchant, &self.at, &split.sides);
    }

    /// Gives a fee back into available: `fee_waived`, a rebate.
    pub fn give_back(&mut self, income: Code, amount: u128) {
        let split = split(income, signed(amount), signed(price::vat_in(amount, self.contract)));
        for (side, part) in split.sides {
            self.draft.post(self.merchant, &self.at, side, Account::merchant(Code::Available), part);
        }
    }

    /// `reserve_released`: early, oldest tranche first.
    pub fn release_reserve(&mut self, amount: u128) -> Verdict {
        self.move_to_available(Code::Reserve, |purse| &purse.reserve, amount)
    }

    /// `early_release`: pending becomes available, earliest date first; then its fee is taken.
    pub fn release_early(&mut self, amount: u128) -> Verdict {
        self.move_to_available(Code::Pending, |purse| &purse.pending, amount)?;
        if let Some(fee) = &self.contract.settlement.early_fee {
            self.charge(Code::EarlyReleaseIncome, price::price(fee, amount, self.contract.rounding));
        }
        Ok(())
    }

    fn move_to_available(&mut self, code: Code, buckets: fn(&Purse) -> &LiteMap<Date, u128>, amount: u128) -> Verdict {
        let purse = self.draft.purse(self.merchant, &self.at);
        let mut left = amount;
        let mut draws = Vec::new();
        for (&date, &there) in buckets(purse).iter() {
            let part = there.min(left);
            if part > 0 {
                left -= part;
                draws.push((date, part));
            }
        }
        if left > 0 {
            return refuse(RefusalCode::InsufficientFunds, "there is less than that");
        }
        for (date, part) in draws {
            self.draft.post(self.merchant, &self.at, dated(code, date), Account::merchant(Code::Available), part);
        }
        Ok(())
    }

    /// `maintenance_due`: what the contract says, or the event; only under a joint build.
    pub fn maintenance(&mut self, amount: Option<u64>) -> Verdict {
        let vendor = self.contract.partner.as_ref().filter(|partner| partner.kind == PartnerKind::JointBuild);
        let Some(vendor) = vendor else { return refuse(RefusalCode::NotOpen, "the contract is no joint build") };
        let Some(amount) = amount.or(vendor.maintenance) else { return refuse(RefusalCode::NotOpen, "neither the event nor the contract says how much") };
        let (cost, payable) = (Account::partner(Code::MaintenanceCost, &vendor.id), Account::partner(Code::PartnerPayable, &vendor.id));
        self.draft.post(self.merchant, &self.at, cost, payable, u128::from(amount));
        Ok(())
    }

    /// `debt_repaid`: money from the merchant; what is owed is repaid from it at the end of the entry.
    pub fn repay_debt(&mut self, amount: u128) {
        let from = Account::plain(cash(&self.at.book));
        self.draft.post(self.merchant, &self.at, from, Account::merchant(Code::Available), amount);
    }

    /// `debt_written_off`.
    pub fn write_off(&mut self, amount: u128) -> Verdict {
        if amount > self.draft.purse(self.merchant, &self.at).owed {
            return refuse(RefusalCode::ExceedsOwed, "less than that is owed");
        }
        self.draft.post(self.merchant, &self.at, Account::merchant(Code::CreditLoss), Account::merchant(Code::MerchantReceivable), amount);
        Ok(())
    }

    /// `adjustment`, in favour of the merchant or against.
    pub fn adjust(&mut self, credit: bool, amount: u128) {
        let suspense = Account::plain(Code::Suspense);
        if credit {
            self.draft.post(self.merchant, &self.at, suspense, Account::merchant(Code::Available), amount);
        } else {
            take(self.draft, self.merchant, &self.at, &[(suspense, amount)]);
        }
    }
}
