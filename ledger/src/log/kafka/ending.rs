//! Clients whose end has a bound. Dropping a consumer that has a group polls until the library says that it is closed, for as long as that
//! takes; where a broker went away in the middle of something, on a machine with much to do, that was seen to take more than eight minutes.

use std::ops::Deref;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::Duration;

/// How long an end is waited for. It takes milliseconds where Kafka answers, and about two seconds where it does not.
pub(super) const END_WAIT_MAX: Duration = Duration::from_secs(5);

/// A client that ends by itself when it is dropped, and is left to that after [`END_WAIT_MAX`].
pub(super) struct Ending<C: Send + 'static>(Option<C>);

impl<C: Send + 'static> Ending<C> {
    pub const fn new(client: C) -> Self {
        Self(Some(client))
    }

    fn end_within(&mut self, time: Duration) {
        let (Some(client), (ended, end)) = (self.0.take(), channel()) else { return };
        let ending = Builder::new().name("kafka-end".to_owned()).spawn(move || {
            drop(client);
            // Nobody may wait for it any more.
            let _ = ended.send(());
        });
        // Without a thread it has ended here: what was to be run is dropped with all that it had.
        if ending.is_ok() && end.recv_timeout(time).is_err() {
            tracing::warn!("a client of Kafka does not end within {} s, and is left to it", time.as_secs());
        }
    }
}

impl<C: Send + 'static> Deref for Ending<C> {
    type Target = C;

    fn deref(&self) -> &C {
        let Some(client) = &self.0 else { unreachable!("it is taken when it is dropped") };
        client
    }
}

impl<C: Send + 'static> Drop for Ending<C> {
    fn drop(&mut self) {
        self.end_within(END_WAIT_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::Receiver;

    /// A client that does not end before it is told to, or nobody can tell it any more.
    struct Slow(Receiver<()>);

    impl Drop for Slow {
        fn drop(&mut self) {
            let _ = self.0.recv();
        }
    }

    #[test]
    fn an_end_is_waited_for_and_one_that_does_not_come_is_left() {
        let (tell, told) = channel();
        tell.send(()).expect("it listens");
        let mut client = Ending::new(Slow(told));
        client.end_within(Duration::from_secs(60));
        assert!(tell.send(()).is_err(), "it has ended");
        let (tell, told) = channel();
        let mut client = Ending::new(Slow(told));
        client.end_within(Duration::from_millis(1));
        tell.send(()).expect("it has not ended, and was not waited for");
    }
}
