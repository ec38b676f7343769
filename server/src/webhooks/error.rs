//! Why something is not done.

use super::{HOOKS_MAX, HOOKS_OF_MERCHANT_MAX, OLD_SECRET_HOURS, SECRETS_MAX};
use jiff::Timestamp;
use ledger::log;

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such hook, or delivery.
    #[error("there is no {0}")]
    Unknown(String),
    /// There are as many as there may be.
    #[error("there are {HOOKS_MAX} webhooks, as many as there may be: delete one that is not needed any more")]
    TooMany,
    /// A merchant has as many as keys without the role bank may add for it.
    #[error(
        "merchant {0} has {HOOKS_OF_MERCHANT_MAX} webhooks of its own, as many as keys without the role bank may add for it: delete one that is not needed \
         any more (GET /v1/webhooks?merchant={0} lists them), or have the bank add it"
    )]
    TooManyOfMerchant(String),
    /// As many secrets of a hook sign as may, the first of them until then.
    #[error("{SECRETS_MAX} secrets sign, as many as may, each for {OLD_SECRET_HOURS} hours after it was replaced: there is room for another at {0:.0}")]
    TooManySecrets(Timestamp),
    /// They cannot be read or kept now.
    #[error("{0}")]
    Store(log::Error),
    /// It cannot be looked up now.
    #[error("{0}")]
    Views(String),
}
