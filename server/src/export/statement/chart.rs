//! The accounts of a statement: a small chart that is the same on every date, all of one merchant. A date, a hold or a
//! payout that the journal's accounts are told apart by is a tag of the amount instead, so that statements of many dates
//! make one ledger with few accounts.
//!
//! | account | the bank's books | the merchant's own |
//! |---|---|---|
//! | 2010 … 2050 | `Liabilities`: it owes them | `Assets`: they are owed to it |
//! | 1050 | `Assets` | `Liabilities`, `Owed` |
//! | 1010, 2130 | `Assets`, `Liabilities` | `Income`: `Sales`, `Refunds`; `Expenses`: `Disputes`, `Subsidies` |
//! | 4010 … 4090 | `Income` | `Expenses` |
//! | 2090 | `Liabilities` | `Expenses`, `VatOnFees` |
//! | 1020, 1030 | `Assets` | `Assets`, `OwnAccount`: what was paid out to it; of a seizure `Expenses`, `Seized` |
//! | 2120 | `Liabilities` | `Income` or `Expenses`, `Adjustments` |
//! | 5040 | `Expenses` | `Income`, `DebtWrittenOff` |
//!
//! In the merchant's books every sign is the other one: what the bank owes is what the merchant has.

use crate::export::{Line, Name, Side, Transaction, root};
use ledger::entry::{Account, Code, Detail, cash};
use projections::folds::objects::Group;
use schemas::event::Book;
use schemas::ids::MerchantId;
use std::collections::BTreeSet;

/// Whose books a statement is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The merchant's own: what the bank owes it is an asset, what it pays is an expense.
    #[default]
    Merchant,
    /// The bank's: what it owes the merchant is a liability, what the merchant pays is its income.
    Bank,
}

impl View {
    /// A view by its name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "merchant" => Some(Self::Merchant),
            "bank" => Some(Self::Bank),
            _ => None,
        }
    }

    /// Whose books, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Merchant => "the merchant's own books",
            Self::Bank => "the bank's books",
        }
    }

    /// A balance of the bank's books, debit less credit, as this view has it.
    pub const fn signed(self, minor: i128) -> i128 {
        match self {
            Self::Merchant => -minor,
            Self::Bank => minor,
        }
    }
}

/// The merchant's balances.
const BALANCES: [Code; 7] =
    [Code::MerchantReceivable, Code::Pending, Code::Available, Code::Reserve, Code::Hold, Code::DisputeProvisional, Code::PayoutInTransit];

/// What stands on the other side of the merchant's balances, besides cash; then the memo accounts.
const OTHERS: [Code; 15] = [
    Code::SchemeReceivable,
    Code::FxPosition,
    Code::OutputVat,
    Code::Suspense,
    Code::MdrIncome,
    Code::GatewayIncome,
    Code::OtherFeeIncome,
    Code::DisputeFeeIncome,
    Code::EarlyReleaseIncome,
    Code::FeeWaivers,
    Code::CreditLoss,
    Code::Preauthorised,
    Code::PreauthorisedContra,
    Code::DisputeNotified,
    Code::DisputeNotifiedContra,
];

/// The accounts of one merchant's statements.
#[derive(Clone, Debug)]
pub struct Chart {
    view: View,
    merchant: MerchantId,
}

impl Chart {
    /// Of a merchant, in a view.
    pub const fn new(view: View, merchant: MerchantId) -> Self {
        Self { view, merchant }
    }

    /// The view.
    pub const fn view(&self) -> View {
        self.view
    }

    /// One of the merchant's balances.
    pub fn balance(&self, book: &Book, code: Code) -> Name {
        self.name(book, code, Group::Adjustments, true)
    }

    /// Where opening balances come from.
    pub fn opening(&self, book: &Book) -> Name {
        Name::of_statement("Equity", book, "Opening", &self.merchant)
    }

    /// Every account that a statement names in a book.
    pub fn all(&self, book: &Book) -> BTreeSet<Name> {
        let codes = BALANCES.into_iter().chain(OTHERS).chain([cash(book)]);
        let named = |code| Group::ALL.into_iter().flat_map(move |group| [true, false].map(|gains| self.name(book, code, group, gains)));
        codes.flat_map(named).chain([self.opening(book)]).collect()
    }

    /// Both sides of every line; a line within one account is left out.
    pub fn sides(&self, transaction: &Transaction) -> Vec<Side> {
        let sides = |line: &Line| {
            let gains = line.change() > 0;
            let side = |account: &Account, told: &crate::shape::SideForm, minor| Side {
                name: self.name(&line.posting.book, account.code, transaction.group, gains),
                minor: self.view.signed(minor),
                currency: line.posting.currency,
                tag: tag(account.code, &account.detail).zip(told.detail.clone()),
            };
            let posting = &line.posting;
            let both = [side(&posting.debit, &line.told.debit, line.minor()), side(&posting.credit, &line.told.credit, -line.minor())];
            (both[0].name != both[1].name).then_some(both)
        };
        transaction.lines.iter().filter_map(sides).flatten().collect()
    }

    /// The account of a code: of the other side of a merchant's balance by what the event was, and whether it gained by it.
    fn name(&self, book: &Book, code: Code, group: Group, gains: bool) -> Name {
        let (root, word) = match self.view {
            View::Bank => (root(code), code.name()),
            View::Merchant => of_merchant(code, group, gains),
        };
        Name::of_statement(root, book, &format!("{}-{word}", code.number()), &self.merchant)
    }
}

