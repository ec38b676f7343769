//! The file of keys: a TOML list, written by `merchant-ledger keys` and readable by its owner alone (mode 0600). Of a secret
//! it has the BLAKE3 hash.
//!
//! It is replaced as a whole, so that a server that reads it meanwhile sees the old one or the new one; two commands at once
//! wait for each other.

use super::caller::Caller;
use super::key::{Key, KeyId};
use super::role::{Role, Roles};
use super::scope;
use crate::config::wrong_toml;
use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The first lines of a file.
const HEAD: &str = "# Keys of merchant-ledger: `merchant-ledger keys add`, `list` and `revoke` write this file, and a running server reads it\n\
    # again when it changes. Of a secret it keeps the BLAKE3 hash.\n";
/// The most keys of a file.
pub const KEYS_MAX: usize = 100_000;

/// A key as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its public part.
    pub id: String,
    /// The BLAKE3 hash of its secret, in hexadecimal digits.
    pub blake3: String,
    /// What it may do.
    pub roles: Vec<String>,
    /// The merchants that it is cut to; all of them, where there are none.
    #[serde(default, deserialize_with = "some_merchants", skip_serializing_if = "Vec::is_empty")]
    pub merchants: Vec<String>,
    /// The attributes that it is cut to.
    #[serde(default, rename = "where", deserialize_with = "some_attributes", skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// From when on it is refused: a date, or a time of RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    #[serde(default)]
    key: Vec<Entry>,
}

/// Merchants, where some are said: none of them must not mean all.
fn some_merchants<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let merchants = Vec::deserialize(deserializer)?;
    let none = "merchants = [] names none; right would be some, such as [\"M100001\"], or no such line for a key that has all";
    if merchants.is_empty() { Err(D::Error::custom(none)) } else { Ok(merchants) }
}

/// The same of attributes.
fn some_attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let attributes = BTreeMap::deserialize(deserializer)?;
    let none = "where = {} names no attribute; right would be one, such as { partner = \"isv-9\" }, or no such line for a key that is cut to none";
    if attributes.is_empty() { Err(D::Error::custom(none)) } else { Ok(attributes) }
}

/// The keys of a file, to judge callers by.
#[derive(Debug, Default)]
pub struct Keys {
    known: HashMap<KeyId, Known>,
}

#[derive(Debug)]
struct Known {
    hash: blake3::Hash,
    caller: Caller,
}

/// When a key ends: the beginning of a date in UTC, or a moment.
pub fn expiry(text: &str) -> Option<Timestamp> {
    let date = || jiff::tz::TimeZone::UTC.to_timestamp(text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0)).ok();
    text.parse::<Timestamp>().ok().or_else(date)
}

impl Keys {
    /// Reads a file that its owner alone may read.
    pub fn read(path: &Path) -> Result<Self, String> {
        let entries = read(path)?;
        let mut known = HashMap::with_capacity(entries.len());
        for entry in entries {
            let told = |what: String| format!("key {:?}: {what}", entry.id);
            let (id, key) = known_of(&entry).map_err(told)?;
            if known.insert(id, key).is_some() {
                return Err(told("stands twice".to_owned()));
            }
        }
        Ok(Self { known })
    }

    /// Reads it once more. One that is empty was cut off: a file whose last key was revoked says so.
    pub fn read_again(path: &Path) -> Result<Self, String> {
        if std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            return Err("it is empty, which no command makes it: bring it back, or revoke keys by `merchant-ledger keys revoke`".to_owned());
        }
        Self::read(path)
    }

    /// Whether a caller that had a key before has it still, with the same rights.
    pub fn has(&self, caller: &Caller) -> bool {
        KeyId::parse(&caller.who).is_some_and(|id| self.known.get(&id).is_some_and(|known| known.caller == *caller))
    }

    /// Whose key this is, if it is one that has not ended. A key that nobody has costs as much as a wrong secret.
    pub fn caller(&self, key: &Key, now: Timestamp) -> Option<&Caller> {
        let hash = key.hash();
        let known = self.known.get(&key.id);
        let is_right = hash == known.map_or(blake3::Hash::from_bytes([0; 32]), |known| known.hash);
        known.filter(|known| is_right && known.caller.holds(now)).map(|known| &known.caller)
    }
}

/// What an entry says.
fn known_of(entry: &Entry) -> Result<(KeyId, Known), String> {
    let id = KeyId::parse(&entry.id).ok_or("id is not 8 letters and digits")?;
    let hash = blake3::Hash::from_hex(&entry.blake3).map_err(|_| "blake3 is not 64 hexadecimal digits")?;
    let roles = roles(&entry.roles)?;
    let cut = scope::cut(&entry.merchants, &entry.attributes)?;
    scope::check(roles, &cut)?;
    let ends = entry.expires.as_deref().map(|text| expiry(text).ok_or(format!("expires = {text:?} is no date such as 2027-01-01"))).transpose()?;
    let caller = Caller { who: id.as_str().into(), roles, cut, ends };
    Ok((id, Known { hash, caller }))
}

