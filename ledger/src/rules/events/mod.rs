//! The rules, one file a group of events: the rows of `ledger/ACCOUNTING.md`, "Events and their entries".
//!
//! | file | events |
//! |---|---|
//! | `sale` | sale, pre-authorisation, completion, tips, part reversals, subsidies |
//! | `mirror` | voids and whole reversals |
//! | `refund` | refunds and their failure |
//! | `dispute` | everything from a notification to the last decision |
//! | `hold`, `payout` | holds and payouts |
//! | `funds` | fees, waivers, tiers, debts, adjustments, releases: a merchant's events without a payment |
//! | `house` | the bank's and the PSPs' own |
//! | `opening` | what is taken over from before |
//! | `day` | what a day close moves |

pub mod day;
pub mod dispute;
pub mod funds;
pub mod hold;
pub mod house;
pub mod mirror;
pub mod opening;
pub mod payout;
pub mod refund;
pub mod reports;
pub mod sale;

use super::draft::{Draft, Move, Purview};
use super::exact::{less, signed};
use super::income::{Fee, Split, split};
use super::price;
use super::state::{Batch, Dispute, Merchant, Payment, Refund};
use super::verdict::{Verdict, refuse};
use super::waterfall::{Reach, Target, dated, take_own};
use crate::entry::{Account, Code, Leg, RefusalCode, Volumes};
use crate::source::Error;
use schemas::contract::{Contract, CostSettlement};
use schemas::event::Book;
use schemas::money::{Currency, Money};
use schemas::time::Date;

/// An event about a payment, being posted.
pub struct OnPayment<'a> {
    /// The entry.
    pub draft: &'a mut Draft,
    /// Whose payment it is.
    pub merchant: &'a mut Merchant,
    /// The payment.
    pub payment: &'a mut Payment,
    /// The contract that is pinned to it.
    pub contract: &'a Contract,
    /// The open business date.
    pub open: Date,
    /// What the entry adds to volumes.
    pub volumes: Volumes,
    /// The refund or dispute that the event is about.
    pub part: Part,
}

/// What of a payment an event is about besides the payment: a row of its own.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The refund that the event makes, or that it says has failed.
    pub refund: Option<Refund>,
    /// The dispute that the event is about, as far as it is known.
    pub dispute: Option<Dispute>,
}

/// Refuses an amount in another currency than the one it must be in.
pub fn same_currency(given: Currency, expected: Currency) -> Verdict {
    if given == expected { Ok(()) } else { refuse(RefusalCode::CurrencyMismatch, format!("{given} was given, it is in {expected}")) }
}

