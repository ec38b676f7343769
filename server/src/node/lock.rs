//! One process at a time has a data directory: who has it, holds a lock on the file `in-use`, which says which process that
//! is. The system lets the lock go however the process ends.

use super::error::Error;
use ledger::log;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The file in the data directory.
const FILE: &str = "in-use";
/// A process id has fewer digits.
const ID_BYTES_MAX: u64 = 32;

/// A data directory that this process has.
#[derive(Debug)]
pub struct Lock {
    /// Nothing where the disk takes no file: then what opens it for writing says why.
    _file: Option<File>,
}

impl Lock {
    /// Takes a data directory, which is made where it is not there.
    ///
    /// # Errors
    /// Another process has it.
    pub fn take(data: &Path) -> Result<Self, Error> {
        let opened = fs::create_dir_all(data).and_then(|()| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(data.join(FILE)));
        let mut file = match opened {
            Ok(file) => file,
            Err(error) => {
                tracing::warn!(data = %data.display(), %error, "that the data directory is in use cannot be written into it");
                return Ok(Self { _file: None });
            }
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(Error::Log(log::Error::new(log::Code::InUse, in_use(data, &mut file)))),
            // What has no locks is still locked by its database.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        // A full disk does not matter here: who wants to know then learns less.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: Some(file) })
    }
}

fn in_use(data: &Path, file: &mut File) -> String {
    let mut id = String::new();
    // A process that has just taken it may not have said yet which it is.
    let by = match file.take(ID_BYTES_MAX).read_to_string(&mut id) {
        Ok(_) if !id.trim().is_empty() => format!("process {}", id.trim()),
        _ => "another process".to_owned(),
    };
    format!("the data directory {} is in use by {by}: end that first, or name another directory with --data", data.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_in_use_names_the_process() {
        let directory = tempfile::tempdir().expect("a directory");
        let data = directory.path().join("data");
        let first = Lock::take(&data).expect("free");
        let said = Lock::take(&data).expect_err("taken").to_string();
        assert!(said.contains(&format!("in use by process {}", std::process::id())) && said.contains("--data"), "{said}");
        drop(first);
        Lock::take(&data).expect("free again");
    }
}
