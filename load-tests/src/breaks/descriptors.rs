//! Idle connections under a limit of 1 024 open files: shards go on, and it is over when the connections are.

use super::command::Verdict;
use super::feed::{self, Feed};
use super::{Error, limited};
use crate::service::{Process, Settings};
use std::collections::BTreeSet;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

const LIMIT: u32 = 1024;
const PARTITIONS: u32 = 64;
const CONNECTIONS: usize = 1000;
const MERCHANTS: u64 = 200;
const BATCHES: usize = 10;
const RECOVERY_WAIT_MAX: Duration = Duration::from_secs(60);

/// Opens connections that say nothing, and posts beside them.
pub(super) fn run(binary: &Path, directory: &Path, seed: u64) -> Result<Verdict, Error> {
    let settings = Settings::embedded(&limited(binary, directory, &format!("-n {LIMIT}"))?, directory, PARTITIONS);
    let service = Process::start(&settings)?;
    let client = service.answering()?;
    feed::open(&client)?;
    let address = client.base().trim_start_matches("http://").to_owned();
    let idle: Vec<TcpStream> = (0..CONNECTIONS).map_while(|_| TcpStream::connect(&address).ok()).collect();
    let (mut feed, mut acknowledged, mut refused) = (Feed::new(seed, MERCHANTS), BTreeSet::new(), 0);
    for _ in 0..BATCHES {
        match feed::post(&client, &feed.batch(), false) {
            Ok((200 | 202, taken)) => acknowledged.extend(taken),
            Ok(_) | Err(_) => refused += 1,
        }
    }
    let opened = idle.len();
    drop(idle);
    let recovered = client.until("/readyz", "recovery", RECOVERY_WAIT_MAX, |answer| answer.status == 200);
    let (lost, doubled) = feed::lost_and_doubled(&client, &acknowledged)?;
    service.stop()?;
    let line = format!(
        "descriptors: limit {LIMIT}, {PARTITIONS} partitions, {opened} idle connections: {} events acknowledged, {refused} batches refused meanwhile; \
         ready afterwards: {}; {lost} lost, {doubled} doubled",
        acknowledged.len(),
        recovered.is_ok()
    );
    Ok(Verdict { line, passed: recovered.is_ok() && (lost, doubled) == (0, 0) })
}
