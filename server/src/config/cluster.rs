//! The `[cluster]` section: what several nodes share, and how they know each other.
//!
//! A node is one of several as soon as `cluster.secret` or `[cluster.tls]` is said. `node` and `advertise` alone only say what a single
//! node is called in the topic of heads.

use super::{ClusterTls, Error, Layers, Setting, Tls, cluster_tls, topic, who};
use std::fmt;
use std::path::PathBuf;

/// The most other nodes that fold a partition, too.
pub const STANDBY_MAX: u64 = 8;
/// The most records that a node may be behind and answer.
const MAX_LAG_MAX: u64 = 1_000_000;
/// How long a secret may be.
const SECRET_CHARACTERS: std::ops::RangeInclusive<usize> = 16..=256;
/// How long a node's name may be.
const NODE_CHARACTERS_MAX: usize = 64;
/// What makes sense for several nodes alone.
const OF_SEVERAL: [&str; 5] = ["cluster.group", "cluster.protocol", "cluster.certificates", "cluster.standby", "cluster.max_lag"];

/// How Kafka shares partitions out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Members share them out, cooperatively and sticky; a death is noticed after 6 s.
    Classic,
}

/// What all nodes know and nobody else. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Of a text.
    #[cfg(test)]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, to be hashed.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// A node among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// What this node is called.
    pub node: String,
    /// Where others reach it: scheme, host and port.
    pub advertise: String,
    /// Kafka's group of the nodes.
    pub group: String,
    /// How Kafka shares partitions out.
    pub protocol: Protocol,
    /// How many other nodes fold each partition, too.
    pub standby: usize,
    /// How many records a node may be behind and answer.
    pub max_lag: u64,
    /// What nodes know each other by, unless that is certificates alone.
    pub secret: Option<Secret>,
    /// The certificates that nodes know each other by, unless that is the secret alone.
    pub tls: Option<ClusterTls>,
    /// Who may vouch for the `https` addresses of nodes; absent, `tls.authorities`, and without those whom browsers trust.
    pub certificates: Option<PathBuf>,
}

impl Cluster {
    /// Reads the section; nothing where the node is alone. What is said is read also there.
    pub(super) fn read(layers: &Layers) -> Result<Option<Self>, Error> {
        let (own_name, advertise) = (layers.find("cluster.node")?, layers.find("cluster.advertise")?);
        let node = own_name.map(|setting| name(&setting)).transpose()?;
        let reached_at = advertise.as_ref().map(address).transpose()?;
        let group = layers.find("cluster.group")?.map(|setting| topic(&setting)).transpose()?;
        let protocol = protocol(&layers.required("cluster.protocol")?)?;
        let standby = usize::try_from(layers.required("cluster.standby")?.whole(0, STANDBY_MAX)?).unwrap_or(usize::MAX);
        let max_lag = layers.required("cluster.max_lag")?.whole(1, MAX_LAG_MAX)?;
        let certificates = who::path(layers, "cluster.certificates")?;
        let Some(known_by) = known_by(layers)? else {
            return match layers.asked(&OF_SEVERAL)? {
                None => Ok(None),
                Some(setting) => {
                    let needs = "cluster.secret, or [cluster.tls]: nodes know each other by a secret, or by certificates".to_owned();
                    Err(Error::Missing { place: setting.place(), needs })
                }
            };
        };
        let missing = |needs: &str| Error::Missing { place: known_by.place(), needs: needs.to_owned() };
        if layers.find("brokers")?.is_none() {
            return Err(missing("brokers: several nodes share the partitions of a topic of Kafka, and the embedded log is of one machine"));
        }
        let node = node.ok_or_else(|| missing("cluster.node: a name of this node's own that stays the same over restarts"))?;
        let both = advertise.zip(reached_at);
        let (advertise, reached_at) = both.ok_or_else(|| missing("cluster.advertise: where other nodes reach this one"))?;
        let input = topic(&layers.required("topic")?)?;
        if reached_at.starts_with("http://") && Tls::read(layers)?.is_some() {
            let expected = "an https:// address, because [tls] is configured".to_owned();
            return Err(Error::Wrong { place: advertise.place(), value: advertise.text, expected });
        }
        Ok(Some(Self {
            node,
            advertise: reached_at,
            group: group.unwrap_or_else(|| format!("{input}-nodes")),
            protocol,
            standby,
            max_lag,
            secret: layers.find("cluster.secret")?.map(|setting| secret(&setting)).transpose()?,
            tls: ClusterTls::read(layers)?,
            certificates,
        }))
    }
}

