//! Makes a checkpoint of a partition: the files as they are at one commit, each stored once by its hash; then its manifest; then what is
//! too old goes.
//!
//! The files are hard links that RocksDB makes in a scratch directory beside the shard's own, so the writer goes on, and a file that it
//! merges away meanwhile is still there. Views are linked before the journal, so they are never ahead of it.

use super::follower::Source;
use super::manifest::{self, Manifest, Stored};
use super::objects::Objects;
use super::pruning::{self, GRACE};
use super::{Error, Whose, reading};
use ledger::directory::hash_file;
use ledger::journal::Reader;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The scratch directory, within the shard's.
const SCRATCH: &str = "checkpoint.new";

/// What a checkpoint cost.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Entries of the journal in it.
    pub entries: u64,
    /// The next offset to fold.
    pub cursor: i64,
    /// Entries that its views have at least; nothing where there are no views.
    pub viewed: Option<u64>,
    /// Bytes of its files.
    pub bytes: u64,
    /// Of these, bytes that were stored now.
    pub stored_bytes: u64,
    /// Why what is too old could not be removed.
    pub unpruned: Option<Error>,
}

/// What one partition's checkpoints need not do twice.
#[derive(Default)]
pub(super) struct Known {
    /// Hashes of files, by inode, length and time of change: a file of rows is never written again.
    hashes: HashMap<(u64, u64, i64, i64), String>,
    /// Objects that were read back and found right since the start.
    pub sound: BTreeSet<String>,
}

/// Writes a checkpoint of a partition as it is now. `stopping` is asked between two files.
pub(super) fn write(objects: &Objects, source: Source, kept: usize, known: &mut Known, stopping: &dyn Fn() -> bool) -> Result<Written, Error> {
    if let Some(written) = standing(objects, &source, known, stopping)? {
        return Ok(written);
    }
    let scratch = source.directory.join(SCRATCH);
    remove(&scratch)?;
    fs::create_dir_all(&scratch).map_err(|error| Error::disk(&scratch, &error))?;
    let written = write_in(&scratch, objects, source, kept, known, stopping);
    remove(&scratch)?;
    written
}

