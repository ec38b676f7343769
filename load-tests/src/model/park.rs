//! What waits, and how it leaves: posted or refused, from the oldest, again and again until nothing moves.

use super::event::Event;
use super::ids::Fate;
use super::said::{Outcome, Said};
use super::{Model, closed};
use schemas::time::Date;

/// An event cannot wait longer than until the close of this many dates after its own.
pub const PARK_DAYS: i32 = 3;

/// An event that waits for something that has not come.
#[derive(Clone, Debug)]
pub struct Parked {
    /// The event.
    pub event: Event,
    /// The open date when it came.
    pub since: Option<Date>,
    /// What it waits for.
    pub waits_for: &'static str,
}

impl Model {
    /// Lets go what need not wait any longer; whenever one leaves, it begins again.
    pub(super) fn scan_park(&mut self, all: &mut Vec<Said>) {
        // Nothing is parked while this tries, so what waits can stand aside.
        let mut park = std::mem::take(&mut self.park);
        let mut index = 0;
        while let Some(parked) = park.get_mut(index) {
            match self.attempt(&parked.event) {
                Ok(said) => {
                    park.remove(index);
                    all.push(said);
                    index = 0;
                }
                Err(waits_for) => {
                    parked.waits_for = waits_for;
                    index += 1;
                }
            }
        }
        self.park = park;
    }

    /// Refuses what has been parked since three dates before the closed one, or before that.
    pub(super) fn expire_park(&mut self, closed: Date, all: &mut Vec<Said>) {
        let last = closed.plus_days(-PARK_DAYS);
        let (expired, kept) = std::mem::take(&mut self.park).into_iter().partition(|parked: &Parked| parked.since.is_some_and(|since| since <= last));
        self.park = kept;
        for parked in expired {
            if let Some(merchant) = parked.event.subject.as_deref().and_then(|name| self.merchants.get_mut(name)) {
                closed::close(merchant, &parked.event);
            }
            self.own(&parked.event, Fate::Refused);
            all.push(Said::new(parked.event.offset, Some(&parked.event), Outcome::Refused, Some("expired_in_park"), self.open));
        }
    }
}
