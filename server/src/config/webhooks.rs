//! The `[webhooks]` section: where hooks may send to, and where they are kept.

use super::{Error, Layers, topic, who};

/// What hooks may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhooks {
    /// Whether they may send to private addresses, and by http.
    pub private_addresses: bool,
    /// The compacted topic that they are kept in, where the log is Kafka.
    pub topic: String,
}

impl Webhooks {
    /// Reads the section.
    pub(super) fn read(layers: &Layers) -> Result<Self, Error> {
        let private_addresses = who::flag(&layers.required("webhooks.private_addresses")?)?;
        let setting = layers.required("webhooks.topic")?;
        let topic = topic(&setting)?;
        for other in ["topic", "streams.entries", "streams.consumption", "streams.dead_letters", "streams.heads"] {
            if layers.find(other)?.is_some_and(|other| other.text == topic) {
                return Err(Error::Wrong { place: setting.place(), value: topic, expected: format!("a topic of its own, which {other} is not") });
            }
        }
        Ok(Self { private_addresses, topic })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topic_of_webhooks_is_no_other() {
        let read = |file: &str| {
            let mut layers = Layers::new();
            layers.file("ledger.toml", file).expect("TOML");
            Webhooks::read(&layers).map(|read| read.topic).map_err(|error| error.to_string())
        };
        assert_eq!(read("brokers = \"localhost:9092\"").as_deref(), Ok("ledger-hooks"));
        for file in ["topic = \"ledger-hooks\"", "[streams]\nentries = \"ledger-hooks\"", "[streams]\nheads = \"h\"\n[webhooks]\ntopic = \"h\""] {
            assert!(read(file).is_err_and(|error| error.contains("a topic of its own")), "{file}");
        }
    }
}
