//! Named bytes in a directory or in a bucket of S3. The one file of ours that names object_store.
//!
//! Calls hold their thread, and are not made from the threads that answer requests. An object is there whole or not at all: a directory
//! is written by renaming, a bucket by one request or by parts that are completed at the end.
//!
//! Credentials, region and endpoint of S3 are those of its own tools: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`,
//! `AWS_ENDPOINT` and the like of the environment, or the role of the machine.

use super::Error;
use super::requests::Connector;
use crate::config::CheckpointPlace;
use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tokio::runtime::{Builder, Runtime};

/// Bytes of a file that are read, sent or fetched at a time.
pub(super) const PART_BYTES: usize = 8 << 20;
/// How often a request of S3 is tried again, and for how long in all.
const TRIES_MAX: usize = 3;
const TRIES_TIME_MAX: Duration = Duration::from_secs(30);
/// The longest object that is read at once: a manifest.
const READ_BYTES_MAX: u64 = 32 << 20;
/// The most that is told of an answer that is no good: servers add whole pages.
const DETAIL_CHARS_MAX: usize = 1_000;

/// An object that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// The last part of its name.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// When it was written, by the clock of where it is.
    pub written: SystemTime,
}

/// A directory, or a part of a bucket.
pub struct Objects {
    store: Box<dyn ObjectStore>,
    prefix: Name,
    /// As it was configured.
    place: String,
    runtime: Runtime,
}

