//! Signatures of tokens, checked by `ring`, which TLS uses, too. Only public keys: a token that is signed with a shared secret
//! (HS256 …) or not at all has no way through here, whatever its header says.

use crate::config::ALGORITHMS;
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature as checks;

/// Checks, and signs nothing.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: |algorithm, key| Ok(Box::new(Check::new(*algorithm, key)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes the process check tokens by this; once is enough.
pub fn install() {
    // There is one already where it was installed before: this one.
    let _ = PROVIDER.install_default();
}

struct Check {
    algorithm: Algorithm,
    key: DecodingKeyKind,
}

impl Check {
    fn new(algorithm: Algorithm, key: &DecodingKey) -> Result<Self, Error> {
        let is_known = ALGORITHMS.iter().any(|(_, known)| *known == algorithm);
        match is_known && algorithm.family() == key.family() {
            true => Ok(Self { algorithm, key: key.kind().clone() }),
            false => Err(ErrorKind::InvalidAlgorithm.into()),
        }
    }
}

impl JwtVerifier for Check {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for Check {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let plain = |how: &'static dyn checks::VerificationAlgorithm| match &self.key {
            DecodingKeyKind::SecretOrDer(key) => checks::UnparsedPublicKey::new(how, key).verify(message, signature).ok(),
            DecodingKeyKind::RsaModulusExponent { .. } => None,
        };
        let rsa = |how: &'static checks::RsaParameters| match &self.key {
            DecodingKeyKind::RsaModulusExponent { n, e } => checks::RsaPublicKeyComponents { n, e }.verify(how, message, signature).ok(),
            DecodingKeyKind::SecretOrDer(_) => None,
        };
        let checked = match self.algorithm {
            Algorithm::EdDSA => plain(&checks::ED25519),
            Algorithm::ES256 => plain(&checks::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => plain(&checks::ECDSA_P384_SHA384_FIXED),
            Algorithm::RS256 => rsa(&checks::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => rsa(&checks::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => rsa(&checks::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => rsa(&checks::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => rsa(&checks::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => rsa(&checks::RSA_PSS_2048_8192_SHA512),
            // Shared secrets, and what a later version of the crate may know.
            _ => None,
        };
        checked.ok_or_else(signature::Error::new)
    }
}
