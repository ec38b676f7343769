//! What is done before RocksDB opens a directory to write whose manifest ends in the middle of a record.
//!
//! RocksDB takes what lies before that, and removes every file with rows that is not named there. After a power cut within a write that is
//! right: what those files have lies in the logs of writes, too. Of a manifest that was cut off later they are the only copy. Which of
//! the two it is, the logs of writes tell: one that filled a file lies before the one that was begun then, and is removed after the
//! manifest has the file. Where both are not there, the directory is refused, as it is. Else whatever RocksDB may remove is kept beside the directory
//! first, in `NAME.before-repair-1` and so on. Bound: [`KEPT_MAX`] of them; a further one is refused, so nothing is removed that was not kept.

use super::Torn;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// How often a directory's files are kept.
const KEPT_MAX: u32 = 3;
/// Logs of writes before a file of rows that the manifest does not have: the one that filled it, and the one that was begun then.
const LOGS_BEFORE: usize = 2;

/// Why a directory is not opened to write.
#[derive(Debug)]
pub enum Refused<E> {
    /// It is not what was written. Nothing of it was changed.
    Damaged(String),
    /// The disk does not take what is to be kept: where, and what the system says.
    Disk(PathBuf, Error),
    /// The manifest cannot be read.
    Unread(E),
}

/// Called before RocksDB opens a directory to write. Where its manifest ends in the middle of a record: keeps the files, and answers
/// where. `named` answers the files with rows that the manifest has, and changes nothing.
///
/// # Errors
/// What RocksDB would remove is the only copy; or it cannot be kept.
pub fn before_writing<E>(directory: &Path, named: impl FnOnce() -> Result<Vec<String>, E>) -> Result<Option<PathBuf>, Refused<E>> {
    let Some(torn) = super::manifest(directory).map_err(Refused::<E>::Damaged)? else { return Ok(None) };
    let disk = |error| Refused::<E>::Disk(directory.to_owned(), error);
    let files = files(directory).map_err(disk)?;
    let (tables, logs) = (numbers(&files, "sst"), numbers(&files, "log"));
    // A directory that has no rows yet has none to lose; of one that RocksDB was making, it may not find its way.
    let named = if tables.is_empty() { Vec::new() } else { named().map_err(Refused::Unread)? };
    let named: BTreeSet<u64> = named.iter().filter_map(|name| number(Path::new(name), "sst")).collect();
    let mut unnamed = tables.difference(&named);
    if let Some(first) = unnamed.next()
        && logs.range(..*first).count() < LOGS_BEFORE
    {
        let count = 1 + unnamed.count();
        let what = format!("{torn}: it lacks {count} of {} files with rows, and the logs of writes have no more what is in them", tables.len());
        return Err(Refused::Damaged(format!("{what}. Nothing was changed or removed")));
    }
    let kept = keep(directory, &torn, &files).map_err(disk)?;
    let Some(kept) = kept else {
        let what = format!("{torn}, and what was there before {KEPT_MAX} earlier repairs is kept in {}", beside(directory, 1).display());
        return Err(Refused::Damaged(format!("{what} and the directories after it: remove those that nobody needs any more, and look at the disk")));
    };
    tracing::warn!(
        directory = %directory.display(),
        kept = %kept.display(),
        "{torn}, which a power cut within a write leaves, and a disk that lies: it is opened from what lies before that, and all files were kept first; \
         remove what was kept once `verify` finds everything as it should be"
    );
    Ok(Some(kept))
}

/// Whether a directory has files with rows.
pub fn has_tables(directory: &Path) -> bool {
    files(directory).is_ok_and(|files| !numbers(&files, "sst").is_empty())
}

/// The names of a directory's files, in their order.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(PathBuf::from(entry.file_name()));
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The numbers of files with an ending.
fn numbers(names: &[PathBuf], ending: &str) -> BTreeSet<u64> {
    names.iter().filter_map(|name| number(name, ending)).collect()
}

fn number(name: &Path, ending: &str) -> Option<u64> {
    name.extension().filter(|extension| *extension == ending).and(name.file_stem())?.to_str()?.parse().ok()
}

