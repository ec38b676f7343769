//! What backup, restore and verify share: the manifest of a backup, and what a data directory holds.

use super::{Failure, data};
use crate::webhooks;
use ledger::directory::{self, LOG_DIRECTORY, Ledger, LogKind};
use ledger::journal::{self, Reader, Settings, Shared};
use ledger::log::embedded::Inspected;
use ledger::log::{self, Fingerprint, Log};
use ledger::shard;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file of a backup that says what is in it. It is written last: a backup without it is not whole.
pub const MANIFEST: &str = "backup.json";
/// The layout of a backup.
const FORMAT: u32 = 2;
/// How often something is opened that a running server may be changing at that moment.
const OPEN_TRIES: u32 = 10;
/// Between two tries.
const OPEN_PAUSE: Duration = Duration::from_millis(50);
/// How long a record that must be there is waited for.
const RECORD_WAIT: Duration = Duration::from_secs(10);
/// Memory for reading journals, in bytes.
const MEMORY_BYTES: usize = 64 << 20;

/// What is in a backup.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// Of which ledger it is.
    pub ledger: Ledger,
    /// Each journal, in order.
    pub heads: Vec<Head>,
    /// Records of the embedded log, where there is one.
    pub log_records: Option<u64>,
    /// Webhooks that can be read, where they are files of the data directory; nothing in a backup of before they were part of one.
    #[serde(default)]
    pub webhooks: Option<usize>,
    /// Every file, by its path within the backup.
    pub files: BTreeMap<String, File>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// How long it is.
    pub bytes: u64,
    /// BLAKE3 of it, as hexadecimal digits.
    pub blake3: String,
}

/// How far a journal is, and the hash of everything in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Which partition.
    pub partition: u32,
    /// How many entries.
    pub entries: u64,
    /// The next offset to fold.
    pub cursor: i64,
    /// The chain up to the last one.
    pub head: String,
}

impl Head {
    /// Of a journal.
    pub fn of(partition: u32, reader: &Reader) -> Self {
        let snapshot = reader.snapshot();
        Self { partition, entries: snapshot.count(), cursor: snapshot.cursor(), head: snapshot.head().to_string() }
    }
}

impl Manifest {
    /// Of a backup whose files are there.
    pub fn new(ledger: Ledger, heads: Vec<Head>, log_records: Option<u64>, webhooks: Option<usize>, directory: &Path) -> Result<Self, Failure> {
        let mut files = BTreeMap::new();
        for path in files_below(directory)? {
            files.insert(path.clone(), file(&directory.join(&path))?);
        }
        Ok(Self { format: FORMAT, ledger, heads, log_records, webhooks, files })
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, directory: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(Failure::failed)?;
        directory::write_whole(&directory.join(MANIFEST), (text + "\n").as_bytes()).map_err(Failure::failed)
    }

    /// Reads the one of a backup.
    pub fn read(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let told = format!("{}: {error}; a directory without it is no backup, or one that was cut off: use another", path.display());
            // Where there is no shard either, the path was mistyped.
            let is_mistyped = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
                && !shard::known_partitions(directory).is_ok_and(|shards| !shards.is_empty());
            if is_mistyped { Failure::Usage(told) } else { Failure::Failed(told) }
        })?;
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| Failure::Failed(format!("{} is no manifest of a backup that this program reads: {error}", path.display())))?;
        match manifest.format {
            FORMAT => Ok(manifest),
            other => Err(Failure::Failed(format!("the backup has format {other}, this program reads {FORMAT}: use the program that wrote it"))),
        }
    }
}

/// The length of a file and its hash.
pub fn file(path: &Path) -> Result<File, Failure> {
    let (bytes, hash) = directory::hash_file(path).map_err(Failure::failed)?;
    Ok(File { bytes, blake3: hash.to_hex().to_string() })
}

/// Memory for journals that are read or copied.
pub fn shared() -> Shared {
    Shared::new(Settings { cache_bytes: MEMORY_BYTES, write_buffer_bytes: MEMORY_BYTES, ..Settings::default() })
}

/// Opens the journal of a partition to read it as it is now, and checks that it is of this partition and this ledger.
pub fn open_journal(data: &Path, partition: u32, ledger: &Ledger, shared: &Shared) -> Result<Reader, journal::Error> {
    let directory = shard::directory(data, partition).join("journal");
    if !directory.is_dir() {
        return Err(journal::Error::Misplaced(format!("{} is missing", directory.display())));
    }
    let may_pass = |error: &journal::Error| matches!(error, journal::Error::Corrupt(_) | journal::Error::CutOff(_) | journal::Error::Disk(..));
    let reader = again(|| Reader::open_read_only(&directory, shared), may_pass)?;
    match reader.origin()? {
        Some(origin) if (origin.partition, origin.partitions) != (partition, ledger.partitions) => Err(journal::Error::Misplaced(format!(
            "{} is of partition {} of {}, and should be of {partition} of {}",
            directory.display(),
            origin.partition,
            origin.partitions,
            ledger.partitions
        ))),
        Some(origin) if origin.identity.starts_with("id:") && ledger.identity.starts_with("id:") && origin.identity != ledger.identity => {
            Err(journal::Error::Misplaced(format!("{} is of the log {}, the ledger is of {}", directory.display(), origin.identity, ledger.identity)))
        }
        // One that has seen its log says so; another has nothing in it.
        None if reader.count() > 0 => Err(journal::Error::Corrupt("it has entries and does not say of which log".to_owned())),
        Some(_) | None => Ok(reader),
    }
}

