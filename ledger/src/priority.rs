//! Which threads go first where more want a processor than there are.
//!
//! The thread of a shard, and those that answer, hold up whoever waits for them. What follows the journal holds up nobody: views and streams
//! may be a little behind, and say how far they are. So where both want a processor, a thread that folds or answers has its turn at once, and
//! about three quarters of the time while both go on.

/// How much later a thread that gives way has its turn, in the system's steps (`nice`): each takes a fifth of its time.
#[cfg(target_os = "linux")]
const GIVES_WAY: i32 = 5;

/// Lets threads of usual priority go before this one, from now on and for as long as it lives. Where the system does not let us, nothing
/// changes.
pub fn give_way() {
    // Linux keeps a priority for each thread, other systems one for the process: there all would give way, to strangers.
    #[cfg(target_os = "linux")]
    {
        let own = rustix::process::getpriority_process(None).unwrap_or(0);
        _ = rustix::process::setpriority_process(None, own.max(GIVES_WAY));
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn one_thread_gives_way_and_the_others_stay() {
        let priority = || rustix::process::getpriority_process(None).expect("a priority");
        let before = priority();
        let there = std::thread::spawn(move || {
            give_way();
            give_way();
            priority()
        });
        assert_eq!(there.join().expect("ended"), before.max(GIVES_WAY));
        assert_eq!(priority(), before);
    }
}