/// What is said of how nodes know each other: the secret, else the first key of `[cluster.tls]`. Nothing where the node is alone.
pub(super) fn known_by(layers: &Layers) -> Result<Option<Setting>, Error> {
    Ok(layers.find("cluster.secret")?.or(cluster_tls::said(layers)?))
}

/// A name that goes into headers and keys of records.
fn name(setting: &Setting) -> Result<String, Error> {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if (1..=NODE_CHARACTERS_MAX).contains(&setting.text.len()) && is_plain(&setting.text) {
        return Ok(setting.text.clone());
    }
    Err(Error::Wrong { place: setting.place(), value: setting.text.clone(), expected: format!("1 to {NODE_CHARACTERS_MAX} of [A-Za-z0-9._-], such as a") })
}

/// Scheme, host and port, without anything behind it.
fn address(setting: &Setting) -> Result<String, Error> {
    setting.without_user("nodes know each other by cluster.secret, or by [cluster.tls]")?;
    let uri: ureq::http::Uri = setting.text.parse().map_err(|_| setting.wrong())?;
    let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_whole = has_scheme && uri.authority().is_some() && uri.path() == "/" && uri.query().is_none();
    if is_whole { Ok(setting.text.trim_end_matches('/').to_owned()) } else { Err(setting.wrong()) }
}

fn protocol(setting: &Setting) -> Result<Protocol, Error> {
    match setting.text.as_str() {
        "classic" => Ok(Protocol::Classic),
        // Its members cannot tell each other where they are, and a death costs 45 s.
        _ => Err(setting.wrong()),
    }
}

