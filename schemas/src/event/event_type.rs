//! What is known of a type of events by its name alone.

use super::EventType;

impl EventType {
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
