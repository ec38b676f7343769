//! What we tell: the binary `merchant-ledger`, its command line, its configuration, and HTTP.
//!
//! | room | what it knows |
//! |---|---|
//! | `access` | who asks: keys, tokens, roles, and what a caller is cut to |
//! | `command` | the command line: one file a command |
//! | `config` | every option, from flags, environment and file |
//! | `demo` | what trades while `demo` serves |
//! | `descriptors` | open files, and who gets how many |
//! | `export` | the journal in the forms of other tools |
//! | `node` | the log, the shards and their followers, tied together; waiting for positions |
//! | `pages` | how the system backs memory |
//! | `shape` | JSON forms that HTTP and the command line share |
//! | `streams` | topics out |
//! | `table` | columns, and files of CSV and Parquet made of JSON rows |
//! | `webhooks` | calls to merchants' servers |
//! | `http` | everything that speaks HTTP; the only room that names axum |
//! | `logs` | what is logged, and how |
//!
//! The library takes its configuration, its listener and its shutdown from the caller, so tests run a real server.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod access;
pub mod checkpoints;
pub mod cluster;
pub mod command;
pub mod config;
pub mod demo;
pub mod descriptors;
pub mod export;
pub mod http;
pub mod import;
pub mod logs;
pub mod node;
pub mod pages;
pub mod registry;
pub mod shape;
pub mod streams;
pub mod table;
pub mod traces;
pub mod webhooks;