/// How many webhooks are kept as files of a directory, and what is among them and cannot be read; nothing where Kafka has them.
pub fn webhooks_in(directory: &Path, ledger: &Ledger) -> Result<Option<(usize, webhooks::Unreadable)>, Failure> {
    match ledger.log {
        LogKind::Kafka => Ok(None),
        LogKind::Embedded => webhooks::kept_in(directory).map(Some).map_err(Failure::failed),
    }
}

/// Opens the embedded log of a ledger that has one; it must be the one that the ledger is of.
pub fn open_log(data: &Path, ledger: &Ledger) -> Result<Option<Inspected>, log::Error> {
    if ledger.log == LogKind::Kafka {
        return Ok(None);
    }
    let opened =
        again(|| Inspected::open(&data.join(LOG_DIRECTORY)), |error: &log::Error| data.join(LOG_DIRECTORY).is_dir() && error.code != log::Code::OtherFormat)?;
    let identity = opened.identity()?;
    if identity != ledger.identity {
        let detail =
            format!("the embedded log is {identity}, the ledger is of {}: it was made again; restore the data directory from a backup", ledger.identity);
        return Err(log::Error::new(log::Code::TopicRecreated, detail));
    }
    Ok(Some(opened))
}

/// Whether a log has every record that a journal has folded: it ends at the cursor or later, and its record before that is
/// the one that was folded last.
pub fn covers(log: &dyn Log, partition: u32, reader: &Reader) -> Result<(), log::Error> {
    let snapshot = reader.snapshot();
    let high = log.watermarks(partition)?.high;
    if snapshot.cursor() > high {
        let detail = format!("the log ends at offset {high}, the journal has folded up to {}: records are missing", snapshot.cursor());
        return Err(log::Error::new(log::Code::LogTruncated, detail));
    }
    let Some(last) = snapshot.last_record() else { return Ok(()) };
    let record = log.reader(partition, last.offset)?.fetch(1, RECORD_WAIT)?.into_iter().next();
    match record {
        Some(record) if Fingerprint::of(&record) == last => Ok(()),
        Some(_) | None => {
            let detail = format!("offset {} of the log does not hold the record that was folded", last.offset);
            Err(log::Error::new(log::Code::LogTruncated, detail))
        }
    }
}

/// How many records of a log a journal has not folded yet.
pub fn not_folded(log: &dyn Log, partition: u32, reader: &Reader) -> Result<u64, log::Error> {
    Ok(u64::try_from(log.watermarks(partition)?.high.saturating_sub(reader.cursor())).unwrap_or(0))
}

/// Does something again that a running server may have been in the way of.
pub fn again<T, E>(open: impl Fn() -> Result<T, E>, may_pass: impl Fn(&E) -> bool) -> Result<T, E> {
    let mut tries = 1;
    loop {
        match open() {
            Err(error) if tries < OPEN_TRIES && may_pass(&error) => {
                tries += 1;
                std::thread::sleep(OPEN_PAUSE);
            }
            answer => return answer,
        }
    }
}

/// Which ledger a data directory is of.
pub fn ledger_of(data: &Path) -> Result<Ledger, Failure> {
    data::check(data)?;
    match Ledger::read(data).map_err(Failure::failed)? {
        Some(ledger) => Ok(ledger),
        None if known(data)?.is_empty() => Err(Failure::Usage(format!("{} has no shards: it is no data directory", data.display()))),
        None => Err(Failure::Failed(format!(
            "{} has no {}, which says how many shards there should be: it is gone, or the first start was cut off: `serve` \
             writes it. A backup that was cut off has none either, and is to be removed",
            data.display(),
            directory::LEDGER_FILE
        ))),
    }
}

/// The partitions that have a directory.
pub fn known(data: &Path) -> Result<Vec<u32>, Failure> {
    data::check(data)?;
    shard::known_partitions(data).map_err(|error| at(data, &error))
}

/// Whether a directory is empty or not there.
pub fn is_empty(directory: &Path) -> Result<bool, Failure> {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(Failure::Usage(format!("{} is no directory; right would be one that is empty, or a path where there is nothing yet", directory.display())))
        }
        Err(error) => Err(at(directory, &error)),
    }
}

/// Every file below a directory, by its path from there with `/`, in order.
pub fn files_below(directory: &Path) -> Result<Vec<String>, Failure> {
    let (mut found, mut left) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(below) = left.pop() {
        let place = directory.join(&below);
        for entry in std::fs::read_dir(&place).map_err(|error| at(&place, &error))? {
            let entry = entry.map_err(|error| at(&place, &error))?;
            let path = below.join(entry.file_name());
            if entry.file_type().map_err(|error| at(&place, &error))?.is_dir() {
                left.push(path);
            } else {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What the system says of a path.
pub fn at(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(directory::failed(path, error))
}
