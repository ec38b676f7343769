//! The headers of a record that was read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::Headers;

/// The name and value of each, in order. One whose name is no UTF-8 is left out: Kafka's protocol does not allow it, brokers take it all
/// the same, and the client library panics instead of telling it. Nothing is held in there that a panic could leave behind.
pub(super) fn all(headers: &impl Headers) -> Vec<(String, Option<Vec<u8>>)> {
    let told = |place| headers.try_get(place).map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)));
    (0..headers.count()).filter_map(|place| catch_unwind(AssertUnwindSafe(|| told(place))).ok().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::message::{Header, OwnedHeaders};

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
}
