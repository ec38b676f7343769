//! Appends events: the close of a day to a few partitions after the others, everything else at once.
//!
//! A close is much work for every partition, and what comes behind it in a partition is folded after it. On all partitions at once each
//! close would take as long as all of them, and so would who comes behind one. So a close that is posted by itself is appended to half as
//! many partitions as there are processors, which leaves the other half to all else, and to the next ones when it is folded there: the
//! longest wait is for the work of one partition. Where no partition has entries enough for a long close, all have it at once.
//!
//! It goes on where its client has gone. A partition that does not fold it within [`FOLDED_WITHIN`] keeps the others no longer, and neither
//! does a server that is told to end, which [waits for it](on_all): the rest is appended at once. Whatever goes to every partition is appended in one order on all of them; who comes meanwhile waits.

use crate::http::Service;
use crate::http::problem::Problem;
use crate::node::{Intake, Node, Refused, Taken, Target};
use crate::shape::Position;
use crate::traces;
use schemas::event::EventType;
use std::future::Future;
use std::time::Duration;
use tracing::Instrument;

/// How long a partition may take to fold a close before the others have it, too.
const FOLDED_WITHIN: Duration = Duration::from_secs(2);

/// A partition with fewer entries closes a day in a moment.
const LONG_FROM: u64 = 4_096;

/// Appends events in the order they come; answers for each where it lies.
pub async fn take(service: &Service, events: Vec<Intake>) -> Result<Vec<Taken>, Problem> {
    let span = tracing::trace_span!(target: traces::TARGET, "append", events = events.len());
    if !events.iter().any(|event| event.target == Target::Every) {
        return at_once(service, events).instrument(span).await;
    }
    let service = service.clone();
    let task = async move {
        let _order = service.node.order().lock().await;
        match events.as_slice() {
            [event] if is_close(event) && may_be_long(&service.node) => close(&service, event).await,
            _ => at_once(&service, events).await,
        }
    };
    tokio::spawn(task.instrument(span)).await.unwrap_or_else(|error| Err(Problem::internal(&error)))
}

/// Waits until what is being appended to partition after partition is on all of them, for so long at most; for a server that ends.
pub async fn on_all(node: &Node, at_most: Duration) {
    if tokio::time::timeout(at_most, node.order().lock()).await.is_err() {
        tracing::warn!(
            "an event for every partition was not appended to all of them within {} s: post it again, the partitions that have it count it as a duplicate",
            at_most.as_secs()
        );
    }
}

async fn at_once(service: &Service, events: Vec<Intake>) -> Result<Vec<Taken>, Problem> {
    let node = service.node.clone();
    service.pools.append(move || Ok(node.take_now(events)?)).await
}

fn is_close(event: &Intake) -> bool {
    event.read_again().is_ok_and(|(_, event_type)| event_type == EventType::DayClosed)
}

/// Whether a close may be long on a partition: it has an entry for a merchant or an event that has one already, and none knows how many another
/// node has.
fn may_be_long(node: &Node) -> bool {
    let here = node.statuses();
    here.len() < node.places().len() || here.iter().any(|status| status.entries >= LONG_FROM)
}

async fn close(service: &Service, event: &Intake) -> Result<Vec<Taken>, Problem> {
    let node = service.node.clone();
    let partitions = match service.pools.append(move || Ok(node.takes_all())).await? {
        Ok(partitions) => partitions,
        Err(refused) => return Ok(vec![Err(refused)]),
    };
    let large = service.node.large();
    // Views leave the machine to the fold also between one partition and the next.
    let _expected = large.as_ref().map(|large| large.expect());
    let few = large.as_ref().map_or(1, |large| large.at_once() / 2);
    Ok(vec![in_turn(&OfService { service, event }, &partitions, few).await?])
}

/// A partition, and the next offset that it folded when it was asked whether it takes events.
type Next = (u32, i64);

/// Where an event is appended.
trait Partitions {
    /// Appends it to some of them.
    fn append(&self, some: &[Next]) -> impl Future<Output = Result<Taken, Problem>> + Send;
    /// Waits until it is folded there, within bounds. Whether it is.
    fn folded(&self, positions: &[Position]) -> impl Future<Output = bool> + Send;
}