/// Keeps the files of a directory; answers where, and nothing where as many were kept as may be. What was kept before, and is the same
/// still, is not kept again: a directory that could not be opened is tried often.
fn keep(directory: &Path, torn: &Torn, files: &[PathBuf]) -> Result<Option<PathBuf>, Error> {
    for number in 1..=KEPT_MAX {
        let place = beside(directory, number);
        if !place.exists() {
            copy(directory, &place, files)?;
            return Ok(Some(place));
        }
        if is_kept(directory, &place, torn, files) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Where files of a directory are kept.
fn beside(directory: &Path, number: u32) -> PathBuf {
    let ending = format!(".before-repair-{number}");
    match directory.file_name() {
        Some(name) => {
            let mut name: OsString = name.to_owned();
            name.push(ending);
            directory.with_file_name(name)
        }
        // The root of a disk has nothing beside it; RocksDB leaves alone what it does not know.
        None => directory.join(ending),
    }
}

/// Whether a place has every file with rows of a directory, with the same manifest.
fn is_kept(directory: &Path, place: &Path, torn: &Torn, files: &[PathBuf]) -> bool {
    let same = |name: &Path| fs::read(directory.join(name)).is_ok_and(|here| fs::read(place.join(name)).is_ok_and(|kept| here == kept));
    let manifest = torn.file.file_name().map(Path::new);
    let mut tables = files.iter().filter(|name| number(name, "sst").is_some());
    manifest.is_some_and(same) && same(Path::new("CURRENT")) && tables.all(|name| place.join(name).exists())
}

/// Files that are written once are linked, the others copied. The place has its name once all of them are on the disk.
fn copy(directory: &Path, place: &Path, files: &[PathBuf]) -> Result<(), Error> {
    let mut part = place.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    match fs::remove_dir_all(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::create_dir(&part)?;
    for name in files {
        let (from, to) = (directory.join(name), part.join(name));
        let is_for_ever = number(name, "sst").is_some() || number(name, "log").is_some();
        if is_for_ever && fs::hard_link(&from, &to).is_ok() {
            continue;
        }
        if is_for_ever || is_of_manifest(name) {
            fs::copy(&from, &to)?;
            File::open(&to)?.sync_all()?;
        }
    }
    File::open(&part)?.sync_all()?;
    fs::rename(&part, place)?;
    match place.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

/// Whether a file is needed beside those with rows to open what was kept.
fn is_of_manifest(name: &Path) -> bool {
    let name = name.to_string_lossy();
    name == "CURRENT" || name == "IDENTITY" || name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with a manifest of a record and the beginning of another, and these files.
    fn torn(place: &Path, files: &[&str]) -> PathBuf {
        let directory = place.join("log");
        fs::create_dir(&directory).expect("room");
        fs::write(directory.join("CURRENT"), "MANIFEST-000005\n").expect("room");
        let content = b"an edit";
        let checked = [&[1], &content[..]].concat();
        let mut record = super::super::masked(crc32c::crc32c(&checked)).to_le_bytes().to_vec();
        record.extend_from_slice(&[7, 0]);
        record.extend_from_slice(&checked);
        fs::write(directory.join("MANIFEST-000005"), [&record[..], &record[..10]].concat()).expect("room");
        files.iter().for_each(|name| fs::write(directory.join(name), name).expect("room"));
        directory
    }

    fn asked(directory: &Path, named: &[&str]) -> Result<Option<PathBuf>, Refused<()>> {
        before_writing(directory, || Ok(named.iter().map(|name| format!("/{name}")).collect()))
    }

    #[test]
    fn what_the_logs_of_writes_have_is_kept_and_opened_and_what_they_lack_is_refused() {
        let place = tempfile::tempdir().expect("a directory");
        // The log that filled the file is there still.
        let directory = torn(place.path(), &["000004.log", "000008.log", "000009.sst", "LOG"]);
        let kept = asked(&directory, &[]).expect("it may be opened").expect("it was torn");
        assert_eq!(kept, place.path().join("log.before-repair-1"));
        let names = files(&kept).expect("readable");
        assert_eq!(
            names.iter().map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>(),
            ["000004.log", "000008.log", "000009.sst", "CURRENT", "MANIFEST-000005"]
        );
        // The same again is not kept twice; something else is, as often as there is room.
        assert_eq!(asked(&directory, &[]).expect("it may be opened"), Some(kept));
        for number in 2..=KEPT_MAX + 1 {
            fs::write(directory.join(format!("00001{number}.sst")), "more").expect("room");
            let told = asked(&directory, &["000012.sst", "000013.sst", "000014.sst"]);
            assert_eq!(told.is_ok(), number <= KEPT_MAX, "{number}: {told:?}");
        }
        assert!(!place.path().join("log.before-repair-4").exists());

        let place = tempfile::tempdir().expect("a directory");
        let directory = torn(place.path(), &["000008.log", "000009.sst", "000010.sst"]);
        let told = asked(&directory, &["000009.sst"]);
        assert!(matches!(&told, Err(Refused::Damaged(what)) if what.contains("lacks 1 of 2 files with rows")), "{told:?}");
        assert_eq!(fs::read_dir(place.path()).expect("readable").count(), 1, "nothing was made");
        // All that is there is named: nothing is lost.
        assert!(asked(&directory, &["000009.sst", "000010.sst"]).is_ok_and(|kept| kept.is_some()));
    }

    #[test]
    fn a_manifest_that_is_whole_asks_for_nothing() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = torn(place.path(), &["000009.sst"]);
        let path = directory.join("MANIFEST-000005");
        let bytes = fs::read(&path).expect("readable");
        fs::write(&path, &bytes[..14]).expect("writable");
        assert!(matches!(before_writing(&directory, || Err(())), Ok(None)));
    }
}
