//! One bit in one file at a time: of a data directory that was closed, and of one whose server was killed.
//!
//! A flip is *found* where `verify` says so; else *refused* where the service does not serve it as ready; else *harmless*
//! where it tells the same as before; else it is silently wrong. It *hangs* where `verify` does not end, or the service neither
//! answers nor ends, within a time that is many times what they take. Of the last two there must be none.

use super::Error;
use super::command::Verdict;
use super::feed::{self, Feed};
use crate::crash::told::Told;
use crate::lives::dice::Dice;
use crate::load::traffic::Traffic;
use crate::service::{Process, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const PARTITIONS: u32 = 2;
const MERCHANTS: u64 = 20;
const BATCHES: usize = 12;
/// How long a service may take to be ready, before it counts as refusing.
const READY_WAIT_MAX: Duration = Duration::from_secs(20);
/// How long `verify` may take, before it counts as hanging.
const VERIFY_WAIT_MAX: Duration = Duration::from_secs(120);
/// How often it is looked whether it has ended.
const VERIFY_LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Found,
    Refused,
    Harmless,
    SilentlyWrong,
    Hangs,
}

/// Flips so many bits.
pub(super) fn run(binary: &Path, directory: &Path, seed: u64, flips: usize, say: &mut dyn FnMut(&str)) -> Result<Verdict, Error> {
    let (base, right) = ledger(binary, directory, seed)?;
    let mut files = Vec::new();
    for base in &base {
        files_below(base, base, &mut files)?;
    }
    let mut dice = Dice::new(seed);
    let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
    let (mut met, mut done) = (BTreeSet::new(), 0);
    // Every file in turn, until there were enough.
    for place in 0.. {
        if done >= flips && place >= files.len() {
            break;
        }
        let Some((base, file)) = files.get(place % files.len()) else { break };
        let scratch = directory.join("flipped");
        copy(base, &scratch.join("data"))?;
        let Some(bit) = flip(&scratch.join("data").join(file), &mut dice)? else {
            remove(&scratch)?;
            if place > files.len() * 2 + flips * 4 {
                break;
            }
            continue;
        };
        done += 1;
        met.insert((base.clone(), file.clone()));
        let outcome = judge(binary, &scratch, &right)?;
        *counts.entry(outcome).or_default() += 1;
        if matches!(outcome, Outcome::SilentlyWrong | Outcome::Hangs) {
            say(&format!("{outcome:?}: bit {bit} of {} of {}", file.display(), base.display()));
        }
        if done % 20 == 0 {
            say(&format!("{done} flips: {counts:?}"));
        }
        remove(&scratch)?;
    }
    let of = |outcome| counts.get(&outcome).copied().unwrap_or(0);
    let (wrong, hangs) = (of(Outcome::SilentlyWrong), of(Outcome::Hangs));
    let line = format!(
        "flips: {done} bits over {} files: {} found, {} refused, {} harmless, {wrong} silently wrong, {hangs} hang",
        met.len(),
        of(Outcome::Found),
        of(Outcome::Refused),
        of(Outcome::Harmless)
    );
    Ok(Verdict { line, passed: (wrong, hangs) == (0, 0) && done >= flips })
}

/// Two data directories with the same content, one closed and one of a service that was killed; and what they tell.
fn ledger(binary: &Path, directory: &Path, seed: u64) -> Result<([PathBuf; 2], Told), Error> {
    let place = directory.join("whole");
    std::fs::create_dir(&place).map_err(Error::at(&place))?;
    let settings = Settings::embedded(binary, &place, PARTITIONS);
    let service = Process::start(&settings)?;
    let client = service.answering()?;
    feed::open(&client)?;
    let mut feed = Feed::new(seed, MERCHANTS);
    for _ in 0..BATCHES {
        feed::post(&client, &feed.batch(), true)?;
    }
    let closing = br#"{"id":"close","type":"day_closed","date":"2026-11-20"}"#;
    client.post("/v1/events?wait=true&wait_ms=60000", "application/json", closing)?;
    // Something in the logs of writes, too, beside what a restart puts into files.
    service.stop()?;
    let service = Process::start(&settings)?;
    let client = service.answering()?;
    for _ in 0..BATCHES {
        feed::post(&client, &feed.batch(), true)?;
    }
    let right = tell(&client)?;
    service.kill()?;
    let killed = directory.join("killed");
    copy(&settings.data, &killed)?;
    let service = Process::start(&settings)?;
    tell(&service.answering()?)?;
    service.stop()?;
    Ok(([settings.data, killed], right))
}

