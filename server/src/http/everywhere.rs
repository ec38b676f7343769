//! Questions to every partition, cut to what the caller may see of them.

use super::Service;
use super::parameters::Parameters;
use super::problem::Problem;
use super::read::blocking;
use crate::node::{self, Place};
use crate::shape::{Position, position_text};
use projections::answers::{Error, Shard};
use schemas::time::Date;

/// Waits for what the request asks for, then reads all partitions, each at one commit, as often as it takes.
pub async fn together<T: Send + 'static>(
    service: Service,
    parameters: &Parameters,
    read: impl FnOnce(&[Shard<'_>]) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let asked = parameters.caught_up(&service.node).await?;
    let cut = parameters.caller().cut.clone();
    blocking(move || {
        let places = service.node.places();
        if places.is_empty() {
            return Err(Problem::from(node::Error::NoLog));
        }
        // All of them, or none: a sum without one of them would be a smaller sum.
        let kept = places.iter().map(Place::keep).collect::<Result<Vec<_>, _>>()?;
        let mut shards = Vec::with_capacity(places.len());
        for (place, kept) in places.iter().zip(&kept) {
            let told = |error| node::Error::Answer { partition: place.partition(), error };
            shards.push(kept.shard(place.partition()).map_err(told)?.cut_to(&cut));
        }
        include(&shards, &asked)?;
        read(&shards)
    })
    .await
}

/// Whether the shards include what was asked for: whoever answers now may be another one than who was waited for.
pub fn include(shards: &[Shard<'_>], asked: &[Position]) -> Result<(), Problem> {
    shards.iter().try_for_each(|shard| reaches(shard.partition, shard.checkpoint().position, asked))
}

/// The same of one partition, which is at an offset.
pub fn reaches(partition: u32, reached: i64, asked: &[Position]) -> Result<(), Problem> {
    match asked.iter().find(|asked| asked.partition == partition && reached < asked.offset) {
        Some(asked) => Err(node::Error::NotCaughtUp { partition, asked: asked.offset, reached }.into()),
        None => Ok(()),
    }
}

/// An answer that a shard does not have, as a problem.
pub fn of(shard: &Shard<'_>, error: Error) -> Problem {
    node::Error::Answer { partition: shard.partition, error }.into()
}

/// Up to where of each partition every event is in.
pub fn positions(shards: &[Shard<'_>]) -> Vec<String> {
    shards.iter().map(|shard| position_text(shard.partition, shard.checkpoint().position)).collect()
}

/// The date of an answer over all partitions: the oldest that is open on any of them, so that what is told holds for all. `None` before
/// one is opened.
pub fn open_date(shards: &[Shard<'_>]) -> Option<Date> {
    shards.iter().filter_map(|shard| shard.checkpoint().open).min()
}
