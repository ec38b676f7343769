//! `backup`: writes a copy of a data directory, also of a server that is running. It is complete, or there is none.
//!
//! Webhooks first, then journals, then the embedded log: so each journal has every entry that a webhook has told, the log has at
//! least what each journal has folded, and more of it is folded, and told, after a restore. What is read was checked on the way, and
//! what was written is read and verified before the manifest says that it is whole. The views are left out: they are folded again. How
//! far each stream was is copied: of a topic that retention has emptied, nothing else says so. Webhooks are copied where they are
//! files, with their secrets; of a ledger of Kafka they are in a topic.

use super::copy::{self, Head, MANIFEST, Manifest};
use super::{Failure, Options};
use crate::config::Config;
use crate::streams::Kept;
use crate::webhooks::files;
use clap::Args;
use ledger::directory::{LOG_DIRECTORY, Ledger, LogKind, lies_in};
use ledger::journal::{self, Reader, Shared};
use ledger::log::embedded::Inspected;
use ledger::shard;
use std::path::{Path, PathBuf};

/// From where to where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where the backup goes: a directory outside the data directory that is empty, or not there
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// The configuration.
    #[command(flatten)]
    pub options: Options,
}

/// Copies it, verifies the copy, and writes down how far each journal is and its head.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.options.configuration()?;
    let to = &arguments.to;
    if lies_in(to, &config.data) {
        return Err(Failure::Usage(format!("--to = {to:?} lies in the data directory {:?}; right would be a directory outside of it", config.data)));
    }
    if !copy::is_empty(to)? {
        return Err(Failure::Usage(format!("--to = {to:?} is not empty; right would be a directory that is not there yet")));
    }
    let ledger = copy::ledger_of(&config.data)?;
    let was_there = to.exists();
    std::fs::create_dir_all(to).map_err(|error| copy::at(to, &error))?;
    let mut made = Vec::new();
    let written = write(&config.data, to, ledger, &mut made);
    if written.is_err() {
        // Half a backup is none. What is removed is what was made here, in a directory that was empty.
        for path in made {
            let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(copy::at(&path, &error)) })?;
        }
        if !was_there {
            // Somebody may have put something else there.
            drop(std::fs::remove_dir(to));
        }
    }
    let manifest = written?;
    let bytes: u64 = manifest.files.values().map(|file| file.bytes).sum();
    super::say(format_args!("{} shards, {bytes} bytes copied to {} and verified", manifest.heads.len(), to.display()))?;
    say_webhooks(&config, to, &manifest)
}

/// Says which webhooks are in it, or where they are instead.
fn say_webhooks(config: &Config, to: &Path, manifest: &Manifest) -> Result<(), Failure> {
    let Some((count, unreadable)) = copy::webhooks_in(to, &manifest.ledger)? else {
        return super::say(format_args!("webhooks are not in it: they lie in the topic {}", config.webhooks.topic));
    };
    let place = to.join(files::DIRECTORY);
    if count > 0 {
        super::say(format_args!("{count} webhooks are in it, with their secrets: keep {} to yourself", place.display()))?;
    }
    for (name, why) in unreadable {
        super::say(format_args!("{}/{name}.json was copied as it is, and is no webhook that can be read: {why}", place.display()))?;
    }
    Ok(())
}

/// Writes everything into an empty directory; each path that is made there is told before it is made.
fn write(data: &Path, to: &Path, ledger: Ledger, made: &mut Vec<PathBuf>) -> Result<Manifest, Failure> {
    if ledger.log == LogKind::Embedded {
        made.push(to.join(files::DIRECTORY));
        files::copy(data, to).map_err(|error| copy::at(&data.join(files::DIRECTORY), &error))?;
    }
    let shared = copy::shared();
    let mut heads = Vec::new();
    for partition in 0..ledger.partitions {
        let directory = shard::directory(to, partition);
        made.push(directory.clone());
        let head = copy_journal(data, partition, &ledger, &shared, &directory.join("journal"));
        heads.push(head.map_err(|error| Failure::Failed(format!("partition {partition}: {error}")))?);
        copy_places(&shard::directory(data, partition), &directory)?;
    }
    let log_records = match copy::open_log(data, &ledger).map_err(Failure::failed)? {
        None => None,
        Some(log) => {
            made.push(to.join(LOG_DIRECTORY));
            let records = log.copy(&to.join(LOG_DIRECTORY)).map_err(Failure::failed)?;
            drop(log);
            verify_log(to, &ledger, &shared, records)?;
            Some(records)
        }
    };
    let webhooks = copy::webhooks_in(to, &ledger)?.map(|(count, _)| count);
    let manifest = Manifest::new(ledger, heads, log_records, webhooks, to)?;
    made.push(to.join(MANIFEST));
    manifest.write(to)?;
    Ok(manifest)
}

/// Copies a journal as it is now, and reads the copy from the first entry to the last.
fn copy_journal(data: &Path, partition: u32, ledger: &Ledger, shared: &Shared, to: &Path) -> Result<Head, journal::Error> {
    let reader = copy::open_journal(data, partition, ledger, shared)?;
    journal::copy(&reader, to, shared)?;
    let copied = Reader::open_read_only(to, shared)?;
    journal::verify(&copied.snapshot(), &mut |_| {})?;
    let (here, there) = (Head::of(partition, &reader), Head::of(partition, &copied));
    if here != there {
        return Err(journal::Error::Corrupt(format!("the copy is at {there:?}, what was copied at {here:?}")));
    }
    Ok(here)
}

/// Copies how far each stream of a partition was, as far as that is there.
fn copy_places(from: &Path, to: &Path) -> Result<(), Failure> {
    for (kept, name) in Kept::all(from).map_err(Failure::failed)? {
        if let Some(place) = kept.read() {
            Kept::of(to, &name).write(&place).map_err(Failure::failed)?;
        }
    }
    Ok(())
}

/// Reads the copied log, record by record, and compares it with the copied journals.
pub fn verify_log(backup: &Path, ledger: &Ledger, shared: &Shared, records: u64) -> Result<(), Failure> {
    let copied = Inspected::open(&backup.join(LOG_DIRECTORY)).map_err(Failure::failed)?;
    let found = copied.verify(&mut |_| {}).map_err(Failure::failed)?;
    if found != records {
        return Err(Failure::Failed(format!("the copy of the log has {found} records, {records} were copied")));
    }
    for partition in 0..ledger.partitions {
        let told = |error: &dyn std::fmt::Display| Failure::Failed(format!("partition {partition}: {error}"));
        let reader = copy::open_journal(backup, partition, ledger, shared).map_err(|error| told(&error))?;
        copy::covers(&copied, partition, &reader).map_err(|error| told(&error))?;
    }
    Ok(())
}
