//! What travels: events, money, identifiers, and how they are read from the wire. Pure: no clock, no I/O, no floats.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod contract;
pub mod decode;
pub mod error;
pub mod event;
pub mod ids;
pub mod money;
pub mod partition;
pub mod time;
