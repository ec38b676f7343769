//! Hooks as files: `hooks/ID.json` in the data directory, one each. A file is replaced whole, under another name first, so whoever reads
//! it, a backup beside a running server too, has it as it was or as it is. Nobody but the service's own user may read them: there are
//! secrets in them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Error, ErrorKind, Write as _};
use std::path::Path;

/// Their directory within a data directory, and within a backup.
pub const DIRECTORY: &str = "hooks";
/// What the name of each ends with.
const ENDING: &str = "json";

/// The bytes of a file, or why they cannot be read whatever is waited for.
pub(super) type Content = Result<Vec<u8>, String>;

/// Each by its name without the ending, in their order. One that is removed meanwhile is none.
///
/// # Errors
/// The directory, or a file of it, cannot be read now.
pub(super) fn read(directory: &Path) -> Result<Vec<(String, Content)>, Error> {
    let files = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        files => files?,
    };
    let mut found = Vec::new();
    for file in files {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != ENDING) {
            continue;
        }
        let content = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) if error.kind() == ErrorKind::IsADirectory => Err("it is a directory".to_owned()),
            content => Ok(content?),
        };
        found.push((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), content));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// Writes one, whole or not at all; its name is on the disk after [`sync`].
pub(super) fn write(directory: &Path, id: &str, bytes: &[u8]) -> Result<(), Error> {
    if !directory.is_dir() {
        make(directory)?;
        directory.parent().map_or(Ok(()), sync)?;
    }
    let path = directory.join(format!("{id}.{ENDING}"));
    let beside = path.with_extension("new");
    let mut file = private(&beside)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&beside, &path)
}

/// Removes one, where it is there; that is on the disk after [`sync`].
pub(super) fn remove(directory: &Path, id: &str) -> Result<(), Error> {
    match std::fs::remove_file(directory.join(format!("{id}.{ENDING}"))) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes sure that the names in a directory, where it is there, are on the disk as they are now: else a crash of the machine brings back a
/// hook that was removed, or as it was before.
pub(super) fn sync(directory: &Path) -> Result<(), Error> {
    match File::open(directory).and_then(|directory| directory.sync_all()) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Copies those of a data directory into a backup, byte by byte, also what is no hook, and reads the copies.
///
/// # Errors
/// One cannot be read or written, or its copy is not what it was.
pub fn copy(data: &Path, backup: &Path) -> Result<(), Error> {
    let to = backup.join(DIRECTORY);
    for (name, content) in read(&data.join(DIRECTORY))? {
        let Ok(bytes) = content else { continue };
        write(&to, &name, &bytes)?;
        if std::fs::read(to.join(format!("{name}.{ENDING}")))? != bytes {
            return Err(Error::new(ErrorKind::InvalidData, format!("the copy of {name}.{ENDING} is not what was written")));
        }
    }
    sync(&to)
}

/// Makes a directory of them, which nobody else may look into; one that is there stays as it is.
///
/// # Errors
/// It cannot be made.
pub fn make(directory: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Makes a file one that nobody else may read, however it was copied.
///
/// # Errors
/// The system does not.
pub fn make_private(path: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn private(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
