//! Every type of event: its name on the wire, whom it is about, what it needs and what it may have.

use super::field::Field;
use super::lookup::Lookup;
use serde::{Deserialize, Serialize};

/// Whom events of a type are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A partition: `merchant` is absent, `occurred_at` optional.
    Control,
    /// One merchant.
    Merchant,
    /// One merchant, or `@house` for all of them.
    MerchantOrHouse,
    /// The bank: `merchant` is `@house`.
    House,
}

/// What events of a type need and may have, besides `id`, `type`, `merchant` and `occurred_at`.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The type.
    pub event_type: EventType,
    /// Its name on the wire.
    pub name: &'static str,
    /// Whom it is about.
    pub scope: Scope,
    /// Fields without which it says nothing.
    pub needs: &'static [Field],
    /// Fields that it may have.
    pub may: &'static [Field],
}

macro_rules! types {
    ($($name:ident = $number:literal $text:literal $scope:ident [$($needs:ident)*] [$($may:ident)*];)*) => {
        /// The `type` of an event. A new one is the last. Its number is on disk for ever, and so is its place: journals have the one, rows of
        /// views the other. So none is ever taken out; of one that nobody shall send any more, the rules refuse what comes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each is a row of ledger/ACCOUNTING.md")]
        pub enum EventType { $($name = $number),* }

        /// A rule for each type, in the order of [`EventType`].
        pub const RULES: &[Rule] = &[$(*EventType::$name.rule()),*];

        impl EventType {
            /// The type of this name, if one has been published.
            pub fn from_name(name: &str) -> Option<Self> {
                static NAMES: Lookup<{ RULES.len() }> = Lookup::new([$($text),*]);
                NAMES.find(name).and_then(|at| RULES.get(at)).map(|rule| rule.event_type)
            }

            /// The type with this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// Its number: for ever.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What events of this type need and may have.
            pub const fn rule(self) -> &'static Rule {
                match self {
                    $(Self::$name => const { &Rule {
                        event_type: EventType::$name, name: $text, scope: Scope::$scope, needs: &[$(Field::$needs),*], may: &[$(Field::$may),*],
                    } },)*
                }
            }
        }
    };
}

