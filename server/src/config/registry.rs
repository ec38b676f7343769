//! The `[registry]` section: the schema registry that Avro and Protobuf need.

use super::{Error, Layers, who};
use std::path::PathBuf;

/// How values of topics that the ledger writes are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// JSON, as HTTP has it.
    #[default]
    Json,
    /// Avro behind Confluent's frame.
    Avro,
    /// Protobuf behind Confluent's frame.
    Protobuf,
}

/// What makes sense with a registry alone.
const OF_A_REGISTRY: [&str; 5] = ["registry.user", "registry.password", "registry.certificates", "registry.set_aside", "registry.from"];

/// A schema registry with Confluent's API.
#[derive(Clone, PartialEq, Eq)]
pub struct Registry {
    /// Its address.
    pub url: String,
    /// Who asks, where it wants to know.
    pub user: Option<String>,
    /// The password of that user.
    pub password: Option<String>,
    /// A PEM file of who may vouch for the address, else the web's own.
    pub certificates: Option<PathBuf>,
    /// Ids that no schema has: records that they frame are set aside.
    pub set_aside: Vec<u32>,
    /// The first offset of each partition that may be framed, where the ledger had no registry before; empty: all may.
    pub from: Vec<i64>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("url", &self.url).field("user", &self.user).finish_non_exhaustive()
    }
}

impl Registry {
    /// Reads the section; none where it has no address. What is said is read also there.
    pub(super) fn read(layers: &Layers) -> Result<Option<Self>, Error> {
        let set_aside = layers.required("registry.set_aside")?.numbers()?;
        let offsets = layers.required("registry.from")?;
        let from: Vec<i64> = offsets.numbers()?;
        if from.iter().any(|offset| *offset < 0) {
            return Err(offsets.wrong());
        }
        let certificates = who::path(layers, "registry.certificates")?;
        let Some(setting) = layers.find("registry.url")? else {
            return match layers.asked(&OF_A_REGISTRY)? {
                None => Ok(None),
                Some(setting) => Err(Error::Missing { place: setting.place(), needs: "registry.url: the address of the registry".to_owned() }),
            };
        };
        setting.without_user("who asks is said by registry.user and registry.password")?;
        let url = setting.non_empty()?.to_owned();
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(setting.wrong());
        }
        if layers.find("brokers")?.is_none() {
            let expected = "no registry without `brokers`: the embedded log has JSON alone".to_owned();
            return Err(Error::Wrong { place: setting.place(), value: url, expected });
        }
        let text = |name: &str| Ok::<_, Error>(layers.find(name)?.map(|setting| setting.text));
        Ok(Some(Self { url, user: text("registry.user")?, password: text("registry.password")?, certificates, set_aside, from }))
    }
}

impl Encoding {
    /// Reads `streams.encoding`, which needs a registry unless it is JSON.
    pub(super) fn read(layers: &Layers) -> Result<Self, Error> {
        let setting = layers.required("streams.encoding")?;
        let encoding = match setting.text.as_str() {
            "json" => return Ok(Self::Json),
            "avro" => Self::Avro,
            "protobuf" => Self::Protobuf,
            _ => return Err(setting.wrong()),
        };
        if layers.find("registry.url")?.is_some() {
            return Ok(encoding);
        }
        let expected = "json, or a schema registry: `registry.url`".to_owned();
        Err(Error::Wrong { place: setting.place(), value: setting.text, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Result<(Option<Registry>, Encoding), Error> {
        let mut layers = Layers::new();
        layers.file("ledger.toml", file)?;
        Ok((Registry::read(&layers)?, Encoding::read(&layers)?))
    }

    #[test]
    fn a_registry_has_an_address_and_maybe_a_user() {
        assert_eq!(read("").expect("nothing"), (None, Encoding::Json));
        let file = "brokers = \"h:1\"\n[streams]\nencoding = \"avro\"\n[registry]\nurl = \"https://r.example/apis\"\nuser = \"u\"\npassword = \"hush\"\nset_aside = [7, 9]\nfrom = [151, 0]";
        let (registry, encoding) = read(file).expect("a registry");
        let registry = registry.expect("a registry");
        assert_eq!((registry.set_aside.as_slice(), registry.from.as_slice(), encoding), (&[7, 9][..], &[151, 0][..], Encoding::Avro));
        assert!(!format!("{registry:?}").contains("hush"));
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        for (file, said) in [
            ("brokers = \"h:1\"\n[streams]\nencoding = \"avro\"", vec!["streams.encoding", "registry.url"]),
            ("brokers = \"h:1\"\n[streams]\nencoding = \"xml\"", vec!["streams.encoding", "protobuf"]),
            ("brokers = \"h:1\"\n[registry]\nurl = \"r.example\"", vec!["registry.url", "https://"]),
            ("brokers = \"h:1\"\n[registry]\nurl = \"http://r\"\nset_aside = [-1]", vec!["registry.set_aside"]),
            ("brokers = \"h:1\"\n[registry]\nurl = \"http://r\"\nfrom = [1, -1]", vec!["registry.from"]),
            ("[registry]\nurl = \"http://r\"", vec!["registry.url", "brokers"]),
            ("brokers = \"h:1\"\n[registry]\nuser = \"u\"", vec!["registry.user", "registry.url"]),
            ("brokers = \"h:1\"\n[registry]\nfrom = [-1]", vec!["registry.from", "first offset"]),
        ] {
            let error = read(file).expect_err(file).to_string();
            for part in said {
                assert!(error.contains(part), "{error:?} does not say {part:?}");
            }
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        for url in ["https://me:hush@r.example", "http://me:hush@r.example:8081/apis", "https://hush@r.example", "me:hush@r.example", "https://me:hu/hush@r"] {
            let error = read(&format!("brokers = \"h:1\"\n[registry]\nurl = \"{url}\"")).expect_err(url).to_string();
            assert!(error.contains("registry.url") && error.contains("registry.password") && !error.contains("hush"), "{error}");
        }
    }
}
