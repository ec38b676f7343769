//! Tries to break the service as bad luck, a full machine and a crowd would, and counts what came of it.
//!
//! | file | what it does |
//! |---|---|
//! | `command` | `load-tests break --seed N` |
//! | `feed` | events of a bank with many merchants, and what was acknowledged of them |
//! | `flips` | one bit in one file at a time: found, refused, harmless, or silently wrong |
//! | `kills` | SIGKILL under load: what was acknowledged is there, once |
//! | `disks` | a disk that fills up, and has room again |
//! | `descriptors` | idle connections under a limit of open files |
//! | `starvation` | a crowd that asks expensive questions, beside appends and balances |
//!
//! All of it runs on the loopback with the embedded log, in directories of its own, and ends by itself: every wait has a
//! bound.

pub mod command;
mod descriptors;
mod disks;
mod feed;
mod flips;
mod kills;
mod starvation;

use std::path::{Path, PathBuf};

/// The run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service.
    #[error(transparent)]
    Service(#[from] crate::service::Error),
    /// A file or process of ours.
    #[error("{0}: {1}")]
    Machine(String, std::io::Error),
    /// A thread of ours ended in a panic.
    #[error("a thread of the run ended in a panic")]
    Panicked,
    /// The service answered what ends the run.
    #[error("{0}")]
    Answer(String),
}

impl Error {
    fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |error| Self::Machine(path.display().to_string(), error)
    }
}

/// Where [`limited`] writes the id of its process.
const LIMITED_PROCESS: &str = "limited.pid";

/// A script that starts the binary under a limit of the shell's.
fn limited(binary: &Path, directory: &Path, limit: &str) -> Result<PathBuf, Error> {
    let path = directory.join("limited.sh");
    let binary = std::path::absolute(binary).map_err(Error::at(binary))?;
    let process = directory.join(LIMITED_PROCESS);
    let script = format!("#!/bin/sh\ntrap '' XFSZ\necho $$ >'{}'\nulimit {limit} || exit 9\nexec '{}' \"$@\"\n", process.display(), binary.display());
    std::fs::write(&path, script).map_err(Error::at(&path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).map_err(Error::at(&path))?;
    }
    Ok(path)
}