impl OnPayment<'_> {
    /// Where its money is: its book, in the settled currency.
    pub fn purview(&self) -> Purview {
        Purview { book: self.payment.book.clone(), currency: self.payment.settled_currency }
    }

    /// Where the merchant's money comes back to: 2010 until the payment is cleared, then 2020.
    pub fn home(&self) -> Account {
        if self.payment.is_cleared(self.open) { Account::merchant(Code::Available) } else { dated(Code::Pending, self.payment.available_on) }
    }

    /// The scheme's receivable.
    pub fn receivable(&self) -> Account {
        Account::scheme(Code::SchemeReceivable, &self.payment.instrument.scheme)
    }

    /// What is on the other side of the merchant's money: 1010, or 2130 where another currency stands between.
    fn counter(&self) -> Account {
        if self.payment.conversion.is_some() { Account::plain(Code::FxPosition) } else { self.receivable() }
    }

    /// The sale's leg of a conversion: nothing where there is none.
    fn exchange(&mut self, inwards: bool, amount: u128) -> Result<(), Error> {
        if self.payment.conversion.is_none() {
            return Ok(());
        }
        let at = Purview { book: self.payment.book.clone(), currency: self.payment.currency };
        let (receivable, position) = (self.receivable(), Account::plain(Code::FxPosition));
        let (debit, credit) = if inwards { (receivable, position) } else { (position, receivable) };
        self.draft.post(self.merchant, &at, Move::new(Leg::Exchange, debit, credit, amount))
    }

    /// Money in from the scheme: `amount` in the sale's currency, `settled` in the merchant's.
    pub fn money_in(&mut self, leg: Leg, to: Account, amount: u128, settled: u128) -> Result<(), Error> {
        self.exchange(true, amount)?;
        let (at, counter) = (self.purview(), self.counter());
        self.draft.pay(self.merchant, self.payment, &at, Move::new(leg, counter, to, settled))
    }

    /// Money out to the scheme, by the waterfall.
    pub fn money_out(&mut self, leg: Leg, reach: Reach, amount: u128, settled: u128) -> Result<(), Error> {
        let (at, counter) = (self.purview(), self.counter());
        take_own(self.draft, self.merchant, self.payment, &at, reach, &[Target { leg, account: counter, amount: settled }])?;
        self.exchange(false, amount)
    }

    /// Money out to the scheme from an account that is not in the purse (2045).
    pub fn money_out_of(&mut self, leg: Leg, from: Account, amount: u128, settled: u128) -> Result<(), Error> {
        let (at, counter) = (self.purview(), self.counter());
        self.draft.pay(self.merchant, self.payment, &at, Move::new(leg, from, counter, settled))?;
        self.exchange(false, amount)
    }

    /// Between 1010 and 2120, in the sale's currency: what goes beyond the payment.
    pub fn excess(&mut self, inwards: bool, amount: u128) -> Result<(), Error> {
        let at = Purview { book: self.payment.book.clone(), currency: self.payment.currency };
        let (receivable, suspense) = (self.receivable(), Account::plain(Code::Suspense));
        let (debit, credit) = if inwards { (receivable, suspense) } else { (suspense, receivable) };
        self.draft.post(self.merchant, &at, Move::new(Leg::BeyondCaptured, debit, credit, amount))
    }

    /// Takes a fee from the merchant, own buckets first, or gives it back to `home`; `amount` and `vat` are differences.
    pub fn fee(&mut self, fee: Fee, amount: i128, vat: i128, home: &Account) -> Result<(), Error> {
        if amount == 0 && vat == 0 {
            return Ok(());
        }
        let at = self.purview();
        let Split { sides, between } = split(fee, amount, vat);
        if amount > 0 {
            take_own(self.draft, self.merchant, self.payment, &at, Reach::Everything, &sides)?;
        } else {
            for Target { leg, account, amount } in sides {
                self.draft.pay(self.merchant, self.payment, &at, Move::new(leg, account, home.clone(), amount))?;
            }
        }
        between.map_or(Ok(()), |between| self.draft.post(self.merchant, &at, between))
    }

    /// Books a difference between two accounts that are not the merchant's: above zero as given, below zero mirrored.
    fn between(&mut self, at: &Purview, leg: Leg, debit: Account, credit: Account, difference: i128) -> Result<(), Error> {
        let (debit, credit) = if difference < 0 { (credit, debit) } else { (debit, credit) };
        self.draft.post(self.merchant, at, Move::new(leg, debit, credit, difference.unsigned_abs()))
    }

    /// Books differences of interchange, scheme fee and partner share; below zero they come back.
    pub fn costs(&mut self, interchange: i128, scheme: i128, partner: i128) -> Result<(), Error> {
        let at = self.purview();
        let billed = self.contract.cost_settlement == CostSettlement::Gross || self.payment.conversion.is_some();
        let owed = |code| Account::scheme(if billed { code } else { Code::SchemeReceivable }, &self.payment.instrument.scheme);
        let (to_issuer, to_scheme) = (owed(Code::InterchangePayable), owed(Code::SchemeFeesPayable));
        self.between(&at, Leg::Interchange, Account::merchant(Code::InterchangeCost), to_issuer, interchange)?;
        self.between(&at, Leg::SchemeFee, Account::merchant(Code::SchemeFeeCost), to_scheme, scheme)?;
        if let Some(id) = self.contract.partner.as_ref().map(|partner| &partner.id) {
            let (cost, payable) = (Account::partner(Code::PartnerShareCost, id), Account::partner(Code::PartnerPayable, id));
            self.between(&at, Leg::PartnerShare, cost, payable, partner)?;
        }
        Ok(())
    }

    /// Books a difference of the channel fee in both books; below zero it comes back.
    pub fn channel(&mut self, channel: i128, vat: i128) -> Result<(), Error> {
        let Book::Psp(psp) = self.payment.book.clone() else { return Ok(()) };
        let currency = self.payment.settled_currency;
        let due = Account::psp(Code::DueFromPsp, &psp);
        let bank = Purview { book: Book::Bank, currency };
        let Split { sides, between } = split(Fee::CHANNEL, channel, vat);
        for Target { leg, account, amount } in sides {
            self.between(&bank, leg, due.clone(), account, signed(amount)? * if channel < 0 { -1 } else { 1 })?;
        }
        if let Some(between) = between {
            self.draft.post(self.merchant, &bank, between)?;
        }
        let own = self.purview();
        self.between(&own, Leg::ChannelCost, Account::merchant(Code::ChannelCost), Account::plain(Code::DueToBank), channel)
    }

    /// Puts reserve by, out of the payment's own pending and bounded by it.
    pub fn reserve_put(&mut self, amount: u128) -> Result<(), Error> {
        let Some(release_on) = self.payment.release_on else { return Ok(()) };
        let at = self.purview();
        let amount = amount.min(super::waterfall::own_pending(self.payment, self.draft.purse(self.merchant, &at)));
        self.payment.own_pending = less(self.payment.own_pending, amount, "more reserve than own pending")?;
        let (from, to) = (dated(Code::Pending, self.payment.available_on), dated(Code::Reserve, release_on));
        self.draft.pay(self.merchant, self.payment, &at, Move::new(Leg::ReserveWithheld, from, to, amount))
    }

    /// Gives reserve back, bounded by what the payment still has there; answers how much came back.
    pub fn reserve_back(&mut self, amount: u128) -> Result<u128, Error> {
        let Some(release_on) = self.payment.release_on else { return Ok(0) };
        let at = self.purview();
        let amount = amount.min(super::waterfall::own_reserve(self.payment, self.draft.purse(self.merchant, &at)));
        self.payment.own_reserve = less(self.payment.own_reserve, amount, "more reserve comes back than was put by")?;
        let (from, to) = (dated(Code::Reserve, release_on), self.home());
        self.draft.pay(self.merchant, self.payment, &at, Move::new(Leg::ReserveBack, from, to, amount))?;
        Ok(amount)
    }

    /// A memo line of the payment, in the sale's currency.
    pub fn memo(&mut self, leg: Leg, debit: Code, credit: Code, amount: u128) -> Result<(), Error> {
        let at = Purview { book: self.payment.book.clone(), currency: self.payment.currency };
        let account = |code| Account::merchant_detail(code, crate::entry::Detail::Payment);
        self.draft.post(self.merchant, &at, Move::new(leg, account(debit), account(credit), amount))
    }

    /// What goes back of the settled amount when `amount` more of the sale's currency does.
    pub fn settled_back(&self, amount: u128) -> Result<u128, Error> {
        let before = self.payment.refunded + self.payment.charged_back;
        let convert = |cum| price::convert(self.payment.conversion.as_ref(), self.payment.currency, cum, self.contract.rounding);
        less(convert(before + amount), convert(before), "a conversion that falls")
    }

    /// What an amount of the sale's currency is in the settled one by itself, at the payment's rate; nothing where it has none and
    /// the currencies differ.
    pub fn settled_alone(&self, amount: u128) -> u128 {
        let payment = &self.payment;
        if payment.conversion.is_none() && payment.currency != payment.settled_currency {
            return 0;
        }
        price::convert(payment.conversion.as_ref(), payment.currency, amount, self.contract.rounding)
    }

    /// Counts what a terminal's batch must tell.
    pub fn count_batch(&mut self, count: i64, sum: i128) {
        let Some(terminal) = self.payment.terminal.clone() else { return };
        let (_, _, batch) = self.draft.batch.get_or_insert_with(|| (terminal, self.payment.currency, Batch::default()));
        batch.count += count;
        batch.sum += sum;
    }

    /// Refuses an amount that is not in the sale's currency.
    pub fn in_sales_currency(&self, amount: &Money) -> Verdict {
        same_currency(amount.currency, self.payment.currency)
    }
}
