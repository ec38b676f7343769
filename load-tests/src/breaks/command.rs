//! `load-tests break`.

use super::{Error, descriptors, disks, flips, kills, starvation};
use std::io::Write;
use std::path::PathBuf;

/// What to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Trial {
    /// One bit in one file at a time.
    Flips,
    /// SIGKILL under load.
    Kills,
    /// A disk that fills up.
    Disks,
    /// Idle connections under a limit of open files.
    Descriptors,
    /// A crowd with expensive questions.
    Starvation,
}

/// How to break it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only these trials; repeatable.
    #[arg(long, value_enum)]
    only: Vec<Trial>,
    /// Bits that are flipped; each file is met at least once where there are fewer files.
    #[arg(long, default_value_t = 320)]
    flips: usize,
    /// Kills.
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// Clients that ask expensive questions.
    #[arg(long, default_value_t = 80)]
    clients: usize,
    /// Merchants whose cohorts they ask for.
    #[arg(long, default_value_t = 5_000)]
    merchants: u64,
    /// How long each half of the starvation takes, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// What a trial showed: a line, and whether all is well.
pub(super) struct Verdict {
    pub line: String,
    pub passed: bool,
}

/// Runs the trials and prints what each showed. Whether nothing broke.
///
/// # Errors
/// A trial could not be made.
pub fn execute(arguments: &Arguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let all = [Trial::Flips, Trial::Kills, Trial::Disks, Trial::Descriptors, Trial::Starvation];
    let mut passed = true;
    writeln!(out, "seed {}", arguments.seed)?;
    for trial in all.into_iter().filter(|trial| arguments.only.is_empty() || arguments.only.contains(trial)) {
        let directory = tempfile::Builder::new().prefix("merchant-ledger-break-").tempdir()?;
        let mut say = |line: &str| {
            // Where nobody reads it any more, the run goes on.
            let _ = writeln!(out, "  {line}").and_then(|()| out.flush());
        };
        let Arguments { bin, seed, flips, kills, clients, merchants, seconds, .. } = arguments;
        let verdicts: Vec<Verdict> = match trial {
            Trial::Flips => vec![flips::run(bin, directory.path(), *seed, *flips, &mut say)?],
            Trial::Kills => vec![kills::run(bin, directory.path(), *seed, *kills, &mut say)?],
            Trial::Disks => disks::run(bin, directory.path(), *seed, &mut say)?,
            Trial::Descriptors => vec![descriptors::run(bin, directory.path(), *seed)?],
            Trial::Starvation => vec![starvation::run(bin, directory.path(), *seed, *clients, *merchants, *seconds, &mut say)?],
        };
        for Verdict { line, passed: well } in verdicts {
            writeln!(out, "{}{line}", if well { "" } else { "BROKEN " })?;
            passed &= well;
        }
        out.flush()?;
    }
    Ok(passed)
}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}
