//! The `[streams]` section: the topics that the ledger writes, each off where it has no name; and `[cluster]`: what this node is
//! called there.

use super::cluster::known_by;
use super::{Encoding, Error, Layers, topic};

/// The topic of heads of a node that is not alone, where nothing else is said.
const HEADS_DEFAULT: &str = "ledger-heads";

/// The topics that the ledger writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    /// Every entry.
    pub entries: Option<String>,
    /// Purchases and what changed them.
    pub consumption: Option<String>,
    /// What was set aside.
    pub dead_letters: Option<String>,
    /// How far each node is.
    pub heads: Option<String>,
    /// How their values are encoded.
    pub encoding: Encoding,
    /// What this node is called.
    pub node: String,
    /// Where others reach it.
    pub advertise: Option<String>,
}

impl Streams {
    /// Reads the section.
    pub(super) fn read(layers: &Layers) -> Result<Self, Error> {
        let has_brokers = layers.find("brokers")?.is_some();
        let input = layers.required("topic")?.text;
        let mut taken = vec![input];
        let mut name = |key: &str| {
            let Some(setting) = layers.find(key)? else { return Ok(None) };
            let name = topic(&setting)?;
            if !has_brokers {
                return Err(Error::Wrong {
                    place: setting.place(),
                    value: name,
                    expected: "no topic without `brokers`: the embedded log writes none".to_owned(),
                });
            }
            if taken.contains(&name) {
                return Err(Error::Wrong {
                    place: setting.place(),
                    value: name,
                    expected: "a topic of its own, which is neither read nor written otherwise".to_owned(),
                });
            }
            taken.push(name.clone());
            Ok(Some(name))
        };
        let (entries, consumption) = (name("streams.entries")?, name("streams.consumption")?);
        let (dead_letters, mut heads) = (name("streams.dead_letters")?, name("streams.heads")?);
        // Nodes that come later learn from it who is there.
        if heads.is_none() && known_by(layers)?.is_some() {
            heads = Some(HEADS_DEFAULT.to_owned());
        }
        let encoding = Encoding::read(layers)?;
        let node = match layers.find("cluster.node")? {
            Some(setting) => setting.non_empty()?.to_owned(),
            None => host_name(),
        };
        let advertise = layers.find("cluster.advertise")?.map(|setting| setting.non_empty().map(str::to_owned)).transpose()?;
        Ok(Self { entries, consumption, dead_letters, heads, encoding, node, advertise })
    }

    /// Whether any topic is written.
    pub const fn any(&self) -> bool {
        self.entries.is_some() || self.consumption.is_some() || self.dead_letters.is_some() || self.heads.is_some()
    }
}

/// The name that the system has for this machine.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "node".to_owned() } else { name.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Result<Streams, Error> {
        let mut layers = Layers::new();
        layers.file("ledger.toml", file)?;
        Streams::read(&layers)
    }

    #[test]
    fn each_topic_is_off_where_it_has_no_name() {
        assert!(!read("brokers = \"localhost:9092\"").expect("nothing").any());
        let streams = read("brokers = \"localhost:9092\"\n[streams]\nentries = \"ledger-entries\"\nheads = \"ledger-heads\"\n[cluster]\nnode = \"a\"");
        let streams = streams.expect("two topics");
        assert_eq!((streams.entries.as_deref(), streams.consumption, streams.dead_letters), (Some("ledger-entries"), None, None));
        assert_eq!((streams.heads.as_deref(), streams.node.as_str()), (Some("ledger-heads"), "a"));
    }

    #[test]
    fn several_nodes_tell_their_heads_however_they_know_each_other() {
        let of = |how: &str| read(&format!("brokers = \"localhost:9092\"\n[cluster]\nnode = \"a\"\n{how}")).expect("right").heads;
        assert_eq!(of(""), None);
        assert_eq!(of("secret = \"of-three-nodes-and-nobody-else\"").as_deref(), Some(HEADS_DEFAULT));
        assert_eq!(of("[cluster.tls]\ncertificate = \"n\"").as_deref(), Some(HEADS_DEFAULT));
    }

    #[test]
    fn what_cannot_be_written_is_refused_with_the_reason() {
        for (file, said) in [
            ("[streams]\nentries = \"ledger-entries\"", vec!["streams.entries", "brokers"]),
            ("brokers = \"h:1\"\n[streams]\nentries = \"terminal-events\"", vec!["streams.entries", "terminal-events", "of its own"]),
            ("brokers = \"h:1\"\n[streams]\nentries = \"a\"\nconsumption = \"a\"", vec!["streams.consumption", "of its own"]),
            ("brokers = \"h:1\"\n[streams]\nentry = \"a\"", vec!["streams.entry", "streams.entries"]),
            ("brokers = \"h:1\"\n[streams]\nentries = \"a b\"", vec!["streams.entries", "a b", "1 to 249 of [A-Za-z0-9._-]", "such as ledger-entries"]),
        ] {
            let error = read(file).expect_err(file).to_string();
            for part in said {
                assert!(error.contains(part), "{error:?} does not say {part:?}");
            }
        }
    }
}