/// Whether an entry may stand in a file.
pub fn check(entry: &Entry) -> Result<(), String> {
    known_of(entry).map(|_| ())
}

/// Reads roles by their names.
fn roles(names: &[String]) -> Result<Roles, String> {
    let role = |name: &String| Role::find(name).ok_or_else(|| format!("no role {name:?}; there are {}", Role::ALL.map(Role::as_str).join(", ")));
    let roles: Roles = names.iter().map(role).collect::<Result<_, _>>()?;
    if roles.is_empty() { Err("it has no role".to_owned()) } else { Ok(roles) }
}

/// The entries of a file; none where there is no file.
pub fn read(path: &Path) -> Result<Vec<Entry>, String> {
    check_mode(path)?;
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let entries: Entries = toml::from_str(&text).map_err(|error| wrong_toml(&text, &error))?;
    if entries.key.len() > KEYS_MAX { Err(format!("there are more than {KEYS_MAX} keys")) } else { Ok(entries.key) }
}

/// Refuses a file that others than its owner may read: it has secrets, or hashes of them.
#[cfg(unix)]
pub fn check_mode(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_err(|error| error.to_string())?.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(format!("its mode is {mode:04o}, so others than its owner may read it, and has to be 0600 (chmod 600)")),
    }
}

/// Modes are Unix's.
#[cfg(not(unix))]
pub fn check_mode(_: &Path) -> Result<(), String> {
    Ok(())
}

/// Changes a file, which is made where it is not there. Two commands at once wait for each other.
pub fn change<T>(path: &Path, change: impl FnOnce(&mut Vec<Entry>) -> Result<T, String>) -> Result<T, String> {
    let path = &without_links(path)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let lock = File::open(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    lock.lock().map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut entries = if path.exists() { read(path)? } else { Vec::new() };
    let changed = change(&mut entries)?;
    let text = toml::to_string(&Entries { key: entries }).map_err(|error| error.to_string())?;
    let told = |error: std::io::Error| error.to_string();
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = private(&beside).map_err(told)?;
    let written = file.write_all(HEAD.as_bytes()).and_then(|()| file.write_all(text.as_bytes())).and_then(|()| file.sync_all());
    written.and_then(|()| std::fs::rename(&beside, path)).and_then(|()| lock.sync_all()).map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        told(error)
    })?;
    Ok(changed)
}

