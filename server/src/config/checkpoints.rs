//! Of the `[cluster]` section: where checkpoints are kept, how often they are written, and how many stay.

use super::{Error, Layers, Setting};
use ledger::directory::lies_in;
use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest between two checkpoints of a partition, in seconds.
const SECONDS_MAX: u64 = 86_400;
/// The most checkpoints of a partition that are kept.
const KEPT_MAX: u64 = 100;

/// Where, how often, how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoints {
    /// Where they are kept; nowhere, where nothing is said.
    pub place: Option<CheckpointPlace>,
    /// Between two of them.
    pub every: Duration,
    /// How many of a partition stay.
    pub kept: usize,
}

/// A directory, or a part of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointPlace {
    /// A directory that every node sees.
    Directory(PathBuf),
    /// S3.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// What the names of its objects begin with; nothing, for all of it.
        prefix: String,
    },
}

impl Display for CheckpointPlace {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(directory) => write!(f, "{}", directory.display()),
            Self::Bucket { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

impl CheckpointPlace {
    /// Whether it can be written to, as far as that is seen without asking: a directory is there, or the one that it is made in. Where a share
    /// is not mounted, neither is, and this machine's disk is not filled in its place.
    ///
    /// # Errors
    /// It is not: the key, the value, and what would be right.
    pub fn check(&self) -> Result<(), String> {
        let Self::Directory(directory) = self else { return Ok(()) };
        let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let wrong = |why: &str| {
            format!(
                "cluster.checkpoints = {directory:?}: {why}; right would be a directory that is there on every node, such as one of a share that is mounted"
            )
        };
        match std::fs::metadata(directory) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(wrong("it is no directory")),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(wrong(&error.to_string())),
            Err(_) if parent.is_dir() => Ok(()),
            Err(_) => Err(wrong(&format!("neither it nor {parent:?} is there"))),
        }
    }
}

impl Checkpoints {
    /// Reads the keys.
    pub(super) fn read(layers: &Layers) -> Result<Self, Error> {
        let has_brokers = layers.find("brokers")?.is_some();
        let place = match layers.find("cluster.checkpoints")? {
            Some(setting) if !has_brokers => {
                return Err(Error::Wrong {
                    place: setting.place(),
                    value: setting.text,
                    expected: "nothing without `brokers`: what a checkpoint lacks is folded from the log, and an embedded log is lost with its directory; `merchant-ledger backup` copies both"
                        .to_owned(),
                });
            }
            Some(setting) => Some(place(&setting)?),
            None => None,
        };
        if let (Some(CheckpointPlace::Directory(directory)), Some(setting)) = (&place, layers.find("cluster.checkpoints")?)
            && lies_in(directory, Path::new(&layers.required("data")?.text))
        {
            let expected = "a directory outside of the data directory, which would be lost with it".to_owned();
            return Err(Error::Wrong { place: setting.place(), value: setting.text, expected });
        }
        let every = Duration::from_secs(layers.required("cluster.checkpoint_seconds")?.whole(1, SECONDS_MAX)?);
        let kept = usize::try_from(layers.required("cluster.checkpoints_kept")?.whole(1, KEPT_MAX)?).unwrap_or(1);
        if let (None, Some(setting)) = (&place, layers.asked(&["cluster.checkpoint_seconds", "cluster.checkpoints_kept"])?) {
            return Err(Error::Missing { place: setting.place(), needs: "cluster.checkpoints: where they are kept".to_owned() });
        }
        Ok(Self { place, every, kept })
    }
}

fn place(setting: &Setting) -> Result<CheckpointPlace, Error> {
    let text = setting.non_empty()?;
    if has_scheme(text) {
        setting.without_user("credentials and region are said in the environment, as AWS_…")?;
    }
    let Some(rest) = text.strip_prefix("s3://") else {
        return if has_scheme(text) { Err(setting.wrong()) } else { Ok(CheckpointPlace::Directory(PathBuf::from(text))) };
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_matches('/');
    // S3's own rule for names of buckets.
    let is_bucket =
        (3..=63).contains(&bucket.len()) && bucket.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let is_prefix = prefix.is_empty() || prefix.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if is_bucket && is_prefix { Ok(CheckpointPlace::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() }) } else { Err(setting.wrong()) }
}

/// Whether it begins as an address does, such as `s3:/` where `s3://` was meant: no directory is to be made of that. One that is called so
/// has `./` before it.
fn has_scheme(text: &str) -> bool {
    let is_of_scheme = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '.' | '-');
    text.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.chars().all(is_of_scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Result<Checkpoints, Error> {
        let mut layers = Layers::new();
        layers.file("ledger.toml", file)?;
        Checkpoints::read(&layers)
    }

    #[test]
    fn a_directory_and_a_bucket_are_told_apart() {
        let of = |text: &str| read(&format!("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"{text}\"")).expect(text).place.expect("a place");
        assert_eq!(of("/mnt/checkpoints"), CheckpointPlace::Directory(PathBuf::from("/mnt/checkpoints")));
        assert_eq!(of("s3://bank-ledger/prod/"), CheckpointPlace::Bucket { bucket: "bank-ledger".to_owned(), prefix: "prod".to_owned() });
        assert_eq!(of("s3://bank-ledger").to_string(), "s3://bank-ledger");
        let defaults = read("").expect("defaults");
        assert_eq!((defaults.place, defaults.every.as_secs(), defaults.kept), (None, 300, 3));
    }

    #[test]
    fn a_directory_is_made_in_one_that_is_there_and_nowhere_else() {
        let place = tempfile::tempdir().expect("a directory");
        let check = |path: PathBuf| CheckpointPlace::Directory(path).check();
        assert_eq!((check(place.path().to_owned()), check(place.path().join("new")), check(PathBuf::from("new"))), (Ok(()), Ok(()), Ok(())));
        let error = check(place.path().join("share/new")).expect_err("it is not mounted");
        assert!(error.starts_with("cluster.checkpoints = ") && error.contains("share/new") && error.contains("mounted"), "{error}");
        std::fs::write(place.path().join("file"), "").expect("written");
        assert!(check(place.path().join("file")).is_err_and(|error| error.contains("no directory")));
        assert_eq!(CheckpointPlace::Bucket { bucket: "bank".to_owned(), prefix: String::new() }.check(), Ok(()));
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        for (file, said) in [
            ("[cluster]\ncheckpoints = \"/mnt\"", vec!["cluster.checkpoints", "brokers", "backup"]),
            ("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"gs://bucket\"", vec!["cluster.checkpoints", "gs://bucket", "s3://"]),
            ("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"s3:/ckpt\"", vec!["cluster.checkpoints", "s3:/ckpt", "s3://BUCKET"]),
            ("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"s3:ckpt\"", vec!["s3:ckpt", "s3://BUCKET"]),
            ("brokers = \"h:1\"\n[cluster]\ncheckpoints_kept = 5", vec!["cluster.checkpoints_kept", "needs cluster.checkpoints"]),
            ("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"s3://B\"", vec!["cluster.checkpoints", "s3://B"]),
            ("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"s3://bucket/../x\"", vec!["cluster.checkpoints"]),
            ("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"\"", vec!["cluster.checkpoints"]),
            ("brokers = \"h:1\"\ndata = \"/mnt/data\"\n[cluster]\ncheckpoints = \"/mnt/data\"", vec!["cluster.checkpoints", "outside of the data directory"]),
            ("brokers = \"h:1\"\ndata = \"/mnt/data\"\n[cluster]\ncheckpoints = \"/mnt/data/a/../b\"", vec!["outside of the data directory"]),
            ("[cluster]\ncheckpoints_kept = 0", vec!["cluster.checkpoints_kept", "1 to 100"]),
            ("[cluster]\ncheckpoint_seconds = 0", vec!["cluster.checkpoint_seconds", "1 to 86400"]),
        ] {
            let error = read(file).expect_err(file).to_string();
            for part in said {
                assert!(error.contains(part), "{error:?} does not say {part:?}");
            }
        }
        for text in ["s3://id:hush@bank-ledger", "https://id:hush@minio.bank.example/ledger"] {
            let error = read(&format!("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"{text}\"")).expect_err(text).to_string();
            assert!(error.contains("cluster.checkpoints") && error.contains("AWS_") && !error.contains("hush"), "{error}");
        }
    }
}
