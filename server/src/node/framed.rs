//! From which offset of each partition on records may be framed by ids of a schema registry.
//!
//! Without a registry a framed record is set aside, for ever: with one it would be read. So a ledger that gets a registry later reads
//! records as before up to where it had folded. That is no more in the log itself, so it is written into `ledger.json`, and the
//! configuration can say the same to another machine that folds the log: `registry.from`.

use super::error::Error;
use crate::config::Config;
use ledger::directory::{self, Ledger};
use ledger::journal::{Reader, Settings, Shared};
use ledger::shard;

/// What is known where it is decided.
struct Found<'a> {
    /// What `registry.from` says; empty where it says nothing.
    said: &'a [i64],
    /// What the data directory says of itself.
    ledger: Option<&'a Ledger>,
    /// How far the partitions on this machine are folded.
    folded: &'a [(u32, i64)],
    /// Whether other nodes fold the same partitions.
    is_among_others: bool,
}

/// The first offset of each partition that may be framed, for a service with a registry; all may, where there is none. Written down the
/// first time.
///
/// # Errors
/// The configuration says other offsets than the ledger was folded by.
pub(super) fn from(config: &Config) -> Result<Vec<i64>, Error> {
    let ledger = Ledger::read(&config.data)?;
    let Some(registry) = &config.registry else { return Ok(ledger.map(|ledger| ledger.framed_from).unwrap_or_default()) };
    // Journals are opened to be asked, once in the life of a ledger.
    let folded = if ledger.as_ref().is_some_and(|ledger| !ledger.is_framed) { folded(config)? } else { Vec::new() };
    let found = Found { said: &registry.from, ledger: ledger.as_ref(), folded: &folded, is_among_others: config.cluster.is_some() };
    let from = decide(&found).map_err(Error::Failed)?;
    if let Some(ledger) = ledger.filter(|ledger| !ledger.is_framed) {
        if from.iter().any(|offset| *offset > 0) {
            tracing::warn!(
                ?from,
                "records before these offsets stay as they were folded without a registry; whoever folds this log elsewhere says the same as registry.from"
            );
        }
        ledger.framed(true, from.clone()).write(&config.data)?;
    }
    Ok(from)
}

fn decide(found: &Found<'_>) -> Result<Vec<i64>, String> {
    match found.ledger {
        Some(ledger) if ledger.is_framed => {
            if !found.said.is_empty() && !are_equal(found.said, &ledger.framed_from) {
                let detail = "the ledger in this data directory was folded with registry.from";
                return Err(format!("{detail} = {:?}, not {:?}: say the same, or nothing", ledger.framed_from, found.said));
            }
            Ok(ledger.framed_from.clone())
        }
        Some(ledger) => {
            let mut reached = vec![0; usize::try_from(ledger.partitions).unwrap_or(usize::MAX)];
            for (partition, cursor) in found.folded {
                if let Some(place) = reached.get_mut(*partition as usize) {
                    *place = *cursor;
                }
            }
            let is_new = reached.iter().all(|cursor| *cursor == 0);
            match found.said {
                [] if found.is_among_others => Err(format!(
                    "this ledger was folded without a registry, here up to {reached:?}: say from which offset of each partition on records may be framed, \
                     registry.from, above where every node will be when it is told; the same on every node and for ever"
                )),
                [] if is_new => Ok(Vec::new()),
                [] if found.folded.len() < reached.len() => Err(format!(
                    "this ledger was folded without a registry, and not all of its {} partitions are in the data directory: say from which offset of each on \
                     records may be framed, registry.from, at or above how far it was ever folded",
                    reached.len()
                )),
                [] => Ok(reached),
                said => match reached.iter().enumerate().find(|(place, cursor)| said.get(*place).copied().unwrap_or(0) < **cursor) {
                    Some((partition, cursor)) => Err(format!(
                        "partition {partition} was folded without a registry up to {cursor}: registry.from must say that offset or a later one of it"
                    )),
                    None => Ok(said.to_vec()),
                },
            }
        }
        None => Ok(found.said.to_vec()),
    }
}

/// Whether two lists say the same of each partition; of one that is not named, the first offset.
fn are_equal(one: &[i64], other: &[i64]) -> bool {
    let of = |offsets: &[i64], place: usize| offsets.get(place).copied().unwrap_or(0);
    (0..one.len().max(other.len())).all(|place| of(one, place) == of(other, place))
}

/// How far the partitions on this machine are folded.
fn folded(config: &Config) -> Result<Vec<(u32, i64)>, Error> {
    let known = shard::known_partitions(&config.data).map_err(|error| directory::failed(&config.data, &error))?;
    let shared = Shared::new(Settings::default());
    let cursor = |partition| match Reader::open_read_only(&shard::directory(&config.data, partition).join("journal"), &shared) {
        // Where it ends here is not how far it was folded.
        Err(error @ ledger::journal::Error::CutOff(..)) => {
            Err(Error::Failed(format!("partition {partition}: {error}; without [registry] this time, until it has folded the rest")))
        }
        opened => Ok((partition, opened?.cursor())),
    };
    known.into_iter().map(cursor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::directory::LogKind;

    #[test]
    fn what_was_folded_without_a_registry_stays_as_it_was() {
        let without = Ledger::new(2, LogKind::Kafka, "id:1".to_owned());
        let (always, later) = (without.clone().framed(true, Vec::new()), without.clone().framed(true, vec![7, 0]));
        let decide =
            |ledger: Option<&Ledger>, said: &[i64], folded: &[(u32, i64)], is_among_others| super::decide(&Found { said, ledger, folded, is_among_others });
        // A new ledger: what the configuration says, which another machine may have told.
        assert_eq!((decide(None, &[], &[], true), decide(None, &[7, 0], &[], false)), (Ok(vec![]), Ok(vec![7, 0])));
        // One that has a registry already.
        assert_eq!((decide(Some(&always), &[], &[(0, 90)], true), decide(Some(&later), &[], &[], false)), (Ok(vec![]), Ok(vec![7, 0])));
        assert!(decide(Some(&later), &[8, 0], &[], false).is_err_and(|detail| detail.contains("[7, 0]")));
        assert!(decide(Some(&always), &[8, 0], &[], false).is_err());
        assert_eq!((decide(Some(&later), &[7], &[], false), decide(Some(&always), &[0, 0], &[], true)), (Ok(vec![7, 0]), Ok(vec![])));
        // One that gets it now.
        assert_eq!(decide(Some(&without), &[], &[(0, 0), (1, 0)], false), Ok(vec![]));
        assert!(decide(Some(&without), &[], &[(0, 0)], true).is_err(), "what another node has folded is not known here");
        assert!(decide(Some(&without), &[], &[(1, 5)], false).is_err(), "how far the other partition was folded is not known any more");
        assert_eq!(decide(Some(&without), &[], &[(1, 5), (0, 3)], false), Ok(vec![3, 5]));
        assert!(decide(Some(&without), &[], &[(1, 5)], true).is_err_and(|detail| detail.contains("[0, 5]")), "nodes are at different offsets");
        assert_eq!(decide(Some(&without), &[3, 9], &[(1, 5), (0, 3)], true), Ok(vec![3, 9]));
        assert!(decide(Some(&without), &[3, 4], &[(1, 5)], true).is_err_and(|detail| detail.starts_with("partition 1 ")));
        assert!(decide(Some(&without), &[3], &[(1, 5)], true).is_err());
    }
}
