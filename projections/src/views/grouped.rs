//! Entries in groups, a merchant each: its rows are looked for once a group and stay near, where entries as they come would lead
//! from merchant to merchant, and to other memory with each.
//!
//! Only entries that could as well have come in another order are taken out of it: what posts the money of one merchant. What one
//! merchant did stays in its order, and everything else stays where it is between them.

use super::{Error, Projection, Rows};
use foldhash::fast::FixedState;
use ledger::entry::{Note, Outcome, Recorded, Row};
use schemas::event::Subject;
use std::hash::BuildHasher;

/// Whether an entry changes nothing that entries of other merchants depend on, but sums and what is sorted once a commit.
///
/// A contract is what entries after it are read by; what was not booked, and what others report, is compared with what came before
/// it, whosever it is.
pub(super) fn goes_with_others(row: &Row) -> bool {
    let is_of_merchant = matches!(row.subject, Some(Subject::Merchant(_))) && matches!(row.outcome, Outcome::Posted) && row.record == row.offset;
    is_of_merchant
        && match row.note {
            Note::None | Note::Amount { .. } | Note::Hold { .. } | Note::Payout { .. } | Note::Dispute { .. } => true,
            Note::Opened { .. } | Note::Closed { .. } | Note::Calendar { .. } | Note::CalendarDays { .. } | Note::Contract { .. } | Note::Erased { .. } => {
                false
            }
            // What was there before the ledger is brought in once, and is rare.
            Note::Opening { .. } => false,
            Note::ReportLine { .. } | Note::ReportClosed { .. } | Note::BreakClosed { .. } => false,
        }
}

/// Folds groups; what it keeps is memory that is filled again.
#[derive(Default)]
pub(super) struct Grouped {
    /// The hash of each entry's merchant, and its place.
    order: Vec<(u64, u32)>,
}

impl Grouped {
    /// Folds entries that [go with others](goes_with_others).
    pub fn fold(&mut self, entries: &[Recorded], projections: &mut [Box<dyn Projection>], rows: &mut Rows) -> Result<(), Error> {
        let hasher = FixedState::default();
        let hash = |entry: &Recorded| match &entry.row.subject {
            Some(Subject::Merchant(merchant)) => hasher.hash_one(merchant.as_str()),
            Some(Subject::House | Subject::Partition) | None => 0,
        };
        self.order.clear();
        self.order.extend((0u32..).zip(entries).map(|(place, entry)| (hash(entry), place)));
        // Two merchants with one hash share a group, in the order of their entries.
        self.order.sort_unstable();
        for group in self.order.chunk_by(|(one, _), (other, _)| one == other) {
            for projection in projections.iter_mut() {
                group.iter().filter_map(|(_, place)| entries.get(*place as usize)).try_for_each(|entry| projection.fold(entry, rows))?;
            }
        }
        Ok(())
    }
}
