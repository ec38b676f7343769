//! `import`: reads report files, says what they have, and sends their lines to a running server.
//!
//! | file | what it knows |
//! |---|---|
//! | this one | the command's options, and the order of things |
//! | `asked` | what the server is asked before anything is sent |
//! | `whole` | a file that was read and found whole |
//! | `taken` | lines of it that the ledger has already |
//! | `send` | a file on its way: lines, and its end |
//! | `confirm` | what its lines say of payouts |
//! | `in_flight` `batch` | a few requests at once, and what the server says of each event |
//!
//! Nothing of a file is sent before all of it was read and found whole. Each file has its own bounds in the modules.

mod asked;
mod batch;
mod confirm;
mod in_flight;
mod send;
mod taken;
mod whole;

use super::Failure;
use super::remote::{Remote, Server};
use crate::import::found::Aliases;
use crate::import::mapping::Mapping;
use crate::import::{Format, Reading};
use clap::Args;
use schemas::decode::has_card_number;
use schemas::ids::MerchantId;
use schemas::report::ReportSource;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Who reports, until the file has said it.
const SOMEBODY: &str = "bank:somebody";

/// Which files, and how they are read.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The layout of the files
    #[arg(long, value_enum)]
    pub format: Format,
    /// Who reports: scheme:<id>, psp:<id> or bank:<account> [default: by the format; of camt the account of the file]
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// The merchant of every line that names none
    #[arg(long, value_name = "MERCHANT")]
    pub merchant: Option<String>,
    /// What the report is called, of one file [default: its name]
    #[arg(long, value_name = "NAME")]
    pub report: Option<String>,
    /// Of --format csv: a TOML file that says which column is what
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Of --format camt and csv: a debit that names a payout which is initiated, and is of its amount and currency, is its payout_paid, a
    /// return its payout_returned; of csv a credit of the kind payout is one
    #[arg(long)]
    pub confirm_payouts: bool,
    /// Of files that repeat the lines of earlier days, as one of the month does that grows daily: what was taken before is seen and not
    /// told twice; the ids of lines have their own date, not the report's. In a mapping: repeats_days = true
    #[arg(long, conflicts_with = "apart")]
    pub repeats_days: bool,
    /// The lines of the files are lines of their own, though others of the same source and date are equal to them, byte by byte: their ids
    /// have the report's name
    #[arg(long)]
    pub apart: bool,
    /// The running server.
    #[command(flatten)]
    pub remote: Remote,
    /// The files. A key needs the role ingest, which sends, and bank, which reads who is who: that of a bank's statement needs ingest alone
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Reads all files, and sends them where all of them are whole.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(path) = arguments.files.iter().find(|path| !path.exists()) {
        return Err(Failure::Usage(format!("{}: there is no such file; nothing was sent", path.display())));
    }
    check(arguments)?;
    let reading = Reading { format: arguments.format, source: source(arguments)?, mapping: mapping(arguments)? };
    if let Some(merchant) = &arguments.merchant
        && MerchantId::new(merchant).is_none()
    {
        return Err(Failure::Usage(format!("--merchant = {merchant:?} is wrong; right would be a merchant's id")));
    }
    let server = arguments.remote.server()?;
    let (aliases, is_answered) = match asked::roles(&server, &needed(arguments, &reading)).and_then(|()| aliases(&server, arguments, &reading)) {
        Ok(aliases) => (aliases, true),
        Err(failure) if arguments.dry_run => {
            super::say(format_args!("no merchant is known: {failure}"))?;
            (Aliases::of(arguments.merchant.clone()), false)
        }
        Err(failure) => return Err(failure),
    };
    let files = arguments.files.iter().map(|path| whole::whole(arguments, &reading, &aliases, path)).collect::<Result<Vec<_>, _>>()?;
    let files: Vec<_> = files.into_iter().flatten().collect();
    for file in &files {
        file.tell()?;
    }
    if arguments.dry_run {
        if is_answered {
            files.iter().try_for_each(|file| taken::taken(&server, &reading, &aliases, file).and_then(|taken| taken.sure()))?;
        }
        let mut look_at = Vec::new();
        if is_answered && arguments.confirm_payouts {
            let payouts = asked::payouts(&server)?;
            for file in &files {
                look_at.extend(confirm::confirmations(&reading, &aliases, &payouts, file)?.tell(file)?);
            }
        }
        super::say("nothing was sent")?;
        return looked_at(&look_at);
    }
    let payouts = if arguments.confirm_payouts { asked::payouts(&server)? } else { BTreeMap::new() };
    let mut look_at = Vec::new();
    for file in &files {
        // One after the other: what one file had, the next may have again.
        let taken = taken::taken(&server, &reading, &aliases, file)?;
        look_at.extend(send::send(&server, &reading, &aliases, &payouts, file, &taken)?);
    }
    looked_at(&look_at)
}