impl Objects {
    /// Opens it. A directory is made where it is not there and the one around it is; a bucket is asked nothing yet.
    ///
    /// # Errors
    /// The directory cannot be made, or the environment says nothing that S3 can be asked with.
    pub fn open(place: &CheckpointPlace) -> Result<Self, Error> {
        let shown = place.to_string();
        let told = |detail: String| Error::Store { place: shown.clone(), detail };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| told(error.to_string()))?;
        let (store, prefix): (Box<dyn ObjectStore>, Name) = match place {
            CheckpointPlace::Directory(directory) => {
                place.check().map_err(told)?;
                if !directory.is_dir() {
                    std::fs::create_dir(directory).map_err(|error| Error::disk(directory, &error))?;
                }
                let store = LocalFileSystem::new_with_prefix(directory).map_err(|error| told(error.to_string()))?.with_fsync(true);
                (Box::new(store), Name::default())
            }
            CheckpointPlace::Bucket { bucket, prefix } => {
                let retry = RetryConfig { max_retries: TRIES_MAX, retry_timeout: TRIES_TIME_MAX, ..RetryConfig::default() };
                // One request an object: the bulk DeleteObjects, by which even one is removed otherwise, is not known to every server.
                let named = AmazonS3Builder::from_env().with_bucket_name(bucket).with_disable_bulk_delete(true);
                let built = named.with_http_connector(Connector).with_retry(retry).build();
                (Box::new(built.map_err(|error| told(error.to_string()))?), Name::from(prefix.as_str()))
            }
        };
        Ok(Self { store, prefix, place: shown, runtime })
    }

    /// Where it is, as it was configured.
    pub fn place(&self) -> &str {
        &self.place
    }

    fn name(&self, name: &str) -> Name {
        name.split('/').fold(self.prefix.clone(), |path, part| path.join(part))
    }

    fn failed(&self, name: &str, error: &object_store::Error) -> Error {
        let told = error.to_string();
        let mut detail: String = told.chars().take(DETAIL_CHARS_MAX).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        if detail.len() < told.len() {
            detail.push('…');
        }
        Error::Store { place: format!("{}/{name}", self.place), detail }
    }

    /// The bytes of a short object; none where there is no such object.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let at = self.name(name);
        match self.runtime.block_on(self.store.head(&at)) {
            Ok(meta) if meta.size > READ_BYTES_MAX => return Err(Error::Damaged(format!("{name} has {} bytes, more than was ever written", meta.size))),
            Ok(_) => {}
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.failed(name, &error)),
        }
        match self.runtime.block_on(async { self.store.get(&at).await?.bytes().await }) {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(name, &error)),
        }
    }

    /// Writes an object, over what was there.
    pub(super) fn write(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let at = self.name(name);
        let written = self.runtime.block_on(self.store.put(&at, PutPayload::from(bytes)));
        written.map(drop).map_err(|error| self.failed(name, &error))
    }

    /// Writes a file as an object, part by part.
    pub(super) fn store(&self, name: &str, path: &Path) -> Result<(), Error> {
        let mut file = File::open(path).map_err(|error| Error::disk(path, &error))?;
        let first = read_part(&mut file, path)?;
        if first.len() < PART_BYTES {
            return self.write(name, first);
        }
        let (at, told) = (self.name(name), |error: object_store::Error| self.failed(name, &error));
        let mut upload = self.runtime.block_on(self.store.put_multipart(&at)).map_err(told)?;
        let mut part = first;
        let stored = loop {
            if part.is_empty() {
                break self.runtime.block_on(upload.complete()).map(drop).map_err(told);
            }
            if let Err(error) = self.runtime.block_on(upload.put_part(PutPayload::from(part))) {
                break Err(told(error));
            }
            part = match read_part(&mut file, path) {
                Ok(part) => part,
                Err(error) => break Err(error),
            };
        };
        if stored.is_err() {
            // Parts of what is not completed cost room; whether they could be removed does not matter to the caller.
            drop(self.runtime.block_on(upload.abort()));
        }
        stored
    }

    /// Hands over the bytes of an object of a known length, part by part.
    pub(super) fn fetch(&self, name: &str, bytes: u64, take: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let at = self.name(name);
        let told = |error: object_store::Error| match error {
            object_store::Error::NotFound { .. } => Error::Damaged(format!("{name} is gone")),
            error => self.failed(name, &error),
        };
        let found = self.runtime.block_on(self.store.head(&at)).map_err(told)?.size;
        if found != bytes {
            return Err(Error::Damaged(format!("{name} has {found} bytes, and is not what was stored, which had {bytes}")));
        }
        let mut from = 0;
        while from < bytes {
            let to = bytes.min(from + PART_BYTES as u64);
            let part = self.runtime.block_on(self.store.get_range(&at, from..to)).map_err(told)?;
            if part.len() as u64 != to - from {
                return Err(Error::Damaged(format!("{name} ends before {bytes} bytes")));
            }
            take(&part)?;
            from = to;
        }
        Ok(())
    }

    /// The objects directly below a name, in order of their names.
    pub(super) fn list(&self, below: &str) -> Result<Vec<Object>, Error> {
        let at = self.name(below);
        let listed: Vec<_> = self.runtime.block_on(self.store.list(Some(&at)).try_collect()).map_err(|error| self.failed(below, &error))?;
        let mut found: Vec<Object> = listed
            .into_iter()
            .filter_map(|meta| {
                let name = meta.location.filename()?.to_owned();
                Some(Object { name, bytes: meta.size, written: meta.last_modified.into() })
            })
            .collect();
        found.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Removes an object; one that is gone already is no error.
    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        match self.runtime.block_on(self.store.delete(&self.name(name))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(name, &error)),
        }
    }
}

/// The next bytes of a file, as many as a part has; fewer at its end.
fn read_part(file: &mut File, path: &Path) -> Result<Vec<u8>, Error> {
    let mut part = Vec::new();
    file.take(PART_BYTES as u64).read_to_end(&mut part).map_err(|error| Error::disk(path, &error))?;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_a_manifest_is_not_read_and_what_a_server_adds_is_cut() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = directory.path().join("kept");
        let objects = Objects::open(&CheckpointPlace::Directory(place.clone())).expect("a place");
        // Sparse: it takes no room.
        File::create(place.join("long")).and_then(|file| file.set_len(1 << 40)).expect("room");
        assert!(matches!(objects.read("long"), Err(Error::Damaged(_))));
        let source = format!("first\nsecond{}", "x".repeat(100_000)).into();
        let told = objects.failed("a", &object_store::Error::Generic { store: "S3", source }).to_string();
        assert!(told.contains("first second") && told.chars().count() < 2 * DETAIL_CHARS_MAX, "{told}");
    }
}
