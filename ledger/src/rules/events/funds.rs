//! A merchant's events without a payment: fees, waivers, tiers, debts, adjustments, early releases.

use crate::entry::{Account, Code, Leg, RefusalCode, cash};
use crate::rules::draft::{Draft, Move, Purview};
use crate::rules::exact::signed;
use crate::rules::income::{Fee, split};
use crate::rules::price;
use crate::rules::state::{Merchant, Purse};
use crate::rules::verdict::{Verdict, refuse, refuse_above};
use crate::rules::waterfall::{Target, dated, take};
use crate::source::Error;
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
    pub fn charge(&mut self, fee: Fee, amount: u128) -> Result<(), Error> {
        let split = split(fee, signed(amount)?, signed(price::vat_in(amount, self.contract))?);
        take(self.draft, self.merchant, &self.at, &split.sides)
    }

    /// Gives a fee back into available: `fee_waived`, a rebate.
    pub fn give_back(&mut self, fee: Fee, amount: u128) -> Result<(), Error> {
        let split = split(fee, signed(amount)?, signed(price::vat_in(amount, self.contract))?);
        for Target { leg, account, amount } in split.sides {
            self.draft.post(self.merchant, &self.at, Move::new(leg, account, Account::merchant(Code::Available), amount))?;
        }
        Ok(())
    }

    /// `reserve_released`: early, oldest tranche first.
    pub fn release_reserve(&mut self, amount: u128) -> Verdict {
        self.move_to_available(Leg::ReserveReleased, Code::Reserve, |purse| &purse.reserve, amount)
    }

    /// `early_release`: pending becomes available, earliest date first; then its fee is taken.
    pub fn release_early(&mut self, amount: u128) -> Verdict {
        self.move_to_available(Leg::EarlyRelease, Code::Pending, |purse| &purse.pending, amount)?;
        if let Some(fee) = &self.contract.settlement.early_fee {
            self.charge(Fee::EARLY_RELEASE, price::price(fee, amount, self.contract.rounding))?;
        }
        Ok(())
    }

    fn move_to_available(&mut self, leg: Leg, code: Code, buckets: fn(&Purse) -> &LiteMap<Date, u128>, amount: u128) -> Verdict {
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
            let what = if code == Code::Reserve { "is in reserve" } else { "is pending" };
            return refuse_above(RefusalCode::InsufficientFunds, amount - left, self.at.currency, what);
        }
        for (date, part) in draws {
            self.draft.post(self.merchant, &self.at, Move::new(leg, dated(code, date), Account::merchant(Code::Available), part))?;
        }
        Ok(())
    }

    /// `maintenance_due`: what the contract says, or the event; only under a joint build.
    pub fn maintenance(&mut self, amount: Option<u64>) -> Verdict {
        let vendor = self.contract.partner.as_ref().filter(|partner| partner.kind == PartnerKind::JointBuild);
        let Some(vendor) = vendor else { return refuse(RefusalCode::NotOpen, "the contract is no joint build") };
        let Some(amount) = amount.or(vendor.maintenance) else { return refuse(RefusalCode::NotOpen, "neither the event nor the contract says how much") };
        let (cost, payable) = (Account::partner(Code::MaintenanceCost, &vendor.id), Account::partner(Code::PartnerPayable, &vendor.id));
        self.draft.post(self.merchant, &self.at, Move::new(Leg::Maintenance, cost, payable, u128::from(amount)))?;
        Ok(())
    }

    /// `debt_repaid`: money from the merchant; what is owed is repaid from it at the end of the entry.
    pub fn repay_debt(&mut self, amount: u128) -> Result<(), Error> {
        let from = Account::plain(cash(&self.at.book));
        self.draft.post(self.merchant, &self.at, Move::new(Leg::DebtRepaid, from, Account::merchant(Code::Available), amount))
    }

    /// `debt_written_off`.
    pub fn write_off(&mut self, amount: u128) -> Verdict {
        let owed = self.draft.purse(self.merchant, &self.at).owed;
        if amount > owed {
            return refuse_above(RefusalCode::ExceedsOwed, owed, self.at.currency, "is owed");
        }
        let (loss, owed) = (Account::merchant(Code::CreditLoss), Account::merchant(Code::MerchantReceivable));
        self.draft.post(self.merchant, &self.at, Move::new(Leg::DebtWrittenOff, loss, owed, amount))?;
        Ok(())
    }

    /// `adjustment`, in favour of the merchant or against.
    pub fn adjust(&mut self, credit: bool, amount: u128) -> Result<(), Error> {
        let suspense = Account::plain(Code::Suspense);
        if credit {
            self.draft.post(self.merchant, &self.at, Move::new(Leg::Adjustment, suspense, Account::merchant(Code::Available), amount))
        } else {
            take(self.draft, self.merchant, &self.at, &[Target { leg: Leg::Adjustment, account: suspense, amount }])
        }
    }
}
