//! `GET /metrics`: what is counted, as Prometheus reads it; and the counting of requests.

use super::Service;
use super::access_log::{self, Asked};
use super::files;
use super::parameters::Parameters;
use super::problem::Problem;
use crate::access::{FileCode, FileStatus};
use crate::checkpoints::{Checkpoints, Status as CheckpointStatus};
use crate::node::controls::Gap;
use crate::node::{Memory, Node, Nodes, Place, ShardStatus, StreamStatus, resident_bytes};
use crate::traces;
use crate::webhooks::Webhooks;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ledger::disk::Space;
use ledger::log::{Code, Warning, WarningCode};
use ledger::shard::State as ShardState;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tracing::Instrument;

/// What is counted of requests: by route, method and status, of which there are only so many.
#[derive(Debug, Default)]
pub struct Counted {
    requests: Mutex<BTreeMap<(String, &'static str, u16), Requests>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Requests {
    count: u64,
    micros: u64,
}

/// Counts a request when it was answered.
pub async fn count(State(counted): State<Arc<Counted>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // The route, not the path: a path may hold anything.
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let asked = Asked { method, route, uri: request.uri().clone() };
    let span = traces::of_request(method, &asked.route, request.headers());
    let response = next.run(request).instrument(span.clone()).await;
    traces::answered(&span, response.status().as_u16());
    drop(span);
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    access_log::log(&asked, &response, micros);
    let mut requests = counted.requests.lock().unwrap_or_else(PoisonError::into_inner);
    let requests = requests.entry((asked.route, asked.method, response.status().as_u16())).or_default();
    requests.count += 1;
    requests.micros = requests.micros.saturating_add(micros);
    response
}

/// Metrics
///
/// What became of records, how far the log was followed, how long commits take, and requests, as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", tag = "service", responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain")))]
pub async fn metrics(State(service): State<Service>, parameters: Parameters) -> Result<Response, Problem> {
    parameters.only_of_text(&[])?;
    // A shard that was just opened may read its views for the first time here.
    let pools = Arc::clone(&service.pools);
    let text = pools.told(move || Ok(written(&service))).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn written(service: &Service) -> String {
    let mut text = String::with_capacity(16 << 10);
    let statuses = service.node.statuses();
    shards(&mut text, &statuses);
    troubles(&mut text, &statuses);
    // While checkpoints are fetched, nothing need be done.
    log_trouble(&mut text, service.node.trouble().map(|error| error.code).filter(|code| *code != Code::ViewsBehind));
    dates(&mut text, &statuses, &service.controls.gaps());
    let mut parts = service.node.memory();
    parts.push(Memory { part: "exposure_sums", used: service.boards.bytes(), budget: Some(service.boards.budget()) });
    parts.push(Memory { part: "bodies", used: service.bodies.used(), budget: Some(service.bodies.budget()) });
    memory(&mut text, &parts);
    disk(&mut text, Space::of(&service.node.config().data));
    streams(&mut text, &service.node.streams());
    webhooks(&mut text, service.node.webhooks());
    owned(&mut text, &service.node);
    if let Some(among) = service.node.nodes() {
        nodes(&mut text, &service.node, among);
    }
    checkpoints(&mut text, &service.node.checkpoints().map(Checkpoints::statuses).unwrap_or_default());
    let files = files::of(service);
    file_lines(&mut text, &files);
    warnings(&mut text, &service.node.warnings(), &files);
    service.counted.write(&mut text);
    connections(&mut text, service);
    text
}

/// Writing into a string cannot fail.
macro_rules! line {
    ($text:expr, $($format:tt)*) => {{ let _ = writeln!($text, $($format)*); }};
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    line!(text, "# HELP merchant_ledger_{name} {help}");
    line!(text, "# TYPE merchant_ledger_{name} {kind}");
}

fn shards(text: &mut String, statuses: &[ShardStatus]) {
    let mut gauge = |name: &str, kind: &str, help: &str, value: &dyn Fn(&ShardStatus) -> String| {
        family(text, name, kind, help);
        for status in statuses {
            line!(text, "merchant_ledger_{name}{{partition=\"{}\"}} {}", status.partition, value(status));
        }
    };
    gauge("position", "gauge", "Last offset that answers include, -1 before the first.", &|status| status.position.to_string());
    gauge("lag_records", "gauge", "Offsets between the position and the end of the partition.", &|status| status.lag.to_string());
    gauge("following", "gauge", "1 where the shard follows its partition closely.", &|status| u8::from(status.state == ShardState::Following).to_string());
    gauge("journal_entries", "gauge", "Entries in the journal.", &|status| status.entries.to_string());
    gauge("views_folded_anew_total", "counter", "How often the views were folded anew since the start: damage, or another journal's.", &|status| {
        status.views_anew.to_string()
    });
    gauge("records_total", "counter", "Records folded since the start.", &|status| status.counters.records.to_string());
    gauge("record_bytes_total", "counter", "Bytes of records folded since the start.", &|status| status.counters.bytes.to_string());
    gauge("log_failures_total", "counter", "How often the log did not answer.", &|status| status.counters.log_failures.to_string());
    gauge("fold_seconds_total", "counter", "Seconds spent in folding.", &|status| seconds(status.counters.fold_micros));
    gauge("commit_seconds_max", "gauge", "The longest commit since the start, in seconds.", &|status| seconds(status.counters.commit_micros_max));
    let help = "Refused events that tell of money moved outside, expired ones included, since the start.";
    gauge("money_refused_total", "counter", help, &|status| status.counters.money_refused.to_string());
    family(text, "commit_seconds", "summary", "Commits of the journal.");
    for status in statuses {
        line!(text, "merchant_ledger_commit_seconds_sum{{partition=\"{}\"}} {}", status.partition, seconds(status.counters.commit_micros));
        line!(text, "merchant_ledger_commit_seconds_count{{partition=\"{}\"}} {}", status.partition, status.counters.commits);
    }
    family(text, "outcomes_total", "counter", "What became of records since the start.");
    for status in statuses {
        let counters = &status.counters;
        for (outcome, count) in [
            ("posted", counters.posted),
            ("duplicate", counters.duplicate),
            ("parked", counters.parked),
            ("refused", counters.refused),
            ("quarantined", counters.quarantined),
        ] {
            line!(text, "merchant_ledger_outcomes_total{{partition=\"{}\",outcome=\"{outcome}\"}} {count}", status.partition);
        }
    }
}

/// What is in the way of each shard, as `/readyz` says it; no line where nothing is.
fn troubles(text: &mut String, statuses: &[ShardStatus]) {
    family(text, "trouble", "gauge", "1 for the code that /readyz has of a partition, with what the shard does meanwhile.");
    for ShardStatus { partition, state, code, .. } in statuses {
        if let Some(code) = code {
            line!(text, "merchant_ledger_trouble{{partition=\"{partition}\",state=\"{}\",code=\"{code}\"}} 1", state.as_str());
        }
    }
}

/// What is in the way of the log as a whole, as `/readyz` says it; no line where nothing is. The shards follow a log that takes nothing.
fn log_trouble(text: &mut String, code: Option<Code>) {
    family(text, "log_trouble", "gauge", "1 for the code that /readyz has of the log as a whole: it is not reached, or takes no events.");
    if let Some(code) = code {
        line!(text, "merchant_ledger_log_trouble{{code=\"{}\"}} 1", code.as_str());
    }
}

/// How far each stream of each partition is.
fn streams(text: &mut String, statuses: &[StreamStatus]) {
    let mut gauge = |name: &str, kind: &str, help: &str, value: &dyn Fn(&StreamStatus) -> u64| {
        family(text, name, kind, help);
        for status in statuses {
            let labels = format!("stream=\"{}\",partition=\"{}\"", status.stream.as_str(), status.partition);
            line!(text, "merchant_ledger_{name}{{{labels}}} {}", value(status));
        }
    };
    gauge("stream_sequence", "gauge", "The number of the next entry that the stream writes.", &|status| status.progress.next_entry.unwrap_or(0));
    gauge("stream_lag_entries", "gauge", "Entries of the journal that the stream has not written yet.", &|status| status.behind);
    gauge("stream_following", "gauge", "1 where nothing is in the way of the stream.", &|status| {
        u64::from(status.progress.halted.is_none() && status.progress.next_entry.is_some())
    });
    gauge("stream_entries_total", "counter", "Entries that the stream has passed since the start.", &|status| status.progress.taken);
    gauge("stream_reopened_total", "counter", "How often the stream found its place again since the start.", &|status| status.progress.reopened);
}

/// Which partitions this node owns; one that is alone owns all.
fn owned(text: &mut String, node: &Node) {
    let own = node.nodes().map(|nodes| nodes.own().owns);
    family(text, "partition_owned", "gauge", "1 where this node owns the partition, writes its topics and calls its webhooks.");
    for place in node.places() {
        let is_owned = own.as_ref().is_none_or(|own| own.contains(&place.partition()));
        line!(text, "merchant_ledger_partition_owned{{partition=\"{}\"}} {}", place.partition(), u8::from(is_owned));
    }
}

/// What this node has among others.
fn nodes(text: &mut String, node: &Node, among: &Nodes) {
    let reports = among.reports();
    family(text, "nodes", "gauge", "Nodes of the group that answer, this one included.");
    line!(text, "merchant_ledger_nodes {}", reports.len());
    let mut gauge = |name: &str, help: &str, value: &dyn Fn(&Place) -> bool| {
        family(text, name, "gauge", help);
        for place in node.places() {
            line!(text, "merchant_ledger_{name}{{partition=\"{}\"}} {}", place.partition(), u8::from(value(place)));
        }
    };
    gauge("partition_held", "1 where this node folds the partition.", &|place| place.local().is_some());
    gauge("partition_answered", "1 where some node answers for the partition.", &|place| place.source().is_ok());
    gauge("head_mismatch", "1 where this node and another one have different heads of the partition, which is halted.", &Place::differs);
}

/// How many webhooks are on, waiting, failing and off, and how many messages they have delivered.
fn webhooks(text: &mut String, webhooks: &Webhooks) {
    let mut states = crate::webhooks::STATES.map(|state| (state, 0));
    let mut delivered = 0;
    for cell in webhooks.list(None, None).unwrap_or_default() {
        let running = cell.lock();
        let state = running.state();
        states.iter_mut().filter(|(name, _)| *name == state).for_each(|(_, count)| *count += 1);
        delivered += running.progress.count;
    }
    family(text, "webhooks", "gauge", "Webhooks by what they do.");
    for (state, count) in states {
        line!(text, "merchant_ledger_webhooks{{state=\"{state}\"}} {count}");
    }
    family(text, "webhooks_unread", "gauge", "1 while the webhooks cannot be read, so that none is told anything.");
    line!(text, "merchant_ledger_webhooks_unread {}", u8::from(webhooks.trouble().is_some()));
    family(text, "webhooks_unreadable", "gauge", "Records or files among the webhooks that cannot be read, and are passed over: the log names them.");
    line!(text, "merchant_ledger_webhooks_unreadable {}", webhooks.unreadable());
    family(text, "webhooks_delivered_total", "counter", "Messages that were taken by their receivers, of the webhooks that there are.");
    line!(text, "merchant_ledger_webhooks_delivered_total {delivered}");
}

/// How far each partition's checkpoints are, where they are kept.
fn checkpoints(text: &mut String, statuses: &BTreeMap<u32, CheckpointStatus>) {
    let mut gauge = |name: &str, kind: &str, help: &str, value: &dyn Fn(&CheckpointStatus) -> Option<u64>| {
        family(text, name, kind, help);
        for (partition, status) in statuses {
            if let Some(value) = value(status) {
                line!(text, "merchant_ledger_{name}{{partition=\"{partition}\"}} {value}");
            }
        }
    };
    gauge("checkpoint_entries", "gauge", "Entries in the newest checkpoint that this node wrote.", &|status| status.entries);
    gauge("checkpoint_views_entries", "gauge", "Entries that the views in it have.", &|status| status.viewed);
    gauge("checkpoint_current_timestamp_seconds", "gauge", "When the newest checkpoint last had everything.", &|status| {
        status.current_at.and_then(|at| u64::try_from(at.as_second()).ok())
    });
    gauge("checkpoints_written_total", "counter", "Checkpoints that were written since the start.", &|status| Some(status.written));
    gauge("checkpoint_stored_bytes_total", "counter", "Bytes that were stored for checkpoints since the start.", &|status| Some(status.stored_bytes));
    gauge("checkpoint_failures_total", "counter", "How often a checkpoint could not be written or looked for since the start.", &|status| {
        Some(status.failures)
    });
    gauge("checkpoint_opened_entries", "gauge", "Entries that the shard was opened with from a checkpoint, at the start.", &|status| status.opened_entries);
    gauge("checkpoints_passed_over_total", "counter", "Checkpoints that were damaged when a shard was to be opened from them.", &|status| {
        Some(status.passed_over)
    });
}

fn memory(text: &mut String, parts: &[Memory]) {
    family(text, "memory_bytes", "gauge", "Memory by part, about.");
    for part in parts {
        line!(text, "merchant_ledger_memory_bytes{{part=\"{}\"}} {}", part.part, part.used);
    }
    family(text, "memory_budget_bytes", "gauge", "What each part may take.");
    for (part, budget) in parts.iter().filter_map(|part| Some((part.part, part.budget?))) {
        line!(text, "merchant_ledger_memory_budget_bytes{{part=\"{part}\"}} {budget}");
    }
    if let Some(resident) = resident_bytes() {
        family(text, "memory_resident_bytes", "gauge", "Memory of the whole process.");
        line!(text, "merchant_ledger_memory_resident_bytes {resident}");
    }
}

/// The disk that the data directory lies on; nothing where the system does not say.
fn disk(text: &mut String, space: Option<Space>) {
    let Some(Space { free, size }) = space else { return };
    for (name, help, bytes) in
        [("disk_free_bytes", "What is left of the data directory's disk.", free), ("disk_size_bytes", "The data directory's disk.", size)]
    {
        family(text, name, "gauge", help);
        line!(text, "merchant_ledger_{name} {bytes}");
    }
}

/// How far each partition's business date is, and which control events it lacks.
fn dates(text: &mut String, statuses: &[ShardStatus], gaps: &BTreeSet<Gap>) {
    let newest = statuses.iter().filter_map(|status| status.business_date).max();
    family(text, "business_date_timestamp_seconds", "gauge", "The open business date, as its first second in UTC.");
    for ShardStatus { partition, business_date, .. } in statuses {
        if let Some(date) = business_date {
            line!(text, "merchant_ledger_business_date_timestamp_seconds{{partition=\"{partition}\"}} {}", i64::from(date.days()) * 86_400);
        }
    }
    family(text, "business_dates_behind", "gauge", "Business dates that are closed on another partition and not on this one.");
    for ShardStatus { partition, business_date, .. } in statuses {
        if let (Some(date), Some(newest)) = (business_date, newest) {
            line!(text, "merchant_ledger_business_dates_behind{{partition=\"{partition}\"}} {}", newest.days() - date.days());
        }
    }
    family(text, "control_events_missing", "gauge", "Control events that others have had for a while, and this partition lacks or had in another order.");
    for ShardStatus { partition, .. } in statuses {
        let count = gaps.iter().filter(|gap| gap.partition == *partition).count();
        line!(text, "merchant_ledger_control_events_missing{{partition=\"{partition}\"}} {count}");
    }
}

fn connections(text: &mut String, service: &Service) {
    for (name, kind, help, value) in [
        ("connections", "gauge", "Connections that are open.", service.connections.open() as u64),
        ("connections_max", "gauge", "Connections that may be open.", service.connections.at_most() as u64),
        ("connections_refused_total", "counter", "Connections beyond that, since the start.", service.connections.refused()),
        ("expensive_questions", "gauge", "Expensive questions that are being answered.", service.pools.busy() as u64),
    ] {
        family(text, name, kind, help);
        line!(text, "merchant_ledger_{name} {value}");
    }
}

/// One line for each code there is, so that an alert can be written before it is ever needed.
fn warnings(text: &mut String, held: &[Warning], of_files: &[FileStatus]) {
    let help =
        "1 while something about the log, a topic that is written, or a file of keys or certificates should be looked at: `warnings` of /readyz says what.";
    family(text, "warning", "gauge", help);
    let of_log = WarningCode::ALL.map(|code| (code.as_str(), held.iter().any(|warning| warning.code == code)));
    let found = files::warnings(of_files);
    let of_files = FileCode::ALL.map(|code| (code.as_str(), found.iter().any(|warning| warning.code == code)));
    for (code, holds) in of_log.into_iter().chain(of_files) {
        line!(text, "merchant_ledger_warning{{code=\"{code}\"}} {}", u8::from(holds));
    }
}

/// Which files of keys and certificates cannot be read again, and when certificates end: no line of a file that is not configured.
fn file_lines(text: &mut String, statuses: &[FileStatus]) {
    family(text, "file_unread", "gauge", "1 while a file of keys or certificates cannot be read again: what was read before stays in force.");
    for status in statuses {
        line!(text, "merchant_ledger_file_unread{{file=\"{}\"}} {}", status.name, u8::from(status.unread.is_some()));
    }
    family(text, "certificate_not_after_seconds", "gauge", "When the first of the certificates of a file that are in force ends.");
    for (name, facts) in statuses.iter().filter_map(|status| Some((status.name, status.first_to_end.as_ref()?))) {
        line!(text, "merchant_ledger_certificate_not_after_seconds{{file=\"{name}\"}} {}", facts.ends.as_second());
    }
}

impl Counted {
    fn write(&self, text: &mut String) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        family(text, "http_request_seconds", "summary", "Requests by route, method and status.");
        for ((route, method, status), Requests { count, micros }) in requests {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            line!(text, "merchant_ledger_http_request_seconds_sum{{{labels}}} {}", seconds(micros));
            line!(text, "merchant_ledger_http_request_seconds_count{{{labels}}} {count}");
        }
    }
}

/// Microseconds as seconds.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_takes_nothing_is_told_with_its_code() {
        let told = |code| {
            let mut text = String::new();
            log_trouble(&mut text, code);
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(told(None), Vec::<String>::new());
        assert_eq!(told(Some(Code::DiskFull)), ["merchant_ledger_log_trouble{code=\"disk_full\"} 1"]);
    }

    #[test]
    fn seconds_have_six_decimals() {
        assert_eq!((seconds(0).as_str(), seconds(1_500_001).as_str()), ("0.000000", "1.500001"));
    }
}
