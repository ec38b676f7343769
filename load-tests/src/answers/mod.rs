//! The judge of answers: a life goes in over HTTP, and every endpoint is asked at several of its moments; each figure
//! must be the one that [`crate::figures`] reckons from the model's own entries.
//!
//! [`feed`] sends, [`asker`] asks and counts, [`compare`] compares; [`merchants`], [`payouts`], [`lists`], [`bank`], [`first`],
//! [`reconciliation`] and [`consumption`] know the
//! questions; [`run`] goes through seeds, each with a service of its own on a free port of the loopback.

pub mod asker;
pub mod bank;
pub mod command;
pub mod compare;
pub mod consumption;
pub mod feed;
pub mod first;
pub mod lists;
pub mod merchants;
pub mod payouts;
pub mod reconciliation;
pub mod run;
pub mod tally;
