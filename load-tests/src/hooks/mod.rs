//! Webhooks under load: a receiver that fails every third request gets everything all the same, in the order of each merchant.

pub mod command;
pub mod receiver;
pub mod run;

use std::time::Duration;

/// Until something that is waited for has happened.
pub const WAIT_MAX: Duration = Duration::from_secs(600);

/// Why a run ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service.
    #[error(transparent)]
    Service(#[from] crate::service::Error),
    /// A file, or a port of ours.
    #[error("{0}")]
    Machine(#[from] std::io::Error),
    /// It did not take what was posted.
    #[error("{what}: {status} {body}")]
    Refused {
        /// What was asked.
        what: String,
        /// Its status.
        status: u16,
        /// Its answer.
        body: String,
    },
    /// A delivery is missing, too much, or out of order.
    #[error("{0}")]
    Wrong(String),
}
