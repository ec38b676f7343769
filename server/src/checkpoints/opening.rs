//! Makes a shard's directory of the newest checkpoint that is whole.
//!
//! Files are fetched into a directory beside it and compared by their hashes on the way; then the journal is opened and its head compared;
//! then the directory gets its name. A checkpoint that is not whole is passed over, told, and the one before it is tried.

use super::manifest::{Manifest, Stored, is_name};
use super::objects::Objects;
use super::{Error, Whose, reading};
use ledger::directory::sync_directory;
use ledger::journal::Reader;
use ledger::shard;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;

/// Files that are fetched at a time.
const FETCHED_AT_A_TIME: usize = 4;

/// Whether the node ends.
pub(super) type Stopping<'a> = dyn Fn() -> bool + Sync + 'a;

/// What a shard was opened from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// Entries of its journal; none where there was no checkpoint that is whole.
    pub entries: Option<u64>,
    /// Checkpoints that were passed over, each with the reason.
    pub passed_over: Vec<String>,
}

/// Makes the directory of a shard that has none; leaves it to be folded from the log where there is no checkpoint.
///
/// `stopping` is asked between two parts of a file.
///
/// # Errors
/// The place of the checkpoints does not answer, this machine's disk does not take what they have, or the node ends.
pub(super) fn open(objects: &Objects, whose: &Whose, data: &Path, stopping: &Stopping<'_>) -> Result<Opened, Error> {
    let mut opened = Opened { entries: None, passed_over: Vec::new() };
    for manifest in objects.list(&whose.checkpoints())?.into_iter().filter(|manifest| is_name(&manifest.name)).rev() {
        let name = format!("{}/{}", whose.checkpoints(), manifest.name);
        match open_one(objects, whose, &name, data, stopping) {
            Ok(entries) => {
                opened.entries = Some(entries);
                tracing::info!(partition = whose.partition, entries, checkpoint = name, "the shard is opened from a checkpoint");
                break;
            }
            Err(Error::Damaged(reason)) => {
                tracing::error!(partition = whose.partition, checkpoint = name, reason, "a checkpoint is passed over, for the one before it");
                opened.passed_over.push(format!("{name}: {reason}"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(opened)
}

fn open_one(objects: &Objects, whose: &Whose, name: &str, data: &Path, stopping: &Stopping<'_>) -> Result<u64, Error> {
    let bytes = objects.read(name)?.ok_or_else(|| Error::Damaged("it was removed meanwhile".to_owned()))?;
    let manifest = Manifest::read(&bytes, whose)?;
    let target = shard::directory(data, whose.partition);
    let incoming = target.with_extension("incoming");
    remove(&incoming)?;
    let filled = fill(objects, whose, &manifest, &incoming, stopping);
    if filled.is_err() {
        remove(&incoming)?;
    }
    filled?;
    fs::rename(&incoming, &target).map_err(|error| Error::disk(&target, &error))?;
    sync_directory(data)?;
    Ok(manifest.entries)
}

fn remove(directory: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::disk(directory, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Fetches every file, and compares the journal that they make.
fn fill(objects: &Objects, whose: &Whose, manifest: &Manifest, incoming: &Path, stopping: &Stopping<'_>) -> Result<(), Error> {
    for directory in ["journal", "views"] {
        let path = incoming.join(directory);
        fs::create_dir_all(&path).map_err(|error| Error::disk(&path, &error))?;
    }
    let left = Mutex::new(manifest.files.iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let fetch = || -> Result<(), Error> {
        while let Some((path, stored)) = next() {
            fetch_file(objects, &format!("{}/{}", whose.objects(), stored.blake3), stored, incoming.join(path), stopping)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..FETCHED_AT_A_TIME).map(|_| scope.spawn(fetch)).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(Error::Damaged("fetching it ended in a panic".to_owned()))));
        // All are waited for; the first failure counts.
        ended.collect::<Vec<_>>().into_iter().collect::<Result<Vec<()>, Error>>()
    })?;
    let directory = incoming.join("views");
    if fs::read_dir(&directory).is_ok_and(|mut files| files.next().is_none()) {
        remove(&directory)?;
    }
    let damaged = |error: ledger::journal::Error| Error::Damaged(format!("its journal cannot be opened: {error}"));
    let journal = Reader::open_read_only(&incoming.join("journal"), &reading()).map_err(damaged)?;
    let at = journal.snapshot();
    if (at.count(), at.cursor(), at.head().to_string()) != (manifest.entries, manifest.cursor, manifest.head.clone()) {
        return Err(Error::Damaged("its journal is not the one that the manifest tells of".to_owned()));
    }
    match journal.origin().map_err(damaged)? {
        Some(origin) if (origin.partition, origin.partitions, &origin.identity) == (whose.partition, whose.partitions, &whose.identity) => {}
        Some(_) | None => return Err(Error::Damaged("its journal is of another partition, or of another log".to_owned())),
    }
    // Names of files are on the disk before the directory has its own.
    for directory in [incoming.join("journal"), directory] {
        if directory.exists() {
            sync_directory(&directory)?;
        }
    }
    Ok(sync_directory(incoming)?)
}

fn fetch_file(objects: &Objects, name: &str, stored: &Stored, path: PathBuf, stopping: &Stopping<'_>) -> Result<(), Error> {
    let mut file = File::create(&path).map_err(|error| Error::disk(&path, &error))?;
    let mut hasher = blake3::Hasher::new();
    objects.fetch(name, stored.bytes, &mut |part| {
        if stopping() {
            return Err(Error::Stopped);
        }
        hasher.update(part);
        file.write_all(part).map_err(|error| Error::disk(&path, &error))
    })?;
    if hasher.finalize().to_hex().as_str() != stored.blake3 {
        return Err(Error::Damaged(format!("{name} is not what was stored")));
    }
    file.sync_all().map_err(|error| Error::disk(&path, &error))
}