/// Fails with what somebody must look at, where there is something: it keeps no file from being sent.
fn looked_at(look_at: &[String]) -> Result<(), Failure> {
    if look_at.is_empty() { Ok(()) } else { Err(Failure::Failed(look_at.join("\n"))) }
}

/// Refuses what the files have no use for: whoever gave it means something by it.
fn check(arguments: &Arguments) -> Result<(), Failure> {
    let refused = |why: &str| Err(Failure::Usage(format!("{why}; nothing was sent")));
    let is_csv = arguments.format == Format::Csv;
    if arguments.mapping.is_some() && !is_csv {
        return refused("--mapping says which column of a CSV file is what, and every other format has its own; right would be --format csv");
    }
    if arguments.confirm_payouts && !is_csv && arguments.format != Format::Camt {
        return refused("--confirm-payouts is of what a bank says, and no report of another confirms a payout; right would be --format camt or csv");
    }
    if arguments.report.is_some() && arguments.files.len() > 1 {
        return refused("--report names one report, and each file is one of its own; right would be one file, or no --report: each has its file's name");
    }
    Ok(())
}

/// The roles that a key needs. A bank's statement, whose account is in the file, names no merchants and asks for none.
fn needed(arguments: &Arguments, reading: &Reading) -> Vec<&'static str> {
    let names_merchants = reading.source.is_some() || reading.default_source().is_some();
    let reads = (names_merchants || arguments.confirm_payouts).then_some("bank");
    let sends = (!arguments.dry_run).then_some("ingest");
    reads.into_iter().chain(sends).collect()
}

/// How reports of the source name merchants. A bank's statement names none.
fn aliases(server: &Server, arguments: &Arguments, reading: &Reading) -> Result<Aliases, Failure> {
    let mut aliases = Aliases::of(arguments.merchant.clone());
    let source = reading.source.as_deref().or_else(|| reading.default_source());
    if let Some((_, id)) = source.and_then(|source| source.split_once(':')) {
        asked::aliases(server, id, &mut aliases)?;
    }
    Ok(aliases)
}

fn source(arguments: &Arguments) -> Result<Option<String>, Failure> {
    let Some(text) = &arguments.source else { return Ok(None) };
    let told = || {
        Failure::Usage(format!(
            "--source = {text:?} is wrong; right would be scheme:<id>, psp:<id> or bank:<account>, and a letter before what would pass for a card number"
        ))
    };
    ReportSource::read(text).filter(|_| !has_card_number(text)).map(|source| Some(source.to_string())).ok_or_else(told)
}

fn mapping(arguments: &Arguments) -> Result<Option<Mapping>, Failure> {
    let Some(path) = &arguments.mapping else {
        let is_needed = arguments.format == Format::Csv;
        return if is_needed { Err(Failure::Usage("--format csv needs --mapping FILE, which says which column is what".to_owned())) } else { Ok(None) };
    };
    let told = |error: String| Failure::Usage(format!("--mapping = {path:?} is wrong: {error}"));
    let text = std::fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
    Mapping::read(&text).map(Some).map_err(told)
}
