//! Kills the service again and again under load, and judges what is left by a run that nobody disturbed.
//!
//! [`stream`] is what is sent; [`moment`] is when the service dies; [`told`] is what it tells at the end, which must be
//! the same as what a second service tells that folds the same topic into an empty directory at leisure.

pub mod command;
pub mod moment;
pub mod run;
pub mod stream;
pub mod told;

/// The run could not be made, or what it showed is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] crate::kafka::Error),
    /// The service.
    #[error(transparent)]
    Service(#[from] crate::service::Error),
    /// A directory of ours.
    #[error("a directory for the run: {0}")]
    Directory(#[from] std::io::Error),
    /// The sender gave up in a panic.
    #[error("the sender ended in a panic")]
    Sender,
    /// It tells something else than an undisturbed run.
    #[error("after {kills} kills {path} is not what an undisturbed run says, at {place}: {killed} instead of {undisturbed}")]
    Differs {
        /// How often it was killed.
        kills: u32,
        /// What was asked.
        path: String,
        /// Where in the answer.
        place: String,
        /// What the service says that was killed.
        killed: String,
        /// What the other says.
        undisturbed: String,
    },
    /// The service's own verification failed.
    #[error("`verify` of the service that was killed fails: {0}")]
    Verify(String),
}
