//! Who may ask, and over what: `keys`, `[jwt]`, `[tls]`, `behind_proxy`, and what an address that is not loopback needs.

use super::{Error, Layers, Setting};
use jsonwebtoken::Algorithm;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The algorithms that may be configured, by name.
pub const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("EdDSA", Algorithm::EdDSA),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
];

/// What makes sense where tokens are taken alone.
const OF_TOKENS: [&str; 5] = ["jwt.certificates", "jwt.algorithms", "jwt.role_claim", "jwt.merchants_claim", "jwt.where_claim"];

/// The `[jwt]` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwt {
    /// Who signs.
    pub issuer: String,
    /// Whom the tokens are for: this service.
    pub audience: String,
    /// Where the public keys are: a file, or an `https` address.
    pub jwks: String,
    /// A PEM file of who may vouch for that address.
    pub certificates: Option<PathBuf>,
    /// What tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// The claim that has the roles.
    pub role_claim: String,
    /// The claim that has the merchants.
    pub merchants_claim: String,
    /// The claim that has attributes.
    pub where_claim: String,
}

/// The `[tls]` section: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate and those that vouch for it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Jwt {
    /// Reads the section; none where nothing of it is said. What is said is read whether or not tokens are taken.
    pub(super) fn read(layers: &Layers) -> Result<Option<Self>, Error> {
        let (issuer, audience, jwks) = (layers.find("jwt.issuer")?, layers.find("jwt.audience")?, layers.find("jwt.jwks")?);
        let algorithms = algorithms(&layers.required("jwt.algorithms")?)?;
        if issuer.is_none() && audience.is_none() && jwks.is_none() {
            return match layers.asked(&OF_TOKENS)? {
                None => Ok(None),
                Some(setting) => {
                    let needs = "jwt.issuer, jwt.audience and jwt.jwks: without them no token is taken".to_owned();
                    Err(Error::Missing { place: setting.place(), needs })
                }
            };
        }
        let text = |name: &str| Ok::<_, Error>(layers.required(name)?.non_empty()?.to_owned());
        let certificates = path(layers, "jwt.certificates")?;
        let (role_claim, merchants_claim, where_claim) = (text("jwt.role_claim")?, text("jwt.merchants_claim")?, text("jwt.where_claim")?);
        let needed = |setting: Option<Setting>, name: &str| Ok::<_, Error>(setting.map_or_else(|| layers.required(name), Ok)?.non_empty()?.to_owned());
        if let Some(setting) = jwks.as_ref().filter(|setting| setting.text.contains("://")) {
            setting.without_user("public keys are told to whoever asks")?;
            if !setting.text.starts_with("https://") {
                return Err(setting.wrong());
            }
        }
        let jwks = needed(jwks, "jwt.jwks")?;
        let (issuer, audience) = (needed(issuer, "jwt.issuer")?, needed(audience, "jwt.audience")?);
        Ok(Some(Self { issuer, audience, jwks, certificates, algorithms, role_claim, merchants_claim, where_claim }))
    }
}

impl Tls {
    /// Reads the section; none where nothing of it is said.
    pub(super) fn read(layers: &Layers) -> Result<Option<Self>, Error> {
        match (path(layers, "tls.certificate")?, path(layers, "tls.key")?) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key })),
            (certificate, _) => {
                let (there, missing) = if certificate.is_some() { ("tls.certificate", "tls.key") } else { ("tls.key", "tls.certificate") };
                Err(Error::Missing { place: there.to_owned(), needs: format!("{missing}, a PEM file, beside it") })
            }
        }
    }
}

/// A file; none where it is not said.
pub(super) fn path(layers: &Layers, name: &str) -> Result<Option<PathBuf>, Error> {
    layers.find(name)?.map(|setting| Ok(PathBuf::from(setting.non_empty()?))).transpose()
}

/// `true` or `false`.
pub(super) fn flag(setting: &Setting) -> Result<bool, Error> {
    setting.text.parse().map_err(|_| setting.wrong())
}

/// Names with commas between; never `none`, never one with a shared secret.
fn algorithms(setting: &Setting) -> Result<Vec<Algorithm>, Error> {
    let find = |name: &str| ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm);
    let found = setting.text.split(',').map(str::trim).map(find).collect::<Option<Vec<_>>>();
    found.filter(|found| !found.is_empty()).ok_or_else(|| setting.wrong())
}

/// What an address needs: whoever is not on this machine must say who it is, and nobody on the way may listen.
pub(super) fn check_address(listen: SocketAddr, is_anybody: bool, is_plain: bool) -> Result<(), Error> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    let keys = "keys (--keys FILE, made by `merchant-ledger keys add`) or [jwt], so that callers say who they are";
    let tls = "[tls] (--tls-certificate FILE --tls-key FILE) or behind_proxy = true where a proxy ends TLS, so that nobody listens";
    let needs = match (is_anybody, is_plain) {
        (false, false) => return Ok(()),
        (true, false) => keys.to_owned(),
        (false, true) => tls.to_owned(),
        (true, true) => format!("{keys}; and {tls}"),
    };
    Err(Error::Missing { place: format!("listen = \"{listen}\", which is not loopback,"), needs })
}
