//! What a checkpoint says of itself: which shard, how far, and which objects are its files.

use super::{Error, Whose};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The layout of a checkpoint.
const FORMAT: u32 = 1;
/// Directories of a shard that files of a checkpoint lie in.
const DIRECTORIES: [&str; 2] = ["journal", "views"];

/// A file of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    /// How long it is.
    pub bytes: u64,
    /// BLAKE3 of it, as hexadecimal digits; the name of its object.
    pub blake3: String,
}

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// The version of the program that wrote it.
    pub version: String,
    /// Which partition.
    pub partition: u32,
    /// Of how many.
    pub partitions: u32,
    /// What tells the log from another of the same name.
    pub identity: String,
    /// How many entries the journal has.
    pub entries: u64,
    /// The next offset to fold.
    pub cursor: i64,
    /// The chain up to the last entry.
    pub head: String,
    /// How many of the entries are in its views at least; nothing where there are no views, or the program did not tell yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewed: Option<u64>,
    /// Each file, by its path within the shard's directory.
    pub files: BTreeMap<String, Stored>,
    /// BLAKE3 of the rest.
    check: String,
}

impl Manifest {
    pub fn new(whose: &Whose, (entries, cursor, head): (u64, i64, String), viewed: Option<u64>, files: BTreeMap<String, Stored>) -> Self {
        let Whose { partitions, identity, partition } = whose.clone();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let mut manifest = Self { format: FORMAT, version, partition, partitions, identity, entries, cursor, head, viewed, files, check: String::new() };
        manifest.check = manifest.reckoned();
        manifest
    }

    /// Over everything but the check itself, in the order of the fields.
    fn reckoned(&self) -> String {
        let mut bare = self.clone();
        bare.check = String::new();
        blake3::hash(serde_json::to_string(&bare).unwrap_or_default().as_bytes()).to_hex().to_string()
    }

    /// The last part of its name.
    pub fn name(&self) -> String {
        name(self.cursor, self.entries)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text.into_bytes()
    }

    /// Reads one, and checks that it is whole, of this shard, and names no file outside of it.
    pub fn read(bytes: &[u8], whose: &Whose) -> Result<Self, Error> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| Error::Damaged(format!("its manifest cannot be read: {error}")))?;
        if manifest.format != FORMAT {
            return Err(Error::Damaged(format!("it has format {}, this program reads {FORMAT}", manifest.format)));
        }
        if manifest.check != manifest.reckoned() {
            return Err(Error::Damaged("its manifest is not what was written".to_owned()));
        }
        if (manifest.partition, manifest.partitions, &manifest.identity) != (whose.partition, whose.partitions, &whose.identity) {
            let Self { partition, partitions, identity, .. } = manifest;
            return Err(Error::Damaged(format!("it is of partition {partition} of {partitions} of the log {identity}")));
        }
        let is_ours = |path: &String| path.split_once('/').is_some_and(|(directory, name)| DIRECTORIES.contains(&directory) && plain(name));
        match manifest.files.iter().find(|(path, stored)| !is_ours(path) || !hexadecimal(&stored.blake3)) {
            Some((path, _)) => Err(Error::Damaged(format!("its manifest names the file {path:?}, which no shard has"))),
            None => Ok(manifest),
        }
    }
}

/// The last part of the name of a checkpoint that is so far: names sort by that.
pub(super) fn name(cursor: i64, entries: u64) -> String {
    format!("{:020}-{entries:020}.json", cursor.max(0))
}

/// Whether it is such a name.
pub(super) fn is_name(name: &str) -> bool {
    let is_number = |text: &str| text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_suffix(".json").and_then(|name| name.split_once('-')).is_some_and(|(cursor, entries)| is_number(cursor) && is_number(entries))
}

/// The name of a file and nothing else.
fn plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// Whether it is BLAKE3 of something, as objects are named.
pub(super) fn hexadecimal(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose() -> Whose {
        Whose { partitions: 12, identity: "id:a".to_owned(), partition: 7 }
    }

    fn manifest(path: &str) -> Manifest {
        let stored = Stored { bytes: 3, blake3: "0".repeat(64) };
        Manifest::new(&whose(), (5, 9, "head".to_owned()), None, BTreeMap::from([(path.to_owned(), stored)]))
    }

    #[test]
    fn what_was_written_is_read_and_every_changed_byte_noticed() {
        let manifest = manifest("journal/000012.sst");
        let bytes = manifest.bytes();
        assert_eq!(Manifest::read(&bytes, &whose()).expect("whole"), manifest);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            // White space has no meaning.
            assert!(Manifest::read(&changed, &whose()).is_err() || bytes[at].is_ascii_whitespace(), "byte {at}");
        }
    }

    #[test]
    fn one_of_a_program_that_did_not_tell_of_views_is_read() {
        let mut before = manifest("views/000012.sst");
        assert!(!String::from_utf8_lossy(&before.bytes()).contains("viewed"), "nothing is said where nothing is known");
        assert_eq!(Manifest::read(&before.bytes(), &whose()).expect("whole").viewed, None);
        before.viewed = Some(4);
        before.check = before.reckoned();
        assert_eq!(Manifest::read(&before.bytes(), &whose()).expect("whole").viewed, Some(4));
        assert!(None < before.viewed, "it is written again with its views");
    }

    #[test]
    fn another_shards_and_one_that_reaches_outside_are_refused() {
        let bytes = manifest("journal/000012.sst").bytes();
        for other in [Whose { partition: 6, ..whose() }, Whose { partitions: 6, ..whose() }, Whose { identity: "id:b".to_owned(), ..whose() }] {
            assert!(matches!(Manifest::read(&bytes, &other), Err(Error::Damaged(_))), "{other:?}");
        }
        for path in ["../journal/a", "journal/../../a", "journal", "keys.toml", "journal/..", "journal/a/b", "/journal/a", "tree/a"] {
            assert!(matches!(Manifest::read(&manifest(path).bytes(), &whose()), Err(Error::Damaged(_))), "{path}");
        }
    }
}
