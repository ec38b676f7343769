//! Other nodes: who they are, what each has and how far it is, and asking them.
//!
//! | file | what it knows |
//! |---|---|
//! | `wire` | what nodes say to each other |
//! | `secret` | by what they know each other, unless that is certificates |
//! | `agent` | the certificate that this node shows, and who vouches for theirs |
//! | `client` | asks another node |
//! | `peers` | who they are, and whether each answers |
//! | `alike` | whether another one folds the same log, and answers by the same settings |
//! | `rank` | who folds a partition, too; who answers for it |
//! | `answering` | who answers for each partition, as a node sees it, and how long that holds |
//! | `halts` | the codes with which shards of others halt |
//! | `sharing` | which partitions a node folds |
//! | `heads` | where two journals differ |
//! | `remote` | a snapshot that another node keeps, to be read like one of this machine |
//! | `sessions` | snapshots that are kept for other nodes |
//!
//! Nothing here opens a shard or answers a client: that is the node's. Bounds: [`PEERS_MAX`] nodes, [`sessions::SESSIONS_MAX`]
//! snapshots kept for others, [`client::ASK_WAIT_MAX`] for one question.

mod agent;
mod alike;
pub mod answering;
#[cfg(test)]
mod answering_tests;
pub mod client;
mod halts;
pub mod heads;
mod peers;
pub mod rank;
pub mod remote;
pub mod secret;
pub mod sessions;
pub mod sharing;
pub mod wire;

pub use client::{Client, Fault, Forwarded};
pub use peers::{PEERS_MAX, Peer, Peers, SILENT_AFTER};
pub use remote::Remote;
pub use sessions::Sessions;
