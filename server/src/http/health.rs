//! `GET /healthz` and `GET /readyz`: whether the process lives, and whether it follows its log closely.

use super::parameters::Parameters;
use super::problem::Problem;
use super::{Service, files};
use crate::access::FileWarning;
use crate::cluster::answering::BEHIND;
use crate::node::{NOT_HELD, ShardStatus, StreamStatus};
use crate::streams::Heads;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ledger::log::{self, Code};
use ledger::shard::State as ShardState;
use projections::follower::Built;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use utoipa::ToSchema;

/// Entries that a stream may be behind its journal and still follow it closely.
const STREAM_FOLLOWS_WITHIN: u64 = 1000;
/// Partitions that are named in one detail.
const NAMED_MAX: usize = 100;

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The version of the program.
    version: &'static str,
}

/// Whether every shard follows its partition closely.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether all of them do.
    ready: bool,
    /// Why the log is not followed. Where it is, with several nodes: why some partition has no answer from any node, unless `shards` says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The same, for operators, with the partitions and the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Each partition of this node.
    shards: Vec<ShardReadiness>,
    /// What an operator should know although the log is followed: of the log, of topics that are written, of other nodes, of files of keys
    /// and certificates, and of projections that have no answers yet since they are folded anew.
    warnings: Vec<WarningForm>,
    /// Each stream of each partition that is configured under `[streams]`. Whether they follow does not change whether answers can be relied on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    streams: Vec<StreamReadiness>,
}

/// Something that an operator should know although the log is followed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Warning)]
pub struct WarningForm {
    /// Its stable code.
    #[schema(example = "other_partitioner")]
    code: &'static str,
    /// What was found, with the way out.
    detail: String,
    /// When it was found.
    #[schema(example = "2026-11-23T10:15:00Z")]
    since: String,
}

impl From<log::Warning> for WarningForm {
    fn from(warning: log::Warning) -> Self {
        Self { code: warning.code.as_str(), detail: warning.detail, since: instant(warning.since) }
    }
}

impl From<FileWarning> for WarningForm {
    fn from(warning: FileWarning) -> Self {
        Self { code: warning.code.as_str(), detail: warning.detail, since: instant(warning.since) }
    }
}

/// How closely one shard follows its partition.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShardReadiness {
    /// Which partition.
    partition: u32,
    /// What it does.
    state: ShardStateForm,
    /// Why it is halted, or cannot follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "topic_recreated")]
    code: Option<&'static str>,
    /// The same, for operators, with the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Since when that is so; of an open transaction and of a reader that stands still, since when nothing came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-23T10:15:00Z")]
    since: Option<String>,
    /// Up to where answers include every event.
    #[schema(example = "3:1482211")]
    position: String,
    /// How many offsets lie between that and the end of the partition: records, and what an open transaction hides.
    lag: u64,
    /// The open business date; none before the ledger is opened.
    #[schema(example = "2026-11-23")]
    business_date: Option<String>,
}

/// How closely one stream of one partition follows its journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamReadiness {
    /// Which stream, by its key in `[streams]`.
    #[schema(example = "entries")]
    stream: &'static str,
    /// The topic that it writes.
    #[schema(example = "ledger-entries")]
    topic: String,
    /// Which partition; none of the heads, which are written for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<u32>,
    /// What it does. One that is halted is tried again by itself.
    state: ShardStateForm,
    /// Why it is halted, or waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "stream_foreign")]
    code: Option<&'static str>,
    /// The same, for operators, with the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Since when that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-23T10:15:00Z")]
    since: Option<String>,
    /// The number of the next entry that it writes; none before its place was found.
    sequence: Option<u64>,
    /// How many entries of the journal it has not written yet.
    lag: u64,
}

impl From<StreamStatus> for StreamReadiness {
    fn from(status: StreamStatus) -> Self {
        let StreamStatus { stream, topic, partition, progress, behind } = status;
        let state = match &progress.halted {
            Some((error, _)) if error.code == Code::StreamAhead || error.code == Code::ViewsBehind => ShardStateForm::CatchingUp,
            Some(_) => ShardStateForm::Halted,
            None if behind > STREAM_FOLLOWS_WITHIN || progress.next_entry.is_none() => ShardStateForm::CatchingUp,
            None => ShardStateForm::Following,
        };
        let (error, since) = progress.halted.unzip();
        let (code, detail) = error.map(|error| (error.code.as_str(), error.detail)).unzip();
        let (sequence, since) = (progress.next_entry, since.map(instant));
        Self { stream: stream.as_str(), topic, partition: Some(partition), state, code, detail, since, sequence, lag: behind }
    }
}

