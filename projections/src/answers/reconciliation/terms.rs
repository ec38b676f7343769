//! What is configured by source: how long an answer is waited for, what fees may differ by, and which account a bank reports of.

use schemas::event::Book;
use schemas::ids::CalendarId;
use schemas::money::Currency;
use std::collections::BTreeMap;

/// Days that an answer is waited for where nothing is said.
pub const EXPECT_DAYS: u16 = 2;
/// Units an entry that fees may differ by where nothing is said.
pub const FEE_TOLERANCE: u64 = 1;

/// The account that a bank's statements are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose book its money is in.
    pub book: Book,
    /// Its currency.
    pub currency: Currency,
}

/// What is configured of one source; what is absent is as for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceTerms {
    /// Business days.
    pub expect_days: Option<u16>,
    /// Minor units an entry.
    pub fee_tolerance: Option<u64>,
    /// The calendar of its business days.
    pub calendar: Option<CalendarId>,
    /// Of a bank.
    pub account: Option<Account>,
}

/// Everything that is configured of the reconciliation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconciliationTerms {
    /// Business days that an answer is waited for.
    pub expect_days: u16,
    /// Minor units an entry that fees may differ by, which is rounding.
    pub fee_tolerance: u64,
    /// By source, such as `scheme:unionpay`.
    pub sources: BTreeMap<String, SourceTerms>,
}

impl Default for ReconciliationTerms {
    fn default() -> Self {
        Self { expect_days: EXPECT_DAYS, fee_tolerance: FEE_TOLERANCE, sources: BTreeMap::new() }
    }
}

impl ReconciliationTerms {
    /// Business days that an answer of a source is waited for.
    pub fn expect_days(&self, source: &str) -> u16 {
        self.sources.get(source).and_then(|terms| terms.expect_days).unwrap_or(self.expect_days)
    }

    /// Minor units an entry that the fees of a source may differ by.
    pub fn fee_tolerance(&self, source: &str) -> u64 {
        self.sources.get(source).and_then(|terms| terms.fee_tolerance).unwrap_or(self.fee_tolerance)
    }

    /// The calendar of a source, where it has one of its own.
    pub fn calendar(&self, source: &str) -> Option<&CalendarId> {
        self.sources.get(source).and_then(|terms| terms.calendar.as_ref())
    }

    /// The account that a bank reports of.
    pub fn account(&self, source: &str) -> Option<&Account> {
        self.sources.get(source).and_then(|terms| terms.account.as_ref())
    }

    /// Which bank reports of a book and currency, if one is named.
    pub fn bank_of(&self, book: &Book, currency: Currency) -> Option<&str> {
        let is_it = |account: &Account| account.book == *book && account.currency == currency;
        self.sources.iter().find(|(_, terms)| terms.account.as_ref().is_some_and(is_it)).map(|(source, _)| source.as_str())
    }

    /// The fewest days that any source's answers are waited for.
    pub fn fewest_days(&self) -> u16 {
        self.sources.values().filter_map(|terms| terms.expect_days).chain([self.expect_days]).min().unwrap_or(self.expect_days)
    }

    /// The smallest tolerance of any source.
    pub fn smallest_tolerance(&self) -> u64 {
        self.sources.values().filter_map(|terms| terms.fee_tolerance).chain([self.fee_tolerance]).min().unwrap_or(self.fee_tolerance)
    }
}
