//! Shards are asked at the same time: one question, as many threads as there are processors.

use super::{Error, Shard};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Asks each shard, and adds up what they answer: as it comes, so that no more answers are in memory than threads and the
/// sum. In whatever order they come, the sum must be the same.
///
/// # Errors
/// One that a shard or the sum has; then no further shard is asked.
pub fn each_shard<T, S: Send>(
    shards: &[Shard],
    sum: S,
    ask: impl Fn(&Shard) -> Result<T, Error> + Sync,
    add: impl Fn(&mut S, T) -> Result<(), Error> + Sync,
) -> Result<S, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(shards.len());
    let next = AtomicUsize::new(0);
    let sum = Mutex::new(Ok(sum));
    let work = || {
        while let Some(shard) = shards.get(next.fetch_add(1, Ordering::Relaxed)) {
            let answer = ask(shard);
            let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(so_far) = &mut *sum else { break };
            if let Err(error) = answer.and_then(|answer| add(so_far, answer)) {
                *sum = Err(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}
