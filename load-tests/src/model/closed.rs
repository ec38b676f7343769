//! What was refused is closed: ids under which there is nothing, because the event that would have made it was refused.

use super::desk::Stop;
use super::event::Event;
use super::state::Merchant;
use schemas::event::EventType;
use std::collections::BTreeSet;

/// The closed ids of a merchant: of what kind, and which; a dispute's has its payment before it.
#[derive(Clone, Debug, Default)]
pub struct Closed {
    ids: BTreeSet<(&'static str, String)>,
}

impl Closed {
    /// What becomes of an event that needs what is not there: it waits, or it is refused where that is closed.
    pub fn or_wait(&self, kind: &'static str, id: &str) -> Stop {
        if self.ids.contains(&(kind, id.to_owned())) { Stop::Refuse("not_open") } else { Stop::Wait(kind) }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.ids.iter()
    }
}

/// The name of a dispute among those of all payments.
pub fn dispute_name(event: &Event) -> String {
    format!("{} {}", event.need("payment"), event.dispute())
}

/// Closes what a refused event would have made, where there is none of that id.
pub fn close(merchant: &mut Merchant, event: &Event) {
    let (payment, hold, payout) = (event.need("payment"), event.need("hold"), event.need("payout"));
    let holds = |id: &str| merchant.holds.iter().any(|hold| hold.id == id);
    let Some(event_type) = EventType::from_name(&event.kind) else { return };
    let (kind, id, is_there) = match event_type {
        EventType::Sale | EventType::PreauthPlaced | EventType::OpeningPayment | EventType::StandaloneRefund | EventType::StandaloneChargeback => {
            ("payment", payment.to_owned(), merchant.payments.contains_key(payment))
        }
        EventType::HoldPlaced => ("hold", hold.to_owned(), holds(hold)),
        // What comes back would have been held under the payout's id.
        EventType::PayoutReturned => ("hold", payout.to_owned(), holds(payout)),
        EventType::PayoutInitiated => ("payout", payout.to_owned(), merchant.payouts.contains_key(payout)),
        EventType::DisputeOpened | EventType::Chargeback => {
            let known = merchant.payments.get(payment).is_some_and(|payment| payment.disputes.contains_key(event.dispute()));
            ("dispute", dispute_name(event), known)
        }
        EventType::LedgerOpened | EventType::DayClosed | EventType::CalendarSet | EventType::ContractSet | EventType::PreauthIncreased => return,
        EventType::PreauthReleased | EventType::PreauthCompleted | EventType::TipAdjusted | EventType::Void | EventType::Reversal => return,
        EventType::Refund | EventType::RefundFailed | EventType::InstalmentSubsidy | EventType::ChargebackRepresented | EventType::DisputeWon => return,
        EventType::DisputeLost | EventType::HoldReleased | EventType::HoldSeized | EventType::ReserveReleased | EventType::EarlyRelease => return,
        EventType::PayoutPaid | EventType::PayoutFailed | EventType::FeeCharged | EventType::FeeWaived | EventType::TierAdjusted => return,
        EventType::DebtRepaid | EventType::DebtWrittenOff | EventType::Adjustment | EventType::MaintenanceDue | EventType::BatchClosed => return,
        EventType::CustomerErased | EventType::SchemeSettled | EventType::PartnerPaid | EventType::TaxPaid | EventType::PspPaidBank => return,
        EventType::FeesSwept | EventType::OpeningBalance | EventType::ReportLine | EventType::ReportClosed | EventType::BreakClosed => return,
    };
    // One that stands alone would have made its dispute, too.
    if event_type == EventType::StandaloneChargeback {
        let known = merchant.payments.get(payment).is_some_and(|payment| payment.disputes.contains_key(event.dispute()));
        if !known {
            merchant.closed.ids.insert(("dispute", dispute_name(event)));
        }
    }
    if !is_there {
        merchant.closed.ids.insert((kind, id));
    }
}
