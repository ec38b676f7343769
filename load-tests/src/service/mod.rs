//! The service as a process and over HTTP: started, asked, killed.
//!
//! Everything has a bound: the start ([`START_WAIT_MAX`]), one request ([`client::REQUEST_WAIT_MAX`]), the end
//! ([`process::END_WAIT_MAX`]).

pub mod client;
pub mod process;

pub use client::Client;
pub use process::{Process, Settings};

use std::time::Duration;

/// From the start of the process until it says where it answers.
pub const START_WAIT_MAX: Duration = Duration::from_secs(60);

/// The service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A process or file of ours.
    #[error("{about}: {source}")]
    Machine {
        /// What was tried.
        about: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// It did not say where it answers.
    #[error("the service did not answer within {} s; it said last:\n{said}", START_WAIT_MAX.as_secs())]
    Silent {
        /// The end of its standard error.
        said: String,
    },
    /// A request was not answered.
    #[error("GET {path}: {detail}")]
    Request {
        /// What was asked.
        path: String,
        /// Why there is no answer, or which.
        detail: String,
    },
    /// Something that was waited for did not happen.
    #[error("waited {} s for {what}; last seen: {seen}", .within.as_secs())]
    Late {
        /// What.
        what: String,
        /// The bound.
        within: Duration,
        /// The last answer.
        seen: String,
    },
}
