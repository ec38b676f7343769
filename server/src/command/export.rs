//! `export`: writes the journal of a data directory, every posted entry with its lines: for other tools, and for judges.
//!
//! A server may be running meanwhile: what is exported is what was there at the start of each partition.

use super::{Failure, Options};
use crate::export::{self, Format};
use clap::{Args, ValueEnum};
use ledger::journal::{Reader, Settings, Shared};
use ledger::shard;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// What to write, and where to.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The format
    #[arg(long, value_enum, default_value_t = Form::Ndjson)]
    pub format: Form,
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// The configuration.
    #[command(flatten)]
    pub options: Options,
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// One JSON object an entry
    Ndjson,
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
    let partitions = shard::known_partitions(&config.data).map_err(|error| Failure::Failed(format!("{}: {error}", config.data.display())))?;
    if partitions.is_empty() {
        return Err(Failure::Failed(format!("{} has no shards", config.data.display())));
    }
    let shared = Shared::new(Settings::default());
    let open = |partition: u32| {
        let directory = shard::directory(&config.data, partition).join("journal");
        Reader::open_read_only(&directory, &shared).map_err(|error| Failure::Failed(format!("partition {partition}: {error}")))
    };
    let readers = partitions.iter().map(|partition| Ok((*partition, open(*partition)?))).collect::<Result<Vec<_>, Failure>>()?;
    let output: Box<dyn Write> = match &arguments.to {
        None => Box::new(std::io::stdout().lock()),
        Some(path) => Box::new(File::create(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?),
    };
    let mut output = BufWriter::new(output);
    let mut format: Box<dyn Format> = match arguments.format {
        Form::Ndjson => Box::new(export::Ndjson),
        Form::Hledger => Box::new(export::Hledger),
        Form::Beancount => Box::<export::Beancount>::default(),
    };
    // Some formats say first which accounts and currencies there are.
    for (partition, reader) in &readers {
        each(*partition, reader, |entry| {
            format.announce(&entry);
            Ok(())
        })?;
    }
    format.begin(&mut output).map_err(Failure::failed)?;
    for (partition, reader) in &readers {
        each(*partition, reader, |entry| format.entry(&entry, &mut output).map_err(Failure::failed))?;
    }
    output.flush().map_err(Failure::failed)
}

/// Visits the entries of a partition that have lines.
fn each(partition: u32, reader: &Reader, mut visit: impl FnMut(export::Entry<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    let snapshot = reader.snapshot();
    let mut next = 0;
    loop {
        let page = snapshot.entries(next, PAGE).map_err(|error| Failure::Failed(format!("partition {partition}: {error}")))?;
        let Some(last) = page.last() else { return Ok(()) };
        next = last.number + 1;
        for recorded in page.iter().filter(|recorded| !recorded.row.lines.is_empty()) {
            visit(export::Entry { partition, recorded })?;
        }
    }
}
