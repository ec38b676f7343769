//! Every type of event: its name on the wire, whom it is about, what it needs and what it may have.

use super::field::Field;
use crate::event::{Body, EventType};

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
    ($($name:ident $text:literal $scope:ident [$($needs:ident)*] [$($may:ident)*];)*) => {
        /// A rule for each type, in the order of [`EventType`].
        pub const RULES: &[Rule] = &[$(Rule {
            event_type: EventType::$name, name: $text, scope: Scope::$scope, needs: &[$(Field::$needs),*], may: &[$(Field::$may),*],
        }),*];

        impl EventType {
            /// The type of this name, if one has been published.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What events of this type need and may have.
            pub const fn rule(self) -> &'static Rule {
                match self { $(Self::$name => &RULES[Self::$name as usize]),* }
            }
        }

        impl Body {
            /// The type on the wire.
            pub const fn event_type(&self) -> EventType {
                match self { $(Self::$name { .. } => EventType::$name),* }
            }
        }
    };
}

types! {
    LedgerOpened "ledger_opened" Control [Date TimeZone] [];
    DayClosed "day_closed" Control [Date] [];
    CalendarSet "calendar_set" Control [Calendar Year Closed Open] [];
    ContractSet "contract_set" Merchant [Contract] [];
    Sale "sale" Merchant [Payment Amount Currency Card Scheme] [EntryMode Terminal Customer Tip Fees SettledCurrency Rate Reference];
    PreauthPlaced "preauth_placed" Merchant [Payment Amount Currency Card Scheme] [EntryMode Terminal Customer Tip Reference];
    PreauthIncreased "preauth_increased" Merchant [Payment Amount Currency] [Reference];
    PreauthReleased "preauth_released" Merchant [Payment] [Reference];
    PreauthCompleted "preauth_completed" Merchant [Payment Amount Currency] [Fees SettledCurrency Rate Customer Reference];
    TipAdjusted "tip_adjusted" Merchant [Payment Amount Currency] [Reference];
    Void "void" Merchant [Payment] [Reference];
    Reversal "reversal" Merchant [Payment] [Amount Currency Reference];
    Refund "refund" Merchant [Payment Amount Currency] [Reference];
    RefundFailed "refund_failed" Merchant [Payment Refund] [Reference];
    InstalmentSubsidy "instalment_subsidy" Merchant [Payment Amount Currency] [Reference];
    DisputeOpened "dispute_opened" Merchant [Payment Amount Currency] [Dispute Reference];
    Chargeback "chargeback" Merchant [Payment Amount Currency] [Dispute DisputeFee Reference];
    ChargebackRepresented "chargeback_represented" Merchant [Payment] [Dispute Reference];
    DisputeWon "dispute_won" Merchant [Payment] [Dispute Reference];
    DisputeLost "dispute_lost" Merchant [Payment] [Dispute Reference];
    HoldPlaced "hold_placed" Merchant [Hold Amount Currency] [Reason ExpectedRelease Sweep];
    HoldReleased "hold_released" Merchant [Hold] [Amount Currency];
    // Without its `order` a seizure can be read; it is the ledger that refuses it, as `missing_order`.
    HoldSeized "hold_seized" Merchant [Hold] [Order Amount Currency];
    ReserveReleased "reserve_released" Merchant [Amount Currency] [];
    EarlyRelease "early_release" Merchant [Amount Currency] [];
    PayoutInitiated "payout_initiated" Merchant [Payout Amount Currency] [Destination];
    PayoutPaid "payout_paid" Merchant [Payout] [];
    PayoutFailed "payout_failed" Merchant [Payout] [];
    PayoutReturned "payout_returned" Merchant [Payout] [];
    FeeCharged "fee_charged" Merchant [Fee Amount Currency] [Terminal];
    FeeWaived "fee_waived" Merchant [Amount Currency] [];
    TierAdjusted "tier_adjusted" Merchant [Direction Amount Currency] [];
    DebtRepaid "debt_repaid" Merchant [Amount Currency] [];
    DebtWrittenOff "debt_written_off" Merchant [Amount Currency] [];
    Adjustment "adjustment" Merchant [Direction Amount Currency Maker Checker Reason] [];
    MaintenanceDue "maintenance_due" Merchant [] [Amount Currency];
    BatchClosed "batch_closed" Merchant [Terminal Count Sum Currency] [];
    CustomerErased "customer_erased" MerchantOrHouse [Customer] [];
    SchemeSettled "scheme_settled" House [Scheme Amount Currency] [Psp];
    PartnerPaid "partner_paid" House [Partner Amount Currency] [Psp];
    TaxPaid "tax_paid" House [Amount Currency] [Psp];
    PspPaidBank "psp_paid_bank" House [Psp Amount Currency] [];
    FeesSwept "fees_swept" House [Psp Amount Currency] [];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_stand_in_the_order_of_the_types() {
        for (index, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.event_type as usize, index, "{}", rule.name);
            assert_eq!(EventType::from_name(rule.name), Some(rule.event_type));
            assert_eq!(rule.event_type.rule().name, rule.name);
        }
    }
}