fn remove(directory: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::disk(directory, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn write_in(scratch: &Path, objects: &Objects, source: Source, kept: usize, known: &mut Known, stopping: &dyn Fn() -> bool) -> Result<Written, Error> {
    let viewed = source.viewed();
    let Source { whose, directory: _, journal, views } = source;
    if let Some(views) = views {
        views.link_to(&scratch.join("views"))?;
    }
    journal.backup(&scratch.join("journal"))?;
    // From here on the shard may be closed.
    drop(journal);
    let whose = &whose;
    let at = Reader::open_read_only(&scratch.join("journal"), &reading())?.snapshot();
    let mut written = Written { entries: at.count(), cursor: at.cursor(), viewed, ..Written::default() };
    let there: BTreeSet<String> = objects.list(&whose.objects())?.into_iter().map(|object| object.name).collect();
    let (mut files, mut hashes) = (BTreeMap::new(), HashMap::new());
    for directory in ["journal", "views"] {
        let place = scratch.join(directory);
        let Ok(entries) = fs::read_dir(&place) else { continue };
        for entry in entries {
            if stopping() {
                return Err(Error::Stopped);
            }
            let entry = entry.map_err(|error| Error::disk(&place, &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // What RocksDB tells of itself, and who has it open, is no part of what it holds.
            if name == "LOCK" || name.starts_with("LOG") {
                continue;
            }
            let (path, meta) = (entry.path(), entry.metadata().map_err(|error| Error::disk(&entry.path(), &error))?);
            let key = (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
            let hash = match known.hashes.get(&key) {
                Some(hash) => hash.clone(),
                None => hash_file(&path)?.1.to_hex().to_string(),
            };
            written.bytes += meta.len();
            let stored = Stored { bytes: meta.len(), blake3: hash.clone() };
            if !known.sound.contains(&hash) || !there.contains(&hash) {
                written.stored_bytes += store(objects, whose, &stored, &path, there.contains(&hash))?;
                known.sound.insert(hash.clone());
            }
            hashes.insert(key, hash);
            files.insert(format!("{directory}/{name}"), stored);
        }
    }
    known.hashes = hashes;
    let manifest = Manifest::new(whose, (at.count(), at.cursor(), at.head().to_string()), viewed, files);
    let name = format!("{}/{}", whose.checkpoints(), manifest.name());
    objects.write(&name, manifest.bytes())?;
    if objects.read(&name)?.as_deref() != Some(manifest.bytes().as_slice()) {
        objects.remove(&name)?;
        return Err(Error::Damaged(format!("{name} is not what was written")));
    }
    // Another node may have removed an object before the manifest named it.
    let there: BTreeSet<String> = objects.list(&whose.objects())?.into_iter().map(|object| object.name).collect();
    if let Some(gone) = manifest.files.values().find(|stored| !there.contains(&stored.blake3)) {
        known.sound.remove(&gone.blake3);
        objects.remove(&name)?;
        return Err(Error::Damaged(format!("{}/{} was removed while the checkpoint was written", whose.objects(), gone.blake3)));
    }
    written.unpruned = pruning::prune(objects, whose, kept, GRACE, known).err();
    Ok(written)
}

/// A checkpoint of just this state that is there already, of an earlier start or of another node, with every file as it should be: it is
/// not written again.
fn standing(objects: &Objects, source: &Source, known: &mut Known, stopping: &dyn Fn() -> bool) -> Result<Option<Written>, Error> {
    let (whose, at) = (&source.whose, source.journal.snapshot());
    let name = format!("{}/{}", whose.checkpoints(), manifest::name(at.cursor(), at.count()));
    let manifest = match objects.read(&name) {
        Ok(Some(bytes)) => Manifest::read(&bytes, whose),
        Ok(None) => return Ok(None),
        Err(error) => Err(error),
    };
    let manifest = match manifest {
        Ok(manifest) => manifest,
        Err(Error::Damaged(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    if manifest.head != at.head().to_string() || manifest.viewed < source.viewed() {
        return Ok(None);
    }
    for stored in manifest.files.values().filter(|stored| !known.sound.contains(&stored.blake3)) {
        if stopping() {
            return Err(Error::Stopped);
        }
        if !is_sound(objects, &format!("{}/{}", whose.objects(), stored.blake3), stored)? {
            return Ok(None);
        }
    }
    known.sound.extend(manifest.files.values().map(|stored| stored.blake3.clone()));
    let bytes = manifest.files.values().map(|stored| stored.bytes).sum();
    Ok(Some(Written { entries: at.count(), cursor: at.cursor(), viewed: manifest.viewed, bytes, ..Written::default() }))
}

/// Makes sure that a file is stored, and reads it back; how many bytes were sent. One that is there already is read first.
fn store(objects: &Objects, whose: &Whose, stored: &Stored, path: &Path, is_there: bool) -> Result<u64, Error> {
    let name = format!("{}/{}", whose.objects(), stored.blake3);
    if is_there && is_sound(objects, &name, stored)? {
        return Ok(0);
    }
    objects.store(&name, path)?;
    if is_sound(objects, &name, stored)? {
        return Ok(stored.bytes);
    }
    objects.remove(&name)?;
    Err(Error::Damaged(format!("{name} is not what was stored")))
}

/// Whether an object is the file that it should be.
fn is_sound(objects: &Objects, name: &str, stored: &Stored) -> Result<bool, Error> {
    let mut hasher = blake3::Hasher::new();
    let read = objects.fetch(name, stored.bytes, &mut |part| {
        hasher.update(part);
        Ok(())
    });
    match read {
        Ok(()) => Ok(hasher.finalize().to_hex().as_str() == stored.blake3),
        Err(Error::Damaged(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CheckpointPlace;

    #[test]
    fn what_is_stored_is_found_damaged_and_stored_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let objects = Objects::open(&CheckpointPlace::Directory(directory.path().join("made"))).expect("a place");
        let whose = Whose { partitions: 1, identity: "id:a".to_owned(), partition: 0 };
        let path = directory.path().join("000001.sst");
        // More than a part, so that it goes by parts.
        fs::write(&path, vec![7; super::super::objects::PART_BYTES + 5]).expect("room");
        let (bytes, hash) = hash_file(&path).expect("readable");
        let stored = Stored { bytes, blake3: hash.to_hex().to_string() };
        assert_eq!(store(&objects, &whose, &stored, &path, false).expect("stored"), bytes);
        assert_eq!(store(&objects, &whose, &stored, &path, true).expect("it is there"), 0);
        let name = format!("{}/{}", whose.objects(), stored.blake3);
        for damage in [vec![7; 5], vec![8; super::super::objects::PART_BYTES + 5]] {
            objects.write(&name, damage).expect("room");
            assert_eq!(store(&objects, &whose, &stored, &path, true).expect("stored again"), bytes);
        }
        assert_eq!(objects.read("nothing/of/that/name").expect("an answer"), None);
        objects.remove(&name).expect("removed");
        objects.remove(&name).expect("it is gone already");
    }
}
