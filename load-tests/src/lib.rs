//! Load tests and the judge: they reach the service as a stranger does, and judge it by a model of their own.
//!
//! [`model`] is the accounting, written a second time; [`lives`] makes random lives of merchants from a seed; [`judge`]
//! runs both through the service and names the first difference. [`figures`] reckons from the model's entries what the
//! service tells, and [`answers`] asks it over HTTP. [`crash`] kills the service under load, [`breaks`] damages its files and starves it, [`streams`] kills it and Kafka while topics are written and tells what these cost, [`hooks`] receives its webhooks, [`nodes`] disturbs several of one topic, [`load`] sends
//! at a rate, [`open`] leaves much open; both reach it through [`kafka`] and as a [`service`] of its own process.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod answers;
pub mod breaks;
pub mod crash;
pub mod figures;
pub mod hooks;
pub mod judge;
pub mod kafka;
pub mod lives;
pub mod load;
pub mod model;
pub mod nodes;
pub mod open;
pub mod service;
pub mod streams;
mod workers;

use std::ops::RangeInclusive;

/// Reads seeds, as `1..1000` (both included) or one number.
///
/// # Errors
/// It is neither, in words.
pub fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let number = |text: &str| text.trim_start_matches('=').parse::<u64>().map_err(|error| format!("{text:?}: {error}"));
    Ok(number(first)?..=number(last)?)
}
