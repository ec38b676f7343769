//! `verify`: reads everything under a data directory, and knows what should be there. A server may be running meanwhile:
//! what is verified is what was there at the start.
//!
//! Which ledger it is; a directory for each shard and for no other; every record of an embedded log; of each shard every
//! link and entry of the journal, and that it is of this partition, of this ledger, and covered by the log; how much of
//! the log is not folded yet is told, and is no fault. With an embedded log, its records are folded again: journal and state must come out the same. Then every projection is folded
//! afresh and compared row by row, and the journal's lines are added up and the answers held against them.
//!
//! What is wrong of one shard does not hide what is wrong of another: each is told, and the command ends with 1.

use super::copy;
use super::{Failure, Options};
use crate::config::Config;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ledger::directory::Ledger;
use ledger::journal::{self, Reader, Settings, Shared};
use ledger::log::embedded::Inspected;
use ledger::shard;
use projections::answers::{self, Booked, Shard};
use projections::follower::{self, Entries};
use projections::views::{self, Views};
use std::path::{Path, PathBuf};

/// Memory of the verification, in MiB, for each of what is read at once.
const CACHE_MIB: usize = 64;
/// Entries that are in memory together while they are added up.
const ENTRIES_AT_ONCE: usize = 1000;

/// What to verify.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where everything is folded afresh, in a directory of its own that is removed at the end [default: the system's temporary files]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
    /// Verify the log and the journals only, and fold nothing
    #[arg(long)]
    pub journals_only: bool,
    /// The configuration.
    #[command(flatten)]
    pub options: Options,
}

/// What the shards are verified with.
struct Verification<'a> {
    data: &'a Path,
    ledger: &'a Ledger,
    log: Option<Inspected>,
    shared: Shared,
    /// Nothing where nothing is folded.
    scratch: Option<&'a Path>,
}

/// Verifies everything; fails where anything is wrong.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.options.configuration()?;
    crate::logs::start(&config);
    let ledger = copy::ledger_of(&config.data)?;
    let scratch = scratch(arguments)?;
    let mut wrong: Vec<String> = Vec::new();
    let unknown = copy::known(&config.data)?.into_iter().filter(|partition| *partition >= ledger.partitions);
    wrong.extend(unknown.map(|partition| format!("partition {partition}: the ledger has {} partitions, from 0, and no such shard", ledger.partitions)));
    let shared = Shared::new(Settings { cache_bytes: CACHE_MIB << 20, write_buffer_bytes: CACHE_MIB << 20, ..Settings::default() });
    let mut verification = Verification { data: &config.data, ledger: &ledger, log: None, shared, scratch: scratch.as_ref().map(tempfile::TempDir::path) };
    // Views before journals, these before the log: each has at least what was made of it.
    let here = here(&config, &ledger)?;
    let shards: Vec<_> = here.iter().map(|partition| verification.open(*partition)).collect();
    match verification.log() {
        Ok(None) => {}
        Ok(Some(records)) => super::say(format_args!("the embedded log has {records} records, each as it was written"))?,
        Err(failure) => wrong.push(failure.to_string()),
    }
    match copy::webhooks_in(&config.data, &ledger) {
        Ok(None) => {}
        Ok(Some((count, unreadable))) => {
            if count > 0 {
                super::say(format_args!("{count} webhooks can be read"))?;
            }
            // The service passes over it, too, and the books are right without it.
            for (name, why) in unreadable {
                super::say(format_args!("warning: hooks/{name}.json is no webhook that can be read: {why}"))?;
            }
        }
        Err(failure) => wrong.push(failure.to_string()),
    }
    for (partition, shard) in here.into_iter().zip(shards) {
        let verified = shard.and_then(|(views, reader)| verification.shard(partition, views.as_ref(), &reader));
        if let Err(failure) = verified {
            wrong.push(format!("partition {partition}: {failure}"));
        }
    }
    if wrong.is_empty() {
        return super::say("everything is as it should be");
    }
    Err(Failure::Failed(wrong.join("\n")))
}

