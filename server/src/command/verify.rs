//! `verify`: reads the journals of a data directory again, from the first entry to the last: every link of the chain,
//! every entry; then folds every projection afresh and compares it row by row; then adds up the journal's lines and holds
//! the answers against them. A server may be running meanwhile: what is verified is what was there at the start.

use super::{Failure, Options};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ledger::journal::{self, Reader, Settings, Shared};
use ledger::shard;
use projections::answers::{self, Booked, Shard};
use projections::follower::{self, Entries};
use projections::views::{self, Views};
use std::path::{Path, PathBuf};

/// Memory of the verification, in MiB.
const CACHE_MIB: usize = 64;
/// Entries that are in memory together while they are added up.
const ENTRIES_AT_ONCE: usize = 1000;

/// What to verify.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where projections are folded afresh; removed at the end [default: beside the system's temporary files]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
    /// Verify the journals only
    #[arg(long)]
    pub journals_only: bool,
    /// The configuration.
    #[command(flatten)]
    pub options: Options,
}

/// Verifies every shard; fails at the first thing that is wrong.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.options.configuration()?;
    crate::logs::start(&config);
    let partitions = shard::known_partitions(&config.data).map_err(|error| Failure::Failed(format!("{}: {error}", config.data.display())))?;
    if partitions.is_empty() {
        return Err(Failure::Failed(format!("{} has no shards", config.data.display())));
    }
    let scratch = arguments.scratch.clone().unwrap_or_else(|| std::env::temp_dir().join(format!("merchant-ledger-verify-{}", std::process::id())));
    let shared = Shared::new(Settings { cache_bytes: CACHE_MIB << 20, write_buffer_bytes: CACHE_MIB << 20, ..Settings::default() });
    for partition in partitions {
        let directory = shard::directory(&config.data, partition);
        let told = |error: &dyn std::fmt::Display| Failure::Failed(format!("partition {partition}: {error}"));
        // The views first: the journal, opened later, has at least their entries.
        let views = open_views(&directory, arguments.journals_only).map_err(|error| told(&error))?;
        let reader = Reader::open_read_only(&directory.join("journal"), &shared).map_err(|error| told(&error))?;
        let bar = bar(partition, reader.count(), "journal");
        let report = journal::verify(&reader.snapshot(), &mut |read| bar.set_position(read)).map_err(|error| told(&error))?;
        bar.finish_and_clear();
        super::say(format_args!(
            "partition {partition}: {} entries, {} postings, {} blocks, head {}",
            report.entries, report.postings, report.blocks, report.head
        ))?;
        if let Some(views) = views {
            let compared = verify_views(partition, &views, &reader, &scratch);
            remove(&scratch);
            for name in compared.map_err(|error| told(&error))? {
                super::say(format_args!("partition {partition}: projection {name} is what the entries say"))?;
            }
            let (figures, entries) = verify_sums(partition, &views, &reader).map_err(|error| told(&error))?;
            super::say(format_args!("partition {partition}: {figures} sums are what {entries} entries booked"))?;
        }
    }
    super::say("everything is as it should be")
}

fn open_views(directory: &Path, journals_only: bool) -> Result<Option<Views>, views::Error> {
    let directory = directory.join("views");
    // Views are disposable: where there are none there is nothing to compare.
    if journals_only || !directory.exists() {
        return Ok(None);
    }
    Views::open_read_only(&directory, &views::Shared::new(settings())).map(Some)
}

fn settings() -> views::Settings {
    views::Settings { cache_bytes: CACHE_MIB << 20, write_buffer_bytes: CACHE_MIB << 20, row_cache_bytes: CACHE_MIB << 20 }
}

/// Compares every projection with the entries; answers their names.
fn verify_views(partition: u32, views: &Views, reader: &Reader, scratch: &Path) -> Result<Vec<String>, views::Error> {
    remove(scratch);
    let shared = views::Shared::new(settings());
    let bar = bar(partition, reader.count(), "projections");
    let compared = follower::verify(views, reader, scratch, &shared, projections::folds::all, &mut |folded, of| {
        bar.set_length(of);
        bar.set_position(folded);
        true
    })?;
    bar.finish_and_clear();
    let mut names = Vec::with_capacity(compared.len());
    for (name, differences) in compared {
        if !differences.is_empty() {
            return Err(views::Error::Corrupt(format!("projection {name} differs from the entries: {differences:?}")));
        }
        names.push(name.to_string());
    }
    Ok(names)
}

/// Adds up the journal's lines and compares them with what is told; answers how many figures were compared,
/// and of how many entries: those that the views have.
fn verify_sums(partition: u32, views: &Views, reader: &Reader) -> Result<(u64, u64), answers::Error> {
    let shard = Shard::new(partition, views, reader)?;
    let end = shard.checkpoint().next_entry;
    let bar = bar(partition, end, "sums");
    let (mut booked, mut next) = (Booked::default(), 0);
    while next < end {
        let page = reader.read(next, ENTRIES_AT_ONCE)?;
        let Some(last) = page.last() else { break };
        next = last.number + 1;
        page.iter().filter(|entry| entry.number < end).for_each(|entry| booked.add(entry));
        bar.set_position(next.min(end));
    }
    bar.finish_and_clear();
    let compared = answers::agreement(&shard, &booked)?;
    match compared.differ {
        0 => Ok((compared.figures, end)),
        differ => {
            Err(views::Error::Corrupt(format!("{differ} of {} sums are not what was booked: {}", compared.figures, compared.described.join("; "))).into())
        }
    }
}

fn remove(scratch: &Path) {
    if scratch.exists()
        && let Err(error) = std::fs::remove_dir_all(scratch)
    {
        tracing::warn!(%error, directory = %scratch.display(), "the scratch directory was not removed");
    }
}

fn bar(partition: u32, length: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} entries, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(format!("partition {partition} {what}"));
    bar
}
