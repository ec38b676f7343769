//! Many like things done at the same time, on as many threads as there are processors: opening shards reads back what each had not yet in its
//! files, and one after the other that takes as long as all of it.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::available_parallelism;

/// Does the work of each, and answers what came out in their order. After a failure no further work is begun; of several failures that of the first counts.
pub(super) fn each<T: Sync, R: Send, E: Send>(of: &[T], work: impl Fn(&T) -> Result<R, E> + Sync) -> Result<Vec<R>, E> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let one_thread = || {
        let mut done = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = of.get(place) else { break };
            let result = work(item);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            done.push((place, result));
        }
        done
    };
    let threads = available_parallelism().map_or(1, NonZero::get).min(of.len());
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(one_thread)).collect();
        let mut done = one_thread();
        for other in others {
            // What panics there panics here.
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_is_in_order() {
        let items: Vec<u32> = (0..100).collect();
        assert_eq!(each(&items, |item| Ok::<_, ()>(item * 2)), Ok(items.iter().map(|item| item * 2).collect()));
        assert_eq!(each(&[], |item: &u32| Ok::<_, ()>(*item)), Ok(Vec::new()));
    }

    #[test]
    fn the_first_failure_counts_and_nothing_is_begun_after_one() {
        let items: Vec<u32> = (0..1000).collect();
        let begun = AtomicUsize::new(0);
        let failing = |item: &u32| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *item >= 10 { Err(*item) } else { Ok(*item) }
        };
        let threads = available_parallelism().map_or(1, NonZero::get);
        assert_eq!(each(&items, failing), Err(10));
        assert!(begun.load(Ordering::Relaxed) <= 10 + threads, "{begun:?} were begun on {threads} threads");
    }
}
