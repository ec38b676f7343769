//! The files of keys and certificates of the whole service, as `/readyz` and `/metrics` tell of them.

use super::Service;
use super::tls::Listening;
use crate::access::{FileStatus, FileWarning, Gate};
use crate::node::Node;
use jiff::Timestamp;

/// What is in force of each.
pub fn statuses(gate: &Gate, tls: Option<&Listening>, node: &Node) -> Vec<FileStatus> {
    let mut statuses = gate.files();
    statuses.extend(tls.map(Listening::files).unwrap_or_default());
    statuses.extend(node.nodes().and_then(|nodes| nodes.files()));
    statuses.extend(node.kafka_files().iter().cloned());
    statuses
}

/// What is in force of each file of a service.
pub fn of(service: &Service) -> Vec<FileStatus> {
    statuses(&service.gate, service.tls.as_deref(), &service.node)
}

/// What an operator should know of them now.
pub fn warnings(statuses: &[FileStatus]) -> Vec<FileWarning> {
    let now = Timestamp::now();
    statuses.iter().flat_map(|status| status.warnings(now)).collect()
}
