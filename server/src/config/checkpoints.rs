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
        Ok(Self { place, every, kept })
    }
}

fn place(setting: &Setting) -> Result<CheckpointPlace, Error> {
    let text = setting.non_empty()?;
    let Some(rest) = text.strip_prefix("s3://") else {
        return if text.contains("://") { Err(setting.wrong()) } else { Ok(CheckpointPlace::Directory(PathBuf::from(text))) };
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_matches('/');
    // S3's own rule for names of buckets.
    let is_bucket =
        (3..=63).contains(&bucket.len()) && bucket.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let is_prefix = prefix.is_empty() || prefix.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if is_bucket && is_prefix { Ok(CheckpointPlace::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() }) } else { Err(setting.wrong()) }
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
    fn what_cannot_be_is_refused_with_the_reason() {
        for (file, said) in [
            ("[cluster]\ncheckpoints = \"/mnt\"", vec!["cluster.checkpoints", "brokers", "backup"]),
            ("brokers = \"h:1\"\n[cluster]\ncheckpoints = \"gs://bucket\"", vec!["cluster.checkpoints", "gs://bucket", "s3://"]),
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
    }
}