fn tell(client: &crate::service::Client) -> Result<Told, Error> {
    client.until("/readyz", "readiness", READY_WAIT_MAX, |answer| answer.status == 200)?;
    let merchants: BTreeSet<String> = (0..MERCHANTS).map(Traffic::merchant).collect();
    Ok(Told::ask(client, &merchants)?)
}

fn judge(binary: &Path, scratch: &Path, right: &Told) -> Result<Outcome, Error> {
    let settings = Settings::embedded(binary, scratch, PARTITIONS);
    let mut verify = Command::new(binary);
    verify.arg("verify").arg("--data").arg(&settings.data).arg("--scratch").arg(scratch).stdout(Stdio::null()).stderr(Stdio::null());
    match ended(&mut verify.spawn().map_err(Error::at(binary))?, binary)? {
        None => return Ok(Outcome::Hangs),
        Some(status) if !status.success() => return Ok(Outcome::Found),
        Some(_) => {}
    }
    let service = Process::start(&settings)?;
    let told = match service.answering_or_ended() {
        Err(crate::service::Error::Silent { .. }) => return Ok(Outcome::Hangs),
        Err(error) => return Err(error.into()),
        Ok(None) => return Ok(Outcome::Refused),
        Ok(Some(client)) => tell(&client),
    };
    match told {
        Err(_) => Ok(Outcome::Refused),
        Ok(told) if told.same(right, 0).is_ok() => Ok(Outcome::Harmless),
        Ok(_) => Ok(Outcome::SilentlyWrong),
    }
}

/// How a process ended; nothing where it does not, and is killed.
fn ended(process: &mut Child, binary: &Path) -> Result<Option<ExitStatus>, Error> {
    let begun = Instant::now();
    loop {
        if let Some(status) = process.try_wait().map_err(Error::at(binary))? {
            return Ok(Some(status));
        }
        if begun.elapsed() > VERIFY_WAIT_MAX {
            process.kill().and_then(|()| process.wait()).map_err(Error::at(binary))?;
            return Ok(None);
        }
        std::thread::sleep(VERIFY_LOOK_EVERY);
    }
}

/// Flips one bit of a file; which, or nothing where it is empty.
fn flip(path: &Path, dice: &mut Dice) -> Result<Option<u64>, Error> {
    let mut bytes = std::fs::read(path).map_err(Error::at(path))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let bit = dice.below(bytes.len() as u64 * 8);
    if let Some(byte) = bytes.get_mut(usize::try_from(bit / 8).unwrap_or(0)) {
        *byte ^= 1 << (bit % 8);
    }
    std::fs::write(path, bytes).map_err(Error::at(path))?;
    Ok(Some(bit))
}

fn files_below(base: &Path, place: &Path, found: &mut Vec<(PathBuf, PathBuf)>) -> Result<(), Error> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(place).map_err(Error::at(place))?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(base, &path, found)?;
        } else if let Ok(relative) = path.strip_prefix(base) {
            found.push((base.to_owned(), relative.to_owned()));
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::at(to))?;
    for entry in std::fs::read_dir(from).map_err(Error::at(from))?.flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            std::fs::copy(&source, &target).map_err(Error::at(&source))?;
        }
    }
    Ok(())
}

fn remove(directory: &Path) -> Result<(), Error> {
    std::fs::remove_dir_all(directory).map_err(Error::at(directory))
}