/// The file itself, where a symbolic link leads to it: in place of the link, another file would be changed than the one that a server reads.
fn without_links(path: &Path) -> Result<PathBuf, String> {
    match path.symlink_metadata() {
        Ok(_) => path.canonicalize().map_err(|error| format!("what it leads to cannot be found: {error}")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A new file that its owner alone may read.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Entry {
    /// The entry of a new key.
    pub fn new(key: &Key, roles: Vec<String>, merchants: Vec<String>, attributes: BTreeMap<String, String>) -> Self {
        Self { id: key.id.to_string(), blake3: key.hash().to_hex().to_string(), roles, merchants, attributes, expires: None, note: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(path: &Path, roles: &[&str], merchants: &[&str], expires: Option<&str>) -> Key {
        let key = Key::generate().expect("a key");
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let entry = Entry { expires: expires.map(str::to_owned), ..Entry::new(&key, owned(roles), owned(merchants), BTreeMap::new()) };
        change(path, |entries| {
            entries.push(entry);
            Ok(())
        })
        .expect("written");
        key
    }

    #[test]
    fn keys_are_known_by_their_secret_until_they_end() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("keys.toml");
        let merchant = added(&path, &["merchant"], &["M1", "M2"], None);
        let ending = added(&path, &["bank", "operator"], &[], Some("2027-01-01"));
        let keys = Keys::read(&path).expect("keys");
        let now: Timestamp = "2026-12-31T23:59:59Z".parse().expect("a time");
        let caller = keys.caller(&merchant, now).expect("a caller");
        assert_eq!((&*caller.who == merchant.id.as_str(), caller.roles.has(Role::Merchant), caller.roles.has(Role::Bank)), (true, true, false));
        assert_eq!(caller.cut.merchants.as_ref().map(|merchants| merchants.len()), Some(2));
        assert!(keys.caller(&ending, now).is_some_and(|caller| caller.roles.has(Role::Operator) && caller.cut.is_everything()));
        assert!(keys.caller(&ending, "2027-01-01T00:00:00Z".parse().expect("a time")).is_none());
        let stranger = Key::parse(&format!("ml_{}_{}", merchant.id, "A".repeat(43))).expect("a key");
        assert!(keys.caller(&stranger, now).is_none(), "the id of one key with the secret of none");
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(!text.contains(&merchant.reveal()[12..]), "the secret is not in the file");
    }

    #[test]
    fn an_emptied_file_is_none_and_one_without_keys_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("keys.toml");
        added(&path, &["bank"], &[], None);
        change(&path, |entries| {
            entries.clear();
            Ok(())
        })
        .expect("written");
        Keys::read_again(&path).expect("every key was revoked");
        File::create(&path).expect("emptied");
        assert!(Keys::read_again(&path).expect_err("it was cut off").contains("it is empty"));
        Keys::read(&path).expect("a new one, for `keys add` to fill");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("keys.toml");
        added(&path, &["bank"], &[], None);
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o644, 0o660] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
            let error = Keys::read(&path).expect_err("others may read it");
            assert!(error.contains("0600"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_change_through_a_link_changes_the_file_that_it_leads_to() {
        use std::os::unix::fs::symlink;
        let directory = tempfile::tempdir().expect("a directory");
        let (real, links) = (directory.path().join("real"), directory.path().join("links"));
        std::fs::create_dir(&real).expect("a directory");
        std::fs::create_dir(&links).expect("a directory");
        let (path, link, chain) = (real.join("keys.toml"), links.join("keys.toml"), links.join("chain.toml"));
        symlink("../real/keys.toml", &link).expect("a link");
        symlink("keys.toml", &chain).expect("a link");
        let error = change(&link, |_| Ok(())).expect_err("it leads to nothing");
        assert!(error.contains("leads to") && !path.exists(), "{error}");
        let first = added(&path, &["bank"], &[], None);
        let second = added(&chain, &["bank"], &[], None);
        let now = Timestamp::now();
        let keys = Keys::read(&path).expect("keys");
        assert!(keys.caller(&first, now).is_some() && keys.caller(&second, now).is_some());
        change(&link, |entries| {
            entries.retain(|entry| entry.id != first.id.as_str());
            Ok(())
        })
        .expect("written");
        assert!(Keys::read(&path).expect("keys").caller(&first, now).is_none(), "it is revoked where a server reads it");
        for link in [&link, &chain] {
            assert!(link.symlink_metadata().expect("a link").is_symlink());
        }
        assert_eq!(std::fs::read_dir(&links).expect("a directory").count(), 2, "nothing lies beside the links");
        assert_eq!(std::fs::read_dir(&real).expect("a directory").count(), 1);
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line_and_without_its_text() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("keys.toml");
        for (text, says) in
            [("# keys\n\n[[key]\nid = 1\n", "line "), ("[[key]]\nid = \"hush\nroles = []\n", "line "), ("\n[[key]]\nid = 1\n", "line 3, column 6: ")]
        {
            let mut file = private(&path).expect("a file");
            file.write_all(text.as_bytes()).expect("written");
            let error = Keys::read(&path).expect_err(says);
            assert!(error.starts_with(says) && !error.contains("hush"), "{error:?} does not say {says:?}");
            std::fs::remove_file(&path).expect("removed");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_key() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("keys.toml");
        let hash = "0".repeat(64);
        for (entry, says) in [
            (format!("id = \"abc\"\nblake3 = \"{hash}\"\nroles = [\"bank\"]"), "8 letters"),
            ("id = \"abcdefgh\"\nblake3 = \"00\"\nroles = [\"bank\"]".to_owned(), "64 hexadecimal"),
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = [\"boss\"]"), "no role \"boss\""),
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = []"), "no role"),
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = [\"merchant\"]"), "merchant"),
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = [\"bank\"]\nexpires = \"soon\""), "expires"),
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = [\"bank\"]\nwhere = {{ colour = \"red\" }}"), "colour"),
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = [\"bank\"]\nrole = \"bank\""), "role"),
            // Nothing that is named must not mean everything.
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = [\"bank\"]\nmerchants = []"), "line 5, column 13: merchants = [] names none"),
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = [\"bank\"]\nwhere = {{}}"), "line 5, column 9: where = {} names no attribute"),
            (format!("id = \"abcdefgh\"\nblake3 = \"{hash}\"\nroles = [\"bank\"]\n[key.where]"), "names no attribute"),
        ] {
            let mut file = private(&path).expect("a file");
            file.write_all(format!("[[key]]\n{entry}\n").as_bytes()).expect("written");
            let error = Keys::read(&path).expect_err(says);
            assert!(error.contains(says), "{error:?} does not say {says:?}");
            std::fs::remove_file(&path).expect("removed");
        }
    }
}
