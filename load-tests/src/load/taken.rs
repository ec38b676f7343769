//! What a service takes of its machine.

use crate::service::Process;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Threads and descriptors of the service; nothing where the system does not tell.
pub(super) fn threads_and_files(process: &Process) -> std::io::Result<(usize, usize)> {
    let Some(number) = process.number() else { return Ok((0, 0)) };
    let count = |what: &str| std::fs::read_dir(format!("/proc/{number}/{what}")).map(Iterator::count);
    Ok((count("task")?, count("fd")?))
}

/// Bytes that lie on disk below a directory. What is taken away while it is looked at is not counted.
pub(super) fn disk(directory: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => bytes += disk(&entry.path()).or_else(gone)?,
            Ok(meta) => bytes += meta.blocks() * 512,
            Err(error) => bytes += gone(error)?,
        }
    }
    Ok(bytes)
}

fn gone(error: std::io::Error) -> std::io::Result<u64> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(0) } else { Err(error) }
}
