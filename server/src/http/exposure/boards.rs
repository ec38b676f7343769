//! The sums that exposure is told from: one board a partition, kept between requests and over dates.
//!
//! On a new date every merchant's money has another age, so a board reads all of them anew: a second or two, for a hundred
//! thousand merchants. [`keep`] does that as soon as a shard follows its partition and whenever a date has come, so that
//! hardly a request waits for it. While a shard catches up, dates go by too fast to be worth it.
//!
//! Boards that are kept have a budget together. One that does not fit is thrown away when its question is answered: the next one reads
//! the merchants again, and that is said in the log.

use crate::config::Risk;
use crate::node::{self, Node, Place};
use ledger::shard::State as ShardState;
use projections::answers::Cut;
use projections::answers::exposure::{Board, Exposure, ExposureQuery, Parameters as Estimate};
use projections::answers::{self, AsOf, Moment};
use schemas::contract::Risk as Stress;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often [`keep`] looks whether a date has come.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The boards of all partitions: one of now for each, and one of the last other moment or stress test that was asked for, so
/// that questions about the same past, which come together, read the merchants once.
#[derive(Default)]
pub struct Boards {
    /// Bytes that may be kept.
    budget: usize,
    of: Mutex<BTreeMap<u32, Arc<Mutex<Option<Board>>>>>,
    others: Mutex<BTreeMap<u32, Arc<Mutex<Option<(Asked, Board)>>>>>,
    /// What boards took that were not kept.
    too_large: Mutex<BTreeMap<u32, usize>>,
}

/// What a board is of, where it is not of now by the parameters in force.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    /// `None`: now.
    moment: Option<Moment>,
    stress: Option<Stress>,
}

impl Boards {
    fn of(&self, partition: u32) -> Arc<Mutex<Option<Board>>> {
        Arc::clone(self.of.lock().unwrap_or_else(PoisonError::into_inner).entry(partition).or_default())
    }

    /// None yet, with a budget in bytes.
    pub fn new(budget: usize) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Bytes that may be kept.
    pub const fn budget(&self) -> u64 {
        self.budget as u64
    }

    /// Whether a board of so many bytes, which is not among those that are counted, fits.
    fn has_room(&self, bytes: usize) -> bool {
        self.bytes().saturating_add(bytes as u64) <= self.budget()
    }

    /// Whether a partition's board may be kept; that one may not is noted, and said when it is new.
    fn keeps(&self, partition: u32, bytes: usize) -> bool {
        let is_kept = self.has_room(bytes);
        let mut too_large = self.too_large.lock().unwrap_or_else(PoisonError::into_inner);
        let known = if is_kept { too_large.remove(&partition) } else { too_large.insert(partition, bytes) };
        if !is_kept && known.is_none() {
            tracing::warn!(partition, bytes, "the sums of exposure do not fit into exposure_mib: each question reads the partition's merchants");
        }
        is_kept
    }

    /// Bytes that all boards take, about; those that are being read are left out.
    pub fn bytes(&self) -> u64 {
        let of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let boards = of.values().filter_map(|board| board.try_lock().ok()?.as_ref().map(Board::bytes));
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let others = others.values().filter_map(|other| other.try_lock().ok()?.as_ref().map(|(_, board)| board.bytes()));
        (boards.sum::<usize>() + others.sum::<usize>()) as u64
    }

    /// What one partition tells, and its position.
    pub fn ask(&self, node: &Node, place: &Place, query: &ExposureQuery, cut: &Cut) -> Result<(i64, Exposure), node::Error> {
        let board = self.of(place.partition());
        // A request that failed half-way leaves a board that reads everything anew.
        let mut slot = board.lock().unwrap_or_else(PoisonError::into_inner);
        let board = slot.get_or_insert_with(|| new(node));
        let told = place.answer(|shard| {
            board.refresh(shard)?;
            Ok((board.position(), board.answer_cut(query, cut)?))
        });
        let bytes = board.bytes();
        if !self.keeps(place.partition(), bytes) {
            *slot = None;
        }
        told
    }

    /// What one partition told at a moment, under a stress test; its position then.
    pub fn ask_then(
        &self,
        node: &Node,
        place: &Place,
        query: &ExposureQuery,
        cut: &Cut,
        (as_of, stress): (AsOf, Option<&Stress>),
    ) -> Result<(i64, Exposure), node::Error> {
        let moment = place.answer(|shard| answers::moment(shard, as_of))?;
        let asked = Asked { moment: moment.closed.is_some().then_some(moment), stress: stress.cloned() };
        if asked.moment.is_none() && asked.stress.is_none() {
            return self.ask(node, place, query, cut);
        }
        let slot = Arc::clone(self.others.lock().unwrap_or_else(PoisonError::into_inner).entry(place.partition()).or_default());
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        place.answer(|shard| {
            // A question that fails half-way leaves nothing to be told.
            let mut board = match slot.take().filter(|(of, _)| *of == asked) {
                Some((_, board)) => board,
                None => {
                    let parameters = Estimate { stress: asked.stress.clone(), ..estimate(&node.config().risk) };
                    match &asked.moment {
                        Some(moment) => Board::past(shard, moment, parameters)?,
                        None => Board::new(parameters),
                    }
                }
            };
            if asked.moment.is_none() {
                board.refresh(shard)?;
            }
            let told = (board.position(), board.answer_cut(query, cut)?);
            // The boards of now come first.
            *slot = self.has_room(board.bytes()).then(|| (asked.clone(), board));
            Ok(told)
        })
    }

    /// Brings the boards that are a date behind up to their partitions, and makes those that are not there yet.
    fn refresh(&self, node: &Node) {
        for place in node.locals().iter().filter(|place| place.status().state == ShardState::Following) {
            let board = self.of(place.partition());
            let mut slot = board.lock().unwrap_or_else(PoisonError::into_inner);
            let was_too_large = self.too_large.lock().unwrap_or_else(PoisonError::into_inner).get(&place.partition()).copied();
            if slot.is_none() && was_too_large.is_some_and(|bytes| !self.has_room(bytes)) {
                continue;
            }
            let board = slot.get_or_insert_with(|| new(node));
            let told = |error| node::Error::Answer { partition: place.partition(), error };
            let refreshed = place.read(|shard| if board.date() == shard.checkpoint().open { Ok(()) } else { board.refresh(shard).map_err(told) });
            if let Err(error) = refreshed {
                tracing::debug!(partition = place.partition(), %error, "a board was not brought up to the new date");
            }
            let bytes = board.bytes();
            if !self.keeps(place.partition(), bytes) {
                *slot = None;
            }
        }
    }
}

/// Keeps boards up to the date until the server ends.
pub async fn keep(boards: Arc<Boards>, node: Arc<Node>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let (boards, node) = (Arc::clone(&boards), Arc::clone(&node));
        if tokio::task::spawn_blocking(move || boards.refresh(&node)).await.is_err() {
            tracing::error!("keeping the boards of exposure ended in a panic");
            return;
        }
    }
}

fn new(node: &Node) -> Board {
    Board::new(estimate(&node.config().risk))
}

fn estimate(risk: &Risk) -> Estimate {
    Estimate {
        chargeback_percent: risk.chargeback_percent,
        chargeback_days: risk.chargeback_days,
        refund_percent: risk.refund_percent,
        refund_days: risk.refund_days,
        delivery: risk.delivery.clone(),
        stress: None,
    }
}
