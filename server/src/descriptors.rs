//! Open files: the process may have so many, and this says who gets how many of them.
//!
//! The soft limit is raised to the hard one when the program starts. What is left then is shared out: each shard's two stores
//! get the files that they keep open, connections the rest, so that no number of connections takes a file from a shard.
//! Where the limit is too low for what is configured, the program says what is needed and goes on with less: fewer
//! connections, and stores that open a file when they read from it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is open besides stores and connections: the listener, the log, brokers, timers, what a command reads.
const OTHERS: u64 = 64;
/// What a store has open besides files with rows: its logs, its manifest, its lock, its directory.
const OF_STORE: u64 = 6;
/// Files with rows that a store keeps open, where there is room.
const STORE_FILES: u64 = 256;
/// RocksDB keeps no fewer.
const STORE_FILES_MIN: u64 = 20;
/// Connections that there are room for, whatever the limit is.
const CONNECTIONS_MIN: u64 = 32;

/// Who gets how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// The limit that is shared out.
    pub limit: u64,
    /// What would be enough for everything that is configured.
    pub needed: u64,
    /// Connections at once.
    pub connections: usize,
    /// Files with rows that each store keeps open.
    pub store_files: i32,
}

/// Raises the soft limit to the hard one. A system that does not let it is no reason to end: [`Shares`] sees to it.
pub fn raise() {
    let limits = getrlimit(Resource::Nofile);
    if limits.current != limits.maximum {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, maximum: limits.maximum });
    }
}

/// How many files the process may have open; a system without a limit has the largest number.
pub fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Shares out a limit among so many partitions and, at most, so many connections.
pub fn shares(limit: u64, partitions: u32, connections: u32) -> Shares {
    // A journal and views each, and the embedded log.
    let stores = 2 * u64::from(partitions) + 1;
    let connections = u64::from(connections);
    let fixed = OTHERS + stores * OF_STORE;
    let needed = fixed + stores * STORE_FILES + connections;
    let (connections, store_files) = if limit >= needed {
        (connections, STORE_FILES)
    } else {
        let left = limit.saturating_sub(fixed);
        let connections = connections.min((left / 4).max(CONNECTIONS_MIN));
        (connections, (left.saturating_sub(connections) / stores).clamp(STORE_FILES_MIN, STORE_FILES))
    };
    Shares { limit, needed, connections: usize::try_from(connections).unwrap_or(usize::MAX), store_files: i32::try_from(store_files).unwrap_or(i32::MAX) }
}

impl Shares {
    /// Says what is needed, where there is less.
    pub fn tell(&self) {
        let Self { limit, needed, connections, store_files } = *self;
        if limit < needed {
            tracing::warn!(limit, needed, connections, store_files, "fewer files may be open than needed; raise the limit (ulimit -n, LimitNOFILE)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_goes_short_where_there_is_enough() {
        let shares = shares(1 << 20, 64, 4096);
        assert_eq!((shares.connections, shares.store_files, shares.needed), (4096, 256, 64 + 129 * (6 + 256) + 4096));
    }

    #[test]
    fn shards_keep_theirs_where_there_is_not() {
        for (limit, partitions) in [(1024, 12), (1024, 1), (4096, 12), (4096, 64), (1 << 16, 1024)] {
            let Shares { connections, store_files, .. } = shares(limit, partitions, 4096);
            let stores = 2 * u64::from(partitions) + 1;
            let all = 64 + stores * (6 + u64::try_from(store_files).expect("a number")) + u64::try_from(connections).expect("a number");
            assert!(connections >= 32 && (all <= limit || store_files == 20), "{limit} {partitions}: {connections} {store_files}");
        }
        assert_eq!(shares(1024, 12, 4096).connections, 202);
        assert_eq!(shares(256, 64, 4096).connections, 32, "the program says what is needed and starts");
    }
}
