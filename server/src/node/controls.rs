//! Control events that one partition lacks and others have: a close, a calendar, an erasure that did not come, or in another order.
//!
//! Each of them is written to every partition, so what partitions have is compared: the open date, and the ids of the other control
//! events of the last [`WINDOW_DAYS`] dates. A partition that is behind its log lacks nothing that is not on its way, and one that follows
//! its log has [`GRACE`] to get what the others have, because a producer writes one partition after the other.

use super::Node;
use ledger::shard::State;
use projections::answers::{self, ControlEvent};
use schemas::event::EventType;
use schemas::ids::EventId;
use schemas::time::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So long a partition that follows its log may lack what others have before that is told.
pub const GRACE: Duration = Duration::from_secs(15);
/// Business dates back from the newest one that are compared.
const WINDOW_DAYS: i32 = 30;
/// How often the partitions are compared.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What is the matter with a control event on a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It is not there.
    Missing,
    /// It was posted on another business date than elsewhere.
    OutOfOrder,
}

/// A control event that is not on a partition as it is on others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Which partition.
    pub partition: u32,
    /// What is the matter.
    pub fault: Fault,
    /// Which type.
    pub event_type: EventType,
    /// The event on the others.
    pub event: EventId,
    /// Of a close: the date that is not closed; else the business date on which others have it.
    pub since: Date,
}

/// What one partition has.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Which.
    pub partition: u32,
    /// Whether it is at the end of its log.
    pub is_following: bool,
    /// Its open date; `None` before it is opened.
    pub open: Option<Date>,
    /// Its control events, within the window.
    pub events: Vec<ControlEvent>,
}

/// Compares partitions, and remembers since when each gap has been there.
#[derive(Debug, Default)]
pub struct Watch {
    first_seen: BTreeMap<Gap, Instant>,
}

impl Watch {
    /// The gaps that have been there for longer than [`GRACE`].
    pub fn look(&mut self, seen: &[Seen], now: Instant) -> BTreeSet<Gap> {
        let gaps = gaps(seen);
        self.first_seen.retain(|gap, _| gaps.contains(gap));
        let lasting = gaps.into_iter().filter(|gap| {
            let since = *self.first_seen.entry(gap.clone()).or_insert(now);
            now.saturating_duration_since(since) >= GRACE
        });
        lasting.collect()
    }
}

/// What each partition lacks that another one has.
fn gaps(seen: &[Seen]) -> BTreeSet<Gap> {
    let Some(newest) = seen.iter().filter_map(|seen| seen.open).max() else { return BTreeSet::new() };
    let oldest_told = newest.plus_days(-WINDOW_DAYS);
    let mut gaps = BTreeSet::new();
    // The first date on which any partition posted each event. The house's events and the partitions' have ids of their own, so the type
    // tells apart what has one id.
    let mut posted: BTreeMap<(&EventId, EventType), Date> = BTreeMap::new();
    for event in seen.iter().flat_map(|seen| &seen.events).filter(|event| event.control.refused.is_none()) {
        let first = posted.entry((&event.event, event.control.event_type)).or_insert(event.date);
        *first = event.date.min(*first);
    }
    for partition in seen.iter().filter(|partition| partition.is_following) {
        let own = partition.events.iter().filter(|event| event.control.refused.is_none());
        let own: BTreeMap<(&EventId, EventType), Date> = own.map(|event| ((&event.event, event.control.event_type), event.date)).collect();
        let gap = |fault, event: &EventId, event_type, since| Gap { partition: partition.partition, fault, event_type, event: event.clone(), since };
        for ((event, event_type), date) in posted.iter().filter(|(_, date)| **date >= oldest_told) {
            match (event_type, own.get(&(*event, *event_type))) {
                // A date may be closed by another event than elsewhere; what counts is that it is.
                (EventType::DayClosed, _) => match partition.open {
                    Some(open) if *date > open => gaps.insert(gap(Fault::Missing, event, *event_type, date.plus_days(-1))),
                    Some(_) | None => false,
                },
                (_, None) => gaps.insert(gap(Fault::Missing, event, *event_type, *date)),
                (_, Some(own)) if own > date => gaps.insert(gap(Fault::OutOfOrder, event, *event_type, *date)),
                (_, Some(_)) => false,
            };
        }
    }
    gaps
}

/// The gaps that are told now.
#[derive(Debug, Default)]
pub struct Controls {
    told: Mutex<BTreeSet<Gap>>,
}

impl Controls {
    /// All of them, by partition.
    pub fn gaps(&self) -> BTreeSet<Gap> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, gaps: BTreeSet<Gap>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for Gap { partition, fault, event_type, event, since } in gaps.difference(&told) {
            let event_type = event_type.as_str();
            tracing::warn!(partition, ?fault, event_type, %event, %since, "a control event is not on this partition as it is on others");
        }
        *told = gaps;
    }
}

