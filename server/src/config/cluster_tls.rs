//! The `[cluster.tls]` section: the certificate that a node shows to other nodes, and who vouches for theirs.

use super::who::{flag, path};
use super::{Error, Layers, Setting, Tls};
use std::path::PathBuf;

/// Its keys, each with what it is.
const KEYS: [(&str, &str); 3] = [
    ("cluster.tls.certificate", "the certificate that this node shows"),
    ("cluster.tls.key", "its private key"),
    ("cluster.tls.authorities", "those who vouch for nodes and for nobody else"),
];

/// How nodes know each other by certificates: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterTls {
    /// What this node shows where it asks another, and those that vouch for it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who vouches for nodes: whoever shows a certificate of theirs is one.
    pub authorities: PathBuf,
}

impl ClusterTls {
    /// Reads the section; none where nothing of it is said.
    pub(super) fn read(layers: &Layers) -> Result<Option<Self>, Error> {
        let Some(said) = said(layers)? else { return Ok(None) };
        let missing = |needs: String| Error::Missing { place: said.place(), needs };
        let mut absent = Vec::new();
        for (name, what) in KEYS {
            if layers.find(name)?.is_none() {
                absent.push(format!("{name}, a PEM file: {what}"));
            }
        }
        if !absent.is_empty() {
            return Err(missing(absent.join("; and ")));
        }
        if Tls::read(layers)?.is_none() {
            return Err(missing("[tls] (--tls-certificate FILE --tls-key FILE), so that other nodes can show theirs here".to_owned()));
        }
        let proxy = layers.required("behind_proxy")?;
        if flag(&proxy)? {
            let expected = format!("false, because {} is configured and no certificate of a node is seen behind a proxy that ends TLS", said.key.name);
            return Err(Error::Wrong { place: proxy.place(), value: proxy.text, expected });
        }
        let file = |name: &str| path(layers, name)?.ok_or_else(|| missing(name.to_owned()));
        Ok(Some(Self { certificate: file("cluster.tls.certificate")?, key: file("cluster.tls.key")?, authorities: file("cluster.tls.authorities")? }))
    }
}

/// The first key of the section that is said.
pub(super) fn said(layers: &Layers) -> Result<Option<Setting>, Error> {
    for (name, _) in KEYS {
        if let Some(setting) = layers.find(name)? {
            return Ok(Some(setting));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TLS: &str = "[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n";
    const WHOLE: &str = "[cluster.tls]\ncertificate = \"node.pem\"\nkey = \"node.key\"\nauthorities = \"nodes-ca.pem\"\n";

    fn read(file: &str) -> Result<Option<ClusterTls>, Error> {
        let mut layers = Layers::new();
        layers.file("ledger.toml", file)?;
        ClusterTls::read(&layers)
    }

    #[test]
    fn it_is_read_from_a_section_of_its_own_and_from_the_environment() {
        assert_eq!(read(TLS), Ok(None));
        let whole = ClusterTls { certificate: "node.pem".into(), key: "node.key".into(), authorities: "nodes-ca.pem".into() };
        assert_eq!(read(&format!("{TLS}{WHOLE}")), Ok(Some(whole.clone())));
        let mut layers = Layers::new();
        let variables = [("CERTIFICATE", "node.pem"), ("KEY", "node.key"), ("AUTHORITIES", "nodes-ca.pem")];
        layers.environment(variables.map(|(name, value)| (format!("MERCHANT_LEDGER_CLUSTER_TLS_{name}"), value.to_owned())).into_iter());
        layers.file("ledger.toml", TLS).expect("TOML");
        assert_eq!(ClusterTls::read(&layers), Ok(Some(whole)));
    }

    #[test]
    fn what_is_missing_beside_it_is_named_and_so_is_a_proxy() {
        for (file, said) in [
            (format!("{TLS}[cluster.tls]\ncertificate = \"n\""), vec!["cluster.tls.certificate", "cluster.tls.key, a PEM file", "cluster.tls.authorities"]),
            (format!("{TLS}[cluster.tls]\nkey = \"n\"\nauthorities = \"a\""), vec!["cluster.tls.key in ledger.toml needs cluster.tls.certificate"]),
            (format!("{TLS}[cluster.tls]\ncertificate = \"n\"\nkey = \"k\""), vec!["cluster.tls.authorities", "vouch for nodes"]),
            (format!("{TLS}[cluster.tls]\nauthority = \"n\""), vec!["cluster.tls.authority in ledger.toml is no key", "cluster.tls.authorities"]),
            (format!("{TLS}[cluster.tls]\ncertificate = \"\"\nkey = \"k\"\nauthorities = \"a\""), vec!["cluster.tls.certificate", "PEM file"]),
            (WHOLE.to_owned(), vec!["cluster.tls.certificate", "needs [tls]", "--tls-certificate"]),
            (format!("behind_proxy = true\n{WHOLE}"), vec!["cluster.tls.certificate", "needs [tls]"]),
            (format!("behind_proxy = true\n{TLS}{WHOLE}"), vec!["behind_proxy in ledger.toml", "\"true\"", "false", "cluster.tls", "proxy"]),
        ] {
            let error = read(&file).expect_err(&file).to_string();
            for part in said {
                assert!(error.contains(part), "{error:?} does not say {part:?}");
            }
        }
    }
}
