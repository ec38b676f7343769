//! What the model remembers: merchants, their payments, holds, payouts and disputes.

use super::account::{Account, Line};
use super::contract::{Contract, Instrument};
use super::money::{Conversion, Rounding};
use super::pricing::Fees;
use super::purse::Purse;
use schemas::money::Currency;
use schemas::time::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// A pre-authorisation, open.
    Authorised,
    /// A sale, or a completed pre-authorisation.
    Captured,
    /// Voided or wholly reversed.
    Voided,
    /// A pre-authorisation that was let go.
    Released,
}

/// One payment, from authorisation to its last dispute.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: PaymentState,
    /// The contract version that it is pinned to.
    pub contract: Arc<Contract>,
    /// The book that it is in.
    pub book: String,
    /// What the customer pays in.
    pub currency: Currency,
    /// The second currency, where there is one.
    pub conversion: Option<Conversion>,
    /// Card, scheme and entry mode.
    pub instrument: Instrument,
    /// Placed and increased, while it is open.
    pub authorised: i128,
    /// Captured, with tips and part reversals, in the customer's currency.
    pub captured: i128,
    /// The same in the settled currency.
    pub settled: i128,
    /// The business date that it was booked on.
    pub booked_on: Date,
    /// When its money becomes available.
    pub available_on: Date,
    /// When its reserve is released.
    pub release_on: Date,
    /// All prices of what is captured, as they stand.
    pub fees: Fees,
    /// Whether it came with any fees of its own.
    pub carried: bool,
    /// What it put into 2010 of its date and has not taken back.
    pub own_pending: i128,
    /// What it put into 2030 of its date and has not taken back.
    pub own_reserve: i128,
    /// What came back so far with refunds that did not fail (the reserve: with all).
    pub back: Fees,
    /// Its refunds by event id.
    pub refunds: BTreeMap<String, Refund>,
    /// Its disputes.
    pub disputes: BTreeMap<String, Dispute>,
    /// The lines of the sale, its tips, part reversals and subsidies, which a void mirrors.
    pub history: Vec<Line>,
    /// What those did to the merchant's total, so that a void takes it back.
    pub nominal: i128,
    /// Refunded before the ledger.
    pub refunded_before: i128,
    /// Charged back before the ledger, and not won.
    pub charged_before: i128,
    /// A refund or chargeback that names no payment of ours: its disputes have room for so much.
    pub alone: Option<i128>,
}

impl Payment {
    /// What its merchant is paid in.
    pub fn settled_currency(&self) -> Currency {
        match (&self.conversion, self.state) {
            (Some(conversion), _) => conversion.to,
            // Until it is completed, and where it never is, the version at placing counts.
            (None, PaymentState::Authorised | PaymentState::Released) => self.contract.currency,
            (None, _) => self.currency,
        }
    }

    /// An amount of its own currency in the settled one.
    pub fn convert(&self, amount: i128) -> i128 {
        self.conversion.map_or(amount, |conversion| conversion.convert(amount, self.rounding()))
    }

    /// How its contract rounds.
    pub fn rounding(&self) -> Rounding {
        self.contract.rounding
    }

    /// Refunds that did not fail.
    pub fn refunded(&self) -> i128 {
        self.refunded_before + self.refunds.values().filter(|refund| !refund.failed).map(|refund| refund.amount).sum::<i128>()
    }

    /// Chargebacks that are not won, as far as they were within what was captured.
    pub fn charged_back(&self) -> i128 {
        self.charged_before + self.disputes.values().filter(|dispute| dispute.counts()).map(|dispute| dispute.taken).sum::<i128>()
    }

    /// What may still be refunded or charged back.
    pub fn room(&self) -> i128 {
        (self.captured - self.refunded() - self.charged_back()).max(0)
    }

    /// What its disputes may still take.
    pub fn room_of_disputes(&self) -> i128 {
        self.alone.map_or_else(|| self.room(), |room| (room - self.charged_back()).max(0))
    }

    /// What `amount` more that goes back is in the settled currency.
    pub fn convert_back(&self, amount: i128) -> i128 {
        let before = self.refunded() + self.charged_back();
        self.convert(before + amount) - self.convert(before)
    }

    /// Whether its money has had its day.
    pub fn is_cleared(&self, today: Date) -> bool {
        self.booked_on < today && self.available_on <= today
    }

    /// Where what comes back of it goes: 2010 until it is cleared, then 2020.
    pub fn bucket(&self, merchant: &str, today: Date) -> Account {
        if self.is_cleared(today) { Account::of(2020, merchant) } else { Account::detailed(2010, merchant, &self.available_on.to_string()) }
    }
}

/// A refund of a payment.
#[derive(Clone, Debug)]
pub struct Refund {
    /// In the customer's currency.
    pub amount: i128,
    /// In the settled currency.
    pub settled: i128,
    /// What came back with it.
    pub back: Fees,
    /// A fixed fee that was taken, and the VAT in it.
    pub fixed: (i128, i128),
    /// Whether it failed.
    pub failed: bool,
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeState {
    /// Notified; no money has moved.
    Opened,
    /// Notified, and closed again before any chargeback.
    Withdrawn,
    /// Charged back.
    Charged,
    /// Contested.
    Represented,
    /// Won.
    Won,
    /// Lost.
    Lost,
}

/// A dispute of a payment.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// Where it stands.
    pub state: DisputeState,
    /// Its amount, in the customer's currency.
    pub amount: i128,
    /// Still in the memo accounts.
    pub memo: i128,
    /// Taken from the merchant.
    pub taken: i128,
    /// The same in the settled currency.
    pub taken_settled: i128,
    /// Beyond what was captured.
    pub excess: i128,
}

impl Dispute {
    /// Whether it takes of what may still be refunded or charged back.
    pub fn counts(&self) -> bool {
        matches!(self.state, DisputeState::Charged | DisputeState::Represented | DisputeState::Lost)
    }
}

/// A hold on a merchant's money.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// Whose book it is in.
    pub book: String,
    /// Its currency.
    pub currency: Currency,
    /// Why.
    pub reason: String,
    /// What was asked for.
    pub placed: i128,
    /// Held now.
    pub amount: i128,
    /// What later credits still feed.
    pub missing: i128,
    /// Since when.
    pub since: Date,
    /// Until when, where that was said.
    pub expected_release: Option<Date>,
    /// Closed when all of it is gone and nothing feeds it.
    pub closed: bool,
}

/// A payout to a merchant.
#[derive(Clone, Debug)]
pub struct Payout {
    /// Whose book it is in.
    pub book: String,
    /// Its currency.
    pub currency: Currency,
    /// Its amount.
    pub amount: i128,
    /// `initiated`, `paid`, `failed` or `returned`.
    pub state: &'static str,
}

/// One merchant.
#[derive(Clone, Debug, Default)]
pub struct Merchant {
    /// The contract in force.
    pub contract: Option<Arc<Contract>>,
    /// What it has, by book and currency.
    pub purses: BTreeMap<(String, Currency), Purse>,
    /// Its payments.
    pub payments: BTreeMap<String, Payment>,
    /// Its holds, in order of placing.
    pub holds: Vec<Hold>,
    /// Its payouts.
    pub payouts: BTreeMap<String, Payout>,
    /// What its purses must add up to, by currency: kept from the amounts of events, never from lines.
    pub expected: BTreeMap<Currency, i128>,
    /// The events that it knows.
    pub ids: super::ids::Ids,
    /// What was refused before it came to be.
    pub closed: super::closed::Closed,
}