/// The partitions that should lie here: all of them; of one of several nodes, those that do.
fn here(config: &Config, ledger: &Ledger) -> Result<Vec<u32>, Failure> {
    let all = 0..ledger.partitions;
    if config.cluster.is_none() {
        return Ok(all.collect());
    }
    let here: Vec<u32> = copy::known(&config.data)?.into_iter().filter(|partition| *partition < ledger.partitions).collect();
    for partition in all.filter(|partition| !here.contains(partition)) {
        super::say(format_args!("partition {partition}: is not on this node"))?;
    }
    Ok(here)
}

/// A directory of its own, which is removed when it is dropped, and nothing else with it.
fn scratch(arguments: &Arguments) -> Result<Option<tempfile::TempDir>, Failure> {
    if arguments.journals_only {
        return Ok(None);
    }
    let place = arguments.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let made = std::fs::create_dir_all(&place).and_then(|()| tempfile::Builder::new().prefix("merchant-ledger-verify-").tempdir_in(&place));
    made.map(Some).map_err(|error| copy::at(&place, &error))
}

impl Verification<'_> {
    fn open(&self, partition: u32) -> Result<(Option<Views>, Reader), Failure> {
        let directory = shard::directory(self.data, partition).join("views");
        // Views are disposable: where there are none there is nothing to compare.
        let views = if self.scratch.is_some() && directory.exists() {
            let open = || Views::open_read_only(&directory, &views::Shared::new(settings()));
            Some(copy::again(open, |error| matches!(error, views::Error::Corrupt(_) | views::Error::Disk(..))).map_err(Failure::failed)?)
        } else {
            None
        };
        Ok((views, copy::open_journal(self.data, partition, self.ledger, &self.shared).map_err(Failure::failed)?))
    }

    /// Reads the embedded log, where there is one; how many records it has.
    fn log(&mut self) -> Result<Option<u64>, Failure> {
        let Some(log) = copy::open_log(self.data, self.ledger).map_err(Failure::failed)? else { return Ok(None) };
        let bar = bar("the embedded log", 0);
        let records = log.verify(&mut |records| bar.set_position(records)).map_err(Failure::failed)?;
        bar.finish_and_clear();
        self.log = Some(log);
        Ok(Some(records))
    }

    fn shard(&self, partition: u32, views: Option<&Views>, reader: &Reader) -> Result<(), Failure> {
        let bar_of = |what: &str, length| bar(&format!("partition {partition} {what}"), length);
        let bar = bar_of("journal", reader.count());
        let report = journal::verify(&reader.snapshot(), &mut |read| bar.set_position(read)).map_err(Failure::failed)?;
        bar.finish_and_clear();
        super::say(format_args!(
            "partition {partition}: {} entries, {} postings, {} blocks, head {}",
            report.entries, report.postings, report.blocks, report.head
        ))?;
        if let Some(log) = &self.log {
            copy::covers(log, partition, reader).map_err(Failure::failed)?;
            let left = copy::not_folded(log, partition, reader).map_err(Failure::failed)?;
            if left > 0 {
                super::say(format_args!("partition {partition}: records of the log that are not folded yet, which `serve` does: {left}"))?;
            }
        }
        let Some(scratch) = self.scratch else { return Ok(()) };
        if let Some(log) = &self.log {
            let bar = bar_of("log", u64::try_from(reader.cursor()).unwrap_or(0));
            self.replay(log, partition, reader, &scratch.join(format!("journal-{partition}")), &bar)?;
            bar.finish_and_clear();
            super::say(format_args!("partition {partition}: journal and state are what the log's {} records say", reader.cursor()))?;
        }
        let Some(views) = views else { return super::say(format_args!("partition {partition}: there are no views; they are folded again at the next start")) };
        let bar = bar_of("projections", reader.count());
        let names = verify_views(views, reader, &scratch.join(format!("views-{partition}")), &bar).map_err(Failure::failed)?;
        bar.finish_and_clear();
        for name in names {
            super::say(format_args!("partition {partition}: projection {name} is what the entries say"))?;
        }
        let bar = bar_of("sums", reader.count());
        let (figures, entries) = verify_sums(partition, views, reader, &bar).map_err(Failure::failed)?;
        bar.finish_and_clear();
        super::say(format_args!("partition {partition}: {figures} sums are what {entries} entries booked"))
    }

    /// Folds the records of the log that the journal has folded, and compares what comes out.
    fn replay(&self, log: &Inspected, partition: u32, reader: &Reader, directory: &Path, bar: &ProgressBar) -> Result<(), Failure> {
        let mut progress = |offset: i64| bar.set_position(u64::try_from(offset).unwrap_or(0));
        let again = shard::replay(log, partition, reader.cursor(), directory, &self.shared, &mut progress);
        let again = again.map_err(|error| Failure::Failed(format!("partition {partition}: {error}")))?;
        let whole = reader.snapshot();
        if whole.ends_within_a_record().map_err(Failure::failed)? {
            // A service that runs, or was killed, within a record of very many entries: what is there of it is compared next time.
            let head = whole.head_at(again.count()).map_err(Failure::failed)?;
            return if head == Some(again.head()) { Ok(()) } else { Err(Failure::Failed(differs(partition, &again))) };
        }
        if (again.count(), again.head()) != (reader.count(), reader.head()) {
            return Err(Failure::Failed(differs(partition, &again)));
        }
        let differences = journal::same_state(reader, &again).map_err(Failure::failed)?;
        if !differences.is_empty() {
            return Err(Failure::Failed(format!(
                "the journal's state is not what the log says: {differences:?}; remove the shard's directory and fold it again"
            )));
        }
        Ok(())
    }
}

