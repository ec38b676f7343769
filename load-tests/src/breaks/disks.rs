//! A disk that fills up while events are posted, and has room again: it is told as `disk_full`, what was acknowledged is
//! there, and the service goes on by itself. Twice: a small file system in memory, where one may be mounted, which the service
//! sees filling up; and a limit of the size of a file, which it meets in the middle of a write.

use super::command::Verdict;
use super::feed::{self, Event, Feed};
use super::{Error, LIMITED_PROCESS, limited};
use crate::service::{Client, Process, Settings};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PARTITIONS: u32 = 2;
const MERCHANTS: u64 = 20;
const DISK_MEBIBYTES: usize = 96;
/// What is left of the disk before events are posted.
const LEFT_MEBIBYTES: usize = 20;
/// Blocks of 512 bytes of one file, under the limit.
const FILE_BLOCKS: u32 = 2048;
const FULL_WAIT_MAX: Duration = Duration::from_secs(120);
const TOLD_WAIT_MAX: Duration = Duration::from_secs(15);
const RECOVERY_WAIT_MAX: Duration = Duration::from_secs(60);

/// A file system of its own, unmounted when it is dropped.
struct Mount(PathBuf);

impl Mount {
    fn new(place: &Path) -> Option<Self> {
        std::fs::create_dir_all(place).ok()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={DISK_MEBIBYTES}m"), "tmpfs"]).arg(place).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(place.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // The directory is a temporary one: where this fails, its removal says so.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Fills disks.
pub(super) fn run(binary: &Path, directory: &Path, seed: u64, say: &mut dyn FnMut(&str)) -> Result<Vec<Verdict>, Error> {
    let mut verdicts = Vec::new();
    match Mount::new(&directory.join("disk")) {
        Some(mount) => verdicts.push(fill(binary, directory, &mount, seed, say)?),
        None => say("nothing may be mounted here: a limit of the size of a file alone stands in for a full disk"),
    }
    verdicts.push(limit(binary, directory, seed, say)?);
    Ok(verdicts)
}

fn fill(binary: &Path, directory: &Path, mount: &Mount, seed: u64, say: &mut dyn FnMut(&str)) -> Result<Verdict, Error> {
    let settings = Settings { data: mount.0.join("data"), ..Settings::embedded(binary, directory, PARTITIONS) };
    let service = Process::start(&settings)?;
    let client = service.answering()?;
    feed::open(&client)?;
    let (mut feed, mut acknowledged) = (Feed::new(seed, MERCHANTS), BTreeSet::new());
    acknowledged.extend(feed::post(&client, &feed.batch(), true)?.1);
    let ballast = mount.0.join("ballast");
    fill_up(&ballast)?;
    post_until_refused(&client, &mut feed, &mut acknowledged)?;
    let told = client.until("/readyz", "a full disk to be told", TOLD_WAIT_MAX, |answer| answer.status == 503)?;
    let code_is_right = told.body.to_string().contains("disk_full");
    say(&format!("full after {} events; /readyz: {}", acknowledged.len(), told.body));
    std::fs::remove_file(&ballast).map_err(Error::at(&ballast))?;
    let begun = Instant::now();
    let recovered = client.until("/readyz", "recovery", RECOVERY_WAIT_MAX, |answer| answer.status == 200);
    let recovered = recovered.map(|_| begun.elapsed());
    let again = recovered.is_ok() && feed::post(&client, &feed.batch(), true)?.0 == 200;
    let (lost, doubled) = if again { feed::lost_and_doubled(&client, &acknowledged)? } else { (0, 0) };
    let recovery = recovered.as_ref().map_or_else(|error| format!("no recovery ({error})"), |time| format!("ready again by itself after {} s", time.as_secs()));
    drop(service);
    let line = format!(
        "disks: {} events acknowledged until it was full, told as disk_full: {code_is_right}; {recovery}; {lost} lost, {doubled} doubled",
        acknowledged.len()
    );
    Ok(Verdict { line, passed: code_is_right && again && (lost, doubled) == (0, 0) })
}

fn limit(binary: &Path, directory: &Path, seed: u64, say: &mut dyn FnMut(&str)) -> Result<Verdict, Error> {
    let settings = Settings::embedded(&limited(binary, directory, &format!("-S -f {FILE_BLOCKS}"))?, directory, PARTITIONS);
    let service = Process::start(&settings)?;
    let client = service.answering()?;
    feed::open(&client)?;
    let (mut feed, mut acknowledged) = (Feed::new(seed, MERCHANTS), BTreeSet::new());
    post_until_refused(&client, &mut feed, &mut acknowledged)?;
    let told = client.until("/readyz", "a full disk to be told", TOLD_WAIT_MAX, |answer| answer.status == 503)?;
    let code_is_right = told.body.to_string().contains("disk_full");
    say(&format!("at the limit after {} events; /readyz: {}", acknowledged.len(), told.body));
    lift(directory)?;
    let begun = Instant::now();
    client.until("/readyz", "recovery", RECOVERY_WAIT_MAX, |answer| answer.status == 200)?;
    let recovered = begun.elapsed().as_secs();
    let again = feed::post(&client, &feed.batch(), true)?.0 == 200;
    let (lost, doubled) = feed::lost_and_doubled(&client, &acknowledged)?;
    service.stop()?;
    let line = format!(
        "disks: {} events acknowledged up to a limit that is met in the middle of a write, told as disk_full: {code_is_right}; \
         ready again by itself after {recovered} s; {lost} lost, {doubled} doubled",
        acknowledged.len()
    );
    Ok(Verdict { line, passed: code_is_right && again && (lost, doubled) == (0, 0) })
}

/// Lets the limited process write as much as it likes.
fn lift(directory: &Path) -> Result<(), Error> {
    let place = directory.join(LIMITED_PROCESS);
    let process = std::fs::read_to_string(&place).map_err(Error::at(&place))?;
    let status = Command::new("prlimit").args(["--pid", process.trim(), "--fsize=unlimited"]).status().map_err(Error::at(Path::new("prlimit")))?;
    if status.success() { Ok(()) } else { Err(Error::Answer("prlimit could not lift the limit of the size of a file".to_owned())) }
}

/// Writes a file until only a little is left of the disk.
fn fill_up(ballast: &Path) -> Result<(), Error> {
    use std::io::Write;
    let mut file = std::fs::File::create(ballast).map_err(Error::at(ballast))?;
    let mebibyte = vec![0x5a; 1 << 20];
    let mut written = 0u64;
    while file.write_all(&mebibyte).is_ok() {
        written += 1;
    }
    let kept = (written << 20).saturating_sub((LEFT_MEBIBYTES as u64) << 20);
    file.set_len(kept).map_err(Error::at(ballast))
}

/// Posts until a batch is not taken.
fn post_until_refused(client: &Client, feed: &mut Feed, acknowledged: &mut BTreeSet<Event>) -> Result<(), Error> {
    let begun = Instant::now();
    while begun.elapsed() < FULL_WAIT_MAX {
        let (status, taken) = feed::post(client, &feed.batch(), false)?;
        acknowledged.extend(taken);
        if status == 503 {
            return Ok(());
        }
    }
    Err(Error::Answer(format!("the disk was not full within {} s", FULL_WAIT_MAX.as_secs())))
}
