//! What is known of a type of events by its name alone. Each function matches every type, so that the compiler asks it of a new one.

use super::EventType;

/// How a payment begins with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// As a sale or a pre-authorisation: whatever came for the payment before was refused or waits.
    New,
    /// As one from before the ledger, or one that stands alone: it has put nothing into any of its merchant's buckets.
    Elsewhere,
}

impl EventType {
    /// Whether such an event is a purchase of a customer's: it captures money.
    pub const fn is_purchase(self) -> bool {
        match self {
            Self::Sale | Self::PreauthCompleted => true,
            Self::LedgerOpened | Self::DayClosed | Self::CalendarSet | Self::ContractSet | Self::CustomerErased => false,
            Self::PreauthPlaced | Self::PreauthIncreased | Self::PreauthReleased | Self::TipAdjusted | Self::Void | Self::Reversal => false,
            Self::Refund | Self::RefundFailed | Self::StandaloneRefund | Self::InstalmentSubsidy => false,
            Self::DisputeOpened | Self::Chargeback | Self::ChargebackRepresented | Self::DisputeWon | Self::DisputeLost => false,
            Self::StandaloneChargeback | Self::HoldPlaced | Self::HoldReleased | Self::HoldSeized => false,
            Self::ReserveReleased | Self::EarlyRelease => false,
            Self::PayoutInitiated | Self::PayoutPaid | Self::PayoutFailed | Self::PayoutReturned => false,
            Self::FeeCharged | Self::FeeWaived | Self::TierAdjusted | Self::MaintenanceDue | Self::BatchClosed => false,
            Self::DebtRepaid | Self::DebtWrittenOff | Self::Adjustment => false,
            Self::SchemeSettled | Self::PartnerPaid | Self::TaxPaid | Self::PspPaidBank | Self::FeesSwept => false,
            Self::ReportLine | Self::ReportClosed | Self::BreakClosed | Self::OpeningBalance | Self::OpeningPayment => false,
        }
    }

    /// Whether such an event pays a customer back, or takes that back: its fees are what refunds cost.
    pub const fn is_of_refund(self) -> bool {
        match self {
            Self::Refund | Self::RefundFailed | Self::StandaloneRefund => true,
            Self::LedgerOpened | Self::DayClosed | Self::CalendarSet | Self::ContractSet | Self::CustomerErased => false,
            Self::Sale | Self::PreauthPlaced | Self::PreauthIncreased | Self::PreauthReleased | Self::PreauthCompleted => false,
            Self::TipAdjusted | Self::Void | Self::Reversal | Self::InstalmentSubsidy => false,
            Self::DisputeOpened | Self::Chargeback | Self::ChargebackRepresented | Self::DisputeWon | Self::DisputeLost => false,
            Self::StandaloneChargeback | Self::HoldPlaced | Self::HoldReleased | Self::HoldSeized => false,
            Self::ReserveReleased | Self::EarlyRelease => false,
            Self::PayoutInitiated | Self::PayoutPaid | Self::PayoutFailed | Self::PayoutReturned => false,
            Self::FeeCharged | Self::FeeWaived | Self::TierAdjusted | Self::MaintenanceDue | Self::BatchClosed => false,
            Self::DebtRepaid | Self::DebtWrittenOff | Self::Adjustment => false,
            Self::SchemeSettled | Self::PartnerPaid | Self::TaxPaid | Self::PspPaidBank | Self::FeesSwept => false,
            Self::ReportLine | Self::ReportClosed | Self::BreakClosed | Self::OpeningBalance | Self::OpeningPayment => false,
        }
    }

