//! `restore`: makes a data directory of a backup. Every file must be the one that was written, and each journal have the
//! head that was written down; else nothing is left.

use super::backup::verify_log;
use super::copy::{self, Head, Manifest};
use super::{Failure, Options};
use crate::webhooks::files;
use clap::Args;
use ledger::directory::{INCOMPLETE_FILE, LogKind, lies_in, sync_directory};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// From where to where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The backup
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The configuration: its data directory must be empty, or not there.
    #[command(flatten)]
    pub options: Options,
}

/// Copies it back and compares files, heads and the log.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.options.configuration()?;
    let (from, data) = (&arguments.from, &config.data);
    if lies_in(data, from) {
        return Err(Failure::Usage(format!("--data = {data:?} lies in the backup {from:?}; right would be a directory outside of it")));
    }
    if !copy::is_empty(data)? {
        return Err(Failure::Usage(format!("--data = {data:?} is not empty; right would be a directory that is not there yet")));
    }
    let manifest = Manifest::read(from)?;
    let was_there = data.exists();
    std::fs::create_dir_all(data).map_err(|error| copy::at(data, &error))?;
    let restored = fill(from, data, &manifest);
    if restored.is_err() {
        // The directory was empty: what is in it now was made here.
        for name in manifest.files.keys().filter_map(|path| path.split('/').next()).chain([INCOMPLETE_FILE]) {
            let path = data.join(name);
            drop(if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) });
        }
        if !was_there {
            drop(std::fs::remove_dir(data));
        }
    }
    restored?;
    let bytes: u64 = manifest.files.values().map(|file| file.bytes).sum();
    super::say(format_args!("{} shards, {bytes} bytes restored to {}", manifest.heads.len(), data.display()))?;
    match manifest.webhooks {
        None if manifest.ledger.log == LogKind::Embedded => {
            super::say("webhooks were no part of a backup when it was made: those that there were are to be added again")
        }
        None | Some(0) => Ok(()),
        Some(count) => super::say(format_args!("{count} webhooks go on from where they were: what they have told since the backup may be told again")),
    }
}

/// Until all of it is there and was compared, a file says that it is not: `serve` refuses such a directory.
fn fill(from: &Path, data: &Path, manifest: &Manifest) -> Result<(), Failure> {
    let mark = data.join(INCOMPLETE_FILE);
    std::fs::write(&mark, "a backup is being restored into this directory\n").map_err(|error| copy::at(&mark, &error))?;
    for (path, expected) in &manifest.files {
        let (source, target) = (from.join(path), data.join(path));
        if !lies_in(&target, data) {
            return Err(Failure::Failed(format!("the backup names the file {path:?}, which would not lie in it")));
        }
        let parent = target.parent().unwrap_or(data);
        // Webhooks have secrets, whoever may read the backup.
        let is_secret = Path::new(path).starts_with(files::DIRECTORY);
        let made = if is_secret { files::make(parent) } else { std::fs::create_dir_all(parent) };
        made.map_err(|error| copy::at(parent, &error))?;
        match std::fs::copy(&source, &target) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !source.exists() => {
                return Err(Failure::Failed(format!("{} was backed up and is gone: the backup is not whole, use another", source.display())));
            }
            copied => copied.map_err(|error| copy::at(&source, &error))?,
        };
        if is_secret {
            files::make_private(&target).map_err(|error| copy::at(&target, &error))?;
        }
        std::fs::File::open(&target).and_then(|file| file.sync_all()).map_err(|error| copy::at(&target, &error))?;
        if copy::file(&target)? != *expected {
            return Err(Failure::Failed(format!("{} is not what was backed up: the backup is damaged, use another", source.display())));
        }
    }
    let shared = copy::shared();
    let mut heads = Vec::new();
    for partition in 0..manifest.ledger.partitions {
        let reader = copy::open_journal(data, partition, &manifest.ledger, &shared);
        heads.push(Head::of(partition, &reader.map_err(|error| Failure::Failed(format!("partition {partition}: {error}")))?));
    }
    if heads != manifest.heads {
        return Err(Failure::Failed("the journals are not the ones that were backed up: their heads differ".to_owned()));
    }
    if let Some(records) = manifest.log_records {
        verify_log(data, &manifest.ledger, &shared, records)?;
    }
    let webhooks = copy::webhooks_in(data, &manifest.ledger)?.map(|(count, _)| count);
    if manifest.webhooks.is_some() && webhooks != manifest.webhooks {
        let count = |count: Option<usize>| count.unwrap_or_default();
        return Err(Failure::Failed(format!("{} webhooks were backed up, {} can be read", count(manifest.webhooks), count(webhooks))));
    }
    // Names of files are on the disk before the mark that they may lack is gone.
    let within = |path: &String| data.join(path).ancestors().skip(1).take_while(|above| *above != data).map(Path::to_owned).collect::<Vec<_>>();
    let directories: BTreeSet<PathBuf> = manifest.files.keys().flat_map(within).collect();
    directories.iter().rev().try_for_each(|directory| sync_directory(directory)).map_err(Failure::failed)?;
    manifest.ledger.write(data).map_err(Failure::failed)?;
    std::fs::remove_file(&mark).map_err(|error| copy::at(&mark, &error))?;
    sync_directory(data).map_err(Failure::failed)
}
