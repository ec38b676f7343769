//! What we tell: the binary `merchant-ledger`, its command line, its configuration, and HTTP.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod command;
pub mod config;
pub mod logs;
pub mod shape;
