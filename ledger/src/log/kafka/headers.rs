//! The headers of a record that was read.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use rdkafka::message::Headers;

thread_local! {
    /// Whether a panic of this thread is expected.
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// The name and value of each, in order. One whose name is no UTF-8 is left out: Kafka's protocol does not allow it, brokers take it all
/// the same, and the client library panics instead of telling it. Nothing is held in there that a panic could leave behind, and nobody is
/// told of it.
pub(super) fn all(headers: &impl Headers) -> Vec<(String, Option<Vec<u8>>)> {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(hush);
    let told = |place| headers.try_get(place).map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)));
    IS_EXPECTED.set(true);
    let all = (0..headers.count()).filter_map(|place| catch_unwind(AssertUnwindSafe(|| told(place))).ok().flatten()).collect();
    IS_EXPECTED.set(false);
    all
}

/// Has panics that are expected write nothing to standard error. All others are told as they were.
fn hush() {
    let tell = take_hook();
    set_hook(Box::new(move |panic| {
        if !IS_EXPECTED.get() {
            tell(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::message::{Header, OwnedHeaders};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Headers of which the second has a name that the library cannot tell.
    struct Odd;

    impl Headers for Odd {
        fn count(&self) -> usize {
            3
        }

        fn try_get(&self, place: usize) -> Option<Header<'_, &[u8]>> {
            assert_ne!(place, 1, "the name is no UTF-8");
            Some(Header { key: "name", value: (place == 2).then_some(b"value".as_slice()) })
        }
    }

    #[test]
    fn each_header_is_told_and_one_that_cannot_be_is_left_out() {
        let twice = OwnedHeaders::new().insert(Header { key: "a", value: Some("1") }).insert(Header { key: "a", value: None::<&str> });
        assert_eq!(all(&twice), [("a".to_owned(), Some(b"1".to_vec())), ("a".to_owned(), None)]);
        assert_eq!(all(&Odd), [("name".to_owned(), None), ("name".to_owned(), Some(b"value".to_vec()))]);
    }

    #[test]
    fn nothing_is_printed_of_one_that_cannot_be_told_and_everything_of_others() {
        // What hushes it once for the process has done so before this test has its own.
        assert!(all(&OwnedHeaders::new()).is_empty());
        let (printed, own, tell) = (Arc::new(AtomicUsize::new(0)), std::thread::current().id(), take_hook());
        let counted = Arc::clone(&printed);
        set_hook(Box::new(move |panic| {
            counted.fetch_add(usize::from(std::thread::current().id() == own), Ordering::SeqCst);
            tell(panic);
        }));
        hush();
        assert_eq!((all(&Odd).len(), printed.load(Ordering::SeqCst)), (2, 0));
        assert!(catch_unwind(|| panic!("of something else")).is_err());
        assert_eq!(printed.load(Ordering::SeqCst), 1);
    }
}
