//! The `[limits]` section: what callers may take of the service.

use super::{Error, Layers};
use std::time::Duration;

/// The most requests a second that a caller may be given.
const RATE_MAX: u64 = 1_000_000;
/// The most connections.
const CONNECTIONS_MAX: u64 = 1 << 20;
/// The most expensive questions at once of one caller.
const EXPENSIVE_MAX: u64 = 64;
/// The most streams at once of one caller: as many as there may be in all.
const STREAMS_MAX: u64 = 1000;
/// The longest time, in seconds.
const SECONDS_MAX: u64 = 3600;

/// What callers may take of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second of one key.
    pub requests_per_second: u32,
    /// Requests of one key that may come at once, after a quiet time.
    pub burst: u32,
    /// Expensive questions of one caller at once.
    pub expensive: usize,
    /// Streams of one caller at once.
    pub streams: usize,
    /// Connections at once.
    pub connections: u32,
    /// How long the header of a request may take.
    pub header: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long a connection may be without a request.
    pub idle: Duration,
    /// How long a client may take nothing of an answer.
    pub write: Duration,
}

impl Limits {
    /// Reads the section.
    pub(super) fn read(layers: &Layers) -> Result<Self, Error> {
        let whole = |name: &str, max: u64| layers.required(name)?.whole(1, max);
        let small = |name: &str, max: u64| Ok::<_, Error>(u32::try_from(whole(name, max)?).unwrap_or(u32::MAX));
        let seconds = |name: &str| Ok::<_, Error>(Duration::from_secs(whole(name, SECONDS_MAX)?));
        Ok(Self {
            requests_per_second: small("limits.requests_per_second", RATE_MAX)?,
            burst: small("limits.burst", RATE_MAX)?,
            expensive: usize::try_from(whole("limits.expensive", EXPENSIVE_MAX)?).unwrap_or(usize::MAX),
            streams: usize::try_from(whole("limits.streams", STREAMS_MAX)?).unwrap_or(usize::MAX),
            connections: small("limits.connections", CONNECTIONS_MAX)?,
            header: seconds("limits.header_seconds")?,
            body: seconds("limits.body_seconds")?,
            idle: seconds("limits.idle_seconds")?,
            write: seconds("limits.write_seconds")?,
        })
    }
}
