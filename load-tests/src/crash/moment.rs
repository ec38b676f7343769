//! When the service dies.

use crate::lives::dice::Dice;
use crate::service::{Client, Error, Process};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long a day close is waited for.
const CLOSE_WAIT_MAX: Duration = Duration::from_secs(3);
/// Between two looks for one.
const LOOK: Duration = Duration::from_millis(2);

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long after the process was started, whether or not it answers yet.
    Starting(Duration),
    /// So long after it began to answer.
    Following(Duration),
    /// So long after a day was seen to close on some partition; the others close theirs then.
    Closing(Duration),
}

impl Moment {
    /// The next of a seed.
    pub fn next(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..30 => Self::Starting(Duration::from_millis(dice.below(400))),
            30..70 => Self::Following(Duration::from_millis(dice.below(1500))),
            _ => Self::Closing(Duration::from_micros(dice.below(20_000))),
        }
    }

    /// Waits for it.
    ///
    /// # Errors
    /// The service does not answer at all.
    pub fn wait(self, service: &Process) -> Result<(), Error> {
        match self {
            Self::Starting(after) => std::thread::sleep(after),
            Self::Following(after) => {
                service.answering()?;
                std::thread::sleep(after);
            }
            Self::Closing(after) => {
                wait_for_close(&service.answering()?)?;
                std::thread::sleep(after);
            }
        }
        Ok(())
    }
}

fn wait_for_close(client: &Client) -> Result<(), Error> {
    let deadline = Instant::now() + CLOSE_WAIT_MAX;
    let before = dates(client)?;
    while Instant::now() < deadline && dates(client)? == before {
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// The open date of each partition.
fn dates(client: &Client) -> Result<Vec<Value>, Error> {
    let answer = client.ask("/readyz")?;
    Ok(answer.body["shards"].as_array().into_iter().flatten().map(|shard| shard["business_date"].clone()).collect())
}