    /// How the payment that such an event names begins with it; `None` where it was there before, or none is named.
    pub const fn begins_payment(self) -> Option<Beginning> {
        match self {
            Self::Sale | Self::PreauthPlaced => Some(Beginning::New),
            Self::OpeningPayment | Self::StandaloneRefund | Self::StandaloneChargeback => Some(Beginning::Elsewhere),
            Self::PreauthIncreased | Self::PreauthReleased | Self::PreauthCompleted | Self::TipAdjusted | Self::Void | Self::Reversal => None,
            Self::Refund | Self::RefundFailed | Self::InstalmentSubsidy => None,
            Self::DisputeOpened | Self::Chargeback | Self::ChargebackRepresented | Self::DisputeWon | Self::DisputeLost => None,
            Self::LedgerOpened | Self::DayClosed | Self::CalendarSet | Self::ContractSet | Self::CustomerErased => None,
            Self::HoldPlaced | Self::HoldReleased | Self::HoldSeized | Self::ReserveReleased | Self::EarlyRelease => None,
            Self::PayoutInitiated | Self::PayoutPaid | Self::PayoutFailed | Self::PayoutReturned => None,
            Self::FeeCharged | Self::FeeWaived | Self::TierAdjusted | Self::MaintenanceDue | Self::BatchClosed => None,
            Self::DebtRepaid | Self::DebtWrittenOff | Self::Adjustment => None,
            Self::SchemeSettled | Self::PartnerPaid | Self::TaxPaid | Self::PspPaidBank | Self::FeesSwept => None,
            Self::ReportLine | Self::ReportClosed | Self::BreakClosed | Self::OpeningBalance => None,
        }
    }

    /// Whether the house settles by such an event with a scheme, a PSP or a partner, who may report it.
    pub const fn settles_house(self) -> bool {
        match self {
            Self::SchemeSettled | Self::PspPaidBank | Self::PartnerPaid => true,
            Self::TaxPaid | Self::FeesSwept => false,
            Self::LedgerOpened | Self::DayClosed | Self::CalendarSet | Self::ContractSet | Self::CustomerErased => false,
            Self::Sale | Self::PreauthPlaced | Self::PreauthIncreased | Self::PreauthReleased | Self::PreauthCompleted => false,
            Self::TipAdjusted | Self::Void | Self::Reversal => false,
            Self::Refund | Self::RefundFailed | Self::StandaloneRefund | Self::InstalmentSubsidy => false,
            Self::DisputeOpened | Self::Chargeback | Self::ChargebackRepresented | Self::DisputeWon | Self::DisputeLost => false,
            Self::StandaloneChargeback | Self::HoldPlaced | Self::HoldReleased | Self::HoldSeized => false,
            Self::ReserveReleased | Self::EarlyRelease => false,
            Self::PayoutInitiated | Self::PayoutPaid | Self::PayoutFailed | Self::PayoutReturned => false,
            Self::FeeCharged | Self::FeeWaived | Self::TierAdjusted | Self::MaintenanceDue | Self::BatchClosed => false,
            Self::DebtRepaid | Self::DebtWrittenOff | Self::Adjustment => false,
            Self::ReportLine | Self::ReportClosed | Self::BreakClosed | Self::OpeningBalance | Self::OpeningPayment => false,
        }
    }

    /// Whether such an event tells of money that has moved outside: where it is not booked, the books and the world differ.
    pub const fn tells_of_moved_money(self) -> bool {
        match self {
            Self::Sale
            | Self::PreauthCompleted
            | Self::TipAdjusted
            | Self::Void
            | Self::Reversal
            | Self::Refund
            | Self::RefundFailed
            | Self::Chargeback
            | Self::ChargebackRepresented
            | Self::DisputeWon
            | Self::DisputeLost
            | Self::PayoutPaid
            | Self::PayoutReturned
            | Self::DebtRepaid
            | Self::StandaloneRefund
            | Self::StandaloneChargeback
            | Self::SchemeSettled => true,
            Self::LedgerOpened
            | Self::DayClosed
            | Self::CalendarSet
            | Self::ContractSet
            | Self::PreauthPlaced
            | Self::PreauthIncreased
            | Self::PreauthReleased
            | Self::InstalmentSubsidy
            | Self::DisputeOpened
            | Self::HoldPlaced
            | Self::HoldReleased
            | Self::HoldSeized
            | Self::ReserveReleased
            | Self::EarlyRelease
            | Self::PayoutInitiated
            | Self::PayoutFailed
            | Self::FeeCharged
            | Self::FeeWaived
            | Self::TierAdjusted
            | Self::DebtWrittenOff
            | Self::Adjustment
            | Self::MaintenanceDue
            | Self::BatchClosed
            | Self::CustomerErased
            | Self::PartnerPaid
            | Self::TaxPaid
            | Self::PspPaidBank
            | Self::FeesSwept
            | Self::ReportLine
            | Self::ReportClosed
            | Self::BreakClosed
            | Self::OpeningBalance
            | Self::OpeningPayment => false,
        }
    }
}
