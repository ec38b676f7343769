//! Which entries are about whom and of what: numbers of posted entries, by merchant (or the house) and by type, by type in
//! the whole partition, and by what the outside calls them.
//!
//! An entry costs a byte or two in each of three lists; only one that has a reference costs a row of its own. A merchant's sales, which most
//! of its entries are, have no list of their own beside that of all its entries.

use super::hash::fnv_64;
use super::numbers::Lists;
use crate::views::{Error, Id, Projection, Rows, Table};
use ledger::entry::{Outcome, Recorded};
use schemas::event::{EventType, Subject};
use schemas::ids::Reference;

/// The projection.
pub const ID: Id = Id::new(4, "entries", 3);

/// Posted entries of an owner, all and by type, but for types that have [no list of their own](is_listed_by_type).
pub const LISTS: Lists<(String, Option<EventType>)> = Lists { heads: Table::new(ID, 0), packs: Table::new(ID, 1) };

/// Posted entries of every owner, by type: what lists over all merchants are read from.
pub const OF_TYPE: Lists<EventType> = Lists { heads: Table::new(ID, 2), packs: Table::new(ID, 3) };

/// Posted entries by the hash of their reference, see [`reference_hash`]; two references may share one.
pub const REFERENCED: Table<(u64, u64), ()> = Table::new(ID, 4);

/// Whether an owner's entries of a type are listed by themselves. Sales are not: they are found among all entries of their merchant, and a list
/// of them would be written as often as that one.
pub const fn is_listed_by_type(event_type: EventType) -> bool {
    use EventType as T;
    match event_type {
        T::Sale => false,
        T::LedgerOpened | T::DayClosed | T::CalendarSet | T::ContractSet | T::CustomerErased => true,
        T::PreauthPlaced | T::PreauthIncreased | T::PreauthReleased | T::PreauthCompleted | T::TipAdjusted | T::Void | T::Reversal => true,
        T::Refund | T::RefundFailed | T::StandaloneRefund | T::InstalmentSubsidy => true,
        T::DisputeOpened | T::Chargeback | T::ChargebackRepresented | T::DisputeWon | T::DisputeLost | T::StandaloneChargeback => true,
        T::HoldPlaced | T::HoldReleased | T::HoldSeized | T::ReserveReleased | T::EarlyRelease => true,
        T::PayoutInitiated | T::PayoutPaid | T::PayoutFailed | T::PayoutReturned => true,
        T::FeeCharged | T::FeeWaived | T::TierAdjusted | T::MaintenanceDue | T::BatchClosed => true,
        T::DebtRepaid | T::DebtWrittenOff | T::Adjustment => true,
        T::SchemeSettled | T::PartnerPaid | T::TaxPaid | T::PspPaidBank | T::FeesSwept => true,
        T::ReportLine | T::ReportClosed | T::BreakClosed | T::OpeningBalance | T::OpeningPayment => true,
    }
}

/// The name under which the house's entries are listed; no merchant has it.
pub use schemas::event::HOUSE;

/// Under which name a subject's entries are listed; a partition's are under none.
pub fn owner(subject: Option<&Subject>) -> Option<&str> {
    match subject? {
        Subject::Merchant(merchant) => Some(merchant.as_str()),
        Subject::House => Some(HOUSE),
        Subject::Partition => None,
    }
}

/// A reference has the same hash on every machine. Who finds an entry by it looks whether it is the one.
pub fn reference_hash(reference: &Reference) -> u64 {
    fnv_64(reference.as_str())
}

/// The fold.
#[derive(Default)]
pub struct Entries {
    /// What goes to [`OF_TYPE`] with the next commit, in order then.
    of_type: Vec<(EventType, u64)>,
}

impl Projection for Entries {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let Some(owner) = owner(entry.row.subject.as_ref()).filter(|_| entry.row.outcome == Outcome::Posted) else { return Ok(()) };
        LISTS.push(rows, (owner, None::<EventType>), entry.number)?;
        if let Some(reference) = &entry.row.reference {
            rows.append(&REFERENCED, (reference_hash(reference), entry.number), &())?;
        }
        match entry.row.event_type {
            Some(event_type) => {
                self.of_type.push((event_type, entry.number));
                if is_listed_by_type(event_type) { LISTS.push(rows, (owner, Some(event_type)), entry.number) } else { Ok(()) }
            }
            None => Ok(()),
        }
    }

    fn settle(&mut self, rows: &mut Rows) -> Result<(), Error> {
        self.of_type.sort_unstable();
        self.of_type.drain(..).try_for_each(|(event_type, entry)| OF_TYPE.push(rows, event_type, entry))
    }
}