/// Its value is not told, also where it is wrong.
fn secret(setting: &Setting) -> Result<Secret, Error> {
    let count = setting.text.chars().count();
    if SECRET_CHARACTERS.contains(&count) {
        return Ok(Secret(setting.text.clone()));
    }
    Err(Error::Wrong { place: setting.place(), value: format!("{count} characters"), expected: setting.key.expects.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "of-three-nodes-and-nobody-else";

    fn read(file: &str) -> Result<Option<Cluster>, Error> {
        let mut layers = Layers::new();
        layers.file("ledger.toml", file)?;
        Cluster::read(&layers)
    }

    #[test]
    fn a_node_is_one_of_several_as_soon_as_there_is_a_secret() {
        assert_eq!(read("brokers = \"h:1\"\n[cluster]\nnode = \"a\"\nadvertise = \"http://h:8080\""), Ok(None));
        assert_eq!(read("[cluster]\nstandby = 1\nmax_lag = 1000"), Ok(None), "the defaults, written out");
        let whole = format!("brokers = \"h:1\"\n[cluster]\nnode = \"a\"\nadvertise = \"http://h:8080/\"\nsecret = \"{SECRET}\"\nstandby = 2");
        let cluster = read(&whole).expect("right").expect("several");
        assert_eq!((cluster.node.as_str(), cluster.advertise.as_str(), cluster.group.as_str()), ("a", "http://h:8080", "terminal-events-nodes"));
        assert_eq!((cluster.standby, cluster.max_lag, cluster.protocol), (2, 1000, Protocol::Classic));
        assert!(!format!("{cluster:?}").contains(SECRET));
    }

    #[test]
    fn certificates_do_for_the_secret_or_beside_it() {
        let of = |more: &str| {
            let tls = "[tls]\ncertificate = \"c\"\nkey = \"k\"\n[cluster.tls]\ncertificate = \"n\"\nkey = \"o\"\nauthorities = \"a\"";
            read(&format!("brokers = \"h:1\"\n[cluster]\nnode = \"a\"\nadvertise = \"https://h:8443\"\n{more}{tls}")).expect("right").expect("several")
        };
        let (alone, both) = (of("standby = 2\n"), of(&format!("secret = \"{SECRET}\"\ncertificates = \"bank.pem\"\n")));
        assert_eq!((alone.secret, alone.certificates, alone.standby), (None, None, 2));
        assert_eq!((both.secret, both.certificates), (Some(Secret::new(SECRET)), Some("bank.pem".into())));
        let tls = Some(ClusterTls { certificate: "n".into(), key: "o".into(), authorities: "a".into() });
        assert_eq!((&alone.tls, &both.tls), (&tls, &tls));
    }

    #[test]
    fn what_is_wrong_is_named_with_the_way_out_and_no_secret() {
        let tls = "[tls]\ncertificate = \"c\"\nkey = \"k\"\n[cluster.tls]\ncertificate = \"n\"\nkey = \"o\"\nauthorities = \"a\"";
        let of = |more: &str| format!("brokers = \"h:1\"\n[cluster]\nnode = \"a\"\nadvertise = \"http://h:8080\"\n{more}");
        let secret = format!("secret = \"{SECRET}\"\n");
        for (file, said) in [
            (of("standby = 2"), vec!["cluster.standby", "cluster.secret", "[cluster.tls]"]),
            (of("group = \"g\""), vec!["cluster.group", "cluster.secret"]),
            // What is said is read, whether or not there are other nodes.
            (of("protocol = \"consumer\""), vec!["cluster.protocol", "consumer", "classic"]),
            (of("standby = 9"), vec!["cluster.standby", "9", "0 to 8"]),
            (of("group = \"a b\""), vec!["cluster.group", "a b"]),
            ("[cluster]\nnode = \"a/b\"".to_owned(), vec!["cluster.node", "a/b"]),
            ("[cluster]\nadvertise = \"h:8080\"".to_owned(), vec!["cluster.advertise", "h:8080", "http://"]),
            (of("secret = \"short\""), vec!["cluster.secret", "5 characters", "16 to 256"]),
            (of(&format!("{secret}standby = 9")), vec!["cluster.standby", "9", "0 to 8"]),
            (of(&format!("{secret}protocol = \"raft\"")), vec!["cluster.protocol", "raft", "classic"]),
            (of(&format!("{secret}protocol = \"consumer\"")), vec!["cluster.protocol", "consumer", "classic"]),
            (of(&format!("{secret}group = \"a b\"")), vec!["cluster.group", "a b"]),
            (format!("[cluster]\nnode = \"a\"\nadvertise = \"http://h:8080\"\n{secret}"), vec!["cluster.secret", "brokers"]),
            (format!("brokers = \"h:1\"\n[cluster]\nnode = \"a\"\n{secret}"), vec!["cluster.secret", "cluster.advertise"]),
            (format!("brokers = \"h:1\"\n[cluster]\nadvertise = \"http://h:8080\"\n{secret}"), vec!["cluster.secret", "cluster.node"]),
            (format!("brokers = \"h:1\"\n[cluster]\nnode = \"a/b\"\nadvertise = \"http://h:8080\"\n{secret}"), vec!["cluster.node", "a/b"]),
            (format!("brokers = \"h:1\"\n[cluster]\nnode = \"a\"\nadvertise = \"h:8080\"\n{secret}"), vec!["cluster.advertise", "h:8080", "http://"]),
            (
                format!("brokers = \"h:1\"\n[cluster]\nnode = \"a\"\nadvertise = \"http://h:1\"\n{secret}[tls]\ncertificate = \"c\"\nkey = \"k\""),
                vec!["cluster.advertise", "https://"],
            ),
            (of(tls), vec!["cluster.advertise", "http://h:8080", "https://"]),
            (format!("[cluster]\nnode = \"a\"\nadvertise = \"https://h:1\"\n{tls}"), vec!["cluster.tls.certificate", "brokers"]),
            (format!("brokers = \"h:1\"\n[cluster]\nnode = \"a\"\n{tls}"), vec!["cluster.tls.certificate", "cluster.advertise"]),
            (of(&format!("{secret}[cluster.tls]\ncertificate = \"n\"\nkey = \"o\"\nauthorities = \"a\"")), vec!["cluster.tls.certificate", "needs [tls]"]),
            (of(&format!("{secret}[cluster.tls]\ncertificate = \"n\"")), vec!["cluster.tls.certificate", "cluster.tls.key", "cluster.tls.authorities"]),
        ] {
            let error = read(&file).expect_err(&file).to_string();
            assert!(!error.contains(SECRET), "{error}");
            for part in said {
                assert!(error.contains(part), "{error:?} does not say {part:?}");
            }
        }
    }
}