fn differs(partition: u32, again: &Reader) -> String {
    format!("partition {partition}: the journal is not what the log says: folded again it has {} entries and the head {}", again.count(), again.head())
}

fn settings() -> views::Settings {
    views::Settings { cache_bytes: CACHE_MIB << 20, write_buffer_bytes: CACHE_MIB << 20, row_cache_bytes: CACHE_MIB << 20, ..views::Settings::default() }
}

/// Compares every projection with the entries; answers their names.
fn verify_views(views: &Views, reader: &Reader, scratch: &Path, bar: &ProgressBar) -> Result<Vec<String>, views::Error> {
    let at = views.snapshot()?.checkpoint();
    if at.next_entry > 0 && reader.head_at(at.next_entry)? != at.head {
        return Err(views::Error::Foreign(format!("the journal's head at {} entries is not the one that they were folded from", at.next_entry)));
    }
    let compared = follower::verify(views, reader, scratch, &views::Shared::new(settings()), projections::folds::all, &mut |folded, of| {
        bar.set_length(of);
        bar.set_position(folded);
        true
    })?;
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
fn verify_sums(partition: u32, views: &Views, reader: &Reader, bar: &ProgressBar) -> Result<(u64, u64), answers::Error> {
    let shard = Shard::new(partition, views, reader)?;
    let end = shard.checkpoint().next_entry;
    let (mut booked, mut next) = (Booked::default(), 0);
    while next < end {
        let page = reader.read(next, ENTRIES_AT_ONCE)?;
        let Some(last) = page.last() else { break };
        next = last.number + 1;
        page.iter().filter(|entry| entry.number < end).for_each(|entry| booked.add(entry));
        bar.set_position(next.min(end));
    }
    let compared = answers::agreement(&shard, &booked)?;
    match compared.differ {
        0 => Ok((compared.figures, end)),
        differ => {
            Err(views::Error::Corrupt(format!("{differ} of {} sums are not what was booked: {}", compared.figures, compared.described.join("; "))).into())
        }
    }
}

fn bar(what: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len}, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}
