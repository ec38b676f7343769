//! `export`: writes the journal of a data directory, every entry that has lines: for other tools, and for judges.
//!
//! A server may be running meanwhile: what is exported is what was there at the start of each partition. A journal that can be read in
//! part alone is not exported. Entries are read in
//! pages of [`PAGE`] and written at once, partition by partition.

use super::{Failure, Options};
use crate::export::{self, Format, Transaction};
use clap::{Args, ValueEnum};
use ledger::entry::Note;
use ledger::journal::{Reader, Settings, Shared, Snapshot};
use ledger::shard;
use schemas::time::Date;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What to write, and where to.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The format
    #[arg(long, value_enum, default_value_t = Form::Jsonl)]
    pub format: Form,
    /// The file to write, which must be empty or not there [default: standard output]
    #[arg(long, alias = "to", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write over what is in the file
    #[arg(long, requires = "out")]
    pub overwrite: bool,
    /// The configuration.
    #[command(flatten)]
    pub options: Options,
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// One JSON object an entry
    #[value(alias = "ndjson")]
    Jsonl,
    /// A journal of hledger
    Hledger,
    /// A ledger of beancount
    Beancount,
}

/// Entries that are read at a time.
const PAGE: usize = 4096;

/// Writes every partition, one after the other.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.options.configuration()?;
    crate::logs::start(&config);
    if let Some(path) = &arguments.out {
        check(path, arguments.overwrite, &config.data)?;
    }
    let partitions = super::copy::known(&config.data)?;
    if partitions.is_empty() {
        return Err(Failure::Usage(format!("{} has no shards: it is no data directory", config.data.display())));
    }
    let shared = Shared::new(Settings::default());
    let open = |partition: u32| {
        let directory = shard::directory(&config.data, partition).join("journal");
        let reader = Reader::open_read_only(&directory, &shared).map_err(|error| Failure::Failed(format!("partition {partition}: {error}")))?;
        Ok(Journal { partition, snapshot: reader.snapshot() })
    };
    let journals = partitions.iter().map(|partition| open(*partition)).collect::<Result<Vec<_>, Failure>>()?;
    let opened = opening(&journals)?;
    let output: Box<dyn Write> = match &arguments.out {
        None => Box::new(io::stdout().lock()),
        Some(path) => Box::new(File::create(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?),
    };
    let mut output = BufWriter::new(output);
    let mut format: Box<dyn Format> = match arguments.format {
        Form::Jsonl => Box::new(export::Jsonl),
        Form::Hledger => Box::<export::Hledger>::default(),
        Form::Beancount => Box::<export::Beancount>::default(),
    };
    // Nothing is booked before the ledger is opened.
    if let Some(opened) = opened {
        format.begin(opened, &mut output).map_err(Failure::writing)?;
        for journal in &journals {
            format.next_partition();
            journal.write(format.as_mut(), &mut output)?;
        }
    }
    output.flush().map_err(Failure::writing)
}

/// Nobody's file is written over, unless that was asked for, and none of the ledger's in any case.
fn check(path: &Path, overwrite: bool, data: &Path) -> Result<(), Failure> {
    if ledger::directory::lies_in(path, data) {
        return Err(Failure::Usage(format!("--out = {path:?} lies in the data directory; right would be a file outside of it")));
    }
    // What is no regular file (a pipe, a terminal) has nothing in it to lose.
    let has_content = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0);
    if has_content && !overwrite {
        return Err(Failure::Usage(format!("--out = {path:?} is not empty; right would be a new file, or --overwrite")));
    }
    Ok(())
}

/// The journal of a partition, as it is now.
struct Journal {
    partition: u32,
    snapshot: Snapshot,
}

impl Journal {
    fn page(&self, from: u64) -> Result<Vec<ledger::entry::Recorded>, Failure> {
        self.snapshot.entries(from, PAGE).map_err(|error| Failure::Failed(format!("partition {}: {error}", self.partition)))
    }

    /// The date that the partition was opened on; `None` where it never was.
    fn opened(&self) -> Result<Option<Date>, Failure> {
        let mut next = 0;
        loop {
            let page = self.page(next)?;
            let Some(last) = page.last() else { return Ok(None) };
            next = last.number + 1;
            let opening = page.iter().find_map(|recorded| match &recorded.row.note {
                Note::Opened { date, .. } => Some(*date),
                _ => None,
            });
            if opening.is_some() {
                return Ok(opening);
            }
        }
    }

    fn write(&self, format: &mut dyn Format, output: &mut dyn Write) -> Result<(), Failure> {
        let mut next = 0;
        loop {
            let page = self.page(next)?;
            let Some(last) = page.last() else { return Ok(()) };
            next = last.number + 1;
            for recorded in page.iter().filter(|recorded| !recorded.row.lines.is_empty()) {
                format.transaction(&Transaction::of(self.partition, recorded, |_| true), output).map_err(Failure::writing)?;
            }
        }
    }
}

/// The first date that a partition was opened on: no entry with lines is booked before it.
fn opening(journals: &[Journal]) -> Result<Option<Date>, Failure> {
    let mut first: Option<Date> = None;
    for journal in journals {
        if let Some(date) = journal.opened()? {
            first = Some(first.map_or(date, |first| first.min(date)));
        }
    }
    Ok(first)
}
