//! Load: traffic of many merchants at a rate that is asked for, bounded in time, and how far the service lags behind.

pub mod checkpoint;
pub mod command;
pub mod drain;
mod kept;
pub mod latency;
pub mod run;
mod taken;
pub mod traffic;
