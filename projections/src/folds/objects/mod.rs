//! What a merchant's events are about: payments, holds, payouts, disputes; and what each day charged and moved.
//!
//! Objects are listed newest first: each lies under the number of the entry that made it, which an index by id knows.

mod day;
mod dispute;
mod hold;
mod payment;
mod payout;

pub use day::{DAYS, Day, FeeDay, Group, Movements};
pub use dispute::{DISPUTE_NUMBERS, DISPUTES, Dispute};
pub use hold::{HOLD_NUMBERS, HOLDS, Hold};
pub use payment::{PAYMENT_ENTRIES, PAYMENTS, Payment, Stage, Terms};
pub use payout::{PAYOUT_NUMBERS, PAYOUTS, Payout, PayoutState};

use super::buckets::Buckets;
use super::charges::charges;
use crate::views::{Error, Id, Projection, Rows};
use ledger::entry::{Outcome, Recorded};
use schemas::event::Subject;

/// The projection.
pub const ID: Id = Id::new(5, "objects", 6);

/// The fold.
pub struct Objects {
    /// Of payments that had an entry before their first posted one.
    early: Buckets,
}

impl Default for Objects {
    fn default() -> Self {
        Self { early: Buckets::of(payment::EARLY) }
    }
}

impl Projection for Objects {
    fn id(&self) -> Id {
        ID
    }

    fn fold(&mut self, entry: &Recorded, rows: &mut Rows) -> Result<(), Error> {
        let row = &entry.row;
        let Some(Subject::Merchant(merchant)) = &row.subject else { return Ok(()) };
        let posted = match &row.outcome {
            Outcome::Posted => true,
            Outcome::Parked(_) | Outcome::Refused { .. } => false,
            Outcome::Duplicate { .. } | Outcome::Quarantined { .. } => return Ok(()),
        };
        let mut charged = if posted { charges(row) } else { Vec::new() };
        if let Some(payment) = &row.payment {
            payment::fold(entry, (merchant, payment), posted, &mut charged, &mut self.early, rows)?;
        }
        if posted {
            dispute::fold(entry, merchant, rows)?;
            hold::fold(entry, merchant, rows)?;
            payout::fold(entry, merchant, rows)?;
            day::fold(entry, merchant, &charged, rows)?;
        }
        Ok(())
    }
}

fn fault(entry: &Recorded, what: &str) -> Error {
    Error::Fold { projection: ID.name, entry: entry.number, detail: what.to_owned() }
}
