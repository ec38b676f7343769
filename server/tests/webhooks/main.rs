//! Webhooks against the binary and a receiver of our own: what is told, in which order, through failures and kills; and that whoever
//! may not have one has none. Signatures are judged by the reference library of the specification where Python has it.

mod again;
mod cut;
mod delivered;
mod foreign;
#[path = "../kafka/support.rs"]
mod kafka;
mod kept;
mod lost_topic;
mod refused;
mod service;
mod two_ledgers;
mod whose;
