//! Events of the bank itself: settlements, and what it and PSPs pay.

use crate::model::account::{Account, Line};
use crate::model::event::Event;
use schemas::event::EventType;

/// The lines of a house event; it is never refused.
pub fn lines(event: &Event) -> Vec<Line> {
    let (Some(currency), Some(amount)) = (event.currency(), event.amount()) else { return Vec::new() };
    let psp = event.text("psp");
    let book = psp.map_or_else(|| "bank".to_owned(), |psp| format!("psp:{psp}"));
    // Merchants' money at a PSP is in its client reserve; it pays from its own.
    let (clients, own) = if psp.is_some() { (1030, 1035) } else { (1020, 1020) };
    let line = |book: &str, debit: Account, credit: Account| Line { book: book.to_owned(), currency, debit, credit, amount };
    let plain = Account::plain;
    let Some(kind) = EventType::from_name(&event.kind) else { return Vec::new() };
    match kind {
        EventType::SchemeSettled => vec![line(&book, plain(clients), Account::of(1010, event.need("scheme")))],
        EventType::PartnerPaid => vec![line(&book, Account::of(2080, event.need("partner")), plain(own))],
        EventType::TaxPaid => vec![line(&book, plain(2090), plain(own))],
        EventType::PspPaidBank => {
            vec![line(&book, plain(2085), plain(own)), line("bank", plain(1020), Account::of(1045, event.need("psp")))]
        }
        EventType::FeesSwept => vec![line(&book, plain(1035), plain(1030))],
        EventType::OpeningBalance => super::opening::of_house(event, &book, currency, amount),
        // A customer that the house erases is in no account; the others are of no house.
        EventType::LedgerOpened | EventType::DayClosed | EventType::CalendarSet | EventType::ContractSet | EventType::Sale => Vec::new(),
        EventType::PreauthPlaced | EventType::PreauthIncreased | EventType::PreauthReleased | EventType::PreauthCompleted | EventType::TipAdjusted => {
            Vec::new()
        }
        EventType::Void | EventType::Reversal | EventType::Refund | EventType::RefundFailed | EventType::InstalmentSubsidy => Vec::new(),
        EventType::DisputeOpened | EventType::Chargeback | EventType::ChargebackRepresented | EventType::DisputeWon | EventType::DisputeLost => Vec::new(),
        EventType::HoldPlaced | EventType::HoldReleased | EventType::HoldSeized | EventType::ReserveReleased | EventType::EarlyRelease => Vec::new(),
        EventType::PayoutInitiated | EventType::PayoutPaid | EventType::PayoutFailed | EventType::PayoutReturned | EventType::FeeCharged => Vec::new(),
        EventType::FeeWaived | EventType::TierAdjusted | EventType::DebtRepaid | EventType::DebtWrittenOff | EventType::Adjustment => Vec::new(),
        EventType::MaintenanceDue | EventType::BatchClosed | EventType::CustomerErased => Vec::new(),
        EventType::ReportLine | EventType::ReportClosed | EventType::BreakClosed => Vec::new(),
        EventType::OpeningPayment | EventType::StandaloneRefund | EventType::StandaloneChargeback => Vec::new(),
    }
}
