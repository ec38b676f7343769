//! Goes through seeds: each has a service of its own, is fed, and asked at several moments.

use super::asker::Asker;
use super::tally::Tally;
use super::{bank, consumption, feed, lists, merchants, payouts, reconciliation};
use crate::figures::Chronicle;
use crate::lives::dice::Dice;
use crate::service::{Error, Process, Settings};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// When a life is asked about, in hundredths of its records.
const MOMENTS: &[usize] = &[35, 70, 100];
/// The fewest customers of a row, one for each seed in turn: the service's own default, and one that shows more.
const FEWEST_CUSTOMERS: &[usize] = &[10, 3];

/// How a judgement is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The service's binary.
    pub binary: PathBuf,
    /// The seeds.
    pub seeds: RangeInclusive<u64>,
    /// Records of each life.
    pub events: usize,
    /// Lives at a time.
    pub jobs: usize,
    /// Whether only the last moment is asked about.
    pub only_end: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Lives that were run.
    pub lives: u64,
    /// The first difference of each kind of question of each life.
    pub failures: Vec<String>,
    /// What was asked.
    pub tally: Tally,
}

/// Runs all of them.
///
/// # Errors
/// A service does not start or does not answer.
pub fn run(options: &Options) -> Result<Judgement, Error> {
    let (next, all) = (AtomicU64::new(*options.seeds.start()), Mutex::new(Judgement::default()));
    let work = || -> Result<(), Error> {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > *options.seeds.end() {
                return Ok(());
            }
            let (tally, failures) = judge(options, seed)?;
            let Ok(mut all) = all.lock() else { return Ok(()) };
            all.lives += 1;
            all.tally.merge(&tally);
            failures.iter().for_each(|failure| eprintln!("{failure}"));
            all.failures.extend(failures);
        }
    };
    crate::workers::together(options.jobs, work)?;
    Ok(all.into_inner().unwrap_or_default())
}

/// One life.
fn judge(options: &Options, seed: u64) -> Result<(Tally, Vec<String>), Error> {
    let machine = |source| Error::Machine { about: "a temporary directory".to_owned(), source };
    let directory = tempfile::tempdir().map_err(machine)?;
    let k = FEWEST_CUSTOMERS.iter().copied().cycle().nth(usize::try_from(seed % 2).unwrap_or(0)).unwrap_or(10);
    let process = Process::start(&Settings { options: configured(directory.path(), k)?, ..Settings::embedded(&options.binary, directory.path(), 1) })?;
    let client = process.answering()?;
    client.until("/readyz", "a ready service", crate::service::START_WAIT_MAX, |answer| answer.status == 200)?;
    let (records, mut dice) = (feed::records(seed, options.events), Dice::new(seed));
    let (mut chronicle, mut tally, mut differences) = (Chronicle::default(), Tally::default(), Vec::new());
    let mut sent = 0;
    for moment in MOMENTS {
        let until = records.len() * moment / 100;
        let part = records.get(sent..until).unwrap_or_default();
        sent = until;
        let differs = feed::send(&client, &mut chronicle, part)?;
        tally.count("outcomes", differs.is_none().then_some(part.len() as u64));
        if let Some(difference) = differs {
            differences.push(("outcomes".to_owned(), difference));
            break;
        }
        if chronicle.model.open.is_none() || (options.only_end && *moment < 100) {
            continue;
        }
        let mut asker = Asker { client: &client, chronicle: &chronicle, dice: &mut dice, tally: &mut tally, differences: &mut differences };
        merchants::ask(&mut asker)?;
        payouts::ask(&mut asker)?;
        lists::ask(&mut asker)?;
        bank::ask(&mut asker)?;
        reconciliation::ask(&mut asker)?;
        consumption::ask(&mut asker, k)?;
    }
    process.kill()?;
    Ok((tally, differences.into_iter().map(|(kind, difference)| format!("seed {seed}, {kind}: {difference}")).collect()))
}

/// A configuration file with what no option says.
fn configured(directory: &Path, k: usize) -> Result<Vec<String>, Error> {
    let path = directory.join("ledger.toml");
    let text = format!(
        "fewest_customers = {k}\nlog = \"warn,server=info\"\n[reconciliation.sources.\"bank:acct-1\"]\naccount = {{ book = \"bank\", currency = \"CNY\" }}\n"
    );
    std::fs::write(&path, text).map_err(|source| Error::Machine { about: path.display().to_string(), source })?;
    Ok(vec!["--config".to_owned(), path.display().to_string()])
}
