//! Webhooks against the binary and a receiver of our own: what is told, in which order, through failures and kills; and that whoever
//! may not have one has none. Signatures are judged by the reference library of the specification where Python has it.

mod again;
mod cut;
mod delivered;
mod kept;
mod refused;
mod service;
mod whose;