/// Appends an event to all partitions, to a few of them after the others. Where the log fails in the middle, the rest is tried all the
/// same: the fewer lack it, the better.
async fn in_turn(to: &impl Partitions, all: &[Next], few: usize) -> Result<Taken, Problem> {
    let (mut positions, mut waits) = (Vec::with_capacity(all.len()), true);
    let (mut refused, mut failed): (Option<Refused>, Option<Problem>) = (None, None);
    for some in all.chunks(few.max(1)) {
        match to.append(some).await {
            Ok(Ok(taken)) => {
                waits = waits && to.folded(&taken).await;
                positions.extend(taken);
            }
            Ok(Err(its)) => refused = refused.or(Some(its)),
            Err(its) => failed = failed.or(Some(its)),
        }
    }
    match failed {
        Some(failed) => Err(failed),
        None => Ok(refused.map_or(Ok(positions), Err)),
    }
}

/// The partitions of the log that is served.
struct OfService<'a> {
    service: &'a Service,
    event: &'a Intake,
}

impl Partitions for OfService<'_> {
    async fn append(&self, some: &[Next]) -> Result<Taken, Problem> {
        let (node, event, some) = (self.service.node.clone(), self.event.clone(), some.to_vec());
        self.service.pools.append_rest(move || Ok(node.append_to(&event, &some)?)).await
    }

    async fn folded(&self, positions: &[Position]) -> bool {
        let mut ending = self.service.ending.clone();
        tokio::select! {
            folded = self.service.node.folded(positions, FOLDED_WITHIN) => folded,
            _ = ending.wait_for(|ending| *ending) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::Code;
    use std::sync::Mutex;

    /// Notes what is asked of it; some partitions fail, refuse, or do not fold.
    #[derive(Default)]
    struct Scripted {
        fails: Option<u32>,
        refuses: Option<u32>,
        stands: Option<u32>,
        asked: Mutex<Vec<String>>,
    }

    impl Scripted {
        fn note(&self, what: &str, partitions: &[u32]) {
            let partitions: Vec<String> = partitions.iter().map(u32::to_string).collect();
            self.asked.lock().expect("whole").push(format!("{what} {}", partitions.join(" ")));
        }

        async fn run(&self, few: usize) -> (Result<Taken, Problem>, Vec<String>) {
            let all: Vec<Next> = (0..5).map(|partition| (partition, 0)).collect();
            let taken = in_turn(self, &all, few).await;
            (taken, std::mem::take(&mut *self.asked.lock().expect("whole")))
        }
    }

    impl Partitions for Scripted {
        async fn append(&self, some: &[Next]) -> Result<Taken, Problem> {
            let partitions: Vec<u32> = some.iter().map(|(partition, _)| *partition).collect();
            self.note("to", &partitions);
            let is_in = |one: Option<u32>| one.is_some_and(|one| partitions.contains(&one));
            if is_in(self.fails) {
                return Err(Problem::new(Code::Unavailable, "away"));
            }
            if is_in(self.refuses) {
                return Ok(Err(Refused { partition: partitions[0], code: "log_truncated", detail: String::new() }));
            }
            Ok(Ok(some.iter().map(|(partition, next)| Position { partition: *partition, offset: *next }).collect()))
        }

        async fn folded(&self, positions: &[Position]) -> bool {
            let partitions: Vec<u32> = positions.iter().map(|position| position.partition).collect();
            self.note("folded", &partitions);
            self.stands.is_none_or(|stands| !partitions.contains(&stands))
        }
    }

    #[tokio::test]
    async fn a_few_partitions_come_after_the_others_are_done() {
        let (taken, asked) = Scripted::default().run(2).await;
        let positions: Vec<String> = taken.ok().and_then(Result::ok).expect("taken").iter().map(ToString::to_string).collect();
        assert_eq!(positions, ["0:0", "1:0", "2:0", "3:0", "4:0"]);
        assert_eq!(asked, ["to 0 1", "folded 0 1", "to 2 3", "folded 2 3", "to 4", "folded 4"]);
    }

    #[tokio::test]
    async fn one_that_stands_still_keeps_the_others_no_longer() {
        let (taken, asked) = Scripted { stands: Some(1), ..Scripted::default() }.run(1).await;
        assert!(taken.is_ok_and(|taken| taken.is_ok()));
        assert_eq!(asked, ["to 0", "folded 0", "to 1", "folded 1", "to 2", "to 3", "to 4"]);
    }

    #[tokio::test]
    async fn what_fails_in_the_middle_is_told_and_the_rest_is_tried() {
        let (taken, asked) = Scripted { fails: Some(1), refuses: Some(3), ..Scripted::default() }.run(1).await;
        assert!(taken.is_err());
        assert_eq!(asked, ["to 0", "folded 0", "to 1", "to 2", "folded 2", "to 3", "to 4", "folded 4"]);
        let (taken, _) = Scripted { refuses: Some(3), ..Scripted::default() }.run(2).await;
        assert!(taken.is_ok_and(|taken| taken.is_err_and(|refused| refused.partition == 2)));
    }
}