types! {
    LedgerOpened = 1 "ledger_opened" Control [Date TimeZone] [];
    DayClosed = 2 "day_closed" Control [Date] [];
    CalendarSet = 3 "calendar_set" Control [Calendar Year Closed Open] [];
    ContractSet = 4 "contract_set" Merchant [Contract] [];
    Sale = 5 "sale" Merchant [Payment Amount Currency Card Scheme] [EntryMode Terminal Customer Tip Fees SettledCurrency Rate Reference];
    PreauthPlaced = 6 "preauth_placed" Merchant [Payment Amount Currency Card Scheme] [EntryMode Terminal Customer Tip Reference];
    PreauthIncreased = 7 "preauth_increased" Merchant [Payment Amount Currency] [Reference];
    PreauthReleased = 8 "preauth_released" Merchant [Payment] [Reference];
    PreauthCompleted = 9 "preauth_completed" Merchant [Payment Amount Currency] [Fees SettledCurrency Rate Customer Reference];
    TipAdjusted = 10 "tip_adjusted" Merchant [Payment Amount Currency] [Reference];
    Void = 11 "void" Merchant [Payment] [Reference];
    Reversal = 12 "reversal" Merchant [Payment] [Amount Currency Reference];
    Refund = 13 "refund" Merchant [Payment Amount Currency] [Reference];
    RefundFailed = 14 "refund_failed" Merchant [Payment Refund] [Reference];
    InstalmentSubsidy = 15 "instalment_subsidy" Merchant [Payment Amount Currency] [Reference];
    DisputeOpened = 16 "dispute_opened" Merchant [Payment Amount Currency] [Dispute Reference];
    Chargeback = 17 "chargeback" Merchant [Payment Amount Currency] [Dispute DisputeFee Reference];
    ChargebackRepresented = 18 "chargeback_represented" Merchant [Payment] [Dispute Reference];
    DisputeWon = 19 "dispute_won" Merchant [Payment] [Dispute Reference];
    DisputeLost = 20 "dispute_lost" Merchant [Payment] [Dispute Reference];
    HoldPlaced = 21 "hold_placed" Merchant [Hold Amount Currency] [Reason ExpectedRelease Sweep];
    HoldReleased = 22 "hold_released" Merchant [Hold] [Amount Currency];
    // Without its `order` a seizure can be read; it is the ledger that refuses it, as `missing_order`.
    HoldSeized = 23 "hold_seized" Merchant [Hold] [Order Amount Currency];
    ReserveReleased = 24 "reserve_released" Merchant [Amount Currency] [];
    EarlyRelease = 25 "early_release" Merchant [Amount Currency] [];
    PayoutInitiated = 26 "payout_initiated" Merchant [Payout Amount Currency] [Destination];
    PayoutPaid = 27 "payout_paid" Merchant [Payout] [];
    PayoutFailed = 28 "payout_failed" Merchant [Payout] [];
    PayoutReturned = 29 "payout_returned" Merchant [Payout] [];
    FeeCharged = 30 "fee_charged" Merchant [Fee Amount Currency] [Terminal];
    FeeWaived = 31 "fee_waived" Merchant [Amount Currency] [];
    TierAdjusted = 32 "tier_adjusted" Merchant [Direction Amount Currency] [];
    DebtRepaid = 33 "debt_repaid" Merchant [Amount Currency] [];
    DebtWrittenOff = 34 "debt_written_off" Merchant [Amount Currency] [];
    Adjustment = 35 "adjustment" Merchant [Direction Amount Currency Maker Checker Reason] [];
    MaintenanceDue = 36 "maintenance_due" Merchant [] [Amount Currency];
    BatchClosed = 37 "batch_closed" Merchant [Terminal Count Sum Currency] [];
    CustomerErased = 38 "customer_erased" MerchantOrHouse [Customer] [];
    SchemeSettled = 39 "scheme_settled" House [Scheme Amount Currency] [Psp];
    PartnerPaid = 40 "partner_paid" House [Partner Amount Currency] [Psp];
    TaxPaid = 41 "tax_paid" House [Amount Currency] [Psp];
    PspPaidBank = 42 "psp_paid_bank" House [Psp Amount Currency] [];
    FeesSwept = 43 "fees_swept" House [Psp Amount Currency] [];
    ReportLine = 44 "report_line" MerchantOrHouse [Source Report Line Kind Direction Amount Currency Date] [Reference Payment Payout Fee Scheme Text];
    ReportClosed = 45 "report_closed" House [Source Report Date Count Credits Debits Currency] [];
    BreakClosed = 46 "break_closed" House [Break Maker Checker Reason] [Event];
    // Which of the others a bucket needs is in `wire::opening`.
    OpeningBalance = 47 "opening_balance" MerchantOrHouse [Bucket Amount Currency] [Date Scheme Partner Psp];
    OpeningPayment = 48 "opening_payment" Merchant [Payment Amount Currency Card Scheme BookedOn] [Refunded ChargedBack Fees EntryMode Terminal Customer Reference];
    StandaloneRefund = 49 "standalone_refund" Merchant [Payment Amount Currency Card Scheme] [EntryMode Terminal Customer Reference];
    StandaloneChargeback = 50 "standalone_chargeback" Merchant [Payment Amount Currency Card Scheme] [EntryMode Terminal Customer Dispute DisputeFee Reference];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_stand_in_the_order_of_their_numbers_and_none_was_taken_out() {
        for (index, rule) in RULES.iter().enumerate() {
            assert_eq!(usize::from(rule.event_type.number()), index + 1, "{}: a type that is taken out moves those behind it", rule.name);
            assert_eq!(EventType::from_number(rule.event_type.number()), Some(rule.event_type));
            assert_eq!(EventType::from_name(rule.name), Some(rule.event_type));
            assert_eq!(rule.event_type.rule().name, rule.name);
        }
    }
}
