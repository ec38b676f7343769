//! `load-tests open` and `load-tests close`.

use super::{close, things};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Of what there is much.
#[derive(Debug, clap::Args)]
pub struct OpenArguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// How many, one after the other.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    things: Vec<usize>,
    /// Only these; repeatable.
    #[arg(long, value_enum)]
    only: Vec<things::Thing>,
}

/// Of whom the day is closed.
#[derive(Debug, clap::Args)]
pub struct CloseArguments {
    /// The service's binary.
    #[arg(long)]
    bin: PathBuf,
    /// Merchants with money that becomes available.
    #[arg(long, default_value_t = 200_000)]
    merchants: usize,
    /// Sales of each; those after the first are sent as fast as they are taken.
    #[arg(long, default_value_t = 1)]
    sales: usize,
    /// Partitions of the log.
    #[arg(long, default_value_t = 12)]
    partitions: u32,
    /// The longest that anybody may wait, in milliseconds; none: it is only told.
    #[arg(long)]
    at_most_ms: Option<u64>,
    /// The most that may be resident at any time, in mebibytes; none: it is only told.
    #[arg(long)]
    at_most_mib: Option<u64>,
}

/// Prints what an event costs beside so many. Whether it was done.
///
/// # Errors
/// The service did not do what it must.
pub fn open(arguments: &OpenArguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let all = <things::Thing as clap::ValueEnum>::value_variants();
    for thing in all.iter().filter(|thing| arguments.only.is_empty() || arguments.only.contains(thing)) {
        for many in &arguments.things {
            let directory = tempfile::tempdir()?;
            let cost = things::run(&arguments.bin, directory.path(), *thing, *many)?;
            writeln!(out, "{thing:?} {many}: {} µs an event, balances {} bytes", cost.each.as_micros(), cost.balances_bytes)?;
            out.flush()?;
        }
    }
    Ok(true)
}

/// Prints how long a close took, others waited, and what memory it took. Whether neither was more than allowed.
///
/// # Errors
/// The service did not do what it must.
pub fn close(arguments: &CloseArguments, out: &mut dyn Write) -> Result<bool, Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let (merchants, partitions) = (arguments.merchants, arguments.partitions);
    let closing = close::run(&arguments.bin, directory.path(), (merchants, arguments.sales), partitions, &mut |said| eprintln!("{said}"))?;
    let millis = |time: Duration| format!("{} ms", time.as_millis());
    writeln!(
        out,
        "close of {merchants} merchants on {partitions} partitions: folded {}, seen {}; longest wait: post taken {}, post told what became of it {}, balances {}; {}, at most {} MiB",
        millis(closing.folded),
        millis(closing.seen),
        millis(closing.taken),
        millis(closing.posted),
        millis(closing.balances),
        closing.memory,
        closing.most_resident.map_or_else(|| "?".to_owned(), |most| most.to_string())
    )?;
    let longest = closing.taken.max(closing.posted).max(closing.balances);
    let is_small = arguments.at_most_mib.is_none_or(|at_most| closing.most_resident.is_some_and(|most| most <= at_most));
    Ok(is_small && arguments.at_most_ms.is_none_or(|at_most| longest <= Duration::from_millis(at_most)))
}
