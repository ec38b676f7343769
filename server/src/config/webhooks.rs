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
        Ok(Self { private_addresses, topic: topic(&layers.required("webhooks.topic")?)? })
    }
}