/// What tells heads, where that is on.
fn heads(heads: &Heads) -> StreamReadiness {
    let (error, since) = heads.trouble().unzip();
    let state = if error.is_some() { ShardStateForm::Halted } else { ShardStateForm::Following };
    let (code, detail) = error.map(|error| (error.code.as_str(), error.detail)).unzip();
    let topic = heads.topic().to_owned();
    StreamReadiness { stream: "heads", topic, partition: None, state, code, detail, since: since.map(instant), sequence: None, lag: 0 }
}

/// What a shard does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ShardState)]
pub enum ShardStateForm {
    /// It is close to the end of its partition.
    Following,
    /// It reads, and is behind.
    CatchingUp,
    /// It stands still until an operator has looked.
    Halted,
}

/// Liveness
///
/// 200 as long as the process answers at all.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, description = "The process lives", body = Health)))]
pub async fn healthz(parameters: Parameters) -> Result<Json<Health>, Problem> {
    parameters.only(&[])?;
    Ok(Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}

/// Readiness
///
/// 200 when every shard follows its partition closely, else 503, with the code and the way out of each that does not. Of several nodes
/// one is ready when some node answers for each partition; `shards` are those of this one, and `code` and `detail` name partitions that
/// nobody answers for: `not_held`, `behind`, or the code with which all that have it halted it.
#[utoipa::path(
    get, path = "/readyz", tag = "service",
    responses((status = 200, description = "Every shard follows", body = Readiness), (status = 503, description = "Some do not", body = Readiness)),
)]
pub async fn readyz(State(service): State<Service>, parameters: Parameters) -> Result<(StatusCode, Json<Readiness>), Problem> {
    parameters.only(&[])?;
    // A shard that was just opened may read its views for the first time here.
    let pools = Arc::clone(&service.pools);
    let (status, readiness) = pools.told(move || Ok(readiness(&service))).await?;
    Ok((status, Json(readiness)))
}

fn readiness(service: &Service) -> (StatusCode, Readiness) {
    let node = &service.node;
    let trouble = node.trouble();
    let shards: Vec<ShardReadiness> = node.statuses().into_iter().map(ShardReadiness::from).collect();
    let follows = || !shards.is_empty() && shards.iter().all(|shard| shard.state == ShardStateForm::Following && shard.code.is_none());
    // Among others a node is ready as soon as every partition is answered, here or elsewhere.
    let unanswered = node.nodes().map(|_| node.unanswered());
    let answered = unanswered.as_ref().map_or_else(follows, |unanswered| node.partitions() > 0 && unanswered.is_empty());
    let ready = trouble.is_none() && answered;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let trouble = trouble.map(|error| (error.code.as_str(), error.detail));
    let (code, detail) = trouble.or_else(|| untold(unanswered.unwrap_or_default(), &shards)).unzip();
    let of_log = node.warnings().into_iter().map(WarningForm::from);
    let of_files = files::warnings(&files::of(service));
    let built = node.locals().into_iter().filter_map(|local| Some((local.partition(), local.follower().ok()?.progress().building?)));
    let warnings = of_log.chain(of_files.into_iter().map(WarningForm::from)).chain(folded_anew(built)).collect();
    let streams = node.streams().into_iter().map(StreamReadiness::from).chain(node.heads_out().map(heads)).collect();
    (status, Readiness { ready, code, detail, shards, warnings, streams })
}

/// What is said of projections that have no answers for a while, since they are folded anew in another version: those of each partition, and
/// how far they are.
fn folded_anew(built: impl IntoIterator<Item = (u32, Built)>) -> Vec<WarningForm> {
    let mut found = BTreeMap::<String, (Vec<u32>, Built)>::new();
    for (partition, built) in built.into_iter().filter(|(_, built)| !built.missing.is_empty()) {
        match found.entry(built.missing.join(", ")) {
            Entry::Vacant(none) => {
                none.insert((vec![partition], built));
            }
            Entry::Occupied(mut some) => {
                let (partitions, all) = some.get_mut();
                partitions.push(partition);
                (all.entries, all.of, all.since) = (all.entries + built.entries, all.of + built.of, all.since.min(built.since));
            }
        }
    }
    let told = found.into_iter().map(|(names, (partitions, Built { entries, of, since, .. }))| WarningForm {
        code: Code::ViewsBehind.as_str(),
        detail: format!(
            "{}: {names} folded anew, {entries} of {of} entries: without answers until then, all else answers. Nothing need be done",
            named(&partitions)
        ),
        since: instant(since),
    });
    told.collect()
}

