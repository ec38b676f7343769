//! What a merchant has, as sums by currency and book: read from the views as it was just before an entry, and changed by lines.

use ledger::entry::{Account, Code, Party, Posting, Recorded};
use projections::answers::{self, Shard};
use projections::folds::balances::Purse;
use schemas::event::Book;
use schemas::ids::MerchantId;
use schemas::money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// The sums of a merchant's accounts in one currency and book, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// 2010.
    pub pending: i128,
    /// 2020.
    pub available: i128,
    /// 2030.
    pub reserved: i128,
    /// 2040.
    pub held: i128,
    /// 2045.
    pub disputed: i128,
    /// 2050.
    pub in_transit: i128,
    /// 1050.
    pub owed: i128,
    /// 9010.
    pub preauthorised: i128,
}

/// The sums of a merchant, by currency and book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wallet(BTreeMap<(Currency, Book), Sums>);

/// The figures that may be watched.
pub const FIGURES: [&str; 9] = ["pending", "available", "payable", "reserved", "held", "disputed", "in_transit", "owed", "preauthorised"];

/// What a merchant had just before an entry of its own, which the views have.
///
/// # Errors
/// The views cannot be read.
pub fn wallet_before(shard: &Shard<'_>, merchant: &MerchantId, entry: &Recorded) -> Result<Wallet, answers::Error> {
    let balances = answers::balances_before(shard, merchant, entry)?;
    Ok(Wallet(balances.purses.iter().map(|(key, purse)| (key.clone(), Sums::of(purse))).collect()))
}

impl Wallet {
    /// In which currencies and books an entry moves the accounts of its merchant.
    pub fn moved(entry: &Recorded) -> BTreeSet<(Currency, Book)> {
        entry.row.lines.iter().filter(|line| moves_merchant(line)).map(|line| (line.currency, line.book.clone())).collect()
    }

    /// Changes it by the lines of an entry.
    pub fn post(&mut self, entry: &Recorded) {
        for line in entry.row.lines.iter().filter(|line| moves_merchant(line)) {
            let sums = self.0.entry((line.currency, line.book.clone())).or_default();
            let amount = line.amount.signed();
            sums.debit(&line.debit, amount);
            sums.debit(&line.credit, -amount);
        }
    }

    /// What there is in a currency and book.
    pub fn sums(&self, key: &(Currency, Book)) -> Sums {
        self.0.get(key).copied().unwrap_or_default()
    }
}

/// Whether a line touches an account of the entry's merchant.
fn moves_merchant(line: &Posting) -> bool {
    [&line.debit, &line.credit].into_iter().any(|account| account.party == Party::Merchant && account.code.is_shown_to_merchant())
}

impl Sums {
    fn of(purse: &Purse) -> Self {
        Self {
            pending: purse.pending_total(),
            available: purse.available,
            reserved: purse.reserve_total(),
            held: purse.holds.amount,
            disputed: purse.disputed,
            in_transit: purse.in_transit,
            owed: purse.owed,
            preauthorised: purse.preauthorised,
        }
    }

    /// What can be paid out.
    pub fn payable(&self) -> i128 {
        (self.available - self.owed).max(0)
    }

    /// The figure of a name, one of [`FIGURES`].
    pub fn figure(&self, name: &str) -> Option<i128> {
        Some(match name {
            "pending" => self.pending,
            "available" => self.available,
            "payable" => self.payable(),
            "reserved" => self.reserved,
            "held" => self.held,
            "disputed" => self.disputed,
            "in_transit" => self.in_transit,
            "owed" => self.owed,
            "preauthorised" => self.preauthorised,
            _ => return None,
        })
    }

    /// Debits an account. Each amount is below 2^127, and the views keep the same sums in the same width.
    fn debit(&mut self, account: &Account, amount: i128) {
        if account.party != Party::Merchant {
            return;
        }
        match account.code {
            Code::Pending => self.pending -= amount,
            Code::Available => self.available -= amount,
            Code::Reserve => self.reserved -= amount,
            Code::Hold => self.held -= amount,
            Code::DisputeProvisional => self.disputed -= amount,
            Code::PayoutInTransit => self.in_transit -= amount,
            Code::MerchantReceivable => self.owed += amount,
            Code::Preauthorised => self.preauthorised += amount,
            Code::SchemeReceivable
            | Code::SettlementCash
            | Code::ClientReserve
            | Code::OwnCash
            | Code::DueFromPsp
            | Code::InterchangePayable
            | Code::SchemeFeesPayable
            | Code::PartnerPayable
            | Code::DueToBank
            | Code::OutputVat
            | Code::Suspense
            | Code::FxPosition
            | Code::MdrIncome
            | Code::GatewayIncome
            | Code::OtherFeeIncome
            | Code::DisputeFeeIncome
            | Code::EarlyReleaseIncome
            | Code::ChannelIncome
            | Code::FeeWaivers
            | Code::InterchangeCost
            | Code::SchemeFeeCost
            | Code::PartnerShareCost
            | Code::MaintenanceCost
            | Code::CreditLoss
            | Code::ChannelCost
            | Code::PreauthorisedContra
            | Code::DisputeNotified
            | Code::DisputeNotifiedContra => {}
        }
    }
}