/// What the merchant calls an account of the bank's chart.
const fn of_merchant(code: Code, group: Group, gains: bool) -> (&'static str, &'static str) {
    match code {
        Code::MerchantReceivable => ("Liabilities", "Owed"),
        Code::Pending | Code::Available | Code::Reserve | Code::Hold | Code::DisputeProvisional | Code::PayoutInTransit => ("Assets", code.name()),
        Code::SchemeReceivable | Code::FxPosition => match group {
            Group::Sales => ("Income", "Sales"),
            Group::Refunds => ("Income", "Refunds"),
            Group::Disputes => ("Expenses", "Disputes"),
            Group::Payouts | Group::Seized | Group::Debt | Group::Adjustments => ("Expenses", "Subsidies"),
        },
        Code::SettlementCash | Code::ClientReserve => match group {
            Group::Seized => ("Expenses", "Seized"),
            Group::Sales | Group::Refunds | Group::Disputes | Group::Payouts | Group::Debt | Group::Adjustments => ("Assets", "OwnAccount"),
        },
        Code::OutputVat => ("Expenses", "VatOnFees"),
        Code::Suspense if gains => ("Income", "Adjustments"),
        Code::Suspense => ("Expenses", "Adjustments"),
        Code::MdrIncome => ("Expenses", "Mdr"),
        Code::GatewayIncome => ("Expenses", "Gateway"),
        Code::OtherFeeIncome => ("Expenses", "OtherFees"),
        Code::DisputeFeeIncome => ("Expenses", "DisputeFees"),
        Code::EarlyReleaseIncome => ("Expenses", "EarlyRelease"),
        Code::FeeWaivers => ("Expenses", "FeeWaivers"),
        Code::CreditLoss => ("Income", "DebtWrittenOff"),
        // Memo accounts, which no money moves through.
        Code::Preauthorised | Code::PreauthorisedContra | Code::DisputeNotified | Code::DisputeNotifiedContra => ("Equity", code.name()),
        // Between the bank and others: on no line of a statement.
        Code::OwnCash | Code::DueFromPsp | Code::InterchangePayable | Code::SchemeFeesPayable | Code::PartnerPayable | Code::DueToBank => {
            ("Equity", code.name())
        }
        Code::ChannelIncome | Code::InterchangeCost | Code::SchemeFeeCost | Code::PartnerShareCost | Code::MaintenanceCost | Code::ChannelCost => {
            ("Equity", code.name())
        }
    }
}

/// What a detail of an account is called.
const fn tag(code: Code, detail: &Detail) -> Option<&'static str> {
    match (code, detail) {
        (_, Detail::None) => None,
        (Code::Reserve, Detail::Date(_)) => Some("release_on"),
        (_, Detail::Date(_)) => Some("available_on"),
        (_, Detail::Hold(_)) => Some("hold"),
        (_, Detail::Payout(_)) => Some("payout"),
        // The entry says so already.
        (_, Detail::Payment) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(view: View) -> Chart {
        Chart::new(view, MerchantId::new("M1").expect("an id"))
    }

    #[test]
    fn what_the_bank_owes_is_the_merchants_asset_and_its_income_an_expense() {
        let name = |view, code, group, gains| chart(view).name(&Book::Bank, code, group, gains).to_string();
        for (code, group, gains, merchant, bank) in [
            (Code::Available, Group::Sales, true, "Assets:Bank:2020-Available:M1", "Liabilities:Bank:2020-Available:M1"),
            (Code::MerchantReceivable, Group::Sales, true, "Liabilities:Bank:1050-Owed:M1", "Assets:Bank:1050-MerchantReceivable:M1"),
            (Code::SchemeReceivable, Group::Sales, true, "Income:Bank:1010-Sales:M1", "Assets:Bank:1010-SchemeReceivable:M1"),
            (Code::SchemeReceivable, Group::Refunds, false, "Income:Bank:1010-Refunds:M1", "Assets:Bank:1010-SchemeReceivable:M1"),
            (Code::SchemeReceivable, Group::Disputes, false, "Expenses:Bank:1010-Disputes:M1", "Assets:Bank:1010-SchemeReceivable:M1"),
            (Code::MdrIncome, Group::Sales, false, "Expenses:Bank:4010-Mdr:M1", "Income:Bank:4010-MdrIncome:M1"),
            (Code::OutputVat, Group::Sales, false, "Expenses:Bank:2090-VatOnFees:M1", "Liabilities:Bank:2090-OutputVat:M1"),
            (Code::SettlementCash, Group::Payouts, false, "Assets:Bank:1020-OwnAccount:M1", "Assets:Bank:1020-SettlementCash:M1"),
            (Code::SettlementCash, Group::Seized, false, "Expenses:Bank:1020-Seized:M1", "Assets:Bank:1020-SettlementCash:M1"),
            (Code::Suspense, Group::Adjustments, true, "Income:Bank:2120-Adjustments:M1", "Liabilities:Bank:2120-Suspense:M1"),
        ] {
            assert_eq!((name(View::Merchant, code, group, gains), name(View::Bank, code, group, gains)), (merchant.to_owned(), bank.to_owned()));
        }
    }

    #[test]
    fn the_chart_is_the_same_on_every_date() {
        let psp = Book::Psp(schemas::ids::PspId::new("psp-7").expect("an id"));
        for view in [View::Merchant, View::Bank] {
            let all = chart(view).all(&psp);
            assert!(all.contains(&chart(view).opening(&psp)) && all.contains(&chart(view).balance(&psp, Code::Reserve)));
            assert!(all.iter().all(|name| name.as_str().contains(":Psp:Xpsp-7:") && name.as_str().ends_with(":M1")), "{all:?}");
            assert!(!all.iter().any(|name| name.as_str().contains(":1020-")), "a PSP's cash is 1030: {all:?}");
        }
    }
}