/// What is said of partitions that nobody answers for and no shard of this node tells of: a code, and all of them. A partition that
/// no node has comes before one that some have.
fn untold(unanswered: BTreeMap<u32, (&'static str, String)>, shards: &[ShardReadiness]) -> Option<(&'static str, String)> {
    let mut by_code = BTreeMap::<&'static str, (Vec<u32>, String)>::new();
    for (partition, (code, detail)) in unanswered {
        if !shards.iter().any(|shard| shard.partition == partition && shard.code.is_some()) {
            by_code.entry(code).or_insert_with(|| (Vec::new(), detail)).0.push(partition);
        }
    }
    let first = if by_code.contains_key(NOT_HELD) { NOT_HELD } else { *by_code.first_key_value()?.0 };
    let of_first = by_code.remove(first).map(|found| (first, found));
    let is_for_nodes = of_first.iter().map(|(code, _)| *code).chain(by_code.keys().copied()).all(|code| [NOT_HELD, BEHIND].contains(&code));
    // Why is told of the first partition of each code.
    let told = of_first.into_iter().chain(by_code).map(|(code, (partitions, detail))| match code {
        code if code == first => format!("{}: {detail}", named(&partitions)),
        code => format!("{code}: {}: {detail}", named(&partitions)),
    });
    let told = told.collect::<Vec<_>>().join("; ");
    let way_out = "By itself, once a node has them and has caught up: start the nodes that are missing; /v1/cluster says who has what";
    Some((first, if is_for_nodes { format!("{told}. {way_out}") } else { told }))
}

/// Partitions by their numbers, as far as a line has room for them.
fn named(partitions: &[u32]) -> String {
    let numbers: Vec<String> = partitions.iter().take(NAMED_MAX).map(u32::to_string).collect();
    let more = partitions.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("partition{} {}{more}", if partitions.len() == 1 { "" } else { "s" }, numbers.join(", "))
}

/// A moment, to the second.
fn instant(moment: jiff::Timestamp) -> String {
    format!("{moment:.0}")
}

impl From<ShardStatus> for ShardReadiness {
    fn from(status: ShardStatus) -> Self {
        Self {
            partition: status.partition,
            state: match status.state {
                ShardState::Following => ShardStateForm::Following,
                ShardState::CatchingUp => ShardStateForm::CatchingUp,
                ShardState::Halted => ShardStateForm::Halted,
            },
            code: status.code,
            detail: status.detail,
            since: status.since.map(instant),
            position: crate::shape::position_text(status.partition, status.position),
            lag: status.lag,
            business_date: status.business_date.map(|date| date.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(partition: u32, code: Option<&'static str>) -> ShardReadiness {
        let state = if code.is_some() { ShardStateForm::Halted } else { ShardStateForm::Following };
        ShardReadiness { partition, state, code, detail: None, since: None, position: format!("{partition}:0"), lag: 0, business_date: None }
    }

    #[test]
    fn projections_that_are_folded_anew_are_named_with_how_far_they_are() {
        let since = |second| jiff::Timestamp::from_second(second).expect("a moment");
        let built = |names: &[&str], entries, second| {
            let missing = names.iter().map(|name| (*name).to_owned()).collect();
            Built { missing, entries, of: 100, since: since(second) }
        };
        let told = folded_anew([(0, built(&["reconciliation"], 10, 70)), (2, built(&["reconciliation"], 5, 60)), (3, built(&[], 7, 50))]);
        assert_eq!(told.len(), 1, "a rebuild takes no answers away");
        assert_eq!((told[0].code, told[0].since.as_str()), ("views_behind", "1970-01-01T00:01:00Z"));
        assert!(told[0].detail.starts_with("partitions 0, 2: reconciliation folded anew, 15 of 200 entries: "), "{}", told[0].detail);
    }

    #[test]
    fn partitions_that_nobody_answers_for_are_named_with_the_code() {
        let nobody = |code: &'static str| (code, format!("why {code}"));
        let shards = [shard(0, None), shard(1, Some("head_mismatch"))];
        let told = |unanswered: &[(u32, &'static str)]| untold(unanswered.iter().map(|(partition, code)| (*partition, nobody(code))).collect(), &shards);
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[(1, "head_mismatch")]), None, "its shard tells");
        let (code, detail) = told(&[(0, "behind"), (1, "head_mismatch"), (3, NOT_HELD), (5, NOT_HELD)]).expect("a reason");
        assert_eq!(code, NOT_HELD);
        assert!(detail.starts_with("partitions 3, 5: why not_held; behind: partition 0: why behind. By itself"), "{detail}");
        assert!(detail.contains("start the nodes"), "{detail}");
        assert_eq!(told(&[(4, "head_mismatch")]), Some(("head_mismatch", "partition 4: why head_mismatch".to_owned())), "no node that starts mends it");
        assert_eq!(told(&[(0, "behind")]).map(|(code, _)| code), Some("behind"));
        let many: Vec<(u32, &str)> = (2..202).map(|partition| (partition, NOT_HELD)).collect();
        assert!(told(&many).is_some_and(|(_, detail)| detail.contains(", 101 and 100 more: why")));
    }
}
