//! What backup and restore share: the manifest, and copying a data directory.

use super::Failure;
use ledger::journal::{Journal, Settings, Shared};
use ledger::shard;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file of a backup that says what is in it.
pub const MANIFEST: &str = "backup.json";
/// What is not copied: it is folded again, or belongs to the process.
const LEFT_OUT: &[&str] = &["views", "LOCK", MANIFEST];

/// What is in a backup.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Each journal.
    pub heads: Vec<Head>,
}

/// How far a journal is, and the hash of everything in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Which partition.
    pub partition: u32,
    /// How many entries.
    pub entries: u64,
    /// The chain up to the last one.
    pub head: String,
}

impl Manifest {
    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(Failure::failed)?;
        std::fs::write(path, text + "\n").map_err(|error| at(path, error))
    }

    /// Reads it.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| at(path, error))?;
        serde_json::from_str(&text).map_err(|error| Failure::Failed(format!("{} is no manifest of a backup: {error}", path.display())))
    }
}

/// Opens every journal of a data directory, which fails where a server has it, and reads its head.
pub fn read_heads(data: &Path) -> Result<Vec<Head>, Failure> {
    let shared = Shared::new(Settings::default());
    let mut heads = Vec::new();
    for partition in shard::known_partitions(data).map_err(|error| at(data, error))? {
        let journal = Journal::open(&shard::directory(data, partition).join("journal"), &shared).map_err(Failure::failed)?;
        heads.push(Head { partition, entries: journal.entries(), head: journal.reader().head().to_string() });
    }
    if heads.is_empty() {
        return Err(Failure::Failed(format!("{} has no shards", data.display())));
    }
    Ok(heads)
}

/// Whether a directory is empty or not there.
pub fn is_empty(directory: &Path) -> Result<bool, Failure> {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(at(directory, error)),
    }
}

/// Copies a directory with everything in it but what is left out; how many bytes that were.
pub fn copy_tree(from: &Path, to: &Path) -> Result<u64, Failure> {
    std::fs::create_dir_all(to).map_err(|error| at(to, error))?;
    let mut bytes = 0;
    for entry in std::fs::read_dir(from).map_err(|error| at(from, error))? {
        let entry = entry.map_err(|error| at(from, error))?;
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|left_out| name == *left_out) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        if entry.file_type().map_err(|error| at(&source, error))?.is_dir() {
            bytes += copy_tree(&source, &target)?;
        } else {
            bytes += std::fs::copy(&source, &target).map_err(|error| at(&source, error))?;
            std::fs::File::open(&target).and_then(|file| file.sync_all()).map_err(|error| at(&target, error))?;
        }
    }
    Ok(bytes)
}

fn at(path: &Path, error: std::io::Error) -> Failure {
    Failure::Failed(format!("{}: {error}", path.display()))
}
