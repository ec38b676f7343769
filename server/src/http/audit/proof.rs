//! `GET /v1/audit/entries/{entry}/proof`: that an entry is in the ledger, to be checked by whoever has it and a root.

use crate::http::Service;
use crate::http::parameters::{Parameters, READ};
use crate::http::problem::{Problem, ProblemBody, shown};
use crate::http::read::{ReadQuery, blocking};
use crate::node::proofs;
use crate::shape::{LineForm, Lines, entry_text, lines_of, parse_entry, position_text};
use axum::Json;
use axum::extract::{Path, State};
use ledger::tree::Side;
use schemas::event::{EventType, Subject};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Against which root.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct ProofQuery {
    /// Over how many entries the root is, so that the proof is against one that somebody noted before; by default all that there are.
    #[param(minimum = 1)]
    entries: Option<u64>,
}

/// That an entry is in the ledger. `docs/format.md` says how the entry's hash is made of what stands here, and `docs/check_proof.py`
/// does it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proof {
    /// The entry.
    #[schema(example = "3:99100")]
    entry: String,
    /// Where the event's record lies.
    #[schema(example = "3:1482200")]
    position: String,
    /// The event's id; `null` where none could be read.
    event: Option<String>,
    /// The event's type; `null` where it could not be read.
    #[serde(rename = "type")]
    #[schema(example = "refund")]
    event_type: Option<&'static str>,
    /// The business date it is booked on.
    business_date: String,
    /// When it happened.
    occurred_at: Option<String>,
    /// The merchant; `null` of an entry of the house or of all.
    #[schema(example = "M100001")]
    merchant: Option<String>,
    /// The payment it is about.
    payment: Option<String>,
    /// The lines that touch the merchant's own accounts, in the order posted.
    lines: Vec<LineForm>,
    /// The hash of the rest of the entry.
    #[schema(example = "9a38c6f0b0a2a3c5ac5e1f4cbe0f3e1d6b5b0c9a7d8e4f2a1b3c5d7e9f0a1b2c")]
    others: String,
    /// What the hash of the entry's leaf is joined with, one after the other, up to the root.
    path: Vec<ProofStep>,
    /// Over how many entries the root is.
    #[schema(example = 99120)]
    entries: u64,
    /// The root, as `/v1/audit/heads` tells it at so many entries.
    root: String,
}

/// One step from a leaf to the root.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofStep {
    /// On which side of what was reckoned so far the hash stands.
    #[schema(value_type = ProofSide)]
    side: &'static str,
    /// The hash.
    hash: String,
}

/// A side.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "documents a field")]
pub enum ProofSide {
    /// To the left.
    Left,
    /// To the right.
    Right,
}

impl Proof {
    fn of(partition: u32, proof: &proofs::Proof) -> Self {
        let row = &proof.entry.row;
        let merchant = if let Some(Subject::Merchant(merchant)) = &row.subject { Some(merchant.to_string()) } else { None };
        let step = |step: &ledger::tree::Step| ProofStep { side: side(step.side), hash: step.hash.to_string() };
        Self {
            entry: entry_text(partition, proof.entry.number),
            position: position_text(partition, row.record),
            event: row.event.as_ref().map(ToString::to_string),
            event_type: row.event_type.map(EventType::as_str),
            business_date: row.date.to_string(),
            occurred_at: row.occurred_at.map(|at| at.to_string()),
            merchant,
            payment: row.payment.as_ref().map(ToString::to_string),
            lines: lines_of(row, Lines::OfMerchant),
            others: proof.others.to_string(),
            path: proof.path.iter().map(step).collect(),
            entries: proof.entries,
            root: proof.root.to_string(),
        }
    }
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
    }
}

/// Proof that an entry is in the ledger
///
/// Whoever has the root of a partition, from `/v1/audit/heads` or as an auditor noted it, checks without this server that the entry is
/// among those that the root is over, and that these are its lines. What is not the merchant's of it stands in one hash. A merchant gets
/// proofs of its own entries.
#[utoipa::path(
    get, path = "/v1/audit/entries/{entry}/proof", tag = "audit",
    params(("entry" = String, Path, description = "The entry, as every answer names it", pattern = "^[0-9]+:[0-9]+$", example = "0:0"), ProofQuery, ReadQuery),
    responses(
        (status = 200, description = "The proof", body = Proof),
        (status = 400, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such entry, or it is not among so many", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not caught up, or the tree is not so far", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub async fn proof(State(service): State<Service>, Path(name): Path<String>, parameters: Parameters) -> Result<Json<Proof>, Problem> {
    parameters.only(&[READ, &["entries"]])?;
    let entries = parameters.read("entries", "a number of entries, from 1", |text| text.parse().ok().filter(|entries| *entries > 0))?;
    let asked = parse_entry(&name);
    let nothing = move || Problem::not_found(format!("there is no entry {:?} here, or not among so many", shown(&name)));
    let Some((partition, number)) = asked else { return Err(nothing()) };
    parameters.caught_up(&service.node).await?;
    let cut = parameters.caller().cut.clone();
    blocking(move || {
        let Some(place) = service.node.place(partition) else { return Err(nothing()) };
        if !cut.is_everything() {
            // Whose it is comes first: how far the tree is tells nothing of a foreign one.
            let entry = place.entry(number)?;
            let Some(Subject::Merchant(merchant)) = entry.and_then(|entry| entry.row.subject) else { return Err(nothing()) };
            if !place.answer(|shard| cut.has(shard, &merchant))? {
                return Err(nothing());
            }
        }
        let proof = place.here()?.proof(number, entries)?.ok_or_else(nothing)?;
        Ok(Json(Proof::of(partition, &proof)))
    })
    .await
}