/// Compares the partitions again and again, until the server ends.
pub async fn keep(controls: Arc<Controls>, node: Arc<Node>) {
    let watch = Arc::new(Mutex::new(Watch::default()));
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let (controls, node, watch) = (Arc::clone(&controls), Arc::clone(&node), Arc::clone(&watch));
        let looked = tokio::task::spawn_blocking(move || {
            let seen = seen(&node);
            controls.tell(watch.lock().unwrap_or_else(PoisonError::into_inner).look(&seen, Instant::now()));
        });
        if looked.await.is_err() {
            tracing::error!("comparing control events ended in a panic");
            return;
        }
    }
}

/// What each partition has that can be read.
fn seen(node: &Node) -> Vec<Seen> {
    let locals = node.locals();
    let open = |local: &Arc<super::Local>| local.read(|shard| Ok::<_, super::Error>(shard.checkpoint().open)).ok().flatten();
    let Some(newest) = locals.iter().filter_map(open).max() else { return Vec::new() };
    // A partition may have had an event for as long before the others, so it is looked for twice as far back.
    let from = newest.plus_days(-2 * WINDOW_DAYS);
    let look = |place: &Arc<super::Local>| {
        // The status before the views: what the log had then, they have.
        let status = place.status();
        let is_following = status.state == State::Following && status.code.is_none() && status.lag == 0;
        let told = |error| super::Error::Answer { partition: place.partition(), error };
        let read = place.read(|shard| Ok::<_, super::Error>((shard.checkpoint().open, answers::controls(shard, from).map_err(told)?)));
        match read {
            Ok((open, events)) => Some(Seen { partition: place.partition(), is_following, open, events }),
            Err(error) => {
                tracing::debug!(partition = place.partition(), %error, "control events cannot be compared");
                None
            }
        }
    };
    locals.iter().filter_map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use projections::folds::events::Control;

    fn date(day: i32) -> Date {
        Date::from_days(20_000 + day)
    }

    fn event(id: &str, day: i32, event_type: EventType) -> ControlEvent {
        ControlEvent { event: EventId::new(id).expect("an id"), date: date(day), control: Control { entry: 0, event_type, refused: None } }
    }

    fn seen(partition: u32, open: i32, events: &[ControlEvent]) -> Seen {
        Seen { partition, is_following: true, open: Some(date(open)), events: events.to_vec() }
    }

    #[test]
    fn what_lacks_is_told_after_the_grace_and_no_longer_once_it_has_come() {
        let close = event("d0", 1, EventType::DayClosed);
        let partitions = [seen(0, 1, std::slice::from_ref(&close)), seen(1, 0, &[]), seen(2, 1, std::slice::from_ref(&close))];
        let (mut watch, start) = (Watch::default(), Instant::now());
        assert!(watch.look(&partitions, start).is_empty(), "it may be on its way");
        let told = watch.look(&partitions, start + GRACE);
        let expected = Gap { partition: 1, fault: Fault::Missing, event_type: EventType::DayClosed, event: close.event.clone(), since: date(0) };
        assert_eq!(told.into_iter().collect::<Vec<_>>(), [expected]);
        // Another event closed the same date.
        let mended = [partitions[0].clone(), seen(1, 1, &[event("other", 1, EventType::DayClosed)]), partitions[2].clone()];
        assert!(watch.look(&mended, start + 2 * GRACE).is_empty());
        assert!(watch.look(&partitions, start + 3 * GRACE).is_empty(), "it begins anew");
    }

    #[test]
    fn a_partition_behind_its_log_lacks_nothing() {
        let close = event("d0", 1, EventType::DayClosed);
        let behind = Seen { is_following: false, ..seen(1, 0, &[]) };
        assert!(gaps(&[seen(0, 1, &[close]), behind]).is_empty());
    }

    /// The house's events and the partitions' have ids of their own.
    #[test]
    fn two_events_of_one_id_are_two() {
        let (erasure, close) = (event("e60", 1, EventType::CustomerErased), event("e60", 3, EventType::CalendarSet));
        assert!(gaps(&[seen(0, 4, &[erasure, close])]).is_empty());
    }

    #[test]
    fn calendars_erasures_and_openings_are_compared_by_their_ids() {
        let (calendar, erasure) = (event("cal", 3, EventType::CalendarSet), event("gone", 2, EventType::CustomerErased));
        let late = ControlEvent { date: date(4), ..calendar.clone() };
        let all = [seen(0, 4, &[calendar.clone(), erasure.clone()]), seen(1, 4, &[late, erasure]), seen(2, 4, &[calendar])];
        let told: Vec<_> = gaps(&all).into_iter().map(|gap| (gap.partition, gap.fault, gap.event_type)).collect();
        assert_eq!(told, [(1, Fault::OutOfOrder, EventType::CalendarSet), (2, Fault::Missing, EventType::CustomerErased)]);
        let opening = event("open", 0, EventType::LedgerOpened);
        let unopened = Seen { open: None, ..seen(1, 0, &[]) };
        let told: Vec<_> = gaps(&[seen(0, 0, &[opening]), unopened]).into_iter().map(|gap| (gap.partition, gap.event_type)).collect();
        assert_eq!(told, [(1, EventType::LedgerOpened)]);
    }
}
