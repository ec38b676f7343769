//! The same work on several threads.

/// Does `work` on so many threads, at least one, and answers the first error once all are done.
///
/// # Panics
/// Where one of them did, with what it said.
pub fn together<E: Send>(threads: usize, work: impl Fn() -> Result<(), E> + Sync) -> Result<(), E> {
    let results: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(&work)).collect();
        workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    for result in results {
        match result {
            Ok(done) => done?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::together;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn every_thread_works_and_an_error_is_not_lost() {
        let done = AtomicU32::new(0);
        let work = || match done.fetch_add(1, Ordering::Relaxed) {
            2 => Err("the third"),
            _ => Ok(()),
        };
        assert_eq!((together(4, work), done.load(Ordering::Relaxed)), (Err("the third"), 4));
        assert_eq!((together(0, work), done.load(Ordering::Relaxed)), (Ok(()), 5));
    }
}
