//! `GET /v1/cluster`: which nodes answer, and which partitions each has, how far. A node that is alone owns every partition.

use super::Service;
use super::parameters::Parameters;
use super::problem::{Problem, ProblemBody};
use super::read::blocking;
use crate::cluster::wire::{Held, Report};
use crate::node::ShardStatus;
use crate::shape::position_text;
use crate::streams;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The nodes, and who has which partition.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cluster {
    /// By their names.
    nodes: Vec<ClusterNode>,
    /// In order; empty until the log said how many there are.
    partitions: Vec<ClusterPartition>,
}

/// A node.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterNode {
    /// What it is called.
    #[schema(example = "a")]
    node: String,
    /// Where it is reached.
    #[schema(example = "http://10.0.0.7:8080")]
    url: String,
    /// Whether it is the one that answers this.
    this: bool,
    /// The version of its program.
    version: String,
    /// The partitions that it owns.
    #[schema(example = json!([0, 1, 2]))]
    owns: Vec<u32>,
    /// The partitions that it has, owned or not.
    #[schema(example = json!([0, 1, 2]))]
    holds: Vec<u32>,
}

/// Who has a partition.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterPartition {
    /// Which.
    partition: u32,
    /// The node that owns it, and so writes its streams and calls its webhooks.
    #[schema(example = "a")]
    owner: Option<String>,
    /// Every node that has it, the furthest first.
    holders: Vec<ClusterHolder>,
    /// Up to where the answers of the furthest include every event; `null` where no node has it.
    #[schema(example = "3:1482211")]
    position: Option<String>,
    /// The chain of hashes up to its last entry.
    head: Option<String>,
    /// How many offsets lie between its position and the end of the partition.
    lag: Option<u64>,
}

/// A node that has a partition.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterHolder {
    /// Which node.
    #[schema(example = "a")]
    node: String,
    /// `following`, `catching_up` or `halted`.
    #[schema(example = "following")]
    state: String,
    /// Why it is halted, or cannot be relied on, as in `/readyz`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "views_behind")]
    code: Option<String>,
    /// Up to where its answers include every event.
    #[schema(example = "3:1482211")]
    position: String,
    /// How many entries its journal has.
    entries: u64,
    /// The chain of hashes up to the last one: equal on every node with as many.
    head: String,
    /// How many offsets lie between the position and the end of the partition.
    lag: u64,
}

/// Nodes and partitions
///
/// Which nodes answer, which partitions each owns and has, and how far it is. A node that is alone is the owner of every one.
#[utoipa::path(
    get, path = "/v1/cluster", tag = "service",
    responses(
        (status = 200, description = "The nodes and the partitions", body = Cluster),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn cluster(State(service): State<Service>, parameters: Parameters) -> Result<Json<Cluster>, Problem> {
    parameters.only(&[])?;
    blocking(move || {
        let (node, config) = (&service.node, service.node.config());
        Ok(Json(match node.nodes() {
            None => alone(&config.streams.node, streams::url(config), node.statuses()),
            Some(nodes) => several(&nodes.reports(), node.partitions()),
        }))
    })
    .await
}

/// What a node that is alone says of itself.
fn alone(node: &str, url: String, statuses: Vec<ShardStatus>) -> Cluster {
    let all: Vec<u32> = statuses.iter().map(|status| status.partition).collect();
    let this = ClusterNode { node: node.to_owned(), url, this: true, version: env!("CARGO_PKG_VERSION").to_owned(), owns: all.clone(), holds: all };
    let partition = |status: ShardStatus| ClusterPartition::of(status.partition, Some(node.to_owned()), vec![ClusterHolder::here(node, &status)]);
    Cluster { nodes: vec![this], partitions: statuses.into_iter().map(partition).collect() }
}

/// What nodes say of themselves, this one first.
fn several(reports: &[Report], partitions: u32) -> Cluster {
    let node = |(place, report): (usize, &Report)| ClusterNode {
        node: report.node.clone(),
        url: report.url.clone(),
        this: place == 0,
        version: report.version.clone(),
        owns: report.owns.clone(),
        holds: report.holds.iter().map(|held| held.partition).collect(),
    };
    let mut nodes: Vec<ClusterNode> = reports.iter().enumerate().map(node).collect();
    nodes.sort_by(|one, other| one.node.cmp(&other.node));
    let partition = |partition| {
        let owner = reports.iter().find(|report| report.owns.contains(&partition)).map(|report| report.node.clone());
        let mut holders: Vec<(i64, ClusterHolder)> =
            reports.iter().filter_map(|report| report.held(partition).map(|held| (held.position, ClusterHolder::elsewhere(&report.node, held)))).collect();
        holders.sort_by(|(one, first), (other, second)| other.cmp(one).then_with(|| first.node.cmp(&second.node)));
        ClusterPartition::of(partition, owner, holders.into_iter().map(|(_, holder)| holder).collect())
    };
    Cluster { nodes, partitions: (0..partitions).map(partition).collect() }
}

impl ClusterPartition {
    /// Of a partition with these holders, the furthest first.
    fn of(partition: u32, owner: Option<String>, holders: Vec<ClusterHolder>) -> Self {
        let first = holders.first();
        let (position, head, lag) = (first.map(|holder| holder.position.clone()), first.map(|holder| holder.head.clone()), first.map(|holder| holder.lag));
        Self { partition, owner, holders, position, head, lag }
    }
}

impl ClusterHolder {
    /// This node.
    fn here(node: &str, status: &ShardStatus) -> Self {
        Self {
            node: node.to_owned(),
            state: status.state.as_str().to_owned(),
            code: status.code.map(str::to_owned),
            position: position_text(status.partition, status.position),
            entries: status.entries,
            head: status.head.to_string(),
            lag: status.lag,
        }
    }

    /// A node as it says.
    fn elsewhere(node: &str, held: &Held) -> Self {
        Self {
            node: node.to_owned(),
            state: held.state.clone(),
            code: held.code.clone(),
            position: position_text(held.partition, held.position),
            entries: held.entries,
            head: held.head.clone(),
            lag: held.lag,
        }
    }
}
